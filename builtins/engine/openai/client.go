package openai

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"adkernel/builtins/engine"
	"adkernel/internal/pythonjson"
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
	return &client{base: base, settings: s, http: &http.Client{Transport: transport, CheckRedirect: sameRequest}, site: at, wait: pause}
}

// sameRequest follows a redirect that is to be asked the same. 301, 302 and 303
// make a GET without a body of a POST, which asks something else.
func sameRequest(r *http.Request, via []*http.Request) error {
	switch {
	case r.Method != via[0].Method:
		return http.ErrUseLastResponse
	case len(via) == 10:
		return errors.New("10 redirects, one behind another")
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

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
	if said := saidError(c.withoutKey(text)); said != nil {
		return c.refused(cmp.Or(said.status, response.StatusCode), said.message, response.Header)
	}
	switch err := pythonjson.Unmarshal(text, out); {
	case errors.Is(err, pythonjson.ErrNoText) && json.Valid(text):
		return fmt.Errorf("%s answers what is no text: %w", address, err)
	case err != nil:
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
