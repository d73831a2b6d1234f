// Package yamltext decodes YAML that people wrote with goccy/go-yaml, whose
// decoder panics on some malformed text and words wrong types in Go's terms:
// here both are errors that say what was wanted, and where.
package yamltext

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Decode reads the one document in text into a value. Empty text leaves it as it
// is.
func Decode(text []byte, into any) error { return decode(text, into) }

// DecodeStrict is Decode, but refuses fields that the value does not have, and
// names those that it has.
func DecodeStrict(text []byte, into any) error { return decode(text, into, yaml.Strict()) }

func decode(text []byte, into any, options ...yaml.DecodeOption) (err error) {
	if err := readable(text); err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("malformed YAML: %v", problem)
		}
	}()
	options = append(options, yaml.CustomUnmarshaler(decodeInt))
	err = yaml.NewDecoder(bytes.NewReader(text), options...).Decode(into)
	var (
		wrong    *yaml.TypeError
		unknown  *yaml.UnknownFieldError
		fraction notWhole
	)
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return cmp.Or(single(text), definite(text, reflect.TypeOf(into)))
	case errors.As(err, &wrong) && wrong.Token != nil:
		message := fmt.Sprintf("want %s, not %s", kindOf(wrong.DstType), kindOf(wrong.SrcType))
		if value, ok := Truth(wrong.Token.Value); ok && kindOf(wrong.DstType) == kindOf(reflect.TypeFor[bool]()) {
			message = fmt.Sprintf("want true or false, not the text %q: write %t", wrong.Token.Value, value)
		}
		return &yaml.SyntaxError{Message: message, Token: wrong.Token}
	case errors.As(err, &unknown), errors.As(err, &fraction):
		return cmp.Or(misfit(text, reflect.TypeOf(into)), err)
	}
	return err
}

// single refuses a second document, of which the decoder says nothing: whoever
// wrote it means it to count.
func single(text []byte) error {
	// The parser's documents are not counted: after an empty one it loses the next.
	tokens := lexer.Tokenize(string(text))
	var begins []*token.Token
	for _, t := range tokens {
		if t.Type == token.DocumentHeaderType {
			begins = append(begins, t)
		}
	}
	if len(begins) == 0 {
		return nil
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return err
	}
	second := 1
	if len(file.Docs) > 0 && file.Docs[0].Start == nil && file.Docs[0].Body != nil && file.Docs[0].Body.Type() != ast.DirectiveType {
		second = 0 // the first begins without a marker
	}
	if second < len(begins) {
		return &yaml.SyntaxError{Message: "a second document begins here, and one is read: join them", Token: begins[second]}
	}
	return nil
}

// decodeInt refuses the fractions that the decoder would cut off.
func decodeInt(into *int, text []byte) error {
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		return err
	}
	switch v := value.(type) {
	case nil:
		return nil
	case uint64:
		if v <= math.MaxInt {
			*into = int(v)
			return nil
		}
	case int64:
		*into = int(v)
		return nil
	}
	return notWhole(bytes.TrimSpace(text))
}

// notWhole is the text that stands where a whole number should.
type notWhole string

func (n notWhole) Error() string { return fmt.Sprintf("want a whole number, not %q", string(n)) }

// readable refuses what is no text, of which error messages would show lines.
func readable(text []byte) error {
	line := 1
	for rest := text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return fmt.Errorf("line %d: not UTF-8 text, so it is no YAML", line)
		case r == '\n':
			line++
		case r < ' ' && r != '\t' && r != '\r', r == 0x7f:
			return fmt.Errorf("line %d: control character %U, so it is no YAML", line, r)
		}
		rest = rest[size:]
	}
	return nil
}

// kindOf says in YAML's words what decodes into t.
func kindOf(t reflect.Type) string {
	if t == nil {
		return "nothing"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a mapping"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Interface:
		return "a value"
	}
	return "a whole number"
}
