package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"adkernel/kernel/eval/vocabulary/comments"
)

// docs returns the entries of docs.zip: the comments of each package as JSON,
// those of package builtin, and Go's licence.
func docs(packages []listed) (map[string][]byte, error) {
	out := map[string][]byte{}
	var src string
	for _, p := range packages {
		texts := map[string]string{}
		if err := comments.Add(texts, p.Dir, p.GoFiles); err != nil {
			return nil, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		if err := put(out, p.ImportPath, texts); err != nil {
			return nil, err
		}
		if root, ok := strings.CutSuffix(filepath.ToSlash(p.Dir), "/"+p.ImportPath); ok {
			src = filepath.FromSlash(root)
		}
	}
	texts, err := builtins(filepath.Join(src, "builtin", "builtin.go"))
	if err != nil {
		return nil, err
	}
	if err := put(out, "builtin", texts); err != nil {
		return nil, err
	}
	out["LICENSE"], err = os.ReadFile(filepath.Join(src, "..", "LICENSE"))
	return out, err
}

func put(entries map[string][]byte, path string, texts map[string]string) error {
	data, err := json.Marshal(texts)
	entries[path] = data
	return err
}

// builtins are the comments of what Go predeclares, after the declaration.
func builtins(file string) (map[string]string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	p, err := doc.NewFromFiles(fset, []*ast.File{f}, "builtin", doc.AllDecls)
	if err != nil {
		return nil, err
	}
	out := map[string]string{"": strings.TrimSpace(p.Doc)}
	declare := func(name, text string, node ast.Node) error {
		var b strings.Builder
		if err := format.Node(&b, fset, node); err != nil {
			return err
		}
		out[name] = b.String() + "\n\n" + strings.TrimSpace(text)
		return nil
	}
	values := func(list []*doc.Value) error {
		for _, v := range list {
			for _, spec := range v.Decl.Specs {
				spec := spec.(*ast.ValueSpec)
				for _, name := range spec.Names {
					text := v.Doc
					if spec.Doc != nil {
						text = spec.Doc.Text()
					}
					alone := *spec
					alone.Doc, alone.Comment = nil, nil
					if err := declare(name.Name, text, &ast.GenDecl{Tok: v.Decl.Tok, Specs: []ast.Spec{&alone}}); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	functions := func(list []*doc.Func) error {
		for _, f := range list {
			if err := declare(f.Name, f.Doc, &ast.FuncDecl{Name: f.Decl.Name, Type: f.Decl.Type}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := values(p.Consts); err != nil {
		return nil, err
	}
	if err := values(p.Vars); err != nil {
		return nil, err
	}
	if err := functions(p.Funcs); err != nil {
		return nil, err
	}
	for _, t := range p.Types {
		spec := *t.Decl.Specs[0].(*ast.TypeSpec)
		spec.Doc, spec.Comment = nil, nil
		if err := declare(t.Name, t.Doc, &ast.GenDecl{Tok: token.TYPE, Specs: []ast.Spec{&spec}}); err != nil {
			return nil, err
		}
		if err := values(t.Consts); err != nil {
			return nil, err
		}
		if err := values(t.Vars); err != nil {
			return nil, err
		}
		if err := functions(t.Funcs); err != nil {
			return nil, err
		}
	}
	return out, nil
}
