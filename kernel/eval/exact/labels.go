package exact

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// varLabel tells where the value of an expression of the source lies, for
// traces: in registers, or in memory whose address lies there.
type varLabel struct {
	from  int32 // instruction from which on that is so
	kind  labelKind
	pos   token.Pos
	name  string
	typ   *layout.Type
	at    loc
	until token.Pos      // where the source assigns to the variable next
	fixed unsafe.Pointer // of a package-level variable: its address
	text  string         // of a constant
}

// labelKind says before which other instructions of its line a label holds.
type labelKind uint8

const (
	labelAfter  labelKind = iota // none
	labelBlock                   // those of its block
	labelAlways                  // all
)

// A block is a basic block, and by its number the one that dominates it.
type block struct{ start, dominator int32 }

// maxLabel is the length of the longest expression that traces name.
const maxLabel = 40

// label notes where an expression's value is. Package ssa says so after the
// instruction that computes it.
func (b *builder) label(in *ssa.DebugRef) {
	l := varLabel{from: int32(len(b.code.ins)), pos: in.Expr.Pos()}
	switch e := in.Expr.(type) {
	case *ast.Ident:
		if v, ok := in.Object().(*types.Var); !ok || v.IsField() {
			return
		}
	case *ast.SelectorExpr:
		if !isPath(e) {
			return
		}
		l.pos = e.Sel.Pos()
	default:
		return
	}
	if l.name = types.ExprString(in.Expr); len(l.name) > maxLabel {
		return
	}
	t := in.X.Type()
	if in.IsAddr {
		p, ok := t.Underlying().(*types.Pointer)
		if !ok {
			return
		}
		t = p.Elem()
	}
	var err error
	if l.typ, err = b.rt.table.Of(t); err != nil {
		return
	}
	switch x := in.X.(type) {
	case *ssa.Const:
		if x.Value == nil {
			return
		}
		l.text = x.Value.String()
		l.kind = b.early(in)
	case *ssa.Global:
		if v := b.variable(x); v != nil {
			l.fixed, l.kind = v.ptr, labelAlways
		} else {
			return
		}
	default:
		at, ok := b.locs[x]
		if !ok {
			return
		}
		l.at, l.kind = at, b.early(in)
		if in.IsAddr {
			l.fixed = inMemory
		} else {
			l.until = b.assignedAfter(l.name, l.pos)
		}
	}
	b.code.labels = append(b.code.labels, l)
}

// inMemory marks labels whose registers hold an address.
var inMemory = unsafe.Pointer(new(byte))

// early says before which instructions the label already holds: what computes
// the value comes before them, and no assignment lies between.
func (b *builder) early(in *ssa.DebugRef) labelKind {
	if id, ok := in.Expr.(*ast.Ident); !ok || !in.IsAddr && len(b.assigned()[id.Name]) > 1 {
		return labelAfter
	}
	switch x := in.X.(type) {
	case *ssa.Const:
		return labelBlock
	case *ssa.Parameter, *ssa.FreeVar:
		return labelAlways
	case *ssa.Phi:
		return labelBlock
	case ssa.Instruction:
		if x.Block() != in.Block() {
			return labelBlock
		}
	}
	return labelAfter
}

// assignedAfter is the end of the first statement behind pos that assigns to a
// variable.
func (b *builder) assignedAfter(name string, pos token.Pos) (end token.Pos) {
	for _, p := range b.assigned()[name] {
		if p > pos && (end == token.NoPos || p < end) {
			end = p
		}
	}
	return end
}

// assigned tells where the statements end that assign to a name in the source
// of the function.
func (b *builder) assigned() map[string][]token.Pos {
	if b.assigns != nil {
		return b.assigns
	}
	b.assigns = map[string][]token.Pos{}
	note := func(e ast.Expr, n ast.Node) {
		if id, ok := e.(*ast.Ident); ok {
			b.assigns[id.Name] = append(b.assigns[id.Name], n.End())
		}
	}
	if b.fn.Syntax() == nil {
		return b.assigns
	}
	ast.Inspect(b.fn.Syntax(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field: // a parameter has a value from the start
			for _, id := range n.Names {
				note(id, n)
			}
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				note(e, n)
			}
		case *ast.IncDecStmt:
			note(n.X, n)
		case *ast.RangeStmt:
			note(n.Key, n.X)
			note(n.Value, n.X)
		}
		return true
	})
	return b.assigns
}

