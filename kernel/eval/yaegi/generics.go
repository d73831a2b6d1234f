package yaegi

import (
	"go/ast"

	"golang.org/x/tools/go/ast/astutil"
)

// genericCall lowers a call of a generic function of the standard library.
func (l *lowering) genericCall(c *astutil.Cursor, call *ast.CallExpr) {}
