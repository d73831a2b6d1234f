package frame

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// byteOrderMark is what Excel puts at the start of a file.
const byteOrderMark = "\ufeff"

// A csvScanner splits a stream into the records and fields of RFC 4180:
// separated by commas, quoted with double quotes where they hold commas,
// quotes or line breaks. Lines end in LF or CRLF.
type csvScanner struct {
	reader *bufio.Reader
	line   int // of the record's last line, from 1
	start  int // of the record's first line
	record []byte
	fields []csvField
}

// A csvField is valid until the next call of scan.
type csvField struct {
	text   []byte
	quoted bool
}

func newCSVScanner(r io.Reader) *csvScanner {
	return &csvScanner{reader: bufio.NewReaderSize(r, 1<<18)}
}

// scan reads the next record; io.EOF after the last one. A blank line is a
// record of one empty field.
func (s *csvScanner) scan() error {
	line, err := s.readLine(s.record[:0])
	if err != nil {
		return err
	}
	s.start = s.line
	if s.line == 1 {
		line = bytes.TrimPrefix(line, []byte(byteOrderMark))
	}
	s.record = line
	s.fields = s.fields[:0]
	if bytes.IndexByte(line, '"') >= 0 {
		return s.splitQuoted()
	}
	rest := trimLineEnd(line)
	for {
		comma := bytes.IndexByte(rest, ',')
		if comma < 0 {
			s.fields = append(s.fields, csvField{text: rest})
			return nil
		}
		s.fields = append(s.fields, csvField{text: rest[:comma]})
		rest = rest[comma+1:]
	}
}

// readLine appends the next line, with its end, to buffer.
func (s *csvScanner) readLine(buffer []byte) ([]byte, error) {
	buffer, err := appendLine(buffer, s.reader)
	if err == nil {
		s.line++
	}
	return buffer, err
}

func trimLineEnd(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// splitQuoted splits a record that holds quotes, reading further lines while a
// quote is open. Doubled quotes are undone in place: a field only shrinks.
func (s *csvScanner) splitQuoted() error {
	at := 0
	for {
		if at >= len(s.record) || s.record[at] != '"' {
			text, next, err := s.unquotedField(at)
			s.fields = append(s.fields, csvField{text: text})
			if err != nil || next < 0 {
				return err
			}
			at = next
			continue
		}
		bounds, next, err := s.quotedField(at + 1)
		if err != nil {
			return err
		}
		s.fields = append(s.fields, csvField{text: s.record[bounds[0]:bounds[1]], quoted: true})
		if next < 0 {
			return nil
		}
		at = next
	}
}

// unquotedField reads the field at s.record[at]; next is where the following
// one starts, -1 at the end of the record.
func (s *csvScanner) unquotedField(at int) (text []byte, next int, err error) {
	text, next = trimLineEnd(s.record[at:]), -1
	if comma := bytes.IndexByte(text, ','); comma >= 0 {
		text, next = text[:comma], at+comma+1
	}
	if bytes.IndexByte(text, '"') >= 0 {
		return nil, 0, fmt.Errorf("field %d has a quote inside but none at its start: a quoted field starts with a quote and doubles those inside", len(s.fields)+1)
	}
	return text, next, nil
}

// quotedField reads the field whose text starts at s.record[at], after its
// quote, and writes it without doubled quotes to s.record[bounds[0]:bounds[1]].
func (s *csvScanner) quotedField(at int) (bounds [2]int, next int, err error) {
	opened := s.line
	write := at
	bounds[0] = at
	for read := at; ; read++ {
		if read == len(s.record) {
			if err := s.extend(); err == io.EOF {
				return bounds, 0, fmt.Errorf("the quote opened in line %d, field %d, is not closed", opened, len(s.fields)+1)
			} else if err != nil {
				return bounds, 0, err
			}
		}
		if s.record[read] != '"' {
			s.record[write] = s.record[read]
			write++
			continue
		}
		rest := s.record[read+1:]
		switch {
		case len(rest) > 0 && rest[0] == '"':
			s.record[write] = '"'
			write++
			read++
			continue
		case len(trimLineEnd(rest)) == 0:
			next = -1
		case rest[0] == ',':
			next = read + 2
		default:
			return bounds, 0, fmt.Errorf("field %d goes on after its closing quote: quotes inside a quoted field are doubled", len(s.fields)+1)
		}
		bounds[1] = write
		return bounds, next, nil
	}
}

// extend makes the next line part of the record. Fields found so far stay
// valid: where the record moves, their texts stay behind.
func (s *csvScanner) extend() error {
	longer, err := s.readLine(s.record)
	if err == nil && len(longer) == len(s.record) {
		err = io.EOF
	}
	if err != nil {
		return err
	}
	s.record = longer
	return nil
}
