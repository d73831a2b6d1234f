package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"adkernel/builtins/run"
	"adkernel/internal/pythonjson"
)

const (
	batchOutputFormat = "OpenAI batch output"
	batchInputFormat  = "OpenAI batch input"
)

// batchInput is a request of "vllm run-batch -i" (vllm/entrypoints/openai/run_batch.py),
// which is OpenAI's batch format.
type batchInput struct {
	CustomID string `json:"custom_id"`
	Body     struct {
		Model    string          `json:"model"`
		Prompt   json.RawMessage `json:"prompt"`
		Messages json.RawMessage `json:"messages"`
	} `json:"body"`
}

// batchOutput is a line of its output file.
type batchOutput struct {
	CustomID string `json:"custom_id"`
	Response *struct {
		StatusCode int `json:"status_code"`
		Body       struct {
			Model   string `json:"model"`
			Choices []struct {
				Index   int     `json:"index"`
				Text    *string `json:"text"`
				Message *struct {
					Content *string `json:"content"`
				} `json:"message"`
				FinishReason string `json:"finish_reason"`
			} `json:"choices"`
		} `json:"body"`
	} `json:"response"`
	Error json.RawMessage `json:"error"`
}

// reference is the right answer to a request.
type reference struct {
	CustomID string `json:"custom_id"`
	Ref      string `json:"ref"`
	Subject  string `json:"subject"`
}

// text is what was generated.
func (o *batchOutput) text() (text, finish string, err error) {
	switch {
	case o.CustomID == "":
		return "", "", errors.New("not a line of a batch's output: no custom_id")
	case o.Response == nil || o.Response.StatusCode != 0 && o.Response.StatusCode != 200:
		return "", "", fmt.Errorf("request %s failed: %.200s: run it again, or take it out of the input as well", o.CustomID, o.Error)
	case len(o.Response.Body.Choices) == 0:
		return "", "", fmt.Errorf("request %s: the response has no choices", o.CustomID)
	}
	c := o.Response.Body.Choices[0]
	for _, other := range o.Response.Body.Choices {
		if other.Index < c.Index {
			c = other // as a server may order several
		}
	}
	switch {
	case c.Text != nil:
		return *c.Text, c.FinishReason, nil
	case c.Message != nil && c.Message.Content != nil:
		return *c.Message.Content, c.FinishReason, nil
	case c.Message != nil:
		return "", c.FinishReason, nil // a refusal, or reasoning that was cut off
	}
	return "", "", fmt.Errorf("request %s: the response holds no text", o.CustomID)
}

// prompt is what was asked: the text, or the messages as JSON.
func (i *batchInput) prompt() (string, error) {
	switch {
	case i.CustomID == "":
		return "", errors.New("not a request of a batch: no custom_id")
	case i.Body.Prompt != nil:
		return plainText(i.Body.Prompt), nil
	case i.Body.Messages != nil:
		return string(i.Body.Messages), nil
	}
	return "", fmt.Errorf("request %s has neither prompt nor messages", i.CustomID)
}

// A batch is what stands beside the requests of a batch, which are read last: in
// the order in which they were asked.
type batch struct {
	answers map[string]batchAnswer
	refs    map[string]reference
	score   func(output, ref string) bool

	asked   map[string]bool // the requests that were read
	several int             // of them were answered more than once

	output, references string // the files of answers and refs, for errors
}

func readBatch(j *job) (*run.Run, error) {
	output, err := j.companion(batchOutputFormat)
	if err != nil {
		return nil, err
	}
	input, err := j.companion(batchInputFormat)
	if err != nil {
		return nil, err
	}
	if input == "" {
		return nil, errors.New("the output holds no prompts: name the batch's input file as well")
	}
	if j.options.References == "" {
		return nil, errors.New(`neither file says what would be right: name a JSON-lines file of {"custom_id", "ref"} with --references`)
	}
	b := batch{asked: map[string]bool{}, output: output, references: j.options.References}
	if b.score, err = scoreBy(j.options.Score); err != nil {
		return nil, err
	}
	if b.refs, err = readReferences(b.references); err != nil {
		return nil, err
	}
	var model string
	if b.answers, model, err = readOutputs(output); err != nil {
		return nil, err
	}
	return j.write(specOf(batchOutputFormat, model, "batch"), func(w *run.Writer) error {
		w.Missing(run.TheLogits, "a batch's output holds texts")
		w.Missing(run.TheTokenIDs, "a batch's input holds the prompts as text or as messages")
		w.Missing(run.TheTokenTexts, "a batch's input holds the prompts as text or as messages")
		w.Missing(run.TheEngine, "a batch's output names a model, not how it was served")
		n, err := j.eachSample(input, func(n int, line []byte) error { return b.add(w, n, line) })
		if err != nil {
			return err
		}
		if b.several > 0 {
			w.Note("%d requests were answered more than once (n): the output is the first", b.several)
		}
		if j.options.Limit > 0 {
			w.Note("the first %d requests were taken", n)
			return nil
		}
		return b.complete(input)
	})
}

