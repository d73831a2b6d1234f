package openai_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/builtins/tokenizer"
	"adkernel/builtins/tokenizer/chat"
	"adkernel/internal/serve"
)

// A troubled is adkernel serve behind a fault: on an address that it leaves and
// comes back to, with answers that go wrong after some.
type troubled struct {
	t       *testing.T
	address string
	inner   http.Handler
	server  *http.Server
	chat    bool         // there are no completions but of chats
	good    atomic.Int32 // completions until the trouble
	trouble func(w http.ResponseWriter)
}

func newTroubled(t *testing.T, key string, trouble func(http.ResponseWriter)) *troubled {
	t.Helper()
	behind, err := embedded.Open(t.Context(), engine.Deployment{Model: demo(t, "dense")})
	require.NoError(t, err)
	tok, err := tokenizer.Load(demo(t, "dense"))
	require.NoError(t, err)
	template, err := chat.Parse("{% for m in messages %}{{ bos_token }}{{ m.content }}{% endfor %}", map[string]string{"bos_token": "<s>"})
	require.NoError(t, err)
	inner := serve.New(serve.Options{Engine: behind.(engine.Steerable), Tokenizer: tok, Template: template, Name: "demo", APIKey: key})
	s := &troubled{t: t, address: "127.0.0.1:0", inner: inner.Handler(), trouble: trouble}
	s.start()
	t.Cleanup(func() { s.stop(); inner.Close(); behind.Close() })
	return s
}

func (s *troubled) start() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.address)
	require.NoError(s.t, err)
	s.address = l.Addr().String()
	s.server = &http.Server{Handler: s}
	go s.server.Serve(l)
}

func (s *troubled) stop() { s.server.Close() }

func (s *troubled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.chat && r.URL.Path == "/v1/completions" {
		http.NotFound(w, r)
		return
	}
	if r.URL.Path == "/v1/completions" && s.trouble != nil && s.good.Add(-1) < 0 {
		s.trouble(w)
		return
	}
	s.inner.ServeHTTP(w, r)
}

func answering(status int, text string, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func dropping(w http.ResponseWriter) {
	if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
		fmt.Fprint(connection, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{\"choices\": [")
		connection.Close()
	}
}

// Each trouble of a server is one clear error, in the cell and in state.json;
// what had been answered is kept, and when the trouble is over the run ends as
// one that had none. No file of it holds the key.
func TestTroublesOfAServerAreNamedAndOutlived(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two dozen processes")
	}
	const key = "sk-not-to-be-written-anywhere"
	const samples, probes = 18, 7
	own := ran(t, engine.Deployment{Name: "own"}, samples)
	for name, c := range map[string]struct {
		trouble func(http.ResponseWriter)
		want    []string
		patient bool // it is asked again
	}{
		"429":        {answering(429, `{"error": {"message": "rate limit reached"}}`, "Retry-After", "1"), []string{"the server answers 429: rate limit reached"}, true},
		"503":        {answering(503, "upstream connect error"), []string{"the server answers 503: upstream connect error"}, true},
		"500":        {answering(500, `{"error": {"message": "CUDA error"}}`), []string{"the server answers 500: CUDA error"}, true},
		"400":        {answering(400, `{"error": {"message": "max_tokens is too large"}}`), []string{"the server answers 400: max_tokens is too large"}, false},
		"not JSON":   {answering(200, "<html>a proxy's page</html>"), []string{"answers what is not JSON of the API: <html>a proxy's page</html>"}, true},
		"dropped":    {dropping, []string{"the answer ends midway"}, true},
		"slow":       {func(http.ResponseWriter) { time.Sleep(3 * time.Second) }, []string{"no answer within 2s"}, true},
		"no choices": {answering(200, `{"choices": []}`), []string{"the server answers with 0 choices, not with one"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTroubled(t, "", c.trouble)
			s.good.Store(probes + 6)
			args := map[string]any{"concurrency": 2, "retries": 1}
			if name == "slow" {
				args["timeout"] = 2
			}
			r := launched(t, s.deployment(args), samples)
			kept := s.fails(r, c.want)
			require.NotZero(t, kept, "what was answered is kept")
			log, err := os.ReadFile(filepath.Join(r.Dir(), "log.txt"))
			require.NoError(t, err)
			require.Equal(t, c.patient, bytes.Contains(log, []byte("trying again in")))
			s.heals(r, own, func() { s.good.Store(1000) })
		})
	}

	t.Run("down", func(t *testing.T) {
		s := newTroubled(t, "", nil)
		s.stop()
		r := launched(t, s.deployment(map[string]any{"retries": 1}), samples)
		require.Zero(t, s.fails(r, []string{s.address + "/v1: no server listens there: ", "connection refused"}))
		s.heals(r, own, s.start)
	})

	t.Run("key missing", func(t *testing.T) {
		s := newTroubled(t, key, nil)
		r := launched(t, s.deployment(map[string]any{"api_key_env": "ADKERNEL_TEST_SERVER_KEY"}), samples)
		require.Zero(t, s.fails(r, []string{"the server answers 401", "ADKERNEL_TEST_SERVER_KEY, in which the API key is looked for, is not set"}))
		s.heals(r, own, func() { t.Setenv("ADKERNEL_TEST_SERVER_KEY", key) })
		withoutKey(t, r.Dir(), key)
	})

	t.Run("key refused", func(t *testing.T) {
		t.Setenv("ADKERNEL_TEST_SERVER_KEY", key+"-old")
		s := newTroubled(t, key, nil)
		r := launched(t, s.deployment(map[string]any{"api_key_env": "ADKERNEL_TEST_SERVER_KEY"}), samples)
		s.fails(r, []string{"the server answers 401", "is the API key in the environment variable ADKERNEL_TEST_SERVER_KEY the right one?"})
		withoutKey(t, r.Dir(), key)
	})

	t.Run("wrong model", func(t *testing.T) {
		s := newTroubled(t, "", nil)
		r := launched(t, s.deployment(map[string]any{"served_model_name": "llama"}), samples)
		s.fails(r, []string{`the server has no model "llama", but demo`})
	})
}

