package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

// A Sample is the record of one finished question.
type Sample struct {
	Index    int    // place in the task, from 0
	Subject  string // of the question
	Question int    // place in the subject's file
	Ref      string // right answer
	Output   string // text that the engine generated
	Correct  bool   // as the task judges Output
	Unjudged string // why Correct says nothing: the output is no answer, or the function that judges has not judged it, or failed; "" when it does
	Finish   string // why the output ended: "length" or "stop"; another word where a server ended it, "" where nobody said
	Tokens   []int32

	// Extracted is what the task's filter took from Output and judged; "" where
	// it judges Output itself.
	Extracted string

	// Verdicts is what each of the task's filters makes of Output; nil for a task
	// without filters.
	Verdicts []task.Verdict

	PromptAt     int64  // place of the prompt's first id in prompts.ids
	PromptTokens int    // how many ids; 0 when they are not known, as in many imports
	PromptSHA256 string // of the ids as int32, little endian; "" when they are not known

	TextAt     int64  // place of the prompt's text in prompts.text
	TextBytes  int    // how many bytes; 0 when the text is not kept
	TextSHA256 string // of the text; "" when it is not known

	// Choices are the answers whose log-likelihoods were compared, in the task's
	// order; nil when an output was generated instead.
	Choices []Choice

	Row   int    // of the logits, -1 when the engine returned none
	CRC32 uint32 // of the row's bytes (IEEE)

	// Of the logits that chose the first output token. Min, Max, Mean and RMS
	// are of the finite ones, NaN when there is none; all are 0 when the engine
	// returned no logits.
	Min, Max  float32
	Mean, RMS float64
	NaN, Inf  int   // how many
	Top       []Top // greatest first

	// Letters are the logits of the answers that the question offers, from A on,
	// at the place where the answer starts; Margin is the right letter's less the
	// best other one's. Letters is nil, and Margin NaN, when the task's answers
	// are not letters or the tokenizer does not tell them apart. Older
	// records have those of A to D, however many there are.
	Letters []float32
	Margin  float32

	// LogProbs are the likeliest first output tokens, likeliest first, of an
	// engine that gives these and no logits; nil when it gives neither.
	// LetterLogProbs are those of the answers, as in Letters: NaN for one that is
	// not among them and so at most as likely as the last. Margin is then the
	// difference of log-probabilities, which is that of the logits, and NaN when
	// a letter that it needs is missing: MarginBounds says what is known of it.
	LogProbs       []engine.LogProb
	LetterLogProbs []float32
}

// Top is one of the greatest logits of a row.
type Top struct {
	ID    int32   `json:"id"`
	Text  string  `json:"text"`
	Logit float32 `json:"logit"`
}

// Choice is an answer that a task offers, as continuation of the prompt.
type Choice struct {
	Text          string
	Given         string  // what Text begins with that was given with the prompt; "" where all of it was ranked
	LogLikelihood float64 // of Text after the prompt and Given, in nats
	Greedy        bool    // each of its tokens was the likeliest
}

type choiceRecord struct {
	Text          string          `json:"text"`
	Given         string          `json:"given,omitempty"`
	LogLikelihood number[float64] `json:"loglikelihood"`
	Greedy        bool            `json:"greedy,omitempty"`
}

// record is a Sample as a line of samples.jsonl.
type record struct {
	Index    int     `json:"index"`
	Subject  string  `json:"subject"`
	Question int     `json:"question"`
	Ref      string  `json:"ref"`
	Output   string  `json:"output"`
	Correct  bool    `json:"correct"`
	Unjudged string  `json:"unjudged,omitempty"`
	Finish   string  `json:"finish,omitempty"`
	Tokens   []int32 `json:"tokens"`

	Extracted string         `json:"extracted,omitempty"`
	Verdicts  []task.Verdict `json:"verdicts,omitempty"`

	PromptAt     int64  `json:"prompt_at"`
	PromptTokens int    `json:"prompt_tokens"`
	PromptSHA256 string `json:"prompt_sha256"`

	TextAt     int64  `json:"text_at,omitempty"`
	TextBytes  int    `json:"text_bytes,omitempty"`
	TextSHA256 string `json:"text_sha256,omitempty"`

	Choices []choiceRecord `json:"choices,omitempty"`

	Row   int    `json:"row"`
	CRC32 uint32 `json:"crc32,omitempty"`

	Min     number[float32]   `json:"min"`
	Max     number[float32]   `json:"max"`
	Mean    number[float64]   `json:"mean"`
	RMS     number[float64]   `json:"rms"`
	NaN     int               `json:"nan,omitempty"`
	Inf     int               `json:"inf,omitempty"`
	Top     []topRecord       `json:"top,omitempty"`
	Letters []number[float32] `json:"letters,omitempty"`
	Margin  number[float32]   `json:"margin"`

	LogProbs       []logProbRecord   `json:"logprobs,omitempty"`
	LetterLogProbs []number[float32] `json:"letter_logprobs,omitempty"`
}

type logProbRecord struct {
	ID      int32           `json:"id"`
	Text    string          `json:"text"`
	LogProb number[float32] `json:"logprob"`
}

type topRecord struct {
	ID    int32           `json:"id"`
	Text  string          `json:"text"`
	Logit number[float32] `json:"logit"`
}

// MarshalJSON writes s as a line of samples.jsonl. Logits that JSON has no
// number for are the strings "NaN", "+Inf" and "-Inf".
func (s Sample) MarshalJSON() ([]byte, error) { return json.Marshal(s.record()) }

