package results

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// dataset writes two subjects with n questions each in MMLU's folder layout.
func dataset(t testing.TB, n int) task.Spec {
	t.Helper()
	dir := t.TempDir()
	for _, subject := range []string{"astronomy", "virology"} {
		for kind, rows := range map[string]int{"dev": 5, "test": n} {
			path := filepath.Join(dir, kind, subject+"_"+kind+".csv")
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			f, err := os.Create(path)
			require.NoError(t, err)
			w := csv.NewWriter(f)
			for i := range rows {
				require.NoError(t, w.Write([]string{fmt.Sprintf("%s %d?", subject, i), "w", "x", "y", "z", string("ABCD"[i*7%4])}))
			}
			w.Flush()
			require.NoError(t, w.Error())
			require.NoError(t, f.Close())
		}
	}
	return task.Spec{Kind: "mmlu", Dataset: dir}
}

// dumps are the files that trtllm-eval writes for a model which is right in
// every question but those of wrong.
func dumps(t testing.TB, spec task.Spec, wrong ...int) (text, ids, log string) {
	t.Helper()
	questions, err := spec.Load()
	require.NoError(t, err)
	var texts, tokens strings.Builder
	right := len(questions.Questions) - len(wrong)
	for i, q := range questions.Questions {
		output := q.Ref
		for _, w := range wrong {
			if w == i {
				output = "E"
			}
		}
		fmt.Fprintln(&texts, jsonOf(t, map[string]any{"task_id": i, "input_text": strings.TrimSpace(q.Prompt), "output_text": output, "input_len": len(q.Prompt), "output_len": 1}))
		fmt.Fprintln(&tokens, jsonOf(t, map[string]any{"task_id": i, "input_ids": []int{1, 2}, "output_ids": []int{3, i}, "input_tokens": 2, "output_tokens": 2}))
	}
	const prefix = "[11/26/2026-07:00:00] [TRT-LLM] [I] "
	lines, per := "", len(questions.Questions)/len(questions.Subjects)
	for i, subject := range questions.Subjects {
		missed := 0
		for _, w := range wrong {
			if w/per == i {
				missed++
			}
		}
		lines += fmt.Sprintf(prefix+"Average accuracy %.2f (%d) - %s\n", 100*float64(per-missed)/float64(per), per, subject.Name)
	}
	lines += fmt.Sprintf(prefix+"MMLU weighted average accuracy: %.2f (%d)\n", 100*float64(right)/float64(len(questions.Questions)), len(questions.Questions))
	return texts.String(), tokens.String(), lines
}

func TestDumpsOfTRTLLMEvalBecomeARun(t *testing.T) {
	spec := dataset(t, 4)
	text, ids, log := dumps(t, spec, 2, 5)
	o := options(t)
	o.Task = &spec
	r, samples := imported(t, o, file(t, "dumped_text.json", text), file(t, "dumped_ids.json", ids), file(t, "eval.log", log))
	require.Len(t, samples, 8)
	require.Equal(t, "virology", samples[5].Subject)
	require.Equal(t, 1, samples[5].Question)
	require.Equal(t, "E", samples[5].Output)
	require.False(t, samples[5].Correct)
	require.True(t, samples[4].Correct)
	require.Equal(t, []int32{3, 5}, samples[5].Tokens)
	_, err := r.PromptTokens(0)
	require.ErrorContains(t, err, "encode the stripped prompt anew")

	// A dump of another deployment, compared with it.
	text, _, _ = dumps(t, spec)
	base, _ := imported(t, Options{Run: run.Options{Root: t.TempDir()}, Task: &spec}, file(t, "dumped_text.json", text))
	c, err := compare.Runs(r, base)
	require.NoError(t, err)
	require.Equal(t, 2, c.Pairs.Losses)
}

