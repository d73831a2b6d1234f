package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

const (
	cellPath  = "main" // of every cell's package
	goVersion = "go1.26"
	maxRounds = 16 // of a check: each round learns one thing (a missing import, a new version of a type)
)

// Check parses and type-checks a cell. Nothing becomes live until Commit. The
// error is an *eval.Error of kind Syntax or Check.
func (s *Session) Check(c eval.Cell) (*Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.parse(c.Source, c.N)
	if err != nil {
		return nil, err
	}
	r := &round{s: s, cell: c, parsed: p, keyed: map[string][]string{}, tried: map[string]bool{}}
	r.keepTypes()
	for range maxRounds {
		again, err := r.check()
		if err != nil {
			return nil, err
		}
		if !again {
			return r.program()
		}
	}
	return nil, problem(eval.Check, []eval.Diagnostic{{Cell: c.N, Line: 1, Column: 1, Message: "the cell's types could not be settled; split it into smaller cells"}})
}

// A round is one attempt to check a cell, with what earlier attempts learned.
type round struct {
	s    *Session
	cell eval.Cell
	*parsed
	keyed map[string][]string // unkeyed composite literals of older structs: position -> field names
	tried map[string]bool     // packages imported, types re-versioned
	kept  []string            // types declared again with the same text, which stay the same types
	notes []string

	file *ast.File
	pkg  *types.Package
	info *types.Info
	body *ast.FuncDecl
	late []*lateMethod

	errs      []types.Error
	undefined []string
	unkeyed   []token.Pos
	reversion string // a type of an earlier cell that has to be declared anew
}

// A lateMethod is a method of a type of an earlier cell: checked as a function
// and added to the type as soon as all signatures are known.
type lateMethod struct {
	decl     *ast.FuncDecl
	chunk    chunk
	typeName *types.TypeName
	name     string
	method   *types.Func
	added    bool
}

// keepTypes drops type declarations that say what is alive already, so that
// running a cell again does not make the values of its types strangers.
func (r *round) keepTypes() {
	keep := map[string]bool{}
	for name, c := range r.declares {
		keep[name] = c.kind == typeDecl && r.same(name, c)
	}
	for changed := true; changed; {
		changed = false
		for name, c := range r.declares {
			if !keep[name] {
				continue
			}
			for other, oc := range r.declares {
				related := oc.start == c.start || r.s.live[name].mentions[other] != nil
				if related && !keep[other] {
					keep[name], changed = false, true
				}
			}
		}
	}
	dropped := map[int]bool{}
	for name, c := range r.declares {
		if keep[name] {
			dropped[c.start] = true
			delete(r.declares, name)
			r.kept = append(r.kept, name)
		}
	}
	r.chunks = slices.DeleteFunc(r.chunks, func(c chunk) bool { return c.kind == typeDecl && dropped[c.start] })
}

// same says whether c declares what is alive as name.
func (r *round) same(name string, c chunk) bool {
	l := r.s.live[name]
	if l == nil || len(l.source) == 0 || l.source[0].text != c.text {
		return false
	}
	tn, ok := l.object.(*types.TypeName)
	if !ok {
		return false
	}
	if named, ok := tn.Type().(*types.Named); ok && named.TypeParams().Len() > 0 {
		return false
	}
	for m, o := range l.mentions {
		if r.declares[m].kind == typeDecl {
			continue // decided in keepTypes
		}
		if _, redeclared := r.declares[m]; redeclared {
			if pn, ok := o.(*types.PkgName); !ok || r.imports[m] != pn.Imported().Path() {
				return false
			}
			continue
		}
		now := r.s.live[m]
		if now == nil {
			return false
		}
		if pn, ok := o.(*types.PkgName); ok {
			if q, ok := now.object.(*types.PkgName); !ok || q.Imported() != pn.Imported() {
				return false
			}
		} else if now.object != o {
			return false
		}
	}
	return true
}

