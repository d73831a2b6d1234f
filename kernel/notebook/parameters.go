package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
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

// SetParameters gives parameters values: Go expressions, or what their kind is
// usually written as elsewhere (parameter.literal). What the cell of the
// defaults does not declare is an error, as is a notebook without such a cell.
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
		text, err := value.literal(values[name])
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

// A parameter is a variable with what its declaration says of it: a type, a
// first value, or both.
type parameter struct{ typ, value ast.Expr }

// declared finds the variables that the statements of a cell declare.
func declared(source string) (map[string]parameter, error) {
	found := map[string]parameter{}
	add := func(names []ast.Expr, typ ast.Expr, values []ast.Expr) {
		for i, n := range names {
			if id, ok := n.(*ast.Ident); ok && id.Name != "_" {
				p := parameter{typ: typ}
				if len(values) == len(names) {
					p.value = values[i]
				}
				found[id.Name] = p
			}
		}
	}
	for _, text := range statements(source) {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func _() {\n"+text+"\n}", parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		switch s := file.Decls[0].(*ast.FuncDecl).Body.List[0].(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				add(s.Lhs, nil, s.Rhs)
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				v := spec.(*ast.ValueSpec)
				var names []ast.Expr
				for _, n := range v.Names {
					names = append(names, n)
				}
				add(names, v.Type, v.Values)
			}
		}
	}
	return found, nil
}

// statements are those of a cell that may declare variables: "a, b := 1, 2"
// and "var c int". Everything else of the cell is left out.
func statements(source string) []string {
	var code strings.Builder
	for line := range strings.Lines(source) {
		if first := strings.TrimSpace(line); first == "" || !strings.Contains("%!", first[:1]) { // no magic
			code.WriteString(line)
		}
	}
	source = code.String()
	file := token.NewFileSet().AddFile("", -1, len(source))
	var sc scanner.Scanner
	sc.Init(file, []byte(source), nil, 0)
	var all []string
	start, depth, declares := -1, 0, false
	for {
		pos, tok, _ := sc.Scan()
		at := len(source)
		if tok != token.EOF {
			at = file.Offset(pos)
		}
		if tok == token.EOF || tok == token.SEMICOLON && depth == 0 {
			if start >= 0 && declares {
				all = append(all, source[start:min(at, len(source))])
			}
			if tok == token.EOF {
				return all
			}
			start, declares = -1, false
			continue
		}
		if start < 0 {
			start, declares = at, tok == token.VAR
			if tok != token.IDENT && tok != token.VAR {
				start, declares = len(source)+1, false
			}
		}
		switch tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		case token.DEFINE:
			declares = declares || depth == 0 && start <= len(source)
		}
	}
}

func (c *Cell) hasTag(tag string) bool {
	tags, _ := c.Metadata["tags"].([]any)
	return slices.Contains(tags, any(tag))
}
