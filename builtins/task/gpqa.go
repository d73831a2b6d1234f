package task

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// loadGPQA reads gpqa_diamond.csv. The prompts have the evaluator's format. The
// order of the choices is drawn by Python's generator as in its process_docs,
// once over the file; the harness goes over it more than once and caches, so
// that its orders differ.
func (s Spec) loadGPQA(dir string) (*Task, error) {
	path := dir
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		path = filepath.Join(dir, "gpqa_diamond.csv")
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("data set %s: no gpqa_diamond.csv: %w", dir, err)
	} else if err != nil {
		return nil, err
	}
	records, _, err := readRecords(text)
	if err != nil {
		return nil, inFile(path, err)
	}
	columns := []string{"Question", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Correct Answer"}
	at := make([]int, len(columns))
	for i, name := range columns {
		if len(records) > 0 {
			at[i] = slices.Index(records[0], name)
		}
		if len(records) == 0 || at[i] < 0 {
			return nil, fmt.Errorf("%s: no column %q", path, name)
		}
	}
	t := &Task{
		Name: "GPQA-diamond", Subjects: []Subject{{Name: "gpqa_diamond"}}, MaxTokens: gpqaMaxTokens,
		TruncatePromptTokens: gpqaPromptTokens, Stop: []string{"</s>"}, grader: s.grader(gpqaGrader),
	}
	random := newPythonRandom(uint32(s.Seed))
	for row, record := range records[1:] {
		choices := make([]string, 4)
		for i := range choices {
			choices[i] = strings.TrimFunc(record[at[i+1]], isPythonSpace)
		}
		right := choices[3]
		random.shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
		text := gpqaHead + record[at[0]]
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
