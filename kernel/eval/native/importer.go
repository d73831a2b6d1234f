package native

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/gcexportdata"
)

// Importer implements types.Importer for the standard library: export data,
// sources and overlays together. Each package is read when it is first
// imported. It is not safe for concurrent use.
type Importer struct {
	// Extra is the export data of other packages, by import path.
	Extra map[string][]byte

	fset     *token.FileSet
	natives  map[string]*types.Package // read from export data
	all      map[string]*types.Package // natives, and what they refer to
	done     map[string]*types.Package // what Import returns
	compiled []*Compiled
}

// Compiled is a package that has bodies: a whole one, or an overlay, whose
// scope also holds objects of the package Native. Its path is Native's.
type Compiled struct {
	Package *types.Package
	Native  *types.Package // nil for a whole package
	Files   []*ast.File
	Info    *types.Info
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
		return im.check(path, nil, files)
	}
	p, err := im.native(path)
	if err != nil {
		return nil, err
	}
	if files, ok := Overlay(path); ok {
		return im.check(path, p, files)
	}
	return p, nil
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

// check checks the sources of a package, with what they leave native of it.
func (im *Importer) check(path string, native *types.Package, sources []SourceFile) (*types.Package, error) {
	c := &Compiled{Native: native, Info: &types.Info{
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
		f, err := parser.ParseFile(im.fset, "$GOROOT/src/"+path+"/"+s.Name, s.Text, parser.SkipObjectResolution)
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
	if err := types.NewChecker(&config, im.fset, c.Package, c.Info).Files(c.Files); err != nil {
		return nil, fmt.Errorf("package %s: %w", path, err)
	}
	im.compiled = append(im.compiled, c)
	return c.Package, nil
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
