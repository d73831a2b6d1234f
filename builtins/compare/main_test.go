package compare

import (
	"context"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/logits"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/runtest"
)

// TestMain lets the test binary be the process that executes a run.
func TestMain(m *testing.M) { runtest.Main(m, openModel) }

// model answers with a margin drawn from the prompt, the same in every run,
// on which a run's settings act: "blur" adds noise of its own, "drop" takes
// away from the right answer in "subject" (everywhere without one).
type model struct {
	blur, drop float64
	subject    string
	bos        bool
	nan        int
	stop       int // sample at which it fails
	tops       int // not 0: log-probabilities of so many tokens in place of logits, as from a server
}

const (
	bosToken    = 256
	letterToken = 257
	vocabulary  = 261
)

func openModel(_ context.Context, d engine.Deployment, _ engine.Site) (engine.Engine, error) {
	settings, err := d.Settings()
	if err != nil {
		return nil, err
	}
	m := &model{bos: true, nan: -1, stop: -1}
	for key, value := range settings {
		switch key {
		case "blur":
			m.blur = float(value)
		case "drop":
			m.drop = float(value)
		case "subject":
			m.subject = value.(string)
		case "bos":
			m.bos = value.(bool)
		case "nan":
			m.nan = value.(int)
		case "stop":
			m.stop = value.(int)
		case "tops":
			m.tops = value.(int)
		default:
			return nil, fmt.Errorf("unknown setting %q", key)
		}
	}
	return m, nil
}

// float reads a number that was written as JSON: 2.0 comes back as the integer 2.
func float(value any) float64 {
	if n, ok := value.(int); ok {
		return float64(n)
	}
	return value.(float64)
}

func (m *model) Info() engine.Info {
	info := engine.Info{Engine: "test", Version: "1", Vocab: vocabulary}
	if m.tops > 0 {
		info.Vocab = 0
	}
	return info
}

func (m *model) Close() error { return nil }

func (m *model) Encode(text string, special bool) ([]int32, error) {
	var ids []int32
	if special && m.bos {
		ids = append(ids, bosToken)
	}
	for i := 0; i < len(text); i++ {
		if text[i] == ' ' && i+1 < len(text) && text[i+1] >= 'A' && text[i+1] <= 'D' {
			ids = append(ids, letterToken+int32(text[i+1]-'A'))
			i++
			continue
		}
		ids = append(ids, int32(text[i]))
	}
	return ids, nil
}

func (m *model) Decode(ids []int32) string {
	var text []byte
	for _, id := range ids {
		switch {
		case id < bosToken:
			text = append(text, byte(id))
		case id >= letterToken:
			text = append(text, ' ', 'A'+byte(id-letterToken))
		}
	}
	return string(text)
}

func (m *model) Generate(_ context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	for _, r := range requests {
		if r.ID == m.stop {
			return fmt.Errorf("stopped before sample %d", r.ID)
		}
		row := m.logits(r)
		best := int32(letterToken)
		for id := best; id < vocabulary; id++ {
			if row[id] > row[best] {
				best = id
			}
		}
		if r.ID == m.nan {
			row[3] = float32(math.NaN())
		}
		out := []int32{best}
		response := engine.Response{ID: r.ID, Tokens: out, Text: m.Decode(out), Finish: "length", Logits: row}
		if m.tops > 0 {
			response.Logits, response.LogProbs = nil, m.likeliest(row)
		}
		if err := emit(response); err != nil {
			return err
		}
	}
	return nil
}

// likeliest is what a server would say of row.
func (m *model) likeliest(row []float32) []engine.LogProb {
	all := logits.LogSoftmax(row)
	var out []engine.LogProb
	for _, top := range logits.TopK(row, m.tops) {
		out = append(out, engine.LogProb{ID: top.ID, Text: m.Decode([]int32{top.ID}), LogProb: float32(all[top.ID])})
	}
	return out
}

// logits knows the right answer as the fixture's questions do: it stands in the text.
func (m *model) logits(r engine.Request) []float32 {
	plain := r.Tokens
	if m.bos {
		plain = plain[1:]
	}
	text := m.Decode(plain)
	h := fnv.New64a()
	h.Write([]byte(text))
	shared := rand.New(rand.NewPCG(h.Sum64(), 1))
	own := rand.New(rand.NewPCG(h.Sum64(), math.Float64bits(m.blur)))
	row := make([]float32, vocabulary)
	for i := range row {
		row[i] = float32(shared.NormFloat64() + m.blur*own.NormFloat64())
	}
	subject, right := ask(text)
	strength := 2.2
	if m.subject == "" || m.subject == subject {
		strength -= m.drop
	}
	for i := range int32(4) {
		row[letterToken+i] += 4
	}
	row[letterToken+right] += float32(strength)
	return row
}

// ask reads subject and right answer out of the last question of a prompt.
func ask(text string) (subject string, right int32) {
	at := len(text) - 1
	for ; at > 0 && text[at] != '?'; at-- {
	}
	start := at
	for ; start > 0 && text[start-1] != '\n'; start-- {
	}
	var number int
	fmt.Sscanf(text[start:at], "%s %d", &subject, &number)
	return subject, answerOf(number)
}

func answerOf(number int) int32 { return int32(number * 7 % 4) }

// dataset writes four subjects with n questions each in MMLU's folder layout.
func dataset(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for _, subject := range []string{"anatomy", "astronomy", "machine_learning", "virology"} {
		for kind, rows := range map[string]int{"dev": 5, "test": n} {
			path := filepath.Join(dir, kind, subject+"_"+kind+".csv")
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			f, err := os.Create(path)
			require.NoError(t, err)
			w := csv.NewWriter(f)
			for i := range rows {
				require.NoError(t, w.Write([]string{fmt.Sprintf("%s %d?", subject, i), "w", "x", "y", "z", string(rune('A' + answerOf(i)))}))
			}
			w.Flush()
			require.NoError(t, w.Error())
			require.NoError(t, f.Close())
		}
	}
	return dir
}

// evaluate runs the model with the given settings on the dataset; it may fail
// when the settings say so.
func evaluate(t testing.TB, dataset, label string, settings map[string]any) *run.Run {
	t.Helper()
	spec := run.Spec{
		Deployment: engine.Deployment{Name: label, Model: "none", Args: settings},
		Task:       task.Spec{Kind: "mmlu", Dataset: dataset},
	}
	r, err := run.Launch(t.Context(), spec, run.Options{Root: t.TempDir(), Name: label, Command: runtest.Command()})
	require.NoError(t, err)
	t.Cleanup(func() { r.Cancel() })
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	if err := r.Wait(ctx); settings["stop"] == nil {
		require.NoError(t, err)
	}
	return r
}
