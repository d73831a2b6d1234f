package layout

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// Name is a type as reflect and Go's run-time errors write it.
func Name(t types.Type) string {
	var b strings.Builder
	(&typeWriter{b: &b}).write(t)
	return b.String()
}

// typeWriter writes types as the compiler names them in type descriptors.
// Type arguments are written with the paths of packages, all else with names.
type typeWriter struct {
	b     *strings.Builder
	paths bool
}

func (w *typeWriter) pkg(p *types.Package) string {
	switch {
	case p.Path() == "main": // packages of cells have names of their own
		return "main"
	case w.paths:
		return p.Path()
	default:
		return p.Name()
	}
}

func (w *typeWriter) write(t types.Type) {
	b := w.b
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		b.WriteString(basicName(t))
	case *types.Named:
		w.named(t)
	case *types.Pointer:
		b.WriteByte('*')
		w.write(t.Elem())
	case *types.Slice:
		b.WriteString("[]")
		w.write(t.Elem())
	case *types.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		w.write(t.Elem())
	case *types.Map:
		b.WriteString("map[")
		w.write(t.Key())
		b.WriteByte(']')
		w.write(t.Elem())
	case *types.Chan:
		w.channel(t)
	case *types.Signature:
		b.WriteString("func")
		w.signature(t)
	case *types.Struct:
		w.structType(t)
	case *types.Interface:
		w.interfaceType(t)
	default:
		b.WriteString(t.String())
	}
}

func basicName(t *types.Basic) string {
	switch t.Kind() {
	case types.Uint8: // also byte, which is a *types.Basic of its own
		return "uint8"
	case types.Int32:
		return "int32"
	case types.UnsafePointer:
		return "unsafe.Pointer"
	case types.UntypedBool, types.UntypedInt, types.UntypedRune, types.UntypedFloat, types.UntypedComplex, types.UntypedString:
		return basicName(types.Default(t).(*types.Basic))
	}
	return t.Name()
}

func (w *typeWriter) named(t *types.Named) {
	o := t.Obj()
	if o.Pkg() != nil {
		w.b.WriteString(w.pkg(o.Pkg()))
		w.b.WriteByte('.')
	}
	w.b.WriteString(o.Name())
	if t.TypeArgs().Len() == 0 {
		return
	}
	args := &typeWriter{w.b, true}
	for i := range t.TypeArgs().Len() {
		w.b.WriteByte("[,"[min(i, 1)])
		args.write(t.TypeArgs().At(i))
	}
	w.b.WriteByte(']')
}

func (w *typeWriter) channel(t *types.Chan) {
	switch t.Dir() {
	case types.RecvOnly:
		w.b.WriteString("<-chan ")
	case types.SendOnly:
		w.b.WriteString("chan<- ")
	default:
		w.b.WriteString("chan ")
		if e, ok := types.Unalias(t.Elem()).(*types.Chan); ok && e.Dir() == types.RecvOnly {
			w.b.WriteByte('(')
			w.write(e)
			w.b.WriteByte(')')
			return
		}
	}
	w.write(t.Elem())
}

func (w *typeWriter) signature(t *types.Signature) {
	w.tuple(t.Params(), t.Variadic())
	switch t.Results().Len() {
	case 0:
	case 1:
		w.b.WriteByte(' ')
		w.write(t.Results().At(0).Type())
	default:
		w.b.WriteByte(' ')
		w.tuple(t.Results(), false)
	}
}

func (w *typeWriter) tuple(t *types.Tuple, variadic bool) {
	w.b.WriteByte('(')
	for i := range t.Len() {
		if i > 0 {
			w.b.WriteString(", ")
		}
		p := t.At(i).Type()
		if s, ok := p.(*types.Slice); ok && variadic && i == t.Len()-1 {
			w.b.WriteString("...")
			p = s.Elem()
		}
		w.write(p)
	}
	w.b.WriteByte(')')
}

func (w *typeWriter) structType(t *types.Struct) {
	w.b.WriteString("struct {")
	for i := range t.NumFields() {
		f := t.Field(i)
		if i > 0 {
			w.b.WriteByte(';')
		}
		w.b.WriteByte(' ')
		if !f.Embedded() {
			if w.paths && !f.Exported() {
				w.b.WriteString(w.pkg(f.Pkg()) + ".")
			}
			w.b.WriteString(f.Name() + " ")
		}
		w.write(f.Type())
		if tag := t.Tag(i); tag != "" {
			w.b.WriteString(" " + strconv.Quote(tag))
		}
	}
	if t.NumFields() > 0 {
		w.b.WriteByte(' ')
	}
	w.b.WriteByte('}')
}

func (w *typeWriter) interfaceType(t *types.Interface) {
	w.b.WriteString("interface {")
	for i := range t.NumMethods() { // sorted, as the compiler sorts them
		m := t.Method(i)
		if i > 0 {
			w.b.WriteByte(';')
		}
		w.b.WriteByte(' ')
		if !m.Exported() {
			w.b.WriteString(w.pkg(m.Pkg()) + ".")
		}
		w.b.WriteString(m.Name())
		w.signature(m.Signature())
	}
	if t.NumMethods() > 0 {
		w.b.WriteByte(' ')
	}
	w.b.WriteByte('}')
}
