package frame

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"unicode/utf8"
)

// ReadJSONLines reads a file with one JSON object a line. Keys become columns
// in the order in which they first occur; an object in an object becomes
// columns named with dots ("usage.tokens"); a missing key and null are null.
// Integers among floats become floats. Arrays, and a key whose values are of
// different kinds, are errors. NaN, Infinity and -Infinity, which Python
// writes, are read.
func ReadJSONLines(path string) (*Frame, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read json lines: %w", err)
	}
	defer file.Close()
	f, err := decodeJSONLines(file, path)
	if err != nil {
		return nil, fmt.Errorf("read json lines: %w", err)
	}
	return f, nil
}

func decodeJSONLines(r io.Reader, name string) (*Frame, error) {
	d := &jsonDecoder{position: map[string]int{}}
	reader := bufio.NewReaderSize(r, 1<<18)
	var line []byte
	for number := 1; ; number++ {
		var err error
		line, err = appendLine(line[:0], reader)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = d.line(line, number)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
	}
	return d.frame(), nil
}

// jsonDecoder turns objects into columns.
type jsonDecoder struct {
	columns  []*jsonColumn
	position map[string]int
	rows     int
	values   int // that are not null
	expected int // which column most likely comes next: objects repeat their order
}

// jsonColumn is a column that may lack its last rows.
type jsonColumn struct {
	*builder
	name string
	line int // where the kind was first seen
}

func (d *jsonDecoder) line(text []byte, number int) error {
	s := &jsonScanner{text: text}
	if s.skipSpace(); s.at == len(text) {
		return nil
	}
	if d.rows == maxRows {
		return fmt.Errorf("more than %d rows", maxRows)
	}
	d.expected = 0
	if s.text[s.at] != '{' {
		return s.wrong("each line holds one JSON object, not %s", s.what())
	}
	if err := d.object(s, "", number, 0); err != nil {
		return err
	}
	if s.skipSpace(); s.at < len(text) {
		return s.wrong("unexpected %s after the object", s.what())
	}
	d.rows++
	return d.dense()
}

// object reads the object at s, whose keys get the prefix.
func (d *jsonDecoder) object(s *jsonScanner, prefix string, line, depth int) error {
	const deepest = 100
	if depth > deepest {
		return s.wrong("objects nest more than %d deep", deepest)
	}
	return s.members(func(key []byte) error {
		if prefix != "" {
			key = append([]byte(prefix+"."), key...)
		}
		s.skipSpace()
		switch {
		case s.peek() == '{':
			return d.object(s, string(key), line, depth+1)
		case s.peek() == '[':
			return s.wrong("%q holds an array; a cell of a frame is a number, a string or a bool", key)
		}
		column := d.column(key)
		if column.builder != nil && column.len() > d.rows {
			return s.wrong("the key %q occurs twice", key)
		}
		return d.value(s, column, line)
	})
}

// column returns the column of that name, a new one when there is none.
func (d *jsonDecoder) column(key []byte) *jsonColumn {
	if d.expected < len(d.columns) && d.columns[d.expected].name == string(key) {
		d.expected++
		return d.columns[d.expected-1]
	}
	i, known := d.position[string(key)]
	if !known {
		i = len(d.columns)
		d.columns = append(d.columns, &jsonColumn{name: string(key)})
		d.position[string(key)] = i
	}
	d.expected = i + 1
	return d.columns[i]
}

// value reads a value that is neither an object nor an array.
func (d *jsonDecoder) value(s *jsonScanner, c *jsonColumn, line int) error {
	at := s.at
	v, err := s.scalar()
	if err != nil {
		return err
	}
	if v.null {
		if c.builder != nil {
			c.padTo(d.rows + 1)
		}
		return nil
	}
	d.values++
	if c.builder == nil {
		c.builder, c.line = newBuilder(c.name, v.kind), line
	}
	c.padTo(d.rows)
	switch kind := c.builder.column.kind; {
	case kind == Int && v.kind == Float:
		if err := c.toFloat(); err != nil {
			return s.wrongAt(at, "%q: %w", c.name, err)
		}
	case kind == Float && v.kind == Int:
		var exact bool
		if v.float, exact = exactFloat(v.int); !exact {
			return s.wrongAt(at, "%q: an integer such as %d among fractions, which float64 cannot hold", c.name, v.int)
		}
	case kind != v.kind:
		return s.wrongAt(at, "%q is %s here and %s in line %d", c.name, v.kind, kind, c.line)
	}
	switch c.builder.column.kind {
	case Float:
		c.addFloat(v.float)
	case Int:
		c.addInt(v.int)
	case Bool:
		c.addBool(v.bool)
	default:
		c.addBytes(v.text)
	}
	return nil
}

