package serve

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/tokenizer"
)

func TestTokenizeAndBack(t *testing.T) {
	o := demoOptions(t)
	c := newClient(t, o)
	var tokens struct {
		Tokens  []int32
		Count   int
		Longest int      `json:"max_model_len"`
		Texts   []string `json:"token_strs"`
	}
	const text = "What is 2 + 2? ü €"
	c.call("/tokenize", map[string]any{"prompt": text, "return_token_strs": true}, &tokens)
	require.Equal(t, o.Tokenizer.Encode(text, true), tokens.Tokens)
	require.Equal(t, len(tokens.Tokens), tokens.Count)
	require.Equal(t, 2048, tokens.Longest)
	require.True(t, strings.HasPrefix(strings.Join(tokens.Texts, ""), "<s>What is 2 + 2?"))
	var plain struct{ Tokens []int32 }
	c.call("/tokenize", map[string]any{"prompt": text, "add_special_tokens": false}, &plain)
	require.Equal(t, tokens.Tokens[1:], plain.Tokens)
	var back struct{ Prompt string }
	c.call("/detokenize", map[string]any{"tokens": plain.Tokens}, &back)
	require.Equal(t, text, back.Prompt)
	c.call("/tokenize", map[string]any{"prompt": "", "add_special_tokens": false}, &plain)
	require.Empty(t, plain.Tokens)

	var info map[string]any
	status, _, body := c.send("/tokenizer_info", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, `"eos_token":"</s>"`)
	c.call("/tokenize", map[string]any{"prompt": "</s>", "add_special_tokens": false}, &info)
	require.Equal(t, []any{1.0}, info["tokens"])
}

// Text that comes token by token is the text of all: for byte-level tokenizers
// ids in any order, characters that are cut among them; where bytes are a
// fallback, ids of a text.
func TestTextByTokensIsTheTextOfAll(t *testing.T) {
	for _, path := range []string{demo, "../../builtins/tokenizer/testdata/llama2.json", "../../builtins/tokenizer/testdata/qwen2.json"} {
		tok, err := tokenizer.Load(path)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(3, 4))
		for range 300 {
			ids := tok.Encode("What is ü € 東京 \U0001f600 x", false)
			for range random.IntN(30) {
				if strings.HasSuffix(path, "llama2.json") {
					break
				}
				ids = append(ids, random.Int32N(int32(tok.VocabSize())))
			}
			s := newSpeller(tok)
			text := ""
			for _, id := range ids {
				part := s.add(id)
				require.True(t, utf8.ValidString(part))
				text += part
			}
			require.Equal(t, tok.Decode(ids, true), text+s.rest(), "%v", ids)
		}
	}
}

func TestPendingIsWhatAStopTextMayTake(t *testing.T) {
	for _, c := range []struct {
		text string
		stop []string
		want int
	}{
		{"abc", nil, 0}, {"abc", []string{"cd"}, 1}, {"abc", []string{"bcd", "cx"}, 2}, {"abc", []string{"abc"}, 0},
		{"aaa", []string{"aaaa"}, 3}, {"", []string{"x"}, 0}, {"ab", []string{"b"}, 0},
	} {
		require.Equal(t, c.want, pending(c.text, c.stop), "%q %q", c.text, c.stop)
	}
}

// Whatever a client sends, the answer is JSON and the server goes on.
func FuzzCompletions(f *testing.F) {
	fuzzRequests(f, "/v1/completions",
		`{"model":"demo","prompt":"x","max_tokens":1}`, `{"model":"demo","prompt":[[1,2],[3]],"echo":true,"logprobs":2,"max_tokens":0}`,
		`{"model":"demo","prompt":["a","b"],"n":2,"stop":["\n"],"stream":true,"max_tokens":2}`, `{}`, `[`, `{"model":"demo","prompt":{"a":1}}`)
}

func FuzzChatCompletions(f *testing.F) {
	fuzzRequests(f, "/v1/chat/completions",
		`{"model":"demo","messages":[{"role":"user","content":"x"}],"max_tokens":1}`,
		`{"model":"demo","messages":[{"role":"user","content":[{"type":"text","text":"x"}],"name":{"a":[1.5,null]}}],"logprobs":true,"top_logprobs":2,"max_tokens":1}`,
		`{"model":"demo","messages":[{"role":"a","content":"x"}],"continue_final_message":true,"n":2,"stream":true,"max_tokens":2}`,
		`{"model":"demo","messages":[{"role":"a","content":"x"}],"chat_template_kwargs":{"loud":[true]},"stop":"\n","max_completion_tokens":1}`,
		`{"model":"demo","messages":[null],"tools":[]}`)
}

func fuzzRequests(f *testing.F, path string, seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	c := newClient(f, demoOptions(f))
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "_tokens\":") && len(body) > 200 || body == "" {
			return // long outputs take long
		}
		c.TB = t
		status, header, text := c.send(path, body)
		require.Contains(t, []int{200, 400, 404}, status, text)
		if status != 200 {
			require.Equal(t, "application/json", header.Get("Content-Type"))
			requireError(t, text, "")
		}
	})
}
