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

// plain answers as a server that does what the fields say.
type plain struct {
	ids, echo, chatOnly, tokenize bool

	logprobs int    // at most so many; 0: the word is ignored
	strict   string // how unknown words of vLLM are refused; "" ignores them
	spells   bool   // token ids when asked
	prompts  bool   // prompt_logprobs
	content  bool   // log-probabilities as llama.cpp gives them
}

func (p plain) reply(w http.ResponseWriter, path string, body map[string]any) {
	say := func(status int, format string, a ...any) {
		w.WriteHeader(status)
		fmt.Fprintf(w, format, a...)
	}
	_, isText := body["prompt"].(string)
	spell := p.spells && body["return_tokens_as_token_ids"] == true
	switch {
	case path == "/v1/models":
		say(200, `{"data": [{"id": "fake"}]}`)
	case path == "/tokenize" && p.tokenize:
		say(200, `{"tokens": [0, 20, 365]}`)
	case path == "/detokenize" && p.tokenize:
		say(200, `{"prompt": "text"}`)
	case p.strict != "" && (body["return_token_ids"] != nil || body["prompt_logprobs"] != nil):
		say(422, "%s", p.strict)
	case path == "/v1/chat/completions":
		if body["logprobs"] == true && p.logprobs > 0 {
			n := int(body["top_logprobs"].(float64))
			say(200, `{"choices": [{"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop", "logprobs": {"content": [{"token": "t0", "logprob": 0, "top_logprobs": [%s]}]}}]}`,
				strings.Join(listed(n, `{"token": "t%[1]d", "logprob": -%[1]d}`), ","))
			return
		}
		say(200, `{"choices": [{"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]}`)
	case path != "/v1/completions" || p.chatOnly:
		say(404, `{"detail": "Not Found"}`)
	case !isText && !p.ids:
		say(400, `{"detail": "prompt must be a string."}`)
	default:
		p.complete(say, body, spell)
	}
}

// complete answers completions.
func (p plain) complete(say func(int, string, ...any), body map[string]any, spell bool) {
	choice := `"text": "hello", "finish_reason": "length"`
	if p.spells && body["return_token_ids"] == true {
		choice += `, "token_ids": [3, 4, 1]`
	}
	ids, _ := body["prompt"].([]any)
	if p.prompts && body["prompt_logprobs"] != nil {
		choice += `, "prompt_logprobs": [null` + strings.Repeat(`, {"5": {"logprob": -1, "rank": 1}}`, len(ids)-1) + `]`
	}
	n, asked := body["logprobs"].(float64)
	if !asked || p.logprobs == 0 {
		say(200, `{"choices": [{%s}]}`, choice)
		return
	}
	if int(n) > p.logprobs {
		say(400, `{"error": {"message": "logprobs: at most %d"}}`, p.logprobs)
		return
	}
	if p.content {
		say(200, `{"choices": [{%s, "logprobs": {"content": [{"id": 3, "token": "t0", "logprob": 0, "top_logprobs": [%s]}]}}]}`,
			choice, strings.Join(listed(int(n), `{"id": %[1]d, "token": "t%[1]d", "logprob": -%[1]d}`), ","))
		return
	}
	form := `"t%[1]d": -%[1]d`
	if spell {
		form = `"token_id:%[1]d": -%[1]d`
	}
	// As vLLM does, one more than asked: the token that was chosen.
	tops := "{" + strings.Join(append(listed(int(n), form), fmt.Sprintf(form, 500)), ",") + "}"
	before := ""
	if p.echo && body["echo"] == true {
		before = strings.Repeat("-1,", len(ids))
	}
	say(200, `{"choices": [{%s, "logprobs": {"token_logprobs": [%s-1], "top_logprobs": [%s]}}]}`, choice, before, tops)
}

// listed writes a form for 0 to n-1.
func listed(n int, form string) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(form, i))
	}
	return out
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
