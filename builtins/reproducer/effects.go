package reproducer

import (
	"go/ast"
	"go/token"
	"slices"
)

// effects are the names whose value statements may change.
type effects struct {
	changes set // all of them
	through set // those of changes that may change what other names share with them

	// handed are the names that are handed to a function, by its callee. They
	// are changed if a cell has defined the callee; the vocabulary's functions
	// leave what they are given as it is.
	handed map[callee]set
}

func newEffects() effects { return effects{set{}, set{}, map[callee]set{}} }

// A callee is a function, a method of any value, or a function of a package.
type callee struct {
	kind calleeKind
	name string // of the function, of the method, or of the package
}

type calleeKind int

const (
	function calleeKind = iota
	method
	packaged
)

// changers are the functions of the vocabulary and of the language that do
// change what they are given.
var changers = []string{"Rescore", "append", "clear", "copy", "delete"}

// lookers are methods of runs and comparisons that leave them as they are.
var lookers = []string{
	"By", "Comparison", "Deployment", "Dir", "Frame", "HasLogits", "JudgedBy", "Label", "LogitRow", "LogitsFigure", "MarginsFigure", "MimeBundle",
	"Name", "Progress", "PromptText", "PromptTokens", "Sample", "Samples", "Spec", "State", "Subjects", "SubjectsFigure", "TokenTexts",
}

// readers are packages whose functions leave what they are given as it is, but
// for what is given as an address; of fmt, printers are.
var (
	readers  = []string{"errors", "filepath", "math", "os", "path", "strconv", "strings", "time", "unicode"}
	printers = []string{"Errorf", "Print", "Printf", "Println", "Sprint", "Sprintf", "Sprintln"}
)

// process stands among changes for what no name stands for: the folder, the
// environment, files, other programs. These functions of packages change it.
const process = "the process"

var actors = map[string][]string{
	"exec": {"Command", "CommandContext"},
	"os": {
		"Chdir", "Chmod", "Clearenv", "CopyFS", "Create", "CreateTemp", "Link", "Mkdir", "MkdirAll", "MkdirTemp", "OpenFile", "Remove", "RemoveAll",
		"Rename", "Setenv", "StartProcess", "Symlink", "Truncate", "Unsetenv", "WriteFile",
	},
}

// read notes what a node assigns to, or through, or takes the address of,
// calls a method of, or hands to a function.
func (e effects) read(node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				e.assign(left)
			}
		case *ast.IncDecStmt:
			e.assign(n.X)
		case *ast.RangeStmt:
			e.assign(n.Key)
			e.assign(n.Value)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				e.change(n.X)
			}
		case *ast.SendStmt:
			e.change(n.Chan)
		case *ast.CallExpr:
			e.call(n)
		}
		return true
	})
}

// assign notes an assignment: to a name, which others do not notice, or to a
// part of what it names.
func (e effects) assign(left ast.Expr) {
	if name, ok := left.(*ast.Ident); ok {
		e.changes.add(name.Name)
	} else {
		e.change(left)
	}
}

func (e effects) change(parts ...ast.Expr) {
	for _, part := range parts {
		e.changes.add(root(part))
		e.through.add(root(part))
	}
}

func (e effects) call(call *ast.CallExpr) {
	switch f := called(call).(type) {
	case *ast.Ident:
		if slices.Contains(changers, f.Name) {
			e.change(call.Args...)
		}
		e.hand(callee{function, f.Name}, call.Args...)
	case *ast.SelectorExpr:
		given := append([]ast.Expr{f.X}, call.Args...)
		name, isName := f.X.(*ast.Ident)
		if isName && slices.Contains(actors[name.Name], f.Sel.Name) {
			e.changes.add(process)
		}
		switch {
		case slices.Contains(lookers, f.Sel.Name):
			e.hand(callee{method, f.Sel.Name}, given...)
		case isName && (slices.Contains(readers, name.Name) || name.Name == "fmt" && slices.Contains(printers, f.Sel.Name)):
			e.hand(callee{packaged, name.Name}, given...)
		default:
			e.change(given...)
		}
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.InterfaceType, *ast.StructType: // a conversion
	default:
		e.change(call.Args...)
	}
}

// called is what a call calls, without type arguments.
func called(call *ast.CallExpr) ast.Expr {
	f := ast.Unparen(call.Fun)
	switch x := f.(type) {
	case *ast.IndexExpr:
		return x.X
	case *ast.IndexListExpr:
		return x.X
	}
	return f
}

func (e effects) hand(to callee, given ...ast.Expr) {
	if e.handed[to] == nil {
		e.handed[to] = set{}
	}
	for _, part := range given {
		e.handed[to].add(root(part))
	}
}

// settle adds what is changed under another name of it.
func (e effects) settle(links []link) {
	for before := -1; before != e.size(); {
		before = e.size()
		for _, l := range links {
			if e.through[l.name] {
				e.changes.add(l.of)
				e.through.add(l.of)
			}
			for _, names := range e.handed {
				if names[l.name] {
					names.add(l.of)
				}
			}
		}
	}
}

func (e effects) size() int {
	n := len(e.changes) + len(e.through)
	for _, names := range e.handed {
		n += len(names)
	}
	return n
}
