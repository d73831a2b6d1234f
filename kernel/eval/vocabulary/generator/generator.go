// Package generator writes what evaluators need to know of a vocabulary: the
// symbols of its packages as Go files, in the form of yaegi's tables, and an
// archive of their types and doc comments for package vocabulary. It reads
// what the Go toolchain compiled; it does not know any vocabulary.
package generator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/gcexportdata"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native/symbolfile"
	"adkernel/kernel/eval/vocabulary"
)

const (
	archiveName  = "vocabulary.zip"
	symbolPrefix = "generated_" // of the generated Go files
)

// Generate returns the generated files by name. root is the import path of the
// package seen in every cell, and target the name of the package that the Go
// files belong to, which declares
//
//	var symbolTable = map[string]map[string]reflect.Value{}
//
// The packages are root and every package of its module that the exported API
// of one of them mentions.
func Generate(root, target string) (map[string][]byte, error) {
	l, err := load(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	entries := map[string][]byte{}
	docs := map[string]eval.Doc{}
	for _, p := range l.reachable(root) {
		var data bytes.Buffer
		// An empty file set leaves out positions, which differ by machine.
		if err := gcexportdata.Write(&data, token.NewFileSet(), p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Path(), err)
		}
		entries[p.Path()] = data.Bytes()
		source, err := symbolFile(p, target)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Path(), err)
		}
		files[symbolPrefix+fileName(p.Path())] = source
		if err := addDocs(docs, l.listed[p.Path()]); err != nil {
			return nil, err
		}
	}
	if entries[vocabulary.DocsName], err = json.MarshalIndent(docs, "", "\t"); err != nil {
		return nil, err
	}
	if files[archiveName], err = archive(root, entries); err != nil {
		return nil, err
	}
	return files, nil
}

// Write generates the files into dir and removes those of packages that are
// not part of the vocabulary any more.
func Write(dir, root, target string) error {
	files, err := Generate(root, target)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, symbolPrefix+"*.go"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if files[filepath.Base(name)] == nil {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Stale says how the files in dir differ from what Generate writes now: the
// error names them, and is nil when they are current.
func Stale(dir, root, target string) error {
	files, err := Generate(root, target)
	if err != nil {
		return err
	}
	var errs []error
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !bytes.Equal(got, want) {
			errs = append(errs, fmt.Errorf("%s is not what the generator writes now: run go generate", name))
		}
	}
	old, _ := filepath.Glob(filepath.Join(dir, symbolPrefix+"*.go"))
	for _, name := range old {
		if files[filepath.Base(name)] == nil {
			errs = append(errs, fmt.Errorf("%s is not part of the vocabulary any more: run go generate", name))
		}
	}
	return errors.Join(errs...)
}

func fileName(path string) string { return symbolfile.Identifier(path) + ".go" }

// listedPackage is what go list says of a package.
type listedPackage struct {
	ImportPath, Dir, Export string
	Standard                bool
	GoFiles                 []string
	TestGoFiles             []string
	XTestGoFiles            []string
	Module                  *struct{ Path string }
}

type loader struct {
	listed   map[string]listedPackage
	fset     *token.FileSet
	imported map[string]*types.Package
}

// load compiles root and lists it with its dependencies.
func load(root string) (*loader, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,Standard,GoFiles,TestGoFiles,XTestGoFiles,Module", root)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w\n%s", root, err, stderr.Bytes())
	}
	l := &loader{listed: map[string]listedPackage{}, fset: token.NewFileSet(), imported: map[string]*types.Package{}}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list %s: %w", root, err)
		}
		l.listed[p.ImportPath] = p
		if p.Export == "" {
			continue // unsafe
		}
		if err := l.read(p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
	}
	if l.imported[root] == nil {
		return nil, fmt.Errorf("%s: no such package", root)
	}
	return l, nil
}

// read reads a package's types from the compiler's export data.
func (l *loader) read(p listedPackage) error {
	f, err := os.Open(p.Export)
	if err != nil {
		return err
	}
	defer f.Close()
	//lint:ignore SA1019 the compiler still writes archives
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return err
	}
	_, err = gcexportdata.Read(r, l.fset, l.imported, p.ImportPath)
	return err
}

// reachable lists root and the packages of its module that exported API
// mentions, by path.
func (l *loader) reachable(root string) []*types.Package {
	module := l.listed[root].Module
	seen := map[string]*types.Package{}
	var visit func(path string)
	visit = func(path string) {
		if seen[path] != nil {
			return
		}
		p := l.imported[path]
		seen[path] = p
		for _, mentioned := range mentioned(p) {
			if m := l.listed[mentioned].Module; m != nil && module != nil && m.Path == module.Path && importable(root, mentioned) {
				visit(mentioned)
			}
		}
	}
	visit(root)
	var out []*types.Package
	for _, p := range seen {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *types.Package) int { return strings.Compare(a.Path(), b.Path()) })
	return out
}

// importable says whether the generated files may import a package.
func importable(root, path string) bool {
	i := strings.LastIndex("/"+path+"/", "/internal/")
	return i < 0 || strings.HasPrefix(root+"/", path[:max(i-1, 0)]+"/")
}
