package task

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// A column holds the cells of one column after type inference, as Python
// prints them.
type column struct {
	cells   []string
	kind    string // of the cells: "text", "a number", "a truth value"
	missing []bool // by row; nil if none is. A missing cell prints as nan
}

const (
	textKind    = "text"
	numberKind  = "a number"
	booleanKind = "a truth value"
	missingKind = "a missing value"
)

func (c column) kindAt(row int) string {
	if c.missing != nil && c.missing[row] {
		return missingKind
	}
	return c.kind
}

// missingSpellings are the cells that pandas reads as missing (na_values of
// read_csv, pandas 2.0 and later).
var missingSpellings = map[string]bool{
	"": true, "#N/A": true, "#N/A N/A": true, "#NA": true, "-1.#IND": true, "-1.#QNAN": true, "-NaN": true,
	"-nan": true, "1.#IND": true, "1.#QNAN": true, "<NA>": true, "N/A": true, "NA": true, "NULL": true,
	"NaN": true, "None": true, "n/a": true, "nan": true, "null": true,
}

const missingText = "nan"

// inferColumn applies pandas' inference: the first of integers, floats, truth
// values and text that takes every cell that is not missing. Integers with
// missing cells become floats.
func inferColumn(cells []string) column {
	missing := findMissing(cells)
	integers, err := parseIntegers(cells, missing)
	if err == nil {
		if missing != nil {
			return floatColumn(integers, missing)
		}
		return integerColumn(integers)
	}
	if errors.Is(err, strconv.ErrRange) {
		if c, ok := inferBigIntegers(cells, missing); ok {
			return c
		}
	}
	if floats, ok := parseFloats(cells, missing); ok {
		return floatColumn(floats, missing)
	}
	if c, ok := booleanColumn(cells, missing); ok {
		return c
	}
	return textColumn(cells, missing)
}

// findMissing returns nil if no cell is missing.
func findMissing(cells []string) []bool {
	var missing []bool
	for i, cell := range cells {
		if !missingSpellings[cell] {
			continue
		}
		if missing == nil {
			missing = make([]bool, len(cells))
		}
		missing[i] = true
	}
	return missing
}

func isMissing(missing []bool, i int) bool { return missing != nil && missing[i] }

func integerColumn(values []int64) column {
	c := column{kind: numberKind, cells: make([]string, len(values))}
	for i, v := range values {
		c.cells[i] = strconv.FormatInt(v, 10)
	}
	return c
}

func floatColumn[T int64 | float64](values []T, missing []bool) column {
	c := column{kind: numberKind, missing: missing, cells: make([]string, len(values))}
	for i, v := range values {
		c.cells[i] = formatFloat(float64(v))
		if isMissing(missing, i) {
			c.cells[i] = missingText
		}
	}
	return c
}

// booleanColumn takes True and False in any mixture of cases.
func booleanColumn(cells []string, missing []bool) (column, bool) {
	c := column{kind: booleanKind, missing: missing, cells: make([]string, len(cells))}
	for i, cell := range cells {
		switch {
		case isMissing(missing, i):
			c.cells[i] = missingText
		case strings.ToLower(cell) == "true":
			c.cells[i] = "True"
		case strings.ToLower(cell) == "false":
			c.cells[i] = "False"
		default:
			return column{}, false
		}
	}
	return c, true
}

func textColumn(cells []string, missing []bool) column {
	c := column{kind: textKind, missing: missing, cells: make([]string, len(cells))}
	for i, cell := range cells {
		c.cells[i] = cell
		if isMissing(missing, i) {
			c.cells[i] = missingText
		}
	}
	return c
}

// asciiSpace is what C's isspace takes.
const asciiSpace = " \t\n\v\f\r"

// parseIntegers reads the cells that are not missing. The error is that of the
// first cell that is no 64-bit integer: strconv.ErrRange if only its size is
// wrong.
func parseIntegers(cells []string, missing []bool) ([]int64, error) {
	values := make([]int64, len(cells))
	for i, cell := range cells {
		if isMissing(missing, i) {
			continue
		}
		text := strings.Trim(cell, asciiSpace)
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, sizeError(text, err)
		}
		values[i] = v
	}
	return values, nil
}

// sizeError turns err, of parsing text, into one of syntax if text is more than
// an integer: strconv stops at the digit that is too many.
func sizeError(text string, err error) error {
	if strings.Trim(strings.TrimLeft(text, "+-"), "0123456789") != "" {
		return strconv.ErrSyntax
	}
	return err
}

// inferBigIntegers takes over where an integer does not fit into 64 bits with
// a sign: pandas tries unsigned integers, then Python's own, and gives up
// looking for missing values if neither takes all. ok is false where the
// column is to be tried as floats.
func inferBigIntegers(cells []string, missing []bool) (c column, ok bool) {
	unsigned, negative, large := make([]uint64, len(cells)), false, false
	for i, cell := range cells {
		text := strings.Trim(cell, asciiSpace)
		if isMissing(missing, i) {
			continue
		}
		if strings.HasPrefix(text, "-") {
			negative = true
			continue
		}
		v, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
		if err != nil {
			if errors.Is(sizeError(text, err), strconv.ErrRange) {
				return pythonIntegers(cells, missing), true
			}
			return column{}, false
		}
		unsigned[i] = v
		large = large || v > math.MaxInt64
	}
	switch {
	case large && (negative || missing != nil):
		return textColumn(cells, nil), true
	case negative:
		return pythonIntegers(cells, missing), true
	}
	c = column{kind: numberKind, cells: make([]string, len(cells))}
	for i, v := range unsigned {
		c.cells[i] = strconv.FormatUint(v, 10)
	}
	return c, true
}

// pythonIntegers reads integers of any size; text if there is anything else.
func pythonIntegers(cells []string, missing []bool) column {
	c := column{kind: numberKind, missing: missing, cells: make([]string, len(cells))}
	for i, cell := range cells {
		if isMissing(missing, i) {
			c.cells[i] = missingText
			continue
		}
		v, ok := new(big.Int).SetString(strings.Trim(cell, asciiSpace), 10)
		if !ok {
			return textColumn(cells, nil)
		}
		c.cells[i] = v.String()
	}
	return c
}

func parseFloats(cells []string, missing []bool) ([]float64, bool) {
	values := make([]float64, len(cells))
	for i, cell := range cells {
		if isMissing(missing, i) {
			continue
		}
		v, ok := parseFloat(cell)
		if !ok {
			return nil, false
		}
		values[i] = v
	}
	return values, true
}
