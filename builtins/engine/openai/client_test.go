package openai

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// misbehaving fails so many times for each request, each time as fail says.
func misbehaving(t *testing.T, times int, fail func(w http.ResponseWriter)) (*Engine, *[]time.Duration, *fake) {
	return misbehavingWithin(t, 60, times, fail)
}

// misbehavingWithin is misbehaving for a client that waits so many seconds for
// an answer.
func misbehavingWithin(t *testing.T, timeout, times int, fail func(w http.ResponseWriter)) (*Engine, *[]time.Duration, *fake) {
	var failing atomic.Bool
	var left atomic.Int32
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		if failing.Load() && left.Add(-1) >= 0 {
			fail(w)
			return
		}
		plain{ids: true}.reply(w, path, body)
	})
	e, pauses := opened(t, f.URL+"/v1", map[string]any{"retries": 3, "concurrency": 1, "timeout": timeout})
	failing.Store(true)
	left.Store(int32(times))
	return e, pauses, f
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, `{"error": {"message": "not now", "type": "x"}}`)
	}
}

func dropped(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		fmt.Fprint(connection, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{\"choices\": [")
		connection.Close()
	}
}

func TestATroubledServerIsAskedAgain(t *testing.T) {
	request := []engine.Request{{ID: 1, Tokens: []int32{1}, MaxTokens: 1}}
	for name, c := range map[string]struct {
		fail    func(http.ResponseWriter)
		message string
		timeout int
	}{
		"429":      {status(429), "the server answers 429: not now", 60},
		"500":      {status(500), "answers 500", 60},
		"503":      {status(503), "answers 503", 60},
		"524":      {status(524), "answers 524", 60},
		"529":      {status(529), "answers 529", 60},
		"dropped":  {dropped, "the answer ends midway", 60},
		"no JSON":  {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>\n  proxy </html>") }, "what is not JSON of the API: <html> proxy </html>", 60},
		"too slow": {func(http.ResponseWriter) { time.Sleep(1100 * time.Millisecond) }, "no answer within 1s", 1},
	} {
		t.Run(name, func(t *testing.T) {
			e, pauses, _ := misbehavingWithin(t, c.timeout, 2, c.fail)
			got, err := generated(t, e, request)
			require.NoError(t, err)
			require.Equal(t, "hello", got[1].Text)
			require.Len(t, *pauses, 2)
			require.GreaterOrEqual(t, (*pauses)[0], firstPause)
			require.GreaterOrEqual(t, (*pauses)[1], 2*firstPause)

			e, pauses, _ = misbehavingWithin(t, c.timeout, 1000, c.fail)
			_, err = generated(t, e, request)
			require.ErrorContains(t, err, "request 1: after 4 attempts: ")
			require.ErrorContains(t, err, c.message)
			require.Len(t, *pauses, 3)
		})
	}
	e, pauses, _ := misbehaving(t, 1, status(429, "Retry-After", "7"))
	_, err := generated(t, e, request)
	require.NoError(t, err)
	require.Equal(t, []time.Duration{7 * time.Second}, *pauses)

	for _, code := range []int{422, 501, 505} {
		e, pauses, _ = misbehaving(t, 1000, status(code))
		_, err = generated(t, e, request)
		require.ErrorContains(t, err, fmt.Sprintf("the server answers %d: not now", code))
		require.Empty(t, *pauses, "asking again would not help")
	}

	e, _, f := misbehaving(t, 0, nil)
	f.Close()
	_, err = generated(t, e, request)
	require.ErrorContains(t, err, "after 4 attempts")
	require.ErrorContains(t, err, "connection refused")
}

func TestTheKeyIsWrittenNowhere(t *testing.T) {
	t.Setenv("ADKERNEL_TEST_KEY", "sk-secret")
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, n int) {
		if path == "/v1/completions" && n < 2 {
			w.WriteHeader(500 - 99*n) // 500, then 401
			fmt.Fprint(w, `{"error": {"message": "Incorrect API key provided: sk-secret."}}`)
			return
		}
		plain{}.reply(w, path, body)
	})
	var logged strings.Builder
	site := engine.Site{Log: func(format string, a ...any) { fmt.Fprintf(&logged, format+"\n", a...) }}
	_, err := Open(t.Context(), engine.Deployment{Model: demo, URL: f.URL + "/v1", Args: map[string]any{"api_key_env": "ADKERNEL_TEST_KEY"}}, site)
	require.ErrorContains(t, err, "Incorrect API key provided: [API key]. (is the API key in the environment variable ADKERNEL_TEST_KEY the right one?)")
	require.Contains(t, logged.String(), "trying again")
	for _, text := range []string{err.Error(), logged.String()} {
		require.NotContains(t, text, "sk-secret")
	}
}

// A long answer is shortened; the key is taken out before.
func TestNoPartOfTheKeyIsLeftByShortening(t *testing.T) {
	t.Setenv("ADKERNEL_TEST_KEY", "sk-secret-and-long")
	for _, status := range []int{200, 400, 401} {
		f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, n int) {
			w.WriteHeader(status)
			fmt.Fprint(w, strings.Repeat("x", 290)+"sk-secret-and-long"+strings.Repeat("y", 300))
		})
		_, err := Open(t.Context(), engine.Deployment{Model: demo, URL: f.URL + "/v1", Args: map[string]any{"api_key_env": "ADKERNEL_TEST_KEY", "retries": 0}}, engine.Site{})
		require.ErrorContains(t, err, "xxx")
		require.NotContains(t, err.Error(), "sk-")
	}
}
