package native

import (
	"fmt"
	"io"
	"log"
	"maps"
	"reflect"

	"github.com/traefik/yaegi/stdlib"
	"github.com/traefik/yaegi/stdlib/unrestricted"
)

// Exit is what os.Exit and log.Fatal panic with in a cell.
type Exit struct{ Status int }

func (e Exit) Error() string { return fmt.Sprintf("exit status %d", e.Status) }

// Symbols returns the values of the standard library, "import/path/name" ->
// symbol -> value, as yaegi's tables list them (Go 1.22, non-generic), with
// the functions that end the process replaced. What log.Fatal says goes to
// stderr. The tables are shared: do not change them.
func Symbols(stderr io.Writer) map[string]map[string]reflect.Value {
	out := maps.Clone(map[string]map[string]reflect.Value(stdlib.Symbols))
	for path, symbols := range unrestricted.Symbols {
		out[path] = merged(out[path], symbols)
	}
	out["os/os"] = merged(out["os/os"], map[string]reflect.Value{
		"Exit": reflect.ValueOf(exit),
	})
	out["log/log"] = merged(out["log/log"], Fatal(stderr))
	return out
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

func exit(status int) { panic(Exit{status}) }

func merged(base, over map[string]reflect.Value) map[string]reflect.Value {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]reflect.Value{}
	}
	maps.Copy(out, over)
	return out
}
