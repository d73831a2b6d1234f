package template

import (
	"errors"
	"fmt"
	"reflect"
	"text/template/parse"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/view"
)

// maxDepth is text/template's bound of nested templates.
const maxDepth = 100000

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

func (s *state) walk(dot view.Value, node parse.Node) {
	s.node = node
	switch n := node.(type) {
	case *parse.ActionNode:
		v := s.pipeline(dot, n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			s.print(n, v)
		}
	case *parse.BreakNode:
		panic(errBreak)
	case *parse.CommentNode:
	case *parse.ContinueNode:
		panic(errContinue)
	case *parse.IfNode:
		s.walkIf(false, dot, &n.BranchNode)
	case *parse.WithNode:
		s.walkIf(true, dot, &n.BranchNode)
	case *parse.ListNode:
		for _, n := range n.Nodes {
			s.walk(dot, n)
		}
	case *parse.RangeNode:
		s.walkRange(dot, n)
	case *parse.TemplateNode:
		s.walkTemplate(dot, n)
	case *parse.TextNode:
		if _, err := s.w.Write(n.Text); err != nil {
			panic(writeError{err})
		}
	default:
		s.fail("unknown node: %s", node)
	}
}

func (s *state) walkIf(with bool, dot view.Value, n *parse.BranchNode) {
	defer s.pop(len(s.vars))
	v := s.pipeline(dot, n.Pipe)
	switch {
	case isTrue(held(v)):
		if with {
			dot = v
		}
		s.walk(dot, n.List)
	case n.ElseList != nil:
		s.walk(dot, n.ElseList)
	}
}

// held is what an interface holds, or v.
func held(v view.Value) view.Value {
	if v.IsValid() && v.Kind() == reflect.Interface {
		return v.Elem()
	}
	return v
}

func isTrue(v view.Value) bool {
	if !v.IsValid() {
		return false
	}
	switch k := v.Kind(); k {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() > 0
	case reflect.Chan, reflect.Func, reflect.Pointer, reflect.Interface:
		return !v.IsNil()
	case reflect.Struct:
		return true
	case reflect.Float32, reflect.Float64:
		return v.Basic().Float() != 0
	case reflect.Complex64, reflect.Complex128:
		return v.Basic().Complex() != 0
	default:
		return !v.Basic().IsZero()
	}
}

// indirect follows pointers and interfaces, to a nil one if there is one.
func indirect(v view.Value) (_ view.Value, isNil bool) {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		if v.IsNil() {
			return v, true
		}
		v = v.Elem()
	}
	return v, false
}

// catch runs f, which may end by that error of control flow.
func catch(control error, f func()) {
	defer func() {
		if r := recover(); r != nil {
			if err, ok := r.(error); !ok || err != control {
				panic(r)
			}
		}
	}()
	f()
}

func (s *state) walkRange(dot view.Value, n *parse.RangeNode) {
	s.node = n
	defer s.pop(len(s.vars))
	catch(errBreak, func() {
		v, _ := indirect(s.pipeline(dot, n.Pipe))
		if !s.iterate(v, n) && n.ElseList != nil {
			s.walk(dot, n.ElseList)
		}
	})
}