// add writes the sample of request n, which line holds.
func (b *batch) add(w *run.Writer, n int, line []byte) error {
	var request batchInput
	if err := pythonjson.Unmarshal(line, &request); err != nil {
		return fmt.Errorf("not a request of a batch: %w", err)
	}
	prompt, err := request.prompt()
	if err != nil {
		return err
	}
	id := request.CustomID
	if b.asked[id] {
		return fmt.Errorf("request %s is there twice: one of them would be counted twice", id)
	}
	b.asked[id] = true
	a, ok := b.answers[id]
	if !ok {
		return fmt.Errorf("request %s has no answer in %s: the batch did not end, or it is another's output", id, b.output)
	}
	ref, ok := b.refs[id]
	if !ok {
		return fmt.Errorf("request %s has no ref in %s", id, b.references)
	}
	if ref.Subject == "" {
		ref.Subject = "batch"
	}
	if a.choices > 1 {
		b.several++
	}
	return w.Add(run.Sample{
		Index: n, Subject: ref.Subject, Question: n, Ref: ref.Ref, Output: a.text, Finish: a.finish,
		Correct: b.score(a.text, ref.Ref), Margin: float32(math.NaN()),
	}, prompt, nil)
}

// complete says whether every answer is one to a request of the input.
func (b *batch) complete(input string) error {
	for _, id := range sortedKeys(b.answers) {
		if !b.asked[id] {
			return fmt.Errorf("%s answers the request %s, which %s does not hold: the input was cut, or is another's", b.output, id, input)
		}
	}
	return nil
}

// scoreBy is how an output is compared with the right answer.
func scoreBy(name string) (func(output, ref string) bool, error) {
	switch name {
	case "", "prefix":
		return func(output, ref string) bool { return strings.HasPrefix(strings.TrimSpace(output), ref) }, nil
	case "exact":
		return func(output, ref string) bool { return strings.TrimSpace(output) == strings.TrimSpace(ref) }, nil
	}
	return nil, fmt.Errorf("score %q: want prefix (the output begins with the answer) or exact", name)
}

type batchAnswer struct {
	text, finish string
	choices      int
}

func readOutputs(path string) (answers map[string]batchAnswer, model string, err error) {
	answers = map[string]batchAnswer{}
	err = eachLine(path, func(_ int, line []byte) error {
		var o batchOutput
		if err := pythonjson.Unmarshal(line, &o); err != nil {
			return fmt.Errorf("not a line of a batch's output: %w", err)
		}
		text, finish, err := o.text()
		if err != nil {
			return err
		}
		if _, twice := answers[o.CustomID]; twice {
			return fmt.Errorf("request %s is answered twice", o.CustomID)
		}
		answers[o.CustomID] = batchAnswer{text, finish, len(o.Response.Body.Choices)}
		switch {
		case model == "":
			model = o.Response.Body.Model
		case o.Response.Body.Model != "" && o.Response.Body.Model != model:
			return fmt.Errorf("answers of two models, %s and %s: one run is of one", model, o.Response.Body.Model)
		}
		return nil
	})
	return answers, model, err
}

func readReferences(path string) (map[string]reference, error) {
	refs := map[string]reference{}
	return refs, eachLine(path, func(_ int, line []byte) error {
		var r reference
		if err := pythonjson.Unmarshal(line, &r); err != nil || r.CustomID == "" || r.Ref == "" {
			return fmt.Errorf(`want {"custom_id": ..., "ref": ...}, neither empty (%v)`, err)
		}
		if _, twice := refs[r.CustomID]; twice {
			return fmt.Errorf("custom_id %s is there twice", r.CustomID)
		}
		refs[r.CustomID] = r
		return nil
	})
}