func TestADumpThatIsNotTheTasksIsRefused(t *testing.T) {
	spec := dataset(t, 4)
	text, ids, log := dumps(t, spec, 2, 5)
	name := func(text string) string { return file(t, "dumped_text.json", text) }
	lines := strings.SplitAfter(text, "\n")
	with := options(t)
	with.Task = &spec
	refused(t, "name the task that was evaluated and its data set", options(t), name(text))
	refused(t, "holds 7 of the task's 8 questions", with, name(strings.Join(lines[:7], "")))
	refused(t, "task_id 1 where 0 was expected", with, name(strings.Join(lines[1:], "")))
	refused(t, "task_id 8 of a task with 8 questions", with, name(text+`{"task_id": 8, "input_text": "a", "output_text": "b"}`))
	refused(t, `the prompt is not that of astronomy, question 0: at byte`, with, name(strings.Replace(text, "astronomy 0?", "astronomy 9?", 1)))
	refused(t, "says 99.00 % of 8 samples, and the dump's are 75.00 %", with, name(text), file(t, "eval.log", strings.Replace(log, "accuracy: 75.00", "accuracy: 99.00", 1)))
	_, _, moved := dumps(t, spec, 5, 6) // as many in all, and of the other subject
	refused(t, "eval.log says of astronomy 100.00 % of 4 samples, and the dump's are 75.00 % of 4", with, name(text), file(t, "eval.log", moved))
	some := with
	some.Limit, some.Run.Root = 3, t.TempDir()
	_, first := imported(t, some, name(text), file(t, "eval.log", log))
	require.Len(t, first, 3)
	refused(t, "the evaluation did not end", with, name(text), file(t, "eval.log", strings.SplitAfter(log, "\n")[0]))
	refused(t, "more than one evaluation", with, name(text), file(t, "eval.log", log+log))
	refused(t, "task_id 7 is not in dumped_ids.json", with, name(text), file(t, "dumped_ids.json", strings.Join(strings.SplitAfter(ids, "\n")[:7], "")))
	refused(t, "it holds no samples", with, file(t, "eval.log", log))
}

func TestRawResultsOfSGLangBecomeARun(t *testing.T) {
	line := func(id int, prompt, output string, correct bool) string {
		return jsonOf(t, map[string]any{"prompt_id": id, "prompt": prompt, "output": output, "correct": correct}) + "\n"
	}
	base, samples := imported(t, options(t), file(t, "raw.jsonl", line(0, "a", "1", true)+line(1, "b", "2", true)+strings.TrimSpace(line(2, "c", "3", false))))
	require.Len(t, samples, 3)
	require.Equal(t, "", samples[0].Ref)
	test, _ := imported(t, options(t), file(t, "raw.jsonl", line(0, "a", "9", false)+line(1, "b", "2", true)+line(2, "c", "3", false)))
	c, err := compare.Runs(test, base)
	require.NoError(t, err)
	require.Equal(t, 1, c.Pairs.Losses)
	refused(t, "line 2: sample 0 is there twice", options(t), file(t, "raw.jsonl", line(0, "a", "1", true)+line(0, "b", "2", true)))
	refused(t, "line 1: not a raw result of SGLang: want prompt_id", options(t), file(t, "raw.jsonl", `{"prompt_id": 0, "correct": true, "output": "x"}`))
}

// Python writes such a text where it holds half of a surrogate pair; read as
// U+FFFD, the prompts of both samples would be one.
func TestTextsThatUTF8CannotHoldAreRefused(t *testing.T) {
	sglang := `{"prompt_id": 0, "prompt": "p\ud800", "output": "o", "correct": true}` + "\n" + `{"prompt_id": 1, "prompt": "p\ud801", "output": "o", "correct": true}`
	refused(t, `line 1: not a raw result of SGLang: \ud800 at byte 29 is half of a surrogate pair`, options(t), file(t, "raw.jsonl", sglang))
	refused(t, `half of a surrogate pair`, options(t), file(t, "samples_a_b.jsonl", edited(t, lmText, `"arg_0": "`, `"arg_0": "\udfff`)))
	latin := "{\"prompt_id\": 0, \"prompt\": \"caf\xe9\", \"output\": \"o\", \"correct\": true}"
	refused(t, `byte 31 is 0xe9, which is not UTF-8`, options(t), file(t, "raw.jsonl", latin))
}

func TestSamplesOfDifferentProgramsMeetByTheirPrompts(t *testing.T) {
	spec := dataset(t, 4)
	text, _, _ := dumps(t, spec)
	base, _ := imported(t, Options{Run: run.Options{Root: t.TempDir()}, Task: &spec}, file(t, "dumped_text.json", text))
	questions, err := spec.Load()
	require.NoError(t, err)
	var raw strings.Builder
	for i, q := range questions.Questions {
		fmt.Fprintln(&raw, jsonOf(t, map[string]any{"prompt_id": i, "prompt": q.Prompt, "output": q.Ref, "correct": i != 3}))
	}
	test, _ := imported(t, options(t), file(t, "raw.jsonl", raw.String()))
	c, err := compare.Runs(test, base)
	require.NoError(t, err)
	require.Equal(t, 8, c.N)
	require.Equal(t, 1, c.Pairs.Losses)
	require.Len(t, c.BySubject, 2)
	in, err := compare.Inspect(test, base, 3)
	require.NoError(t, err)
	require.Equal(t, 3, in.BaseSample.Index)
}