// check makes one attempt; again asks for another one.
func (r *round) check() (again bool, err error) {
	r.errs, r.undefined, r.unkeyed, r.reversion, r.late = nil, nil, nil, "", nil
	text := assemble(r.cell.N, r.chunks)
	r.file, err = parser.ParseFile(r.s.fset, fileName(r.cell.N), text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return false, syntaxError(err, chunk{cell: r.cell.N})
	}
	r.nameFields()
	r.pkg = types.NewPackage(cellPath, fmt.Sprintf("In%d", r.cell.N))
	r.insertLive()
	r.takeLateMethods()
	if r.reversion == "" {
		r.info = newInfo()
		conf := types.Config{Importer: r.s.imp, GoVersion: goVersion, Error: r.report}
		_ = types.NewChecker(&conf, r.s.fset, r.pkg, r.info).Files([]*ast.File{r.file}) // reported
		r.rejectOrphans()
	}
	switch {
	case r.reversion != "":
		return true, r.declareAnew(r.reversion)
	case r.importMissing():
		return true, nil
	case len(r.errs) > 0:
		r.abandon()
		return false, r.checkError()
	case len(r.unkeyed) > 0:
		return true, r.learnFields()
	}
	return false, nil
}

func newInfo() *types.Info {
	return &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{}, FileVersions: map[*ast.File]string{},
	}
}

// insertLive puts what the cell mentions and does not declare into its scope.
func (r *round) insertLive() {
	for name := range r.mentions {
		if _, ok := r.declares[name]; ok || r.defines[name] {
			continue
		}
		if o := r.s.visible(name, r.pkg); o != nil {
			r.pkg.Scope().Insert(o)
		}
	}
}

// visible returns what name means in pkg before the cell says anything: a live
// object, a name of the vocabulary, or nil.
func (s *Session) visible(name string, pkg *types.Package) types.Object {
	if l := s.live[name]; l != nil {
		if pn, ok := l.object.(*types.PkgName); ok {
			return types.NewPkgName(token.NoPos, pkg, name, pn.Imported()) // go/types wants its own
		}
		return l.object
	}
	if s.dot != nil && token.IsExported(name) {
		return s.dot.Scope().Lookup(name)
	}
	return nil
}

// takeLateMethods turns the methods of types of earlier cells into functions.
func (r *round) takeLateMethods() {
	for _, d := range r.file.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if fd.Name.Name == bodyName {
			r.body = fd
		}
		name := receiver(fd)
		l := r.s.live[name]
		if _, declared := r.declares[name]; fd.Recv == nil || declared || l == nil {
			continue
		}
		tn, ok := l.object.(*types.TypeName)
		if !ok {
			continue
		}
		named, ok := types.Unalias(tn.Type()).(*types.Named)
		if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != cellPath {
			continue
		}
		if named.TypeParams().Len() > 0 {
			r.reversion = name
			return
		}
		r.late = append(r.late, asFunction(fd, named.Obj(), r.methodChunk(name+"."+fd.Name.Name)))
	}
}

func (r *round) methodChunk(key string) chunk {
	for _, c := range r.chunks {
		if c.kind == methodDecl && methodKey(c) == key {
			return c
		}
	}
	return chunk{}
}

// asFunction makes the receiver the first parameter.
func asFunction(fd *ast.FuncDecl, tn *types.TypeName, c chunk) *lateMethod {
	m := &lateMethod{decl: fd, chunk: c, typeName: tn, name: fd.Name.Name}
	recv := fd.Recv.List[0]
	fields := []*ast.Field{recv}
	if fd.Type.Params != nil {
		fields = append(fields, fd.Type.Params.List...)
	}
	for _, f := range fields { // all parameters need a name, or none
		if len(f.Names) == 0 {
			f.Names = []*ast.Ident{{NamePos: f.Pos(), Name: "_"}}
		}
	}
	fd.Type.Params = &ast.FieldList{Opening: fd.Type.Params.Pos(), List: fields, Closing: fd.Type.Params.End()}
	fd.Recv = nil
	fd.Name = &ast.Ident{NamePos: fd.Name.NamePos, Name: tn.Name() + mark + m.name}
	return m
}

