package serve

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"adkernel/builtins/engine"
	"adkernel/builtins/tokenizer"
)

// An answer is one sequence: how it is generated, and what has been of it.
// The engine's goroutine writes it; the handler reads it when told.
type answer struct {
	ctx        context.Context // of the client
	prompt     []int32
	maxTokens  int
	stop       []string // texts that end it
	stopIDs    []int32
	choose     *sampler
	top        int  // log-probabilities a position; -1 for none
	promptRows bool // log-probabilities of the prompt too
	tokenizer  *tokenizer.Tokenizer

	speller *speller      // of the output; the engine's goroutine alone
	notify  chan struct{} // holds one: there is something new
	done    chan struct{}

	mu          sync.Mutex
	promptSteps []step // one for each prompt token, the first without a log-probability
	steps       []step // one for each output token
	text        string // of the output, cut where a stop text begins
	finish      string // "stop" or "length", once it is over
	err         error
}

// A step is one token.
type step struct {
	id      int32
	token   string
	logprob float64
	top     []choice // greatest first; the token itself is among them, or last
	shown   int      // bytes of the text that are certain after it
}

// A choice is one token that was possible at a step.
type choice struct {
	id      int32
	token   string
	logprob float64
}

func newAnswer(ctx context.Context, t *tokenizer.Tokenizer, prompt []int32) *answer {
	return &answer{ctx: ctx, prompt: prompt, tokenizer: t, top: -1, speller: newSpeller(t),
		notify: make(chan struct{}, 1), done: make(chan struct{})}
}

// steered is the answer as the engine computes it.
func (a *answer) steered() engine.Steered {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := engine.Steered{Tokens: a.prompt, MaxTokens: a.maxTokens, Next: a.next}
	if a.promptRows {
		a.promptSteps = make([]step, len(a.prompt))
		for i, token := range spellAll(a.tokenizer, a.prompt) {
			a.promptSteps[i] = step{id: a.prompt[i], token: token}
		}
		r.Prompt = a.scorePrompt
	}
	return r
}

// scorePrompt notes what the model thought of the prompt's token after
// position.
func (a *answer) scorePrompt(position int, row []float32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &a.promptSteps[position+1]
	if err := s.score(a.tokenizer, a.prompt[position], row, a.top); err != nil && a.err == nil {
		a.err = fmt.Errorf("prompt position %d: %w", position, err)
	}
}

// next chooses the next token and says whether another is wanted.
func (a *answer) next(row []float32) (token int32, more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.tell()
	if a.err != nil || a.ctx.Err() != nil {
		return 0, false
	}
	s := step{}
	if s.id, a.err = a.choose.next(row); a.err != nil {
		return 0, false
	}
	before := a.prompt[len(a.prompt)-1]
	if n := len(a.steps); n > 0 {
		before = a.steps[n-1].id
	}
	s.token = spellOne(a.tokenizer, before, s.id)
	if a.top >= 0 {
		if a.err = s.score(a.tokenizer, before, row, a.top); a.err != nil {
			a.err = fmt.Errorf("output token %d: %w", len(a.steps), a.err)
			return 0, false
		}
	}
	a.advance(&s)
	a.steps = append(a.steps, s)
	return s.id, a.finish == ""
}

// advance extends the text by a token and notes whether it ends there.
func (a *answer) advance(s *step) {
	if slices.Contains(a.stopIDs, s.id) {
		a.finish = "stop"
		a.text += a.speller.rest()
	} else {
		was := len(a.text)
		a.text += a.speller.add(s.id)
		if len(a.steps)+1 == a.maxTokens {
			a.finish = "length"
			a.text += a.speller.rest()
		}
		if at := firstStop(a.text, was, a.stop); at >= 0 {
			a.text, a.finish = a.text[:at], "stop"
		}
	}
	s.shown = len(a.text)
	if a.finish == "" {
		s.shown -= pending(a.text, a.stop)
	}
}

func (a *answer) tell() {
	select {
	case a.notify <- struct{}{}:
	default:
	}
}

// end says that nothing more comes.
func (a *answer) end(err error) {
	a.mu.Lock()
	if a.err == nil {
		a.err = err
	}
	if a.finish == "" {
		a.finish = "length" // of max_tokens 0
	}
	a.mu.Unlock()
	close(a.done)
	a.tell() // last: who is told looks whether it is done, and would wait for ever for a second word
}

// wait returns when the answer is complete.
func (a *answer) wait() error {
	select {
	case <-a.done:
	case <-a.ctx.Done():
		return context.Cause(a.ctx)
	}
	return a.err
}

// firstStop is where the first of the stop texts begins in text that ends
// beyond position was; -1 if none does.
func firstStop(text string, was int, stop []string) int {
	first := -1
	for _, s := range stop {
		from := max(0, was-len(s)+1)
		if at := strings.Index(text[from:], s); at >= 0 && (first < 0 || from+at < first) {
			first = from + at
		}
	}
	return first
}

// pending is the length of the longest end of text that a stop text begins
// with: it must not be shown before it is certain that it stays.
func pending(text string, stop []string) int {
	longest := 0
	for _, s := range stop {
		for n := min(len(s)-1, len(text)); n > longest; n-- {
			if strings.HasSuffix(text, s[:n]) {
				longest = n
			}
		}
	}
	return longest
}
