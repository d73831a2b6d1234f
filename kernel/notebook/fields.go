package notebook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// fields are those of a JSON object that were not taken yet; what remains at
// the end is unknown to the format and kept.
type fields map[string]any

const (
	required = true
	optional = false
)

// take removes the field and returns its value. A field that is optional may
// be missing or null.
func take[T any](f fields, name string, required bool) (T, error) {
	var zero T
	value, ok := f[name]
	if !ok || value == nil && !required {
		if required {
			return zero, fmt.Errorf("%s is missing", name)
		}
		delete(f, name)
		return zero, nil
	}
	v, ok := value.(T)
	if !ok {
		return zero, fmt.Errorf("%s is %s, not %s", name, describe(value), describe(zero))
	}
	delete(f, name)
	return v, nil
}

// takeText takes text that may be split into lines.
func takeText(f fields, name string) (string, error) {
	if lines, ok := f[name].([]any); ok {
		text, err := texts(lines)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		delete(f, name)
		return strings.Join(text, ""), nil
	}
	return take[string](f, name, required)
}

// takeCount takes an execution count; null, of a cell that was not executed, is 0.
func takeCount(f fields) (int, error) {
	number, err := take[json.Number](f, "execution_count", optional)
	if err != nil || number == "" {
		return 0, err
	}
	n, err := count(number)
	if err != nil {
		return 0, fmt.Errorf("execution_count: %w", err)
	}
	return n, nil
}

func count(number json.Number) (int, error) {
	n, err := strconv.ParseUint(string(number), 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s is not a count", number)
	}
	return int(n), nil
}

func object(value any) (fields, error) {
	f, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("is %s, not an object", describe(value))
	}
	return f, nil
}

var errNotText = errors.New("a line is not a string")

func texts(lines []any) ([]string, error) {
	all := make([]string, len(lines))
	for i, line := range lines {
		text, ok := line.(string)
		if !ok {
			return nil, fmt.Errorf("%w: line %d is %s", errNotText, i+1, describe(line))
		}
		all[i] = text
	}
	return all, nil
}

// describe names a JSON value's type.
func describe(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}
