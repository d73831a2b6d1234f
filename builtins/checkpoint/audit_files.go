package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	tokenizerFile       = "tokenizer.json"
	tokenizerConfigFile = "tokenizer_config.json"
	templateFile        = "chat_template.jinja"
	generationFile      = "generation_config.json"
)

// A comparison collects what two checkpoints' files say differently: wrong
// where texts become other tokens, prompts other texts or outputs end
// elsewhere, a note where that depends on what reads them.
type comparison struct {
	file  string
	wrong []Difference
	notes []string
}

func (c *comparison) differs(name, format string, args ...any) {
	c.wrong = append(c.wrong, Difference{Name: name, Finding: c.file + ": " + fmt.Sprintf(format, args...)})
}

func (c *comparison) note(format string, args ...any) {
	c.notes = append(c.notes, c.file+": "+fmt.Sprintf(format, args...))
}

// compareFiles compares the files beside the weights that decide what the
// model is asked and where its answers end: tokenizer, chat template and
// settings of generation. What only one of the checkpoints has is compared
// with what is taken in its place.
func compareFiles(model, reference string) (wrong []Difference, notes []string) {
	for _, f := range []struct {
		name    string
		compare func(c *comparison, model, reference string) error
	}{{tokenizerFile, compareTokenizers}, {tokenizerConfigFile, compareTokenizerConfigs}, {generationFile, compareGeneration}} {
		c := &comparison{file: f.name}
		if err := f.compare(c, model, reference); err != nil {
			notes = append(notes, fmt.Sprintf("%s was not compared: %v", f.name, err))
			continue
		}
		wrong, notes = append(wrong, c.wrong...), append(notes, c.notes...)
	}
	return wrong, notes
}

// compareTokenizerConfigs compares the chat templates and the special tokens.
// Of special tokens only those count that both name; the padding, which
// exporters set, never does.
func compareTokenizerConfigs(c *comparison, model, reference string) error {
	var got, want map[string]any
	if _, err := readJSON(filepath.Join(model, tokenizerConfigFile), &got); err != nil {
		return err
	}
	if _, err := readJSON(filepath.Join(reference, tokenizerConfigFile), &want); err != nil {
		return err
	}
	for _, key := range []string{"bos_token", "eos_token", "add_bos_token", "add_eos_token"} {
		a, inModel := got[key]
		b, inReference := want[key]
		if inModel && inReference && content(a) != content(b) {
			c.differs(key, "%s is %s, in the reference %s", key, inJSON(content(a)), inJSON(content(b)))
		}
	}
	return compareTemplates(c, model, reference, got["chat_template"], want["chat_template"])
}

// content is the text of a special token, which may be an object.
func content(token any) any {
	if object, ok := token.(map[string]any); ok {
		return object["content"]
	}
	return token
}

// compareTemplates compares the chat templates that are in force: that of
// chat_template.jinja, or else the default one of tokenizer_config.json.
func compareTemplates(c *comparison, model, reference string, inModel, inReference any) error {
	got, err := templateOf(model, inModel)
	if err != nil {
		return err
	}
	want, err := templateOf(reference, inReference)
	switch {
	case err != nil:
		return err
	case got == want:
	case want == "":
		c.note("there is a chat_template, in the reference there is none")
	case got == "":
		c.differs("chat_template", "there is no chat_template, nor %s; the reference has one", templateFile)
	default:
		at := alike([]byte(got), []byte(want))
		c.differs("chat_template", "the chat_template (or %s, which wins over it) is not the reference's: at character %d %s, in the reference %s",
			templateFile, at, excerpt(got, at), excerpt(want, at))
	}
	return nil
}

// alike is how many elements two lists begin with that are the same.
func alike[T comparable](a, b []T) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// excerpt quotes what begins a little before a byte of text.
func excerpt(text string, at int) string {
	const before, after = 12, 28
	text = text[max(0, at-before):min(len(text), at+after)]
	return fmt.Sprintf("%q", strings.ToValidUTF8(text, ""))
}

// templateOf is the template in force in dir, "" where there is none. Jinja
// drops a line break at the end.
func templateOf(dir string, configured any) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, templateFile))
	if err == nil {
		return strings.TrimSuffix(string(text), "\n"), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if list, ok := configured.([]any); ok {
		for _, entry := range list {
			if named, ok := entry.(map[string]any); ok && named["name"] == "default" {
				configured = named["template"]
			}
		}
	}
	template, _ := configured.(string)
	return strings.TrimSuffix(template, "\n"), nil
}
