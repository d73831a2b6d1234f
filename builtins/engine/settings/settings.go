// Package settings reads a deployment's configuration against the keys that an
// engine honours. An unknown key is refused, and so is a value that would have
// no effect: a run must not be recorded with a setting that was ignored.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/internal/suggest"
	"adkernel/internal/yamltext"
)

// A Key is one setting.
type Key struct {
	Name    string   // nested keys joined with dots
	Default any      // int, bool or string: the key's type, too
	OneOf   []string // strings: the values there are; nil: any
	Least   int      // integers
	Most    int      // integers; 0: no bound but an int32's
	Fixed   string   // why nothing but the default is accepted
}

// ErrUnknown is returned for a name that an engine does not know.
var ErrUnknown = errors.New("unknown setting")

// Read returns the value of every key by name: the deployment's, or the
// default. Names beside the keys go to other, which refuses one with
// ErrUnknown; nil refuses all.
func Read(d engine.Deployment, engineName string, keys []Key, other func(name string, v any) error) (map[string]any, error) {
	given, err := d.Settings()
	if err != nil {
		return nil, err
	}
	flat := map[string]any{}
	flatten("", given, flat)
	values, names := map[string]any{}, make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
		values[k.Name] = k.Default
		if v, ok := flat[k.Name]; ok {
			if values[k.Name], err = k.parse(v); err != nil {
				return nil, fmt.Errorf("deployment %s: %s: %w", d.Label(), k.Name, err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		if _, known := values[name]; known {
			continue
		}
		err := ErrUnknown
		if other != nil {
			err = other(name, flat[name])
		}
		if errors.Is(err, ErrUnknown) {
			err = fmt.Errorf("the %s engine has no setting %s%s", engineName, name, suggest.Clause(name, names))
		}
		if err != nil {
			return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
		}
	}
	return values, nil
}

// flatten joins nested keys with dots.
func flatten(prefix string, nested map[string]any, into map[string]any) {
	for k, v := range nested {
		if inner, ok := v.(map[string]any); ok {
			flatten(prefix+k+".", inner, into)
			continue
		}
		into[prefix+k] = v
	}
}

func (k Key) parse(v any) (any, error) {
	parsed, err := k.convert(v)
	if err != nil {
		return nil, err
	}
	if k.Fixed != "" && parsed != k.Default {
		return nil, fmt.Errorf("%v has no effect here (%s): leave it out, or set %v", parsed, k.Fixed, k.Default)
	}
	return parsed, nil
}

func (k Key) convert(v any) (any, error) {
	switch k.Default.(type) {
	case bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		if text, isText := v.(string); isText {
			if b, ok := yamltext.Truth(text); ok {
				return nil, fmt.Errorf("%q is a text, not true or false: write %t", text, b)
			}
		}
		return nil, fmt.Errorf("%v is not true or false", v)
	case int:
		return k.integer(v)
	}
	text, ok := v.(string)
	if !ok || k.OneOf != nil && !slices.Contains(k.OneOf, text) {
		return nil, fmt.Errorf("%v: want %s", v, cmp.Or(strings.Join(k.OneOf, ", "), "a text"))
	}
	return text, nil
}

func (k Key) integer(v any) (any, error) {
	n, ok := yamltext.Whole(v)
	switch {
	case ok && n >= k.Least && n <= cmp.Or(k.Most, math.MaxInt32):
		return n, nil
	case k.Most == 0:
		return nil, fmt.Errorf("%v: want a whole number from %d on", v, k.Least)
	}
	return nil, fmt.Errorf("%v: want a whole number from %d to %d", v, k.Least, k.Most)
}
