package frame

import (
	"math"
	"strconv"
	"unsafe"
)

// csvKind is what the fields of a CSV column have in common so far.
type csvKind uint8

const (
	csvEmpty csvKind = iota // nothing but nulls
	csvBlank                // nothing but nulls and quoted empty fields
	csvInt
	csvFloat
	csvBool
	csvString
)

// with returns the narrowest kind that holds one more field. Empty fields do
// not count beside others, since some programs quote nulls too.
func (k csvKind) with(field csvField) csvKind {
	text := field.text
	if len(text) == 0 {
		if k == csvEmpty && field.quoted {
			return csvBlank
		}
		return k
	}
	switch k {
	case csvEmpty, csvBlank:
		switch {
		case isCSVInt(text):
			return csvInt
		case isCSVFloat(text):
			return csvFloat
		case isCSVBool(text):
			return csvBool
		}
	case csvInt:
		if isCSVInt(text) {
			return csvInt
		}
		if isCSVFloat(text) {
			return csvFloat
		}
	case csvFloat:
		if isCSVInt(text) || isCSVFloat(text) {
			return csvFloat
		}
	case csvBool:
		if isCSVBool(text) {
			return csvBool
		}
	}
	return csvString
}

// column is the kind of column; one of nothing but nulls is float64.
func (k csvKind) column() Kind {
	switch k {
	case csvInt:
		return Int
	case csvBool:
		return Bool
	case csvBlank, csvString:
		return String
	default:
		return Float
	}
}

// add appends a field; ok is false when the kind does not hold it.
func (k csvKind) add(b *builder, field csvField) (ok bool) {
	ok = true
	switch {
	case len(field.text) == 0 && !(field.quoted && k.column() == String):
		b.addNull()
	case k == csvInt:
		var v int64
		v, ok = parseInt(field.text)
		b.addInt(v)
	case k == csvFloat:
		var v float64
		v, ok = parseFloat(field.text)
		b.addFloat(v)
	case k == csvBool:
		ok = isCSVBool(field.text)
		b.addBool(ok && (field.text[0] == 't' || field.text[0] == 'T'))
	case k == csvString:
		b.addBytes(field.text)
	default: // nothing but empty fields were seen
		ok = len(field.text) == 0
		if ok {
			b.addString("")
		}
	}
	return ok
}

func isCSVInt(text []byte) bool {
	digits := text
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 1 && digits[0] == '0' || string(text) == "-0" {
		return false
	}
	for _, c := range digits {
		if !isDigit(c) {
			return false
		}
	}
	_, ok := parseInt(text)
	return ok
}

// isCSVFloat reports whether text is a decimal number with a point or an
// exponent, NaN, or an infinity; and not one too large for float64.
func isCSVFloat(text []byte) bool {
	switch string(text) {
	case "-0", "NaN", "nan", "NAN", "inf", "Inf", "INF", "-inf", "-Inf", "-INF", "+Inf", "+inf", "Infinity", "-Infinity":
		return true
	}
	point := false
	for i, c := range text {
		switch {
		case isDigit(c), (c == '-' || c == '+') && (i == 0 || text[i-1] == 'e' || text[i-1] == 'E'):
		case c == '.' || c == 'e' || c == 'E':
			point = true
		default:
			return false
		}
	}
	if !point {
		return false
	}
	_, ok := parseFloat(text)
	return ok
}

func isCSVBool(text []byte) bool {
	switch string(text) {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return true
	}
	return false
}

// parseInt reads a decimal integer of at most 64 bits.
func parseInt(text []byte) (int64, bool) {
	if len(text) < 19 { // cannot overflow
		i, v := 0, int64(0)
		if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
			i = 1
		}
		if i == len(text) {
			return 0, false
		}
		negative := text[0] == '-'
		for ; i < len(text); i++ {
			if !isDigit(text[i]) {
				return 0, false
			}
			v = v*10 + int64(text[i]-'0')
		}
		if negative {
			v = -v
		}
		return v, true
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	return v, err == nil
}

// parseFloat reads a number as strconv.ParseFloat does.
func parseFloat(text []byte) (float64, bool) {
	if len(text) == 0 {
		return 0, false
	}
	// ParseFloat keeps nothing of its argument but in errors, which are dropped here.
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64)
	if err != nil {
		return math.NaN(), false
	}
	return v, true
}
