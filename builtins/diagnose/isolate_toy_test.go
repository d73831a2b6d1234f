package diagnose_test

import (
	"fmt"
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

// toyDeployment is a toy with two settings that can be stripped.
func toyDeployment(loses string) engine.Deployment {
	return engine.Deployment{Name: "toy", Model: "none"}.With("torch-cudagraph", "compile_backend").With("paged", "attn_backend").With(loses, "loses")
}

// That a step shows no loss does not mean that it has none: the run as deployed
// must be below it.
func TestAnIsolationOfTooFewQuestionsNamesNobody(t *testing.T) {
	options, evaluate := toyRuns(t, toyTask(t))
	base := evaluate(engine.Deployment{Name: "base", Model: "none"})
	for name, want := range map[string]struct {
		loses   string
		finding diagnose.Finding
		culprit string
		words   []string
	}{
		"stripped, one answer less is wrong": {"attn_backend=5 =4", diagnose.Underpowered, "",
			[]string{"Underpowered: with everything stripped, no loss shows against the base (-10.0 points, one-sided exact McNemar p = 0.0625, n = 40), " +
				"and as deployed none shows against that run either (-2.5 points, one-sided exact McNemar p = 0.5, n = 40). These questions detect the observed loss with power 0.",
				": compare runs of more questions first."}},
		"alone, half of the loss": {"attn_backend+compile_backend=8 attn_backend=4", diagnose.Underpowered, "",
			[]string{"Underpowered: stripping everything recovers the accuracy, but with attn_backend paged alone, no loss shows against the base (-10.0 points"}},
		"a culprit, and one that may be": {"attn_backend=7 compile_backend=4", diagnose.OneComponent, "attn_backend paged",
			[]string{"attn_backend paged: with it alone the loss is there", ". Whether compile_backend torch-cudagraph alone does too, 40 questions do not tell."}},
		"a culprit": {"attn_backend=5", diagnose.OneComponent, "attn_backend paged", []string{"with everything stripped it is not (+0.0 points, "}},
	} {
		t.Run(name, func(t *testing.T) {
			d := toyDeployment(want.loses)
			cmp, err := compare.Runs(evaluate(d), base)
			require.NoError(t, err)
			out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
			require.NoError(t, err)
			require.Equal(t, want.finding, out.Finding, out.Words)
			require.Equal(t, want.culprit, out.Culprit)
			for _, words := range want.words {
				require.Contains(t, out.Words, words)
			}
			require.Nil(t, out.Steps[0].Deployed)
			for _, s := range out.Steps[1:] {
				require.False(t, s.Lost && s.Recovered)
				require.Equal(t, !s.Lost, s.Deployed != nil, s.Name)
			}
		})
	}
}

// gsm8kTask is 40 questions whose answer is 7, and 5 worked ones.
func gsm8kTask(t *testing.T) task.Spec {
	t.Helper()
	dir := t.TempDir()
	for split, rows := range map[string]int{"train": 5, "test": 40} {
		var text strings.Builder
		for i := range rows {
			fmt.Fprintf(&text, `{"question": "%s %d?", "answer": "3 + 4\n#### 7"}`+"\n", split, i)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, split+".jsonl"), []byte(text.String()), 0o644))
	}
	return task.Spec{Kind: "gsm8k", Dataset: dir}
}

// The task's own filter finds every answer right, so the runs of the isolation
// must be judged by the comparison's.
func TestAnIsolationJudgesByTheFilterOfItsComparison(t *testing.T) {
	options, evaluate := toyRuns(t, gsm8kTask(t))
	by := func(d engine.Deployment) *run.Run {
		r, err := evaluate(d.With("#### 7", "right").With("it is 7", "wrong")).By("strict-match")
		require.NoError(t, err)
		return r
	}
	d := toyDeployment("attn_backend=20").With("#### 7", "right").With("it is 7", "wrong")
	cmp, err := compare.Runs(by(d), by(engine.Deployment{Name: "base", Model: "none"}))
	require.NoError(t, err)
	require.Equal(t, 20, cmp.Pairs.Losses)
	out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
	require.NoError(t, err)
	require.Equal(t, "attn_backend paged", out.Culprit, out.Words)
	for _, s := range out.Steps {
		require.Equal(t, "filter strict-match", s.Comparison.Test.JudgedBy(), s.Name)
	}
}

