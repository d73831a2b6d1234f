package serve

import (
	"fmt"
	"net/http"
)

// model describes what is served, in OpenAI's words and vLLM's max_model_len.
type model struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Created     int64  `json:"created"`
	OwnedBy     string `json:"owned_by"`
	Root        string `json:"root"`
	MaxModelLen int    `json:"max_model_len"`
}

func (s *Server) model() model {
	return model{ID: s.Name, Object: "model", Created: s.created, OwnedBy: "adkernel", Root: s.Engine.Info().Model, MaxModelLen: s.limits.SequenceTokens}
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, struct{}{})
	return nil
}

func (s *Server) listModels(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []model{s.model()}})
	return nil
}

func (s *Server) oneModel(w http.ResponseWriter, r *http.Request) error {
	if err := s.knows(r.PathValue("name")); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.model())
	return nil
}

// knows refuses another model than the one that is served.
func (s *Server) knows(name string) error {
	if name == s.Name || name == s.Engine.Info().Model {
		return nil
	}
	e := &apiError{Status: http.StatusNotFound, Kind: "invalid_request_error", Param: "model", Code: "model_not_found",
		Message: fmt.Sprintf("the model %q is not served here, only %q is", name, s.Name)}
	if name == "" {
		e.Status, e.Code, e.Message = http.StatusBadRequest, "", fmt.Sprintf("model is missing: %q is served here", s.Name)
	}
	return e
}
