// Package native is the standard library as cells see it, without a Go
// toolchain: the types of its packages (ExportData), their values (Lookup,
// Symbols), structs through which an interpreter's types implement its
// interfaces (Wrapper), and the source of what must be compiled with the cell
// (Source, Overlay). What would end the process (os.Exit, log.Fatal) ends the
// cell. It knows nothing of cells' own declarations.
//
// All of it is generated from one Go release, the one that go.mod names. The
// packages are those of standard.Excluded's complement; everything exported is
// in one of three places:
//
//   - in the tables: functions, variables, and types that have no type
//     parameters; Lookup finds them, and what they compute is native.
//   - in Source: a package compiled from source altogether. Nothing native
//     mentions its types, so that it need not be the same package.
//   - in Overlay: the names of a package that have type parameters, and a few
//     that must see the interpreter's own types (errors.As). They are checked
//     as a package of the same path in whose scope the other exported objects
//     of the package, as read from export data, have been inserted before; see
//     Importer.
//
// A function without a body in a source is native: Lookup finds it under its
// unexported name.
package native

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"sync"

	"adkernel/kernel/eval/native/internal/standard"
)

//go:generate go run ./internal/generate

// stdZip is the export data of the standard library of the Go release that
// built it, one entry a package.
//
//go:embed std.zip
var stdZip []byte

var exportData = sync.OnceValues(func() (map[string]*zip.File, error) {
	return archive("export data", stdZip)
})

func archive(what string, data []byte) (map[string]*zip.File, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("the embedded %s: %w", what, err)
	}
	files := make(map[string]*zip.File, len(r.File))
	for _, f := range r.File {
		files[f.Name] = f
	}
	return files, nil
}

func contents(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Packages lists the import paths of the standard library, in no order.
func Packages() []string { return slices.Clone(packages()) }

var packages = sync.OnceValue(func() []string {
	files, err := exportData()
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(files))
	for path := range files {
		if Has(path) {
			out = append(out, path)
		}
	}
	return out
})

// ExportData returns the types of a package in gcexportdata's format.
func ExportData(path string) ([]byte, error) {
	files, err := exportData()
	if err != nil {
		return nil, err
	}
	f := files[path]
	if f == nil || !Has(path) {
		return nil, unavailable(path)
	}
	data, err := contents(f)
	if err == nil {
		data, err = forPlatform(path, data)
	}
	if err != nil {
		return nil, fmt.Errorf("the embedded export data of %s: %w", path, err)
	}
	return data, nil
}

func unavailable(path string) error {
	if reason := standard.Excluded[path]; reason != "" {
		return fmt.Errorf("package %s is not available in cells: %s", path, reason)
	}
	if constraint := standard.Platform[path]; constraint != "" {
		return fmt.Errorf("package %s is not available in cells on this platform, but where %s", path, constraint)
	}
	return fmt.Errorf("package %s is not available in cells", path)
}
