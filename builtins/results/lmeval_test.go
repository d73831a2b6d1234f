package results

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

func TestMultipleChoiceSamplesOfLMEvalBecomeARun(t *testing.T) {
	r, samples := imported(t, options(t), lmChoice, lmScores)
	require.Len(t, samples, 4)
	first := samples[0]
	require.Equal(t, "tinyqa", first.Subject)
	require.Equal(t, "42", first.Ref)
	require.Equal(t, " 42", first.Output)
	require.True(t, first.Correct)
	require.Equal(t, []run.Choice{
		{Text: " 42", LogLikelihood: -28.162504196166992}, {Text: " 43", LogLikelihood: -29.90660285949707},
		{Text: " 41", LogLikelihood: -30.082937240600586}, {Text: " 360", LogLikelihood: -45.88550662994385},
	}, first.Choices)
	require.InDelta(t, 29.90660285949707-28.162504196166992, first.Margin, 1e-6)
	text, err := r.PromptText(0)
	require.NoError(t, err)
	require.Equal(t, "12+30=", text)

	spec := r.Spec()
	require.Equal(t, "tiny", spec.Deployment.Model)
	require.Equal(t, "lm-eval 0.4.13", spec.Import.Evaluator)
	require.Equal(t, "acc", spec.Import.Metric)
	require.Len(t, spec.Import.Sources, 2)
	require.Len(t, spec.Import.Sources[0].SHA256, 64)
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, run.Done, state.Status)
	require.NoError(t, r.Wait(t.Context()))
}

func TestGeneratedSamplesOfLMEvalBecomeARun(t *testing.T) {
	_, samples := imported(t, options(t), lmText, lmScores)
	require.Len(t, samples, 4)
	require.Equal(t, "42", samples[0].Ref)
	require.Equal(t, "?", samples[0].Output)
	require.False(t, samples[0].Correct)
	require.True(t, math.IsNaN(float64(samples[0].Margin)))
}

func TestWhatAnImportLacksIsNotAvailable(t *testing.T) {
	r, _ := imported(t, options(t), lmChoice)
	for what, ask := range map[string]func() error{
		run.TheLogits:     func() error { _, err := r.LogitRow(0); return err },
		run.TheTokenIDs:   func() error { _, err := r.PromptTokens(0); return err },
		run.TheTokenTexts: func() error { _, err := r.TokenTexts(); return err },
	} {
		err := ask()
		require.ErrorIs(t, err, run.ErrNotAvailable)
		require.ErrorContains(t, err, "not available: "+what+": lm-eval's samples hold")
	}
	require.ErrorContains(t, r.Resume(t.Context(), run.Options{}), "its results were imported")
	in, err := compare.Inspect(r, nil, 1)
	require.NoError(t, err)
	require.Contains(t, in.MimeBundle().Plain(), "not available: logits")
	require.Contains(t, in.MimeBundle().Plain(), "5+6=")
}

func TestTwoImportsAreCompared(t *testing.T) {
	base, _ := imported(t, options(t), lmChoice, lmScores)
	worse := file(t, "samples_tinyqa_2026-11-24T00-00-00.000000.jsonl", edited(t, lmChoice, `"acc": 1.0`, `"acc": 0.0`))
	test, _ := imported(t, options(t), worse)
	c, err := compare.Runs(test, base)
	require.NoError(t, err)
	require.Equal(t, 4, c.N)
	require.Equal(t, 1, c.Pairs.Losses)
	require.NotNil(t, c.Margins)
	require.Contains(t, c.MimeBundle().Plain(), "not available: neither run has logits")
	require.Contains(t, jsonOf(t, c), `"test_nan":null`)
	require.Equal(t, []string{"for 1 samples the likeliest answer is not the one that acc judged"}, test.Spec().Import.Notes)

	asked := file(t, "samples_tinyqa_2026-11-24T00-00-00.000000.jsonl", strings.ReplaceAll(whole(t, lmChoice), "12+30=", "12 + 30 ="))
	other, _ := imported(t, options(t), asked)
	_, err = compare.Runs(other, base)
	require.ErrorContains(t, err, `1 of 4 prompts differ`)
	require.ErrorContains(t, err, `byte 2 of the text: " + 30 =" in`)
}

