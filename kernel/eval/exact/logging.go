package exact

import (
	stdencoding "encoding"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"path"
	"reflect"
	"slices"
	"strconv"
	"unsafe"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/native"
)

// logging are the functions of package log that format: a logger gets the
// finished text.
var logging = logFunctions()

func logFunctions() map[string]intrinsic {
	out := map[string]intrinsic{
		"log.Output":           logOutput(false),
		"(*log.Logger).Output": logOutput(true),
	}
	for suffix, print := range map[string]printer{
		"":   func(rt *runtime, _ string, a []any) string { return format.Sprint(rt.table, rt, a) },
		"f":  func(rt *runtime, f string, a []any) string { return format.Sprintf(rt.table, rt, f, a) },
		"ln": func(rt *runtime, _ string, a []any) string { return format.Sprintln(rt.table, rt, a) },
	} {
		for name, end := range map[string]func(m *machine, text string) bool{
			"Print": func(*machine, string) bool { return false },
			"Panic": func(m *machine, text string) bool { m.raiseValue(text); return true },
			"Fatal": func(m *machine, _ string) bool {
				m.raise(&panicking{kill: killExit, val: native.Exit{Status: 1}})
				return true
			},
		} {
			call := logCall{print: print, formats: suffix == "f", always: name == "Panic", end: end}
			out["log."+name+suffix] = call.intrinsic(false)
			out["(*log.Logger)."+name+suffix] = call.intrinsic(true)
		}
	}
	return out
}

// logCall is one of those functions.
type logCall struct {
	print   printer
	formats bool                               // the first parameter is a format
	always  bool                               // the text is wanted also when nobody reads the log
	end     func(m *machine, text string) bool // what the function does then
}

func (c logCall) intrinsic(method bool) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			logger, at := loggerOf(p, method, loc{})
			f := ""
			if c.formats {
				f, at = rstr(u, p, at), at.plus(1, 1)
			}
			text := ""
			if m.guarded(func() {
				discards := logger.Writer() == io.Discard
				if discards && !c.always {
					return
				}
				if text = c.print(rt, f, ranys(u, p, at)); !discards {
					_ = m.log(logger, text, 0)
				}
			}) {
				return true
			}
			return c.end(m, text)
		}
	}
}

// loggerOf is the logger of a function, or of a method, whose arguments begin
// at l, and where the other arguments begin.
func loggerOf(p unsafe.Pointer, method bool, l loc) (*log.Logger, loc) {
	if !method {
		return log.Default(), l
	}
	return (*log.Logger)(*rp(p, l.p)), l.plus(0, 1)
}

func logOutput(method bool) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			logger, at := loggerOf(p, method, loc{0, 16})
			depth, text := int(*ri(u, at.u)), rstr(u, p, at.plus(1, 0))
			return m.guarded(func() { rt.returnError(p, m.log(logger, text, depth-1)) })
		}
	}
}

// log writes a line to a logger. Where that names the place of the call, it is
// the cell's: of the call that lies depth calls above this one.
func (m *machine) log(l *log.Logger, text string, depth int) error {
	const file = log.Lshortfile | log.Llongfile
	flags := l.Flags()
	if flags&file == 0 {
		return l.Output(0, text)
	}
	prefix, place := l.Prefix(), m.logPlace(depth, flags&log.Lshortfile != 0)+": "
	if flags&log.Lmsgprefix != 0 {
		place, prefix = place+prefix, ""
	}
	return log.New(l.Writer(), prefix, flags&^(file|log.Lmsgprefix)).Output(0, place+text)
}

// logPlace is a place in the code as package log writes it.
func (m *machine) logPlace(depth int, short bool) string {
	pcs := m.callers(max(depth, 0) + 1)
	if depth < 0 || depth >= len(pcs) {
		return "???:0"
	}
	f, _ := m.rt.frame(pcs[depth])
	if short {
		f.File = path.Base(f.File)
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}

// logged gives log/slog what its handlers ask values for.
func (rt *runtime) logged(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if holdsAny(want) && m.tooDeep(t.At(value(t, u, p, l))) {
		return reflect.Value{}, true, false
	}
	switch want {
	case reflect.TypeFor[any]():
		v := *rany(p, l.p)
		raised := m.guarded(func() { v = rt.loggedValue(v) })
		return reflect.ValueOf(&v).Elem(), true, !raised
	case reflect.TypeFor[[]any]():
		list := slices.Clone(ranys(u, p, l))
		raised := m.guarded(func() {
			for i, v := range list {
				list[i] = rt.loggedValue(v)
			}
		})
		return reflect.ValueOf(list), true, !raised
	}
	return reflect.Value{}, false, false
}

// loggedValue has the methods that handlers look for, and prints as the cell's
// value does: a handler may print an attribute as it is.
func (rt *runtime) loggedValue(v any) any {
	if t := rt.table.TypeOf(v); t != nil && !t.Exact {
		if n, ok := rt.As(v, reflect.TypeFor[slog.LogValuer]()); ok {
			return loggedValuer{printable{held{v, rt}}, n.(slog.LogValuer)}
		}
		if n, ok := rt.As(v, reflect.TypeFor[stdencoding.TextMarshaler]()); ok {
			_, isError := rt.As(v, reflect.TypeFor[error]())
			_, isJSON := rt.As(v, reflect.TypeFor[json.Marshaler]())
			if isError && !isJSON { // which is its text in JSON
				return loggedError{heldError{held{v, rt}}, n.(stdencoding.TextMarshaler)}
			}
			return loggedText{printable{held{v, rt}}, n.(stdencoding.TextMarshaler)}
		}
	}
	return rt.show(v)
}

type loggedValuer struct {
	printable
	slog.LogValuer
}

type loggedText struct {
	printable
	stdencoding.TextMarshaler
}

type loggedError struct {
	heldError
	stdencoding.TextMarshaler
}