// aborting ends the outputs of the first n prompts that it is asked, whenever it
// is asked them, as vLLM and SGLang do when they run out of memory.
func aborting(inner http.Handler, n int) (h http.Handler, heal func()) {
	var mu sync.Mutex
	ended, well := map[string]bool{}, false
	h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var ask struct {
			Prompt json.RawMessage `json:"prompt"`
		}
		mu.Lock()
		if json.Unmarshal(body, &ask) == nil && len(ask.Prompt) > 100 && len(ended) < n { // longer than the probe's
			ended[string(ask.Prompt)] = true
		}
		abort := ended[string(ask.Prompt)] && !well
		mu.Unlock()
		if !abort {
			inner.ServeHTTP(w, r)
			return
		}
		fmt.Fprint(w, `{"choices": [{"text": "", "finish_reason": "abort"}]}`)
	})
	return h, func() {
		mu.Lock()
		well = true
		mu.Unlock()
	}
}

// Answers that the server did not let the model finish are asked for again, and
// then left out of what is counted, by name. They are no wrong answers.
func TestAbortedAnswersAreNamedAndNotCounted(t *testing.T) {
	own := ran(t, engine.Deployment{Name: "own"}, 18)
	s := newTroubled(t, "", nil)
	inner, heal := aborting(s.inner, 2)
	s.inner = inner
	r := ran(t, s.deployment(map[string]any{"retries": 1, "concurrency": 1}), 18)
	log, err := os.ReadFile(filepath.Join(r.Dir(), "log.txt"))
	require.NoError(t, err)
	require.Equal(t, 2, bytes.Count(log, []byte("the server ended the output itself (abort); trying again in")))

	c, err := compare.Runs(r, own)
	require.NoError(t, err)
	require.Equal(t, 16, c.N)
	require.Equal(t, 16, c.Pairs.BothRight+c.Pairs.BothWrong, "an answer that is missing is no loss")
	require.Zero(t, c.Change.Estimate)
	require.Len(t, c.Unjudged, 2)
	for _, u := range c.Unjudged {
		require.Equal(t, "no answer of the model: the server ended the output (abort)", u.Why)
		require.Contains(t, c.MimeBundle().Plain(), fmt.Sprintf("sample %d of served: %s", u.Index, u.Why))
	}
	require.Contains(t, c.MimeBundle().Plain(), "2 answers have no verdict and left out:")

	heal()
	require.NoError(t, r.Resume(t.Context(), options(t)))
	require.NoError(t, wait(t, r))
	equalAnswers(t, own, r)
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, 16, state.Resumed)
}

func (s *troubled) deployment(args map[string]any) engine.Deployment {
	return engine.Deployment{Name: "served", Backend: "openai", URL: "http://" + s.address + "/v1", Args: args}
}

