// Package chat turns a conversation into the text that a model was trained to
// continue: it renders the Jinja chat template of a Hugging Face checkpoint, as
// transformers' apply_chat_template does (trim_blocks, lstrip_blocks, its
// tojson, raise_exception, strftime_now, the generation tag).
//
// It does not know tools or documents: a template sees that there are none.
package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // "system", "user", "assistant", or what the template takes
	Content string `json:"content"`

	// More are further fields that the template may read, such as
	// "reasoning_content".
	More map[string]any `json:"-"`
}

// ErrNone says that a checkpoint has no chat template: it is a base model, or
// the template was left out when it was copied.
var ErrNone = errors.New("no chat template")

// Files of a checkpoint that hold a template, or the texts of special tokens.
const (
	templateFile = "chat_template.jinja"
	configFile   = "tokenizer_config.json"
	specialFile  = "special_tokens_map.json"
)

// Load reads the template of the checkpoint in dir: chat_template.jinja, or
// else chat_template of tokenizer_config.json, of several the one named
// "default". It fails with ErrNone when there is none.
func Load(dir string) (*Template, error) {
	special, config, err := readSpecial(dir)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	path := filepath.Join(dir, templateFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		path = filepath.Join(dir, configFile)
		var source string
		if source, err = namedTemplate(config["chat_template"]); err == nil {
			text = []byte(source)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return parseFile(path, text, special)
}

// LoadFile reads a template from a file of its own, for the checkpoint in dir.
func LoadFile(path, dir string) (*Template, error) {
	special, _, err := readSpecial(dir)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	return parseFile(path, text, special)
}

func parseFile(path string, text []byte, special map[string]string) (*Template, error) {
	t, err := Parse(string(text), special)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// readSpecial returns the texts of the special tokens of the checkpoint in dir,
// and the fields of its tokenizer_config.json.
func readSpecial(dir string) (special map[string]string, config map[string]json.RawMessage, err error) {
	special = map[string]string{}
	for _, name := range []string{specialFile, configFile} { // the second decides
		if config, err = readFields(filepath.Join(dir, name)); err != nil {
			return nil, nil, err
		}
		addSpecial(special, config)
	}
	return special, config, nil
}

// readFields returns the fields of a JSON file; none if there is no such file.
func readFields(path string) (map[string]json.RawMessage, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return fields, nil
}

// addSpecial notes the texts of "bos_token", "eos_token" and their like, which
// are strings or objects with the content.
func addSpecial(special map[string]string, fields map[string]json.RawMessage) {
	for name, raw := range fields {
		if !strings.HasSuffix(name, "_token") {
			continue
		}
		var text string
		var object struct {
			Content *string `json:"content"`
		}
		if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
			special[name] = text
		} else if json.Unmarshal(raw, &object) == nil && object.Content != nil {
			special[name] = *object.Content
		}
	}
}

func namedTemplate(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", fmt.Errorf("%w: neither %s nor chat_template in %s", ErrNone, templateFile, configFile)
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one, nil
	}
	var several []struct {
		Name     string `json:"name"`
		Template string `json:"template"`
	}
	if err := json.Unmarshal(raw, &several); err != nil {
		return "", fmt.Errorf("%s: chat_template is neither a text nor a list of name and template", configFile)
	}
	var names []string
	for _, t := range several {
		if t.Name == "default" {
			return t.Template, nil
		}
		names = append(names, t.Name)
	}
	return "", fmt.Errorf("%s: no chat_template is named default, only %s", configFile, strings.Join(names, ", "))
}
