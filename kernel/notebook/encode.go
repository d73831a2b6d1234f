package notebook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// encode renders a JSON value as nbformat's
// json.dumps(indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": "))
// and ends it with a newline. Go's encoding/json differs: it escapes U+2028.
func encode(value any) []byte {
	e := &encoder{}
	e.value(value, 0)
	e.out.WriteByte('\n')
	return e.out.Bytes()
}

type encoder struct{ out bytes.Buffer }

func (e *encoder) value(value any, depth int) {
	switch v := value.(type) {
	case nil:
		e.out.WriteString("null")
	case bool:
		e.out.WriteString(strconv.FormatBool(v))
	case string:
		e.text(v)
	case int:
		e.out.WriteString(strconv.Itoa(v))
	case json.Number:
		e.out.WriteString(string(v))
	case []any:
		e.list(v, depth)
	case map[string]any:
		e.object(v, depth)
	case map[string]map[string]any:
		object := map[string]any{}
		for name, member := range v {
			object[name] = member
		}
		e.object(object, depth)
	default:
		e.value(jsonValue(v), depth)
	}
}

// jsonValue turns a value that was made in Go into what parsing its JSON
// yields. What has no JSON becomes text that says so.
func jsonValue(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("no JSON: %v", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return fmt.Sprintf("no JSON: %v", err)
	}
	return value
}

func (e *encoder) list(list []any, depth int) {
	if len(list) == 0 {
		e.out.WriteString("[]")
		return
	}
	e.out.WriteByte('[')
	for i, v := range list {
		e.separate(i, depth+1)
		e.value(v, depth+1)
	}
	e.newline(depth)
	e.out.WriteByte(']')
}

func (e *encoder) object(object map[string]any, depth int) {
	if len(object) == 0 {
		e.out.WriteString("{}")
		return
	}
	e.out.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(object)) {
		e.separate(i, depth+1)
		e.text(name)
		e.out.WriteString(": ")
		e.value(object[name], depth+1)
	}
	e.newline(depth)
	e.out.WriteByte('}')
}

func (e *encoder) separate(i, depth int) {
	if i > 0 {
		e.out.WriteByte(',')
	}
	e.newline(depth)
}

func (e *encoder) newline(depth int) {
	e.out.WriteByte('\n')
	for range depth {
		e.out.WriteByte(' ')
	}
}

var escapes = strings.NewReplacer(escapePairs()...)

func escapePairs() []string {
	pairs := []string{`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\f", `\f`, "\b", `\b`}
	for c := range ' ' {
		pairs = append(pairs, string(c), fmt.Sprintf(`\u%04x`, c))
	}
	return pairs
}

func (e *encoder) text(s string) {
	e.out.WriteByte('"')
	_, _ = escapes.WriteString(&e.out, strings.ToValidUTF8(s, "\uFFFD")) // a Buffer takes everything
	e.out.WriteByte('"')
}
