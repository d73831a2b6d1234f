package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
)

// unsourced says why the source of a package's name, or of the package (""), is
// not there to be shown; "" where the package is read from a folder.
func (s *Session) unsourced(path, name string) string {
	const why = "The source is not in this program, in which package %s is compiled"
	if _, ok := s.vocabulary.Types[path]; ok {
		return fmt.Sprintf(why+".", path)
	}
	if s.standard == nil || s.standard(path, "") == "" {
		return ""
	}
	if name != "" {
		name = "#" + name
	}
	return fmt.Sprintf(why+"; https://pkg.go.dev/%s%s leads to it.", path, path, name)
}

// fileSource is the declaration of what a package declares that is read from a
// folder, as its file has it now; "" where that cannot be told.
func (s *Session) fileSource(o types.Object) string {
	at := s.fset.Position(o.Pos())
	text, err := os.ReadFile(at.Filename)
	if err != nil {
		return ""
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, at.Filename, text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return ""
	}
	for _, d := range file.Decls {
		from, to := fset.Position(d.Pos()), fset.Position(d.End())
		if from.Line <= at.Line && at.Line <= to.Line && declares(d, o.Name()) {
			return string(text[from.Offset:to.Offset])
		}
	}
	return ""
}

// declares says whether a declaration declares a name.
func declares(d ast.Decl, name string) (found bool) {
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			found = found || n.Name.Name == name
		case *ast.TypeSpec:
			found = found || n.Name.Name == name
		case *ast.ValueSpec:
			for _, id := range n.Names {
				found = found || id.Name == name
			}
		case *ast.BlockStmt:
			return false
		}
		return true
	})
	return found
}
