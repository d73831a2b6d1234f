package exact

import (
	"go/ast"
	"go/token"
	"go/types"
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
	case *ssa.Alloc:
		if v := b.vars[x]; v != nil {
			if !in.IsAddr || v.constant && !v.known {
				return
			}
			l.at, l.kind = v.at, b.early(in)
			break
		}
		at, ok := b.locs[x]
		if !ok {
			return
		}
		l.at, l.kind = at, b.early(in)
		if in.IsAddr {
			l.fixed = inMemory
		}
	default:
		at, ok := b.locs[x]
		if !ok {
			return
		}
		l.at, l.kind = at, b.early(in)
		if in.IsAddr {
			l.fixed = inMemory
		}
	}
	b.code.labels = append(b.code.labels, l)
}

// inMemory marks labels whose registers hold an address.
var inMemory = unsafe.Pointer(new(byte))

// early says before which instructions the label already holds: what computes
// the value comes before them, and no assignment lies between.
func (b *builder) early(in *ssa.DebugRef) labelKind {
	if id, ok := in.Expr.(*ast.Ident); !ok || !in.IsAddr && b.assigned()[id.Name] > 1 {
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

// assigned counts how often the source of the function assigns to a name.
func (b *builder) assigned() map[string]int {
	if b.assigns != nil {
		return b.assigns
	}
	b.assigns = map[string]int{}
	count := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok {
			b.assigns[id.Name]++
		}
	}
	if b.fn.Syntax() == nil {
		return b.assigns
	}
	ast.Inspect(b.fn.Syntax(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field: // a parameter has a value from the start
			for _, id := range n.Names {
				count(id)
			}
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				count(e)
			}
		case *ast.IncDecStmt:
			count(n.X)
		case *ast.RangeStmt:
			count(n.Key)
			count(n.Value)
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

// isValid says whether what the label tells is so when instruction n runs.
func (c *code) isValid(l *varLabel, n int32) bool {
	switch {
	case l.kind == labelAlways:
		return true
	case l.kind == labelBlock && l.from > n:
		return c.blockOf(l.from) == c.blockOf(n)
	}
	return l.from <= n && c.dominates(c.blockOf(l.from), c.blockOf(n))
}

// places are better positions for traces than those of package ssa: a call's
// is the name of what it calls, not its parenthesis.
func places(file *ast.File) map[token.Pos]token.Pos {
	out := map[token.Pos]token.Pos{}
	ast.Inspect(file, func(n ast.Node) bool {
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
	})
	return out
}
