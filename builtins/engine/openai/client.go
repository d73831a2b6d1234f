package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"adkernel/builtins/engine"
)

// A client sends requests until they are answered, with growing pauses where
// trying again can help.
type client struct {
	base string
	settings
	http *http.Client
	site engine.Site
	wait func(ctx context.Context, d time.Duration) error
}

const (
	maxAnswer    = 64 << 20 // bytes
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
	longestAsked = 5 * time.Minute // of Retry-After
)

func newClient(base string, s settings, at engine.Site) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = s.concurrency
	return &client{base: base, settings: s, http: &http.Client{Transport: transport}, site: at, wait: pause}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A refusal is an answer that trying again does not change.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("the server answers %d: %s", r.status, r.message)
}

// busy is an answer that may be another one later.
type busy struct {
	refusal
	after time.Duration // that the server asks to wait; 0 when it does not say
}

func (b *busy) Error() string { return b.refusal.Error() }

// call sends body (nil: GET) to a path of the API and decodes the answer into
// out.
func (c *client) call(ctx context.Context, path string, body, out any) error {
	return c.attempt(ctx, c.retries, c.base+path, body, out)
}

// once is call without trying again.
func (c *client) once(ctx context.Context, address string, body, out any) error {
	return c.attempt(ctx, 0, address, body, out)
}

func (c *client) attempt(ctx context.Context, retries int, address string, body, out any) error {
	return c.again(ctx, retries, func() error { return c.send(ctx, address, body, out) })
}

// again does what can go wrong, and does it again where that can help, retries
// times at most.
func (c *client) again(ctx context.Context, retries int, do func() error) error {
	for try := 0; ; try++ {
		err := do()
		var no *refusal
		if err == nil || errors.As(err, &no) || ctx.Err() != nil {
			return c.hideKey(err)
		}
		if try == retries {
			if retries > 0 {
				err = fmt.Errorf("after %d attempts: %w", try+1, err)
			}
			return c.hideKey(err)
		}
		d := min(firstPause<<min(try, 10), longestPause)
		d += time.Duration(rand.Int64N(int64(d)/2 + 1)) // so that not all come back at once
		var b *busy
		if errors.As(err, &b) && b.after > 0 {
			d = min(b.after, longestAsked)
		}
		why := fmt.Sprintf("%v; trying again in %s", c.hideKey(err), d.Round(time.Millisecond))
		c.site.Logf("%s", why)
		c.site.Tell(why)
		if err := c.wait(ctx, d); err != nil {
			return err
		}
		c.site.Tell("")
	}
}

const keyStandsHere = "[API key]"

// hideKey removes the API key from an error, whatever it came from.
func (c *client) hideKey(err error) error {
	if err == nil || c.key == "" || !strings.Contains(err.Error(), c.key) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), c.key, keyStandsHere))
}

// withoutKey removes it from an answer, in which servers repeat it, before the
// answer is shortened: a part of a key is a secret too.
func (c *client) withoutKey(text []byte) []byte {
	if c.key == "" {
		return text
	}
	return bytes.ReplaceAll(text, []byte(c.key), []byte(keyStandsHere))
}

func (c *client) send(ctx context.Context, address string, body, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no answer within %s", c.timeout))
	defer cancel()
	method, content := http.MethodGet, io.Reader(nil)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		method, content = http.MethodPost, bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return c.lost(ctx, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return c.lost(ctx, fmt.Errorf("the answer ends midway: %w", err))
	case len(text) > maxAnswer:
		return &refusal{response.StatusCode, fmt.Sprintf("more than %d bytes", maxAnswer)}
	case response.StatusCode != http.StatusOK:
		return c.failed(response, c.withoutKey(text))
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s answers what is not JSON of the API: %s", address, excerpt(c.withoutKey(text)))
	}
	return nil
}

// lost says why no answer came.
func (c *client) lost(ctx context.Context, err error) error {
	var at *url.Error // says method and URL again
	if errors.As(err, &at) {
		err = at.Err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%s: no server listens there: %w", c.base, err)
	}
	return fmt.Errorf("%s: %w", c.base, err)
}

// failed reads an answer that is not 200.
func (c *client) failed(response *http.Response, text []byte) error {
	var body struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"` // vLLM's older form
		Detail  json.RawMessage `json:"detail"`  // FastAPI's
	}
	message := excerpt(text)
	if json.Unmarshal(text, &body) == nil {
		var inner struct {
			Message string `json:"message"`
		}
		var plain string // trtllm-serve's of arguments
		switch {
		case json.Unmarshal(body.Error, &inner) == nil && inner.Message != "":
			message = inner.Message
		case json.Unmarshal(body.Error, &plain) == nil && plain != "":
			message = excerpt([]byte(plain))
		case body.Message != "":
			message = body.Message
		case len(body.Detail) > 0:
			message = excerpt(body.Detail)
		}
	}
	r := refusal{response.StatusCode, message}
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		question := "is the API key in the environment variable %s the right one?"
		if c.key == "" {
			question = "the environment variable %s, in which the API key is looked for, is not set"
		}
		r.message += " (" + fmt.Sprintf(question, c.keyVariable) + ")"
	}
	if passes(response.StatusCode) {
		return &busy{r, retryAfter(response.Header.Get("Retry-After"))}
	}
	return &r
}

// passes reports whether what a status says may be over later. Proxies have
// statuses of their own from 520 on, which say in other words that the server
// is away.
func passes(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= http.StatusInternalServerError
}

// retryAfter is the header's seconds or date as a duration.
func retryAfter(value string) time.Duration {
	if n, err := strconv.Atoi(value); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

func excerpt(text []byte) string {
	const most = 300
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "\ufffd")), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	if s == "" {
		return "(nothing)"
	}
	return s
}

// root is the server's address without the API's /v1.
func (c *client) root() string { return strings.TrimSuffix(c.base, "/v1") }
