// Package vocabulary opens what its generator wrote about a vocabulary: the
// types and doc comments of a package whose names every cell sees, and of the
// packages that its exported API mentions. The symbols are Go files beside it,
// compiled into the program. It does not know what a vocabulary is about.
package vocabulary

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"adkernel/kernel/eval"
)

// IndexName is the entry of an archive that holds its Index.
const IndexName = "index.json"

// Index is what an archive says besides export data, whose entries are named
// by import path.
type Index struct {
	Path string            // of the package seen in every cell
	Docs map[string]string // "import/path", "import/path.Name", "import/path.Type.Method" or "import/path.Type.Field" -> doc comment

	Examples map[string]string // bodies of Example functions, by the same names
}

// Open reads an archive; symbols are those of the generated Go files.
func Open(archive []byte, symbols map[string]map[string]reflect.Value) (eval.Vocabulary, error) {
	v := eval.Vocabulary{Symbols: symbols, Types: map[string][]byte{}}
	entries, err := Entries(archive)
	if err != nil {
		return v, err
	}
	index := Index{}
	if err := json.Unmarshal(entries[IndexName], &index); err != nil {
		return v, fmt.Errorf("vocabulary: %s: %w", IndexName, err)
	}
	v.Path, v.Docs, v.Examples = index.Path, index.Docs, index.Examples
	delete(entries, IndexName)
	v.Types = entries
	return v, nil
}

// Entries returns the contents of an archive by name.
func Entries(archive []byte) (map[string][]byte, error) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	out := make(map[string][]byte, len(r.File))
	for _, f := range r.File {
		src, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("vocabulary: %s: %w", f.Name, err)
		}
		data, err := io.ReadAll(src)
		src.Close()
		if err != nil {
			return nil, fmt.Errorf("vocabulary: %s: %w", f.Name, err)
		}
		out[f.Name] = data
	}
	return out, nil
}
