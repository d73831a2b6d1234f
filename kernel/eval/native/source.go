package native

import (
	"archive/zip"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// sourceZip holds Go's files and those under _source: whole/PATH/FILE and
// overlay/PATH/FILE.
//
//go:embed source.zip
var sourceZip []byte

// SourceFile is a Go file of the standard library.
type SourceFile struct {
	Name string // without a directory; of a package from elsewhere, with it
	Text []byte
}

var sources = sync.OnceValue(func() map[string][]*zip.File {
	files, err := archive("source", sourceZip)
	if err != nil {
		panic(err) // the program was built with a broken file
	}
	out := map[string][]*zip.File{}
	for name, f := range files {
		dir := name[:strings.LastIndexByte(name, '/')]
		out[dir] = append(out[dir], f)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	}
	return out
})

// Source returns the files of a package that is compiled from source
// altogether, by name. They import packages for which Has is true, and unsafe.
func Source(path string) (files []SourceFile, ok bool) { return read("whole/" + path) }

// Overlay returns the files that are compiled from source of a package that is
// native otherwise. They use the package's native names unqualified.
func Overlay(path string) (files []SourceFile, ok bool) { return read("overlay/" + path) }

func read(dir string) ([]SourceFile, bool) {
	list := sources()[dir]
	out := make([]SourceFile, 0, len(list))
	for _, f := range list {
		text, err := contents(f)
		if err != nil {
			panic(fmt.Errorf("the embedded source of %s: %w", f.Name, err))
		}
		out = append(out, SourceFile{Name: f.Name[len(dir)+1:], Text: text})
	}
	return out, len(out) > 0
}