// dense refuses a table that is nearly all null and that memory would not hold:
// one whose keys are other ones in every row.
func (d *jsonDecoder) dense() error {
	const many, share = 1 << 25, 1000
	if cells := len(d.columns) * d.rows; cells > many && cells/share > d.values {
		return fmt.Errorf("%s with %s, of which a row has few: what differs from row to row, such as a name, has to be a value and not a key",
			plural(d.rows, "row"), plural(len(d.columns), "key"))
	}
	return nil
}

// padTo adds nulls until there are n rows.
func (c *jsonColumn) padTo(n int) {
	for c.len() < n {
		c.addNull()
	}
}

// toFloat makes a column of integers one of floats.
func (c *jsonColumn) toFloat() error {
	for _, v := range c.builder.column.ints {
		if _, exact := exactFloat(v); !exact {
			return fmt.Errorf("a fraction among integers such as %d, which float64 cannot hold", v)
		}
	}
	c.builder.column = &Column{name: c.name, kind: Float, floats: c.builder.column.numbers()}
	return nil
}

// frame returns the rows read so far. A column of nothing but nulls is float64.
func (d *jsonDecoder) frame() *Frame {
	columns := make([]*Column, len(d.columns))
	for i, c := range d.columns {
		if c.builder == nil {
			c.builder = newBuilder(c.name, Float)
		}
		c.padTo(d.rows)
		columns[i] = c.finish()
	}
	return New(columns...)
}

// WriteJSONLines writes one object a line, with every column in every line.
// NaN and infinities are written as Python does, since JSON has no words for
// them. The file appears whole or not at all.
func (f *Frame) WriteJSONLines(path string) error {
	if err := f.Err(); err != nil {
		return err
	}
	return writeFile(path, f.encodeJSONLines)
}

func (f *Frame) encodeJSONLines(w io.Writer) error {
	keys := make([][]byte, len(f.all()))
	for i, c := range f.all() {
		if !utf8.ValidString(c.name) {
			return fmt.Errorf("column %q is not valid UTF-8, as JSON has to be", c.name)
		}
		keys[i] = append(jsonString(c.name), ':')
	}
	var line []byte
	for row := range f.Len() {
		line = append(line[:0], '{')
		for i, c := range f.columns {
			if i > 0 {
				line = append(line, ',')
			}
			line = append(line, keys[i]...)
			var err error
			if line, err = appendJSON(line, c, row); err != nil {
				return err
			}
		}
		if _, err := w.Write(append(line, "}\n"...)); err != nil {
			return err
		}
	}
	return nil
}

func appendJSON(line []byte, c *Column, row int) ([]byte, error) {
	switch {
	case c.IsNull(row):
		return append(line, "null"...), nil
	case c.kind == Float:
		return appendJSONFloat(line, c.floats[row]), nil
	case c.kind == Int:
		return strconv.AppendInt(line, c.ints[row], 10), nil
	case c.kind == Bool:
		return strconv.AppendBool(line, c.bools[row]), nil
	}
	text := c.dict[c.codes[row]]
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("column %q, row %d: %q is not valid UTF-8, as JSON has to be", c.name, row, text)
	}
	return append(line, jsonString(text)...), nil
}

// appendJSONFloat writes a float so that it is read back as one: 1 as 1.0.
func appendJSONFloat(line []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(line, "Infinity"...)
	case math.IsInf(v, -1):
		return append(line, "-Infinity"...)
	case math.IsNaN(v):
		return append(line, "NaN"...)
	}
	start := len(line)
	line = strconv.AppendFloat(line, v, 'g', -1, 64)
	if !bytes.ContainsAny(line[start:], ".e") {
		line = append(line, ".0"...)
	}
	return line
}

func jsonString(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string in memory cannot fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