func (s Sample) record() record {
	r := record{
		Index: s.Index, Subject: s.Subject, Question: s.Question, Ref: s.Ref,
		Output: s.Output, Correct: s.Correct, Unjudged: s.Unjudged, Finish: s.Finish, Tokens: s.Tokens, Extracted: s.Extracted, Verdicts: s.Verdicts,
		PromptAt: s.PromptAt, PromptTokens: s.PromptTokens, PromptSHA256: s.PromptSHA256,
		TextAt: s.TextAt, TextBytes: s.TextBytes, TextSHA256: s.TextSHA256,
		Row: s.Row, CRC32: s.CRC32,
		Min: number[float32]{s.Min}, Max: number[float32]{s.Max}, Mean: number[float64]{s.Mean}, RMS: number[float64]{s.RMS}, NaN: s.NaN, Inf: s.Inf,
		Margin: number[float32]{s.Margin},
	}
	for _, c := range s.Choices {
		r.Choices = append(r.Choices, choiceRecord{c.Text, c.Given, number[float64]{c.LogLikelihood}, c.Greedy})
	}
	for _, t := range s.Top {
		r.Top = append(r.Top, topRecord{t.ID, t.Text, number[float32]{t.Logit}})
	}
	for _, l := range s.Letters {
		r.Letters = append(r.Letters, number[float32]{l})
	}
	for _, p := range s.LogProbs {
		r.LogProbs = append(r.LogProbs, logProbRecord{p.ID, p.Text, number[float32]{p.LogProb}})
	}
	for _, l := range s.LetterLogProbs {
		r.LetterLogProbs = append(r.LetterLogProbs, number[float32]{l})
	}
	return r
}

// UnmarshalJSON reads a line of samples.jsonl, strictly.
func (s *Sample) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	r := record{Index: -1, Row: math.MinInt}
	if err := decoder.Decode(&r); err != nil {
		return err
	}
	if rest := bytes.TrimSpace(text[decoder.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("something follows it: %.20q", rest)
	}
	if err := r.check(); err != nil {
		return err
	}
	*s = Sample{
		Index: r.Index, Subject: r.Subject, Question: r.Question, Ref: r.Ref,
		Output: r.Output, Correct: r.Correct, Unjudged: r.Unjudged, Finish: r.Finish, Tokens: r.Tokens, Extracted: r.Extracted, Verdicts: r.Verdicts,
		PromptAt: r.PromptAt, PromptTokens: r.PromptTokens, PromptSHA256: r.PromptSHA256,
		TextAt: r.TextAt, TextBytes: r.TextBytes, TextSHA256: r.TextSHA256,
		Row: r.Row, CRC32: r.CRC32,
		Min: r.Min.value, Max: r.Max.value, Mean: r.Mean.value, RMS: r.RMS.value, NaN: r.NaN, Inf: r.Inf,
		Margin: r.Margin.value,
	}
	for _, c := range r.Choices {
		s.Choices = append(s.Choices, Choice{c.Text, c.Given, c.LogLikelihood.value, c.Greedy})
	}
	for _, t := range r.Top {
		s.Top = append(s.Top, Top{t.ID, t.Text, t.Logit.value})
	}
	for _, l := range r.Letters {
		s.Letters = append(s.Letters, l.value)
	}
	for _, p := range r.LogProbs {
		s.LogProbs = append(s.LogProbs, engine.LogProb{ID: p.ID, Text: p.Text, LogProb: p.LogProb.value})
	}
	for _, l := range r.LetterLogProbs {
		s.LetterLogProbs = append(s.LetterLogProbs, l.value)
	}
	s.settle() // earlier versions judged whatever came
	return nil
}

func (r record) check() error {
	switch {
	case r.Index < 0:
		return errors.New("no index of a sample")
	case r.Row < -1:
		return errors.New("no row of the logits")
	case r.PromptAt < 0 || r.PromptTokens < 0 || r.PromptTokens == 0 && r.TextSHA256 == "":
		return fmt.Errorf("prompt of %d ids at %d", r.PromptTokens, r.PromptAt)
	case len(r.PromptSHA256) != 64 && r.PromptTokens > 0:
		return fmt.Errorf("prompt_sha256 %q: want 64 hexadecimal digits", r.PromptSHA256)
	case r.TextAt < 0 || r.TextBytes < 0 || r.TextSHA256 != "" && len(r.TextSHA256) != 64:
		return fmt.Errorf("prompt text of %d bytes at %d, text_sha256 %q: want 64 hexadecimal digits", r.TextBytes, r.TextAt, r.TextSHA256)
	case len(r.LetterLogProbs) > len(answerLetters):
		return fmt.Errorf("letter_logprobs of %d letters: want %d at most", len(r.LetterLogProbs), len(answerLetters))
	case r.NaN < 0 || r.Inf < 0:
		return errors.New("negative count of NaN or Inf")
	}
	for _, c := range r.Choices {
		if !strings.HasPrefix(c.Text, c.Given) {
			return fmt.Errorf("choice %.60q does not begin with %.60q, which is given of it", c.Text, c.Given)
		}
	}
	return nil
}

// number is a float that may be NaN or infinite.
type number[T float32 | float64] struct{ value T }

func (n number[T]) MarshalJSON() ([]byte, error) {
	f := float64(n.value)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return json.Marshal(n.value)
}

func (n *number[T]) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `"NaN"`:
		n.value = T(math.NaN())
	case `"+Inf"`:
		n.value = T(math.Inf(1))
	case `"-Inf"`:
		n.value = T(math.Inf(-1))
	case "null":
	default:
		// What comes is one value of JSON, and of these a number alone can be parsed.
		value, err := strconv.ParseFloat(string(text), 8*int(unsafe.Sizeof(n.value)))
		if err != nil {
			return fmt.Errorf("%s is not a number that is kept here: %w", text, err)
		}
		n.value = T(value)
	}
	return nil
}