func TestResultsThatContradictTheSamplesAreRefused(t *testing.T) {
	cut := whole(t, lmChoice)
	cut = strings.Join(strings.SplitAfter(cut, "\n")[:3], "")
	refused(t, "3 samples, and the results file says 4", options(t), file(t, "samples_tinyqa_2026-11-23T16-46-29.190442.jsonl", cut), lmScores)
	worse := edited(t, lmChoice, `"acc": 1.0`, `"acc": 0.0`)
	refused(t, "the samples' acc is 0.250000, and the results file says 0.500000", options(t), file(t, "samples_tinyqa_2026-11-23T16-46-29.190442.jsonl", worse), lmScores)
	refused(t, "has no task other", options(t), file(t, "samples_other.jsonl", whole(t, lmChoice)), lmScores)
}

func TestFiltersAndMetricsAreChosenByName(t *testing.T) {
	line := func(doc, filter, extracted string, match float64) string {
		return jsonOf(t, map[string]any{
			"doc_id": doc[0] - '0', "doc": map[string]any{}, "target": "42", "arguments": map[string]any{"gen_args_0": map[string]any{"arg_0": "q" + doc, "arg_1": map[string]any{"until": []string{"\n"}}}},
			"resps": [][]string{{"it is 42."}}, "filtered_resps": []string{extracted}, "filter": filter, "metrics": []string{"exact_match"}, "exact_match": match,
		}) + "\n"
	}
	text := line("0", "strict-match", "[invalid]", 0) + line("1", "strict-match", "42", 1) + line("0", "flexible-extract", "42", 1) + line("1", "flexible-extract", "42", 1)
	path := file(t, "samples_gsm8k_2026-01-01T00-00-00.000000.jsonl", text)
	refused(t, "several of filter (flexible-extract, strict-match): choose one with --filter", options(t), path)
	o := options(t)
	o.Filter = "strict-match"
	_, samples := imported(t, o, path)
	require.Len(t, samples, 2)
	require.Equal(t, "[invalid]", samples[0].Extracted)
	require.False(t, samples[0].Correct)
	require.Equal(t, []task.Verdict{{Filter: "flexible-extract", Answer: "42", Correct: true}, {Filter: "strict-match", Answer: "[invalid]"}}, samples[0].Verdicts)

	// Both filters' lines are written again, each with its score.
	r, _ := imported(t, o, path)
	folder := t.TempDir()
	_, err := WriteLMEval(r, folder)
	require.NoError(t, err)
	o = options(t)
	o.Filter = "flexible-extract"
	again, flexible := imported(t, o, folder)
	require.True(t, flexible[0].Correct)
	require.Equal(t, samples[0].Verdicts, flexible[0].Verdicts)
	strict, err := again.By("strict-match")
	require.NoError(t, err)
	p, err := strict.Progress()
	require.NoError(t, err)
	require.Equal(t, 1, p.Correct)

	o = options(t)
	o.Filter = "none"
	refused(t, `no filter "none": there are flexible-extract, strict-match`, o, path)

	o = options(t)
	o.Metric = "acc_norm"
	r, _ = imported(t, o, lmChoice)
	require.Equal(t, "acc_norm", r.Spec().Import.Metric)
	refused(t, "judged differently one by one", options(t), lmChoice, lmText)
}

func TestSamplesFilesOfAGroupAreTheSubjectsOfOneRun(t *testing.T) {
	text := whole(t, lmChoice)
	a := file(t, "samples_mmlu_anatomy_2026-01-01T00-00-00.000000.jsonl", text)
	b := file(t, "samples_mmlu_virology_2026-01-01T00-00-00.000000.jsonl", text)
	r, samples := imported(t, options(t), a, b)
	require.Equal(t, "mmlu", r.Spec().Task.Kind)
	require.Len(t, samples, 8)
	require.Equal(t, "mmlu_anatomy", samples[0].Subject)
	require.Equal(t, "mmlu_virology", samples[7].Subject)
	refused(t, "are both of task mmlu_anatomy", options(t), a, file(t, filepath.Base(a), text))
}

