// Package comments collects the doc comments of a package of Go files by what
// they describe, for whoever writes them into an archive.
package comments

import (
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"strings"
)

// Add adds the comments of a package's files: of the package (""), "Name",
// "Type.Method" and "Type.Field", exported ones alone. The constants and
// variables of one declaration share its comment, where they have none.
func Add(into map[string]string, dir string, files []string) error {
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range files {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return err
		}
		parsed = append(parsed, f)
	}
	p, err := doc.NewFromFiles(fset, parsed, dir)
	if err != nil {
		return err
	}
	c := collector{into, fset}
	c.set("", p.Doc)
	c.values(p.Consts)
	c.values(p.Vars)
	c.functions("", p.Funcs)
	for _, t := range p.Types {
		c.set(t.Name, t.Doc)
		c.values(t.Consts)
		c.values(t.Vars)
		c.functions("", t.Funcs)
		c.functions(t.Name+".", t.Methods)
		c.members(t)
	}
	return nil
}

type collector struct {
	into map[string]string
	fset *token.FileSet
}

func (c collector) set(name, text string) {
	if text = strings.TrimSpace(text); text != "" {
		c.into[name] = text
	}
}

func (c collector) values(list []*doc.Value) {
	for _, v := range list {
		for _, spec := range v.Decl.Specs {
			spec, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			text := spec.Doc.Text()
			if text == "" {
				text = v.Doc
			}
			if beside := spec.Comment.Text(); beside != "" {
				text = strings.TrimSpace(text) + "\n\n" + beside
			}
			for _, name := range spec.Names {
				c.set(name.Name, text)
			}
		}
	}
}

func (c collector) functions(owner string, list []*doc.Func) {
	for _, f := range list {
		c.set(owner+f.Name, f.Doc)
	}
}

// members are the fields of a struct and the methods of an interface.
func (c collector) members(t *doc.Type) {
	for _, spec := range t.Decl.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok || spec.Name.Name != t.Name {
			continue
		}
		switch typ := spec.Type.(type) {
		case *ast.StructType:
			c.fields(t.Name, typ.Fields)
		case *ast.InterfaceType:
			c.fields(t.Name, typ.Methods)
		}
	}
}

// fields adds fields. Those without a comment that follow one another share
// the comment above the first.
func (c collector) fields(owner string, list *ast.FieldList) {
	above, last := "", -1
	for _, f := range list.List {
		if f.Doc != nil || c.fset.Position(f.Pos()).Line != last+1 {
			above = f.Doc.Text()
		}
		last = c.fset.Position(f.End()).Line
		text := strings.TrimSpace(above + f.Comment.Text())
		for _, name := range f.Names {
			if name.IsExported() {
				c.set(owner+"."+name.Name, text)
			}
		}
	}
}

// Examples are the bodies of the Example functions of a package's test files,
// by the names that Add uses.
func Examples(dir string, files []string) (map[string]string, error) {
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range files {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	out := map[string]string{}
	for _, e := range doc.Examples(parsed...) {
		name := strings.ReplaceAll(e.Name, "_", ".")
		if e.Suffix != "" || out[name] != "" {
			continue
		}
		var b strings.Builder
		if err := format.Node(&b, fset, &printer.CommentedNode{Node: e.Code, Comments: e.Comments}); err != nil {
			return nil, err
		}
		body := strings.TrimSuffix(strings.TrimPrefix(b.String(), "{"), "}")
		text := strings.TrimSpace(strings.ReplaceAll("\n"+body, "\n\t", "\n"))
		if e.Output != "" && !strings.Contains(text, "Output:") {
			text += "\n// Output:\n// " + strings.ReplaceAll(strings.TrimSpace(e.Output), "\n", "\n// ")
		}
		out[name] = text
	}
	return out, nil
}
