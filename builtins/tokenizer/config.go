package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// readConfig applies tokenizer_config.json, if there is one.
func (t *Tokenizer) readConfig(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var c struct {
		AddBOS *bool           `json:"add_bos_token"`
		AddEOS *bool           `json:"add_eos_token"`
		BOS    json.RawMessage `json:"bos_token"`
		EOS    json.RawMessage `json:"eos_token"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if c.AddBOS == nil && c.AddEOS == nil {
		return nil
	}
	before, err := t.configToken(c.AddBOS, c.BOS)
	if err != nil {
		return fmt.Errorf("%s: bos_token: %w", path, err)
	}
	after, err := t.configToken(c.AddEOS, c.EOS)
	if err != nil {
		return fmt.Errorf("%s: eos_token: %w", path, err)
	}
	t.frame = frame{before, after}
	return nil
}

// configToken returns the id of a token of tokenizer_config.json, which is a
// string or an object with its content; none if it is not to be added or null.
func (t *Tokenizer) configToken(add *bool, raw json.RawMessage) ([]int32, error) {
	if add == nil || !*add || isNull(raw) {
		return nil, nil
	}
	var content string
	if err := json.Unmarshal(raw, &content); err != nil {
		var object struct {
			Content string `json:"content"`
		}
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, err
		}
		content = object.Content
	}
	id, ok := t.ids[content]
	if !ok {
		return nil, fmt.Errorf("%q is not in the vocabulary", content)
	}
	return []int32{id}, nil
}
