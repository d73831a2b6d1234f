// Generate writes what package native knows of the standard library, as the
// installed Go toolchain has it:
//
//   - std.zip: the export data of each package,
//   - internal/table/generated_*.go: its symbols and interface wrappers,
//   - internal/composed/generated.go: wrappers with optional methods,
//   - source.zip: the packages and parts of packages that are compiled from
//     source, Go's own files and those under _source,
//   - docs.zip: the doc comments.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/kernel/eval/native/internal/standard"
)

func main() {
	dir := flag.String("C", ".", "directory of package native")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := generate(dir)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, prefix+"*.go"))
	if err != nil {
		return err
	}
	for _, name := range old { // of packages that are gone, too
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the files by name, relative to dir, of which it reads
// _source.
func generate(dir string) (map[string][]byte, error) {
	packages, err := list()
	if err != nil {
		return nil, err
	}
	exports, err := readExports(packages)
	if err != nil {
		return nil, err
	}
	files, err := tables(exports.types)
	if err != nil {
		return nil, err
	}
	if files["internal/composed/generated.go"], err = composed(); err != nil {
		return nil, err
	}
	if files["std.zip"], err = archive(exports.data); err != nil {
		return nil, err
	}
	texts, err := sources(dir, packages)
	if err != nil {
		return nil, err
	}
	if files["source.zip"], err = archive(texts); err != nil {
		return nil, err
	}
	comments, err := docs(packages)
	if err != nil {
		return nil, err
	}
	files["docs.zip"], err = archive(comments)
	return files, err
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// list compiles the standard library and lists the packages that cells see,
// by path.
func list() ([]listed, error) {
	cmd := exec.Command("go", "list", "-export", "-json=ImportPath,Dir,Export,GoFiles", "std")
	cmd.Env = append(os.Environ(), standard.Environment()...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		internal := slices.Contains(strings.Split(p.ImportPath, "/"), "internal") || strings.HasPrefix(p.ImportPath, "vendor/")
		if !internal && p.Export != "" && standard.Excluded[p.ImportPath] == "" {
			packages = append(packages, p)
		}
	}
	slices.SortFunc(packages, func(a, b listed) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return packages, nil
}

// archive returns a zip file; equal entries give equal bytes.
func archive(entries map[string][]byte) ([]byte, error) {
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		entry, err := w.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(entries[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zipped.Bytes(), nil
}

type exports struct {
	types map[string]*types.Package
	data  map[string][]byte // in the format that gcexportdata keeps stable
}

func readExports(packages []listed) (exports, error) {
	e := exports{map[string]*types.Package{}, map[string][]byte{}}
	fset, imports := token.NewFileSet(), map[string]*types.Package{}
	for _, p := range packages {
		pkg, data, err := convert(fset, imports, p)
		if err != nil {
			return e, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		e.types[p.ImportPath], e.data[p.ImportPath] = pkg, data
	}
	return e, nil
}
