package diagnose_test

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// toy answers every question right, and every second one wrong when all of the
// settings named in "breaks" are away from their plain values, always, or of the
// model that it names. "loses" is finer: with "attn_backend=5 =4" the first 5 are
// wrong with that backend, and the first 4 at any rate. "right" and "wrong" are
// the answers.
type toy struct {
	wrong        bool
	lost         int // so many of the first
	failsAt      int // request, 0 never
	right, other string
	quant        string
	dtype        string
	inForce      map[string]string
}

var plainSettings = map[string]string{"compile_backend": "torch-simple", "attn_backend": "torch", "enable_chunked_prefill": "false"}

func openToy(_ context.Context, d engine.Deployment, _ engine.Site) (engine.Engine, error) {
	settings, err := d.Settings()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"transforms", "model_kwargs", "compile_backend"} {
		if settings[name] != nil && d.Backend == "pytorch" {
			return nil, fmt.Errorf("pytorch has no setting %s", name)
		}
	}
	given := func(together string) bool {
		for _, key := range strings.Split(together, "+") {
			if v, given := settings[key]; key != "" && (!given || fmt.Sprint(v) == plainSettings[key]) {
				return false
			}
		}
		return true
	}
	text := func(key, otherwise string) string {
		if v, ok := settings[key].(string); ok {
			return v
		}
		return otherwise
	}
	breaks := text("breaks", "")
	wrong := breaks == "always" || breaks == "of "+d.Model
	for _, together := range strings.Split(breaks, " or ") {
		wrong = wrong || together != "" && given(together)
	}
	lost := 0
	for _, term := range strings.Fields(text("loses", "")) {
		together, count, _ := strings.Cut(term, "=")
		n, err := strconv.Atoi(count)
		if err != nil {
			return nil, err
		}
		if given(together) {
			lost = max(lost, n)
		}
	}
	inForce := map[string]string{"world_size": "1"}
	maps.Copy(inForce, plainSettings)
	for key, v := range settings {
		inForce[key] = fmt.Sprint(v)
	}
	dtype := fmt.Sprint(settings["dtype"])
	if kwargs, ok := settings["model_kwargs"].(map[string]any); ok {
		dtype = fmt.Sprint(kwargs["torch_dtype"])
	}
	failsAt, _ := settings["fails_at"].(int)
	return &toy{wrong, lost, failsAt, text("right", "B"), text("wrong", "C"), text("quant", ""), dtype, inForce}, nil
}

func (e *toy) Info() engine.Info {
	return engine.Info{Engine: "toy", Version: "1", Arch: "ToyForCausalLM", Quant: e.quant, Vocab: 256, Settings: e.inForce}
}

func (e *toy) Close() error { return nil }

func (e *toy) Encode(text string, _ bool) ([]int32, error) {
	ids := make([]int32, len(text))
	for i := range len(text) {
		ids[i] = int32(text[i])
	}
	return ids, nil
}

func (e *toy) Decode(ids []int32) string {
	var text []byte
	for _, id := range ids {
		text = append(text, byte(id))
	}
	return string(text)
}

func (e *toy) Generate(_ context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	for _, r := range requests {
		if e.failsAt > 0 && r.ID == e.failsAt {
			return errors.New("the toy fails")
		}
		answer := e.right
		if e.wrong && r.ID%2 == 0 || r.ID < e.lost {
			answer = e.other
		}
		tokens, err := e.Encode(answer, false)
		if err != nil {
			return err
		}
		if err := emit(engine.Response{ID: r.ID, Tokens: tokens, Text: answer, Finish: "length"}); err != nil {
			return err
		}
	}
	return nil
}

// toyTask is 40 questions whose answer is B.
func toyTask(t *testing.T) task.Spec {
	t.Helper()
	dir := t.TempDir()
	for kind, rows := range map[string]int{"dev": 5, "test": 40} {
		path := filepath.Join(dir, kind, "virology_"+kind+".csv")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		f, err := os.Create(path)
		require.NoError(t, err)
		w := csv.NewWriter(f)
		for i := range rows {
			require.NoError(t, w.Write([]string{fmt.Sprintf("%d?", i), "w", "x", "y", "z", "B"}))
		}
		w.Flush()
		require.NoError(t, w.Error())
		require.NoError(t, f.Close())
	}
	return task.Spec{Kind: "mmlu", Dataset: dir}
}

// toyRuns returns how runs of the toy are started, and a function that makes
// one on a task.
func toyRuns(t *testing.T, spec task.Spec) (run.Options, func(engine.Deployment) *run.Run) {
	t.Helper()
	options := run.Options{Root: t.TempDir(), Command: []string{os.Args[0], "execute-toy"}}
	return options, func(d engine.Deployment) *run.Run {
		r, err := run.Launch(t.Context(), run.Spec{Deployment: d, Task: spec}, options)
		require.NoError(t, err)
		require.NoError(t, r.Wait(t.Context()))
		return r
	}
}

