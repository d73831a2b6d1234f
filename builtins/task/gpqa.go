package task

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/frame"
	"adkernel/internal/pythonre"
)

// Settings of TensorRT-LLM's task gpqa_diamond_cot_zeroshot_aa.
const (
	gpqaMaxTokens    = 32768
	gpqaPromptTokens = 4096
	gpqaHead         = "Answer the following multiple choice question. The last line of your response should be of the following format: " +
		"'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before answering.\n"
)

var gpqaGrader = grader{
	filters: []filter{{"strict-match", []step{take(pythonre.MustCompile(`(?i)Answer[ \t]*:[ \t]*([A-D])`), 0, noMatch)}}},
	match:   exactMatch{fold: true},
}

// loadGPQA makes the prompts, which have the evaluator's format. The order of the
// choices is drawn by Python's generator as in its process_docs, once over the
// file; the harness goes over it more than once and caches, so that its orders
// differ.
func (s Spec) loadGPQA(dir string) (*Task, error) {
	records, err := readGPQA(dir)
	if err != nil {
		return nil, err
	}
	t := &Task{
		Name: "GPQA-diamond", Subjects: []Subject{{Name: "gpqa_diamond"}}, MaxTokens: gpqaMaxTokens,
		TruncatePromptTokens: gpqaPromptTokens, Stop: []string{"</s>"}, grader: s.grader(gpqaGrader),
	}
	random := newPythonRandom(uint32(s.Seed))
	for row, record := range records {
		choices := make([]string, 4)
		for i := range choices {
			choices[i] = strings.TrimFunc(record[i+1], isPythonSpace)
		}
		right := choices[3]
		random.shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
		text := gpqaHead + record[0]
		for i, choice := range choices {
			text += fmt.Sprintf("\n%s) %s", choiceLetters[i], choice)
		}
		q := Question{Subject: "gpqa_diamond", Index: row, Ref: choiceLetters[slices.Index(choices, right)], Prompt: text}
		if s.Chat {
			q.Prompt, q.Messages = "", s.conversation(nil, "", text)
		}
		t.Questions = append(t.Questions, q)
	}
	order := newPCG64(uint32(s.Seed)).permutation(len(t.Questions))
	if s.Samples > 0 && s.Samples < len(order) {
		order = order[:s.Samples]
	}
	shuffled := make([]Question, len(order))
	for i, row := range order {
		shuffled[i] = t.Questions[row]
	}
	t.Questions = shuffled
	return t, nil
}

// gpqaColumns are those that are read, the right answer last.
var gpqaColumns = []string{"Question", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Correct Answer"}

// readGPQA reads the columns of gpqa_diamond.csv, or of the Parquet that Hugging
// Face's hub makes of it, gpqa_diamond/train-*.parquet.
func readGPQA(dir string) ([][]string, error) {
	path := dir
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		if dir, err = revision(dir); err != nil {
			return nil, err
		}
		path = filepath.Join(dir, "gpqa_diamond.csv")
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return gpqaParquet(dir, err)
	case err != nil:
		return nil, err
	}
	records, _, err := readRecords(text)
	if err != nil {
		return nil, inFile(path, err)
	}
	at := make([]int, len(gpqaColumns))
	for i, name := range gpqaColumns {
		if len(records) > 0 {
			at[i] = slices.Index(records[0], name)
		}
		if len(records) == 0 || at[i] < 0 {
			return nil, fmt.Errorf("%s: no column %q", path, name)
		}
	}
	var out [][]string
	for _, record := range records[1:] {
		row := make([]string, len(at))
		for i, column := range at {
			row[i] = record[column]
		}
		out = append(out, row)
	}
	return out, nil
}

func gpqaParquet(dir string, missing error) ([][]string, error) {
	found, err := parquetOf(dir, "gpqa_diamond", "train")
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("data set %s: no gpqa_diamond.csv: %w", dir, missing)
	}
	var out [][]string
	for _, path := range found {
		rows, err := frame.ReadParquet(path)
		if err != nil {
			return nil, err
		}
		for i := range rows.Len() {
			cells, err := rows.Row(i)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			row := make([]string, len(gpqaColumns))
			for c, name := range gpqaColumns {
				var ok bool
				if row[c], ok = cells[name].(string); !ok {
					return nil, fmt.Errorf("%s: row %d: want %s as text", path, i, name)
				}
			}
			out = append(out, row)
		}
	}
	return out, nil
}
