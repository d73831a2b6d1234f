// Package native is the standard library as cells see it: the types of its
// packages, without a Go toolchain, and their values for an interpreter. What
// would end the process (os.Exit, log.Fatal) ends the cell. It knows nothing
// of cells' own declarations.
package native

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sync"
)

//go:generate go run ./internal/exportdata -o std.zip

// stdZip is the export data of the standard library of the Go release that
// built it, one entry a package.
//
//go:embed std.zip
var stdZip []byte

var entries = sync.OnceValues(func() (map[string]*zip.File, error) {
	r, err := zip.NewReader(bytes.NewReader(stdZip), int64(len(stdZip)))
	if err != nil {
		return nil, fmt.Errorf("the embedded export data: %w", err)
	}
	files := make(map[string]*zip.File, len(r.File))
	for _, f := range r.File {
		files[f.Name] = f
	}
	return files, nil
})

// Packages lists the import paths of the standard library, in no order.
func Packages() []string {
	files, err := entries()
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(files))
	for path := range files {
		out = append(out, path)
	}
	return out
}

// ExportData returns the types of a package in gcexportdata's format.
func ExportData(path string) ([]byte, error) {
	files, err := entries()
	if err != nil {
		return nil, err
	}
	f := files[path]
	if f == nil {
		return nil, fmt.Errorf("package %s is not available in cells", path)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("the embedded export data of %s: %w", path, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("the embedded export data of %s: %w", path, err)
	}
	return data, nil
}
