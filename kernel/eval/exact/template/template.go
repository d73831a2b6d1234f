// Package template executes text/template's templates on values of cells: their
// fields, methods, maps, slices and funcs. Parsing, and all that native values
// alone are about, is left to text/template.
package template

import (
	"errors"
	"fmt"
	"go/types"
	"io"
	"reflect"
	"runtime"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
	"unsafe"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// Host is what templates ask of the evaluator.
type Host interface {
	view.Host
	// Method returns an exported method of the method set of v, an interface
	// value of a cell.
	Method(v any, name string) (Func, bool)
	// Func returns v, a func value of a cell.
	Func(v any) Func
	// Wrap returns v, an interface value of a cell, as native code may keep it
	// in an interface without methods.
	Wrap(v any) any
}

// A Func is a func of a cell.
type Func struct {
	Signature *types.Signature // without receiver
	// Call takes and returns interface values: a parameter or result of an
	// interface type is what the interface holds, a variadic parameter is
	// several arguments. It panics with what the cell panics with.
	Call func(args []any) []any
}

// Execute is t.Execute.
func Execute(tb *layout.Table, h Host, t *texttemplate.Template, w io.Writer, data any) error {
	c := &view.Cells{Table: tb, Host: h}
	e := &executor{cells: c, host: h, common: commonOf(t)}
	if c.Plain(data) && e.plain() {
		return t.Execute(w, data)
	}
	return execute(e, t, w, data)
}

// ExecuteTemplate is t.ExecuteTemplate.
func ExecuteTemplate(tb *layout.Table, h Host, t *texttemplate.Template, w io.Writer, name string, data any) error {
	named := t.Lookup(name)
	if named == nil {
		return t.ExecuteTemplate(w, name, nil) // its error
	}
	return Execute(tb, h, named, w, data)
}

// common is what text/template keeps for associated templates and tells nobody.
type common struct {
	funcs      map[string]reflect.Value
	missingKey int // 0 default, 1 zero, 2 error
}

func commonOf(t *texttemplate.Template) common {
	p := reflect.ValueOf(t).Elem().FieldByName("common")
	if p.IsNil() {
		return common{}
	}
	c := p.Elem()
	f := c.FieldByName("execFuncs")
	if f.Type() != reflect.TypeFor[map[string]reflect.Value]() {
		panic("template: text/template keeps its functions as " + f.Type().String())
	}
	return common{
		funcs:      *(*map[string]reflect.Value)(unsafe.Pointer(f.UnsafeAddr())),
		missingKey: int(c.FieldByName("option").FieldByName("missingKey").Int()),
	}
}

// plain says that no function returns values of cells.
func (e *executor) plain() bool {
	for _, f := range e.funcs {
		if t := f.Type(); t.NumOut() > 0 && !e.cells.NativeType(t.Out(0)).Plain() {
			return false
		}
	}
	return true
}

const (
	missingZero  = 1
	missingError = 2
)

// executor is what the states of one execution share.
type executor struct {
	cells *view.Cells
	host  Host
	common
}

// state is the execution of one template.
type state struct {
	*executor
	tmpl  *texttemplate.Template
	w     io.Writer
	node  parse.Node // for errors
	vars  []variable
	depth int
}

type variable struct {
	name  string
	value view.Value
}

// writeError carries an error of the writer out of the execution.
type writeError struct{ error }

func execute(e *executor, t *texttemplate.Template, w io.Writer, data any) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			panic(r)
		case writeError:
			err = r.error
		case texttemplate.ExecError:
			err = r
		default:
			panic(r)
		}
	}()
	dot := e.cells.Value(data)
	if r, ok := data.(reflect.Value); ok && r.IsValid() {
		dot = e.cells.Reflect(r)
	}
	s := &state{executor: e, tmpl: t, w: w, vars: []variable{{"$", dot}}}
	if t.Tree == nil || t.Root == nil {
		s.fail("%q is an incomplete or empty template", t.Name())
	}
	s.walk(dot, t.Root)
	return nil
}

// fail ends the execution with an error in text/template's words.
func (s *state) fail(f string, args ...any) {
	name := strings.ReplaceAll(s.tmpl.Name(), "%", "%%")
	if s.node == nil {
		f = "template: " + name + ": " + f
	} else {
		location, context := s.tmpl.ErrorContext(s.node)
		f = fmt.Sprintf("template: %s: executing %q at <%s>: %s", location, name, strings.ReplaceAll(context, "%", "%%"), f)
	}
	for i, a := range args {
		switch a := a.(type) {
		case view.Value:
			args[i] = s.text(a)
		case view.Type:
			args[i] = a.String()
		}
	}
	panic(texttemplate.ExecError{Name: s.tmpl.Name(), Err: fmt.Errorf(f, args...)})
}

// text is v as %v prints it.
func (e *executor) text(v view.Value) string {
	if !v.IsValid() {
		return "<invalid reflect.Value>"
	}
	return format.Sprint(e.cells.Table, e.host, []any{v.Interface()})
}

func (s *state) push(name string, v view.Value) { s.vars = append(s.vars, variable{name, v}) }

func (s *state) pop(mark int) { s.vars = s.vars[:mark] }

func (s *state) variable(name string) *view.Value {
	for i := len(s.vars) - 1; i >= 0; i-- {
		if s.vars[i].name == name {
			return &s.vars[i].value
		}
	}
	s.fail("undefined variable: %s", name)
	return nil
}

var errNoFields = errors.New("internal error: no fields in a chain")
