// Package task knows evaluations: which questions are asked, as which prompts,
// and when an output counts as right. Prompts are, byte for byte, those that
// TensorRT-LLM's evaluator sends, so that what is found here holds there.
//
// It does not know models, tokenizers or how a run is carried out; it reads
// data sets from disk and never fetches one.
package task

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// A Task is an evaluation ready to be run.
type Task struct {
	Name      string     // for people: "MMLU", "MMLU (16 subjects)"
	Subjects  []Subject  // those with questions here, in the order they are asked
	Questions []Question // in the order they are sent

	// MaxTokens is the number of tokens to generate for each question.
	MaxTokens int
	// TruncatePromptTokens is the longest prompt in tokens, special ones
	// included; longer ones lose their beginning (see Truncate).
	TruncatePromptTokens int

	// Stop are the texts that end an output.
	Stop []string
	// Chat is set when questions are Messages rather than a Prompt.
	Chat *Chat

	grader *grader // nil: match compares with Ref
	match  match
}

// match is what of an output must be its question's Ref, white space aside where
// nothing else is said.
type match int

const (
	beginning match = iota
	firstLine
	whole
	exact // white space included
)

// A Subject is one part of an evaluation, scored by itself as well.
type Subject struct {
	Name        string // "abstract_algebra"
	Subcategory string // "math"; "" outside of MMLU's own subjects
	Category    string // "STEM"; "" outside of MMLU's own subjects
}

// A Question is one sample.
type Question struct {
	Subject string `json:"subject"`
	Index   int    `json:"index"` // row of the subject's test file, from 0
	Prompt  string `json:"prompt"`
	Ref     string `json:"ref"` // the right answer: "B"

	// Messages take the place of Prompt in a task with Chat.
	Messages []Message `json:"messages,omitempty"`

	// Choices are continuations of Prompt that are ranked by their likelihood; nil
	// where an output is generated. Right are the places of the right ones, in
	// order: usually there is one.
	Choices []string `json:"choices,omitempty"`
	Right   []int    `json:"-"`
	// Given is what each choice begins with that is given with the prompt, and is
	// no part of what is likely or not; nil where all of a choice is ranked.
	Given []string `json:"given,omitempty"`

	accepted []string // any of which is right, as they are; nil where Ref alone is

	options []string // that a filter looks for in outputs; nil where none is known

	lengths []int // by which the log-likelihoods of Choices are divided; nil where they are not

	// Letters is how many letters, from A on, an output may begin with to be an
	// answer: one for each choice that the prompt lists. 0 where answers are of
	// other kinds, or begin with something else.
	Letters int `json:"-"`

	// Fields is the question's line of a user's file, whole: what a function
	// that judges answers may need beside Ref. nil where none does.
	Fields map[string]any `json:"-"`
}

// Text is the question for people: its prompt, or the turns of its
// conversation.
func (q Question) Text() string {
	if len(q.Messages) == 0 {
		return q.Prompt
	}
	var turns []string
	for _, m := range q.Messages {
		turns = append(turns, "["+m.Role+"]\n"+m.Content)
	}
	return strings.Join(turns, "\n\n")
}

// Score reports whether output answers q. In MMLU that is whether it begins
// with q.Ref, white space aside; of GSM8K's filters the spec's decides. A
// Scorer is not asked: see Spec.Scorer.
func (t *Task) Score(q Question, output string) bool {
	if t.grader != nil {
		return t.grader.correct(q, output)
	}
	if t.match != exact {
		output = strings.TrimFunc(output, isPythonSpace)
	}
	switch t.match {
	case firstLine:
		line, _, _ := strings.Cut(output, "\n")
		output = strings.TrimFunc(line, isPythonSpace)
	case beginning:
		return slices.ContainsFunc(q.answers(), func(ref string) bool { return strings.HasPrefix(output, ref) })
	}
	return slices.Contains(q.answers(), output)
}

// answers are those that are right.
func (q Question) answers() []string {
	if q.accepted != nil {
		return q.accepted
	}
	return []string{q.Ref}
}

// Verdicts is what each of the task's filters makes of an output; nil for a
// task without filters. TensorRT-LLM reports the mean over the filters.
func (t *Task) Verdicts(q Question, output string) []Verdict {
	if t.grader == nil {
		return nil
	}
	return t.grader.verdicts(q, output)
}

// isPythonSpace is what Python's str.strip removes: Unicode white space and
// the four information separators.
func isPythonSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

// Hash identifies what is asked: the SHA-256, in hexadecimal, of all prompts
// in order, each followed by a zero byte; a conversation is written as its
// messages, "<|role|>" in front of each. Choices follow, "<|choice|>" in front of
// each, and what of them is given, "<|given|>" in front.
func (t *Task) Hash() string {
	h := sha256.New()
	for _, q := range t.Questions {
		io.WriteString(h, q.Prompt)
		for _, m := range q.Messages {
			io.WriteString(h, "<|"+m.Role+"|>"+m.Content)
		}
		for _, c := range q.Choices {
			io.WriteString(h, "<|choice|>"+c)
		}
		for _, g := range q.Given {
			io.WriteString(h, "<|given|>"+g)
		}
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// WriteJSONLines writes one object a question: {"subject", "index", "prompt",
// "ref"}.
func (t *Task) WriteJSONLines(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, q := range t.Questions {
		if err := encoder.Encode(q); err != nil {
			return fmt.Errorf("task %s: write question %s/%d: %w", t.Name, q.Subject, q.Index, err)
		}
	}
	return nil
}

// Truncate returns the last n of ids, or all if there are no more: prompts
// lose their beginning. Hugging Face tokenizers truncate before they add
// special tokens, so these survive: truncate the ids of the text alone to n
// less the number of special tokens, then add them.
func Truncate(ids []int32, n int) []int32 {
	return ids[max(0, len(ids)-max(0, n)):]
}
