package cell

import (
	"fmt"
	"go/types"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"adkernel/kernel/eval"
)

// where is a position of an earlier cell, or "".
func (s *Session) where(o types.Object) string {
	if p := s.fset.Position(o.Pos()); p.IsValid() && !strings.HasPrefix(p.Filename, fileName(0)) {
		return p.String()
	}
	if l := s.live[o.Name()]; l != nil && l.object == o { // a variable, whose cell's positions are forgotten
		return l.place
	}
	return ""
}

// describe is what is known of an object.
func (s *Session) describe(o types.Object) eval.Inspection {
	in := eval.Inspection{Signature: types.ObjectString(o, s.qualify)}
	owner := ""
	switch o := o.(type) {
	case *types.PkgName:
		return s.describePackage(o.Imported())
	case *types.Func:
		if o.Signature().Recv() != nil {
			owner = receiverType(o)
		}
	case *types.Const:
		if o.Pkg() != nil {
			in.Signature += " = " + o.Val().String()
		}
	case *types.TypeName:
		if o.Pkg() != nil {
			in.Signature = s.typeDeclaration(o)
		}
	case *types.Var:
		in.Value = s.valueText(o)
	}
	if o.Pkg() == nil {
		return s.describeBuiltin(o)
	}
	if o.Pkg().Path() != cellPath {
		in.Where = o.Pkg().Path()
		name := strings.TrimPrefix(owner+"."+o.Name(), ".")
		in.Doc, in.Example = s.doc(in.Where, name)
		if in.Unsourced = s.unsourced(in.Where, name); in.Unsourced == "" {
			in.Source = s.fileSource(o)
		}
		return in
	}
	in.Where = s.where(o)
	name := o.Name()
	if owner != "" {
		name = owner
	}
	l := s.live[name]
	if l == nil {
		return in
	}
	for _, c := range l.source {
		isMethod := c.kind == methodDecl
		if owner == "" && isMethod || owner != "" && methodKey(c) != owner+"."+o.Name() {
			continue
		}
		in.Source = c.text
		in.Doc = c.doc
	}
	return in
}

func (s *Session) describePackage(p *types.Package) eval.Inspection {
	in := eval.Inspection{Signature: fmt.Sprintf("package %s // import %q", p.Name(), p.Path()), Where: p.Path()}
	in.Doc, in.Example = s.doc(p.Path(), "")
	in.Unsourced = s.unsourced(p.Path(), "")
	return in
}

// describeBuiltin describes what Go predeclares, in the words of package
// builtin, whose comments begin with the declaration.
func (s *Session) describeBuiltin(o types.Object) eval.Inspection {
	in := eval.Inspection{Signature: types.ObjectString(o, s.qualify), Where: "builtin", Unsourced: "Go predeclares it: there is no source."}
	owner, name := "", o.Name()
	if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil { // error's method
		owner, name = "error", "error"
	}
	text, _ := s.doc("builtin", name)
	if declaration, doc, ok := strings.Cut(text, "\n\n"); ok {
		in.Doc = doc
		if owner == "" {
			in.Signature = declaration
		}
	}
	return in
}

// valueText says in a few words what a live variable holds. It reads no more
// than one word of memory, because a cell may run.
func (s *Session) valueText(v *types.Var) string {
	l := s.live[v.Name()]
	if l == nil || l.object != types.Object(v) {
		return ""
	}
	r := s.value(v)
	if !r.IsValid() {
		return ""
	}
	switch r.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(r.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(r.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(r.Float(), 'g', -1, r.Type().Bits())
	case reflect.Slice, reflect.Map, reflect.Chan, reflect.String:
		return fmt.Sprintf("len %d", r.Len())
	case reflect.Pointer:
		if r.IsNil() {
			return "nil"
		}
		if s.vocabulary.Summary != nil {
			return s.vocabulary.Summary(r)
		}
	}
	return ""
}

// value is that of a live variable, where compiled code knows its type, too.
func (s *Session) value(v *types.Var) reflect.Value {
	if s.values == nil {
		return reflect.Value{}
	}
	return s.values(v)
}

// receiverType is the name of a method's type.
func receiverType(f *types.Func) string {
	t := f.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}

// doc is the doc comment of a compiled package's name, and an example.
func (s *Session) doc(path, name string) (doc, example string) {
	full := path
	if name != "" {
		full += "." + name
	}
	if s.vocabulary.Docs != nil {
		if d, ok := s.vocabulary.Docs()[full]; ok {
			return d.Text, d.Example
		}
	}
	if s.standard == nil {
		return "", ""
	}
	return s.standard(path, name), ""
}

// firstLine is the first line of a text, cut to what fits beside code in a
// tooltip.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	const most = 50
	if utf8.RuneCountInString(line) > most {
		line = string([]rune(line)[:most-1]) + "…"
	}
	return line
}
