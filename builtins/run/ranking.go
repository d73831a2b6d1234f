package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"adkernel/builtins/engine"
	"adkernel/builtins/logits"
	"adkernel/builtins/task"
)

// ranking computes the log-likelihoods of choices of questions, as
// lm-evaluation-harness defines them: of the tokens that a choice adds to the
// prompt, or to the prompt and what of it is given, each given those before it.
// Engines return the logits of the first output token, so each position is a
// request of its own: the prompt's, which all choices share, and those within
// choices of several tokens.
type ranking struct {
	steps []step
	open  map[int]*ranked // by question
}

// step is one position whose logits say how likely the next tokens are.
type step struct {
	question int
	tokens   []int32
	next     []next
}

// next is a token that a choice has there.
type next struct {
	choice int
	token  int32
}

// ranked is a question on the way.
type ranked struct {
	logLikelihoods []float64
	greedy         []bool
	left           int // steps
	row            []float32
}

var errNoRows = errors.New("the engine returns no logits, and the task's choices are ranked by their likelihood: evaluate with an engine that does")

// newRanking plans the steps of the questions that todo says.
func newRanking(ctx context.Context, e engine.Engine, t *task.Task, prompts []prompt, texts []string, special bool, todo func(int) bool) (*ranking, error) {
	if e.Info().Vocab == 0 {
		return nil, errNoRows
	}
	r := &ranking{open: map[int]*ranked{}}
	for i, q := range t.Questions {
		if !todo(i) {
			continue
		}
		whole := make([]string, len(q.Choices))
		for c, choice := range q.Choices {
			whole[c] = texts[i] + choice
		}
		encoded, err := engine.EncodeAll(ctx, e, whole, special)
		if err != nil {
			return nil, err
		}
		given, err := givenTokens(ctx, e, q, texts[i], len(prompts[i].ids), special)
		if err != nil {
			return nil, err
		}
		if err := r.plan(i, q, given, encoded); err != nil {
			return nil, fmt.Errorf("sample %d (%s, question %d): %w", i, q.Subject, q.Index, err)
		}
	}
	return r, nil
}

// givenTokens is how many tokens of a prompt with each choice are given: those
// of the prompt, and of what of the choice is given as well.
func givenTokens(ctx context.Context, e engine.Engine, q task.Question, text string, prompt int, special bool) ([]int, error) {
	given := slices.Repeat([]int{prompt}, len(q.Choices))
	if q.Given == nil {
		return given, nil
	}
	contexts := make([]string, len(q.Given))
	for c, part := range q.Given {
		contexts[c] = text + part
	}
	encoded, err := engine.EncodeAll(ctx, e, contexts, special)
	for c, ids := range encoded {
		given[c] = len(ids)
	}
	return given, err
}

// plan adds the steps of one question, whose prompt with each choice has the
// ids encoded. What is behind as many ids as are given of each, the prompt's at
// least, belongs to the choice, as in lm-eval, also where a tokenizer joins the
// two.
func (r *ranking) plan(question int, q task.Question, given []int, encoded [][]int32) error {
	first := len(r.steps)
	places := map[string]int{} // of a step, by its tokens
	for c, ids := range encoded {
		if len(ids) <= given[c] {
			return fmt.Errorf("choice %q adds no token to the prompt", q.Choices[c])
		}
		for at := given[c]; at < len(ids); at++ {
			key := string(idBytes(ids[:at]))
			place, ok := places[key]
			if !ok {
				place = len(r.steps)
				places[key] = place
				r.steps = append(r.steps, step{question: question, tokens: slices.Clone(ids[:at])})
			}
			r.steps[place].next = append(r.steps[place].next, next{c, ids[at]})
		}
	}
	state := &ranked{logLikelihoods: make([]float64, len(encoded)), greedy: make([]bool, len(encoded)), left: len(r.steps) - first}
	for c := range state.greedy {
		state.greedy[c] = true
	}
	r.open[question] = state
	return nil
}

// requests are the steps, a token each.
func (r *ranking) requests() []engine.Request {
	out := make([]engine.Request, len(r.steps))
	for i, s := range r.steps {
		out[i] = engine.Request{ID: i, Tokens: s.tokens, MaxTokens: 1, Logits: true}
	}
	return out
}

// add takes the logits of a step. It returns the question when it was its last.
func (r *ranking) add(id int, row []float32, prompts []prompt) (question int, done *ranked, err error) {
	if id < 0 || id >= len(r.steps) || r.steps[id].next == nil {
		return 0, nil, fmt.Errorf("the engine answered request %d, which is not open", id)
	}
	s := r.steps[id]
	state := r.open[s.question]
	if row == nil {
		return 0, nil, errNoRows
	}
	logs := logits.LogSoftmax(row)
	top := logits.TopK(row, 1)
	for _, n := range s.next {
		if n.token < 0 || int(n.token) >= len(row) {
			return 0, nil, fmt.Errorf("token %d of a choice is not one of the %d of the vocabulary", n.token, len(row))
		}
		state.logLikelihoods[n.choice] += logs[n.token]
		if len(top) == 0 || row[n.token] != top[0].Logit {
			state.greedy[n.choice] = false
		}
	}
	if slices.Equal(s.tokens, prompts[s.question].ids) {
		state.row = slices.Clone(row)
	}
	r.steps[id].next = nil
	if state.left--; state.left > 0 {
		return s.question, nil, nil
	}
	delete(r.open, s.question)
	return s.question, state, nil
}

// sample is the record of a question whose choices are ranked.
func (state *ranked) sample(t *task.Task, q task.Question) Sample {
	s := Sample{Margin: float32(math.NaN())}
	for c, text := range q.Choices {
		choice := Choice{Text: text, LogLikelihood: state.logLikelihoods[c], Greedy: state.greedy[c]}
		if q.Given != nil {
			choice.Given = q.Given[c]
		}
		s.Choices = append(s.Choices, choice)
	}
	chosen, right := t.Rank(q, state.logLikelihoods, state.greedy)
	if chosen >= 0 {
		s.Output = q.Choices[chosen]
	}
	s.Correct = right
	s.Margin = float32(task.Advantage(state.logLikelihoods, q.Right))
	return s
}