// isPath tells what is made of variables and their fields alone: a.b[i].c.
func isPath(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident, *ast.BasicLit:
		return true
	case *ast.SelectorExpr:
		return isPath(e.X)
	case *ast.IndexExpr:
		return isPath(e.X) && isPath(e.Index)
	case *ast.ParenExpr:
		return isPath(e.X)
	case *ast.StarExpr:
		return isPath(e.X)
	}
	return false
}

// variable is a package-level variable of a cell, if it exists already.
func (b *builder) variable(g *ssa.Global) *variable {
	v, _ := g.Object().(*types.Var)
	if v == nil {
		return nil
	}
	if x := b.globals[v]; x != nil {
		return x
	}
	return b.rt.globals.get(v)
}

// noteBlocks keeps what dominance needs; shift is how many instructions come
// before the first block.
func (b *builder) noteBlocks(shift int32) {
	if len(b.code.labels) == 0 {
		return
	}
	b.code.labels = slices.DeleteFunc(b.code.labels, func(l varLabel) bool {
		return l.fixed == nil && l.text == "" && (l.typ.NU > 0 && b.gone[bankSlot{l.at.u, false}] || l.typ.NP > 0 && b.gone[bankSlot{l.at.p, true}])
	})
	for i := range b.code.labels {
		b.code.labels[i].from += shift
	}
	b.code.blocks = make([]block, len(b.order))
	for i, x := range b.order {
		dominator := int32(-1)
		if d := x.Idom(); d != nil {
			dominator = int32(b.rank[d])
		}
		b.code.blocks[i] = block{int32(b.starts[x]) + shift, dominator}
	}
}

// bankSlot is a register.
type bankSlot struct {
	at      int32
	pointer bool
}

// unwritten notes that the instruction that wrote a register does not any more.
func (b *builder) unwritten(at int32, pointer bool) {
	if b.gone == nil {
		b.gone = map[bankSlot]bool{}
	}
	b.gone[bankSlot{at, pointer}] = true
}

// blockOf is the number of the block of instruction n.
func (c *code) blockOf(n int32) int32 {
	i := int32(0)
	for k := range c.blocks {
		if c.blocks[k].start <= n {
			i = int32(k)
		}
	}
	return i
}

// dominates says whether every way to block y leads through x.
func (c *code) dominates(x, y int32) bool {
	for ; y >= 0; y = c.blocks[y].dominator {
		if x == y {
			return true
		}
	}
	return false
}

// isValid says whether what the label tells is so when instruction n runs,
// which is at pos.
func (c *code) isValid(l *varLabel, n int32, pos token.Pos) bool {
	switch {
	case l.until.IsValid() && l.until <= pos:
		return false
	case l.kind == labelAlways:
		return true
	case l.kind == labelBlock && l.from > n:
		return c.blockOf(l.from) == c.blockOf(n)
	}
	return l.from <= n && c.dominates(c.blockOf(l.from), c.blockOf(n))
}

// placesOf returns better positions for traces than those of package ssa: a call's
// is the name of what it calls, not its parenthesis.
func placesOf(files []*ast.File) map[token.Pos]token.Pos {
	out := map[token.Pos]token.Pos{}
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			fun := ast.Unparen(n.Fun)
			switch x := fun.(type) {
			case *ast.IndexExpr:
				fun = x.X
			case *ast.IndexListExpr:
				fun = x.X
			}
			switch fun := fun.(type) {
			case *ast.Ident:
				out[n.Lparen] = fun.Pos()
			case *ast.SelectorExpr:
				out[n.Lparen] = fun.Sel.Pos()
			}
		}
		return true
	}
	for _, f := range files {
		ast.Inspect(f, visit)
	}
	return out
}
