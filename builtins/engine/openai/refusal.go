package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

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

// failed reads an answer that is not 200.
func (c *client) failed(response *http.Response, text []byte) error {
	if to := response.Header.Get("Location"); to != "" && response.StatusCode < http.StatusBadRequest {
		return &refusal{response.StatusCode, fmt.Sprintf("it redirects to %s: is the API there? Then name its URL", to)}
	}
	message := excerpt(text)
	var body struct {
		Message string          `json:"message"` // vLLM's older form
		Detail  json.RawMessage `json:"detail"`  // FastAPI's
	}
	if said := saidError(text); said != nil {
		message = said.message
	} else if json.Unmarshal(text, &body) == nil {
		switch {
		case body.Message != "":
			message = body.Message
		case len(body.Detail) > 0:
			message = excerpt(body.Detail)
		}
	}
	return c.refused(response.StatusCode, message, response.Header)
}

// A said error is one in the words of the API.
type said struct {
	message string
	status  int // that the error has for its code; 0 where it has another
}

// saidError is the error that an answer holds, nil where it holds none. Proxies
// say one with status 200 as well, of a model that failed behind them.
func saidError(text []byte) *said {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	if !bytes.Contains(text, []byte(`"error"`)) || json.Unmarshal(text, &body) != nil {
		return nil
	}
	var inner struct {
		Message string       `json:"message"`
		Code    lenient[int] `json:"code"`
	}
	var plain string // trtllm-serve's of arguments
	switch {
	case json.Unmarshal(body.Error, &inner) == nil && inner.Message != "":
		s := &said{message: inner.Message}
		if code := inner.Code.value; code >= http.StatusBadRequest && code < 600 {
			s.status = code
		}
		return s
	case json.Unmarshal(body.Error, &plain) == nil && plain != "":
		return &said{message: excerpt([]byte(plain))}
	}
	return nil
}

// refused is the error of a status: a refusal, or busy.
func (c *client) refused(status int, message string, header http.Header) error {
	r := refusal{status, message}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		question := "is the API key in the environment variable %s the right one?"
		if c.key == "" {
			question = "the environment variable %s, in which the API key is looked for, is not set"
		}
		r.message += " (" + fmt.Sprintf(question, c.keyVariable) + ")"
	}
	if passes(status) {
		return &busy{r, retryAfter(header.Get("Retry-After"))}
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
