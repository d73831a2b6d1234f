package yamltext

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"adkernel/internal/pattern"
)

// Truth returns the boolean that a text stands for in YAML 1.1 or in people's
// minds: "off", "Yes", "true".
func Truth(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// olderTruth finds a value that may be a boolean of YAML 1.1.
var olderTruth = pattern.New(`(?i)(?:^|\s|[:\[,{])(?:yes|no|on|off)(?:$|[\s,}\]])`)

// definite refuses what is a text in YAML 1.2 and a boolean in 1.1, which Python
// reads, where a value of any type may stand: nobody could tell which was meant.
func definite(text []byte, t reflect.Type) error {
	if !olderTruth().Match(text) {
		return nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	return definiteBelow(file.Docs[0].Body, t)
}

func definiteBelow(node ast.Node, t reflect.Type) error {
	if t != nil {
		if t = documentOf(t); t.Kind() == reflect.Interface {
			t = nil // and all below it
		}
	}
	switch node := node.(type) {
	case *ast.AnchorNode:
		return definiteBelow(node.Value, t)
	case *ast.StringNode:
		if value, ok := Truth(node.Value); t == nil && ok && node.Token.Type == token.StringType {
			return &yaml.SyntaxError{
				Message: fmt.Sprintf("%s is a text in YAML 1.2 and %t in 1.1: write %[2]t, or %[3]q where the text is meant", node.Value, value, node.Value),
				Token:   node.Token,
			}
		}
	case *ast.SequenceNode:
		for _, element := range node.Values {
			if err := definiteBelow(element, below(t, "")); err != nil {
				return err
			}
		}
	case ast.MapNode:
		for pairs := node.MapRange(); pairs.Next(); {
			key, _ := pairs.Key().(*ast.StringNode)
			if key == nil {
				continue
			}
			if err := definiteBelow(pairs.Value(), below(t, key.Value)); err != nil {
				return err
			}
		}
	}
	return nil
}

// below is the type of what stands under a name, or in the list, where a t is
// read; nil for any.
func below(t reflect.Type, name string) reflect.Type {
	if t == nil {
		return nil
	}
	switch t.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		return t.Elem()
	case reflect.Struct:
		for _, f := range fieldsOf(t) {
			if f.name == name {
				return f.of
			}
		}
	}
	return reflect.TypeFor[string]() // of which nothing is refused
}