func TestABatchBecomesARun(t *testing.T) {
	input := `{"custom_id": "a", "method": "POST", "url": "/v1/completions", "body": {"model": "m", "prompt": "1+1="}}
{"custom_id": "b", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "messages": [{"role": "user", "content": "2+2="}]}}
`
	output := `{"id": "vllm-1", "custom_id": "b", "response": {"status_code": 200, "request_id": "r", "body": {"model": "m", "choices": [{"message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}]}}, "error": null}
{"id": "vllm-2", "custom_id": "a", "response": {"status_code": 200, "request_id": "r", "body": {"model": "m", "choices": [{"text": " 3", "finish_reason": "length"}]}}, "error": null}
`
	refs := `{"custom_id": "a", "ref": "2"}` + "\n" + `{"custom_id": "b", "ref": "4", "subject": "sums"}` + "\n"
	in, out := file(t, "in.jsonl", input), file(t, "out.jsonl", output)
	o := options(t)
	refused(t, "name the batch's input file", o, out)
	refused(t, "neither file says what would be right", o, in, out)
	o.References = file(t, "refs.jsonl", refs)
	r, samples := imported(t, o, in, out)
	require.Equal(t, "m", r.Spec().Deployment.Model)
	require.Equal(t, []bool{false, true}, []bool{samples[0].Correct, samples[1].Correct})
	require.Equal(t, "length", samples[0].Finish)
	require.Equal(t, "sums", samples[1].Subject)
	text, err := r.PromptText(1)
	require.NoError(t, err)
	require.Equal(t, `[{"role": "user", "content": "2+2="}]`, text)

	with := func(o Options) Options { o.Run.Root = t.TempDir(); return o }
	refused(t, "request b has no answer", with(o), in, file(t, "out.jsonl", strings.SplitAfter(output, "\n")[1]))
	refused(t, "answers of two models, n and m", with(o), in, file(t, "out.jsonl", strings.Replace(output, `"body": {"model": "m"`, `"body": {"model": "n"`, 1)))
	failed := `{"id": "vllm-1", "custom_id": "b", "response": {"status_code": 400, "request_id": "r", "body": null}, "error": {"message": "too long"}}`
	refused(t, `request b failed: {"message": "too long"}`, with(o), in, file(t, "out.jsonl", failed))
	o.Score = "fuzzy"
	refused(t, `score "fuzzy": want prefix`, with(o), in, out)
	o.Score, o.References = "", file(t, "refs.jsonl", `{"custom_id": "a"}`)
	refused(t, `want {"custom_id"`, with(o), in, out)
}

func FuzzLines(f *testing.F) {
	f.Add([]byte(`{"task_id": 0, "input_text": "a", "output_text": "b"}`))
	f.Add([]byte(`{"prompt_id": 0, "prompt": "p", "output": "o", "correct": true}`))
	f.Add([]byte(`{"custom_id": "a", "response": {"status_code": 200, "body": {"choices": [{"text": "x"}]}}}`))
	f.Add([]byte(`[I] Average accuracy 61.00 (100) - virology`))
	f.Add([]byte(`[I] MMLU weighted average accuracy: nan (4104)`))
	f.Add([]byte(`[I] lm-eval gsm8k average accuracy: 73.88`))
	f.Add([]byte(`{"results": {"a": NaN}, "configs": {}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if d, err := parseTRTText(line); err == nil {
			require.NotNil(t, d.OutputText)
		}
		if r, err := parseSGLEval(line); err == nil {
			require.GreaterOrEqual(t, r.question, 0)
		}
		if r, err := parseSGLang(line); err == nil {
			require.NotEmpty(t, *r.Prompt)
		}
		var o batchOutput
		if json.Unmarshal(line, &o) == nil {
			if _, _, err := o.text(); err == nil {
				require.NotEmpty(t, o.CustomID)
			}
		}
		var in batchInput
		if json.Unmarshal(line, &in) == nil {
			in.prompt()
		}
		log := trtLog{subjects: map[string]trtAverage{}}
		log.line(string(line))
		format, why := recognize(line, true)
		require.True(t, format != "" || why != "")
	})
}
