package generator

import (
	"archive/zip"
	"bytes"
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/vocabulary/comments"
)

// mentioned lists the paths of the packages whose types the exported API of p
// mentions.
func mentioned(p *types.Package) []string {
	m := &mentions{seen: map[types.Type]bool{}, paths: map[string]bool{}}
	for _, name := range p.Scope().Names() {
		if o := p.Scope().Lookup(name); o.Exported() {
			m.visit(o.Type())
		}
	}
	delete(m.paths, p.Path())
	return slices.Sorted(maps.Keys(m.paths))
}

type mentions struct {
	seen  map[types.Type]bool
	paths map[string]bool
}

func (m *mentions) visit(t types.Type) {
	if t == nil || m.seen[t] {
		return
	}
	m.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		m.visit(types.Unalias(t))
	case *types.Named:
		if t.Obj().Pkg() != nil {
			m.paths[t.Obj().Pkg().Path()] = true
		}
		for a := range t.TypeArgs().Types() {
			m.visit(a)
		}
		for f := range t.Methods() {
			if f.Exported() {
				m.visit(f.Type())
			}
		}
		m.visit(t.Underlying())
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() {
				m.visit(f.Type())
			}
		}
	case *types.Signature:
		for v := range t.Params().Variables() {
			m.visit(v.Type())
		}
		for v := range t.Results().Variables() {
			m.visit(v.Type())
		}
	case *types.Interface:
		for f := range t.Methods() {
			m.visit(f.Type())
		}
	case *types.Map:
		m.visit(t.Key())
		m.visit(t.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		m.visit(t.Elem())
	}
}

// addDocs collects a package's doc comments and examples: "path",
// "path.Name", "path.Type.Method" or "path.Type.Field".
func addDocs(docs map[string]eval.Doc, p listedPackage) error {
	texts := map[string]string{}
	if err := comments.Add(texts, p.Dir, p.GoFiles); err != nil {
		return fmt.Errorf("%s: %w", p.ImportPath, err)
	}
	examples, err := comments.Examples(p.Dir, slices.Concat(p.TestGoFiles, p.XTestGoFiles))
	if err != nil {
		return fmt.Errorf("%s: %w", p.ImportPath, err)
	}
	full := func(name string) string { return strings.TrimSuffix(p.ImportPath+"."+name, ".") }
	for name, text := range texts {
		docs[full(name)] = eval.Doc{Text: text, Example: examples[name]}
	}
	for name, text := range examples {
		docs[full(name)] = eval.Doc{Text: texts[name], Example: text}
	}
	return nil
}

func archive(root string, entries map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if err := w.SetComment(root); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		e, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := e.Write(entries[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
