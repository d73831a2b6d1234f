package cell

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

// parsed is a cell cut into chunks, with what can be said before types are known.
type parsed struct {
	chunks   []chunk
	declares map[string]chunk // by declarations: name -> where
	imports  map[string]string
	mentions map[string]bool // every identifier
	defines  map[string]bool // top-level variables of the statements
	before   map[string]bool // names mentioned by statements before the cell defines them
	dots     []dotImport     // packages whose names the cell imports
	program  bool            // has a package clause
}

// parse splits a cell and parses each chunk by itself, so that a syntax error
// is reported at its place.
func (s *Session) parse(src string, n int) (*parsed, error) {
	chunks, err := split(src, n)
	if err != nil {
		return nil, syntaxError(err, chunk{cell: n})
	}
	if err := refuseDirectives(src, n); err != nil {
		return nil, err
	}
	p := &parsed{
		declares: map[string]chunk{}, imports: map[string]string{},
		mentions: map[string]bool{}, defines: map[string]bool{}, before: map[string]bool{},
	}
	for _, c := range chunks {
		if err := s.add(p, c); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add parses a chunk and notes what it declares and mentions.
func (s *Session) add(p *parsed, c chunk) error {
	if c.kind == packageClause {
		p.program = true
		return nil
	}
	file, err := parseChunk(c)
	if err != nil {
		return syntaxError(err, c)
	}
	p.chunks = append(p.chunks, c)
	mention(file, p.mentions)
	if c.kind == statement {
		for _, st := range file.Decls[0].(*ast.FuncDecl).Body.List {
			p.addStatement(st)
		}
		return nil
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "init" {
				p.declares[d.Name.Name] = c
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					p.declares[spec.Name.Name] = c
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						p.declares[id.Name] = c
					}
				case *ast.ImportSpec:
					name, path := s.importName(spec)
					if name == "." {
						p.dots = append(p.dots, dotImport{path: path, source: c})
						continue
					}
					p.declares[name], p.imports[name] = c, path
				}
			}
		}
	}
	return nil
}

func (s *Session) importName(spec *ast.ImportSpec) (name, path string) {
	path = strings.Trim(spec.Path.Value, "\"`")
	if spec.Name != nil {
		return spec.Name.Name, path
	}
	if pkg, err := s.imp.Import(path); err == nil {
		return pkg.Name(), path
	}
	return PackageName(path), path
}

// addStatement notes which top-level names a statement defines, and which it
// mentions while they still mean what an earlier cell said.
func (p *parsed) addStatement(st ast.Stmt) {
	note := func(n ast.Node) {
		ids := map[string]bool{}
		mention(n, ids)
		for id := range ids {
			if !p.defines[id] {
				p.before[id] = true
			}
		}
	}
	switch x := st.(type) {
	case *ast.LabeledStmt:
		p.addStatement(x.Stmt)
	case *ast.AssignStmt:
		if x.Tok != token.DEFINE {
			note(x)
			return
		}
		for _, r := range x.Rhs {
			note(r)
		}
		for _, l := range x.Lhs {
			if id, ok := l.(*ast.Ident); ok {
				p.defines[id.Name] = true
			}
		}
	case *ast.DeclStmt:
		for _, spec := range x.Decl.(*ast.GenDecl).Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for _, r := range v.Values {
				note(r)
			}
			if v.Type != nil {
				note(v.Type)
			}
			for _, id := range v.Names {
				p.defines[id.Name] = true
			}
		}
	default:
		note(st)
	}
}

func parseChunk(c chunk) (*ast.File, error) {
	before, after := c.around()
	return parser.ParseFile(token.NewFileSet(), fileName(c.cell), before+c.text+after, parser.SkipObjectResolution|parser.ParseComments)
}

// around is what makes a file of the chunk's text.
func (c chunk) around() (before, after string) {
	if c.kind == statement {
		return "package p\nfunc _() {\n" + c.directive(), "\n}"
	}
	return "package p\n" + c.directive(), ""
}

func mention(n ast.Node, into map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			into[id.Name] = true
		}
		return true
	})
}

// syntaxError turns a parser's or scanner's errors into the cell's. Errors
// behind a chunk's end (in what surrounds it) move to its end.
func syntaxError(err error, c chunk) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return problem(eval.Syntax, []eval.Diagnostic{{Cell: c.cell, Line: c.line, Column: c.col, Message: err.Error()}})
	}
	var at []eval.Diagnostic
	last := c.line + strings.Count(c.text, "\n")
	for _, e := range list {
		d := eval.Diagnostic{Cell: c.cell, Line: e.Pos.Line, Column: e.Pos.Column, Message: e.Msg}
		if c.text != "" && d.Line > last {
			d.Line, d.Column, d.Message = last, len(c.text)-strings.LastIndexByte(c.text, '\n'), "unexpected end of statement"
			if last == c.line {
				d.Column = c.col + len(c.text)
			}
		}
		if !slices.Contains(at, d) {
			at = append(at, d)
		}
	}
	return problem(eval.Syntax, at)
}

// assemble writes the file that is type-checked. The statements are the body
// of a function, first in the file, in a block of their own; the undefined
// names make go/types report when declarations are known, when signatures are,
// and when statements are done.
func assemble(n int, chunks []chunk) string {
	var imports, body, decls strings.Builder
	for _, c := range chunks {
		w := &decls
		switch c.kind {
		case importDecl:
			w = &imports
		case statement:
			w = &body
		}
		w.WriteString(c.directive() + c.text + "\n")
	}
	return fmt.Sprintf("package In%d\n%s%sfunc %s() {\n%s()\n{\n%s%s()\n}\n}\n%s",
		n, imports.String(), typeHook, bodyName, hookA, body.String(), hookB, decls.String())
}

// typeHook is the first type that go/types looks at. What the session knows
// becomes visible then, and not before: go/types takes what is in a package's
// scope for declared there while it collects a file's types and methods.
const typeHook = "type _ " + hookT + "\n"

// isTypeHook tells the declaration that has no meaning.
func isTypeHook(d ast.Decl) bool {
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.TYPE {
		return false
	}
	id, ok := g.Specs[0].(*ast.TypeSpec).Type.(*ast.Ident)
	return ok && id.Name == hookT
}

func methodKey(c chunk) string {
	file, err := parseChunk(c)
	if err != nil || len(file.Decls) == 0 {
		return ""
	}
	d, ok := file.Decls[0].(*ast.FuncDecl)
	if !ok {
		return ""
	}
	return receiver(d) + "." + d.Name.Name
}

// receiver is the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
