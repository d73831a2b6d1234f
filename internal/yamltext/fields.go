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

// unknownField is an error about the first field in text, in reading order,
// that a value of type t does not have; it names those that there are. It is
// nil where none is found: aliases, merged keys and keys that are no plain text
// are passed over here, but not by the decoder.
func unknownField(text []byte, t reflect.Type) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	return unknownBelow(file.Docs[0].Body, t)
}

func unknownBelow(node ast.Node, t reflect.Type) error {
	switch t = documentOf(t); t.Kind() {
	case reflect.Struct, reflect.Map:
		mapping, ok := node.(ast.MapNode)
		if !ok {
			return nil
		}
		for pairs := mapping.MapRange(); pairs.Next(); {
			if err := unknownPair(pairs.Key(), pairs.Value(), t); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		if list, ok := node.(*ast.SequenceNode); ok {
			for _, element := range list.Values {
				if err := unknownBelow(element, t.Elem()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// unknownPair looks at one pair of a mapping that becomes a t.
func unknownPair(key ast.MapKeyNode, value ast.Node, t reflect.Type) error {
	if t.Kind() == reflect.Map {
		return unknownBelow(value, t.Elem())
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
			return unknownBelow(value, f.of)
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
