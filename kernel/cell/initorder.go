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

// The var declarations before a cell's first other statement are its package's
// variables, as in a file of Go: they are initialized in the order that depends
// on what their values use, and not on where they stand. From the first
// statement on, a cell runs from top to bottom.

// leading splits the chunks into those variables, one by one, what is declared
// anywhere, and the statements from the first one on.
func (p *parsed) leading() (variables, declarations, statements []chunk) {
	for _, c := range p.chunks {
		switch {
		case c.kind != statement:
			declarations = append(declarations, c)
		case len(statements) == 0 && isVarDecl(c):
			variables = append(variables, singleVariables(c)...)
		default:
			statements = append(statements, c)
		}
	}
	return variables, declarations, statements
}

func isVarDecl(c chunk) bool {
	_, toks, _ := scan(c.text)
	return len(toks) > 0 && toks[0].tok == token.VAR
}

// orderVariables puts the leading variables into Go's order: as statements,
// they run from top to bottom. Where there is none, that is an error of a file,
// which has a package clause; other cells run as they are written, and
// var x = x + 1 means the x of an earlier cell. The notes name what a cell that
// is no file means although an earlier cell has it, too.
func (s *Session) orderVariables(p *parsed, n int) (notes []string, err error) {
	variables, declarations, statements := p.leading()
	if len(variables) == 0 || !p.program && !usedEarly(variables, declarations) {
		return nil, nil
	}
	order, err := s.initOrder(p, n, declarations, variables)
	later := func(a, b chunk) int { return order[a.text] - order[b.text] }
	if !p.program {
		if err != nil || slices.IsSortedFunc(variables, later) {
			return nil, nil
		}
		notes = s.ownNotes(variables, order)
	}
	slices.SortStableFunc(variables, later)
	p.chunks = slices.Concat(declarations, variables, statements)
	return notes, err
}

// usedEarly says whether one of the variables, or a function, might use one
// that is declared further down: another order may be Go's.
func usedEarly(variables, declarations []chunk) bool {
	if len(variables) < 2 {
		return false
	}
	used := map[string]bool{}
	use := func(c chunk) {
		_, toks, _ := scan(c.text)
		for _, t := range toks {
			used[t.lit] = true
		}
	}
	for _, c := range declarations {
		if c.kind == funcDecl || c.kind == methodDecl {
			use(c)
		}
	}
	for i, c := range variables {
		if i > 0 && slices.ContainsFunc(variableNames(c), func(name string) bool { return used[name] }) {
			return true
		}
		use(c)
	}
	return false
}

// variableNames are the names that a var declaration declares.
func variableNames(c chunk) (names []string) {
	file, err := parseChunk(c)
	if err != nil {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, id := range v.Names {
				names = append(names, id.Name)
			}
			return false
		}
		return true
	})
	return names
}

// ownNotes says which names are variables that the cell declares further down,
// and not those of an earlier cell, as they were from top to bottom. A cell
// that runs again, and declared both itself, needs no note.
func (s *Session) ownNotes(variables []chunk, order map[string]int) (notes []string) {
	for i, user := range variables {
		_, toks, _ := scan(user.text)
		for _, own := range variables[i+1:] {
			if order[own.text] >= order[user.text] {
				continue
			}
			for _, name := range variableNames(own) {
				l := s.live[name]
				if l == nil || !slices.ContainsFunc(toks, func(t lexeme) bool { return t.tok == token.IDENT && t.lit == name }) {
					continue
				}
				if of := s.live[variableNames(user)[0]]; of == nil || of.cell != l.cell {
					notes = append(notes, fmt.Sprintf("%s is the variable that this cell declares in line %d, not that of In[%d]: var declarations before the first statement are initialized as in a file of Go", name, own.line, l.cell))
				}
			}
		}
	}
	return slices.Compact(notes)
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
	own := map[string]bool{}
	for _, c := range variables {
		for _, name := range variableNames(c) {
			own[name] = true
		}
	}
	insert := func() {
		for name := range p.mentions {
			if _, ok := p.declares[name]; !ok && !own[name] && !s.imports(p.dots, name) {
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
