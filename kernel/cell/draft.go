package cell

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A draft is a cell that is being typed, checked as well as it goes.
type draft struct {
	s    *Session
	file *ast.File
	pkg  *types.Package
	info *types.Info
	path []ast.Node // from the file down to the identifier at the cursor; empty when it was lost
}

// draft checks a text with an identifier called name at byte at. The text is
// healed first; where the identifier does not survive that, the text after it
// is left out, and then everything but its line.
func (s *Session) draft(text, name string, at int) *draft {
	var best *draft
	line := strings.LastIndexByte(text[:at], '\n') + 1
	for _, try := range []struct{ from, to int }{{0, len(text)}, {0, at + len(name)}, {line, at + len(name)}} {
		d, whole := s.parseDraft(blank(text[:try.from])+text[try.from:try.to], name, at)
		if whole || best == nil || len(best.path) == 0 && len(d.path) > 0 {
			if best != nil {
				best.discard()
			}
			best = d
		} else {
			d.discard()
		}
		if whole {
			break
		}
	}
	best.check()
	return best
}

// blank is as long as text, in bytes and in lines.
func blank(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// parseDraft parses what can be parsed. whole says that the statement or
// declaration at byte at is Go, with the identifier in it.
func (s *Session) parseDraft(text, name string, at int) (d *draft, whole bool) {
	h, end := heal(text), at+len(name)
	at = h.place(at)
	chunks, _ := split(h.text, 0)
	chunks = slices.DeleteFunc(chunks, func(c chunk) bool { return c.kind == packageClause })
	d = &draft{s: s}
	whole = d.parse(chunks)
	isList := func(c chunk) bool { return c.start <= at && at <= c.end() && c.isList(at-c.start) }
	if !whole && !strings.HasPrefix(text[end:], assignment) && slices.ContainsFunc(chunks, isList) {
		d.discard()
		return s.parseDraft(text[:end]+assignment+text[end:], name, end-len(name))
	}
	if !whole { // leave out what is not Go, but for where the cursor is
		whole = true
		chunks = slices.DeleteFunc(chunks, func(c chunk) bool {
			_, err := parseChunk(c)
			here := c.start <= at && at <= c.end()
			whole = whole && (tolerable(err) || !here)
			return !tolerable(err) && !here
		})
		d.discard()
		d.parse(chunks)
	}
	line := 1 + strings.Count(h.text[:at], "\n")
	col := at - strings.LastIndexByte(h.text[:at], '\n')
	d.path = d.find(name, line, col)
	return d, whole && len(d.path) > 0
}

func (d *draft) parse(chunks []chunk) (ok bool) {
	var err error
	d.file, err = parser.ParseFile(d.s.fset, fileName(0), assemble(0, chunks), parser.SkipObjectResolution|parser.AllErrors|parser.ParseComments)
	return tolerable(err)
}

// tolerable says whether the parser made of a text what was meant: it goes on
// where a comma is missing.
func tolerable(err error) bool {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return err == nil
	}
	return !slices.ContainsFunc(list, func(e *scanner.Error) bool { return !strings.HasPrefix(e.Msg, "missing ','") })
}

// assignment is what a list of values lacks to be a statement.
const assignment = " = 0"

// isList says whether a list of values stands before byte at of the chunk, a, b,
// of which the parser keeps the first: its assignment is not typed yet.
func (c chunk) isList(at int) bool {
	_, err := parseChunk(c)
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return false
	}
	before, _ := c.around()
	return slices.ContainsFunc(list, func(e *scanner.Error) bool {
		from := e.Pos.Offset - len(before)
		return e.Msg == "expected 1 expression" && 0 <= from && from < at && !strings.ContainsAny(c.text[from:at], ";\n{}")
	})
}

// find returns the way to an identifier at a place of the cell.
func (d *draft) find(name string, line, col int) []ast.Node {
	var path []ast.Node
	found := false
	ast.Inspect(d.file, func(n ast.Node) bool {
		if found {
			return false
		}
		if n == nil {
			path = path[:len(path)-1]
			return false
		}
		path = append(path, n)
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			p := d.s.fset.Position(id.Pos())
			found = p.Line == line && p.Column == col && p.Filename == fileName(0)
		}
		return !found
	})
	if !found {
		return nil
	}
	return path
}

