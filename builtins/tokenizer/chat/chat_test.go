package chat

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rendering is one entry of testdata/rendered.json, made by transformers.
type rendering struct {
	Template, Conversation string
	Options                struct {
		GenerationPrompt bool  `json:"add_generation_prompt"`
		Continue         bool  `json:"continue_final_message"`
		Thinking         *bool `json:"enable_thinking"`
	}
	Text  *string
	Error string
}

func readRenderings(t *testing.T) (conversations map[string][]Message, renderings []rendering) {
	t.Helper()
	text, err := os.ReadFile("testdata/rendered.json")
	require.NoError(t, err)
	var file struct {
		Conversations map[string][]Message
		Renderings    []rendering
	}
	require.NoError(t, json.Unmarshal(text, &file))
	return file.Conversations, file.Renderings
}

func template(t *testing.T, name string) *Template {
	t.Helper()
	path := filepath.Join("testdata/templates", name+".jinja")
	if name == "odd" {
		path = "testdata/odd.jinja"
	}
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	out, err := Parse(string(source), map[string]string{"bos_token": "<BOS>", "eos_token": "<EOS>"})
	require.NoError(t, err)
	return out
}

func TestTemplatesRenderAsTransformersRendersThem(t *testing.T) {
	seen := map[string]int{}
	conversations, renderings := readRenderings(t)
	for _, want := range renderings {
		seen[want.Template]++
		o := Options{
			NoGenerationPrompt: !want.Options.GenerationPrompt, ContinueFinal: want.Options.Continue,
			Now: time.Date(2026, 3, 5, 7, 8, 9, 0, time.UTC),
		}
		if want.Options.Thinking != nil {
			o.Arguments = map[string]any{"enable_thinking": *want.Options.Thinking}
		}
		t.Run(fmt.Sprintf("%s/%s/%+v", want.Template, want.Conversation, o.Arguments), func(t *testing.T) {
			got, err := template(t, want.Template).Render(conversations[want.Conversation], o)
			if want.Text == nil {
				require.Error(t, err, "transformers says: %s\ngot: %s", want.Error, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, *want.Text, got)
		})
	}
	require.GreaterOrEqual(t, len(seen), 9)
}

func TestATemplateSaysWhyItRefuses(t *testing.T) {
	_, err := template(t, "gemma-2").Render([]Message{{Role: "system", Content: "x"}}, Options{})
	require.EqualError(t, err, "the chat template refuses the conversation: System role not supported")
	_, err = template(t, "gemma-2").Render(nil, Options{})
	require.ErrorContains(t, err, "no messages")
}

func TestLoadFindsTheTemplate(t *testing.T) {
	const config = `{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "pad_token": null, "chat_template": %s}`
	for name, c := range map[string]struct {
		files      map[string]string
		want, fail string
	}{
		"tokenizer_config.json": {map[string]string{configFile: fmt.Sprintf(config, `"{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"`)}, "<s>hi</s>", ""},
		"chat_template.jinja decides": {map[string]string{
			configFile: fmt.Sprintf(config, `"no"`), templateFile: "{{ bos_token }}yes"}, "<s>yes", ""},
		"special_tokens_map.json": {map[string]string{
			specialFile: `{"bos_token": "<b>", "additional_special_tokens": ["x"]}`, templateFile: "{{ bos_token }}"}, "<b>", ""},
		"the default of several": {map[string]string{
			configFile: fmt.Sprintf(config, `[{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]`)}, "yes", ""},
		"no default":     {map[string]string{configFile: fmt.Sprintf(config, `[{"name": "rag", "template": "no"}]`)}, "", "no chat_template is named default, only rag"},
		"none":           {map[string]string{configFile: fmt.Sprintf(config, "null")}, "", "no chat template: neither chat_template.jinja nor chat_template in tokenizer_config.json"},
		"no file":        {nil, "", "no chat template"},
		"not JSON":       {map[string]string{configFile: "{"}, "", configFile + ": unexpected end"},
		"wrong type":     {map[string]string{configFile: fmt.Sprintf(config, "1")}, "", "neither a text nor a list"},
		"not a template": {map[string]string{templateFile: "{% for %}"}, "", templateFile + ": chat template: "},
		"unknown tag":    {map[string]string{templateFile: "{% nonsense %}"}, "", templateFile + ": chat template: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644))
			}
			loaded, err := Load(dir)
			if c.fail != "" {
				require.ErrorContains(t, err, c.fail)
				return
			}
			require.NoError(t, err)
			got, err := loaded.Render([]Message{{Role: "user", Content: "hi"}}, Options{})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	_, err := Load(t.TempDir())
	require.ErrorIs(t, err, ErrNone)
}

func TestATemplateReadsNoFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o644))
	for _, source := range []string{
		"{% include '" + secret + "' %}", "{% import '" + secret + "' as x %}{{ x }}", "{% extends '" + secret + "' %}",
	} {
		tmpl, err := Parse(source, nil)
		if err == nil {
			var text string
			text, err = tmpl.Render([]Message{{Role: "user"}}, Options{})
			require.NotContains(t, text, "secret")
		}
		require.Error(t, err)
	}
}

func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/templates/*.jinja")
	require.NoError(f, err)
	for _, path := range paths {
		source, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(string(source))
	}
	f.Add("{{ 1 +")
	f.Add("{% if %}{% endif %}")
	f.Fuzz(func(t *testing.T, source string) {
		if tmpl, err := Parse(source, nil); err == nil {
			tmpl.Render([]Message{{Role: "user", Content: "hi"}}, Options{})
		}
	})
}