// The files of lm-eval 0.4.0: numbers are numbers, arguments a list, and
// neither filter nor metrics are named.
func TestOlderSamplesFilesAreRead(t *testing.T) {
	line := `{"doc_id": 0, "doc": {}, "target": 1, "arguments": [["q", " a"], ["q", " b"]], "resps": [[[-1.5, false]], [[-Infinity, true]]], "filtered_resps": [[-1.5, false], [-Infinity, true]], "acc": 0.0, "acc_norm": NaN}` + "\n"
	_, samples := imported(t, options(t), file(t, "samples_old.jsonl", line))
	require.Equal(t, "b", samples[0].Ref)
	require.Equal(t, " a", samples[0].Output)
	require.Equal(t, math.Inf(-1), samples[0].Choices[1].LogLikelihood)
	require.Equal(t, math.Inf(-1), float64(samples[0].Margin))
	o := options(t)
	o.Metric = "acc_norm"
	refused(t, "acc_norm is NaN: only metrics that are 0 or 1", o, file(t, "samples_old.jsonl", line))
	for _, metrics := range []string{`["bypass"], "bypass": null`, `[]`} {
		line := `{"doc_id": 0, "arguments": {"gen_args_0": {"arg_0": "q", "arg_1": {}}}, "resps": [["a"]], "filter": "none", "metrics": ` + metrics + `}`
		refused(t, "doc 0: no metric: nothing was judged (--predict_only)", o, file(t, "samples_predicted.jsonl", line))
	}
}

func TestSamplesWithoutAContextAreAskedByTheirChoices(t *testing.T) {
	line := `{"doc_id": 0, "doc": {}, "target": 0, "arguments": [["", "Cats sleep."], ["", "Cats sleeps."]], "resps": [[[-1.5, false]], [[-2.5, false]]], "filtered_resps": [[-1.5, false], [-2.5, false]], "acc": 1.0}` + "\n"
	r, samples := imported(t, options(t), file(t, "samples_blimp.jsonl", line))
	require.True(t, samples[0].Correct)
	text, err := r.PromptText(0)
	require.NoError(t, err)
	require.Equal(t, "Cats sleep.\nCats sleeps.", text)

	refused(t, "sample 0: prompt of 0 ids", options(t), file(t, "samples_empty.jsonl",
		`{"doc_id": 0, "doc": {}, "target": "a", "arguments": [["", {"until": []}]], "resps": [["a"]], "filtered_resps": ["a"], "exact_match": 1.0}`+"\n"))
}

// As winogrande asks: one text behind each of two prompts, which is the target.
func TestOneTextBehindSeveralPromptsIsAChoiceOfThese(t *testing.T) {
	line := func(doc int, first, second string, acc float64) string {
		return fmt.Sprintf(`{"doc_id": %d, "doc": {}, "target": "is tall.", "arguments": {"gen_args_0": {"arg_0": "They met. Anna", "arg_1": " is tall."}, "gen_args_1": {"arg_0": "They met. Bob", "arg_1": " is tall."}}, `+
			`"resps": [[[%q, "False"]], [[%q, "False"]]], "filtered_resps": [], "filter": "none", "metrics": ["acc"], "acc": %.1f}`+"\n", doc, first, second, acc)
	}
	r, samples := imported(t, options(t), file(t, "samples_wino.jsonl", line(0, "-2", "-1.5", 1)+line(1, "-2", "-1.5", 0)))
	text, err := r.PromptText(0)
	require.NoError(t, err)
	require.Equal(t, "They met.", text)
	require.Equal(t, []run.Choice{{Text: " Anna is tall.", Given: " Anna", LogLikelihood: -2}, {Text: " Bob is tall.", Given: " Bob", LogLikelihood: -1.5}}, samples[0].Choices)
	require.Equal(t, " Bob is tall.", samples[0].Output)
	require.Equal(t, []string{"Bob is tall.", "Anna is tall."}, []string{samples[0].Ref, samples[1].Ref})
	require.Equal(t, []float32{.5, -.5}, []float32{samples[0].Margin, samples[1].Margin})

	dir := t.TempDir()
	_, err = WriteLMEval(r, dir)
	require.NoError(t, err)
	_, again := imported(t, options(t), dir)
	require.Equal(t, samples, again)
}

