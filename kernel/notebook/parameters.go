package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"

	"adkernel/internal/suggest"
)

// Parameters are set as papermill sets them
// (https://papermill.readthedocs.io/en/latest/usage-parameterize.html): a cell
// with the tag "parameters" declares them with their defaults, and the values
// go into a cell with the tag "injected-parameters" right below it, in place
// of an earlier one.
const (
	parametersTag = "parameters"
	injectedTag   = "injected-parameters"
)

// SetParameters gives parameters values: Go expressions, or the text itself
// where the default is a string. What the cell of the defaults does not
// declare is an error, as is a notebook without such a cell.
func (nb *Notebook) SetParameters(values map[string]string) error {
	if len(values) == 0 {
		return nil
	}
	at := slices.IndexFunc(nb.Cells, func(c *Cell) bool { return c.Type == Code && c.hasTag(parametersTag) })
	if at < 0 {
		return nb.problem(errors.New(`no code cell has the tag "parameters": give it to the cell that declares them with their defaults`))
	}
	defaults, err := declared(nb.Cells[at].Source)
	if err != nil {
		return nb.problem(fmt.Errorf("cell %d, which declares the parameters: %w", at+1, err))
	}
	var source strings.Builder
	source.WriteString("// Parameters")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value, ok := defaults[name]
		if !ok {
			return nb.problem(fmt.Errorf("cell %d declares no parameter %q%s", at+1, name, suggest.Clause(name, slices.Sorted(maps.Keys(defaults)))))
		}
		text, err := literal(values[name], value)
		if err != nil {
			return nb.problem(fmt.Errorf("parameter %s: %w", name, err))
		}
		fmt.Fprintf(&source, "\n%s = %s", name, text)
	}
	injected := &Cell{Type: Code, Source: source.String(), Metadata: map[string]any{"tags": []any{injectedTag}}}
	if before := slices.IndexFunc(nb.Cells, func(c *Cell) bool { return c.hasTag(injectedTag) }); before >= 0 {
		injected.ID = nb.Cells[before].ID
		nb.Cells[before] = injected
		return nil
	}
	nb.Cells = slices.Insert(nb.Cells, at+1, injected)
	return nil
}

func (nb *Notebook) problem(err error) error {
	if nb.path == "" {
		return err
	}
	return fmt.Errorf("notebook %s: %w", nb.path, err)
}

// declared finds the variables that a cell declares, and their first values;
// nil where there is none.
func declared(source string) (map[string]ast.Expr, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func _() {\n"+source+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	found := map[string]ast.Expr{}
	add := func(names []ast.Expr, values []ast.Expr) {
		for i, n := range names {
			if id, ok := n.(*ast.Ident); ok && id.Name != "_" {
				found[id.Name] = nil
				if len(values) == len(names) {
					found[id.Name] = values[i]
				}
			}
		}
	}
	for _, statement := range file.Decls[0].(*ast.FuncDecl).Body.List {
		switch s := statement.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				add(s.Lhs, s.Rhs)
			}
		case *ast.DeclStmt:
			g, ok := s.Decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				var names []ast.Expr
				for _, n := range v.Names {
					names = append(names, n)
				}
				values := v.Values
				if id, ok := v.Type.(*ast.Ident); ok && id.Name == "string" && len(values) == 0 {
					values = slices.Repeat([]ast.Expr{&ast.BasicLit{Kind: token.STRING}}, len(names))
				}
				add(names, values)
			}
		}
	}
	return found, nil
}

// literal is the value as Go, for a parameter with this default.
func literal(value string, byDefault ast.Expr) (string, error) {
	if lit, ok := byDefault.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		return strconv.Quote(value), nil
	}
	if _, err := parser.ParseExpr(value); err != nil {
		return "", fmt.Errorf("%q is no Go expression: %w", value, err)
	}
	return value, nil
}

func (c *Cell) hasTag(tag string) bool {
	tags, _ := c.Metadata["tags"].([]any)
	return slices.Contains(tags, any(tag))
}
