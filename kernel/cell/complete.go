package cell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"adkernel/kernel/eval"
)

// Complete proposes what may stand at the cursor, a byte offset. The cell may
// be half-typed: what stands before the cursor is closed and checked as well
// as it goes.
func (s *Session) Complete(source string, cursor int) eval.Completion {
	cursor = min(max(cursor, 0), len(source))
	start := identStart(source, cursor)
	out := eval.Completion{Start: start, End: cursor}
	if inText(source[:start]) {
		return out
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draft(closed(source[:start]+cursorID), start)
	defer d.discard()
	c := &candidates{s: s, pkg: d.pkg, prefix: source[start:cursor], seen: map[string]bool{}}
	c.collect(d)
	slices.SortFunc(c.items, func(a, b eval.Item) int { return strings.Compare(a.Text, b.Text) })
	out.Items = c.items
	return out
}

func identStart(source string, cursor int) int {
	for cursor > 0 {
		r, n := utf8.DecodeLastRuneInString(source[:cursor])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		cursor -= n
	}
	return cursor
}

// inText says whether text ends inside a string, a rune or a comment.
func inText(text string) bool {
	_, toks, errs := scan(text + mark)
	if len(errs) > 0 && errs[len(errs)-1].Pos.Offset < len(text) {
		return true
	}
	last := slices.IndexFunc(toks, func(t lexeme) bool { return t.tok == token.IDENT && strings.HasSuffix(t.lit, mark) })
	return last < 0
}

// closed adds the brackets that text leaves open.
func closed(text string) string {
	_, toks, _ := scan(text)
	var open []token.Token
	for _, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			open = append(open, t.tok)
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	slices.Reverse(open)
	for _, t := range open {
		switch t {
		case token.LPAREN:
			text += ")"
		case token.LBRACE:
			text += "\n}"
		default:
			text += "]"
		}
	}
	return text
}

// A draft is a cell checked as well as it goes.
type draft struct {
	s    *Session
	file *ast.File
	pkg  *types.Package
	info *types.Info
}

// draft checks source. Chunks that do not parse are left out, but for the one
// at the cursor.
func (s *Session) draft(source string, cursor int) *draft {
	chunks, _ := split(source, 0)
	chunks = slices.DeleteFunc(chunks, func(c chunk) bool {
		if c.kind == packageClause || c.start <= cursor && cursor <= c.end() {
			return c.kind == packageClause
		}
		_, err := parseChunk(c)
		return err != nil
	})
	d := &draft{s: s, pkg: types.NewPackage(cellPath, "In0"), info: newInfo()}
	d.file, _ = parser.ParseFile(s.fset, fileName(0), assemble(0, chunks), parser.SkipObjectResolution|parser.AllErrors|parser.ParseComments)
	mentions := map[string]bool{}
	mention(d.file, mentions)
	declared := map[string]bool{}
	for _, decl := range d.file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				declared[decl.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					declared[spec.Name.Name] = true
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						declared[id.Name] = true
					}
				case *ast.ImportSpec:
					name, _ := s.importName(spec)
					declared[name] = true
				}
			}
		}
	}
	for name := range mentions {
		if declared[name] {
			continue
		}
		if o := s.visible(name, d.pkg); o != nil {
			d.pkg.Scope().Insert(o)
		} else if path := s.packageMentioned(d.file, name); path != "" {
			if p, err := s.imp.Import(path); err == nil {
				d.pkg.Scope().Insert(types.NewPkgName(token.NoPos, d.pkg, name, p))
			}
		}
	}
	conf := types.Config{Importer: s.imp, GoVersion: goVersion, Error: func(error) {}}
	_ = types.NewChecker(&conf, s.fset, d.pkg, d.info).Files([]*ast.File{d.file}) // as well as it goes
	return d
}

// packageMentioned is the import path of a package that could be imported
// automatically: name is used before a dot.
func (s *Session) packageMentioned(file *ast.File, name string) string {
	used := false
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == name {
				used = true
			}
		}
		return !used
	})
	if paths := s.imp.named(name); used && len(paths) > 0 {
		return paths[0]
	}
	return ""
}

// discard forgets the draft's positions.
func (d *draft) discard() { forget(d.s.fset, d.file) }

// candidates gathers what matches the prefix.
type candidates struct {
	s      *Session
	pkg    *types.Package
	prefix string
	seen   map[string]bool
	items  []eval.Item
}

