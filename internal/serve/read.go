package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"adkernel/internal/pythonjson"
	"adkernel/internal/suggest"
)

// readJSON decodes a request strictly: an argument that is not known would
// have no effect.
func readJSON(r *http.Request, v any) error {
	text, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return err
	case err != nil:
		return invalid("", "the request cannot be read: %v", err)
	}
	if err := pythonjson.Check(text); err != nil {
		return invalid("", "%v", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	var request json.RawMessage
	if err := d.Decode(&request); err != nil {
		return invalid("", "the request is not JSON: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return invalid("", "text after the JSON object")
	}
	if err := checkNames(request, reflect.TypeOf(v)); err != nil {
		return err
	}
	err = json.Unmarshal(request, v)
	var wrong *json.UnmarshalTypeError
	var e *apiError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return err
	case errors.As(err, &wrong) && wrong.Field == "":
		return invalid("", "the request is a JSON %s: want an object", wrong.Value)
	case errors.As(err, &wrong):
		name := strings.TrimPrefix(strings.TrimPrefix(wrong.Field, "common."), "without.") // the structs that hold it
		return invalid(name, "%s: a JSON %s is not what this argument takes", name, wrong.Value)
	}
	return invalid("", "%v", err)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// checkNames refuses arguments that a request of type t does not have. Their case
// counts, as it does for other servers; encoding/json would take Temperature for
// temperature.
func checkNames(request json.RawMessage, t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var given map[string]json.RawMessage
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(unmarshaler) || json.Unmarshal(request, &given) != nil {
		return nil // has no names, or is refused for its type
	}
	known := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		if name := field.Tag.Get("json"); name != "" {
			known[name] = field.Type
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		inner, ok := known[name]
		if !ok {
			return invalid(name, "the argument %q is not known here, and so would have no effect%s", name, suggest.Clause(name, slices.Sorted(maps.Keys(known))))
		}
		if err := checkNames(given[name], inner); err != nil {
			return err
		}
	}
	return nil
}
