package task

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// A table is a CSV file as pandas.read_csv(path, header=None) reads it: cells
// are rewritten by the type that a whole column has (see infer.go).
type table struct {
	path    string
	raw     [][]string // by row: the fields as the file spells them
	lines   []int      // by row: the line, from 1, on which it starts
	columns []column
}

func (t *table) rows() int { return len(t.raw) }

// cell returns what Python's "{}".format makes of a cell.
func (t *table) cell(row, column int) string { return t.columns[column].cells[row] }

// isText reports whether a cell is a string in Python.
func (t *table) isText(row, column int) bool { return t.columns[column].kindAt(row) == textKind }

// maxRows bounds a file: pandas infers the types of longer ones chunk by chunk
// (low_memory), which is not reproduced here. The bound is that for six
// columns.
const maxRows = 131072

// readTable reads a file. In contrast to pandas, which pads them, it refuses
// rows with fewer fields than the first.
func readTable(path string) (*table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := parseTable(text)
	if err != nil {
		return nil, inFile(path, err)
	}
	t.path = path
	return t, nil
}

func inFile(path string, err error) error {
	var at *lineError
	if errors.As(err, &at) {
		return fmt.Errorf("%s:%w", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// A lineError is a fault on one line of a file.
type lineError struct {
	line   int
	reason string
}

func (e *lineError) Error() string { return fmt.Sprintf("%d: %s", e.line, e.reason) }

// readRecords reads CSV, whose rows must be of one length. Ends of lines within
// a quoted field stay as they are, which encoding/csv rewrites. lines are those
// on which rows start.
func readRecords(text []byte) (records [][]string, lines []int, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, nil, invalidUTF8(text)
	}
	if before, _, ok := bytes.Cut(text, []byte{0}); ok {
		return nil, nil, &lineError{1 + bytes.Count(before, []byte("\n")), "zero byte"}
	}
	s := scanner{text: string(text), line: 1}
	for {
		record, line, err := s.record()
		if record == nil || err != nil {
			return records, lines, err
		}
		if len(records) > 0 && len(record) != len(records[0]) {
			return nil, nil, &lineError{line, fmt.Sprintf("%s, the first row has %d", count(len(record), "field"), len(records[0]))}
		}
		records, lines = append(records, record), append(lines, line)
	}
}

func parseTable(text []byte) (*table, error) {
	t := &table{}
	var err error
	if t.raw, t.lines, err = readRecords(text); err != nil {
		return nil, err
	}
	switch {
	case len(t.raw) == 0:
		return nil, errors.New("no rows")
	case len(t.raw) > maxRows:
		return nil, &lineError{t.lines[maxRows], fmt.Sprintf("more than %d rows: pandas would infer types chunk by chunk", maxRows)}
	}
	for i := range t.raw[0] {
		cells := make([]string, len(t.raw))
		for row := range t.raw {
			cells[row] = t.raw[row][i]
		}
		t.columns = append(t.columns, inferColumn(cells))
	}
	return t, nil
}

func invalidUTF8(text []byte) error {
	line := 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		text = text[size:]
	}
	return &lineError{line, "not valid UTF-8"}
}

// A scanner cuts a file into records by the rules of pandas' C parser: fields
// are divided by commas; a double quote at the start of a field opens a quoted
// part, in which two stand for one; lines end with \n, \r or \r\n; lines of
// nothing but spaces and tabs are left out.
type scanner struct {
	text string
	at   int
	line int
}

// record returns the next record and the line on which it starts, or nil at
// the end.
func (s *scanner) record() (fields []string, line int, err error) {
	s.skipBlankLines()
	if s.at == len(s.text) {
		return nil, 0, nil
	}
	line = s.line
	for {
		field, err := s.field(line)
		if err != nil {
			return nil, 0, err
		}
		fields = append(fields, field)
		if s.at == len(s.text) || s.endOfLine() {
			return fields, line, nil
		}
		s.at++ // the comma
	}
}

func (s *scanner) skipBlankLines() {
	for {
		start := s.at
		s.at += len(s.text[s.at:]) - len(strings.TrimLeft(s.text[s.at:], " \t"))
		if s.at == len(s.text) {
			return
		}
		if !s.endOfLine() {
			s.at = start
			return
		}
	}
}

// endOfLine passes a line's end, if there is one here.
func (s *scanner) endOfLine() bool {
	rest := s.text[s.at:]
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		s.at += 2
	case rest[0] == '\n' || rest[0] == '\r':
		s.at++
	default:
		return false
	}
	s.line++
	return true
}

// field returns the field that starts here and stops before its comma or
// line's end. A quote opens a quoted part only at the start; what follows the
// closing quote is taken as it is.
func (s *scanner) field(recordLine int) (string, error) {
	var b strings.Builder
	if strings.HasPrefix(s.text[s.at:], `"`) {
		s.at++
		if err := s.quoted(&b, recordLine); err != nil {
			return "", err
		}
	}
	n := strings.IndexAny(s.text[s.at:], ",\r\n")
	if n < 0 {
		n = len(s.text) - s.at
	}
	b.WriteString(s.text[s.at : s.at+n])
	s.at += n
	return b.String(), nil
}

// quoted appends the text up to the closing quote, and passes that.
func (s *scanner) quoted(b *strings.Builder, recordLine int) error {
	for {
		n := strings.IndexByte(s.text[s.at:], '"')
		if n < 0 {
			return &lineError{recordLine, "a quoted field has no end"}
		}
		part := s.text[s.at : s.at+n]
		s.line += strings.Count(part, "\n")
		b.WriteString(part)
		s.at += n + 1
		if !strings.HasPrefix(s.text[s.at:], `"`) {
			return nil
		}
		b.WriteByte('"')
		s.at++
	}
}