// report receives go/types' errors, and the two calls that are undefined on
// purpose.
func (r *round) report(err error) {
	te, ok := err.(types.Error)
	if !ok {
		return
	}
	switch {
	case te.Msg == "undefined: "+hookA:
		r.signaturesKnown()
	case te.Msg == "undefined: "+hookB:
		for _, v := range r.topVars() {
			r.pkg.Scope().Insert(v)
		}
	case strings.HasPrefix(te.Msg, "declared and not used"), strings.HasSuffix(te.Msg, "imported and not used"),
		strings.Contains(te.Msg, "imported as") && strings.HasSuffix(te.Msg, "and not used"):
	case strings.HasPrefix(te.Msg, "implicit assignment to unexported field"):
		r.unkeyed = append(r.unkeyed, te.Pos)
	case strings.HasSuffix(te.Msg, "is not used") && r.isShown(te.Pos):
	default:
		if name, ok := strings.CutPrefix(te.Msg, "undefined: "); ok {
			r.undefined = append(r.undefined, name)
		}
		r.errs = append(r.errs, te)
	}
}

// signaturesKnown runs before the first statement is checked: the names that
// statements mention before the cell defines them get their old meaning, in
// the function's own scope, and late methods become methods.
func (r *round) signaturesKnown() {
	scope := r.info.Scopes[r.body.Type]
	for name := range r.before {
		if _, declared := r.declares[name]; declared || !r.defines[name] || !r.mentions[name] {
			continue
		}
		if o := r.s.visible(name, r.pkg); o != nil {
			scope.Insert(o)
		}
	}
	for _, m := range r.late {
		if f, ok := r.info.Defs[m.decl.Name].(*types.Func); ok && !m.attach(f) {
			r.reversion = m.typeName.Name()
		}
	}
}

// attach makes the function f a method of the older type; false means that a
// method of this name with another signature exists.
func (m *lateMethod) attach(f *types.Func) bool {
	sig := f.Signature()
	params := make([]*types.Var, 0, sig.Params().Len())
	for i := 1; i < sig.Params().Len(); i++ {
		params = append(params, sig.Params().At(i))
	}
	recv := types.NewParam(token.NoPos, m.typeName.Pkg(), "", sig.Params().At(0).Type())
	want := types.NewSignatureType(recv, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
	named := m.typeName.Type().(*types.Named)
	for i := range named.NumMethods() {
		old := named.Method(i)
		if old.Name() != m.name {
			continue
		}
		m.method = old
		return types.Identical(old.Type(), want) && types.Identical(old.Signature().Recv().Type(), recv.Type())
	}
	m.method = types.NewFunc(f.Pos(), m.typeName.Pkg(), m.name, want)
	m.added = true
	named.AddMethod(m.method)
	return true
}

// abandon remembers the methods that a cell added before it failed: go/types
// cannot take them away again.
func (r *round) abandon() {
	for _, m := range r.late {
		if m.added {
			r.s.orphans[m.method] = true
		}
	}
}

// rejectOrphans reports uses of methods whose declaration never checked.
func (r *round) rejectOrphans() {
	if len(r.s.orphans) == 0 {
		return
	}
	mine := map[*types.Func]bool{}
	for _, m := range r.late {
		mine[m.method] = true
	}
	for sel, x := range r.info.Selections {
		if f, ok := x.Obj().(*types.Func); ok && r.s.orphans[f] && !mine[f] {
			r.errs = append(r.errs, types.Error{Fset: r.s.fset, Pos: sel.Sel.Pos(), Msg: fmt.Sprintf(
				"%s undefined (type %s has no field or method %s)", types.ExprString(sel), types.TypeString(x.Recv(), r.s.qualify), f.Name())})
		}
	}
}

// declareAnew adds an older type's declaration and methods to the cell, which
// makes them a new type.
func (r *round) declareAnew(name string) error {
	if r.tried["type "+name] {
		return problem(eval.Check, []eval.Diagnostic{{Cell: r.cell.N, Line: 1, Column: 1, Message: "type " + name + " could not be declared anew"}})
	}
	r.tried["type "+name] = true
	r.abandon()
	own := map[string]bool{}
	for _, c := range r.chunks {
		if c.kind == methodDecl {
			own[methodKey(c)] = true
		}
	}
	source := r.s.live[name].source
	for _, l := range r.s.live { // types declared in one group come together
		if len(l.source) > 0 && len(source) > 0 && l.source[0] == source[0] {
			for _, c := range l.source {
				if !slices.Contains(r.chunks, c) && !(c.kind == methodDecl && own[methodKey(c)]) {
					if err := r.s.add(r.parsed, c); err != nil {
						return err
					}
				}
			}
		}
	}
	r.notes = append(r.notes, fmt.Sprintf("%s is a new type now: values made before keep the old one", name))
	return nil
}

// importMissing adds an import for the first undefined name that is used like
// a package of the standard library.
func (r *round) importMissing() bool {
	for _, name := range r.undefined {
		if r.tried["import "+name] {
			continue
		}
		r.tried["import "+name] = true
		var members []string
		ast.Inspect(r.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := sel.X.(*ast.Ident); ok && id.Name == name {
					members = append(members, sel.Sel.Name)
				}
			}
			return true
		})
		if path := r.s.packageWith(name, members); path != "" {
			c := chunk{kind: importDecl, cell: r.cell.N, text: fmt.Sprintf("import %q", path), line: 1, col: 1, start: -1}
			if r.s.add(r.parsed, c) == nil {
				r.notes = append(r.notes, fmt.Sprintf("imported %q", path))
				return true
			}
		}
	}
	return false
}

