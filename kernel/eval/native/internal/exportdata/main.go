// Exportdata writes the export data of the standard library, as the installed
// Go toolchain compiles it, to a zip file: one entry for each importable
// package, named by its path.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"flag"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
)

func main() {
	out := flag.String("o", "std.zip", "file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "exportdata:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	files, err := compiled()
	if err != nil {
		return err
	}
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	fset, imports := token.NewFileSet(), map[string]*types.Package{}
	for _, f := range files {
		data, err := convert(fset, imports, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		entry, err := w.Create(f.path)
		if err != nil {
			return err
		}
		if _, err := entry.Write(data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, zipped.Bytes(), 0o644)
}

type file struct{ path, export string }

// compiled lists the importable packages with the compiler's export files.
func compiled() ([]file, error) {
	list, err := exec.Command("go", "list", "-export", "-f", "{{.ImportPath}} {{.Export}}", "std").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var out []file
	for line := range strings.Lines(string(list)) {
		path, export, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && export != "" && !slices.Contains(strings.Split(path, "/"), "internal") && !strings.HasPrefix(path, "vendor/") {
			out = append(out, file{path, export})
		}
	}
	slices.SortFunc(out, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return out, nil
}

// convert reads the compiler's own format, which depends on the toolchain, and
// writes the one that gcexportdata keeps stable.
func convert(fset *token.FileSet, imports map[string]*types.Package, f file) ([]byte, error) {
	src, err := os.Open(f.export)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	//lint:ignore SA1019 the compiler still writes archives
	r, err := gcexportdata.NewReader(src)
	if err != nil {
		return nil, err
	}
	pkg, err := gcexportdata.Read(r, fset, imports, f.path)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := gcexportdata.Write(&b, token.NewFileSet(), pkg); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
