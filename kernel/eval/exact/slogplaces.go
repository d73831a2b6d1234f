package exact

import (
	"context"
	"log"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// A replacement is what a cell calls in the place of f, a function of native
// code, which would ask where it is called from.
type replacement func(m *machine, f reflect.Value) reflect.Value

// replacements are those, by full name. Records of log/slog have the place of
// the cell's call, and native handlers tell of it.
var replacements = slogReplacements()

func slogReplacements() map[string]replacement {
	out := map[string]replacement{
		"(*log/slog.TextHandler).Handle":  handleAt,
		"(*log/slog.JSONHandler).Handle":  handleAt,
		"(*log/slog.MultiHandler).Handle": handleAt,
		"log/slog.NewLogLogger":           toLogger(func(args []reflect.Value) any { return args[0].Interface() }),
		"log/slog.SetDefault": toLogger(func(args []reflect.Value) any {
			if log.Flags()&(log.Lshortfile|log.Llongfile) == 0 {
				return nil // package log asks nobody
			}
			return args[0].Interface().(*slog.Logger).Handler()
		}),
	}
	for name, level := range map[string]slog.Level{"Debug": slog.LevelDebug, "Info": slog.LevelInfo, "Warn": slog.LevelWarn, "Error": slog.LevelError} {
		for _, c := range []logAt{{level: level, leveled: true}, {level: level, leveled: true, context: true}} {
			full := name
			if c.context {
				full += "Context"
			}
			out["log/slog."+full] = c.replacement(false)
			out["(*log/slog.Logger)."+full] = c.replacement(true)
		}
	}
	for _, name := range []string{"Log", "LogAttrs"} {
		out["log/slog."+name] = logAt{context: true}.replacement(false)
		out["(*log/slog.Logger)."+name] = logAt{context: true}.replacement(true)
	}
	return out
}

// logAt is a function that logs: at its level, or at one that it is given.
type logAt struct {
	level            slog.Level
	leveled, context bool
}

func (c logAt) replacement(method bool) replacement {
	return func(m *machine, f reflect.Value) reflect.Value {
		rt, place := m.rt, m.callers(1)
		return reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
			logger, ctx, level := slog.Default(), context.Background(), c.level
			if method {
				logger, args = args[0].Interface().(*slog.Logger), args[1:]
			}
			if c.context {
				if given, ok := args[0].Interface().(context.Context); ok {
					ctx = given
				}
				args = args[1:]
			}
			if !c.leveled {
				level, args = args[0].Interface().(slog.Level), args[1:]
			}
			if !logger.Enabled(ctx, level) {
				return nil
			}
			r := slog.NewRecord(time.Now(), level, args[0].String(), append(place, 0)[0])
			if attrs, ok := args[1].Interface().([]slog.Attr); ok {
				r.AddAttrs(attrs...)
			} else {
				r.Add(args[1].Interface().([]any)...)
			}
			_ = rt.placing(logger.Handler(), r.PC).Handle(ctx, r)
			return nil
		})
	}
}

// handleAt is the Handle of a native handler.
func handleAt(m *machine, f reflect.Value) reflect.Value {
	rt := m.rt
	return reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
		h := rt.placing(args[0].Interface().(slog.Handler), args[2].Interface().(slog.Record).PC)
		return reflect.ValueOf(h).MethodByName("Handle").Call(args[1:])
	})
}

// toLogger refuses what makes package log look for the place of a call.
func toLogger(handler func(args []reflect.Value) any) replacement {
	return func(m *machine, f reflect.Value) reflect.Value {
		return reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
			if addsSource(handler(args)) {
				m.refuse("AddSource of log/slog behind a logger of package log would name a file of the evaluator, not the cell's")
				panic(m.leaving())
			}
			return f.Call(args)
		})
	}
}

// placing is a native handler that tells of the place pc of a cell, which it
// cannot look up.
func (rt *runtime) placing(h slog.Handler, pc uintptr) slog.Handler {
	c, ok := rt.sites.at(pc)
	if !ok || !addsSource(h) {
		return h
	}
	if multi, ok := h.(*slog.MultiHandler); ok {
		var all []slog.Handler
		for _, h := range handlersOf(multi) {
			all = append(all, rt.placing(h, pc))
		}
		return slog.NewMultiHandler(all...)
	}
	form := reflect.TypeOf(h).Elem().Field(0).Type.Elem() // what both kinds embed a pointer to
	common := reflect.New(form)
	common.Elem().Set(reflect.NewAt(form, *(*unsafe.Pointer)(words(h).data)).Elem())
	o := (*slog.HandlerOptions)(unsafe.Add(common.UnsafePointer(), optionsOffset()))
	replace := o.ReplaceAttr
	o.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if s, ok := a.Value.Any().(*slog.Source); ok && len(groups) == 0 && a.Key == slog.SourceKey && *s == (slog.Source{}) {
			a.Value = slog.AnyValue(&slog.Source{Function: c.function, File: c.file, Line: c.line})
		}
		if replace != nil {
			return replace(groups, a)
		}
		return a
	}
	out := reflect.New(reflect.TypeOf(h).Elem())
	*(*unsafe.Pointer)(out.UnsafePointer()) = common.UnsafePointer()
	return out.Interface().(slog.Handler)
}

// addsSource says whether a handler is a native one that tells where calls are.
func addsSource(h any) bool {
	switch h := h.(type) {
	case *slog.TextHandler, *slog.JSONHandler:
		return (*slog.HandlerOptions)(unsafe.Add(*(*unsafe.Pointer)(words(h).data), optionsOffset())).AddSource
	case *slog.MultiHandler:
		for _, x := range handlersOf(h) {
			if addsSource(x) {
				return true
			}
		}
	}
	return false
}

func handlersOf(h *slog.MultiHandler) []slog.Handler {
	v := reflect.ValueOf(h).Elem().Field(0)
	return *(*[]slog.Handler)(unsafe.Pointer(v.UnsafeAddr()))
}

// optionsOffset is where the handlers' common structure has their options.
var optionsOffset = sync.OnceValue(func() uintptr {
	for _, r := range []reflect.Type{reflect.TypeFor[slog.TextHandler](), reflect.TypeFor[slog.JSONHandler]()} {
		if f, ok := r.Field(0).Type.Elem().FieldByName("opts"); r.NumField() == 1 && ok && f.Type == reflect.TypeFor[slog.HandlerOptions]() {
			continue
		}
		panic("log/slog has other handlers: " + strings.TrimPrefix(r.String(), "slog."))
	}
	f, _ := reflect.TypeFor[slog.TextHandler]().Field(0).Type.Elem().FieldByName("opts")
	return f.Offset
})
