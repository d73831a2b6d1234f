package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// whole are the packages that are compiled from source altogether: their
// functions are generic, or call back so often that crossing into native code
// would cost more than it saves.
var whole = []string{
	"cmp", "container/heap", "container/list", "container/ring",
	"maps", "slices", "sort", "unique",
}

// overlays are the packages that stay native but for some names, with the
// files of Go's that hold only those. The others are under _source.
var overlays = map[string][]string{
	"crypto/hkdf":   nil,
	"crypto/pbkdf2": nil,
	"database/sql":  nil,
	"errors":        {"join.go"},
	"hash/maphash":  nil,
	"iter":          nil,
	"math/rand/v2":  nil,
	"reflect":       nil,
	"sync":          {"oncefunc.go"},
	"sync/atomic":   {"type.go"},
}

// sources returns the entries of source.zip: whole/PATH/FILE and
// overlay/PATH/FILE. A file under _source/PATH stands in for Go's file of that
// name.
func sources(dir string, packages []listed) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, p := range packages {
		var kind string
		var names []string
		if files, ok := overlays[p.ImportPath]; ok {
			kind, names = "overlay", files
		} else if slices.Contains(whole, p.ImportPath) {
			kind, names = "whole", p.GoFiles
		} else {
			continue
		}
		own, err := ownFiles(filepath.Join(dir, "_source", p.ImportPath))
		if err != nil {
			return nil, err
		}
		if p.ImportPath == "unique" { // Go's needs the run time's weak pointers
			names = nil
		}
		for _, name := range names {
			if own[name] == nil {
				if own[name], err = os.ReadFile(filepath.Join(p.Dir, name)); err != nil {
					return nil, err
				}
			}
		}
		for name, text := range own {
			if strings.Contains(string(text), "\"internal/") {
				return nil, fmt.Errorf("%s/%s imports an internal package: write a file for it under _source", p.ImportPath, name)
			}
			out[kind+"/"+p.ImportPath+"/"+name] = text
		}
	}
	return out, nil
}

// ownFiles reads the Go files in a directory; there may be none.
func ownFiles(dir string) (map[string][]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, name := range names {
		if out[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}
