package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"time"
	"unicode/utf8"
)

// completionTokens is max_tokens where the client does not say, as at OpenAI.
const completionTokens = 16

type completionRequest struct {
	common
	Prompt    prompts `json:"prompt"`
	Echo      bool    `json:"echo"`
	LogProbs  *int    `json:"logprobs"`
	BestOf    *int    `json:"best_of"`
	Suffix    string  `json:"suffix"`
	TokenText bool    `json:"return_tokens_as_token_ids"` // vLLM
}

// prompts is a text, a list of texts, a list of token ids, or a list of such
// lists.
type prompts struct {
	texts []string
	ids   [][]int32
}

func (p *prompts) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	var text string
	var texts list[string]
	var ids list[int32]
	var several list[list[int32]]
	switch {
	case string(raw) == "null":
		return nil
	case json.Unmarshal(raw, &text) == nil:
		p.texts = []string{text}
	case json.Unmarshal(raw, &texts) == nil:
		p.texts = texts
	case json.Unmarshal(raw, &ids) == nil:
		p.ids = [][]int32{ids}
	case json.Unmarshal(raw, &several) == nil:
		for _, ids := range several {
			p.ids = append(p.ids, ids)
		}
	default:
		return invalid("prompt", "prompt: want a text, a list of texts, a list of token ids, or a list of such lists")
	}
	return nil
}

func (p *prompts) count() int { return len(p.texts) + len(p.ids) }

type completion struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   *usage             `json:"usage,omitempty"`
}

type completionChoice struct {
	Index        int                 `json:"index"`
	Text         string              `json:"text"`
	LogProbs     *completionLogprobs `json:"logprobs"`
	FinishReason *string             `json:"finish_reason"`
	TokenIDs     []int32             `json:"token_ids,omitempty"`
	PromptIDs    []int32             `json:"prompt_token_ids,omitempty"`
}

