package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/logits"
)

const question = "The following are multiple choice questions (with answers) about  addition.\n\n" +
	"What is 82 + 75?\nA. 164\nB. 163\nC. 150\nD. 157\nAnswer: D\n\nWhat is 3 + 4?\nA. 7\nB. 8\nC. 9\nD. 6\nAnswer:"

// greedyAnswer is what the engine itself says.
func greedyAnswer(t *testing.T, o Options, text string, tokens int) engine.Response {
	t.Helper()
	var out engine.Response
	request := engine.Request{Tokens: o.Tokenizer.Encode(text, true), MaxTokens: tokens, Logits: true}
	require.NoError(t, o.Engine.Generate(context.Background(), []engine.Request{request}, func(r engine.Response) error {
		out = r
		return nil
	}))
	return out
}

func TestCompletionsAreTheEngines(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	want := greedyAnswer(t, o, question, 8)

	got := c.complete(map[string]any{"prompt": question, "max_tokens": 8})
	require.Equal(t, "text_completion", got.Object)
	require.Equal(t, "demo", got.Model)
	require.Len(t, got.Choices, 1)
	require.Equal(t, want.Text, got.Choices[0].Text)
	require.Equal(t, want.Finish, *got.Choices[0].FinishReason)
	require.Nil(t, got.Choices[0].LogProbs)
	ids := o.Tokenizer.Encode(question, true)
	require.Equal(t, usage{len(ids), 8, len(ids) + 8}, *got.Usage)

	for name, prompt := range map[string]any{
		"ids":        ids,
		"batch":      []string{question, "What is", question},
		"batch of 1": []string{question},
		"of null":    []string{question, "Is null a number?", question},
		"ids batch":  [][]int32{ids, {1, 2, 3}, ids},
	} {
		got := c.complete(map[string]any{"prompt": prompt, "max_tokens": 8})
		require.Equal(t, want.Text, got.Choices[0].Text, name)
		last := got.Choices[len(got.Choices)-1]
		require.Equal(t, want.Text, last.Text, name)
		require.Equal(t, len(got.Choices)-1, last.Index)
	}
	plain := c.complete(map[string]any{"prompt": question, "max_tokens": 8, "add_special_tokens": false, "return_token_ids": true})
	require.Equal(t, ids[1:], plain.Choices[0].PromptIDs, "without <s>")
	require.Len(t, plain.Choices[0].TokenIDs, 8)
}

// Log-probabilities of prompt and output are the log-softmax of the engine's
// rows at each position.
func TestLogProbabilitiesAreTheEngines(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	ids := o.Tokenizer.Encode(question, true)
	var rows [][]float64
	require.NoError(t, o.Engine.Steer(context.Background(), []engine.Steered{{
		Tokens: ids, MaxTokens: 1,
		Prompt: func(_ int, row []float32) { rows = append(rows, logits.LogSoftmax(row)) },
		Next:   func(row []float32) (int32, bool) { rows = append(rows, logits.LogSoftmax(row)); return 0, false },
	}}, nil))
	got := c.complete(map[string]any{"prompt": ids, "max_tokens": 1, "echo": true, "logprobs": 3, "return_token_ids": true}).Choices[0]
	all := append(slices.Clone(ids), got.TokenIDs...)
	l := got.LogProbs
	require.Len(t, l.Tokens, len(all))
	require.Len(t, l.TopLogprobs, len(all))
	require.Nil(t, l.TokenLogprobs[0])
	require.Nil(t, l.TopLogprobs[0])
	text := ""
	for i, id := range all {
		require.Equal(t, len([]rune(text)), l.TextOffset[i])
		text += l.Tokens[i]
		if i == 0 {
			continue
		}
		require.InDelta(t, rows[i-1][id], *l.TokenLogprobs[i], 1e-6, "position %d", i)
		best := slices.Max(rows[i-1])
		greatest := math.Inf(-1)
		for _, v := range l.TopLogprobs[i] {
			greatest = max(greatest, v)
		}
		require.InDelta(t, best, greatest, 1e-6)
		require.Equal(t, *l.TokenLogprobs[i] == greatest, rows[i-1][id] == best, "greedy or not")
		require.Contains(t, l.TopLogprobs[i], l.Tokens[i])
	}
	require.Equal(t, got.Text, text)

	asIDs := c.complete(map[string]any{"prompt": ids, "max_tokens": 1, "logprobs": 0, "return_tokens_as_token_ids": true}).Choices[0]
	require.Equal(t, []string{fmt.Sprintf("token_id:%d", got.TokenIDs[0])}, asIDs.LogProbs.Tokens)
	require.Len(t, asIDs.LogProbs.TopLogprobs[0], 1)
}

func TestEchoAloneScoresThePrompt(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	got := c.complete(map[string]any{"prompt": "What is 2 + 2?", "max_tokens": 0, "echo": true, "logprobs": 1})
	require.Equal(t, "What is 2 + 2?", got.Choices[0].Text)
	require.Equal(t, "length", *got.Choices[0].FinishReason)
	require.Len(t, got.Choices[0].LogProbs.Tokens, len(o.Tokenizer.Encode("What is 2 + 2?", true)))
	require.Zero(t, got.Usage.Completion)

	echoed := c.complete(map[string]any{"prompt": []string{"What is", "Which"}, "max_tokens": 0, "echo": true})
	require.Equal(t, []string{"What is", "Which"}, []string{echoed.Choices[0].Text, echoed.Choices[1].Text})
	require.Nil(t, echoed.Choices[0].LogProbs)

	// As vLLM does: a text has the special tokens put around it, those of a text that
	// spells them included, and ids are taken and spelled as they are.
	for _, form := range []struct {
		prompt any
		tokens []string
		text   string
	}{
		{"What", []string{"<s>", "What"}, "What"},
		{"<s>What", []string{"<s>", "<s>", "What"}, "<s>What"},
		{c.server.Tokenizer.Encode("What", true), []string{"<s>", "What"}, "<s>What"},
		{c.server.Tokenizer.Encode("What", false), []string{"What"}, "What"},
	} {
		got := c.complete(map[string]any{"prompt": form.prompt, "max_tokens": 0, "echo": true, "logprobs": 0}).Choices[0]
		require.Equal(t, form.text, got.Text, form.prompt)
		require.Equal(t, form.tokens, got.LogProbs.Tokens, form.prompt)
	}
}

