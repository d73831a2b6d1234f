package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/tokenizer"
	"adkernel/builtins/tokenizer/chat"
	"adkernel/internal/serve"
)

const demo = "../../../notebooks/demo/dense"

// ours is adkernel serve with the demo checkpoint, and the engine behind it.
func ours(t *testing.T, key string) (url string, e engine.Engine) {
	t.Helper()
	opened, err := embedded.Open(context.Background(), engine.Deployment{Model: demo})
	require.NoError(t, err)
	tok, err := tokenizer.Load(demo)
	require.NoError(t, err)
	template, err := chat.Parse("{% for m in messages %}{{ m.content }}{% endfor %}", nil)
	require.NoError(t, err)
	s := serve.New(serve.Options{Engine: opened.(engine.Steerable), Tokenizer: tok, Template: template, Name: "demo", APIKey: key})
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() { h.Close(); s.Close(); opened.Close() })
	return h.URL + "/v1", opened
}

// A fake is a server that answers as a test says, and remembers what it was
// asked.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []map[string]any
	answer func(w http.ResponseWriter, path string, body map[string]any, n int) // n: of this path, from 0
}

func newFake(t *testing.T, answer func(w http.ResponseWriter, path string, body map[string]any, n int)) *fake {
	t.Helper()
	f := &fake{answer: answer}
	counts := map[string]int{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if r.Method == http.MethodPost {
			json.NewDecoder(r.Body).Decode(&body)
		}
		f.mu.Lock()
		n := counts[r.URL.Path]
		counts[r.URL.Path]++
		if body != nil {
			body["path"] = r.URL.Path
			f.asked = append(f.asked, body)
		}
		f.mu.Unlock()
		f.answer(w, r.URL.Path, body, n)
	}))
	t.Cleanup(f.Close)
	return f
}

// plain answers as a server that does what the flags say.
type plain struct{ ids, logprobs, echo, chatOnly, tokenize bool }

func (p plain) reply(w http.ResponseWriter, path string, body map[string]any) {
	say := func(status int, format string, a ...any) {
		w.WriteHeader(status)
		fmt.Fprintf(w, format, a...)
	}
	_, isText := body["prompt"].(string)
	switch {
	case path == "/v1/models":
		say(200, `{"data": [{"id": "fake"}]}`)
	case path == "/tokenize" && p.tokenize:
		say(200, `{"tokens": [0, 20, 365]}`)
	case path == "/detokenize" && p.tokenize:
		say(200, `{"prompt": "text"}`)
	case path == "/v1/chat/completions":
		say(200, `{"choices": [{"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]}`)
	case path != "/v1/completions" || p.chatOnly:
		say(404, `{"detail": "Not Found"}`)
	case !isText && !p.ids:
		say(400, `{"detail": "prompt must be a string."}`)
	case p.logprobs && body["logprobs"] != nil:
		n := 1
		if ids, ok := body["prompt"].([]any); ok && p.echo && body["echo"] == true {
			n += len(ids)
		}
		say(200, `{"choices": [{"text": "hello", "finish_reason": "length", "logprobs": {"token_logprobs": [%s-1]}}]}`, strings.Repeat("-1,", n-1))
	default:
		say(200, `{"choices": [{"text": "hello", "finish_reason": "length"}]}`)
	}
}

func (p plain) answer(w http.ResponseWriter, path string, body map[string]any, _ int) {
	p.reply(w, path, body)
}

// opened is the engine of a server with the demo's tokenizer; pauses are not
// waited for but recorded.
func opened(t *testing.T, url string, args map[string]any) (*Engine, *[]time.Duration) {
	t.Helper()
	e, err := Open(t.Context(), engine.Deployment{Model: demo, URL: url, Args: args}, engine.Site{})
	require.NoError(t, err)
	t.Cleanup(func() { e.Close() })
	pauses := &[]time.Duration{}
	var mu sync.Mutex
	e.(*Engine).client.wait = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		*pauses = append(*pauses, d)
		return ctx.Err()
	}
	return e.(*Engine), pauses
}

// generated collects responses by their request.
func generated(t *testing.T, e engine.Engine, requests []engine.Request) (map[int]engine.Response, error) {
	t.Helper()
	out := map[int]engine.Response{}
	err := e.Generate(t.Context(), requests, func(r engine.Response) error {
		out[r.ID] = r
		return nil
	})
	return out, err
}
