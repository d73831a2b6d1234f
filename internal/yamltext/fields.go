package yamltext

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"adkernel/internal/suggest"
)

// misfit is an error about the first thing in text, in reading order, that does
// not fit a value of type t: a field that it does not have, of which the error
// names those that there are, or what is no whole number where it has one. It is
// nil where none is found: aliases, merged keys and keys that are no plain text
// are passed over here, but not by the decoder.
func misfit(text []byte, t reflect.Type) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	return misfitBelow(file.Docs[0].Body, t)
}

func misfitBelow(node ast.Node, t reflect.Type) error {
	switch t = documentOf(t); t.Kind() {
	case reflect.Struct, reflect.Map:
		mapping, ok := node.(ast.MapNode)
		if !ok {
			return nil
		}
		for pairs := mapping.MapRange(); pairs.Next(); {
			if err := misfitPair(pairs.Key(), pairs.Value(), t); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		if list, ok := node.(*ast.SequenceNode); ok {
			for _, element := range list.Values {
				if err := misfitBelow(element, t.Elem()); err != nil {
					return err
				}
			}
		}
	case reflect.Int:
		if node.Type() == ast.AliasType || node.Type() == ast.AnchorType {
			return nil
		}
		if err := decodeInt(new(int), []byte(node.String())); err != nil {
			return &yaml.SyntaxError{Message: err.Error(), Token: node.GetToken()}
		}
	}
	return nil
}

// misfitPair looks at one pair of a mapping that becomes a t.
func misfitPair(key ast.MapKeyNode, value ast.Node, t reflect.Type) error {
	if t.Kind() == reflect.Map {
		return misfitBelow(value, t.Elem())
	}
	text, ok := key.(*ast.StringNode)
	if !ok {
		return nil
	}
	name := text.Value
	known := fieldsOf(t)
	names := make([]string, len(known))
	for i, f := range known {
		if f.name == name {
			return misfitBelow(value, f.of)
		}
		names[i] = f.name
	}
	return &yaml.UnknownFieldError{Message: fmt.Sprintf("unknown field %q%s", name, suggest.Clause(name, names)), Token: key.GetToken()}
}

type field struct {
	name string
	of   reflect.Type
}

// fieldsOf lists the fields of a struct as the decoder names them.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || name == "-":
		case strings.Contains(options, "inline"):
			fields = append(fields, fieldsOf(documentOf(f.Type))...)
		case name == "":
			fields = append(fields, field{strings.ToLower(f.Name), f.Type})
		default:
			fields = append(fields, field{name, f.Type})
		}
	}
	return fields
}

// documentOf is the type that a document becomes on its way into a t: what t's
// UnmarshalYAML hands to the decoder, where it has one.
func documentOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if u, ok := reflect.New(t).Interface().(yaml.InterfaceUnmarshaler); ok {
		_ = u.UnmarshalYAML(func(v any) error {
			if handed := reflect.TypeOf(v).Elem(); handed != t {
				t = documentOf(handed)
			}
			return errors.New("only asked")
		})
	}
	return t
}
