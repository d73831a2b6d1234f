// Package cell is a cell as text: it splits a cell into declarations and
// statements, type-checks it against what earlier cells left alive, and
// answers what could be typed next. It knows Go's syntax and types; it does
// not know how a cell is run (kernel/eval), nor anything of Jupyter.
//
// Each cell is a types.Package of its own. All of them have the path "main",
// so that unexported names of earlier cells resolve, and a name like In3, so
// that messages tell whose T is meant. The live objects that a cell mentions
// are inserted into its scope before it is checked, which keeps a check's cost
// independent of the number of cells before it.
package cell

import (
	"go/ast"
	"go/token"
	"go/types"

	"adkernel/kernel/eval"
)

// A Program is a checked cell: what an evaluator needs to run it. Check makes
// it, Commit makes its names live.
type Program struct {
	Cell  eval.Cell
	Fset  *token.FileSet
	File  *ast.File // the whole cell as one file
	Pkg   *types.Package
	Info  *types.Info
	Body  *ast.FuncDecl   // the statements; what they declare is in Vars and assigned with =
	Shown []ast.Expr      // the last expression, or a list of them, when there are values to show; the last statement of Body
	Vars  []Var           // variables declared by the statements, in order
	Late  []LateMethod    // methods of types of earlier cells
	Inits []*ast.FuncDecl // init functions, in order
	Init  int             // how many statements of Body lie before the calls of Inits: those that initialize the leading variables

	// RunMain says that the cell is a whole program (it has a package clause),
	// whose main function is to be called.
	RunMain bool

	Defines []string // top-level names it declares, sorted
	Uses    []string // top-level names of earlier cells it mentions, sorted
	Notes   []string // what the user should know

	declared map[string]*live
	dots     []dotImport
	late     []*lateMethod
}

// A Var is a top-level variable of the statements. Later cells know it as Live,
// which does not lead to the cell: one that is replaced leaves nothing behind.
// Keeps is the Live of an earlier cell's variable with the same name and an
// identical type, whose memory it shares, or nil.
type Var struct {
	Object *types.Var
	Live   *types.Var
	Keeps  *types.Var
}

// A LateMethod is a method whose receiver's type is of an earlier cell. Decl
// is a function whose first parameter is the receiver; calls refer to Method.
// When a method with the same signature existed, Method is the same object.
type LateMethod struct {
	Method *types.Func
	Decl   *ast.FuncDecl
}

// Replaces returns the function of an earlier cell that f redefines with an
// identical signature, so that its callers should call f from now on, or nil.
func (p *Program) Replaces(f *types.Func) *types.Func {
	d := p.declared[f.Name()]
	if d == nil || d.object != types.Object(f) {
		return nil
	}
	return d.replaces
}

// bodyName is the function that holds a cell's statements, and the prefix of
// every name made by the kernel: a letter of Go that nobody types.
const (
	mark     = "ʹ"
	bodyName = mark + "cell"
	hookT    = mark + "types"      // undefined on purpose: go/types reports it when it knows what the file declares, and no more
	hookA    = mark + "signatures" // likewise, when all signatures are known
	hookB    = mark + "statements" // likewise, when the statements are checked and no function body is
	cursorID = mark + "cursor"
)