// iterate walks the body of a range for all that v consists of; false when it
// consists of nothing.
func (s *state) iterate(v view.Value, n *parse.RangeNode) (some bool) {
	mark := len(s.vars)
	once := func(index, elem view.Value) {
		some = true
		s.assign(n.Pipe, index, elem)
		defer s.pop(mark)
		catch(errContinue, func() { s.walk(elem, n.List) })
	}
	if !v.IsValid() {
		return false
	}
	switch k := v.Kind(); {
	case k >= reflect.Int && k <= reflect.Uintptr:
		if len(n.Pipe.Decl) > 1 {
			s.fail("can't use %v to iterate over more than one variable", v)
		}
		for e := range v.Basic().Seq() {
			i := v.Type().New()
			i.Basic().Set(e.Convert(i.Basic().Type()))
			once(view.Value{}, i)
		}
	case k == reflect.Array || k == reflect.Slice:
		for i := range v.Len() {
			once(s.cells.Value(i), v.Index(i))
		}
	case k == reflect.Map:
		for _, e := range format.SortedEntries(v) {
			once(e.Key, e.Elem)
		}
	case v.Cell() == nil && k == reflect.Chan && !v.IsNil():
		if v.Native().Type().ChanDir() == reflect.SendDir {
			s.fail("range over send-only channel %v", v)
		}
		for i := 0; ; i++ {
			e, ok := v.Native().Recv()
			if !ok {
				break
			}
			once(s.cells.Value(i), s.cells.Reflect(e))
		}
	case k == reflect.Chan && v.IsNil():
	case v.Cell() == nil && k == reflect.Func && v.Native().Type().CanSeq():
		if len(n.Pipe.Decl) > 1 {
			s.fail("can't use %v iterate over more than one variable", v)
		}
		for e := range v.Native().Seq() {
			once(view.Value{}, s.cells.Reflect(e))
		}
	case v.Cell() == nil && k == reflect.Func && v.Native().Type().CanSeq2():
		for i, e := range v.Native().Seq2() {
			if len(n.Pipe.Decl) > 1 {
				once(s.cells.Reflect(i), s.cells.Reflect(e))
			} else {
				once(view.Value{}, s.cells.Reflect(i))
			}
		}
	case k == reflect.Chan || k == reflect.Func:
		s.fail("range over a %s of a cell: receive from it in the cell, and give the template a slice", v.Type())
	default:
		s.fail("range can't iterate over %v", v)
	}
	return some
}

// assign gives the variables of a range their values for one iteration.
func (s *state) assign(pipe *parse.PipeNode, index, elem view.Value) {
	set := func(i, fromTop int, v view.Value) {
		if pipe.IsAssign {
			*s.variable(pipe.Decl[i].Ident[0]) = v
		} else {
			s.vars[len(s.vars)-fromTop].value = v
		}
	}
	switch len(pipe.Decl) {
	case 1:
		set(0, 1, elem)
	case 2:
		set(0, 2, index)
		set(1, 1, elem)
	}
}

func (s *state) walkTemplate(dot view.Value, n *parse.TemplateNode) {
	s.node = n
	t := s.tmpl.Lookup(n.Name)
	if t == nil {
		s.fail("template %q not defined", n.Name)
	}
	if s.depth == maxDepth {
		s.fail("exceeded maximum template depth (%v)", maxDepth)
	}
	dot = s.pipeline(dot, n.Pipe)
	inner := *s
	inner.depth++
	inner.tmpl = t
	inner.vars = []variable{{"$", dot}}
	inner.walk(dot, t.Root)
}

// print writes the value of an action.
func (s *state) print(n parse.Node, v view.Value) {
	s.node = n
	x, ok := printable(v)
	if !ok {
		s.fail("can't print %s of type %s", n, v.Type())
	}
	text := format.Sprint(s.cells.Table, s.host, []any{x})
	if _, err := s.w.Write([]byte(text)); err != nil {
		panic(writeError{err})
	}
}

// printable is what fmt prints for a value: what pointers lead to, or what has
// a method for it.
func printable(v view.Value) (any, bool) {
	if v.IsValid() && v.Kind() == reflect.Pointer {
		v, _ = indirect(v)
	}
	if !v.IsValid() {
		return "<no value>", true
	}
	if !prints(v.Type()) {
		if v.CanAddr() && prints(v.Type().PointerTo()) {
			return v.Addr().Interface(), true
		}
		switch v.Kind() {
		case reflect.Chan, reflect.Func:
			return nil, false
		}
	}
	return v.Interface(), true
}

func prints(t view.Type) bool {
	return view.Implements[error](t) || view.Implements[fmt.Stringer](t)
}
