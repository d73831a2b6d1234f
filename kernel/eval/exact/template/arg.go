package template

import (
	"reflect"
	"text/template/parse"

	"adkernel/kernel/eval/exact/view"
)

// takesAnything tells parameters of type reflect.Value.
func takesAnything(t view.Type) bool { return t.Native() == reflectValue }

func canBeNil(t view.Type) bool {
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
		return true
	}
	return takesAnything(t)
}

// validate returns v if it may be given to a parameter of a type, or its
// address or what it points to if those may. The zero Type is any.
func (s *state) validate(v view.Value, t view.Type) view.Value {
	if t == (view.Type{}) || takesAnything(t) {
		return v
	}
	if !v.IsValid() {
		if !canBeNil(t) {
			s.fail("invalid value; expected %s", t)
		}
		return t.New()
	}
	if v.Type().AssignableTo(t) {
		return v
	}
	if v.Kind() == reflect.Interface && !v.IsNil() {
		if v = v.Elem(); v.Type().AssignableTo(t) {
			return v
		}
	}
	switch {
	case v.Kind() == reflect.Pointer && v.Type().Elem().AssignableTo(t):
		if v = v.Elem(); !v.IsValid() {
			s.fail("dereference of nil pointer of type %s", t)
		}
	case v.Type().PointerTo().AssignableTo(t) && v.CanAddr():
		v = v.Addr()
	default:
		s.fail("wrong type for value; expected %s; got %s", t, v.Type())
	}
	return v
}

// arg evaluates an argument for a parameter of a type.
func (s *state) arg(dot view.Value, t view.Type, node parse.Node) view.Value {
	s.node = node
	switch n := node.(type) {
	case *parse.DotNode:
		return s.validate(dot, t)
	case *parse.NilNode:
		if !canBeNil(t) {
			s.fail("cannot assign nil to %s", t)
		}
		if takesAnything(t) {
			return view.Value{}
		}
		return t.New()
	case *parse.FieldNode:
		return s.validate(s.fieldNode(dot, n, []parse.Node{n}, nil), t)
	case *parse.VariableNode:
		return s.validate(s.variableNode(dot, n, nil, nil), t)
	case *parse.PipeNode:
		return s.validate(s.pipeline(dot, n), t)
	case *parse.IdentifierNode:
		return s.validate(s.function(dot, n, n, nil, nil), t)
	case *parse.ChainNode:
		return s.validate(s.chainNode(dot, n, nil, nil), t)
	}
	if t == (view.Type{}) || takesAnything(t) || t.Kind() == reflect.Interface && t.NumMethod() == 0 {
		return s.constant(node)
	}
	return s.literal(t, node)
}

// literal is a literal as a value of a basic type.
func (s *state) literal(t view.Type, node parse.Node) view.Value {
	v := t.New()
	n, isNumber := node.(*parse.NumberNode)
	expected := ""
	switch k := t.Kind(); {
	case k == reflect.Bool:
		if n, ok := node.(*parse.BoolNode); ok {
			v.Basic().SetBool(n.True)
			return v
		}
		expected = "bool"
	case k == reflect.String:
		if n, ok := node.(*parse.StringNode); ok {
			v.Basic().SetString(n.Text)
			return v
		}
		expected = "string"
	case k >= reflect.Int && k <= reflect.Int64:
		if isNumber && n.IsInt {
			v.Basic().SetInt(n.Int64)
			return v
		}
		expected = "integer"
	case k >= reflect.Uint && k <= reflect.Uintptr:
		if isNumber && n.IsUint {
			v.Basic().SetUint(n.Uint64)
			return v
		}
		expected = "unsigned integer"
	case k == reflect.Float32 || k == reflect.Float64:
		if isNumber && n.IsFloat {
			v.Basic().SetFloat(n.Float64)
			return v
		}
		expected = "float"
	case k == reflect.Complex64 || k == reflect.Complex128:
		if isNumber && n.IsComplex {
			v.Basic().SetComplex(n.Complex128)
			return v
		}
		expected = "complex"
	default:
		s.fail("can't handle %s for arg of type %s", node, t)
	}
	s.fail("expected %s; found %s", expected, node)
	return v
}
