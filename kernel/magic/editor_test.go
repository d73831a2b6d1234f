package magic

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// goAlone proposes, of Go, nothing but that it was asked.
type goAlone struct{ eval.Evaluator }

func (goAlone) Complete(string, int) eval.Completion {
	return eval.Completion{Items: []eval.Item{{Text: "Go"}}}
}

// Wherever the cursor stands, something or nothing is proposed.
func TestCompletionAtEveryPlaceOfACell(t *testing.T) {
	e := Wrap(goAlone{}, Options{})
	for _, source := range []string{"!ls", "!!ls -l", " !ls\n!\nx", "%cd /t\nx := 1", "%%bash\nls\n", "%env HO", "x?\n?x\n%time x\n%", "%%timeit -n 3 x\ny", ""} {
		for cursor := range len(source) + 1 {
			c := e.Complete(source, cursor)
			require.LessOrEqual(t, c.Start, cursor, "%q at %d", source, cursor)
		}
	}
}

func TestTheLineBelowACommandIsGo(t *testing.T) {
	e := Wrap(goAlone{}, Options{})
	isGo := func(source string, cursor int) bool {
		items := e.Complete(source, cursor).Items
		return len(items) == 1 && items[0].Text == "Go"
	}
	require.True(t, isGo("!ls\n", 4))
	require.True(t, isGo("%cd data\nx := 1", 9))
	require.False(t, isGo("!ls\n", 3))
	require.False(t, isGo("%%bash\nls\n", 10), "the body of a cell magic goes on")
}
