package serve

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/tokenizer/chat"
)

func turn(role string, content any) map[string]any {
	return map[string]any{"role": role, "content": content}
}

func TestChatRendersTheTemplateAndAnswersAsACompletion(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	messages := []any{turn("system", "Answer."), turn("user", []any{
		map[string]any{"type": "text", "text": "What is 2 + 2?"}, map[string]any{"type": "text", "text": "A. 3"}})}
	const text = "system: Answer.\nuser: What is 2 + 2?\nA. 3\n"
	want := func(prompt string) completionChoice {
		return c.complete(map[string]any{"prompt": prompt, "max_tokens": 6, "add_special_tokens": false, "logprobs": 3}).Choices[0]
	}
	got := c.chat(map[string]any{"messages": messages, "max_tokens": 6, "logprobs": true, "top_logprobs": 2})
	require.Equal(t, "chat.completion", got.Object)
	require.Equal(t, "assistant", got.Choices[0].Message.Role)
	plain := want(text + "Answer:")
	require.Equal(t, plain.Text, *got.Choices[0].Message.Content)
	require.Equal(t, 6, got.Usage.Completion)
	for i, token := range got.Choices[0].LogProbs.Content {
		require.Equal(t, plain.LogProbs.Tokens[i], token.Token)
		require.Equal(t, *plain.LogProbs.TokenLogprobs[i], token.Logprob)
		require.Len(t, token.TopLogprobs, 2)
		require.Equal(t, token.Logprob, token.TopLogprobs[0].Logprob, "greedy")
		require.GreaterOrEqual(t, token.TopLogprobs[0].Logprob, token.TopLogprobs[1].Logprob)
		require.Len(t, token.Bytes, len(token.Token))
	}

	for name, more := range map[string]struct {
		arguments map[string]any
		prompt    string
	}{
		"template argument": {map[string]any{"chat_template_kwargs": map[string]any{"loud": true}}, text + "ANSWER:"},
		"no prompt":         {map[string]any{"add_generation_prompt": false}, text},
		"continued":         {map[string]any{"continue_final_message": true}, text[:len(text)-1]},
		"new name":          {map[string]any{"max_completion_tokens": 6}, text + "Answer:"},
	} {
		arguments := map[string]any{"messages": messages, "max_tokens": 6}
		maps.Copy(arguments, more.arguments)
		require.Equal(t, want(more.prompt).Text, *c.chat(arguments).Choices[0].Message.Content, name)
	}
}

// What a template prints of the request is what was sent: whole numbers
// without a fraction, objects in their order.
func TestATemplateSeesWhatWasSent(t *testing.T) {
	o := demoOptions(t)
	var err error
	o.Template, err = chat.Parse("{{ budget }} {{ schema | tojson }} {{ messages[0].more }}", nil)
	require.NoError(t, err)
	c := newClient(t, o)
	var q chatRequest
	require.NoError(t, json.Unmarshal([]byte(`{"messages": [{"role": "user", "content": "x", "more": {"z": 1, "a": [2.0, 1e3]}}],
		"chat_template_kwargs": {"budget": 512, "schema": {"type": "object", "n": 1, "a": null}}}`), &q))
	text, err := c.server.render(&q)
	require.NoError(t, err)
	require.Equal(t, `512 {"type": "object", "n": 1, "a": null} {'z': 1, 'a': [2.0, 1000.0]}`, text)
}

func TestAPromptMayHaveEveryCharacter(t *testing.T) {
	c := newClient(t, demoOptions(t))
	for escaped, plain := range map[string]string{`\ud83d\ude00`: "😀", `\u00e9\\ud83d`: `é\ud83d`, `\\\u0041`: `\A`} {
		status, _, text := c.send("/tokenize", `{"prompt": "`+escaped+`", "add_special_tokens": false}`)
		require.Equal(t, 200, status, text)
		var out struct{ Tokens []int32 }
		require.NoError(t, json.Unmarshal([]byte(text), &out))
		require.Equal(t, c.server.Tokenizer.Encode(plain, false), out.Tokens)
	}
}

func TestAChatStreamHasWhatTheWholeAnswerHas(t *testing.T) {
	c := newClient(t, demoOptions(t))
	arguments := map[string]any{
		"messages": []any{turn("user", "What is 2 + 2?")}, "max_tokens": 10, "logprobs": true, "n": 2, "temperature": 0.9, "seed": 5,
	}
	want := c.chat(arguments)
	arguments["stream_options"] = map[string]any{"include_usage": true}
	texts, roles, tokens, finish := map[int]string{}, map[int]string{}, map[int]int{}, map[int]string{}
	var counted *usage
	for _, e := range c.events("/v1/chat/completions", arguments) {
		var part chatCompletion
		require.NoError(t, json.Unmarshal([]byte(e), &part), e)
		require.Equal(t, "chat.completion.chunk", part.Object)
		for _, choice := range part.Choices {
			if choice.Delta.Role != "" {
				roles[choice.Index] += choice.Delta.Role
			}
			texts[choice.Index] += *choice.Delta.Content
			if choice.LogProbs != nil {
				tokens[choice.Index] += len(choice.LogProbs.Content)
			}
			if choice.FinishReason != nil {
				finish[choice.Index] = *choice.FinishReason
			}
		}
		counted = part.Usage
	}
	for i, choice := range want.Choices {
		require.Equal(t, *choice.Message.Content, texts[i])
		require.Equal(t, "assistant", roles[i])
		require.Equal(t, len(choice.LogProbs.Content), tokens[i])
		require.Equal(t, *choice.FinishReason, finish[i])
	}
	require.Equal(t, want.Usage, counted)
}

func TestWithoutALengthChatFillsTheSequence(t *testing.T) {
	if testing.Short() {
		t.Skip("2,000 tokens")
	}
	o := demoOptions(t)
	c := newClient(t, o)
	got := c.chat(map[string]any{"messages": []any{turn("user", "x")}, "ignore_eos": true})
	require.Equal(t, o.Engine.Limits().SequenceTokens, got.Usage.Total)
	require.Equal(t, "length", *got.Choices[0].FinishReason)
}
