package run

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/engine/openai"
	"adkernel/builtins/task"
	"adkernel/builtins/tokenizer"
	"adkernel/internal/serve"
)

// chatModel is the demo checkpoint with a chat template.
func chatModel(t *testing.T, template string) string {
	t.Helper()
	demo, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "demo", "dense"))
	require.NoError(t, err)
	dir := t.TempDir()
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json"} {
		require.NoError(t, os.Symlink(filepath.Join(demo, name), filepath.Join(dir, name)))
	}
	if template != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(template), 0o644))
	}
	return dir
}

// executedHere makes a run of spec on the embedded engine in this process.
func executedHere(t *testing.T, spec Spec) (*Run, error) {
	t.Helper()
	options := testOptions(t)
	options.Command = []string{"/bin/true"}
	r := launch(t, spec, options)
	require.ErrorContains(t, r.Wait(deadline(t)), "was killed")
	return r, Execute(t.Context(), r.Dir(), func(ctx context.Context, d engine.Deployment, _ engine.Site) (engine.Engine, error) {
		return embedded.Open(ctx, d)
	})
}

func writeQuestions(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mine.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestAChatGoesThroughTheModelsTemplate(t *testing.T) {
	model := chatModel(t, "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{{ strftime_now('%Y') }}"+
		"{% if enable_thinking is defined %} {{ enable_thinking }}{% endif %}{{ unknown is defined }}{% if add_generation_prompt %}\nassistant:{% endif %}")
	spec := Spec{
		Deployment: engine.Deployment{Model: model},
		Task: task.Spec{Kind: "questions", Chat: true, System: "Answer.", Arguments: map[string]any{"absent": 1},
			Dataset: writeQuestions(t, `{"question": "2 + 2?", "choices": ["3", "4"], "answer": "B"}`)},
	}
	r, err := executedHere(t, spec)
	require.NoError(t, err)
	got, err := r.PromptTokens(0)
	require.NoError(t, err)
	tok, err := tokenizer.Load(model)
	require.NoError(t, err)
	year := r.Spec().Created.Format("2006")
	want := tok.Encode("system: Answer.\nuser: 2 + 2?\nA. 3\nB. 4\nAnswer:\n"+year+" FalseFalseassistant:", true)
	require.Equal(t, want, got)
	s, err := r.Sample(0)
	require.NoError(t, err)
	row, err := r.LogitRow(0)
	require.NoError(t, err)
	require.Len(t, s.Letters, 2, "those of the question's choices")
	for i, letter := range []string{"A", "B"} {
		ids := tok.Encode(letter, false)
		require.Equal(t, row[ids[0]], s.Letters[i], "an answer that begins a turn has no space in front")
	}

	spec.Deployment.Model = chatModel(t, "")
	_, err = executedHere(t, spec)
	require.ErrorContains(t, err, "asks through the model's chat template")
	require.ErrorContains(t, err, "no chat template")
	spec.Deployment.Model = chatModel(t, "{{ raise_exception('no system prompt, please') }}")
	_, err = executedHere(t, spec)
	require.ErrorContains(t, err, "sample 0 (mine, question 0): the chat template refuses the conversation: no system prompt, please")
}

// The model of a server is a name at times: the folder with its tokenizer holds
// the chat template, too, and is found from wherever the run goes on.
func TestAChatWithAServersModelGoesThroughTheTemplateOfItsTokenizer(t *testing.T) {
	model := chatModel(t, "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:")
	behind, err := embedded.Open(t.Context(), engine.Deployment{Model: model})
	require.NoError(t, err)
	defer behind.Close()
	tok, err := tokenizer.Load(model)
	require.NoError(t, err)
	server := serve.New(serve.Options{Engine: behind.(engine.Steerable), Tokenizer: tok, Name: "served"})
	defer server.Close()
	h := httptest.NewServer(server.Handler())
	defer h.Close()
	data := writeQuestions(t, `{"question": "2 + 2?", "choices": ["3", "4"], "answer": "B"}`)
	options := testOptions(t)
	options.Command = []string{"/bin/true"}
	for _, path := range []string{"tok", filepath.Join("tok", "tokenizer.json")} {
		t.Run(path, func(t *testing.T) {
			here := t.TempDir()
			require.NoError(t, os.Symlink(model, filepath.Join(here, "tok")))
			t.Chdir(here)
			r := launch(t, Spec{
				Deployment: engine.Deployment{Model: "served", Backend: "openai", URL: h.URL + "/v1", Args: map[string]any{"tokenizer": path}},
				Task:       task.Spec{Kind: "questions", Chat: true, Dataset: data},
			}, options)
			require.ErrorContains(t, r.Wait(deadline(t)), "was killed")
			t.Chdir(t.TempDir())
			require.NoError(t, Execute(t.Context(), r.Dir(), openai.Open))
			got, err := r.PromptTokens(0)
			require.NoError(t, err)
			require.Equal(t, tok.Encode("user: 2 + 2?\nA. 3\nB. 4\nAnswer:\nassistant:", true), got)
		})
	}
}

func TestOutputsEndAtTheTasksStops(t *testing.T) {
	const prompt = "What is 82 + 75?\\nA. 164\\nB. 157\\nAnswer:"
	spec := Spec{
		Deployment: engine.Deployment{Model: chatModel(t, "")},
		Task:       task.Spec{Kind: "questions", Dataset: writeQuestions(t, `{"question": "`+prompt+`", "answer": "B"}`)},
	}
	r, err := executedHere(t, spec)
	require.NoError(t, err)
	s, err := r.Sample(0)
	require.NoError(t, err)
	require.Equal(t, "stop", s.Finish)
	require.NotContains(t, s.Output, "\n")
	require.Less(t, len(s.Tokens), 64)
}
