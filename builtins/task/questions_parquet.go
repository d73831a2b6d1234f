package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"adkernel/internal/parquetfile"
)

// ownParquet reads a Parquet file with the columns of JSON lines, the choices as
// a list of texts or, as in CSV, in columns A, B, ... A null is a field that is
// missing, and so is NaN, by which pandas writes one; a whole number is the same
// answer as an integer and as a float, which pandas makes of a column that lacks
// some. Columns of what JSON has no form for, such as dates and images, are left
// out of a question's Fields.
func ownParquet(path string) ([]own, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	out, err := ownRows(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

func ownRows(file io.ReaderAt, size int64) (out []own, err error) {
	defer parquetfile.Damaged(&err)
	opened, err := parquetfile.Open(file, size)
	if err != nil {
		return nil, err
	}
	schema, letters, err := ownSchema(opened.Root().Fields())
	if err != nil {
		return nil, err
	}
	reader := parquet.NewGenericReader[any](opened, schema)
	defer reader.Close()
	for {
		rows := make([]any, 256)
		n, err := reader.Read(rows)
		for _, row := range rows[:n] {
			o, err := ownRow(row.(map[string]any), letters)
			if err != nil {
				return nil, fmt.Errorf("question %d: %w", len(out), err)
			}
			out = append(out, o)
		}
		switch {
		case err == io.EOF && int64(len(out)) != opened.NumRows():
			return nil, fmt.Errorf("%d rows where the file says %d: it is damaged", len(out), opened.NumRows())
		case err == io.EOF:
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("question %d: %w", len(out), err)
		}
	}
}

// ownSchema is what is read of a file with these columns; letters are those that
// hold the choices, nil where a list does.
func ownSchema(fields []parquet.Field) (schema *parquet.Schema, letters []string, err error) {
	kept, names := parquet.Group{}, []string{}
	for _, field := range fields {
		name := field.Name()
		if slices.Contains(names, name) {
			return nil, nil, fmt.Errorf("two columns are named %s: rename one", name)
		}
		names = append(names, name)
		needed := slices.Contains([]string{"question", "answer", "choices", "subject"}, name)
		if hasJSON(field, needed) {
			kept[name] = field
		} else if needed {
			return nil, nil, fmt.Errorf("column %s: values of type %s are neither texts nor numbers", name, field.Type())
		}
	}
	if !slices.Contains(names, "question") {
		return nil, nil, fmt.Errorf("no column question: want question and answer, and maybe choices, a list of texts, and subject; there are %q", names)
	}
	for letter := 'A'; letter <= 'Z' && kept["choices"] == nil; letter++ {
		if kept[string(letter)] == nil {
			break
		}
		letters = append(letters, string(letter))
	}
	return parquet.NewSchema("questions", kept), letters, nil
}

// hasJSON reports whether the values of a column are texts, numbers, truth values
// or lists and objects of these. Bytes that are not said to be text are only
// where they must be.
func hasJSON(node parquet.Node, bytes bool) bool {
	if !node.Leaf() {
		logical := node.Type().LogicalType()
		if logical != nil {
			if _, list := logical.Value.(*format.ListType); !list {
				return false
			}
		}
		return !slices.ContainsFunc(node.Fields(), func(f parquet.Field) bool { return !hasJSON(f, bytes) })
	}
	var logical any
	if t := node.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	switch logical.(type) {
	case nil:
		kind := node.Type().Kind()
		return kind != parquet.FixedLenByteArray && kind != parquet.Int96 && (kind != parquet.ByteArray || bytes)
	case *format.StringType, *format.EnumType, *format.IntType, *format.NullType:
		return true
	}
	return false
}

// ownRow is the question of one row, read as the JSON object that it is.
func ownRow(row map[string]any, letters []string) (own, error) {
	for name, value := range row {
		plain, err := jsonOf(value)
		if err != nil {
			return own{}, fmt.Errorf("%s: %w", name, err)
		}
		row[name] = plain
	}
	text, err := json.Marshal(row)
	if err != nil {
		return own{}, err
	}
	o, err := ownObject(text)
	if err != nil {
		return own{}, err
	}
	for _, letter := range letters {
		cell, err := cellText(row[letter])
		if err != nil {
			return own{}, fmt.Errorf("choice %s: %w", letter, err)
		}
		o.Choices = append(o.Choices, cell)
	}
	if letters != nil {
		o.Choices = withoutEmptyEnd(o.Choices)
	}
	return o, nil
}

// jsonOf is a value without what JSON has no form for.
func jsonOf(value any) (any, error) {
	switch v := value.(type) {
	case float32:
		if math.IsNaN(float64(v)) {
			return nil, nil
		} else if math.IsInf(float64(v), 0) {
			return nil, errors.New("it is infinite")
		}
	case float64:
		if math.IsNaN(v) {
			return nil, nil
		} else if math.IsInf(v, 0) {
			return nil, errors.New("it is infinite")
		}
	case string:
		if !utf8.ValidString(v) {
			return nil, errors.New("not valid UTF-8")
		}
	case []any:
		for i := range v {
			var err error
			if v[i], err = jsonOf(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			plain, err := jsonOf(v[name])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			v[name] = plain
		}
	}
	return value, nil
}

// cellText is a choice in a column of its own; "" where it has none.
func cellText(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 32), nil
	case int32, int64, uint32, uint64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("%T is neither a text nor a number", value)
}