// check checks types. Bodies of functions in which the cursor is not are left
// out.
func (d *draft) check() {
	d.pkg, d.info = types.NewPackage(cellPath, "In0"), newInfo()
	mentions := map[string]bool{}
	for _, decl := range d.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if ok && f.Name.Name != bodyName && (len(d.path) < 2 || d.path[1] != ast.Node(f)) {
			f.Body = nil
		}
		mention(decl, mentions)
	}
	declared, selected := d.declared(), selections(d.file)
	for _, decl := range d.file.Decls { // go/types takes no methods of other packages' types
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil && len(f.Recv.List) > 0 && f.Type.Params != nil && !declared[receiver(f)] {
			if l := d.s.live[receiver(f)]; l != nil {
				if tn, ok := l.object.(*types.TypeName); ok {
					asFunction(f, tn, chunk{})
				}
			}
		}
	}
	insert := func() {
		for name := range mentions {
			if declared[name] {
				continue
			}
			if o := d.s.visible(name, d.pkg); o != nil {
				d.pkg.Scope().Insert(o)
			} else if path := d.s.packageNamed(name, selected[name]); path != "" {
				if p, err := d.s.imp.Import(path); err == nil {
					d.pkg.Scope().Insert(types.NewPkgName(token.NoPos, d.pkg, name, p))
				}
			}
		}
	}
	conf := types.Config{Importer: d.s.imp, GoVersion: goVersion, Error: func(err error) {
		te, ok := err.(types.Error)
		switch {
		case ok && te.Msg == "undefined: "+hookT:
			insert()
		case ok && te.Msg == "undefined: "+hookB:
			d.insertVariables()
		}
	}}
	_ = types.NewChecker(&conf, d.s.fset, d.pkg, d.info).Files([]*ast.File{d.file}) // as well as it goes
}

// insertVariables makes the variables of the statements visible to functions,
// as they are when the cell runs.
func (d *draft) insertVariables() {
	var body *ast.FuncDecl
	for _, decl := range d.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == bodyName {
			body = f
		}
	}
	if body == nil || body.Body == nil {
		return
	}
	for _, statement := range body.Body.List {
		if block, ok := statement.(*ast.BlockStmt); ok {
			for name := range definedBy(block.List) {
				if v, ok := d.info.Defs[name].(*types.Var); ok {
					d.pkg.Scope().Insert(v)
				}
			}
		}
	}
}

// definedBy returns the identifiers that statements define.
func definedBy(list []ast.Stmt) map[*ast.Ident]bool {
	out := map[*ast.Ident]bool{}
	for _, statement := range list {
		for l, ok := statement.(*ast.LabeledStmt); ok; l, ok = statement.(*ast.LabeledStmt) {
			statement = l.Stmt
		}
		switch x := statement.(type) {
		case *ast.AssignStmt:
			for _, left := range x.Lhs {
				if id, ok := left.(*ast.Ident); ok && x.Tok == token.DEFINE {
					out[id] = true
				}
			}
		case *ast.DeclStmt:
			if g, ok := x.Decl.(*ast.GenDecl); ok {
				for _, spec := range g.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok {
						for _, id := range v.Names {
							out[id] = true
						}
					}
				}
			}
		}
	}
	return out
}

// declared are the names that declarations of the cell make.
func (d *draft) declared() map[string]bool {
	out := map[string]bool{}
	for _, decl := range d.file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				out[decl.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					out[spec.Name.Name] = true
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						out[id.Name] = true
					}
				case *ast.ImportSpec:
					name, _ := d.s.importName(spec)
					out[name] = true
				}
			}
		}
	}
	return out
}

// packageNamed is the import path of the package that would be imported
// automatically where a cell selects members from name.
func (s *Session) packageNamed(name string, members []string) string {
	if len(members) == 0 {
		return ""
	}
	known := slices.DeleteFunc(slices.Clone(members), func(m string) bool { return m == "_" || strings.Contains(m, mark) })
	if path := s.packageWith(name, known); path != "" {
		return path
	}
	if paths := s.imp.named(name); len(paths) > 0 {
		return paths[0]
	}
	return ""
}

// selections lists what a file selects from names.
func selections(file *ast.File) map[string][]string {
	out := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				out[id.Name] = append(out[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
	return out
}

// discard forgets the draft's positions.
func (d *draft) discard() { forget(d.s.fset, d.file) }
