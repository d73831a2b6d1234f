package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// rewriters are the classes of transformers 4 that put bos and eos around a
// text by tokenizer_config.json, whatever the post-processor says
// (update_post_processor of version 4.57), and what they do where it is silent.
// All other classes follow the post-processor and read neither add_bos_token
// nor add_eos_token; in transformers 5 these do too, but for the classes of Code
// Llama and GPT-NeoX.
var rewriters = map[string]struct {
	bos, eos string
	addBOS   bool
}{
	"LlamaTokenizer":     {"<s>", "</s>", true},
	"CodeLlamaTokenizer": {"<s>", "</s>", true},
	"GemmaTokenizer":     {"<bos>", "<eos>", true},
	"CohereTokenizer":    {"<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", true},
	"GPTNeoXTokenizer":   {"<|endoftext|>", "<|endoftext|>", false},
}

// checkConfig refuses a tokenizer whose ids depend on what reads it, or on its
// version.
func (t *Tokenizer) checkConfig(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var c struct {
		Class  string          `json:"tokenizer_class"`
		AddBOS *bool           `json:"add_bos_token"`
		AddEOS *bool           `json:"add_eos_token"`
		BOS    json.RawMessage `json:"bos_token"`
		EOS    json.RawMessage `json:"eos_token"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	class, ok := rewriters[strings.TrimSuffix(c.Class, "Fast")]
	if !ok {
		return nil
	}
	var four frame // of transformers 4
	if c.AddBOS != nil && *c.AddBOS || c.AddBOS == nil && class.addBOS {
		if four.before, err = t.configToken(c.BOS, class.bos); err != nil {
			return fmt.Errorf("%s: bos_token: %w", path, err)
		}
	}
	if c.AddEOS != nil && *c.AddEOS {
		if four.after, err = t.configToken(c.EOS, class.eos); err != nil {
			return fmt.Errorf("%s: eos_token: %w", path, err)
		}
	}
	if slices.Equal(four.before, t.frame.before) && slices.Equal(four.after, t.frame.after) {
		return nil
	}
	return fmt.Errorf("%s: %s of transformers 4 puts the ids %v before a text and %v behind it, by add_bos_token and add_eos_token; "+
		"the post_processor of tokenizer.json, which transformers 5 follows, puts %v and %v: make them agree",
		path, c.Class, four.before, four.after, t.frame.before, t.frame.after)
}

// configToken returns the id of a token of tokenizer_config.json, which is a
// string or an object with its content; nothing if it is null.
func (t *Tokenizer) configToken(raw json.RawMessage, otherwise string) ([]int32, error) {
	content := otherwise
	if len(raw) > 0 {
		if isNull(raw) {
			return nil, nil
		}
		if err := json.Unmarshal(raw, &content); err != nil {
			var object struct {
				Content string `json:"content"`
			}
			if err := json.Unmarshal(raw, &object); err != nil {
				return nil, err
			}
			content = object.Content
		}
	}
	id, ok := t.ids[content]
	if !ok {
		return nil, fmt.Errorf("%q is not in the vocabulary", content)
	}
	return []int32{id}, nil
}