// packageWith returns the import path of a package called name that exports
// all the members, or "".
func (s *Session) packageWith(name string, members []string) string {
	if len(members) == 0 {
		return ""
	}
	for _, path := range s.imp.named(name) {
		pkg, err := s.imp.Import(path)
		if err != nil || pkg.Name() != name {
			continue
		}
		if !slices.ContainsFunc(members, func(m string) bool { return !token.IsExported(m) || pkg.Scope().Lookup(m) == nil }) {
			return path
		}
	}
	return ""
}

// learnFields notes the fields of unkeyed literals of older struct types:
// go/types takes their unexported fields for another package's.
func (r *round) learnFields() error {
	before := len(r.keyed)
	ast.Inspect(r.file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || !slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
			return slices.ContainsFunc(r.unkeyed, func(p token.Pos) bool { return e.Pos() <= p && p < e.End() })
		}) {
			return true
		}
		t := r.info.TypeOf(lit)
		if t == nil {
			return true
		}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		if st, ok := t.Underlying().(*types.Struct); ok {
			var names []string
			for f := range st.Fields() {
				names = append(names, f.Name())
			}
			r.keyed[r.s.fset.Position(lit.Lbrace).String()] = names
		}
		return true
	})
	if len(r.keyed) == before {
		for _, p := range r.unkeyed {
			r.errs = append(r.errs, types.Error{Fset: r.s.fset, Pos: p, Msg: "name the fields of this struct literal"})
		}
		return r.checkError()
	}
	return nil
}

// nameFields writes the field names that learnFields found.
func (r *round) nameFields() {
	if len(r.keyed) == 0 {
		return
	}
	ast.Inspect(r.file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		names := r.keyed[r.s.fset.Position(lit.Lbrace).String()]
		if len(names) != len(lit.Elts) {
			return true
		}
		for i, e := range lit.Elts {
			if _, keyed := e.(*ast.KeyValueExpr); !keyed {
				lit.Elts[i] = &ast.KeyValueExpr{Key: &ast.Ident{NamePos: e.Pos(), Name: names[i]}, Colon: e.Pos(), Value: e}
			}
		}
		return true
	})
}

var (
	cellPackage = regexp.MustCompile(`\bIn(\d+)\.`)
	marked      = regexp.MustCompile(`(\pL[\pL\pN_]*)` + mark + `(\pL[\pL\pN_]*)`) // T and M of a late method
)

// checkError makes the cell's error out of go/types' messages.
func (r *round) checkError() error {
	var list scanner.ErrorList
	for _, e := range r.errs {
		msg := cellPackage.ReplaceAllString(e.Msg, "In[$1].") // says whose T
		list.Add(r.s.fset.Position(e.Pos), marked.ReplaceAllString(msg, "$1.$2"))
	}
	list.Sort()
	return syntaxOrCheck(list, r.cell.N)
}

func syntaxOrCheck(list scanner.ErrorList, n int) error {
	var at []eval.Diagnostic
	for _, e := range list {
		cell, line, col, err := place(e.Pos)
		if err != nil {
			cell, line, col = n, 1, 1
		}
		d := eval.Diagnostic{Cell: cell, Line: line, Column: col, Message: e.Msg}
		if !slices.Contains(at, d) {
			at = append(at, d)
		}
	}
	return problem(eval.Check, at)
}