// Neither an import nor a run of another deployment tells that the model is
// quantized.
func TestAnIsolationAsksWhetherTheDeployedModelIsQuantized(t *testing.T) {
	options, evaluate := toyRuns(t, toyTask(t))
	base := evaluate(engine.Deployment{Name: "base", Model: "bf16"})
	cmp, err := compare.Runs(evaluate(engine.Deployment{Name: "another", Model: "lossy"}.With("always", "breaks")), base)
	require.NoError(t, err)
	out, err := diagnose.Isolate(t.Context(), engine.Deployment{Name: "fp8", Model: "fp8"}.With("of fp8", "breaks").With("FP8", "quant"), cmp, diagnose.IsolateOptions{Run: options})
	require.NoError(t, err)
	require.Equal(t, diagnose.Quantization, out.Finding, out.Words)
	require.Equal(t, "strip to fake quantization", out.Steps[1].Name)
}

// What cannot be carried out is refused before anything is launched.
func TestAnIsolationThatCannotBeIsRefused(t *testing.T) {
	spec := toyTask(t)
	options, evaluate := toyRuns(t, spec)
	d := toyDeployment("attn_backend=20")
	base, test := evaluate(engine.Deployment{Name: "base", Model: "none"}), evaluate(d)
	cmp, err := compare.Runs(test, base)
	require.NoError(t, err)

	scorer := task.NewScorer("func(answer string, q Question) bool { return answer == q.Ref }", func(answer string, q task.Question) bool { return answer == q.Ref })
	var attached []*run.Run
	for _, r := range []*run.Run{test, base} {
		require.NoError(t, r.Rescore(scorer))
		again, err := run.Attach(r.Dir()) // in another session, which has the verdicts and not the function
		require.NoError(t, err)
		attached = append(attached, again)
	}
	judged, err := compare.Runs(attached[0], attached[1])
	require.NoError(t, err)
	require.Equal(t, compare.RealLoss, judged.Verdict.Outcome)

	for _, refused := range []struct {
		cmp     *compare.Comparison
		samples int
		want    string
	}{
		{cmp, 41, "isolate toy: samples 41: the comparison has 40: compare runs of as many questions first"},
		{cmp, -1, "isolate toy: samples -1: want 1 or more"},
		{judged, 0, "isolate toy: the answers are judged by a function that is not in this session"},
	} {
		options.Root = t.TempDir()
		_, err := diagnose.Isolate(t.Context(), d, refused.cmp, diagnose.IsolateOptions{Run: options, Samples: refused.samples})
		require.ErrorContains(t, err, refused.want)
		launched, err := os.ReadDir(options.Root)
		require.NoError(t, err)
		require.Empty(t, launched)
	}
}

// How a server computes is none of its deployment's settings, so that it was at
// no minimum where it has none.
func TestAnIsolationOfAServerStripsNothing(t *testing.T) {
	server := engine.Deployment{Name: "server", Model: "none", Backend: "openai", URL: "http://host:8000/v1"}
	out, err := diagnose.Isolate(t.Context(), server, toyLoss(t), diagnose.IsolateOptions{Run: run.Options{Root: t.TempDir()}})
	require.NoError(t, err)
	require.Equal(t, diagnose.Incomplete, out.Finding)
	require.Empty(t, out.Steps)
	require.Contains(t, out.MimeBundle().Plain(), "nothing was run: how http://host:8000/v1 serves the model is set where it is started")
}
