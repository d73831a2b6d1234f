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

// A cell leaves what it declared, and the lines of its text, for positions.
func TestCellsLeaveNothing(t *testing.T) {
	for _, source := range []string{
		"x := %d\nfor i := range 10 {\n\tx += i\n}\nfmt.Sprint(x)",
		"y := %d\ny += 1; y := y + 1\ny",
		"func f(n int) int { return n + %d }\nf(1)",
		"nowhere + %d",
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
		assert.Less(t, (heap()-before)/cells, int64(1024), source)
		goruntime.KeepAlive(e)
	}
}
