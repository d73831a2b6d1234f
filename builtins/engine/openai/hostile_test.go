package openai

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// turning answers the probe as a good server does, and from then on as a test
// says, with status 200.
func turning(t *testing.T, p plain, answer func(w http.ResponseWriter)) (*Engine, *[]time.Duration) {
	t.Helper()
	var turned atomic.Bool
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		if turned.Load() {
			answer(w)
			return
		}
		p.reply(w, path, body)
	})
	e, pauses := opened(t, f.URL+"/v1", map[string]any{"retries": 1})
	turned.Store(true)
	return e, pauses
}

func says(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { fmt.Fprint(w, text) }
}

// zipped is an answer in gzip, of which only a part comes.
func zipped(text string, part float64) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(b.Bytes()[:int(part*float64(b.Len()))])
	}
}

// chunked writes parts as chunks, and hangs up before the last chunk.
func chunked(parts ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for _, part := range parts {
			fmt.Fprint(w, part)
			w.(http.Flusher).Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

const good = `{"choices": [{"text": "hello", "finish_reason": "length"}]}`

// Whatever a server answers is one error that says what is wrong, or what it said.
func TestAHostileAnswerIsAnErrorOrRight(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string // the error; "" expects the text "hello"
		again  bool   // it is asked for again
	}{
		"gzip":         {zipped(good, 1), "", false},
		"half of gzip": {zipped(good, 0.5), "the answer ends midway: unexpected EOF", true},
		"another encoding": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "br")
			w.Write([]byte{0x0b, 0x02, 0x80})
		}, "answers what is not JSON of the API", true},
		"half of the chunks":        {chunked(good[:20], good[20:40]), "the answer ends midway: unexpected EOF", true},
		"no last chunk":             {chunked(good), "the answer ends midway: unexpected EOF", true},
		"half of the JSON":          {says(good[:40]), `answers what is not JSON of the API: {"choices": [{"text": "hello"`, true},
		"two objects":               {says(good + good), "answers what is not JSON of the API", true},
		"nothing":                   {says(""), "answers what is not JSON of the API: (nothing)", true},
		"no content":                {func(w http.ResponseWriter) { w.WriteHeader(204) }, "the server answers 204: (nothing)", false},
		"a stream":                  {says("data: " + good + "\n\ndata: [DONE]\n\n"), "answers what is not JSON of the API: data: {", true},
		"an error":                  {says(`{"error": {"message": "no such adapter", "type": "x"}}`), "the server answers 200: no such adapter", false},
		"an error as text":          {says(`{"error": "no such adapter"}`), "the server answers 200: no such adapter", false},
		"an error beside":           {says(`{"choices": [{"text": "hel", "finish_reason": null}], "error": {"code": 502, "message": "the provider is away"}}`), "the server answers 502: the provider is away", true},
		"an error that passes":      {says(`{"error": {"code": 429, "message": "too many"}}`), "the server answers 429: too many", true},
		"an error of another word":  {says(`{"error": {"code": "model_not_found", "message": "no such model"}}`), "the server answers 200: no such model", false},
		"no error":                  {says(`{"error": null, "choices": [{"text": "hello", "finish_reason": "length"}]}`), "", false},
		"no choice":                 {says(`{"choices": []}`), "answers with 0 choices, not with one", false},
		"two choices":               {says(`{"choices": [{"index": 0, "text": "a", "finish_reason": "stop"}, {"index": 0, "text": "b", "finish_reason": "stop"}]}`), "answers with 2 choices, not with one", false},
		"no text":                   {says(`{"choices": [{"finish_reason": "stop"}]}`), "the server's answer has no text", false},
		"another index":             {says(`{"choices": [{"index": 7, "text": "hello", "finish_reason": "length"}]}`), "", false},
		"parts of a text":           {says(`{"choices": [{"text": [{"text": "hello"}], "finish_reason": "stop"}]}`), "answers what is not JSON of the API", true},
		"half of a pair":            {says(`{"choices": [{"text": "\ud83d", "finish_reason": "length"}]}`), `answers what is no text: \ud83d at byte 23 is half of a surrogate pair`, true},
		"half of a pair in a token": {says(`{"choices": [{"text": "A", "finish_reason": "length", "logprobs": {"token_logprobs": [-1], "top_logprobs": [{"\udd25": -1}]}}]}`), "half of a surrogate pair", true},
		"another character set":     {says("{\"choices\": [{\"text\": \"caf\xe9\", \"finish_reason\": \"length\"}]}"), "answers what is no text: byte 26 is 0xe9, which is not UTF-8", true},
		"both halves":               {says(`{"choices": [{"text": "\u0068ello", "finish_reason": "length"}], "note": "\ud83d\udd25"}`), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			e, pauses := turning(t, plain{ids: true}, c.answer)
			got, err := generated(t, e, []engine.Request{{ID: 3, Tokens: []int32{1}, MaxTokens: 5}})
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, "hello", got[3].Text)
				require.Empty(t, *pauses)
				return
			}
			require.ErrorContains(t, err, "request 3: ")
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
			require.Len(t, *pauses, map[bool]int{true: 1, false: 0}[c.again])
		})
	}
}

// A redirect is followed where it asks the same again. Those that make a GET of a
// POST would be answered by something else.
func TestRedirectsAreFollowedWhereTheyAskTheSame(t *testing.T) {
	f := newFake(t, plain{ids: true}.answer)
	for status, follows := range map[int]bool{301: false, 302: false, 303: false, 307: true, 308: true} {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, f.URL+r.URL.Path, status)
		}))
		defer front.Close()
		e, err := Open(t.Context(), engine.Deployment{Model: demo, URL: front.URL + "/v1"}, engine.Site{})
		if !follows {
			require.EqualError(t, err, fmt.Sprintf("deployment dense: the server answers %d: it redirects to %s/v1/completions: is the API there? Then name its URL", status, f.URL))
			continue
		}
		require.NoError(t, err)
		got, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, MaxTokens: 1}})
		require.NoError(t, err)
		require.Equal(t, "hello", got[0].Text)
		require.NoError(t, e.Close())
	}
	var round *httptest.Server
	round = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, round.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer round.Close()
	_, err := Open(t.Context(), engine.Deployment{Model: demo, URL: round.URL + "/v1", Args: map[string]any{"retries": 0}}, engine.Site{})
	require.ErrorContains(t, err, "10 redirects, one behind another")
}

func TestAServerIsAskedOverHTTP2WhereItSpeaksIt(t *testing.T) {
	var major atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		major.Store(int32(r.ProtoMajor))
		plain{ids: true}.reply(w, r.URL.Path, map[string]any{"prompt": probeText})
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	c := newClient(s.URL+"/v1", settings{timeout: time.Minute, concurrency: 2}, engine.Site{})
	c.http.Transport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	var got answer
	require.NoError(t, c.call(t.Context(), "/completions", map[string]any{"prompt": probeText}, &got))
	require.Equal(t, "hello", *got.only().Text)
	require.Equal(t, int32(2), major.Load())
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, date(time.Minute): time.Minute, "": 0, "-3": 0, "soon": 0, date(-time.Hour): 0, "99999999999999999999": 0,
	} {
		require.InDelta(t, want.Seconds(), retryAfter(value).Seconds(), 2, value)
	}
	// A wait that no clock holds is not asked for.
	e, pauses, _ := misbehaving(t, 1, status(429, "Retry-After", strings.Repeat("9", 18)))
	_, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, MaxTokens: 1}})
	require.NoError(t, err)
	require.LessOrEqual(t, (*pauses)[0], longestAsked)
}