func TestTheSpaceOfAChoiceCountsWhereItCountedForTheHarness(t *testing.T) {
	// -2/2 against -9/8 with their spaces, and -2/1 against -9/7 without.
	line := `{"doc_id": 0, "doc": {}, "target": "0", "arguments": {"gen_args_0": {"arg_0": "q", "arg_1": " a"}, "gen_args_1": {"arg_0": "q", "arg_1": " abcdefg"}}, ` +
		`"resps": [[["-2", "False"]], [["-9", "False"]]], "filtered_resps": [], "filter": "none", "metrics": ["acc_norm"], "acc_norm": 1.0}` + "\n"
	r, samples := imported(t, options(t), file(t, "samples_x.jsonl", line))
	require.Equal(t, " a", samples[0].Output)
	require.Empty(t, r.Spec().Import.Notes)
}

// The harness's file and a run of its prompts may differ in the space that
// divides the answer from the prompt.
func TestSpaceAroundARightAnswerIsNoOtherAnswer(t *testing.T) {
	base, _ := imported(t, options(t), lmText)
	test, _ := imported(t, options(t), file(t, filepath.Base(lmText), strings.ReplaceAll(whole(t, lmText), `"target": "`, `"target": " `)))
	c, err := compare.Runs(test, base)
	require.NoError(t, err)
	require.Equal(t, 4, c.N)
}

func TestOneFileByTwoMetricsIsNotCompared(t *testing.T) {
	by := options(t)
	by.Metric = "acc_norm"
	test, _ := imported(t, by, lmChoice)
	base, _ := imported(t, options(t), lmChoice)
	_, err := compare.Runs(test, base)
	require.ErrorContains(t, err, "metric acc_norm judges the answers of")
	_, err = compare.Runs(base, test)
	require.ErrorContains(t, err, "choose one for both")

	// Of choices, exact_match says whether the right one was greedy, and other
	// metrics something else again.
	text := strings.ReplaceAll(whole(t, lmChoice), `"metrics": ["acc",`, `"metrics": ["exact_match", "odd", "acc",`)
	text = strings.ReplaceAll(text, `"acc": `, `"exact_match": 0, "odd": 0, "acc": `)
	path := file(t, filepath.Base(lmChoice), text)
	for _, metric := range []string{"exact_match", "odd"} {
		by := options(t)
		by.Metric = metric
		other, _ := imported(t, by, path)
		_, err = compare.Runs(other, base)
		require.ErrorContains(t, err, "metric "+metric+" judges the answers of")
	}
}

func TestTheFolderOfOneModelIsFound(t *testing.T) {
	folder := t.TempDir()
	refused(t, "no result files in this folder; ", options(t), folder)
	model := filepath.Join(folder, "demo__dense")
	require.NoError(t, os.Mkdir(model, 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "empty"), 0o755))
	linked, err := filepath.Abs(lmChoice)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(linked, filepath.Join(model, filepath.Base(lmChoice))))
	_, samples := imported(t, options(t), folder)
	require.Len(t, samples, 4)

	other := filepath.Join(folder, "other")
	require.NoError(t, os.Mkdir(other, 0o755))
	require.NoError(t, os.Symlink(linked, filepath.Join(other, filepath.Base(lmChoice))))
	refused(t, "but in several within it: name one of demo__dense, other", options(t), folder)
	require.NoError(t, os.Symlink("nowhere", filepath.Join(folder, "samples_lost.jsonl")))
	refused(t, "samples_lost.jsonl", options(t), folder)
}

