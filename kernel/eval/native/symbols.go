package native

import (
	"go/constant"
	"go/token"
	"io"
	"log"
	"path"
	"reflect"
	"strings"

	"adkernel/kernel/eval/native/internal/table"
)

// Symbols returns the values of the standard library in the form of yaegi's
// tables, "import/path/name" -> symbol -> value: functions, variables,
// constants, types and wrappers of interfaces, without what is refused, and
// with the functions that end the process replaced. What log.Fatal says goes
// to stderr. The result is the caller's.
func Symbols(stderr io.Writer) map[string]map[string]reflect.Value {
	out := make(map[string]map[string]reflect.Value, len(table.Packages))
	for _, p := range table.Packages {
		if len(*p.Symbols) == 0 && !servedByYaegi[p.Path] {
			continue
		}
		symbols := make(map[string]reflect.Value, len(*p.Symbols))
		for _, s := range *p.Symbols {
			if _, no := refused[p.Path][s.Name]; !no {
				symbols[s.Name] = yaegiValue(s.Value)
			}
		}
		for name, f := range replacements[p.Path] {
			symbols[name] = reflect.ValueOf(f)
		}
		out[path.Join(p.Path, p.Name)] = symbols
	}
	for name, f := range Fatal(stderr) {
		out["log/log"][name] = f
	}
	out["."] = map[string]reflect.Value{"MapTypes": reflect.ValueOf(mapTypes())}
	return out
}

// servedByYaegi are packages without symbols that yaegi has the source of.
var servedByYaegi = map[string]bool{"cmp": true, "maps": true, "slices": true}

func yaegiValue(v any) reflect.Value {
	if l, ok := v.(table.Literal); ok {
		return reflect.ValueOf(constantOf(l))
	}
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer && !r.IsNil() {
		return r.Elem() // a variable
	}
	return r
}

func constantOf(l table.Literal) constant.Value {
	if l.Value != nil {
		return constantValue(reflect.ValueOf(l.Value))
	}
	kind := map[string]token.Token{"STRING": token.STRING, "INT": token.INT, "FLOAT": token.FLOAT}[l.Token]
	if text, negative := strings.CutPrefix(l.Text, "-"); negative {
		return constant.UnaryOp(token.SUB, constant.MakeFromLiteral(text, kind, 0), 0)
	}
	return constant.MakeFromLiteral(l.Text, kind, 0)
}

// Fatal returns package log's Fatal functions, which end the cell. An
// interpreter that installs its own package log sets them again.
func Fatal(stderr io.Writer) map[string]reflect.Value {
	logger := log.New(stderr, "", log.LstdFlags)
	return map[string]reflect.Value{
		"Fatal":   reflect.ValueOf(func(v ...any) { logger.Print(v...); exit(1) }),
		"Fatalf":  reflect.ValueOf(func(format string, v ...any) { logger.Printf(format, v...); exit(1) }),
		"Fatalln": reflect.ValueOf(func(v ...any) { logger.Println(v...); exit(1) }),
	}
}
