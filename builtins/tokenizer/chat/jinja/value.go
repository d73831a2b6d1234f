package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A List is Python's list, or what else has elements in an order: a tuple, or
// a view of a dict, as its kind says.
type List struct {
	Items []any
	kind  listKind
	names []string // of a named tuple's elements
}

type listKind int

const (
	list listKind = iota
	tuple
	keysView
	valuesView
	itemsView
)

func (k listKind) String() string {
	return [...]string{"list", "tuple", "dict_keys", "dict_values", "dict_items"}[k]
}

// A Dict is Python's dict: keys in the order of their insertion.
type Dict struct {
	keys, values []any
	at           map[any]int // of a key as hash gives it
}

// NewDict makes an empty dict.
func NewDict() *Dict { return &Dict{at: map[any]int{}} }

// SetText gives the key a value.
func (d *Dict) SetText(key string, value any) { d.put(key, key, value) }

func (d *Dict) put(hashed, key, value any) {
	if i, ok := d.at[hashed]; ok {
		d.values[i] = value
		return
	}
	d.at[hashed] = len(d.keys)
	d.keys, d.values = append(d.keys, key), append(d.values, value)
}

func (d *Dict) set(key, value any) error {
	h, err := hash(key)
	if err == nil {
		d.put(h, key, value)
	}
	return err
}

func (d *Dict) get(key any) (value any, ok bool, err error) {
	h, err := hash(key)
	if err != nil {
		return nil, false, err
	}
	i, ok := d.at[h]
	if !ok {
		return nil, false, nil
	}
	return d.values[i], true, nil
}

func (d *Dict) items() []any {
	out := make([]any, len(d.keys))
	for i := range out {
		out[i] = &List{Items: []any{d.keys[i], d.values[i]}, kind: tuple}
	}
	return out
}

// none is the hash of None, which is not the hash of anything else.
type none struct{}

var errHash = errors.New("the value cannot be the key of a dict")

// hash is equal for keys that Python takes for the same: 1, 1.0 and true.
func hash(key any) (any, error) {
	switch k := key.(type) {
	case nil:
		return none{}, nil
	case bool:
		return toInt(k), nil
	case float64:
		if i := int64(k); float64(i) == k {
			return i, nil
		}
		return k, nil
	case int64, string:
		return k, nil
	}
	return nil, fmt.Errorf("%w: %s", errHash, typeName(key))
}

// undefined is what a name or a key that does not exist stands for.
type undefined struct{ what string }

func (u undefined) fail() error { return fmt.Errorf("%s is undefined", u.what) }

// markup is text that is marked as safe for HTML: what is added to it by + is
// escaped, in a chat template too. More than adding and printing it is not
// supported.
type markup string

var escaper = strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;")

// safe is a text or markup as markup.
func safe(v any) (markup, bool) {
	switch v := v.(type) {
	case string:
		return markup(escaper.Replace(v)), true
	case markup:
		return v, true
	}
	return "", false
}

// ranges is Python's range.
type ranges struct{ start, stop, step int64 }

func (r *ranges) len() int64 {
	switch {
	case r.step > 0 && r.start < r.stop:
		return (r.stop-r.start-1)/r.step + 1
	case r.step < 0 && r.start > r.stop:
		return (r.start-r.stop-1)/-r.step + 1
	}
	return 0
}

// iterator is a Python generator: its elements are gone once they are read.
type iterator struct {
	items []any
	kind  string // as Python names its type
}

// namespace is a set of names that loops may assign to.
type namespace struct{ fields *Dict }

// A Func is a function that templates may call. Its parameters are as of
// bind: "message", "format=".
type Func struct {
	Name   string
	Params string
	Call   func(a []any) (any, error)

	raw func(f *frame, c *called) (any, error) // instead of Call
}

// typeName is the type as Python names it.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case markup:
		return "Markup"
	case *List:
		return v.kind.String()
	case *Dict:
		return "dict"
	case undefined:
		return "Undefined"
	case *ranges:
		return "range"
	case *iterator:
		return v.kind
	case *namespace:
		return "Namespace"
	case *loop:
		return "LoopContext"
	}
	return "function"
}

// truth is Python's bool().
func truth(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case markup:
		return v != ""
	case *List:
		return len(v.Items) > 0
	case *Dict:
		return len(v.keys) > 0
	case *ranges:
		return v.len() > 0
	}
	return true
}

// length is Python's len().
func length(v any) (int64, error) {
	switch v := v.(type) {
	case string:
		return int64(utf8.RuneCountInString(v)), nil
	case markup:
		return int64(utf8.RuneCountInString(string(v))), nil
	case *List:
		return int64(len(v.Items)), nil
	case *Dict:
		return int64(len(v.keys)), nil
	case *ranges:
		return v.len(), nil
	case undefined:
		return 0, nil
	case *loop:
		return v.count()
	}
	return 0, fmt.Errorf("a %s has no length", typeName(v))
}

// elements is Python's list(): an iterator is empty afterwards.
func elements(v any) ([]any, error) {
	switch v := v.(type) {
	case string:
		var out []any
		for _, r := range v {
			out = append(out, string(r))
		}
		return out, nil
	case *List:
		return v.Items, nil
	case *Dict:
		return v.keys, nil
	case *ranges:
		var out []any
		for i, n := v.start, v.len(); n > 0; i, n = i+v.step, n-1 {
			out = append(out, i)
		}
		return out, nil
	case *iterator:
		out := v.items
		v.items = nil
		return out, nil
	case undefined:
		return nil, nil
	}
	return nil, fmt.Errorf("a %s cannot be iterated over", typeName(v))
}