// completionLogprobs has one entry a token. Offsets count characters.
type completionLogprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []*float64           `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func (s *Server) completions(w http.ResponseWriter, r *http.Request) error {
	var q completionRequest
	if err := readJSON(r, &q); err != nil {
		return err
	}
	if err := s.knows(q.Model); err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // what is not yet computed need not be
	answers, err := s.completionAnswers(ctx, &q)
	if err != nil {
		return err
	}
	if err := s.queue.add(answers); err != nil {
		return err
	}
	reply := completion{ID: newID("cmpl-"), Object: "text_completion", Created: time.Now().Unix(), Model: s.Name, Choices: []completionChoice{}}
	if q.Stream {
		return s.streamCompletion(w, &q, reply, answers)
	}
	for i, a := range answers {
		if err := a.wait(); err != nil {
			return err
		}
		c := s.completionChoice(&q, a, i)
		c.FinishReason = &a.finish
		reply.Choices = append(reply.Choices, c)
	}
	reply.Usage = count(answers, q.choices())
	writeJSON(w, http.StatusOK, reply)
	return nil
}

func (q *completionRequest) check() error {
	if err := q.common.check(); err != nil {
		return err
	}
	switch {
	case q.Prompt.count() == 0:
		return invalid("prompt", "prompt is missing")
	case q.Prompt.count()*q.choices() > maxQueued:
		return invalid("prompt", "%d prompts with n %d: want %d sequences at most", q.Prompt.count(), q.choices(), maxQueued)
	case q.LogProbs != nil && (*q.LogProbs < 0 || *q.LogProbs > maxTop):
		return invalid("logprobs", "logprobs is %d: want 0 to %d", *q.LogProbs, maxTop)
	case q.BestOf != nil && *q.BestOf != q.choices():
		return invalid("best_of", "best_of is not supported: leave it out, or set n")
	case q.Suffix != "":
		return invalid("suffix", "suffix is not supported: leave it out")
	case q.MaxTokens != nil && *q.MaxTokens == 0 && !q.Echo:
		return invalid("max_tokens", "max_tokens is 0 and echo is not true: there would be no answer")
	}
	return nil
}

// completionAnswers makes the n answers of the first prompt, then those of the
// second.
func (s *Server) completionAnswers(ctx context.Context, q *completionRequest) ([]*answer, error) {
	ids := q.Prompt.ids
	for _, text := range q.Prompt.texts {
		ids = append(ids, s.Tokenizer.Encode(text, q.AddSpecial == nil || *q.AddSpecial))
	}
	var answers []*answer
	for _, prompt := range ids {
		if err := s.checkTokens("prompt", prompt); err != nil {
			return nil, err
		}
		tokens, err := s.room(prompt, q.MaxTokens, completionTokens)
		if err != nil {
			return nil, err
		}
		for choice := range q.choices() {
			a := s.answer(ctx, &q.common, prompt, tokens, choice)
			if q.LogProbs != nil {
				a.top, a.promptRows = *q.LogProbs, q.Echo
			}
			answers = append(answers, a)
		}
	}
	return answers, nil
}

// answer is one choice of a request.
func (s *Server) answer(ctx context.Context, c *common, prompt []int32, tokens, choice int) *answer {
	a := newAnswer(ctx, s.Tokenizer, prompt)
	a.maxTokens, a.stop, a.choose = tokens, c.Stop, c.sampler(choice)
	a.stopIDs = append(a.stopIDs, c.StopTokenIDs...)
	if !c.IgnoreEOS {
		a.stopIDs = append(a.stopIDs, s.limits.Stop...)
	}
	return a
}

// completionChoice is a complete answer.
func (s *Server) completionChoice(q *completionRequest, a *answer, index int) completionChoice {
	c := completionChoice{Index: index, Text: a.text}
	steps := a.steps
	if q.Echo {
		c.Text = q.promptText(s, a, index) + a.text
		steps = append(a.promptSteps[:len(a.promptSteps):len(a.promptSteps)], steps...)
	}
	if q.LogProbs != nil {
		c.LogProbs = newCompletionLogprobs(steps, q.Echo, q.TokenText, 0)
	}
	if q.TokenIDs {
		c.PromptIDs, c.TokenIDs = a.prompt, tokenIDs(a.steps)
	}
	return c
}

// promptText is the prompt as it was sent, or the text of its ids with special
// tokens, which text_offset counts: vLLM's is the same.
func (q *completionRequest) promptText(s *Server, a *answer, index int) string {
	if at := index / q.choices(); at >= len(q.Prompt.ids) {
		return q.Prompt.texts[at-len(q.Prompt.ids)]
	}
	return s.Tokenizer.Decode(a.prompt, false)
}

// newCompletionLogprobs lists steps, the first of which has no log-probability
// when it begins a prompt. A text that stands for two tokens at one position
// has the probability of the likelier.
func newCompletionLogprobs(steps []step, fromStart, asIDs bool, offset int) *completionLogprobs {
	l := &completionLogprobs{Tokens: []string{}, TokenLogprobs: []*float64{}, TopLogprobs: []map[string]float64{}, TextOffset: []int{}}
	spell := func(id int32, token string) string {
		if asIDs {
			return tokenAsID(id)
		}
		return token
	}
	for i, s := range steps {
		l.Tokens = append(l.Tokens, spell(s.id, s.token))
		l.TextOffset = append(l.TextOffset, offset)
		offset += utf8.RuneCountInString(s.token)
		if fromStart && i == 0 {
			l.TokenLogprobs = append(l.TokenLogprobs, nil)
			l.TopLogprobs = append(l.TopLogprobs, nil)
			continue
		}
		l.TokenLogprobs = append(l.TokenLogprobs, number(s.logprob))
		top := map[string]float64{}
		for _, c := range s.top {
			name := spell(c.id, c.token)
			known, ok := top[name]
			if !ok {
				known = math.Inf(-1)
			}
			top[name] = max(known, c.logprob)
		}
		l.TopLogprobs = append(l.TopLogprobs, top)
	}
	return l
}

func tokenIDs(steps []step) []int32 {
	ids := make([]int32, len(steps))
	for i, s := range steps {
		ids[i] = s.id
	}
	return ids
}

// count adds up tokens: those of a prompt once for its n answers.
func count(answers []*answer, n int) *usage {
	u := &usage{}
	for i, a := range answers {
		if i%n == 0 {
			u.Prompt += len(a.prompt)
		}
		a.mu.Lock()
		u.Completion += len(a.steps)
		a.mu.Unlock()
	}
	u.Total = u.Prompt + u.Completion
	return u
}
