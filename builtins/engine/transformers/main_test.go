package transformers_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/engine/transformers"
	"adkernel/builtins/task"
	"adkernel/internal/neighbours"
	"adkernel/internal/runtest"
)

// TestMain lets the test binary be the process that a run is executed by.
func TestMain(m *testing.M) { runtest.Main(m, backend.Open) }

var demo = filepath.Join("..", "..", "..", "notebooks", "demo")

// fixture is one of the embedded engine's random checkpoints: small enough that
// what takes time is the import of torch.
func fixture(name string) string { return filepath.Join("..", "embedded", "testdata", name) }

// log keeps what an engine says.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) site(t *testing.T) engine.Site {
	return engine.Site{Dir: t.TempDir(), Log: func(format string, args ...any) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, fmt.Sprintf(format, args...))
	}}
}

// open loads d with transformers.
func open(t *testing.T, d engine.Deployment) (transformers.Engine, *log) {
	t.Helper()
	d.Backend, d.Python = "transformers", neighbours.Python(t)
	l := &log{}
	e, err := backend.Open(t.Context(), d, l.site(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e.(transformers.Engine), l
}

// openEmbedded loads d with the embedded engine.
func openEmbedded(t *testing.T, d engine.Deployment) engine.Engine {
	t.Helper()
	e, err := backend.Open(t.Context(), d, engine.Site{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// answers returns the responses in the order of the requests.
func answers(t *testing.T, e engine.Engine, requests []engine.Request) []engine.Response {
	t.Helper()
	out := make([]engine.Response, len(requests))
	for i := range requests {
		requests[i].ID = i
	}
	require.NoError(t, e.Generate(t.Context(), requests, func(r engine.Response) error {
		out[r.ID] = r
		return nil
	}))
	return out
}

// prompts are the first questions of the demo's task, as e encodes them.
func prompts(t *testing.T, e engine.Engine, n int) []string {
	t.Helper()
	questions, err := task.Spec{Kind: "mmlu", Dataset: filepath.Join(demo, "task"), Samples: n}.Load()
	require.NoError(t, err)
	var out []string
	for _, q := range questions.Questions[:min(n, len(questions.Questions))] {
		out = append(out, q.Prompt)
	}
	return out
}

// asked makes requests of texts.
func asked(t *testing.T, e engine.Engine, texts []string, maxTokens int) []engine.Request {
	t.Helper()
	ids, err := engine.EncodeAll(t.Context(), e, texts, true)
	require.NoError(t, err)
	var out []engine.Request
	for _, tokens := range ids {
		out = append(out, engine.Request{Tokens: tokens, MaxTokens: maxTokens, Stop: []int32{}, Logits: true})
	}
	return out
}

// sentences are prompts of different lengths, several of which begin alike, in
// the fixtures' byte alphabet.
func sentences() []string {
	begin := "The following are questions about the capital cities of the world. "
	return []string{
		begin + "What is the capital of France?", begin + "And of Peru?", "Hello", begin + "Which is the highest?",
		begin + "And of Peru? Lima. And of Chile?", "1 2 3 4", "naïve café", begin,
	}
}

// difference is the greatest absolute difference of two rows, and agree
// whether they have the same greatest element.
func difference(a, b []float32) (most float64, agree bool) {
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		if !(d <= most) {
			most = d
		}
	}
	return most, slices.Index(a, slices.Max(a)) == slices.Index(b, slices.Max(b))
}

// compare reports how far two lists of answers are apart: the greatest
// difference of logits, and the share of equal choices.
func compare(t *testing.T, got, want []engine.Response) (most, agreement float64) {
	t.Helper()
	same := 0
	for i := range want {
		require.Len(t, got[i].Logits, len(want[i].Logits))
		d, agree := difference(got[i].Logits, want[i].Logits)
		if !(d <= most) {
			most = d
		}
		if agree {
			same++
		}
	}
	return most, float64(same) / float64(len(want))
}
