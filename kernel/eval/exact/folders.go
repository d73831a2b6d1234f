package exact

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"os"
	"slices"
	"strings"
	"sync"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
	"adkernel/kernel/eval/sourcedir"
)

// folders are those of which cells import packages from source code.
type folders struct {
	mu    sync.Mutex
	roots []*sourcedir.Root
}

// ImportFrom makes the Go packages below a folder importable: those of the
// module in it and of its vendor folder, or those whose folders are named as
// their import paths. They are read, and initialized, when a cell imports them
// first. Naming a folder again reads what has changed; what is alive stays as
// it is until it is declared again.
func (e *evaluator) ImportFrom(folder string) error {
	root, err := sourcedir.Open(folder)
	if err != nil {
		return err
	}
	e.importer.Change(func() {
		e.rt.imports.Forget()
		e.folders.add(root)
	})
	return nil
}

func (f *folders) add(root *sourcedir.Root) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.roots = append(slices.DeleteFunc(f.roots, func(r *sourcedir.Root) bool { return r.Dir == root.Dir }), root)
}

// packages lists the import paths.
func (f *folders) packages() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, r := range f.roots {
		all = append(all, r.Packages...)
	}
	return all
}

// find reads a package that is not of the library: native.Importer's Outside.
func (f *folders) find(path string) (*native.Outside, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.roots {
		p, err := r.Read(path)
		if errors.Is(err, sourcedir.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return outsideOf(p)
	}
	first, _, _ := strings.Cut(path, "/")
	switch {
	case len(f.roots) > 0 && !isReserved(path):
		dirs := make([]string, len(f.roots))
		for i, r := range f.roots {
			dirs[i] = r.Dir
		}
		return nil, fmt.Errorf("package %s is not available in cells: it is not below %s", path, strings.Join(dirs, ", "))
	case strings.Contains(first, "."):
		return nil, fmt.Errorf("package %s is not available in cells: they import the standard library, adkernel's packages, and source code below the folders that %%gopath FOLDER names", path)
	}
	return nil, nil
}

// isReserved says whether a path can only be the standard library's.
func isReserved(path string) bool { return slices.Contains(native.Packages(), path) }

func outsideOf(p *sourcedir.Package) (*native.Outside, error) {
	out := &native.Outside{Version: p.Version}
	if len(p.LeftOut) > 0 {
		out.Hint = "files that need cgo were left out: " + strings.Join(p.LeftOut, ", ")
	}
	for _, name := range p.Files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out.Files = append(out.Files, native.SourceFile{Name: name, Text: text})
	}
	return out, nil
}

// load loads what has been imported since, and says what is wrong with those
// packages that p imports.
func (e *evaluator) load(ctx context.Context, p *cell.Program) error {
	tok, release := withContext(ctx, 0)
	defer release()
	var err error
	e.importer.Change(func() { err = e.rt.load(tok) }) // completion imports, too
	if err != nil || len(e.rt.broken) == 0 {
		return err
	}
	imports := p.Pkg.Imports()
	for _, o := range p.Info.Uses {
		if name, ok := o.(*types.PkgName); ok {
			imports = append(imports, name.Imported())
		}
	}
	for _, q := range imports {
		if err := e.rt.broken[q]; err != nil {
			return err
		}
	}
	return nil
}

// notLoaded is the cell's error for a package that could not be loaded.
func (e *evaluator) notLoaded(c eval.Cell, err error) error {
	var failed *eval.Error
	if errors.As(err, &failed) { // as it was initialized
		return failed
	}
	return e.refused(c, err)
}

// isUsers says whether a package's code is a user's: a cell, or source code
// that one has imported.
func (rt *runtime) isUsers(p *types.Package) bool {
	if p.Path() == cellPath {
		return true
	}
	s := rt.source(p)
	return s != nil && s.users
}
