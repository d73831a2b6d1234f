package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
)

// showFunction prints what a session would show.
const showFunction = `
func showʹ(values ...any) {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = fmtʹ.Sprint(v)
	}
	fmtʹ.Println("=>", stringsʹ.Join(parts, " "))
}
`

// showErrorFunction does it for an error alone.
const showErrorFunction = `
func showErrorʹ(err error) {
	if err != nil {
		showʹ(err)
	}
}
`

// cellProgram is the program that does what the cell does: declarations
// stay, statements become main, variables of the statements are those of the
// package, missing imports are added, and the last expression is printed.
func cellProgram(cells []string) ([]byte, error) {
	if len(cells) != 1 {
		return nil, errors.New("a cell of the boundary stands alone")
	}
	fset := token.NewFileSet()
	session, err := cell.NewSession(cell.Options{FileSet: fset, Importer: cell.NewImporter(native.Packages, native.NewImporter(fset))})
	if err != nil {
		return nil, err
	}
	p, err := session.Check(eval.Cell{N: 1, Source: cells[0]})
	if err != nil {
		return nil, err
	}
	w := programWriter{p: p, names: map[string]string{}}
	w.imports.WriteString("package main\n\n")
	for _, d := range p.File.Decls {
		if err := w.decl(d); err != nil {
			return nil, err
		}
	}
	if p.Shown != nil {
		w.imports.WriteString("import fmtʹ \"fmt\"\nimport stringsʹ \"strings\"\n")
		w.rest.WriteString(showFunction)
		if p.ShownError() {
			w.rest.WriteString(showErrorFunction)
		}
	}
	text, err := format.Source(append(w.imports.Bytes(), w.rest.Bytes()...))
	if err != nil {
		return nil, fmt.Errorf("as a program: %w\n%s%s", err, &w.imports, &w.rest)
	}
	return text, nil
}

// A programWriter writes a checked cell's declarations.
type programWriter struct {
	p             *cell.Program
	imports, rest bytes.Buffer
	names         map[string]string // of the imported packages, by path
}

func (w *programWriter) decl(d ast.Decl) error {
	to := &w.rest
	switch d := d.(type) {
	case *ast.GenDecl:
		d.Doc = nil // as of functions: it holds the cell's positions
		switch d.Tok {
		case token.IMPORT:
			to = &w.imports
			for _, s := range d.Specs {
				w.imported(s.(*ast.ImportSpec))
			}
		case token.VAR:
			if err := w.nameTypes(d); err != nil {
				return err
			}
		}
	case *ast.FuncDecl:
		if d == w.p.Body {
			d.Name = ast.NewIdent("main")
			show := "showʹ"
			if w.p.Shown != nil && w.p.ShownError() {
				show = "showErrorʹ"
			}
			if n := len(d.Body.List); w.p.Shown != nil {
				d.Body.List[n-1] = &ast.ExprStmt{X: &ast.CallExpr{Fun: ast.NewIdent(show), Args: w.p.Shown}}
			}
		}
		d.Doc = nil
	}
	if err := format.Node(to, w.p.Fset, d); err != nil {
		return err
	}
	to.WriteString("\n\n")
	return nil
}

func (w *programWriter) imported(s *ast.ImportSpec) {
	object := w.p.Info.Implicits[s]
	if s.Name != nil {
		object = w.p.Info.Defs[s.Name]
	}
	if name, ok := object.(*types.PkgName); ok {
		w.names[name.Imported().Path()] = name.Name()
	}
}

// qualify names a package as the program does, and imports one that only a
// type mentions.
func (w *programWriter) qualify(of *types.Package) string {
	if of == w.p.Pkg {
		return ""
	}
	if w.names[of.Path()] == "" {
		name := of.Name() + "ʹ"
		w.names[of.Path()] = name
		fmt.Fprintf(&w.imports, "import %s %q\n", name, of.Path())
	}
	return w.names[of.Path()]
}

// nameTypes gives the package's variables their types: the check leaves only
// their names.
func (w *programWriter) nameTypes(d *ast.GenDecl) error {
	d.Lparen = d.TokPos // one group, whatever the number
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		if v.Type != nil || len(v.Values) > 0 {
			continue
		}
		object := w.p.Info.Defs[v.Names[0]]
		if object == nil {
			return fmt.Errorf("%s has no type", v.Names[0].Name)
		}
		text := types.TypeString(object.Type(), w.qualify)
		t, err := parser.ParseExpr(text)
		if err != nil {
			return fmt.Errorf("%s %s: %w", v.Names[0].Name, text, err)
		}
		v.Type = t
	}
	return nil
}
