package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"adkernel/internal/pattern"
	"adkernel/kernel/eval"
)

const (
	cellPath  = "main" // of every cell's package
	goVersion = "go1.26"
	maxRounds = 16 // of a check: each round learns one thing (a missing import, a new version of a type)
)

// Check parses and type-checks a cell. Nothing becomes live until Commit; a
// program that does not get that far has to be given to Abandon. The error is
// an *eval.Error of kind Syntax or Check.
func (s *Session) Check(c eval.Cell) (*Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.check(c)
}

// check is Check; s.mu is held.
func (s *Session) check(c eval.Cell) (*Program, error) {
	p, err := s.parse(c.Source, c.N)
	if err != nil {
		return nil, err
	}
	notes, err := s.orderVariables(p, c.N)
	if err != nil {
		return nil, err
	}
	r := &round{s: s, cell: c, parsed: p, notes: notes, keyed: map[string][]string{}, tried: map[string]bool{}}
	r.keepTypes()
	for range maxRounds {
		again, err := r.check()
		var program *Program
		if !again && err == nil {
			program, err = r.program()
		}
		if program == nil {
			detach(r.late)
			forget(s.fset, r.file)
		}
		if !again {
			return program, err
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
	r.takeLateMethods()
	if r.reversion == "" {
		r.info = newInfo()
		conf := types.Config{Importer: r.s.imp, GoVersion: goVersion, Error: r.report}
		_ = types.NewChecker(&conf, r.s.fset, r.pkg, r.info).Files([]*ast.File{r.file}) // reported
		r.file.Decls = slices.DeleteFunc(r.file.Decls, isTypeHook)
	}
	switch {
	case r.reversion != "":
		return true, r.declareAnew(r.reversion)
	case r.importMissing():
		return true, nil
	case len(r.errs) > 0:
		return false, r.checkError()
	case len(r.unkeyed) > 0:
		err := r.learnFields()
		return err == nil, err
	}
	return false, nil
}

// forget removes a file that nobody will ask for a position of.
func forget(fset *token.FileSet, file *ast.File) {
	if file == nil {
		return
	}
	if f := fset.File(file.Package); f != nil {
		fset.RemoveFile(f)
	}
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
		if _, ok := r.declares[name]; ok || r.defines[name] || r.s.imports(r.dots, name) {
			continue
		}
		if o := r.s.visible(name, r.pkg); o != nil {
			r.pkg.Scope().Insert(o)
		}
	}
}

// visible returns what name means in pkg before the cell says anything: a live
// object, a name of a package whose names are imported, or of the vocabulary,
// or nil.
func (s *Session) visible(name string, pkg *types.Package) types.Object {
	l := s.live[name]
	if o := s.dotImported(name, l); o != nil {
		return o
	}
	if l != nil {
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

// report receives go/types' errors, and the names that are undefined on
// purpose.
func (r *round) report(err error) {
	te, ok := err.(types.Error)
	if !ok {
		return
	}
	switch {
	case te.Msg == "undefined: "+hookT:
		r.insertLive()
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
		if _, declared := r.declares[name]; declared || !r.defines[name] || !r.mentions[name] || r.s.imports(r.dots, name) {
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

var (
	cellPackage = pattern.New(`\bIn(\d+)\.`)
	marked      = pattern.New(`(\pL[\pL\pN_]*)` + mark + `(\pL[\pL\pN_]*)`) // T and M of a late method
)

// checkError makes the cell's error out of go/types' messages.
func (r *round) checkError() error {
	var list scanner.ErrorList
	for _, e := range r.errs {
		msg := cellPackage().ReplaceAllString(e.Msg, "In[$1].") // says whose T
		list.Add(r.s.fset.Position(e.Pos), marked().ReplaceAllString(msg, "$1.$2")+r.meant(e.Msg))
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
