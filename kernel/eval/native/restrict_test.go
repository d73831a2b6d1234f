package native

import (
	"bytes"
	"flag"
	"io"
	"log"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// call calls what Lookup finds.
func call(t *testing.T, path, name string, args ...any) []reflect.Value {
	t.Helper()
	f, ok := Lookup(path, name)
	require.True(t, ok)
	var in []reflect.Value
	for _, a := range args {
		in = append(in, reflect.ValueOf(a))
	}
	return f.Call(in)
}

func TestWhatEndsTheProcessEndsTheCell(t *testing.T) {
	var said bytes.Buffer
	defer log.SetOutput(log.Writer())
	log.SetOutput(&said)
	require.PanicsWithValue(t, Exit{3}, func() { call(t, "os", "Exit", 3) })
	require.PanicsWithValue(t, Exit{4}, func() { call(t, "syscall", "Exit", 4) })
	require.PanicsWithValue(t, Exit{1}, func() { call(t, "log", "Fatal", "one") })
	require.PanicsWithValue(t, Exit{1}, func() { call(t, "log", "Fatalf", "%d", 2) })
	require.PanicsWithValue(t, Exit{1}, func() { call(t, "log", "Fatalln", "three") })
	require.Regexp(t, `(?s)one\n.*2\n.*three\n`, said.String())
	require.EqualError(t, Exit{3}, "exit status 3")
}

func TestMethodsThatEndTheProcessEndTheCell(t *testing.T) {
	var said bytes.Buffer
	logger := log.New(&said, "mine: ", 0)
	for name, args := range map[string][]any{"Fatal": {"x"}, "Fatalf": {"%s", "x"}, "Fatalln": {"x"}} {
		said.Reset()
		m, ok := Method(reflect.TypeOf(logger), name)
		require.True(t, ok)
		in := []reflect.Value{reflect.ValueOf(logger)}
		for _, a := range args {
			in = append(in, reflect.ValueOf(a))
		}
		require.PanicsWithValue(t, Exit{1}, func() { m.Call(in) })
		require.Equal(t, "mine: x\n", said.String())
	}
	_, ok := Method(reflect.TypeOf(logger), "Print")
	require.False(t, ok)
}

func TestFlagsThatExitOnErrorEndTheCell(t *testing.T) {
	flags := func(h flag.ErrorHandling) *flag.FlagSet {
		f := flag.NewFlagSet("tool", h)
		f.SetOutput(io.Discard)
		f.Int("n", 1, "a number")
		return f
	}
	f := flags(flag.ExitOnError)
	require.PanicsWithValue(t, Exit{2}, func() { parseFlags(f, []string{"-n", "x"}) })
	require.PanicsWithValue(t, Exit{0}, func() { parseFlags(f, []string{"-h"}) })
	require.Equal(t, flag.ExitOnError, f.ErrorHandling())
	require.NoError(t, parseFlags(f, []string{"-n", "7", "rest"}))
	require.Equal(t, "7", f.Lookup("n").Value.String())
	require.Equal(t, []string{"rest"}, f.Args())
	require.Error(t, parseFlags(flags(flag.ContinueOnError), []string{"-x"}))
}

func TestReplacementsHaveTheSignatureOfWhatTheyReplace(t *testing.T) {
	for path, functions := range replacements {
		if !Has(path) {
			continue // on this platform
		}
		for name, f := range functions {
			v, ok := value(path, name)
			require.True(t, ok, "%s.%s", path, name)
			require.Equal(t, reflect.TypeOf(v), reflect.TypeOf(f), "%s.%s", path, name)
		}
	}
	for typ, functions := range methods {
		for name, f := range functions {
			m, ok := typ.MethodByName(name)
			require.True(t, ok, "%s.%s", typ, name)
			require.Equal(t, m.Type, reflect.TypeOf(f), "%s.%s", typ, name)
		}
	}
}

func TestRefusedNamesExistAndHaveNoValue(t *testing.T) {
	symbols := Symbols(io.Discard)
	for path, names := range refused {
		for name, reason := range names {
			if Has(path) && name != "AddCleanup" { // which is generic
				_, ok := value(path, name)
				require.True(t, ok, "%s.%s", path, name)
			}
			_, ok := Lookup(path, name)
			require.False(t, ok, "%s.%s", path, name)
			got, ok := Refused(path, name)
			require.True(t, ok)
			require.Equal(t, reason, got)
			require.NotEmpty(t, reason)
		}
	}
	require.NotContains(t, symbols["runtime/runtime"], "Breakpoint")
	_, ok := Refused("fmt", "Println")
	require.False(t, ok)
}
