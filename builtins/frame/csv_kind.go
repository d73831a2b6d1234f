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
	csvLongInt // integers, of which float64 cannot hold every one
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
	if v, isInt := csvIntOf(text); isInt && k < csvFloat {
		if _, exact := exactFloat(v); !exact {
			return csvLongInt
		}
		return max(k, csvInt)
	}
	if _, isFloat := csvFloatOf(text); isFloat && k <= csvFloat && k != csvLongInt {
		return csvFloat
	}
	if _, isBool := csvBoolOf(text); isBool && (k <= csvBlank || k == csvBool) {
		return csvBool
	}
	return csvString
}

// column is the kind of column; one of nothing but nulls is float64.
func (k csvKind) column() Kind {
	switch k {
	case csvInt, csvLongInt:
		return Int
	case csvBool:
		return Bool
	case csvBlank, csvString:
		return String
	default:
		return Float
	}
}

// add appends a field; ok is false when the kind does not hold it, or would
// be another one because of it.
func (k csvKind) add(b *builder, field csvField) (ok bool) {
	if len(field.text) == 0 && !(field.quoted && k.column() == String) {
		b.addNull()
		return !(field.quoted && k == csvEmpty)
	}
	switch k {
	case csvInt, csvLongInt:
		v, ok := csvIntOf(field.text)
		b.addInt(v)
		_, exact := exactFloat(v)
		return ok && (exact || k == csvLongInt)
	case csvFloat:
		v, ok := csvFloatOf(field.text)
		b.addFloat(v)
		return ok
	case csvBool:
		v, ok := csvBoolOf(field.text)
		b.addBool(v)
		return ok
	case csvString:
		b.addBytes(field.text)
		return true
	case csvBlank:
		b.addBytes(field.text)
		return len(field.text) == 0
	default:
		b.addNull()
		return false
	}
}

// csvIntOf reads an integer that is written as strconv.Itoa does, or with a
// plus: without leading zeros, which a number would lose.
func csvIntOf(text []byte) (v int64, ok bool) {
	digits := text
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && (len(digits) > 1 || text[0] == '-') {
		return 0, false
	}
	return parseInt(text)
}

// csvFloatOf reads an integer as csvIntOf does, if float64 holds it exactly, a
// decimal number with a point or an exponent that is in its range, NaN, or an
// infinity.
func csvFloatOf(text []byte) (v float64, ok bool) {
	whole := true
	for i, c := range text {
		switch {
		case isDigit(c), (c == '-' || c == '+') && (i == 0 || text[i-1] == 'e' || text[i-1] == 'E'):
		case c == '.' || c == 'e' || c == 'E':
			whole = false
		default:
			return csvNonFinite(text)
		}
	}
	if whole && string(text) != "-0" {
		i, ok := csvIntOf(text)
		v, exact := exactFloat(i)
		return v, ok && exact
	}
	return parseFloat(text)
}

func csvNonFinite(text []byte) (v float64, ok bool) {
	switch string(text) {
	case "NaN", "nan", "NAN", "inf", "Inf", "INF", "-inf", "-Inf", "-INF", "+Inf", "+inf", "Infinity", "-Infinity":
		return parseFloat(text)
	}
	return 0, false
}

func csvBoolOf(text []byte) (v, ok bool) {
	switch string(text) {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
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
