package template

import (
	"reflect"
	"strings"
	"text/template/parse"

	"adkernel/kernel/eval/exact/view"
)

// pipeline evaluates a pipeline and declares its variables.
func (s *state) pipeline(dot view.Value, pipe *parse.PipeNode) view.Value {
	if pipe == nil {
		return view.Value{}
	}
	s.node = pipe
	var v view.Value
	var final *view.Value // the last argument of the next command
	for _, cmd := range pipe.Cmds {
		v = s.command(dot, cmd, final)
		if v.IsValid() && v.Kind() == reflect.Interface && v.Type().NumMethod() == 0 {
			v = v.Elem()
		}
		result := v
		final = &result
	}
	for _, d := range pipe.Decl {
		if pipe.IsAssign {
			*s.variable(d.Ident[0]) = v
		} else {
			s.push(d.Ident[0], v)
		}
	}
	return v
}

func (s *state) notAFunction(args []parse.Node, final *view.Value) {
	if len(args) > 1 || final != nil {
		s.fail("can't give argument to non-function %s", args[0])
	}
}

func (s *state) command(dot view.Value, cmd *parse.CommandNode, final *view.Value) view.Value {
	switch n := cmd.Args[0].(type) {
	case *parse.FieldNode:
		return s.fieldNode(dot, n, cmd.Args, final)
	case *parse.ChainNode:
		return s.chainNode(dot, n, cmd.Args, final)
	case *parse.IdentifierNode:
		return s.function(dot, n, cmd, cmd.Args, final)
	case *parse.PipeNode:
		s.notAFunction(cmd.Args, final)
		return s.pipeline(dot, n)
	case *parse.VariableNode:
		return s.variableNode(dot, n, cmd.Args, final)
	}
	first := cmd.Args[0]
	s.node = first
	s.notAFunction(cmd.Args, final)
	switch n := first.(type) {
	case *parse.DotNode:
		return dot
	case *parse.NilNode:
		s.fail("nil is not a command")
	case *parse.BoolNode, *parse.NumberNode, *parse.StringNode:
		return s.constant(n)
	}
	s.fail("can't evaluate command %q", first)
	return view.Value{}
}

// constant is a literal of the type that it has by itself.
func (s *state) constant(node parse.Node) view.Value {
	switch n := node.(type) {
	case *parse.BoolNode:
		return s.cells.Value(n.True)
	case *parse.StringNode:
		return s.cells.Value(n.Text)
	case *parse.NumberNode:
		return s.number(n)
	}
	return view.Value{}
}

func (s *state) number(n *parse.NumberNode) view.Value {
	s.node = n
	isHex := len(n.Text) > 2 && n.Text[0] == '0' && (n.Text[1] == 'x' || n.Text[1] == 'X') && !strings.ContainsAny(n.Text, "pP")
	isRune := n.Text != "" && n.Text[0] == '\''
	switch {
	case n.IsComplex:
		return s.cells.Value(n.Complex128)
	case n.IsFloat && !isHex && !isRune && strings.ContainsAny(n.Text, ".eEpP"):
		return s.cells.Value(n.Float64)
	case n.IsInt:
		return s.cells.Value(int(n.Int64))
	case n.IsUint:
		s.fail("%s overflows int", n.Text)
	}
	return view.Value{}
}

func (s *state) fieldNode(dot view.Value, n *parse.FieldNode, args []parse.Node, final *view.Value) view.Value {
	s.node = n
	return s.fields(dot, dot, n, n.Ident, args, final)
}

func (s *state) chainNode(dot view.Value, n *parse.ChainNode, args []parse.Node, final *view.Value) view.Value {
	s.node = n
	if len(n.Field) == 0 {
		s.fail("%w", errNoFields)
	}
	if n.Node.Type() == parse.NodeNil {
		s.fail("indirection through explicit nil in %s", n)
	}
	return s.fields(dot, s.arg(dot, view.Type{}, n.Node), n, n.Field, args, final)
}

func (s *state) variableNode(dot view.Value, n *parse.VariableNode, args []parse.Node, final *view.Value) view.Value {
	s.node = n
	v := *s.variable(n.Ident[0])
	if len(n.Ident) == 1 {
		s.notAFunction(args, final)
		return v
	}
	return s.fields(dot, v, n, n.Ident[1:], args, final)
}

// fields evaluates a chain of fields, of which the last takes the arguments.
func (s *state) fields(dot, receiver view.Value, node parse.Node, names []string, args []parse.Node, final *view.Value) view.Value {
	last := len(names) - 1
	for _, name := range names[:last] {
		receiver = s.field(dot, name, node, nil, nil, receiver)
	}
	return s.field(dot, names[last], node, args, final, receiver)
}

// field evaluates a method, a field of a struct or an element of a map.
func (s *state) field(dot view.Value, name string, node parse.Node, args []parse.Node, final *view.Value, receiver view.Value) view.Value {
	if !receiver.IsValid() {
		if s.missingKey == missingError {
			s.fail("nil data; no entry for key %q", name)
		}
		return view.Value{}
	}
	typ := receiver.Type()
	receiver, isNil := indirect(receiver)
	if receiver.Kind() == reflect.Interface && isNil {
		s.fail("nil pointer evaluating %s.%s", typ, name)
	}
	owner := receiver
	if k := owner.Kind(); k != reflect.Pointer && owner.CanAddr() {
		owner = owner.Addr()
	}
	if f, ok := s.method(owner, name); ok {
		return s.call(dot, f, node, name, args, final)
	}
	hasArgs := len(args) > 1 || final != nil
	switch receiver.Kind() {
	case reflect.Struct:
		if v, ok := s.structField(receiver, typ, name, hasArgs); ok {
			return v
		}
	case reflect.Map:
		if text := s.cells.Value(name); text.Type().AssignableTo(receiver.Type().Key()) {
			if hasArgs {
				s.fail("%s is not a method but has arguments", name)
			}
			return s.element(receiver, text, name)
		}
	case reflect.Pointer: // nil
		e := receiver.Type().Elem()
		if e.Kind() == reflect.Struct {
			if _, _, ok := e.FieldByName(name); !ok {
				break
			}
		}
		s.fail("nil pointer evaluating %s.%s", typ, name)
	}
	s.fail("can't evaluate field %s in type %s", name, typ)
	return view.Value{}
}

func (s *state) structField(v view.Value, typ view.Type, name string, hasArgs bool) (view.Value, bool) {
	index, exported, ok := v.Type().FieldByName(name)
	if !ok {
		return v, false
	}
	if !exported {
		s.fail("%s is an unexported field of struct type %s", name, typ)
	}
	for _, i := range index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				s.fail("%v", "reflect: indirection through nil pointer to embedded struct field "+v.Type().Elem().Name())
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	if hasArgs {
		s.fail("%s has arguments but cannot be invoked as function", name)
	}
	return v, true
}

func (s *state) element(m, key view.Value, name string) view.Value {
	e := m.MapIndex(key.In(m.Type().Key()))
	if !e.IsValid() {
		switch s.missingKey {
		case missingZero:
			return m.Type().Elem().New()
		case missingError:
			s.fail("map has no entry for key %q", name)
		}
	}
	return e
}
