package program

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// cellText is a file on its way to being a cell. What moves leaves blanks
// behind, so that what stays has the same position.
type cellText struct {
	fset *token.FileSet
	file *ast.File
	text []byte          // with blanks
	src  []byte          // without
	used map[string]bool // identifiers of the file
}

func newCellText(fset *token.FileSet, file *ast.File, src []byte) *cellText {
	t := &cellText{fset: fset, file: file, text: slices.Clone(src), src: src, used: map[string]bool{}}
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			t.used[id.Name] = true
		}
		return true
	})
	return t
}

// arrange returns the cell: declarations where they were; behind them the
// variables that have an initial value, in the order of their initialization,
// and the calls of the init functions. The evaluator calls main, because the
// cell has a package clause.
func (t *cellText) arrange(info *types.Info) string {
	var tail strings.Builder
	values := t.moveValues(info)
	for _, init := range info.InitOrder {
		tail.WriteString(values[init.Rhs])
	}
	inits := t.takeInits()
	for _, name := range inits {
		fmt.Fprintf(&tail, "%s()\n", name.to)
	}
	return t.rename(inits) + "\n" + tail.String()
}

// moveValues blanks the variables that have an initial value, and returns the
// declaration of each by its value.
func (t *cellText) moveValues(info *types.Info) map[ast.Expr]string {
	moved := map[ast.Expr]string{}
	for _, d := range t.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			spec := s.(*ast.ValueSpec)
			if len(spec.Values) == 0 {
				continue
			}
			for i, value := range spec.Values {
				names := spec.Names
				if len(spec.Values) > 1 {
					names = names[i : i+1]
				}
				moved[value] = t.declaration(names, spec.Type, value)
			}
			t.blank(spec.Pos(), spec.End())
		}
		if !g.Lparen.IsValid() && len(g.Specs[0].(*ast.ValueSpec).Values) > 0 {
			t.blank(g.Pos(), g.End())
		}
	}
	return moved
}

func (t *cellText) declaration(names []*ast.Ident, of, value ast.Expr) string {
	left := make([]string, len(names))
	for i, name := range names {
		left[i] = name.Name
	}
	text := "var " + t.position(names[0]) + strings.Join(left, ", ")
	if of != nil {
		text += " " + t.source(of)
	}
	return text + " = " + t.position(value) + t.source(value) + "\n"
}

// position is a comment that gives what follows it the position of n.
func (t *cellText) position(n ast.Node) string {
	at := t.fset.PositionFor(n.Pos(), false)
	return fmt.Sprintf("/*line In[%d]:%d:%d*/", cellNumber, at.Line, at.Column)
}

func (t *cellText) source(n ast.Node) string {
	return string(t.src[t.offset(n.Pos()):t.offset(n.End())])
}

func (t *cellText) offset(p token.Pos) int { return t.fset.File(p).Offset(p) }

// blank keeps the lines.
func (t *cellText) blank(from, to token.Pos) {
	for i := t.offset(from); i < t.offset(to); i++ {
		if t.text[i] != '\n' {
			t.text[i] = ' '
		}
	}
}

// A renamed init function: cells call init before they run from the top.
type renamed struct {
	at int // offset of the old name
	to string
}

// takeInits names the init functions, in order, and removes functions called
// _, which nobody can call.
func (t *cellText) takeInits() []renamed {
	var inits []renamed
	for _, d := range t.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		switch f.Name.Name {
		case "init":
			inits = append(inits, renamed{t.offset(f.Name.Pos()), t.unused("init")})
		case "_":
			t.blank(f.Pos(), f.End())
		}
	}
	return inits
}

// unused returns a name that the file does not mention.
func (t *cellText) unused(base string) string {
	for i := 1; ; i++ {
		name := fmt.Sprintf("%s%d", base, i)
		if !t.used[name] {
			t.used[name] = true
			return name
		}
	}
}

// rename applies the new names.
func (t *cellText) rename(inits []renamed) string {
	var b strings.Builder
	last := 0
	for _, r := range inits {
		b.Write(t.text[last:r.at])
		b.WriteString(r.to)
		last = r.at + len("init")
	}
	b.Write(t.text[last:])
	return b.String()
}