func TestTargetsOfDigitsAreReadAsTheFileTells(t *testing.T) {
	line := func(doc, target string, likeliest int, acc float64) string {
		arguments, resps := map[string]any{}, []any{}
		for i := range 4 {
			arguments[fmt.Sprintf("gen_args_%d", i)] = map[string]any{"arg_0": "q" + doc, "arg_1": fmt.Sprintf(" %d", i+1)}
			likelihood := "-9"
			if i == likeliest {
				likelihood = "-1"
			}
			resps = append(resps, [][]string{{likelihood, "False"}})
		}
		return fmt.Sprintf(`{"doc_id": %s, "doc": {}, "target": %q, "arguments": %s, "resps": %s, "filtered_resps": [], "filter": "none", "metrics": ["acc"], "acc": %.1f}`+"\n",
			doc, target, jsonOf(t, arguments), jsonOf(t, resps), acc)
	}
	// The texts 3 and 2: the likeliest, 3, is right, and 1 tells nothing.
	r, samples := imported(t, options(t), file(t, "samples_x.jsonl", line("0", "3", 2, 1)+line("1", "2", 0, 0)))
	require.Equal(t, []string{"3", "2"}, []string{samples[0].Ref, samples[1].Ref})
	require.EqualValues(t, 8, samples[0].Margin)
	require.EqualValues(t, -8, samples[1].Margin)
	require.Empty(t, r.Spec().Import.Notes)
	// The places of 4 and 3.
	_, samples = imported(t, options(t), file(t, "samples_x.jsonl", line("0", "3", 3, 1)+line("1", "2", 0, 0)))
	require.Equal(t, []string{"4", "3"}, []string{samples[0].Ref, samples[1].Ref})
	// What is right is known by acc, and which choice that is is not.
	r, samples = imported(t, options(t), file(t, "samples_x.jsonl", line("1", "2", 0, 0)))
	require.True(t, math.IsNaN(float64(samples[0].Margin)))
	require.False(t, samples[0].Correct)
	require.Contains(t, r.Spec().Import.Notes[0], "for 1 samples the target is the place of one choice and the text of another")
}

func TestTRTLLMEvalsSamplesInOneObjectAreRead(t *testing.T) {
	sample := `{"doc_id": 0, "doc": {}, "target": "42", "arguments": [["q", {"until": ["Question:"]}]], "resps": [["#### 42"]], "filtered_resps": ["42"], "filter": "strict-match", "metrics": ["exact_match"], "exact_match": 1.0}`
	whole := `{"results": {"gsm8k": {"exact_match,strict-match": 100.0}}, "samples": {"gsm8k": [` + sample + `]}, "configs": {"gsm8k": {"filter_list": "<function f>"}}}`
	r, samples := imported(t, options(t), file(t, "samples_gsm8k.json", whole))
	require.Len(t, samples, 1)
	require.Equal(t, "42", samples[0].Extracted)
	require.Equal(t, "gsm8k", r.Spec().Task.Kind)
	_, again := imported(t, options(t), filepath.Dir(file(t, "samples_gsm8k.json", whole)))
	require.Equal(t, samples[0].Extracted, again[0].Extracted, "found in its folder")
	refused(t, "averages without samples", options(t), file(t, "a.json", `{"results": {"gsm8k": {}}, "samples": {}}`))
}

func TestBadSamplesAreRefusedWithTheirPlace(t *testing.T) {
	good := whole(t, lmChoice)
	for name, c := range map[string]struct{ old, new, want string }{
		"cut":                {`"acc_norm": 1.0}`, `"acc_norm"`, "line 1: not a sample of lm-eval"},
		"no resps":           {`"resps"`, `"response"`, `line 1: not a sample of lm-eval: no field "resps"`},
		"doc_id":             {`"doc_id": 0`, `"doc_id": "a"`, `doc_id "a": want an integer`},
		"twice":              {`"doc_id": 1`, `"doc_id": 0`, "line 2: doc 0 is there twice"},
		"no number":          {`"-28.162504196166992"`, `"minus"`, `doc 0: resps: request 0: log-likelihood: "minus" is not a number`},
		"a response missing": {`[["-29.90660285949707", "False"]], `, ``, "doc 0: resps: 3 responses to 4 requests"},
		"perplexity":         {`"arg_0": "12+30=", "arg_1": " 42"`, `"arg_0": "12+30="`, "their result is a perplexity"},
		"not 0 or 1":         {`"acc": 1.0`, `"acc": 0.5`, "doc 0: acc is 0.5: only metrics that are 0 or 1"},
		"metric missing":     {`"acc": 1.0, `, ``, `doc 0: no value of its metric "acc"`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, good, c.old)
			refused(t, c.want, options(t), file(t, "samples_x.jsonl", strings.Replace(good, c.old, c.new, 1)))
		})
	}
}

