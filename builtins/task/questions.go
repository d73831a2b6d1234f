package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// own is one question of a user's file.
type own struct {
	Subject string          `json:"subject"`
	Text    string          `json:"question"`
	Choices []string        `json:"choices"`
	Answer  json.RawMessage `json:"answer"`

	fields map[string]any // all of it
	cells  bool           // it is of a CSV file, where a number is a text as well
}

// Settings of a user's questions.
const (
	choiceTokens = 2
	textTokens   = 64
	judgedTokens = 256 // where a function judges
)

// loadQuestions reads a file of the user's: JSON lines, or an array, of objects
// with question, answer and maybe choices and subject, or Parquet or CSV with
// these columns (in CSV, the choices are in columns A, B, ...).
//
// With choices, the prompt lists them as MMLU does, the answer is a letter, the
// text of a choice, or its number from 0, and an output is right if it begins
// with the letter. In CSV, empty cells behind the last choice are none. Without,
// the prompt is the question as it is, and an output is right if its first line
// is the answer, white space around it aside; it ends with its line. Where a
// function judges, the answer may be anything or be missing, and an output of a
// question without choices has as many lines as it likes.
func (s Spec) loadQuestions(path string) (*Task, error) {
	questions, err := readOwn(path)
	if err != nil {
		return nil, err
	}
	if len(questions) == 0 {
		return nil, fmt.Errorf("%s: no questions", path)
	}
	if s.Samples > 0 && s.Samples < len(questions) {
		questions = questions[:s.Samples]
	}
	t := &Task{Name: filepath.Base(path), MaxTokens: choiceTokens}
	chosen := len(questions[0].Choices) > 0
	switch {
	case !chosen && s.Scorer != nil:
		t.MaxTokens = judgedTokens
	case !chosen:
		t.MaxTokens, t.Stop, t.match = textTokens, []string{"\n"}, firstLine
	}
	if s.MaxTokens > 0 {
		t.MaxTokens = s.MaxTokens
	}
	if s.Stop != nil {
		t.Stop = s.Stop
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	seen := map[string]bool{} // subjects
	for i, o := range questions {
		if (len(o.Choices) > 0) != chosen {
			return nil, fmt.Errorf("%s: question %d: some questions have choices and some have not: make two files of them", path, i)
		}
		q, err := o.question(s.Scorer != nil)
		if err != nil {
			return nil, fmt.Errorf("%s: question %d: %w", path, i, err)
		}
		q.Index = i
		if q.Subject == "" {
			q.Subject = name
		}
		if !slices.Contains(s.Subjects, q.Subject) && s.Subjects != nil {
			continue
		}
		if !seen[q.Subject] {
			seen[q.Subject] = true
			t.Subjects = append(t.Subjects, Subject{Name: q.Subject})
		}
		if s.Chat {
			q.Messages, q.Prompt = s.conversation(nil, "", q.Prompt), ""
		}
		t.Questions = append(t.Questions, q)
	}
	if len(t.Questions) == 0 {
		return nil, fmt.Errorf("%s: no question of the subjects %s", path, strings.Join(s.Subjects, ", "))
	}
	return t, nil
}

// question is what is asked. Where a function judges, the answer's form is its
// own affair.
func (o own) question(judged bool) (Question, error) {
	if strings.TrimFunc(o.Text, isPythonSpace) == "" {
		return Question{}, errors.New("question is missing")
	}
	q := Question{Subject: o.Subject, Prompt: o.Text}
	if judged {
		q.Fields = o.fields
	}
	if len(o.Choices) == 0 && judged {
		if len(o.Answer) > 0 && json.Unmarshal(o.Answer, &q.Ref) != nil {
			q.Ref = string(o.Answer)
		}
		return q, nil
	}
	if len(o.Choices) == 0 {
		if err := json.Unmarshal(o.Answer, &q.Ref); err != nil {
			var number json.Number
			if json.Unmarshal(o.Answer, &number) != nil {
				return Question{}, errors.New("answer: want a text")
			}
			q.Ref = number.String()
		}
		q.Ref = strings.TrimFunc(q.Ref, isPythonSpace)
		if q.Ref == "" || strings.Contains(q.Ref, "\n") {
			return Question{}, errors.New("answer: want one line of text")
		}
		return q, nil
	}
	if len(o.Choices) > MaxLetters {
		return Question{}, fmt.Errorf("%d choices: want %d at most", len(o.Choices), MaxLetters)
	}
	for i, choice := range o.Choices {
		if strings.TrimFunc(choice, isPythonSpace) == "" {
			return Question{}, fmt.Errorf("choice %c is empty", 'A'+i)
		}
		q.Prompt += fmt.Sprintf("\n%c. %s", 'A'+i, choice)
	}
	q.Prompt += "\nAnswer:"
	at, err := o.right()
	if err != nil {
		return Question{}, err
	}
	q.Ref, q.Letters = string(rune('A'+at)), len(o.Choices)
	return q, nil
}

// right is the number of the right choice.
func (o own) right() (int, error) {
	var number int
	if json.Unmarshal(o.Answer, &number) == nil && string(o.Answer) != "null" {
		if number < 0 || number >= len(o.Choices) {
			return 0, fmt.Errorf("answer is %d: want 0 to %d", number, len(o.Choices)-1)
		}
		return number, nil
	}
	var text string
	if json.Unmarshal(o.Answer, &text) != nil || text == "" {
		return 0, errors.New("answer: want a letter, the text of a choice, or its number from 0")
	}
	at := slices.Index(o.Choices, text)
	if at >= 0 && slices.Contains(o.Choices[at+1:], text) {
		return 0, fmt.Errorf("answer %q is the text of two choices: give the letter of one, and make them differ", text)
	}
	as := func(what, instead string, place int) (int, error) {
		if at >= 0 && at != place {
			return 0, fmt.Errorf("answer %q is a choice's %s and another one's text: give its %s", text, what, instead)
		}
		return place, nil
	}
	if len(text) == 1 && text[0] >= 'A' && int(text[0]-'A') < len(o.Choices) {
		return as("letter", "number from 0", int(text[0]-'A'))
	}
	if n, err := strconv.Atoi(text); o.cells && err == nil && n >= 0 && n < len(o.Choices) {
		return as("number from 0", "letter", n)
	}
	if at >= 0 {
		return at, nil
	}
	return 0, fmt.Errorf("answer %q is neither a letter of the %d choices nor one of them", text, len(o.Choices))
}
