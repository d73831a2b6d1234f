package cell

import (
	"bytes"
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
)

// An Importer finds packages for cells, which may leave imports out: it knows
// which there are. Its methods may be called from any goroutine.
type Importer struct {
	paths func() []string            // sorted
	names func() map[string][]string // paths by the name of their package, the likeliest first

	mu   sync.Mutex
	from types.Importer
}

// NewImporter returns an importer of the packages that paths lists, which it
// gets from another one. The list is asked for once, when it is needed.
func NewImporter(paths func() []string, from types.Importer) *Importer {
	im := &Importer{paths: sync.OnceValue(func() []string { return slices.Sorted(slices.Values(paths())) }), from: from}
	im.names = sync.OnceValue(im.byName)
	return im
}

// Import implements types.Importer.
func (im *Importer) Import(path string) (*types.Package, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.from.Import(path)
}

// Change calls change while nothing is imported.
func (im *Importer) Change(change func()) {
	im.mu.Lock()
	defer im.mu.Unlock()
	change()
}

// ExportData reads packages from export data held in memory, each when it is
// first imported, so that no Go toolchain is needed.
type ExportData struct {
	fset *token.FileSet
	data func(path string) ([]byte, error)
	done map[string]*types.Package
	all  map[string]*types.Package // done, and what they refer to
}

// NewExportData returns an importer of packages whose export data data
// returns, as gcexportdata.Write wrote it.
func NewExportData(fset *token.FileSet, data func(path string) ([]byte, error)) *ExportData {
	return &ExportData{fset: fset, data: data, done: map[string]*types.Package{}, all: map[string]*types.Package{}}
}

// Import implements types.Importer.
func (im *ExportData) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := im.done[path]; p != nil {
		return p, nil
	}
	data, err := im.data(path)
	if err != nil {
		return nil, err
	}
	p, err := gcexportdata.Read(bytes.NewReader(data), im.fset, im.all, path)
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", path, err)
	}
	im.done[path] = p
	return p, nil
}

// named returns the import paths whose package is probably called name, the
// likeliest first.
func (im *Importer) named(name string) []string { return im.names()[name] }

func (im *Importer) byName() map[string][]string {
	names := map[string][]string{}
	for _, path := range im.paths() {
		name := PackageName(path)
		names[name] = append(names[name], path)
	}
	for _, paths := range names {
		slices.SortFunc(paths, likelier)
	}
	return names
}

// likelier orders packages of one name.
func likelier(a, b string) int {
	return cmp.Or(preference(a)-preference(b), len(a)-len(b), strings.Compare(a, b))
}

// preference orders packages of one name where the shortest path is not the
// one that is meant most.
func preference(path string) int {
	switch path {
	case "math/rand/v2", "text/template":
		return 0
	case "math/rand":
		return 1
	}
	return 2
}

// PackageName guesses a package's name from its path: the last element that
// is not a major version.
func PackageName(path string) string {
	dir, last := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, last = path[:i], path[i+1:]
	}
	if len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" && dir != "" {
		return PackageName(dir)
	}
	return last
}
