package script

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	"adkernel/builtins/engine"
)

// An Engine is a model loaded by a program. Its methods may be called from
// several goroutines; the program does one thing at a time. Within emit only
// Decode of a single id may be called.
type Engine struct {
	site      engine.Site
	temporary string // directory to remove, or ""
	info      engine.Info
	pieces    []string // text of every id

	mu       sync.Mutex // guards what follows
	process  *process
	broken   error // why the process can no longer be asked
	computed time.Duration
}

// load starts the program and waits until it is ready.
func (e *Engine) load(ctx context.Context, program Program, python string, spec Spec) error {
	if err := write(spec.Dir, program, spec); err != nil {
		return err
	}
	e.site.Tell("starting Python")
	e.site.Logf("engine %s: %s %s/%s", program.Name, python, spec.Dir, mainFile)
	p, err := start(python, spec.Dir, e.site.Devices)
	if err != nil {
		return err
	}
	e.process = p
	defer context.AfterFunc(ctx, p.kill)()
	began := false
	err = e.receive(ctx, func(f frame) (bool, error) {
		switch f.Event {
		case "hello":
			began = true
			return false, nil
		case "ready":
			if f.Info == nil || f.Info.Vocab < 1 {
				return false, errors.New("the engine's process did not say what it loaded")
			}
			e.pieces = f.Pieces
			e.info = engine.Info{
				Engine: program.Name, Version: f.Info.Version, Model: spec.Model, Arch: f.Info.Arch,
				DType: f.Info.DType, Quant: f.Info.Quant, Vocab: f.Info.Vocab, Settings: f.Info.Settings,
			}
			return true, nil
		}
		return false, unexpected(f)
	})
	if err != nil && !began && ctx.Err() == nil {
		err = fmt.Errorf("%w; is that a Python 3.10 or later?", err)
	}
	e.site.Tell("")
	return err
}

func unexpected(f frame) error {
	return fmt.Errorf("the engine's process answered with %q, which was not asked", f.Event)
}

// receive hands frames to take until it says that they were the last. Lines
// for the log and news of progress are passed on; an error that the program
// reports is returned and ends the call.
func (e *Engine) receive(ctx context.Context, take func(frame) (last bool, err error)) error {
	for {
		f, err := e.process.receive(ctx)
		if err != nil {
			e.broken = err
			return err
		}
		switch f.Event {
		case "log":
			e.site.Logf("%s", f.Message)
		case "doing":
			e.site.Tell(f.Message)
		case "error":
			return errors.New(f.Message)
		default:
			last, err := take(f)
			if err != nil {
				e.process.kill() // it is in the middle of an answer
				e.broken = errors.New("the engine was stopped in the middle of an answer: load it again")
				return err
			}
			if last {
				return nil
			}
		}
	}
}

// ask sends a request and receives its answer.
func (e *Engine) ask(ctx context.Context, request any, payload []byte, take func(frame) (last bool, err error)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e.broken != nil {
		return e.broken
	}
	defer context.AfterFunc(ctx, e.process.kill)() // it may not read, and the pipe holds less than some requests
	if err := writeFrame(e.process.in, request, payload); err != nil {
		if _, gone := e.process.receive(ctx); gone != nil {
			err = gone
		}
		e.broken = err
		return err
	}
	return e.receive(ctx, take)
}

// Info says what was loaded.
func (e *Engine) Info() engine.Info {
	info := e.info
	info.Settings = maps.Clone(e.info.Settings)
	return info
}

