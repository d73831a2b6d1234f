package frame

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// ReadCSV reads a file of comma-separated values (RFC 4180) whose first line
// names the columns. A column's kind is the narrowest that holds all of its
// values: int64, float64, bool (true, True, TRUE, false, ...), string. Numbers
// that int64 cannot hold or that have leading zeros make a column of strings,
// so that nothing is lost. An empty field is null; a quoted empty one is the
// empty string in a column of strings. NA, null and the like are strings, as
// written. A column without a name is called column_1 by its place.
func ReadCSV(path string) (*Frame, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read csv: %w", err)
	}
	defer file.Close()
	f, err := decodeCSV(file, path)
	if err != nil {
		return nil, fmt.Errorf("read csv: %w", err)
	}
	return f, nil
}

// decodeCSV reads the stream once when its first rows show every column's
// kind, and a second time when a later row contradicts them.
func decodeCSV(r io.ReadSeeker, name string) (*Frame, error) {
	d := &csvDecoder{name: name}
	done, err := d.pass(r)
	if err != nil || done {
		return d.frame(), err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := d.pass(r); err != nil {
		return nil, err
	}
	return d.frame(), nil
}

// csvDecoder turns records into columns.
type csvDecoder struct {
	name     string
	names    []string
	kinds    []csvKind // what each column can be, by the rows seen so far
	known    bool      // kinds hold for all rows: the second pass
	builders []*builder
}

// rowsToInfer is how many rows show the kinds before any is stored.
const rowsToInfer = 1000

// pass reads all records. It stores them as it goes, until one contradicts the
// kinds; then it only corrects the kinds, and done is false.
func (d *csvDecoder) pass(r io.Reader) (done bool, err error) {
	s := newCSVScanner(r)
	if err := d.header(s); err != nil {
		return false, err
	}
	var first [][]csvField // rows that wait for the kinds
	storing := true
	for {
		err := s.scan()
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, d.at(s, err)
		}
		if d.isBlank(s) {
			continue
		}
		if len(s.fields) != len(d.names) {
			return false, d.at(s, fmt.Errorf("%s, but the header names %s", plural(len(s.fields), "field"), plural(len(d.names), "column")))
		}
		if d.builders == nil && !d.known && len(first) < rowsToInfer {
			d.infer(s.fields)
			first = append(first, cloneFields(s.fields))
			continue
		}
		if d.builders == nil {
			d.start(first)
		}
		if storing {
			column, err := d.store(s.fields)
			if err != nil {
				return false, d.at(s, err)
			}
			if column < 0 {
				continue
			}
			if d.known {
				return false, d.at(s, fmt.Errorf("column %q: %q: the file changes while it is read", d.names[column], s.fields[column].text))
			}
			storing = false
		}
		d.infer(s.fields)
	}
	if d.builders == nil {
		d.start(first)
	}
	if !storing {
		d.builders, d.known = nil, true
	}
	return storing, nil
}

func (d *csvDecoder) at(s *csvScanner, err error) error {
	return fmt.Errorf("%s:%d: %w", d.name, max(1, s.start), err)
}

// header reads the names of the columns.
func (d *csvDecoder) header(s *csvScanner) error {
	if err := s.scan(); err == io.EOF {
		return fmt.Errorf("%s: the file is empty: the first line names the columns", d.name)
	} else if err != nil {
		return d.at(s, err)
	}
	d.names = make([]string, len(s.fields))
	place := map[string]int{}
	for i, field := range s.fields {
		d.names[i] = string(field.text)
		if d.names[i] == "" {
			d.names[i] = "column_" + strconv.Itoa(i+1)
		}
		if before, twice := place[d.names[i]]; twice {
			return d.at(s, fmt.Errorf("columns %d and %d are both named %q", before+1, i+1, d.names[i]))
		}
		place[d.names[i]] = i
	}
	if d.kinds == nil {
		d.kinds = make([]csvKind, len(d.names))
	}
	return nil
}

// isBlank reports whether the record is an empty line, which is skipped; in a
// file of one column it is a null.
func (d *csvDecoder) isBlank(s *csvScanner) bool {
	return len(d.names) > 1 && len(s.fields) == 1 && len(s.fields[0].text) == 0 && !s.fields[0].quoted
}

// infer widens the kinds to hold one more row.
func (d *csvDecoder) infer(fields []csvField) {
	for i, field := range fields {
		if d.kinds[i] != csvString {
			d.kinds[i] = d.kinds[i].with(field)
		}
	}
}

// start makes the columns of rows that their kinds hold.
func (d *csvDecoder) start(rows [][]csvField) {
	d.builders = make([]*builder, len(d.names))
	for i, name := range d.names {
		d.builders[i] = newBuilder(name, d.kinds[i].column())
	}
	for _, fields := range rows {
		for i, field := range fields {
			d.kinds[i].add(d.builders[i], field)
		}
	}
}

// store appends a row. It returns the first column whose kind does not hold
// the row's field, -1 when all do.
func (d *csvDecoder) store(fields []csvField) (column int, err error) {
	if d.builders[0].len() == maxRows {
		return -1, fmt.Errorf("more than %d rows", maxRows)
	}
	for i, field := range fields {
		if !d.kinds[i].add(d.builders[i], field) {
			return i, nil
		}
	}
	return -1, nil
}

func (d *csvDecoder) frame() *Frame {
	columns := make([]*Column, len(d.builders))
	for i, b := range d.builders {
		columns[i] = b.finish()
	}
	return New(columns...)
}

func cloneFields(fields []csvField) []csvField {
	clones := make([]csvField, len(fields))
	for i, field := range fields {
		clones[i] = csvField{bytes.Clone(field.text), field.quoted}
	}
	return clones
}

// WriteCSV writes f as ReadCSV reads it: null as an empty field, an empty
// string in quotes, floats with as many digits as they need to be read back
// equal. The file appears whole or not at all.
func (f *Frame) WriteCSV(path string) error {
	if err := f.Err(); err != nil {
		return err
	}
	return writeFile(path, f.encodeCSV)
}

func (f *Frame) encodeCSV(w io.Writer) error {
	if len(f.all()) == 0 {
		return errors.New("the frame has no columns")
	}
	var line []byte
	for i, name := range f.Columns() {
		line = appendCSV(line, i, name)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return err
	}
	for row := range f.rows {
		line = line[:0]
		for i, c := range f.columns {
			if c.IsNull(row) {
				if i > 0 {
					line = append(line, ',')
				}
				continue
			}
			line = appendCSV(line, i, c.csvText(row))
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// csvText is row i as a field. Floats have a point or an exponent, by which
// they are told from integers.
func (c *Column) csvText(i int) string {
	text := c.label(i)
	if c.kind == Float && !strings.ContainsAny(text, ".eNI") {
		text += ".0"
	}
	return text
}

// appendCSV appends the i-th field, quoted where it has to be.
func appendCSV(line []byte, i int, text string) []byte {
	if i > 0 {
		line = append(line, ',')
	}
	if text != "" && !strings.ContainsAny(text, ",\"\r\n") && !strings.HasPrefix(text, byteOrderMark) {
		return append(line, text...)
	}
	line = append(line, '"')
	line = append(line, strings.ReplaceAll(text, `"`, `""`)...)
	return append(line, '"')
}
