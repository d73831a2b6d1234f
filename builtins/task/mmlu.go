package task

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/internal/suggest"
)

// Settings of TensorRT-LLM's MMLU evaluator (tensorrt_llm/evaluate/mmlu.py).
const (
	mmluShots        = 5    // worked examples in front of each question
	mmluMaxTokens    = 2    // --max_output_length
	mmluPromptTokens = 4094 // --max_input_length
	mmluSeed         = 0    // --random_seed
)

// choiceLetters are the answers' names.
var choiceLetters = []string{"A", "B", "C", "D"}

// loadMMLU reads dir/dev and dir/test. A folder that holds all of MMLU's
// subjects is evaluated as the source does; any other takes its own subjects
// in the order of their names.
//
// Sampling draws from one generator through all subjects, in order, so that
// every file is read even where keep leaves subjects out.
func (s Spec) loadMMLU(dir string) (*Task, error) {
	samples, keep := s.Samples, s.Subjects
	subjects, whole, err := subjectsIn(dir)
	if err != nil {
		return nil, err
	}
	if err := checkSubjects(keep, subjects, dir); err != nil {
		return nil, err
	}
	t := &Task{Name: "MMLU", MaxTokens: mmluMaxTokens, TruncatePromptTokens: mmluPromptTokens}
	perSubject := (samples-1)/len(subjects) + 1 // rounded up
	rng := newMT19937(mmluSeed)
	for _, subject := range subjects {
		test, err := readTable(filepath.Join(dir, "test", subject.Name+"_test.csv"))
		if err != nil {
			return nil, err
		}
		rows := allRows(test.rows())
		if samples > 0 && perSubject < test.rows() {
			rows = rng.sample(test.rows(), perSubject)
		}
		if keep != nil && !slices.Contains(keep, subject.Name) {
			continue
		}
		head, shots, err := shotsOf(dir, subject.Name)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			question, answer, err := formatExample(test, row)
			if err != nil {
				return nil, err
			}
			q := Question{Subject: subject.Name, Index: row, Ref: answer, Letters: test.choices()}
			if conversation := s.conversation(shots, head, question); s.Chat {
				q.Messages = conversation
			} else {
				q.Prompt = conversation[0].Content
			}
			t.Questions = append(t.Questions, q)
		}
		t.Subjects = append(t.Subjects, subject)
	}
	if !whole || keep != nil {
		t.Name = fmt.Sprintf("MMLU (%s)", count(len(t.Subjects), "subject"))
	}
	return t, nil
}

// shotsOf returns what comes in front of every question of a subject: a title,
// and the first rows of its dev file with answers.
func shotsOf(dir, subject string) (head string, shots []shot, err error) {
	dev, err := readTable(filepath.Join(dir, "dev", subject+"_dev.csv"))
	if err != nil {
		return "", nil, err
	}
	if dev.rows() < mmluShots {
		return "", nil, fmt.Errorf("%s: %s, want at least %d", dev.path, count(dev.rows(), "row"), mmluShots)
	}
	// The evaluator puts a space before every word, so there are two here.
	title := " " + strings.ReplaceAll(subject, "_", " ")
	head = fmt.Sprintf("The following are multiple choice questions (with answers) about %s.\n\n", title)
	for row := range mmluShots {
		example, answer, err := formatExample(dev, row)
		if err != nil {
			return "", nil, err
		}
		shots = append(shots, shot{example, answer})
	}
	return head, shots, nil
}

// choices is how many a row has, between its question and its answer.
func (t *table) choices() int { return len(t.columns) - 2 }

// formatExample returns a row as a question, up to "Answer:", and its answer.
func formatExample(t *table, row int) (question, answer string, err error) {
	last, choices := len(t.columns)-1, t.choices()
	if choices < 1 || choices > len(choiceLetters) {
		return "", "", fmt.Errorf("%s:%d: %s, want a question, 1 to %d choices and an answer",
			t.path, t.lines[row], count(last+1, "field"), len(choiceLetters))
	}
	// The evaluator adds text to the question and asks whether the output
	// starts with the answer: neither works with what pandas made a number.
	for _, column := range []int{0, last} {
		if !t.isText(row, column) {
			return "", "", fmt.Errorf("%s:%d: field %d: pandas reads %q as %s, the evaluator needs text",
				t.path, t.lines[row], column+1, t.raw[row][column], t.columns[column].kindAt(row))
		}
	}
	answer = t.cell(row, last)
	if !slices.Contains(choiceLetters[:choices], answer) {
		return "", "", fmt.Errorf("%s:%d: answer %q, want one of %s",
			t.path, t.lines[row], answer, strings.Join(choiceLetters[:choices], ", "))
	}
	var b strings.Builder
	b.WriteString(t.cell(row, 0))
	for i := range choices {
		fmt.Fprintf(&b, "\n%s. %s", choiceLetters[i], t.cell(row, i+1))
	}
	b.WriteString("\nAnswer:")
	return b.String(), answer, nil
}

// subjectsIn returns the subjects of a data set in the order of evaluation;
// whole is true if they are MMLU's own.
func subjectsIn(dir string) (subjects []Subject, whole bool, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, "test"))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, fmt.Errorf("data set %s: no folder test: want dev/SUBJECT_dev.csv and test/SUBJECT_test.csv%s: %w", dir, mmluElsewhere(dir), err)
		}
		return nil, false, fmt.Errorf("data set: %w", err)
	}
	present := map[string]bool{}
	var names []string
	for _, e := range entries { // in the order of their names
		if name, ok := strings.CutSuffix(e.Name(), "_test.csv"); ok && name != "" && name[0] != '.' {
			present[name] = true
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, false, fmt.Errorf("data set %s: no file test/SUBJECT_test.csv", dir)
	}
	slices.Sort(names) // SUBJECT alone, without the suffix that ReadDir sorted by
	whole = !slices.ContainsFunc(mmluSubjects, func(s Subject) bool { return !present[s.Name] })
	if whole {
		return mmluSubjects, true, nil
	}
	for _, name := range names {
		subjects = append(subjects, subjectNamed(name))
	}
	return subjects, false, nil
}

// mmluElsewhere says what a folder holds that people take for MMLU's.
func mmluElsewhere(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "data", "test")); err == nil {
		return ", which are in its folder data: name that"
	}
	inside, err := revision(dir)
	if err == nil && len(otherConfigs(inside, "test")) > 0 {
		return "; this is the Parquet of cais/mmlu, and the evaluator makes its prompts of what pandas reads from the CSV files of data.tar (people.eecs.berkeley.edu/~hendrycks), whose numbers are other texts"
	}
	return ""
}

// checkSubjects reports a subject of keep that the data set has not, with the
// nearest that it has.
func checkSubjects(keep []string, subjects []Subject, dir string) error {
	if keep != nil && len(keep) == 0 {
		return errors.New("no subjects: the list is empty")
	}
	names := make([]string, len(subjects))
	for i, s := range subjects {
		names[i] = s.Name
	}
	for _, name := range keep {
		if slices.Contains(names, name) {
			continue
		}
		return fmt.Errorf("data set %s: no subject %q%s", dir, name, suggest.Clause(name, names))
	}
	return nil
}

func allRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// count says "1 row", "3 rows".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