// Encode returns the token ids of text.
func (e *Engine) Encode(text string, special bool) ([]int32, error) {
	lists, err := e.EncodeAll(context.Background(), []string{text}, special)
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// EncodeAll returns the token ids of every text. When ctx is done the engine is
// ended, as it is by Generate.
func (e *Engine) EncodeAll(ctx context.Context, texts []string, special bool) ([][]int32, error) {
	var lists [][]int32
	request := map[string]any{"event": "encode", "texts": texts, "special": special}
	err := e.ask(ctx, request, nil, func(f frame) (bool, error) {
		if f.Event != "encoded" || len(f.Counts) != len(texts) {
			return false, unexpected(f)
		}
		var err error
		lists, err = split(f.Counts, f.payload)
		return true, err
	})
	return lists, err
}

// Decode returns the text of ids. What cannot be decoded any more, because
// the process is gone, is empty; whatever is asked next says so.
func (e *Engine) Decode(ids []int32) string {
	if len(ids) == 1 && ids[0] >= 0 && int(ids[0]) < len(e.pieces) {
		return e.pieces[ids[0]]
	}
	texts, err := e.DecodeAll(context.Background(), [][]int32{ids})
	if err != nil {
		return ""
	}
	return texts[0]
}

// DecodeAll returns the text of every list; ctx is as in EncodeAll.
func (e *Engine) DecodeAll(ctx context.Context, lists [][]int32) ([]string, error) {
	var texts []string
	counts, payload := idBytes(lists)
	request := map[string]any{"event": "decode", "counts": counts, "bytes": len(payload)}
	err := e.ask(ctx, request, payload, func(f frame) (bool, error) {
		if f.Event != "decoded" || len(f.Texts) != len(lists) {
			return false, unexpected(f)
		}
		texts = f.Texts
		return true, nil
	})
	return texts, err
}

// requestDoc is engine.Request without its tokens.
type requestDoc struct {
	ID           int             `json:"id"`
	Count        int             `json:"count"` // tokens, in the payload
	MaxTokens    int             `json:"max_tokens"`
	Stop         []int32         `json:"stop"` // null: the model's own
	StopTexts    []string        `json:"stop_texts,omitempty"`
	Sampling     engine.Sampling `json:"sampling"`
	Logits       bool            `json:"logits,omitempty"`
	PromptLogits bool            `json:"prompt_logits,omitempty"`
}

// Generate answers every request. Requests that cannot be answered are refused
// before any is begun.
func (e *Engine) Generate(ctx context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	docs, lists := make([]requestDoc, len(requests)), make([][]int32, len(requests))
	open := map[int]engine.Request{}
	for i, r := range requests {
		if err := e.check(r); err != nil {
			return err
		}
		if _, twice := open[r.ID]; twice {
			return fmt.Errorf("request %d is asked twice", r.ID)
		}
		open[r.ID], lists[i] = r, r.Tokens
		docs[i] = requestDoc{r.ID, len(r.Tokens), r.MaxTokens, r.Stop, r.StopTexts, r.Sampling, r.Logits, r.PromptLogits}
	}
	_, payload := idBytes(lists)
	request := map[string]any{"event": "generate", "requests": docs, "bytes": len(payload)}
	return e.ask(ctx, request, payload, func(f frame) (bool, error) {
		switch f.Event {
		case "response":
			response, err := e.response(f, open)
			if err != nil {
				return false, err
			}
			return false, emit(response)
		case "done":
			if len(open) > 0 {
				return false, fmt.Errorf("the engine's process left %d of %d requests unanswered", len(open), len(requests))
			}
			e.computed = time.Duration(f.Computed * float64(time.Second))
			return true, nil
		}
		return false, unexpected(f)
	})
}

// Computed implements engine.Timed. A program that does not tell is not known.
func (e *Engine) Computed() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.computed
}

// check refuses a request that cannot be answered.
func (e *Engine) check(r engine.Request) error {
	switch {
	case len(r.Tokens) == 0:
		return fmt.Errorf("request %d: the prompt is empty", r.ID)
	case r.MaxTokens < 0 || r.MaxTokens == 0 && !r.PromptLogits:
		return fmt.Errorf("request %d: max_tokens is %d: want 1 or more", r.ID, r.MaxTokens)
	case r.Logits && r.MaxTokens == 0:
		return fmt.Errorf("request %d: the logits of the first output token are asked for, but no token", r.ID)
	}
	for i, id := range r.Tokens {
		if id < 0 || int(id) >= e.info.Vocab {
			return fmt.Errorf("request %d: token %d is id %d, but the vocabulary has %d: the tokenizer is another model's", r.ID, i, id, e.info.Vocab)
		}
	}
	return nil
}

// response reads an answer and closes its request. The logits that were asked
// for must be there, one row a prompt token: engines are known that return
// fewer and say nothing.
func (e *Engine) response(f frame, open map[int]engine.Request) (engine.Response, error) {
	doc := f.Response
	if doc == nil {
		return engine.Response{}, unexpected(f)
	}
	request, ok := open[doc.ID]
	if !ok {
		return engine.Response{}, fmt.Errorf("the engine's process answered request %d, which is not open", doc.ID)
	}
	delete(open, doc.ID)
	rows, promptRows := 0, 0
	if request.Logits {
		rows = 1
	}
	if request.PromptLogits {
		promptRows = len(request.Tokens)
	}
	if doc.Rows != rows || doc.PromptRows != promptRows || len(f.payload) != 4*(rows+promptRows)*e.info.Vocab {
		return engine.Response{}, fmt.Errorf("request %d: the engine returned %d rows of logits for %d prompt tokens and %d for the answer (%d bytes), want %d and %d of %d",
			doc.ID, doc.PromptRows, len(request.Tokens), doc.Rows, len(f.payload), promptRows, rows, e.info.Vocab)
	}
	response := engine.Response{ID: doc.ID, Tokens: doc.Tokens, Text: doc.Text, Finish: doc.Finish}
	all := floats(f.payload)
	if promptRows > 0 {
		response.PromptLogits = all[: promptRows*e.info.Vocab : promptRows*e.info.Vocab]
	}
	if rows > 0 {
		response.Logits = all[promptRows*e.info.Vocab:]
	}
	return response, nil
}

// Close ends the process.
func (e *Engine) Close() error {
	if e.process != nil {
		e.process.close()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken = errors.New("the engine is closed")
	if e.temporary != "" {
		return os.RemoveAll(e.temporary)
	}
	return nil
}