func TestIsolationTellsOneComponentFromSeveralAndFromAnInteraction(t *testing.T) {
	options, evaluate := toyRuns(t, toyTask(t))
	base := evaluate(engine.Deployment{Name: "base", Model: "none"})
	for breaks, want := range map[string]struct {
		finding diagnose.Finding
		words   string
	}{
		"attn_backend":                    {diagnose.OneComponent, "attn_backend paged: with it alone the loss is there"},
		"attn_backend or compile_backend": {diagnose.SomeComponents, "Each of compile_backend torch-cudagraph and attn_backend paged alone"},
		"compile_backend or attn_backend+enable_chunked_prefill": {diagnose.SomeComponents,
			"With compile_backend torch-cudagraph alone the loss is there, and without, too (strip to compile_backend torch-simple: -50.0 points"},
		"attn_backend+compile_backend": {diagnose.Interaction, "no component alone takes it away"},
		"always":                       {diagnose.CorePath, "still wrong at the minimum"},
	} {
		t.Run(breaks, func(t *testing.T) {
			d := served(engine.Deployment{Name: "toy", Model: "none"}).With(breaks, "breaks")
			cmp, err := compare.Runs(evaluate(d), base)
			require.NoError(t, err)
			out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
			require.NoError(t, err)
			require.Equal(t, want.finding, out.Finding, out.Words)
			require.Contains(t, out.Words, want.words)
		})
	}
}

// toyLoss is a toy that loses every second answer, compared with one that does
// not.
func toyLoss(t *testing.T) *compare.Comparison {
	t.Helper()
	toy := func(breaks string) engine.Deployment {
		return engine.Deployment{Name: "toy" + breaks, Model: "none"}.With(breaks, "breaks")
	}
	return toyComparison(t, toy("always"), toy(""))
}

// toyComparison compares two toys.
func toyComparison(t *testing.T, test, base engine.Deployment) *compare.Comparison {
	t.Helper()
	_, evaluate := toyRuns(t, toyTask(t))
	var runs []*run.Run
	for _, d := range []engine.Deployment{test, base} {
		runs = append(runs, evaluate(d))
	}
	cmp, err := compare.Runs(runs[0], runs[1])
	require.NoError(t, err)
	return cmp
}

// The toy returns no logits: every probe says so, and the diagnosis stands on
// the runs alone.
func TestAnEngineWithoutLogitsLeavesProbesUnknown(t *testing.T) {
	out, err := diagnose.Run(t.Context(), toyLoss(t), diagnose.Options{Open: openToy})
	require.NoError(t, err)
	require.Contains(t, out.Probes[0].Failed, "no logits for probe prompt 0")
	require.NotContains(t, out.Facts, "engine.excess")
	require.Contains(t, out.MimeBundle().Plain(), "no result (reference: no logits for probe prompt 0), so its facts are unknown")
}

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// The card of a diagnosis without probes.
func TestTheCardReadsAsItShould(t *testing.T) {
	out, err := diagnose.Run(t.Context(), toyLoss(t), diagnose.Options{})
	require.NoError(t, err)
	bundle := out.MimeBundle()
	for name, got := range map[string]string{"card.txt": bundle.Plain(), "card.html": bundle.Data["text/html"].(string)} {
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(got+"\n"), 0o644))
		}
		require.Equal(t, readFile(t, path), got+"\n", name)
	}
}

// Where there is no loss, what to do next depends on what there is.
func TestWithoutALossTheNextStepIsSaid(t *testing.T) {
	spec := toyTask(t)
	options, evaluate := toyRuns(t, spec)
	base := evaluate(engine.Deployment{Name: "base", Model: "none"})
	worse := evaluate(engine.Deployment{Name: "worse", Model: "none"}.With("always", "breaks"))
	half, err := run.Launch(t.Context(), run.Spec{Deployment: engine.Deployment{Name: "half", Model: "none"}.With(11, "fails_at"), Task: spec}, options)
	require.NoError(t, err)
	require.ErrorContains(t, half.Wait(t.Context()), "the toy fails")
	for want, runs := range map[string][2]*run.Run{
		"It is the base that is worse: to find why, compare the two the other way round.":               {base, worse},
		"Both are one run, of which nothing can be seen so: compare it with another.":                   {base, base},
		"29 samples of half are not finished: Resume it, where nothing works on it, and compare again.": {half, base},
		"A loss of 5 points needs 268 samples (power 0.8, 5 % noise flips).":                            {evaluate(engine.Deployment{Name: "again", Model: "none"}), base},
	} {
		cmp, err := compare.Runs(runs[0], runs[1])
		require.NoError(t, err)
		out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: openToy})
		require.NoError(t, err)
		require.Empty(t, out.Suspects)
		require.Contains(t, out.Words, want)
	}
}
