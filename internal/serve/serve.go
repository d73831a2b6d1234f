// Package serve offers an engine over OpenAI's HTTP API: models, completions
// and chat completions, with log-probabilities, echo, prompts of token ids and
// streams, and vLLM's tokenize, detokenize and tokenizer_info beside them. It is
// what clients of such servers, lm-evaluation-harness among them, can evaluate
// the embedded engine with.
//
// It knows engines, tokenizers and chat templates; it does not know
// evaluations, runs or notebooks. What it cannot do it refuses: an argument
// that would have no effect is an error, as at OpenAI.
package serve

import (
	"context"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"adkernel/builtins/engine"
	"adkernel/builtins/tokenizer"
	"adkernel/builtins/tokenizer/chat"
)

// Options say what is served.
type Options struct {
	Engine    engine.Steerable
	Tokenizer *tokenizer.Tokenizer
	Template  *chat.Template // nil: chat completions are refused
	Name      string         // of the model, as clients ask for it
	APIKey    string         // that clients must present; "" lets everybody in

	Log func(format string, a ...any) // of what clients are not told; nil drops it
}

// A Server answers requests with one engine. Requests that come while others
// are computed join them between two forward passes.
type Server struct {
	Options
	limits  engine.Limits
	vocab   int
	created int64 // Unix time
	queue   *queue
}

// New makes a server. Close ends what it computes.
func New(o Options) *Server {
	return &Server{Options: o, limits: o.Engine.Limits(), vocab: o.Engine.Info().Vocab, created: time.Now().Unix(), queue: newQueue(o.Engine, o.Log)}
}

// Close ends all requests with an error and waits for the engine. The engine
// stays open.
func (s *Server) Close() { s.queue.close() }

// Handler is the API. Whatever it answers is JSON, errors in OpenAI's shape.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /health":               s.health,
		"GET /v1/models":            s.listModels,
		"GET /v1/models/{name...}":  s.oneModel,
		"POST /v1/completions":      s.completions,
		"POST /v1/chat/completions": s.chatCompletions,
		"POST /tokenize":            s.tokenize,
		"POST /detokenize":          s.detokenize,
		"GET /tokenizer_info":       s.tokenizerInfo,
	} {
		mux.HandleFunc(pattern, s.guard(h))
	}
	return missing(mux)
}

// guard lets in who has the key, and turns an error into an answer.
func (s *Server) guard(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.admits(r) {
			writeError(w, &apiError{Status: http.StatusUnauthorized, Kind: "authentication_error", Code: "invalid_api_key",
				Message: "the API key is missing or wrong: send it as Authorization: Bearer KEY"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := h(w, r); err != nil {
			writeError(w, err)
		}
	}
}

func (s *Server) admits(r *http.Request) bool {
	if s.APIKey == "" {
		return true
	}
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(key), []byte(s.APIKey)) == 1
}

// ListenAndServe answers on address until ctx is done, then lets requests end
// for a moment. ready is called with the address once connections are taken.
func (s *Server) ListenAndServe(ctx context.Context, address string, ready func(net.Addr)) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ready(listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
		s.Close() // ends what is being computed, so that its clients hear why
		return server.Close()
	} else if err != nil {
		return err
	}
	return nil
}
