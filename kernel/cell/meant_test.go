package cell

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUndefinedNamesSayWhatWasMeant(t *testing.T) {
	nb := newNotebook(t)
	nb.run("import \"fmt\"\ncounter, ab := 1, 2\nfunc Twice(n int) int { return 2 * n }\n_ = fmt.Sprint()")
	for source, want := range map[string]string{
		"countr + 1":                   "undefined: countr; did you mean counter?",
		"twice(counter)":               "undefined: twice; did you mean Twice?",
		"total := 1; totl":             "undefined: totl; did you mean total?",
		"souce{}":                      "undefined: souce; did you mean Source?",
		"aa + 1":                       "undefined: aa",
		"nothing + 1":                  "undefined: nothing",
		"fmt.Printn(counter)":          "undefined: fmt.Printn; did you mean Print?",
		"fmt.println(counter)":         "undefined: fmt.println (but have Println)",
		"os.Getwdd()":                  "undefined: os; package os has no Getwdd; did you mean Getwd?",
		"math.sqrt(2)":                 "undefined: math; package math has no sqrt; did you mean Sqrt?",
		"cmp.Subjects()":               "undefined: cmp; package cmp has no Subjects",
		"slice.Sort([]int{1})":         "undefined: slice; did you mean slices?",
		"import m \"math\"\nm.Flor(2)": "undefined: m.Flor; did you mean Floor?",
		"x := missing.Field":           "undefined: missing",
	} {
		_, err := nb.check(source)
		require.Error(t, err, source)
		_, message, _ := strings.Cut(err.Error(), ": ")
		require.Equal(t, want, message, source)
	}
}