func TestExportedSamplesAreImportedAgainEqual(t *testing.T) {
	for _, path := range []string{lmChoice, lmText} {
		r, want := imported(t, options(t), path)
		dir := t.TempDir()
		files, err := WriteLMEval(r, dir)
		require.NoError(t, err)
		require.Len(t, files, 2)
		_, got := imported(t, options(t), dir)
		for i := range want {
			want[i].Tokens, got[i].Tokens = nil, nil
			if math.IsNaN(float64(want[i].Margin)) {
				want[i].Margin, got[i].Margin = 0, got[i].Margin-got[i].Margin
				require.True(t, math.IsNaN(float64(got[i].Margin)))
				got[i].Margin = 0
			}
		}
		require.Equal(t, want, got)

		// Hashes are those that lm-eval itself wrote.
		original, err := os.ReadFile(path)
		require.NoError(t, err)
		text, err := os.ReadFile(files[0])
		require.NoError(t, err)
		require.Contains(t, string(original), `"prompt_hash": "37986265f2a9422ca98ce01cc64285f201ff7d40f3b7699e54ccf534c431e687"`)
		require.Contains(t, string(text), `"prompt_hash":"37986265f2a9422ca98ce01cc64285f201ff7d40f3b7699e54ccf534c431e687"`)
		_, err = WriteLMEval(r, dir)
		require.ErrorIs(t, err, os.ErrExist)
	}
}

func TestSubjectsThatAreNoFileNamesAreExported(t *testing.T) {
	line := `{"doc_id": 0, "doc": {}, "target": 1, "arguments": [["q", " a"], ["q", " b"]], "resps": [[[-1.5, false]], [[-2.5, true]]], "filtered_resps": [[-1.5, false], [-2.5, true]], "acc": 0.0}` + "\n"
	add := func(w *run.Writer, index int, subject string) {
		t.Helper()
		require.NoError(t, w.Add(run.Sample{Index: index, Subject: subject, Ref: "a", Output: "b", Row: -1}, line, nil))
	}
	write := func(subjects ...string) *run.Run {
		w, err := run.NewWriter(specOf("a test", "m", "t"), options(t).Run)
		require.NoError(t, err)
		for i, subject := range subjects {
			add(w, i, subject)
		}
		r, err := w.Finish()
		require.NoError(t, err)
		return r
	}
	dir := t.TempDir()
	_, err := WriteLMEval(write("math/algebra", "math/geometry"), dir)
	require.NoError(t, err)
	_, samples := imported(t, options(t), dir)
	require.Equal(t, "math_algebra", samples[0].Subject)

	dir = t.TempDir()
	_, err = WriteLMEval(write("a/b", "a_b"), dir)
	require.ErrorContains(t, err, `the subjects "a/b" and "a_b" have one name in lm-eval's files: a_b`)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries, "nothing is left behind")
}

func FuzzLMSample(f *testing.F) {
	for _, path := range []string{lmChoice, lmText} {
		require.NoError(f, eachLine(path, func(_ int, line []byte) error { f.Add(append([]byte(nil), line...)); return nil }))
	}
	f.Add([]byte(`{"doc_id": 0, "target": 1, "arguments": [["q", " a"]], "resps": [[[NaN, false]]], "acc": Infinity}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		s, err := parseLMSample(line)
		if err != nil {
			return
		}
		require.Len(t, s.Resps, len(s.Arguments))
		text, choices := s.prompt()
		if choices != nil {
			var targets task.Targets
			targets.Learn(s.target(choices))
			right, _ := targets.Right(s.target(choices))
			for _, place := range right {
				require.Less(t, place, len(choices))
			}
		}
		_ = text
	})
}

func FuzzLMResults(f *testing.F) {
	text, err := os.ReadFile(lmScores)
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"results": {"a": {"acc,none": NaN, "sample_len": 1}}, "config": {"model_args": "pretrained=m,dtype"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseLMResults(text)
		if err != nil {
			return
		}
		r.model()
		r.version()
		for task := range r.Results {
			if err := r.check(task, "acc", "", 1, 1); err != nil {
				require.False(t, errors.Is(err, os.ErrNotExist))
			}
		}
	})
}