// The end of the sequence counts as a token with a log-probability, though it
// has no text: clients drop the last one and would drop a token of the prompt.
func TestTheEndHasALogProbability(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	first := greedyAnswer(t, o, question, 1).Tokens[0]
	got := c.complete(map[string]any{"prompt": question, "max_tokens": 5, "logprobs": 1, "stop_token_ids": []int32{first}, "echo": true})
	require.Equal(t, question, got.Choices[0].Text)
	require.Equal(t, "stop", *got.Choices[0].FinishReason)
	require.Len(t, got.Choices[0].LogProbs.Tokens, len(o.Tokenizer.Encode(question, true))+1)
	require.Equal(t, 1, got.Usage.Completion)
}

func TestStopTextsEndTheOutputWhereTheyBegin(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	whole := c.complete(map[string]any{"prompt": question, "max_tokens": 24}).Choices[0].Text
	require.Greater(t, len(whole), 20)
	for from := 0; from < 18; from += 4 {
		for length := 1; length <= 4; length++ {
			stop := whole[from : from+length]
			want := whole[:strings.Index(whole, stop)]
			arguments := map[string]any{"prompt": question, "max_tokens": 24, "stop": []string{"\x00never", stop}}
			got := c.complete(arguments).Choices[0]
			require.Equal(t, want, got.Text, "stop %q", stop)
			require.Equal(t, "stop", *got.FinishReason)
			require.Equal(t, want, joined(t, c.events("/v1/completions", arguments)), "streamed, stop %q", stop)
		}
	}
	require.Equal(t, whole[:strings.Index(whole, "\n")], c.complete(map[string]any{"prompt": question, "max_tokens": 24, "stop": "\n"}).Choices[0].Text)
}

// joined is the text of all parts of a stream of completions.
func joined(t *testing.T, events []string) string {
	t.Helper()
	text := ""
	for _, e := range events {
		var part completion
		require.NoError(t, json.Unmarshal([]byte(e), &part), e)
		for _, choice := range part.Choices {
			text += choice.Text
		}
	}
	return text
}

func TestAStreamHasWhatTheWholeAnswerHas(t *testing.T) {
	c := newClient(t, demoOptions(t))
	arguments := map[string]any{"prompt": question, "max_tokens": 12, "echo": true, "logprobs": 2}
	want := c.complete(arguments)
	arguments["stream_options"] = map[string]any{"include_usage": true}
	var text string
	var finish *string
	var tokens []string
	var offsets []int
	var last completion
	for _, e := range c.events("/v1/completions", arguments) {
		last = completion{}
		require.NoError(t, json.Unmarshal([]byte(e), &last), e)
		for _, choice := range last.Choices {
			text += choice.Text
			tokens = append(tokens, choice.LogProbs.Tokens...)
			offsets = append(offsets, choice.LogProbs.TextOffset...)
			require.Nil(t, finish, "nothing comes after the end")
			finish = choice.FinishReason
		}
	}
	require.Equal(t, want.Choices[0].Text, text)
	require.Equal(t, want.Choices[0].FinishReason, finish)
	require.Equal(t, want.Choices[0].LogProbs.Tokens, tokens)
	require.Equal(t, want.Choices[0].LogProbs.TextOffset, offsets)
	require.Equal(t, want.Usage, last.Usage)
}

func TestSamplingIsReproducibleBySeed(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	sample := func(more map[string]any) []string {
		arguments := map[string]any{"prompt": "What is", "max_tokens": 12, "temperature": 1.3, "seed": 7, "n": 3}
		maps.Copy(arguments, more)
		var out []string
		for _, choice := range c.complete(arguments).Choices {
			out = append(out, choice.Text)
		}
		return out
	}
	first := sample(nil)
	require.Equal(t, first, sample(nil))
	require.NotEqual(t, first, sample(map[string]any{"seed": 8}))
	require.NotEqual(t, first[0], first[1], "choices differ")
	greedy := greedyAnswer(t, o, "What is", 12).Text
	for _, more := range []map[string]any{{"top_k": 1}, {"top_p": 1e-9}, {"temperature": 0}} {
		require.Equal(t, []string{greedy, greedy, greedy}, sample(more), "%v", more)
	}
	require.NotEqual(t, sample(map[string]any{"seed": nil}), sample(map[string]any{"seed": nil}))
}

func TestRequestsTogetherGetWhatTheyGetAlone(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	var want []string
	prompts := make([]string, 12)
	for i := range prompts {
		prompts[i] = fmt.Sprintf("What is %d + %d?\nA. %d\nAnswer:", i, 3*i, 4*i)
		want = append(want, greedyAnswer(t, o, prompts[i], 4+i).Text)
	}
	var wait sync.WaitGroup
	got := make([]string, len(prompts))
	for i := range prompts {
		wait.Go(func() {
			arguments := map[string]any{"prompt": prompts[i], "max_tokens": 4 + i}
			if i%2 == 0 {
				got[i] = joined(t, c.events("/v1/completions", arguments))
				return
			}
			got[i] = c.complete(arguments).Choices[0].Text
		})
	}
	wait.Wait()
	require.Equal(t, want, got)
}
