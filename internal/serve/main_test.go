package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/tokenizer"
	"adkernel/builtins/tokenizer/chat"
)

const demo = "../../notebooks/demo/dense"

// template is ChatML without its special tokens, which the demo has not.
const template = `{% for m in messages %}{{ m.role }}: {{ m.content }}
{% endfor %}{% if add_generation_prompt %}{% if loud is defined and loud %}ANSWER{% else %}Answer{% endif %}:{% endif %}`

func demoOptions(t testing.TB) Options {
	t.Helper()
	e, err := embedded.Open(context.Background(), engine.Deployment{Model: demo})
	require.NoError(t, err)
	t.Cleanup(func() { e.Close() })
	tok, err := tokenizer.Load(demo)
	require.NoError(t, err)
	tmpl, err := chat.Parse(template, nil)
	require.NoError(t, err)
	return Options{Engine: e.(engine.Steerable), Tokenizer: tok, Template: tmpl, Name: "demo"}
}

// client talks to a server that ends with the test.
type client struct {
	testing.TB
	url    string
	server *Server
	key    string
}

func newClient(t testing.TB, o Options) *client {
	t.Helper()
	s := New(o)
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() { h.Close(); s.Close() })
	return &client{TB: t, url: h.URL, server: s, key: o.APIKey}
}

// send posts body, or gets the path when body is "", and returns what came.
func (c *client) send(path, body string) (int, http.Header, string) {
	c.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	require.NoError(c, err)
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := (&http.Client{Timeout: 5 * time.Minute}).Do(r)
	require.NoError(c, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(c, err)
	return response.StatusCode, response.Header, string(text)
}

// open is how many sequences wait or are computed.
func (c *client) open() int {
	c.server.queue.mu.Lock()
	defer c.server.queue.mu.Unlock()
	return len(c.server.queue.open)
}

// call posts arguments as JSON and decodes a good answer into out.
func (c *client) call(path string, arguments map[string]any, out any) {
	c.Helper()
	body, err := json.Marshal(arguments)
	require.NoError(c, err)
	status, _, text := c.send(path, string(body))
	require.Equal(c, http.StatusOK, status, text)
	require.NoError(c, json.Unmarshal([]byte(text), out), text)
}

func (c *client) complete(arguments map[string]any) completion {
	c.Helper()
	var out completion
	c.call("/v1/completions", withModel(arguments), &out)
	return out
}

func (c *client) chat(arguments map[string]any) chatCompletion {
	c.Helper()
	var out chatCompletion
	c.call("/v1/chat/completions", withModel(arguments), &out)
	return out
}

// events posts arguments with stream and returns the events' JSON.
func (c *client) events(path string, arguments map[string]any) []string {
	c.Helper()
	arguments = withModel(arguments)
	arguments["stream"] = true
	body, err := json.Marshal(arguments)
	require.NoError(c, err)
	status, header, text := c.send(path, string(body))
	require.Equal(c, http.StatusOK, status, text)
	require.Equal(c, "text/event-stream", header.Get("Content-Type"))
	var out []string
	for lines := bufio.NewScanner(bytes.NewBufferString(text)); lines.Scan(); {
		if line, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			out = append(out, line)
		}
	}
	require.NotEmpty(c, out)
	require.Equal(c, "[DONE]", out[len(out)-1])
	return out[:len(out)-1]
}

func withModel(arguments map[string]any) map[string]any {
	out := map[string]any{"model": "demo", "temperature": 0}
	maps.Copy(out, arguments)
	return out
}

// requireError checks that an answer is an error in OpenAI's shape.
func requireError(t testing.TB, text, message string) {
	t.Helper()
	var answer struct {
		Error struct {
			Message string
			Type    string
			Param   *string
			Code    *string
		}
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&answer), text)
	require.Contains(t, answer.Error.Message, message)
	require.NotEmpty(t, answer.Error.Type)
}
