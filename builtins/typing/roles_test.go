package typing_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins"
	"adkernel/builtins/frame"
	"adkernel/builtins/symbols"
	"adkernel/builtins/typing"
)

// free are the functions whose strings may be anything, or are paths, which the
// evaluator tells by the parameter's name.
var free = []string{
	"Attach", "Dataset", "Import", "ImportGGUF", "ImportWith", "Logged", "Questions", "ReadCSV", "ReadJSONLines", "ReadParquet", "SaveReproducer",
	"frame.Frame.WriteCSV", "frame.Frame.WriteJSONLines", "frame.Frame.WriteParquet",
	"AsChat", "Multiturn", "StopAt", "Input", "Password", "ProgressBar", "HTML", "Markdown", "SVG", "HandleComm", "OpenComm",
	"Bools", "Floats", "Ints", "Strings",
}

// A function that comes to the vocabulary gets its line in roles, or in free.
func TestEveryStringOfTheVocabularyHasARole(t *testing.T) {
	v, err := symbols.Vocabulary()
	require.NoError(t, err)
	known := map[string]bool{}
	for _, name := range free {
		known[name] = true
	}
	check := func(name string, f reflect.Type, first int) {
		for i := first; i < f.NumIn(); i++ {
			in := f.In(i)
			if f.IsVariadic() && i == f.NumIn()-1 {
				in = in.Elem()
			}
			if in.Kind() == reflect.String && !typing.HasRole(name) && !known[name] {
				t.Errorf("%s takes a string: what for?", name)
			}
			known[name] = known[name] || in.Kind() == reflect.String
		}
	}
	for name, value := range v.Symbols["adkernel/builtins/builtins"] {
		if value.Kind() == reflect.Func {
			check(name, value.Type(), 0)
		}
	}
	by, _ := reflect.TypeFor[*builtins.Evaluation]().MethodByName("By")
	check("Evaluation.By", by.Type, 1)
	frames := reflect.TypeFor[*frame.Frame]()
	for i := range frames.NumMethod() {
		check("frame.Frame."+frames.Method(i).Name, frames.Method(i).Type, 1)
	}
	for _, name := range typing.Functions() {
		require.True(t, known[name] || strings.HasPrefix(name, "frame.Apply"), "there is no %s that takes a string", name)
	}
}
