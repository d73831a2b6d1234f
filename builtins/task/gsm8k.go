package task

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/frame"
	"adkernel/internal/pythonre"
)

// Settings of lm-evaluation-harness's task gsm8k (version 3) as TensorRT-LLM
// runs it (tensorrt_llm/evaluate/lm_eval.py).
const (
	gsm8kShots        = 5
	gsm8kMaxTokens    = 256  // --max_output_length
	gsm8kPromptTokens = 4096 // --max_input_length
)

var (
	gsm8kStops  = []string{"Question:", "</s>", "<|im_end|>"}
	gsm8kGrader = grader{
		filters: []filter{
			{"strict-match", []step{take(pythonre.MustCompile(`#### (\-?[0-9\.\,]+)`), 0, noMatch)}},
			{"flexible-extract", []step{take(pythonre.MustCompile(`(-?[$0-9.,]{2,})|(-?[0-9]+)`), -1, noMatch)}},
		},
		match: exactMatch{
			ignore: []*pythonre.Regexp{pythonre.MustCompile(`,`), pythonre.MustCompile(`\$`), pythonre.MustCompile(`(?s).*#### `), pythonre.MustCompile(`\.$`)},
			fold:   true,
		},
	}
)

// loadGSM8K makes the prompts. The test split is shuffled; the worked examples
// are drawn anew for each question from the train split in its own order, by
// one generator, so that a question's prompt depends on those before it.
func (s Spec) loadGSM8K(dir string) (*Task, error) {
	train, err := readQA(dir, "train")
	if err != nil {
		return nil, err
	}
	test, err := readQA(dir, "test")
	if err != nil {
		return nil, err
	}
	if len(train) < gsm8kShots {
		return nil, fmt.Errorf("data set %s: %s to train, want at least %d", dir, count(len(train), "row"), gsm8kShots)
	}
	t := &Task{
		Name: "GSM8K", Subjects: []Subject{{Name: "gsm8k"}}, MaxTokens: gsm8kMaxTokens,
		TruncatePromptTokens: gsm8kPromptTokens, Stop: gsm8kStops, grader: s.grader(gsm8kGrader),
	}
	order := newPCG64(uint32(s.Seed)).permutation(len(test))
	if s.Samples > 0 && s.Samples < len(order) {
		order = order[:s.Samples]
	}
	random := newPythonRandom(uint32(s.Seed))
	ask := func(r qa) string { return "Question: " + r.question + "\nAnswer:" }
	for _, row := range order {
		var shots []shot
		for _, i := range random.sample(len(train), gsm8kShots) {
			shots = append(shots, shot{ask(train[i]), train[i].answer})
		}
		q := Question{Subject: "gsm8k", Index: row, Ref: test[row].answer}
		if s.Chat {
			q.Messages = s.conversation(shots, "", ask(test[row]))
		} else {
			for _, example := range shots {
				q.Prompt += example.question + " " + example.answer + "\n\n"
			}
			q.Prompt += ask(test[row])
		}
		t.Questions = append(t.Questions, q)
	}
	return t, nil
}

// qa is a question with its answer.
type qa struct{ question, answer string }

// readQA reads a split: {split}.jsonl, or the Parquet files of Hugging Face's
// layout, main/{split}-*.parquet. Where both are there, they must hold the same.
func readQA(dir, split string) ([]qa, error) {
	dir, err := revision(dir)
	if err != nil {
		return nil, err
	}
	lines := filepath.Join(dir, split+".jsonl")
	var fromLines []qa
	if _, err := os.Stat(lines); err == nil {
		rows, err := frame.ReadJSONLines(lines)
		if err != nil {
			return nil, err
		}
		if fromLines, err = qaRows(lines, rows); err != nil {
			return nil, err
		}
	}
	found, err := parquetOf(dir, "main", split)
	if err != nil {
		return nil, err
	}
	var out []qa
	for _, path := range found {
		rows, err := frame.ReadParquet(path)
		if err != nil {
			return nil, err
		}
		part, err := qaRows(path, rows)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	switch {
	case fromLines != nil && out != nil && !slices.Equal(fromLines, out):
		return nil, fmt.Errorf("%s and %s hold different rows: take one of them away, or name a folder with one", lines, found[0])
	case fromLines != nil:
		return fromLines, nil
	case out != nil:
		return out, nil
	}
	if others := otherConfigs(dir, split); len(others) > 0 {
		return nil, fmt.Errorf("data set %s: no configuration main: name the folder of one that is there (%s)", dir, strings.Join(others, ", "))
	}
	return nil, fmt.Errorf("data set %s: neither %s.jsonl nor main/%s-*.parquet", dir, split, split)
}

func qaRows(path string, rows *frame.Frame) ([]qa, error) {
	out := make([]qa, rows.Len())
	for i := range out {
		row, err := rows.Row(i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		var ok [2]bool
		out[i].question, ok[0] = row["question"].(string)
		out[i].answer, ok[1] = row["answer"].(string)
		if !ok[0] || !ok[1] {
			return nil, fmt.Errorf("%s: row %d: want question and answer as text", path, i)
		}
	}
	return out, nil
}
