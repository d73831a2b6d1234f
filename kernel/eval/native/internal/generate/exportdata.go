package main

import (
	"bytes"
	"go/token"
	"go/types"
	"os"

	"golang.org/x/tools/go/gcexportdata"
)

// convert reads the compiler's own format, which depends on the toolchain, and
// writes the one that gcexportdata keeps stable.
func convert(fset *token.FileSet, imports map[string]*types.Package, p listed) (*types.Package, []byte, error) {
	src, err := os.Open(p.Export)
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	//lint:ignore SA1019 the compiler still writes archives
	r, err := gcexportdata.NewReader(src)
	if err != nil {
		return nil, nil, err
	}
	pkg, err := gcexportdata.Read(r, fset, imports, p.ImportPath)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	// An empty file set leaves out positions, which differ by machine.
	if err := gcexportdata.Write(&b, token.NewFileSet(), pkg); err != nil {
		return nil, nil, err
	}
	return pkg, b.Bytes(), nil
}
