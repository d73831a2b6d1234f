package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// maxBody is the largest request in bytes.
const maxBody = 32 << 20

// An apiError is an answer that says what was wrong, in OpenAI's words.
type apiError struct {
	Status  int    `json:"-"`
	Message string `json:"message"`
	Kind    string `json:"type"`
	Param   string `json:"-"` // the argument at fault; null when ""
	Code    string `json:"-"` // null when ""
}

func (e *apiError) Error() string { return e.Message }

// MarshalJSON writes {"message", "type", "param", "code"}.
func (e *apiError) MarshalJSON() ([]byte, error) {
	orNull := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return json.Marshal(struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}{e.Message, e.Kind, orNull(e.Param), orNull(e.Code)})
}

// invalid is the error of an argument.
func invalid(param, format string, a ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Kind: "invalid_request_error", Param: param, Message: fmt.Sprintf(format, a...)}
}

// asAPIError is what a client is told of err.
func asAPIError(err error) *apiError {
	var e *apiError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &tooLarge):
		return &apiError{Status: http.StatusRequestEntityTooLarge, Kind: "invalid_request_error",
			Message: fmt.Sprintf("the request has more than %d bytes", tooLarge.Limit)}
	case errors.Is(err, errClosed):
		return &apiError{Status: http.StatusServiceUnavailable, Kind: "server_error", Message: err.Error()}
	}
	return &apiError{Status: http.StatusInternalServerError, Kind: "server_error", Message: err.Error()}
}

func writeError(w http.ResponseWriter, err error) {
	e := asAPIError(err)
	if e.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, e.Status, map[string]any{"error": e})
}

// writeJSON answers. What a client no longer reads is nobody's error.
func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":{"message":"the answer has no JSON form","type":"server_error","param":null,"code":null}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}

// marshal is json.Marshal without the escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// missing answers what no pattern of mux matches as JSON: a path that is not
// there, or a method that the path has not.
func missing(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "" {
				w.Header().Set("Allow", method)
				writeError(w, &apiError{Status: http.StatusMethodNotAllowed, Kind: "invalid_request_error",
					Message: fmt.Sprintf("%s takes %s, not %s", r.URL.Path, method, r.Method)})
				return
			}
		}
		writeError(w, &apiError{Status: http.StatusNotFound, Kind: "invalid_request_error",
			Message: fmt.Sprintf("nothing is served at %s: have /v1/models, /v1/completions, /v1/chat/completions, /tokenize, /detokenize, /tokenizer_info, /health", r.URL.Path)})
	})
}
