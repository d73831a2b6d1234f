package exact

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

var update = flag.Bool("update", false, "write the traces that the cells leave to testdata/traces.txt")

// How deep a recursion goes depends on how the stack has grown.
var millions = regexp.MustCompile(`\b[12]\d{6}\b`)

// The file has sequences of cells as transcripts have, with the report of the
// last error behind >>>.
func TestTraces(t *testing.T) {
	const file = "testdata/traces.txt"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var out strings.Builder
	for _, block := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		name, body, _ := strings.Cut(block, "\n")
		cells, want, _ := strings.Cut(body, "\n>>>\n")
		cells, want = strings.TrimRight(cells, "\n"), strings.TrimRight(want, "\n")
		got := ""
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			for _, c := range strings.Split("\n"+cells, "\n---\n") {
				_, err := s.evaluate(t.Context(), strings.TrimPrefix(c, "\n"))
				var e *eval.Error
				if errors.As(err, &e) {
					got += e.Report()
				}
			}
			got = millions.ReplaceAllString(strings.TrimRight(got+s.err.String(), "\n"), "2……")
			if !*update {
				require.Equal(t, want, got)
			}
		})
		fmt.Fprintf(&out, "=== %s\n%s\n>>>\n%s\n", name, cells, got)
	}
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(out.String()), 0o644))
	}
}

// A panic that is recovered must not cost much more than it does without traces.
func BenchmarkRecover(b *testing.B) {
	e, err := New(eval.Vocabulary{}, Options{})
	require.NoError(b, err)
	_, err = e.Evaluate(b.Context(), eval.Cell{N: 1, Source: "func f(l []int, i int) (ok bool) {\n\tdefer func() { ok = recover() == nil }()\n\treturn l[i] > 0\n}\nl := make([]int, 10)"})
	require.NoError(b, err)
	at := time.Now()
	_, err = e.Evaluate(b.Context(), eval.Cell{N: 2, Source: fmt.Sprintf("for range %d { f(l, 10) }", b.N)})
	require.NoError(b, err)
	b.ReportMetric(float64(time.Since(at).Nanoseconds())/float64(b.N), "ns/recover")
}
