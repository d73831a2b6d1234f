// Package openai is the engine of deployments that somebody else serves: vLLM,
// SGLang, trtllm-serve, llama.cpp, transformers serve, or anything else behind
// OpenAI's HTTP API. What such a server can do differs; it is probed when the
// engine is opened, and recorded with the run.
//
// It returns texts, and of short outputs the log-probabilities of the likeliest
// first tokens, where the server gives these. Rows of logits no server gives,
// so that Info.Vocab is 0 and questions about logits are answered with their
// absence, never with zeros. Greedy answers are asked for with every penalty off,
// in the words that the server takes; what it refuses is its own, and the run's
// record says so. The API key comes from the environment and is written nowhere.
//
// A deployment's Args say how a server is asked: served_model_name, its name of
// the model where it has several; tokenizer, a directory, where Model is none;
// api_key_env, the variable with the API key (OPENAI_API_KEY); concurrency,
// requests at a time (16); retries of a request (5); timeout of one attempt in
// seconds (600); logprobs, how many of the likeliest first tokens (20).
package openai

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"adkernel/builtins/engine"
	"adkernel/builtins/tokenizer"
)

// version of the engine; it changes when what is sent does.
const version = "1.3"

// Engine is a server that was probed.
type Engine struct {
	client    *client
	settings  settings
	server    capabilities
	tokenizer *tokenizer.Tokenizer // nil: the server's
	wording   wording              // of requests to the server's
	model     string               // as the server calls it
	answered  string               // the model that answered first, by its own word; "" of a server that does not say
	texts     sync.Map             // token id -> text, of a server's tokenizer

	// life is of the context that Open was given, and ends with Close: what is
	// asked without a context of its own ends with it.
	life context.Context
	end  context.CancelFunc
}

var _ engine.Conversational = (*Engine)(nil)

// InTurns reports whether the server has chat completions alone.
func (e *Engine) InTurns() bool { return e.server.chat }

// Open probes the server of a deployment. Its URL is that of the API, with
// /v1; its Model is the checkpoint's directory, from which the tokenizer is
// read, or else the name by which the server knows the model. When ctx is done
// the server is asked no more.
func Open(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	fail := func(err error) (engine.Engine, error) {
		return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	given, err := d.Settings()
	if err == nil {
		err = d.CheckSecrets(given)
	}
	if err != nil {
		return fail(err)
	}
	base, err := checkURL(d.URL)
	if err != nil {
		return fail(err)
	}
	s, err := readSettings(given)
	if err != nil {
		return fail(err)
	}
	e := &Engine{settings: s, client: newClient(base, s, at)}
	if e.tokenizer, err = localTokenizer(d.Model, s.tokenizer); err != nil {
		return fail(err)
	}
	at.Tell("asking " + base + " what it can do")
	defer at.Tell("")
	if err := e.probe(ctx, d.Model); err != nil {
		return fail(err)
	}
	e.life, e.end = context.WithCancel(ctx)
	at.Logf("server %s: %s", base, e.server)
	return e, nil
}

// checkURL returns the URL without a slash at its end.
func checkURL(text string) (string, error) {
	if text == "" {
		return "", errors.New("URL is missing: want the server's API, such as http://127.0.0.1:8000/v1")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("URL %q: want http:// or https:// and a host, such as http://127.0.0.1:8000/v1", text)
	}
	return strings.TrimRight(text, "/"), nil
}

// localTokenizer is the one in dir, or in the model's directory; nil if there
// is none.
func localTokenizer(model, dir string) (*tokenizer.Tokenizer, error) {
	if dir != "" {
		return tokenizer.Load(dir)
	}
	if _, err := os.Stat(filepath.Join(model, "tokenizer.json")); err != nil {
		return nil, nil
	}
	return tokenizer.Load(model)
}

// Info says which server answered, and what it can do.
func (e *Engine) Info() engine.Info {
	settings := map[string]string{"url": e.client.base}
	maps.Copy(settings, e.settings.inForce())
	maps.Copy(settings, e.server.inForce())
	return engine.Info{Engine: "openai", Version: version, Model: e.model, Settings: settings}
}

// Encode returns the token ids of text, by the checkpoint's tokenizer or the
// server's.
func (e *Engine) Encode(text string, special bool) ([]int32, error) {
	return e.encode(e.life, text, special)
}

func (e *Engine) encode(ctx context.Context, text string, special bool) ([]int32, error) {
	if e.tokenizer != nil {
		return e.tokenizer.Encode(text, special), nil
	}
	tokens, err := e.client.tokenize(ctx, e.settings.retries, e.wording, e.model, text, special)
	if err != nil {
		return nil, fmt.Errorf("the server's /tokenize: %w", err)
	}
	return tokens, nil
}

func (e *Engine) decode(ctx context.Context, ids []int32) (string, error) {
	if e.tokenizer != nil {
		return e.tokenizer.Decode(ids, true), nil
	}
	return e.client.detokenize(ctx, e.model, ids)
}

// Decode returns the text of ids, special tokens left out where the tokenizer
// is ours; "" where the server has none.
func (e *Engine) Decode(ids []int32) string {
	text, err := e.decode(e.life, ids)
	if err != nil {
		return ""
	}
	return text
}

// EncodeAll is Encode of every text, several at a time.
func (e *Engine) EncodeAll(ctx context.Context, texts []string, special bool) ([][]int32, error) {
	out := make([][]int32, len(texts))
	err := e.each(ctx, len(texts), func(ctx context.Context, i int) (err error) {
		out[i], err = e.encode(ctx, texts[i], special)
		return err
	})
	return out, err
}

// DecodeAll is Decode of every list, several at a time.
func (e *Engine) DecodeAll(ctx context.Context, ids [][]int32) ([]string, error) {
	out := make([]string, len(ids))
	err := e.each(ctx, len(ids), func(ctx context.Context, i int) (err error) {
		out[i], err = e.decode(ctx, ids[i])
		return err
	})
	return out, err
}

// each calls f for 0..n-1 with the settings' concurrency, and returns the first
// error, which ends the calls under way, as the end of ctx does, and the engine's;
// no others are begun.
func (e *Engine) each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	if e.life.Err() != nil {
		return context.Cause(e.life)
	}
	whole, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(e.life, func() { end(context.Cause(e.life)) })()
	g, ctx := errgroup.WithContext(whole)
	g.SetLimit(e.settings.concurrency)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return f(ctx, i) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return context.Cause(whole)
}

// Close ends what is being asked, and forgets the connections.
func (e *Engine) Close() error {
	e.end()
	e.client.http.CloseIdleConnections()
	return nil
}
