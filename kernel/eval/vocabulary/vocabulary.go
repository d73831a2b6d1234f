// Package vocabulary opens what its generator wrote about a vocabulary: the
// types and doc comments of a package whose names every cell sees, and of the
// packages that its exported API mentions. The symbols are Go files beside it,
// compiled into the program. It does not know what a vocabulary is about.
package vocabulary

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"adkernel/kernel/eval"
)

// An archive is a zip file whose comment is the import path of the package seen
// in every cell. Its entries are export data, named by import path, and DocsName.
// They are not compressed: a worker begins to evaluate cells when it has read
// those that it needs.

// DocsName is the entry that holds the doc comments, as eval.Vocabulary.Docs
// returns them.
const DocsName = "docs.json"

// Open reads an archive, which stays in use; symbols are those of the generated
// Go files.
func Open(archive []byte, symbols map[string]map[string]reflect.Value) (eval.Vocabulary, error) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return eval.Vocabulary{}, fmt.Errorf("vocabulary: %w", err)
	}
	v := eval.Vocabulary{Path: r.Comment, Symbols: symbols, Types: map[string][]byte{}}
	for _, f := range r.File {
		data, err := stored(archive, f)
		if err != nil {
			return v, fmt.Errorf("vocabulary: %s: %w", f.Name, err)
		}
		v.Types[f.Name] = data
	}
	docs := v.Types[DocsName]
	delete(v.Types, DocsName)
	v.Docs = sync.OnceValue(func() map[string]eval.Doc {
		all := map[string]eval.Doc{}
		if err := json.Unmarshal(docs, &all); err != nil {
			panic(fmt.Sprintf("vocabulary: %s is not what the generator writes: %v", DocsName, err))
		}
		return all
	})
	return v, nil
}

// stored is the content of an entry, where it lies in the archive.
func stored(archive []byte, f *zip.File) ([]byte, error) {
	if f.Method != zip.Store {
		return nil, errors.New("it is compressed")
	}
	at, err := f.DataOffset()
	if err != nil {
		return nil, err
	}
	if size := f.UncompressedSize64; size <= uint64(int64(len(archive))-at) {
		return archive[at : at+int64(size)], nil
	}
	return nil, errors.New("it is cut off")
}
