package run

import (
	"context"
	"encoding/csv"
	"errors"
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
	"adkernel/builtins/task"
)

// TestMain lets the test binary be the process that Launch starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "execute-run" {
		if err := Execute(context.Background(), os.Args[2], openHashEngine); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 4 && os.Args[1] == "import-half" {
		importHalf(os.Args[2], os.Args[3])
	}
	if len(os.Args) == 6 && os.Args[1] == hostVerb {
		if err := OnHost(context.Background(), os.Stdout, Options{}, os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hashEngine answers every prompt from a generator seeded with its tokens: as
// deterministic as a model, and fast. Its tokens are bytes, but for the four
// answers.
type hashEngine struct {
	vocab   int
	work    int // rounds of useless work a sample
	delay   int // milliseconds a sample
	failAt  int // sample at which Generate fails, -1 never
	panicAt int
	stallAt int // sample before which Generate waits to be cancelled
	nanAt   int // sample with a NaN logit
	rowless int // not 0: no logits are given, as by a server
	abortAt int // sample whose output is ended as by a server, -1 none
}

const (
	tokenBOS     = 256
	tokenLetterA = 257
	tokenCount   = 261
)

func openHashEngine(_ context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	at.Logf("the engine's GPUs: %q", at.Devices)
	at.Logf("the engine's key: %d bytes", len(os.Getenv("OPENAI_API_KEY")))
	e := &hashEngine{vocab: tokenCount, failAt: -1, panicAt: -1, stallAt: -1, nanAt: -1, abortAt: -1}
	settings, err := d.Settings()
	if err != nil {
		return nil, err
	}
	fields := map[string]*int{"vocab": &e.vocab, "work": &e.work, "delay": &e.delay, "fail_at": &e.failAt, "panic_at": &e.panicAt, "stall_at": &e.stallAt, "nan_at": &e.nanAt, "rowless": &e.rowless, "abort_at": &e.abortAt}
	for key, value := range settings {
		n, ok := value.(int)
		if !ok || fields[key] == nil {
			return nil, fmt.Errorf("setting %s: %v (%T)", key, value, value)
		}
		*fields[key] = n
	}
	return e, nil
}

func (e *hashEngine) Info() engine.Info {
	info := engine.Info{Engine: "hash", Version: "1", Model: "none", Vocab: e.vocab}
	if e.rowless != 0 {
		info.Vocab = 0
	}
	return info
}

func (e *hashEngine) Encode(text string, special bool) ([]int32, error) {
	var ids []int32
	if special {
		ids = append(ids, tokenBOS)
	}
	for i := 0; i < len(text); i++ {
		if text[i] == ' ' && i+1 < len(text) && text[i+1] >= 'A' && text[i+1] <= 'D' {
			ids = append(ids, tokenLetterA+int32(text[i+1]-'A'))
			i++
			continue
		}
		ids = append(ids, int32(text[i]))
	}
	return ids, nil
}

func (e *hashEngine) Decode(ids []int32) string {
	var text []byte
	for _, id := range ids {
		switch {
		case id < 256:
			text = append(text, byte(id))
		case id >= tokenLetterA && id < tokenCount:
			text = append(text, ' ', 'A'+byte(id-tokenLetterA))
		}
	}
	return string(text)
}

func (e *hashEngine) row(ids []int32) []float32 {
	h := fnv.New64a()
	h.Write(idBytes(ids))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	row := make([]float32, e.vocab)
	for range e.work + 1 {
		for i := range row {
			row[i] = float32(rng.NormFloat64())
		}
	}
	return row
}

func (e *hashEngine) Generate(ctx context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	for _, r := range requests {
		switch r.ID {
		case e.failAt:
			return errors.New("device lost")
		case e.panicAt:
			panic("index out of range")
		case e.stallAt:
			<-ctx.Done()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		time.Sleep(time.Duration(e.delay) * time.Millisecond)
		row := e.row(r.Tokens)
		if r.ID == e.nanAt {
			row[0] = float32(math.NaN())
		}
		best := logits.TopK(row[tokenLetterA:tokenCount], 1)[0].ID + tokenLetterA
		response := engine.Response{ID: r.ID, Tokens: []int32{best}, Text: e.Decode([]int32{best}), Finish: "length", Logits: row}
		if e.rowless != 0 {
			response.Logits = nil
		}
		if r.ID == e.abortAt {
			response.Finish = "abort"
		}
		if err := emit(response); err != nil {
			return err
		}
	}
	return nil
}

func (e *hashEngine) Close() error { return nil }

// dataset writes a task in MMLU's folder layout with n questions in each of two subjects.
func dataset(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for _, subject := range []string{"astronomy", "virology"} {
		writeCSV(t, filepath.Join(dir, "dev", subject+"_dev.csv"), subject, 5)
		writeCSV(t, filepath.Join(dir, "test", subject+"_test.csv"), subject, n)
	}
	return dir
}

func writeCSV(t testing.TB, path, subject string, n int) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	w := csv.NewWriter(f)
	for i := range n {
		answer := string("ABCD"[i*7%4])
		require.NoError(t, w.Write([]string{fmt.Sprintf("%s number %d?", subject, i), "w", "x", "y", "z", answer}))
	}
	w.Flush()
	require.NoError(t, w.Error())
}

func testSpec(dataset string, settings map[string]any) Spec {
	return Spec{
		Deployment: engine.Deployment{Name: "hash engine", Model: "none", Args: settings},
		Task:       task.Spec{Kind: "mmlu", Dataset: dataset},
	}
}

func testOptions(t testing.TB) Options {
	t.Helper()
	return Options{Root: t.TempDir(), Command: []string{os.Args[0], "execute-run"}}
}

// launch starts a run, and ends it with the test.
func launch(t testing.TB, spec Spec, options Options) *Run {
	t.Helper()
	r, err := Launch(t.Context(), spec, options)
	require.NoError(t, err)
	t.Cleanup(func() { r.Cancel() })
	return r
}

// executed runs to the end.
func executed(t testing.TB, spec Spec, options Options) *Run {
	t.Helper()
	r := launch(t, spec, options)
	require.NoError(t, r.Wait(deadline(t)))
	return r
}

// deadline bounds what would otherwise hang a broken test.
func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	return ctx
}

// until polls the run until enough samples are finished.
func until(t testing.TB, r *Run, done int) {
	t.Helper()
	untilDone(t, deadline(t), r, done)
}

func untilDone(t testing.TB, ctx context.Context, r *Run, done int) {
	t.Helper()
	for {
		p, err := r.Progress()
		require.NoError(t, err)
		if p.Done >= done {
			return
		}
		require.Falsef(t, p.Status.Ended(), "the run ended with %d samples", p.Done)
		require.NoError(t, ctx.Err())
		time.Sleep(time.Millisecond) // leaves the processor to the run
	}
}
