package exact

import (
	"context"
	"fmt"
	"io"
	goruntime "runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// A cell leaves what it declared; one that leaves functions also the lines of
// its text, for positions.
func TestCellsLeaveNothing(t *testing.T) {
	for source, most := range map[string]int64{
		"x := %d\nfor i := range 10 {\n\tx += i\n}\nfmt.Sprint(x)": 128,
		"y := %d\ny += 1; y := y + 1\ny":                           128,
		"func f(n int) int { return n + %d }\nf(1)":                1024,
		"nowhere + %d":         128,
		"panic(%d)":            128,
		"s := []int{%d}; s[0]": 128,
	} {
		e, err := New(eval.Vocabulary{}, Options{Stdout: io.Discard})
		require.NoError(t, err)
		n := 0
		run := func(cells int) {
			for range cells {
				n++
				_, _ = e.Evaluate(context.Background(), eval.Cell{N: n, Source: fmt.Sprintf(source, n)}) // the last does not compile
			}
		}
		heap := func() int64 {
			goruntime.GC()
			goruntime.GC() // what cleanups freed
			var m goruntime.MemStats
			goruntime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		run(100)
		before := heap()
		const cells = 500
		run(cells)
		assert.Less(t, (heap()-before)/cells, most, source)
		goruntime.KeepAlive(e)
	}
}

func TestPositionsOutliveTheCell(t *testing.T) {
	for _, test := range []struct {
		cells []string
		trace string // of the last cell
	}{
		{[]string{"f := func(d int) int { return 1 / d }", "f(0)"}, "In[1]:1:33"},
		{[]string{"func f(d int) int { return 1 / d }", "f(0)"}, "In[1]:1:30"},
		{[]string{"type T int\nfunc (T) M(d int) int { return 1 / d }", "m := T(0).M", "m(0)"}, "In[1]:2:34"},
		{[]string{"x := 1", "x / (x - 1)"}, "In[2]:1:3"},
	} {
		e, err := New(eval.Vocabulary{}, Options{})
		require.NoError(t, err)
		for i, source := range test.cells {
			_, err = e.Evaluate(context.Background(), eval.Cell{N: i + 1, Source: source})
		}
		var failure *eval.Error
		require.ErrorAs(t, err, &failure)
		require.NotEmpty(t, failure.Trace)
		at := failure.Trace[0]
		assert.Equal(t, test.trace, fmt.Sprintf("In[%d]:%d:%d", at.Cell, at.Line, at.Column), test.cells)
		require.NoError(t, e.Close())
	}
}

func TestVariablesArePlacedAfterTheirCell(t *testing.T) {
	e, err := New(eval.Vocabulary{}, Options{})
	require.NoError(t, err)
	defer e.Close()
	_, err = e.Evaluate(context.Background(), eval.Cell{N: 7, Source: "a := 1\n b := a"})
	require.NoError(t, err)
	in, ok := e.Inspect("b", 1)
	require.True(t, ok)
	assert.Equal(t, "In[7]:2:2", in.Where)
}
