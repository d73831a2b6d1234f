package template

import (
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"reflect"
	"strings"
	"sync"
	texttemplate "text/template"
	"text/template/parse"
	"unsafe"

	"adkernel/internal/pattern"
	"adkernel/kernel/eval/exact/encode"
	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// ExecuteHTML is t.Execute.
func ExecuteHTML(tb *layout.Table, h Host, t *htmltemplate.Template, w io.Writer, data any) error {
	text, err := escaped(t)
	if err != nil {
		return err
	}
	c := &view.Cells{Table: tb, Host: h}
	e := &executor{cells: c, host: h, common: commonOf(text)}
	if c.Plain(data) && e.plain() {
		return t.Execute(w, data)
	}
	return execute(e, text, w, data)
}

// ExecuteTemplateHTML is t.ExecuteTemplate.
func ExecuteTemplateHTML(tb *layout.Table, h Host, t *htmltemplate.Template, w io.Writer, name string, data any) error {
	named := t.Lookup(name)
	if named == nil {
		return t.ExecuteTemplate(w, name, nil) // its error
	}
	return ExecuteHTML(tb, h, named, w, data)
}

var (
	escaping   sync.Mutex
	errEscaped = errors.New("escaped")
)

// stopper ends an execution at its first output.
type stopper struct{}

func (stopper) Write([]byte) (int, error) { return 0, errEscaped }

// escaped is the text template of t, escaped for its contexts. html/template
// does that when a template is first executed: here up to an empty text put
// before all else.
func escaped(t *htmltemplate.Template) (*texttemplate.Template, error) {
	f := reflect.ValueOf(t).Elem().FieldByName("text")
	if f.Type() != reflect.TypeFor[*texttemplate.Template]() {
		panic("template: html/template keeps its text as " + f.Type().String())
	}
	text := *(**texttemplate.Template)(unsafe.Pointer(f.UnsafeAddr()))
	escaping.Lock()
	defer escaping.Unlock()
	if text.Tree == nil || text.Root == nil {
		return text, t.Execute(io.Discard, nil) // its error
	}
	root := text.Root
	root.Nodes = append([]parse.Node{&parse.TextNode{NodeType: parse.NodeText, Text: []byte{}}}, root.Nodes...)
	err := t.Execute(stopper{}, nil)
	root.Nodes = root.Nodes[1:]
	if !errors.Is(err, errEscaped) {
		return nil, err
	}
	return text, nil
}

// forEscaper gives html/template's own functions, which look into values, what
// they would make of a cell's.
func (e *executor) forEscaper(name string, args []view.Value) []view.Value {
	ofCells := false
	for _, a := range args {
		ofCells = ofCells || a.IsValid() && (held(a).Cell() != nil || a.HoldsCells())
	}
	if !ofCells {
		return args
	}
	if name == "_html_template_jsvalescaper" && len(args) == 1 {
		return []view.Value{e.cells.Value(e.script(held(args[0])))}
	}
	var operands []any
	for _, a := range args {
		a = held(a)
		for a.IsValid() && a.Kind() == reflect.Pointer && !a.IsNil() && !prints(a.Type()) {
			a = a.Elem()
		}
		if a.IsValid() {
			operands = append(operands, a.Interface())
		}
	}
	return []view.Value{e.cells.Value(format.Sprint(e.cells.Table, e.host, operands))}
}

// script is what stands for a value in JavaScript.
func (e *executor) script(v view.Value) any {
	if !v.IsValid() {
		return nil
	}
	marshals := func() bool { return view.Implements[json.Marshaler](v.Type()) }
	for !marshals() && v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !marshals() {
		if s, ok := view.As[fmt.Stringer](v); ok {
			return s.String()
		}
	}
	b, err := encode.Marshal(e.cells.Table, e.host, v.Interface())
	if err != nil {
		return htmltemplate.JS(" /* " + inComment(err.Error()) + " */null ")
	}
	return json.RawMessage(b)
}

var scriptTag = pattern.New("(?i)<(/?)script")

// inComment keeps an error from ending the comment or the script it stands in.
func inComment(s string) string {
	s = scriptTag().ReplaceAllString(s, `\x3C${1}script`)
	return strings.NewReplacer("*/", "* /", "<!--", `\x3C!--`).Replace(s)
}

// isEscaper tells html/template's own functions.
func isEscaper(name string) bool {
	return strings.HasPrefix(name, "_html_template_") || name == "_eval_args_"
}
