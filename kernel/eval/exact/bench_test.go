package exact

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// BenchmarkPrograms runs the programs of internal/evalbench, whose table sets
// them beside other evaluators.
func BenchmarkPrograms(b *testing.B) {
	text, err := os.ReadFile("../../../internal/evalbench/programs/programs.go")
	require.NoError(b, err)
	_, source, _ := strings.Cut(string(text), "package programs\n")
	for _, c := range []struct{ name, source string }{
		{"loop", "Loop(1_000_000)"},
		{"top-level", "s, n := 0, 1_000_000\nfor i := 0; i < n; i++ {\n\ts += i & 7\n}\ns"},
		{"fib", "Fib(20)"},
		{"floats", "Floats(1_000_000)"},
		{"sum", "Sum(1_000_000)"},
		{"sieve", "Sieve(100_000)"},
		{"map", "Map(100_000)"},
		{"words", "Words(100_000)"},
		{"build", "Build(100_000)"},
		{"methods", "Methods(100_000)"},
		{"closures", "Closures(100_000)"},
		{"native", "Native(100_000)"},
		{"nativestring", "NativeString(100_000)"},
	} {
		b.Run(c.name, func(b *testing.B) {
			e, err := New(eval.Vocabulary{}, Options{Stdout: io.Discard})
			require.NoError(b, err)
			_, err = e.Evaluate(context.Background(), eval.Cell{N: 1, Source: source})
			require.NoError(b, err)
			n := 1
			for b.Loop() {
				n++
				_, err := e.Evaluate(context.Background(), eval.Cell{N: n, Source: c.source})
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkCells evaluates small cells in one session.
func BenchmarkCells(b *testing.B) {
	for _, c := range []struct{ name, source string }{
		{"expression", "1+1"},
		{"variable", "x := 5"},
		{"print", `fmt.Println("a")`},
		{"function", "func f(l []int, k int) (sum int) {\n\tfor i, x := range l {\n\t\tif x > k {\n\t\t\tsum += x * i\n\t\t}\n\t}\n\treturn sum / k\n}"},
	} {
		b.Run(c.name, func(b *testing.B) {
			e, err := New(eval.Vocabulary{}, Options{Stdout: io.Discard})
			require.NoError(b, err)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				_, err := e.Evaluate(context.Background(), eval.Cell{N: n, Source: c.source})
				require.NoError(b, err)
			}
		})
	}
}
