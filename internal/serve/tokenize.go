package serve

import "net/http"

// tokenize and its siblings are vLLM's; lm-evaluation-harness uses them when it
// has no tokenizer of its own.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Model        string `json:"model"`
		Prompt       string `json:"prompt"`
		AddSpecial   *bool  `json:"add_special_tokens"`
		TokenStrings bool   `json:"return_token_strs"`
	}
	if err := readJSON(r, &q); err != nil {
		return err
	}
	if q.Model != "" {
		if err := s.knows(q.Model); err != nil {
			return err
		}
	}
	ids := s.Tokenizer.Encode(q.Prompt, q.AddSpecial == nil || *q.AddSpecial)
	if ids == nil {
		ids = []int32{}
	}
	answer := map[string]any{"tokens": ids, "count": len(ids), "max_model_len": s.limits.SequenceTokens}
	if q.TokenStrings {
		answer["token_strs"] = spellAll(s.Tokenizer, ids)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Model  string      `json:"model"`
		Tokens list[int32] `json:"tokens"`
	}
	if err := readJSON(r, &q); err != nil {
		return err
	}
	if len(q.Tokens) > 0 {
		if err := s.checkTokens("tokens", q.Tokens); err != nil {
			return err
		}
	}
	writeJSON(w, http.StatusOK, map[string]string{"prompt": s.Tokenizer.Decode(q.Tokens, false)})
	return nil
}

// tokenizerInfo has the entries of tokenizer_config.json that clients read.
func (s *Server) tokenizerInfo(w http.ResponseWriter, _ *http.Request) error {
	info := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": s.limits.SequenceTokens, "eos_token": nil, "bos_token": nil}
	if len(s.limits.Stop) > 0 {
		info["eos_token"] = s.Tokenizer.Decode(s.limits.Stop[:1], false)
	}
	if framed := s.Tokenizer.Encode("", true); len(framed) > 0 {
		info["bos_token"] = s.Tokenizer.Decode(framed[:1], false)
	}
	if s.Template != nil {
		info["chat_template"] = s.Template.Source()
	}
	writeJSON(w, http.StatusOK, info)
	return nil
}
