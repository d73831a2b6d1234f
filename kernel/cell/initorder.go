package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

// isFile says whether the cell is a file of Go as the compiler takes it: a
// package clause, and no statements but declarations.
func (p *parsed) isFile() bool {
	return p.program && !slices.ContainsFunc(p.chunks, func(c chunk) bool { return c.kind == statement && !isVarDecl(c) })
}

func isVarDecl(c chunk) bool {
	_, toks, _ := scan(c.text)
	return len(toks) > 0 && toks[0].tok == token.VAR
}

// orderVariables puts the variables of a cell that is a file of Go into the
// order in which Go initializes them, which depends on what their values use
// and not on where they stand: as statements, they run from top to bottom. The
// error is that there is no such order.
func (s *Session) orderVariables(p *parsed, n int) error {
	if !p.isFile() {
		return nil
	}
	var rest, variables []chunk
	for _, c := range p.chunks {
		if c.kind == statement {
			variables = append(variables, singleVariables(c)...)
		} else {
			rest = append(rest, c)
		}
	}
	if len(variables) == 0 {
		return nil
	}
	order, err := s.initOrder(p, n, rest, variables)
	slices.SortStableFunc(variables, func(a, b chunk) int { return order[a.text] - order[b.text] })
	p.chunks = append(rest, variables...)
	return err
}

// initOrder checks the declarations as a package and returns the places of the
// variables in its initialization, from 1: text of the declaration -> place.
// Those without values come first.
func (s *Session) initOrder(p *parsed, n int, rest, variables []chunk) (map[string]int, error) {
	var text strings.Builder
	text.WriteString("package p\n")
	write := func(imports bool) {
		for _, c := range slices.Concat(rest, variables) {
			if (c.kind == importDecl) == imports {
				text.WriteString(c.directive() + c.text + "\n")
			}
		}
	}
	write(true)
	text.WriteString(typeHook)
	write(false)
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text.String(), parser.SkipObjectResolution)
	if err != nil {
		return nil, nil // the check of the cell says why
	}
	pkg := types.NewPackage(cellPath, "")
	insert := func() {
		for name := range p.mentions {
			if _, ok := p.declares[name]; !ok && !p.defines[name] && !s.imports(p.dots, name) {
				if o := s.visible(name, pkg); o != nil {
					pkg.Scope().Insert(o)
				}
			}
		}
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	var cycles []eval.Diagnostic
	conf := types.Config{Importer: s.imp, GoVersion: goVersion, Error: func(err error) {
		te, ok := err.(types.Error)
		switch {
		case ok && te.Msg == "undefined: "+hookT:
			insert()
		case ok && strings.HasPrefix(te.Msg, "initialization cycle"):
			at := fset.Position(te.Pos)
			cycles = append(cycles, eval.Diagnostic{Cell: n, Line: at.Line, Column: at.Column, Message: te.Msg})
		}
	}}
	_ = types.NewChecker(&conf, fset, pkg, info).Files([]*ast.File{file}) // the check of the cell reports everything else
	place := map[types.Object]int{}
	for i, init := range info.InitOrder {
		for _, v := range init.Lhs {
			place[v] = i + 1
		}
	}
	order := map[string]int{}
	next := 0
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			for _, id := range spec.(*ast.ValueSpec).Names {
				order[variables[next].text] = max(order[variables[next].text], place[info.Defs[id]])
			}
			next++
		}
	}
	if len(cycles) > 0 {
		return order, problem(eval.Check, cycles)
	}
	return order, nil
}

// singleVariables cuts a declaration into ones that are initialized at once:
// var (a, b = 1, 2) are two, var a, b = f() is one.
func singleVariables(c chunk) []chunk {
	fset := token.NewFileSet()
	head := "package p\n" + c.directive()
	file, err := parser.ParseFile(fset, "", head+c.text, parser.SkipObjectResolution)
	if err != nil || len(file.Decls) != 1 {
		return []chunk{c}
	}
	offset := func(p token.Pos) int { return fset.Position(p).Offset - len(head) }
	// placed is a part of the text after a comment that says where it stands, or
	// where a comment within the text has it stand.
	placed := func(n ast.Node) string {
		at := fset.Position(n.Pos())
		return fmt.Sprintf("/*line %s:%d:%d*/%s", at.Filename, at.Line, at.Column, c.text[offset(n.Pos()):offset(n.End())])
	}
	var out []chunk
	add := func(text string) {
		one := c
		one.text = "var " + text
		out = append(out, one)
	}
	for _, spec := range file.Decls[0].(*ast.GenDecl).Specs {
		v := spec.(*ast.ValueSpec)
		if len(v.Names) != len(v.Values) {
			add(placed(v))
			continue
		}
		for i, name := range v.Names {
			typ := ""
			if v.Type != nil {
				typ = " " + placed(v.Type)
			}
			add(placed(name) + typ + " = " + placed(v.Values[i]))
		}
	}
	return out
}
