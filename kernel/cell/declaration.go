package cell

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/types"
	"strings"
)

// typeDeclaration writes a type as Go does: with its fields, what their
// comments begin with, and the methods of compiled types.
func (s *Session) typeDeclaration(o *types.TypeName) string {
	if l := s.live[o.Name()]; l != nil && l.object == types.Object(o) && len(l.source) > 0 && !strings.Contains(strings.SplitN(l.source[0].text, "\n", 2)[0], "(") {
		return l.source[0].text
	}
	if _, ok := o.Type().(*types.TypeParam); ok {
		return types.ObjectString(o, s.qualify)
	}
	t := types.Unalias(o.Type())
	var b strings.Builder
	b.WriteString("type " + o.Name())
	if named, ok := t.(*types.Named); ok && named.TypeParams().Len() > 0 {
		b.WriteString(typeParameters(named.TypeParams(), s.qualify))
	}
	b.WriteByte(' ')
	switch u := t.Underlying().(type) {
	case *types.Struct:
		s.writeStruct(&b, t, u)
	case *types.Interface:
		s.writeInterface(&b, u)
	default:
		b.WriteString(types.TypeString(u, s.qualify))
	}
	if text, err := format.Source([]byte(b.String())); err == nil {
		return strings.TrimSpace(string(text)) + s.methodList(t)
	}
	return types.ObjectString(o, s.qualify)
}

func typeParameters(list *types.TypeParamList, qualify types.Qualifier) string {
	var parts []string
	for p := range list.TypeParams() {
		parts = append(parts, p.Obj().Name()+" "+types.TypeString(p.Constraint(), qualify))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (s *Session) writeStruct(b *strings.Builder, t types.Type, st *types.Struct) {
	b.WriteString("struct {\n")
	hidden := false
	for f := range st.Fields() {
		if !f.Exported() && f.Pkg() != nil && f.Pkg().Path() != cellPath {
			hidden = true
			continue
		}
		if !f.Embedded() {
			b.WriteString(f.Name() + " ")
		}
		b.WriteString(types.TypeString(f.Type(), s.qualify))
		if doc := s.fieldDoc(t, f); doc != "" {
			b.WriteString(" // " + firstLine(about(doc, f.Name())))
		}
		b.WriteByte('\n')
	}
	if hidden {
		b.WriteString("// and unexported fields\n")
	}
	b.WriteString("}")
}

func (s *Session) writeInterface(b *strings.Builder, it *types.Interface) {
	if it.NumEmbeddeds() > 0 && it.NumMethods() == 0 || it.Empty() {
		b.WriteString(types.TypeString(it, s.qualify))
		return
	}
	b.WriteString("interface {\n")
	for m := range it.Methods() {
		if m.Exported() || m.Pkg() == nil || m.Pkg().Path() == cellPath {
			b.WriteString(m.Name() + strings.TrimPrefix(types.TypeString(m.Type(), s.qualify), "func") + "\n")
		} else {
			b.WriteString("// and unexported methods\n")
		}
	}
	b.WriteString("}")
}

// maxMethods is how many a type's description lists.
const maxMethods = 30

func (s *Session) methodList(t types.Type) string {
	named := namedOf(t)
	if named == nil || types.IsInterface(t) || named.Obj().Pkg().Path() == cellPath {
		return ""
	}
	var b strings.Builder
	n := 0
	for m := range named.Methods() {
		if !m.Exported() {
			continue
		}
		if n++; n > maxMethods {
			continue
		}
		if n == 1 {
			b.WriteByte('\n')
		}
		b.WriteString("\n" + types.ObjectString(m, s.qualify))
	}
	if n > maxMethods {
		fmt.Fprintf(&b, "\n// and %d more methods", n-maxMethods)
	}
	return b.String()
}

// fieldDoc is the comment of a field of type t.
func (s *Session) fieldDoc(t types.Type, f *types.Var) (doc string) {
	named := namedOf(t)
	if named == nil {
		return ""
	}
	if path := named.Obj().Pkg().Path(); path != cellPath {
		doc, _ = s.doc(path, named.Obj().Name()+"."+f.Name())
		return doc
	}
	l := s.live[named.Obj().Name()]
	if l == nil || len(l.source) == 0 {
		return ""
	}
	file, err := parseChunk(l.source[0])
	if err != nil {
		return ""
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != named.Obj().Name() {
			return true
		}
		if st, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range st.Fields.List {
				for _, name := range field.Names {
					if name.Name == f.Name() {
						doc = strings.TrimSpace(field.Doc.Text() + field.Comment.Text())
					}
				}
			}
		}
		return false
	})
	return doc
}