func (c *candidates) add(o types.Object) {
	if o == nil || o.Name() == "_" || strings.HasPrefix(o.Name(), "In0") {
		return
	}
	if o.Pkg() != nil && o.Pkg().Path() != cellPath && !o.Exported() {
		return
	}
	c.item(o.Name(), kindName(o), func() string {
		if _, isType := o.(*types.TypeName); isType {
			return ""
		}
		return c.s.typeText(o)
	})
}

func (c *candidates) item(text, kind string, typ func() string) {
	if !strings.HasPrefix(text, c.prefix) || strings.Contains(text, mark) || c.seen[text] {
		return
	}
	c.seen[text] = true
	c.items = append(c.items, eval.Item{Text: text, Kind: kind, Type: typ()})
}

// collect finds the cursor in the draft and adds what may stand there.
func (c *candidates) collect(d *draft) {
	var path []ast.Node
	found := false
	ast.Inspect(d.file, func(n ast.Node) bool {
		if found {
			return false
		}
		if n == nil {
			path = path[:len(path)-1]
			return false
		}
		path = append(path, n)
		id, ok := n.(*ast.Ident)
		found = ok && id.Name == cursorID
		return !found
	})
	if !found {
		return
	}
	if len(path) > 1 {
		if sel, ok := path[len(path)-2].(*ast.SelectorExpr); ok && sel.Sel.Name == cursorID {
			c.members(d, sel.X)
			return
		}
	}
	c.fields(d, path)
	c.scope(d, path[len(path)-1].Pos())
}

// members adds what may stand after "x.".
func (c *candidates) members(d *draft, x ast.Expr) {
	if id, ok := x.(*ast.Ident); ok {
		if pn, ok := d.info.Uses[id].(*types.PkgName); ok {
			for _, name := range pn.Imported().Scope().Names() {
				c.add(pn.Imported().Scope().Lookup(name))
			}
			return
		}
	}
	t := d.info.TypeOf(x)
	if t == nil || t == types.Typ[types.Invalid] {
		return
	}
	pointer := t
	if _, ok := t.(*types.Pointer); !ok && !types.IsInterface(t) {
		pointer = types.NewPointer(t)
	}
	for sel := range types.NewMethodSet(pointer).Methods() {
		c.add(sel.Obj())
	}
	c.structFields(t, map[types.Type]bool{})
}

// structFields adds the fields of a struct and of what it embeds.
func (c *candidates) structFields(t types.Type, seen map[types.Type]bool) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || seen[t] {
		return
	}
	seen[t] = true
	for f := range st.Fields() {
		c.add(f)
		if f.Embedded() {
			c.structFields(f.Type(), seen)
		}
	}
}

// fields adds the field names of the struct literal around the cursor.
func (c *candidates) fields(d *draft, path []ast.Node) {
	if len(path) < 2 {
		return
	}
	lit, ok := path[len(path)-2].(*ast.CompositeLit)
	if !ok || lit.Type == path[len(path)-1] {
		return
	}
	t := d.info.TypeOf(lit)
	if t == nil {
		return
	}
	if st, ok := t.Underlying().(*types.Struct); ok {
		set := map[string]bool{}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				mention(kv.Key, set)
			}
		}
		for f := range st.Fields() {
			if !set[f.Name()] {
				c.add(f)
			}
		}
	}
}

// scope adds every name that is visible at pos.
func (c *candidates) scope(d *draft, pos token.Pos) {
	for sc := d.pkg.Scope().Innermost(pos); sc != nil; sc = sc.Parent() {
		for _, name := range sc.Names() {
			if o := sc.Lookup(name); sc != types.Universe && sc != d.pkg.Scope() && o.Pos() >= pos {
				continue
			}
			c.add(sc.Lookup(name))
		}
	}
	for _, l := range c.s.live {
		c.add(l.object)
	}
	if c.s.dot != nil {
		for _, name := range c.s.dot.Scope().Names() {
			c.add(c.s.dot.Scope().Lookup(name))
		}
	}
	if c.prefix == "" {
		return
	}
	for t := token.BREAK; t <= token.VAR; t++ {
		c.item(t.String(), "keyword", func() string { return "" })
	}
	for _, path := range c.s.imp.paths() {
		c.item(packageName(path), "package", func() string { return path })
	}
}
