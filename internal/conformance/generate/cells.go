package generate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
)

// HelperCell is the cell that a notebook of units begins with.
func HelperCell() string { return importsOf(packages) + helpers }

// Cells cuts a unit into the cells of a notebook that prints what the unit does
// as a program, up to a panic: declarations in an order in which each may stand
// alone, then the statements of the entry, so that what is local there is the
// session's, and now and then a function once more as it was. The cut depends
// on the unit's text alone.
func Cells(u Unit) ([]string, error) {
	source := "package main\n" + u.Source
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, 0)
	if err != nil {
		return nil, err
	}
	hash := fnv.New64a()
	hash.Write([]byte(u.Source))
	c := cutter{
		text: func(n ast.Node) string {
			return source[fset.Position(n.Pos()).Offset:fset.Position(n.End()).Offset]
		},
		rand:    rand.New(rand.NewPCG(hash.Sum64(), 0)),
		named:   map[string][]int{},
		methods: map[string][]int{},
		of:      map[string][]int{},
	}
	var entry *ast.FuncDecl
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == u.Name {
			entry = f
			continue
		}
		c.add(d)
	}
	if entry == nil {
		return nil, fmt.Errorf("unit %s has no entry", u.Name)
	}
	cells := c.declarations()
	if !ofSession(entry.Body) {
		return append(cells, c.text(entry), "trace = nil\n"+u.Name+"()"), nil
	}
	cell := []string{"trace = nil"}
	for _, s := range entry.Body.List {
		cell = append(cell, c.text(s))
		if c.chance(40) {
			cells = append(cells, strings.Join(cell, "\n"))
			cell = nil
			if f := c.function(); f != "" && c.chance(20) {
				cells = append(cells, f)
			}
		}
	}
	if len(cell) > 0 {
		cells = append(cells, strings.Join(cell, "\n"))
	}
	return cells, nil
}

// HasCells says whether a unit can be cut: the variables of cells are
// initialized in the order in which they are written, those of a package as
// they depend on each other, which the units with an init function test.
func HasCells(u Unit) bool { return !strings.Contains(u.Source, "\nfunc init() {") }

// ofSession says whether the statements of a function's body can be those of
// cells, which have no function that they return from.
func ofSession(body *ast.BlockStmt) bool {
	can := true
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt, *ast.DeferStmt:
			can = false
		}
		return can
	})
	return can
}

// A cutter orders declarations.
type cutter struct {
	text  func(ast.Node) string
	rand  *rand.Rand
	decls []ast.Decl

	named   map[string][]int // declarations of a top-level name
	methods map[string][]int // of methods of that name, whatever their type
	of      map[string][]int // of the methods of a type
}

func (c *cutter) chance(percent int) bool { return c.rand.IntN(100) < percent }

// function is a function of the unit, or empty.
func (c *cutter) function() string {
	var all []ast.Decl
	for _, d := range c.decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && !generic(f) {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return ""
	}
	d := all[c.rand.IntN(len(all))]
	return c.text(d)
}

func (c *cutter) add(d ast.Decl) {
	i := len(c.decls)
	c.decls = append(c.decls, d)
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			c.named[d.Name.Name] = append(c.named[d.Name.Name], i)
			return
		}
		c.methods[d.Name.Name] = append(c.methods[d.Name.Name], i)
		t := receiver(d)
		c.of[t] = append(c.of[t], i)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				c.named[s.Name.Name] = append(c.named[s.Name.Name], i)
			case *ast.ValueSpec:
				for _, name := range s.Names {
					c.named[name.Name] = append(c.named[name.Name], i)
				}
			}
		}
	}
}

// receiver is the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) (name string) {
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// needs are the declarations that must stand before i or beside it. Who
// mentions a type may need its methods to satisfy an interface.
func (c *cutter) needs(i int) []int {
	own := ""
	switch d := c.decls[i].(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			own = receiver(d)
		}
	case *ast.GenDecl:
		if s, ok := d.Specs[0].(*ast.TypeSpec); ok {
			own = s.Name.Name
		}
	}
	var all []int
	ast.Inspect(c.decls[i], func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			all = append(all, c.methods[n.Sel.Name]...)
		case *ast.Ident:
			all = append(all, c.named[n.Name]...)
			if n.Name != own {
				all = append(all, c.of[n.Name]...)
			}
		}
		return true
	})
	return all
}

// declarations are cells, what depends on each other in one. Some functions
// are another one first, and themselves before anything runs: those that call
// them, which stand between, must call the later one.
func (c *cutter) declarations() []string {
	var cells, later []string
	for _, component := range c.components() {
		slices.Sort(component)
		var texts []string
		for _, i := range component {
			d := c.decls[i]
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				cells, later = append(cells, later...), nil
			}
			text := c.text(d)
			if f, ok := d.(*ast.FuncDecl); ok && !generic(f) && c.chance(25) {
				later = append(later, text)
				text = strings.TrimSuffix(text, c.text(f.Body)) + `{ panic("the first version is called") }`
			}
			texts = append(texts, text)
		}
		cell := strings.Join(texts, "\n\n")
		if len(cells) > 0 && len(later) == 0 && c.chance(40) {
			cells[len(cells)-1] += "\n\n" + cell
		} else {
			cells = append(cells, cell)
		}
	}
	return append(cells, later...)
}

// generic says whether a function or its receiver has type parameters.
func generic(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return f.Type.TypeParams != nil
	}
	generic := false
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.IndexExpr, *ast.IndexListExpr:
			generic = true
		}
		return true
	})
	return generic
}

// components are the strongly connected components of the declarations, those
// that others need first (Tarjan 1972), as they are met from a random start.
func (c *cutter) components() [][]int {
	n := len(c.decls)
	index, low, on := make([]int, n), make([]int, n), make([]bool, n)
	var stack []int
	var out [][]int
	next := 1
	var visit func(i int)
	visit = func(i int) {
		index[i], low[i] = next, next
		next++
		stack, on[i] = append(stack, i), true
		for _, j := range c.needs(i) {
			switch {
			case index[j] == 0:
				visit(j)
				low[i] = min(low[i], low[j])
			case on[j]:
				low[i] = min(low[i], index[j])
			}
		}
		if low[i] == index[i] {
			at := slices.Index(stack, i)
			out = append(out, slices.Clone(stack[at:]))
			for _, j := range stack[at:] {
				on[j] = false
			}
			stack = stack[:at]
		}
	}
	for _, i := range c.rand.Perm(n) {
		if index[i] == 0 {
			visit(i)
		}
	}
	return out
}
