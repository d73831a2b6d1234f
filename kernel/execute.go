package kernel

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"adkernel/kernel/host"
	"adkernel/kernel/wire"
	"adkernel/kernel/worker"
)

// settle is how long a failed cell waits before its reply, so that cells that
// were sent together with it have arrived and are aborted with the rest. What
// is sent in answer to the reply comes later and is not.
const settle = 20 * time.Millisecond

// execute runs one cell.
func (s *server) execute(ctx context.Context, r *request) {
	content := wire.NewExecuteRequest()
	if s.malformed(r, &content) {
		return
	}
	if r.aborted {
		s.replyAborted(r)
		return
	}
	started := time.Now()
	s.evaluator.Lock()
	defer s.evaluator.Unlock()
	if ctx.Err() != nil { // the kernel shuts down
		s.replyAborted(r)
		return
	}
	// As in IPython, a blank cell does not count.
	stored := content.StoreHistory && !content.Silent && strings.TrimSpace(content.Code) != ""
	n := s.count + 1
	if stored {
		s.count = n
	}
	if !content.Silent {
		s.publish(r.Message, wire.ExecuteInput{Code: content.Code, ExecutionCount: n})
	}
	result, err := s.session.Execute(ctx, worker.Request{
		N:       n,
		Source:  content.Code,
		Hidden:  !stored,
		Input:   s.asker(r, content.AllowStdin),
		MaxText: worker.DefaultMaxText,

		Interrupted: r.queue.wasInterrupted,
	}, func(e worker.Event) { s.output.show(r.Message, e) })
	for _, note := range result.Notes {
		s.output.stream(r.Message, "stderr", note+"\n")
	}
	s.output.flush()
	if err != nil && ctx.Err() != nil {
		// The kernel shuts down, which is not the cell's fault: it was interrupted
		// by the end of ctx, or the session was closed, whichever came first.
		s.shells.cellEnds(r.queue)
		s.replyAborted(r)
		return
	}

	answer := wire.ExecuteReply{
		Status: wire.StatusOK, ExecutionCount: s.count, Started: started,
		Payload: payloads(result.Payload), UserExpressions: map[string]any{},
	}
	var shown *string
	switch {
	case err != nil:
		s.logCrash(err)
		answer.Status = wire.StatusError
		answer.Failure = failureOf(err)
		s.publish(r.Message, wire.Error{Failure: *answer.Failure})
	default:
		if result.Result != nil && !content.Silent {
			text := result.Result.Plain()
			shown = &text
			s.publish(r.Message, wire.ExecuteResult{ExecutionCount: n, Data: result.Result.Data, Metadata: metadata(*result.Result)})
		}
		answer.UserExpressions = s.expressions(ctx, n, content.UserExpressions, r.queue.wasInterrupted)
	}
	if stored {
		r.later = func() { s.remember(n, content.Code, shown) }
	}
	if err != nil && content.StopOnError && !content.Silent {
		if !r.queue.wasInterrupted() {
			time.Sleep(settle)
		}
		r.queue.abort()
	}
	s.shells.cellEnds(r.queue)
	s.reply(r, answer)
}

func (s *server) replyAborted(r *request) {
	s.reply(r, wire.AbortedReply{Started: time.Now()})
}

func payloads(left []host.Payload) []any {
	all := []any{}
	for _, p := range left {
		switch p := p.(type) {
		case *host.Page:
			all = append(all, wire.Page{Source: "page", Data: p.Bundle.Data})
		case *host.NextInput:
			all = append(all, wire.NextInput{Source: "set_next_input", Text: p.Text, Replace: p.Replace})
		}
	}
	return all
}

// expressions evaluates a request's user expressions, each on its own. An
// interrupt ends all of them, also one that came before: it is the request's.
func (s *server) expressions(ctx context.Context, n int, sources map[string]string, interrupted func() bool) map[string]any {
	results := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		source, err := expression(sources[name])
		var b host.Bundle
		if err == nil {
			b, err = s.session.Expression(ctx, n, source, interrupted)
		}
		if err != nil {
			results[name] = wire.ExpressionError{Status: wire.StatusError, Failure: *failureOf(err)}
		} else {
			results[name] = wire.ExpressionResult{Status: wire.StatusOK, Data: b.Data, Metadata: metadata(b)}
		}
	}
	return results
}

// expression is the text of a user expression as it may be evaluated: statements
// would change what is alive, behind the user's back.
func expression(source string) (string, error) {
	x, err := parser.ParseExpr(source)
	if err != nil {
		return "", &worker.Error{Name: "CompileError", Value: fmt.Sprintf("%s is not an expression: %v", strconv.Quote(source), err)}
	}
	text := source[x.Pos()-1 : x.End()-1]
	if strings.HasPrefix(text, "!") { // would be a line of the shell
		text = "(" + text + ")"
	}
	return text, nil
}

// logCrash keeps what only somebody who looks for a fault of the program needs.
func (s *server) logCrash(err error) {
	var death *worker.Death
	if errors.As(err, &death) && death.Crash != "" {
		s.log.Error("the worker crashed", "stacks", death.Crash)
	}
}

func failureOf(err error) *wire.Failure {
	var e *worker.Error
	if !errors.As(err, &e) {
		return &wire.Failure{Name: "WorkerDied", Value: err.Error(), Traceback: []string{err.Error()}}
	}
	f := &wire.Failure{Name: e.Name, Value: e.Value, Traceback: e.Traceback}
	if f.Traceback == nil {
		f.Traceback = []string{}
	}
	return f
}

// metadata is never null on the wire.
func metadata(b host.Bundle) map[string]any {
	if b.Metadata == nil {
		return map[string]any{}
	}
	return b.Metadata
}
