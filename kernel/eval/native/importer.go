package native

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
)

// Importer implements types.Importer for the standard library: export data,
// sources and overlays together. Each package is read when it is first
// imported. It is not safe for concurrent use.
type Importer struct {
	// Extra is the export data of other packages, by import path.
	Extra map[string][]byte

	// Outside finds the source of packages that are neither in the library nor
	// in Extra. Nil, and a nil result: there are none.
	Outside func(path string) (*Outside, error)

	fset     *token.FileSet
	natives  map[string]*types.Package // read from export data
	all      map[string]*types.Package // natives, and what they refer to
	done     map[string]*types.Package // what Import returns
	compiled []*Compiled
	reading  []string // packages from outside that are being checked
}

// Outside is the source of a package that does not belong to the library.
type Outside struct {
	Files   []SourceFile
	Version string // of the language, such as 1.21; empty: the latest
	Hint    string // what to say beside an error in it
}

// Compiled is a package that has bodies: a whole one, or an overlay, whose
// scope also holds objects of the package Native. Its path is Native's.
type Compiled struct {
	Package *types.Package
	Native  *types.Package // nil for a whole package
	Files   []*ast.File
	Info    *types.Info
	Outside bool // it does not belong to the library
}

// NewImporter returns an importer that has read nothing. Positions in sources
// are in fset, under "$GOROOT/src".
func NewImporter(fset *token.FileSet) *Importer {
	return &Importer{fset: fset, natives: map[string]*types.Package{}, all: map[string]*types.Package{}, done: map[string]*types.Package{}}
}

// Compiled returns the packages that were checked from source so far, each
// after those that it imports. A caller that keeps the length of an earlier
// result sees what is new.
func (im *Importer) Compiled() []*Compiled { return im.compiled }

// Forget makes the next Import of packages from outside read them again.
func (im *Importer) Forget() {
	for _, c := range im.compiled {
		if c.Outside && im.done[c.Package.Path()] == c.Package {
			delete(im.done, c.Package.Path())
		}
	}
}

// Drop removes the compiled package i, which is from outside and of no use.
func (im *Importer) Drop(i int) {
	c := im.compiled[i]
	im.compiled = slices.Delete(im.compiled, i, i+1)
	if im.done[c.Package.Path()] == c.Package {
		delete(im.done, c.Package.Path())
	}
}

// Import implements types.Importer.
func (im *Importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := im.done[path]; p != nil {
		return p, nil
	}
	p, err := im.load(path)
	if err != nil {
		return nil, err
	}
	im.done[path] = p
	return p, nil
}

func (im *Importer) load(path string) (*types.Package, error) {
	if files, ok := Source(path); ok && Has(path) {
		return im.check(path, nil, files, nil)
	}
	if _, extra := im.Extra[path]; im.Outside != nil && !extra && !Has(path) {
		out, err := im.Outside(path)
		if err != nil {
			return nil, err
		}
		if out != nil {
			return im.outside(path, out)
		}
	}
	p, err := im.native(path)
	if err != nil {
		return nil, err
	}
	if files, ok := Overlay(path); ok {
		return im.check(path, p, files, nil)
	}
	return p, nil
}

// outside checks a package that does not belong to the library.
func (im *Importer) outside(path string, out *Outside) (*types.Package, error) {
	if slices.Contains(im.reading, path) {
		return nil, fmt.Errorf("import cycle: %s imports %s", strings.Join(im.reading, " imports "), path)
	}
	im.reading = append(im.reading, path)
	defer func() { im.reading = im.reading[:len(im.reading)-1] }()
	p, err := im.check(path, nil, out.Files, out)
	if err != nil && out.Hint != "" {
		err = fmt.Errorf("%w (%s)", err, out.Hint)
	}
	return p, err
}

// native reads a package's export data.
func (im *Importer) native(path string) (*types.Package, error) {
	if p := im.natives[path]; p != nil {
		return p, nil
	}
	data, ok := im.Extra[path]
	if !ok {
		var err error
		if data, err = ExportData(path); err != nil {
			return nil, err
		}
	}
	p, err := gcexportdata.Read(bytes.NewReader(data), im.fset, im.all, path)
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", path, err)
	}
	im.natives[path] = p
	return p, nil
}

// check checks the sources of a package, with what they leave native of it. out
// is not nil when it does not belong to the library.
func (im *Importer) check(path string, native *types.Package, sources []SourceFile, out *Outside) (*types.Package, error) {
	c := &Compiled{Native: native, Outside: out != nil, Info: &types.Info{
		Types:        map[ast.Expr]types.TypeAndValue{},
		Instances:    map[*ast.Ident]types.Instance{},
		Defs:         map[*ast.Ident]types.Object{},
		Uses:         map[*ast.Ident]types.Object{},
		Implicits:    map[ast.Node]types.Object{},
		Selections:   map[*ast.SelectorExpr]*types.Selection{},
		Scopes:       map[ast.Node]*types.Scope{},
		FileVersions: map[*ast.File]string{},
	}}
	declared := map[string]bool{}
	for _, s := range sources {
		name, mode := "$GOROOT/src/"+path+"/"+s.Name, parser.SkipObjectResolution
		if out != nil {
			name, mode = s.Name, mode|parser.ParseComments // its documentation is shown
		}
		f, err := parser.ParseFile(im.fset, name, s.Text, mode)
		if err == nil && out != nil {
			err = im.hasBodies(f)
		}
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", path, err)
		}
		c.Files = append(c.Files, f)
		for _, d := range f.Decls {
			declare(declared, d)
		}
	}
	c.Package = types.NewPackage(path, c.Files[0].Name.Name)
	if native != nil {
		for _, name := range native.Scope().Names() {
			if ast.IsExported(name) && !declared[name] {
				c.Package.Scope().Insert(native.Scope().Lookup(name))
			}
		}
	}
	config := types.Config{Importer: im}
	if out != nil && out.Version != "" {
		config.GoVersion = "go" + out.Version
	}
	if err := types.NewChecker(&config, im.fset, c.Package, c.Info).Files(c.Files); err != nil {
		return nil, fmt.Errorf("package %s: %w", path, err)
	}
	im.compiled = append(im.compiled, c)
	return c.Package, nil
}

// hasBodies finds functions that are written in assembly, or linked from
// elsewhere.
func (im *Importer) hasBodies(f *ast.File) error {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body == nil {
			return fmt.Errorf("%s: function %s has no body in Go: assembly and functions linked from elsewhere cannot be evaluated", im.fset.Position(fn.Pos()), fn.Name.Name)
		}
	}
	return nil
}

// declare adds the package-level names of d.
func declare(names map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names[d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names[s.Name.Name] = true
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names[n.Name] = true
				}
			}
		}
	}
}
