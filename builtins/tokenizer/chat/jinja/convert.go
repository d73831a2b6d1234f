package jinja

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
)

// ValueOf is a Go value as a template's: nil, bools, integers, floats, texts,
// slices, maps by texts (their keys sorted), json.Number, and values of this
// package.
func ValueOf(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, *List, *Dict, *Func:
		return v, nil
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return v.Float64()
		}
		n, err := v.Int64()
		if err != nil {
			return nil, errTooLarge
		}
		return n, nil
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Bool:
		return r.Bool(), nil
	case r.Kind() == reflect.String:
		return r.String(), nil
	case r.CanInt():
		return r.Int(), nil
	case r.CanUint() && r.Uint() > math.MaxInt64:
		return nil, errTooLarge
	case r.CanUint():
		return int64(r.Uint()), nil
	case r.CanFloat():
		return r.Float(), nil
	case r.Kind() == reflect.Slice:
		l := &List{Items: make([]any, r.Len())}
		for i := range l.Items {
			var err error
			if l.Items[i], err = ValueOf(r.Index(i).Interface()); err != nil {
				return nil, err
			}
		}
		return l, nil
	case r.Kind() == reflect.Map && r.Type().Key().Kind() == reflect.String:
		d := NewDict()
		keys := r.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			value, err := ValueOf(r.MapIndex(key).Interface())
			if err != nil {
				return nil, err
			}
			d.SetText(key.String(), value)
		}
		return d, nil
	}
	return nil, fmt.Errorf("a template has no value for a Go %T", v)
}

// FromJSON reads a JSON value: objects keep the order of their keys, and
// numbers without a fraction are integers.
func FromJSON(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := fromTokens(d, 0)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			return nil, errors.New("text after the JSON value")
		}
	}
	return v, err
}

func fromTokens(d *json.Decoder, depth int) (any, error) {
	if depth > deepest {
		return nil, fmt.Errorf("the value is nested more than %d levels deep", deepest)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		l := &List{}
		for d.More() {
			v, err := fromTokens(d, depth+1)
			if err != nil {
				return nil, err
			}
			l.Items = append(l.Items, v)
		}
		_, err := d.Token()
		return l, err
	case json.Delim('{'):
		o := NewDict()
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := fromTokens(d, depth+1)
			if err != nil {
				return nil, err
			}
			o.SetText(key.(string), v)
		}
		_, err := d.Token()
		return o, err
	}
	return ValueOf(token)
}
