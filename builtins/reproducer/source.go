package reproducer

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"adkernel/kernel/cell"
	"adkernel/kernel/magic"
)

// A source is what a cell's text says about names, without types.
type source struct {
	parts    []part
	declares set     // names declared at the top level, imports included
	imports  set     // those that are packages
	methods  set     // names of methods that it declares
	mentions set     // every identifier, but for where it is declared
	now      effects // of the cell's statements
	latent   effects // of its functions, when they are called
	links    []link  // names of one thing, between statements
	literals set     // values of string literals
	function bool
	acts     bool // it changes more than names, by magics (the folder, the environment, files) or by an import
	brings   bool // it declares more than its text does
}

// A part is one or more top-level declarations or statements that end with a
// line: source[start:end].
type part struct {
	start, end int
	nodes      []ast.Node // nil when it does not parse
}

type set map[string]bool

func (s set) add(name string) {
	if name != "" && name != "_" {
		s[name] = true
	}
}

// readSource never fails: what does not parse, and is no magic, declares and
// changes nothing.
func readSource(text string) *source {
	s := &source{
		declares: set{}, imports: set{}, methods: set{}, mentions: set{}, literals: set{},
		now: newEffects(), latent: newEffects(),
	}
	read := magic.Read(text)
	s.acts, s.brings = read.Acts, read.Brings
	text = read.Go
	var links []link
	for _, p := range split(text) {
		p.nodes = parse(text[p.start:p.end])
		for _, node := range p.nodes {
			links = append(links, s.read(node)...)
		}
		s.parts = append(s.parts, p)
	}
	s.now.settle(links)
	s.latent.settle(links)
	return s
}

// split cuts a cell after each line at whose end no bracket is open and a
// statement may end.
func split(text string) []part {
	file := token.NewFileSet().AddFile("", -1, len(text))
	var sc scanner.Scanner
	sc.Init(file, []byte(text), func(token.Position, string) {}, 0)
	var parts []part
	depth, start := 0, -1
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			break
		}
		offset := file.Offset(pos)
		if tok == token.SEMICOLON && lit == "\n" {
			if depth <= 0 && start >= 0 {
				parts = append(parts, part{start: start, end: offset})
				start = -1
			}
			continue
		}
		if start < 0 {
			start = offset
		}
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
	}
	if start >= 0 {
		parts = append(parts, part{start: start, end: len(text)})
	}
	return parts
}

// parse reads declarations, or statements.
func parse(text string) []ast.Node {
	var nodes []ast.Node
	mode := parser.SkipObjectResolution
	if f, err := parser.ParseFile(token.NewFileSet(), "", "package cell\n"+text, mode); err == nil {
		for _, d := range f.Decls {
			nodes = append(nodes, d)
		}
		return nodes
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", "package cell\nfunc _() {\n"+text+"\n}", mode)
	if err != nil || len(f.Decls) != 1 {
		return nil
	}
	for _, statement := range f.Decls[0].(*ast.FuncDecl).Body.List {
		nodes = append(nodes, statement)
	}
	return nodes
}

// read returns the links of the node, those within a function included.
func (s *source) read(node ast.Node) []link {
	declared := s.readDeclared(node)
	e, links := s.now, linksOf(node)
	if f, ok := node.(*ast.FuncDecl); ok {
		e = s.latent
		if f.Recv != nil {
			s.methods.add(f.Name.Name)
			s.now.changes.add(receiver(f)) // a method is part of its type
		}
	} else {
		s.links = append(s.links, links...)
	}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if !slices.Contains(declared, n) {
				s.mentions.add(n.Name)
			}
		case *ast.BasicLit:
			if value, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				s.literals.add(value)
			}
		case *ast.FuncDecl:
			s.function = true
		case *ast.FuncLit:
			s.function = true
			s.latent.read(n.Body)
		}
		return true
	})
	e.read(node)
	return links
}

func receiver(f *ast.FuncDecl) string {
	if len(f.Recv.List) != 1 {
		return ""
	}
	return root(f.Recv.List[0].Type)
}

// readDeclared notes the names that a top-level node declares, and returns
// where it does.
func (s *source) readDeclared(node ast.Node) []*ast.Ident {
	var names []*ast.Ident
	switch n := node.(type) {
	case *ast.FuncDecl:
		if n.Recv == nil {
			names = append(names, n.Name)
		}
	case *ast.DeclStmt:
		return s.readDeclared(n.Decl)
	case *ast.LabeledStmt:
		return s.readDeclared(n.Stmt)
	case *ast.GenDecl:
		for _, spec := range n.Specs {
			names = append(names, s.readSpec(spec)...)
		}
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			break
		}
		for _, left := range n.Lhs {
			if name, ok := left.(*ast.Ident); ok {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		s.declares.add(name.Name)
	}
	return names
}

func (s *source) readSpec(spec ast.Spec) []*ast.Ident {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return []*ast.Ident{spec.Name}
	case *ast.ValueSpec:
		return spec.Names
	case *ast.ImportSpec:
		switch {
		case spec.Name == nil:
			if path, err := strconv.Unquote(spec.Path.Value); err == nil {
				name := cell.PackageName(path)
				s.declares.add(name)
				s.imports.add(name)
				root, _, _ := strings.Cut(path, "/")
				s.brings = s.brings || strings.Contains(root, ".") // a module's packages may have other names
			}
		case spec.Name.Name == "." || spec.Name.Name == "_": // later cells do not say that they need it
			s.acts = true
		default:
			s.imports.add(spec.Name.Name)
			return []*ast.Ident{spec.Name}
		}
	}
	return nil
}

// root is the variable that an expression is a part of, "" when it is none.
func root(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return ""
		}
	}
}

// calls reports whether a node calls the function of that name.
func calls(node ast.Node, name string) bool {
	found := false
	ast.Inspect(node, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			f, ok := call.Fun.(*ast.Ident)
			found = found || ok && f.Name == name
		}
		return !found
	})
	return found
}