// fails demands that the run fails as wanted, and returns how many samples it
// kept.
func (s *troubled) fails(r *run.Run, want []string) int {
	s.t.Helper()
	err := wait(s.t, r)
	require.Error(s.t, err)
	state, stateErr := r.State()
	require.NoError(s.t, stateErr)
	require.Equal(s.t, run.Failed, state.Status)
	require.Equal(s.t, state.Error, err.Error(), "the cell and state.json say the same")
	for _, words := range want {
		require.Contains(s.t, state.Error, words)
	}
	require.NotContains(s.t, state.Error, "\n")
	samples, sampleErr := r.Samples()
	require.NoError(s.t, sampleErr)
	require.Len(s.t, samples, state.Done)
	return len(samples)
}

// heals resumes the run after the trouble.
func (s *troubled) heals(r, own *run.Run, after func()) {
	s.t.Helper()
	kept := samplesOf(s.t, r)
	after()
	require.NoError(s.t, r.Resume(s.t.Context(), options(s.t)))
	require.NoError(s.t, wait(s.t, r))
	equalAnswers(s.t, own, r)
	state, err := r.State()
	require.NoError(s.t, err)
	require.Equal(s.t, len(kept), state.Resumed)
}

// withoutKey demands that no file in dir holds the key.
func withoutKey(t *testing.T, dir, key string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NotContains(t, string(text), key, path)
		return nil
	}))
}

// What holds a secret is refused before anything is written, in words that do
// not repeat it.
func TestNoRunIsMadeOfASecret(t *testing.T) {
	const secret = "hunter2hunter2"
	for name, d := range map[string]engine.Deployment{
		"user":     {URL: "http://me:" + secret + "@127.0.0.1:1/v1"},
		"query":    {URL: "http://127.0.0.1:1/v1?key=" + secret},
		"not URL":  {URL: "http://[" + secret},
		"setting":  {URL: "http://127.0.0.1:1/v1", Args: map[string]any{"api_key": secret}},
		"token":    {URL: "http://127.0.0.1:1/v1", Args: map[string]any{"HF_TOKEN": secret}},
		"key":      {URL: "http://127.0.0.1:1/v1", Args: map[string]any{"key": secret}},
		"no URL":   {Args: map[string]any{"api_key": secret}},
		"header":   {URL: "http://127.0.0.1:1/v1", Args: map[string]any{"headers": map[string]any{"Authorization": "Bearer " + secret}}},
		"headers":  {URL: "http://127.0.0.1:1/v1", Args: map[string]any{"headers": []any{map[string]any{"x-api-key": secret}}}},
		"any name": {URL: "http://127.0.0.1:1/v1", Args: map[string]any{"bearer": secret}},
		"variable": {URL: "http://127.0.0.1:1/v1", Args: map[string]any{"api_key_env": "sk-" + secret}},
	} {
		t.Run(name, func(t *testing.T) {
			d.Model, d.Backend = demo(t, "dense"), "openai"
			root := options(t)
			_, err := run.Launch(t.Context(), run.Spec{Deployment: d, Task: task.Spec{Kind: "mmlu", Dataset: demo(t, "task")}}, root)
			require.Error(t, err)
			require.NotContains(t, err.Error(), secret)
			require.True(t, strings.HasPrefix(err.Error(), "deployment dense: "), err.Error())
			entries, err := os.ReadDir(root.Root)
			require.NoError(t, err)
			require.Empty(t, entries)
		})
	}
}

// Through chat completions an answer begins a turn: its letter has no space in
// front, and the token that has one is another token.
func TestLettersOfAChatBeginATurn(t *testing.T) {
	s := newTroubled(t, "", nil)
	s.chat = true
	r := ran(t, s.deployment(nil), 18)
	settings := r.Spec().Engine.Settings
	require.Equal(t, "chat/completions", settings["server.endpoint"])
	require.Equal(t, "available, of the 20 likeliest tokens", settings["server.logprobs"])
	own := samplesOf(t, ran(t, engine.Deployment{Name: "own"}, 18))
	for i, s := range samplesOf(t, r) {
		require.Equal(t, own[i].Output, s.Output, "the template is the plain prompt's")
		require.InDelta(t, own[i].Top[0].Logit-own[i].Top[1].Logit, s.LogProbs[0].LogProb-s.LogProbs[1].LogProb, 1e-4)
		for j, letter := range []string{"A", "B", "C", "D"} {
			at := slices.IndexFunc(s.LogProbs, func(p engine.LogProb) bool { return p.Text == letter })
			if at < 0 {
				require.True(t, math.IsNaN(float64(s.LetterLogProbs[j])))
				continue
			}
			require.Equal(t, s.LogProbs[at].LogProb, s.LetterLogProbs[j])
		}
	}
}
