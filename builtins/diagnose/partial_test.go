package diagnose_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// forgetful is a toy that has logits, and forgets what came before the last
// chunk of a prompt.
type forgetful struct {
	toy
	format string
	chunk  int // 0: prompts are whole
	nan    bool
}

func openForgetful(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	e, err := openToy(ctx, d, at)
	if err != nil {
		return nil, err
	}
	settings, err := d.Settings()
	if err != nil {
		return nil, err
	}
	out := &forgetful{toy: *e.(*toy), format: "bfloat16", nan: settings["nan"] == true}
	if kwargs, ok := settings["model_kwargs"].(map[string]any); ok {
		out.format = fmt.Sprint(kwargs["torch_dtype"])
	}
	if settings["enable_chunked_prefill"] == true {
		out.chunk = settings["max_num_tokens"].(int)
	}
	return out, nil
}

func (e *forgetful) Info() engine.Info {
	info := e.toy.Info()
	info.DType, info.Settings = e.format, maps.Clone(info.Settings)
	return info
}

func (e *forgetful) Generate(_ context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	for _, r := range requests {
		seen, answer := r.Tokens, int32('B')
		if e.chunk > 0 && len(seen) > e.chunk {
			seen, answer = seen[(len(seen)-1)/e.chunk*e.chunk:], 'C'
		}
		h := fnv.New64a()
		for _, id := range seen {
			h.Write([]byte{byte(id)})
		}
		row := make([]float32, 256)
		for i := range row {
			row[i] = float32(math.Sin(float64(h.Sum64()%1e6) * float64(i+1)))
			if e.format == "bfloat16" {
				row[i] = math.Float32frombits(math.Float32bits(row[i]) &^ 0xFFFF)
			}
		}
		if e.nan && r.ID%2 == 0 {
			row[0], answer = float32(math.NaN()), 'C'
		}
		if err := emit(engine.Response{ID: r.ID, Tokens: []int32{answer}, Text: e.Decode([]int32{answer}), Finish: "length", Logits: row}); err != nil {
			return err
		}
	}
	return nil
}

// Three of ten prompts are longer than a chunk, and only these are lost: the
// median prompt is right, and the deployment is not.
func TestAFaultThatTouchesAFewPromptsIsShown(t *testing.T) {
	var lines strings.Builder
	for i := range 80 {
		question := fmt.Sprint("What is ", i)
		if i%10 < 3 {
			question = strings.Repeat(question+" and ", 30)
		}
		fmt.Fprintf(&lines, `{"question": %q, "choices": ["w", "x", "y", "z"], "answer": "B"}`+"\n", question)
	}
	path := filepath.Join(t.TempDir(), "mine.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(lines.String()), 0o644))
	options := run.Options{Root: t.TempDir(), Command: []string{os.Args[0], "execute-forgetful"}}
	evaluate := func(d engine.Deployment) *run.Run {
		r, err := run.Launch(t.Context(), run.Spec{Deployment: d, Task: task.Spec{Kind: "questions", Dataset: path}}, options)
		require.NoError(t, err)
		require.NoError(t, r.Wait(t.Context()))
		return r
	}
	chunked := engine.Deployment{Name: "chunked", Model: "none"}.With(true, "enable_chunked_prefill").With(256, "max_num_tokens")
	cmp, err := compare.Runs(evaluate(chunked), evaluate(engine.Deployment{Name: "base", Model: "none"}))
	require.NoError(t, err)
	require.Equal(t, 24, cmp.Pairs.Losses)

	out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: openForgetful})
	require.NoError(t, err)
	t.Log("\n" + out.MimeBundle().Plain())
	require.Equal(t, 8.0, out.Facts["engine.prompts"].Value)
	require.Equal(t, 4.0, out.Facts["engine.prompts_wrong"].Value)
	require.Equal(t, "chunked-prefill", out.Suspects[0].Name)
	require.Equal(t, diagnose.Shown, out.Suspects[0].Standing)
	require.Contains(t, out.Suspects[0].For[0].Words, "With whole prompts in one step the logits are right")
	require.Contains(t, out.Suspects[0].For[1].Words, "Prompts of more than max_num_tokens tokens change by -100.0 points, those that fit a step by +0.0 points")
	for _, s := range out.Suspects[1:] {
		require.NotContains(t, []diagnose.Standing{diagnose.Shown, diagnose.Likely}, s.Standing, "%+v", s)
	}
}

// The base's engine tells no logits, as servers do.
func TestNaNIsSeenBesideABaseWithoutLogits(t *testing.T) {
	spec := toyTask(t)
	root := t.TempDir()
	evaluate := func(d engine.Deployment, command string) *run.Run {
		r, err := run.Launch(t.Context(), run.Spec{Deployment: d, Task: spec}, run.Options{Root: root, Command: []string{os.Args[0], command}})
		require.NoError(t, err)
		require.NoError(t, r.Wait(t.Context()))
		return r
	}
	test := evaluate(engine.Deployment{Name: "nan", Model: "none"}.With(true, "nan"), "execute-forgetful")
	cmp, err := compare.Runs(test, evaluate(engine.Deployment{Name: "base", Model: "none"}, "execute-toy"))
	require.NoError(t, err)
	out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{})
	require.NoError(t, err)
	require.Equal(t, 0.5, out.Facts["output.nan"].Value)
	require.NotContains(t, out.Facts, "output.base_nan")
	require.True(t, out.Outputs[5].Present)
	require.Equal(t, "NaN or Inf logits in 20 of 40 test outputs; the base run has no logits", out.Outputs[5].Words)
	require.Equal(t, "nan-transform", out.Suspects[0].Name)
	require.Contains(t, out.Suspects[0].For[0].Words, "Logits hold NaN or Inf in 50 % of the test samples (of the base's: unknown).")
}
