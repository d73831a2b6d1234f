package serve

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"reflect"
	"strconv"
)

// newID is a new name for an answer.
func newID(prefix string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return prefix + hex.EncodeToString(b[:])
}

func tokenAsID(id int32) string { return "token_id:" + strconv.Itoa(int(id)) }

// A stream is an answer as server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	return &stream{w, http.NewResponseController(w)}
}

// send writes one event. A client that went away is noticed by the request's
// context.
func (s *stream) send(v any) {
	text, err := marshal(v)
	if err != nil {
		text, _ = marshal(map[string]any{"error": asAPIError(err)})
	}
	s.write(text)
}

func (s *stream) write(text []byte) {
	s.w.Write([]byte("data: "))
	s.w.Write(text)
	s.w.Write([]byte("\n\n"))
	s.control.Flush()
}

// end sends an error, if there is one, and the event that ends a stream.
func (s *stream) end(err error) {
	if err != nil {
		s.send(map[string]any{"error": asAPIError(err)})
	}
	s.write([]byte("[DONE]"))
}

// A part is what became certain of an answer since the last part.
type part struct {
	index  int
	first  bool
	text   string
	steps  []step
	finish string // "" while there is more
}

// follow hands the parts of all answers to emit as they come, each answer's in
// order, until all are complete or one has failed.
func follow(answers []*answer, emit func(part)) error {
	type place struct{ steps, text int }
	at := make([]place, len(answers))
	cases := make([]reflect.SelectCase, len(answers), len(answers)+1)
	for i, a := range answers {
		cases[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(a.notify)}
	}
	cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(answers[0].ctx.Done())})
	for open := len(answers); open > 0; {
		i, _, _ := reflect.Select(cases)
		if i == len(answers) {
			return answers[0].ctx.Err()
		}
		a := answers[i]
		ended := false
		select {
		case <-a.done:
			ended = true
		default:
		}
		a.mu.Lock()
		p := part{index: i, first: at[i] == place{}, steps: a.steps[at[i].steps:]}
		shown := at[i].text
		if n := len(a.steps); n > 0 {
			shown = max(shown, a.steps[n-1].shown)
		}
		p.text = a.text[at[i].text:shown]
		if ended {
			p.finish = a.finish
		}
		at[i] = place{len(a.steps), shown}
		err := a.err
		a.mu.Unlock()
		if err != nil {
			return err
		}
		if ended {
			cases[i].Chan = reflect.Value{} // never ready again
			open--
		}
		if len(p.steps) > 0 || ended {
			emit(p)
		}
	}
	return nil
}

func (s *Server) streamCompletion(w http.ResponseWriter, q *completionRequest, reply completion, answers []*answer) error {
	out := newStream(w)
	offsets := make([]int, len(answers))
	err := follow(answers, func(p part) {
		a := answers[p.index]
		c := completionChoice{Index: p.index, Text: p.text}
		steps, fromStart := p.steps, false
		if p.first && q.Echo {
			c.Text = q.promptText(s, a, p.index) + c.Text
			fromStart = len(a.promptSteps) > 0
			steps = append(a.promptSteps[:len(a.promptSteps):len(a.promptSteps)], steps...)
		}
		if q.LogProbs != nil {
			c.LogProbs = newCompletionLogprobs(steps, fromStart, q.TokenText, offsets[p.index])
			for _, step := range steps {
				offsets[p.index] += len([]rune(step.token))
			}
		}
		if q.TokenIDs {
			c.TokenIDs = tokenIDs(p.steps)
			if p.first {
				c.PromptIDs = a.prompt
			}
		}
		if p.finish != "" {
			c.FinishReason = &p.finish
		}
		reply.Choices = []completionChoice{c}
		out.send(reply)
	})
	if err == nil && q.StreamOptions != nil && q.StreamOptions.IncludeUsage {
		reply.Choices, reply.Usage = []completionChoice{}, count(answers, q.choices())
		out.send(reply)
	}
	out.end(err)
	return nil
}
