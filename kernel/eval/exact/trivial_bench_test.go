package exact

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// BenchmarkCell evaluates small cells in one session.
func BenchmarkCell(b *testing.B) {
	for name, source := range map[string]string{
		"trivial":  "x := 1",
		"function": "func f(l []int, k int) (sum int) {\n\tfor i, x := range l {\n\t\tif x > k {\n\t\t\tsum += x * i\n\t\t}\n\t}\n\treturn sum / k\n}",
	} {
		b.Run(name, func(b *testing.B) {
			e, err := New(eval.Vocabulary{}, Options{})
			require.NoError(b, err)
			for i := 0; b.Loop(); i++ {
				_, err := e.Evaluate(b.Context(), eval.Cell{N: i + 1, Source: source})
				require.NoError(b, err)
			}
		})
	}
}
