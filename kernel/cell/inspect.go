package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
	"unicode"

	"adkernel/kernel/eval"
)

// Inspect describes the name at the cursor, a byte offset.
func (s *Session) Inspect(source string, cursor int) (eval.Inspection, bool) {
	cursor = min(max(cursor, 0), len(source))
	start := identStart(source, cursor)
	end := identEnd(source, start)
	if start == end {
		return eval.Inspection{}, false
	}
	line := 1 + strings.Count(source[:start], "\n")
	col := start - strings.LastIndexByte(source[:start], '\n')
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draft(closed(source), start)
	defer d.discard()
	var found types.Object
	ast.Inspect(d.file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && found == nil && id.Name == source[start:end] {
			if p := s.fset.Position(id.Pos()); p.Line == line && p.Column == col {
				if found = d.info.Uses[id]; found == nil {
					found = d.info.Defs[id]
				}
			}
		}
		return found == nil
	})
	if found == nil {
		found = s.visible(source[start:end], d.pkg)
	}
	if found == nil {
		return eval.Inspection{}, false
	}
	return s.describe(found), true
}

func identEnd(source string, start int) int {
	rest := strings.TrimLeftFunc(source[start:], func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) })
	return len(source) - len(rest)
}

// describe is what is known of an object.
func (s *Session) describe(o types.Object) eval.Inspection {
	in := eval.Inspection{Signature: types.ObjectString(o, s.qualify)}
	owner := ""
	if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
		owner = receiverType(f)
	}
	if o.Pkg() == nil {
		in.Where = "builtin"
		return in
	}
	if pn, ok := o.(*types.PkgName); ok {
		in.Signature = fmt.Sprintf("package %s // import %q", pn.Imported().Name(), pn.Imported().Path())
		in.Where = pn.Imported().Path()
		return in
	}
	if o.Pkg().Path() != cellPath {
		in.Where = o.Pkg().Path()
		in.Doc = s.docs[in.Where+"."+strings.TrimPrefix(owner+"."+o.Name(), ".")]
		return in
	}
	name := o.Name()
	if owner != "" {
		name = owner
	}
	l := s.live[name]
	if p := s.fset.Position(o.Pos()); p.IsValid() && !strings.HasPrefix(p.Filename, fileName(0)) {
		in.Where = p.String()
	} else if l != nil && l.object == o {
		in.Where = l.place
	}
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
