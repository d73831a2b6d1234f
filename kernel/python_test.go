package kernel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsPythonsSaysHowGoHasIt(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("counter := 1")
	for cell, want := range map[string]string{
		"def f(x):\n    return x":          "1:5: expected ';', found f (Go has no def: func f(x int) int { return x })",
		"from os import path":              "1:6: expected ';', found os (Go has no from: import \"path\", which may be left out)",
		"import numpy as np":               "1:14: import path must be a string (a package's path stands between quotes, import \"os\", and may be left out)",
		"for i in range(3):\n    print(i)": "1:7: expected '{', found in (Go has no for x in xs: for i, x := range xs { })",
		"if counter == 1:\n    print(1)":   "1:16: illegal label declaration (Go has no block behind a colon: if … { })",
		"try:\n    counter":                "1:1: label try declared and not used (Go has no try: a second result, x, err := f())",
		"x := None":                        "1:6: undefined: None (Go has no None: nil)",
		"x := True":                        "1:6: undefined: True; did you mean true?",
		"counter == 1 and true":            "1:14: expected ';', found and (Go has no and: &&)",
		"print(f\"{counter}\")":            "1:8: missing ',' in argument list (Go has no f\"{x}\": fmt.Sprint(x))",
		"'abc'":                            "1:1: illegal rune literal (strings stand between double quotes)",
		"# twice\ncounter":                 "1:1: illegal character U+0023 '#' (Go has no #: // begins a comment)",
		"counter ** 2":                     "1:12: invalid operation: cannot indirect 2 (untyped int constant) (Go has no **: math.Pow(x, y))",
		"xs := [1, 2]":                     "1:9: unexpected comma; expecting ] (Go has no [1, 2]: []int{1, 2})",
		"{\"a\": 1}":                       "1:5: illegal label declaration (a literal begins with its type, map[string]int{\"a\": 1})",
		"m := {}":                          "1:6: expected operand, found '{' (a literal begins with its type, map[string]int{\"a\": 1})",
		"len(x=1)":                         "1:6: expected '==', found '=' (fields are named with a colon, T{Name: x}, and arguments of calls have no names)",
		"x := 1 if counter else 2":         "1:8: expected ';', found 'if' (Go has no conditional expression: if … { } else { })",
		"if 1 in counter {\n}":             "1:6: expected ';', found in (Go has no in: _, ok := m[key] of a map, slices.Contains(xs, x) of a slice)",
		"total = counter":                  "1:1: undefined: total (total := declares it)",
		"help(counter)":                    "1:1: undefined: help (Go has no help: name? describes a name)",
		"type(counter)":                    "1:13: expected type, found ')' (Go has no type(x): fmt.Printf(\"%T\", x))",
		"exit":                             "1:1: undefined: exit (Go has no exit: the front end ends the kernel, %reset forgets what is alive)",
		"Out[1]":                           "1:1: undefined: Out (Go has no Out: x := 1 + 1 keeps a value for later cells)",
		"_":                                "1:1: cannot use _ as value or type (Go has no _: x := 1 + 1 keeps a value for later cells)",
		"_12 + 1":                          "1:1: undefined: _12 (Go has no _12: x := 1 + 1 keeps a value for later cells)",
		"%matplotlib inline":               "1:1: unknown magic %matplotlib: figures are shown as they are",
		"%%capture out\ncounter":           "1:1: unknown magic %%capture: a semicolon at the end hides a value",
		// What is Go but for a slip is not taken for Python.
		"from := counter +":     "1:18: unexpected end of statement",
		"set := counter\nset 1": "2:5: expected ';', found 1",
		"list, err := f(":       "1:16: unexpected end of statement",
		"undefined(counter)":    "1:1: undefined: undefined",
		"countr + 1":            "1:1: undefined: countr; did you mean counter?",
		"Counter + 1":           "1:1: undefined: Counter; did you mean counter?",
		"cpa + counter":         "1:1: undefined: cpa",
	} {
		reply, _ := f.run(cell)
		text, _, _ := strings.Cut(reply["evalue"].(string), "\n")
		require.Equal(t, "In[1]:"+want, inCell(text), cell)
	}
}
