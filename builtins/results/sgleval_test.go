package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
)

// predictions are the lines of sgl-eval of some questions, in an order of theirs,
// of which those in wrong are wrong.
func predictions(t *testing.T, order []int, wrong ...int) string {
	t.Helper()
	var out strings.Builder
	for _, i := range order {
		correct, found := true, any(fmt.Sprint(i))
		for _, w := range wrong {
			if w == i {
				correct, found = false, nil
			}
		}
		fmt.Fprintln(&out, jsonOf(t, map[string]any{
			"generation": fmt.Sprintf("So \\boxed{%d}", i), "id": fmt.Sprintf("gsm8k-%d", i), "expected_answer": fmt.Sprint(i), "num_generated_tokens": 7,
			"num_reasoning_tokens": 0, "num_answer_tokens": 7, "problem": fmt.Sprintf("%d + 0?", i), "generation_start_time": 1.5, "generation_end_time": 2.5,
			"predicted_answer": found, "symbolic_correct": correct,
		}))
	}
	return out.String()
}

// inRunDirectory puts files where sgl-eval does.
func inRunDirectory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sgl_eval_gsm8k_20261127-030405")
	require.NoError(t, os.Mkdir(dir, 0o755))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// Lines are in the order in which the answers came, another one in each run.
func TestPredictionsOfSGLEvalBecomeARun(t *testing.T) {
	metrics := `{"name": "gsm8k", "aggregate": {"score": 0.75}, "latency_seconds": 3.5}`
	r, samples := imported(t, options(t), inRunDirectory(t, map[string]string{"output-rs0.jsonl": predictions(t, []int{2, 0, 10, 1}, 10), "metrics.json": metrics}))
	require.Len(t, samples, 4)
	for i, question := range []int{0, 1, 2, 10} {
		s := samples[i]
		require.Equal(t, []int{i, question}, []int{s.Index, s.Question})
		require.Equal(t, "gsm8k", s.Subject)
		require.Equal(t, fmt.Sprint(question), s.Ref)
		require.Equal(t, fmt.Sprintf("So \\boxed{%d}", question), s.Output)
		require.Equal(t, question != 10, s.Correct)
	}
	require.Equal(t, "2", samples[2].Extracted)
	require.Empty(t, samples[3].Extracted)

	base, _ := imported(t, options(t), inRunDirectory(t, map[string]string{"output-rs0.jsonl": predictions(t, []int{10, 1, 2, 0}, 1)}))
	c, err := compare.Runs(r, base)
	require.NoError(t, err)
	require.Equal(t, 4, c.N)
	require.Equal(t, 2, c.Pairs.BothRight)

	o := options(t)
	o.Limit = 2
	_, samples = imported(t, o, inRunDirectory(t, map[string]string{"output-rs0.jsonl": predictions(t, []int{2, 0, 10, 1})}))
	require.Len(t, samples, 2)
	require.Equal(t, 1, samples[1].Question)

	one := predictions(t, []int{3})
	refused(t, "2 files of sgl-eval predictions", options(t), inRunDirectory(t, map[string]string{"output-rs0.jsonl": one, "output-rs1.jsonl": one}))
	refused(t, `line 2: ids "gsm8k-3" and "gsm8k-3" are of one question`, options(t), file(t, "output-rs0.jsonl", one+one))
	refused(t, "line 1: no id, or no problem", options(t), file(t, "output-rs0.jsonl", strings.Replace(one, `"id"`, `"name"`, 1)))
	refused(t, `line 1: id "gsm8k-x": want one that ends with the number`, options(t), file(t, "output-rs0.jsonl", strings.Replace(one, `gsm8k-3`, `gsm8k-x`, 1)))
	refused(t, "line 1: not a prediction of sgl-eval: want problem", options(t), file(t, "output-rs0.jsonl", strings.Replace(one, `"problem"`, `"question"`, 1)))
	refused(t, "half of a surrogate pair", options(t), file(t, "output-rs0.jsonl", strings.Replace(one, "So ", `\ud800`, 1)))
	refused(t, "it holds averages and no samples", options(t), file(t, "metrics.json", metrics))
	refused(t, "it holds averages and no samples", options(t), file(t, "mmlu_served.json", `{"STEM": 0.5, "score": 0.5, "score:std": 0.1, "latency": 12.5, "output_throughput": 4}`))
}
