package task

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ask is one request of a line, with what came back.
type ask struct {
	prompt        string
	second        any // continuation, or generation settings
	output        string
	logLikelihood float64
	greedy        bool
}

// loggedLine is a line of a samples file; metrics are name, value pairs.
func loggedLine(t *testing.T, id int, target any, asks []ask, metrics ...any) string {
	t.Helper()
	arguments, resps, names := map[string]any{}, []any{}, []string{}
	for i, a := range asks {
		arguments[fmt.Sprintf("gen_args_%d", i)] = map[string]any{"arg_0": a.prompt, "arg_1": a.second}
		if _, ok := a.second.(string); ok {
			resps = append(resps, [][]string{{fmt.Sprint(a.logLikelihood), map[bool]string{true: "True", false: "False"}[a.greedy]}})
		} else {
			resps = append(resps, []string{a.output})
		}
	}
	line := map[string]any{"doc_id": id, "target": target, "arguments": arguments, "resps": resps, "filter": "none"}
	for i := 0; i < len(metrics); i += 2 {
		line[metrics[i].(string)] = metrics[i+1]
		names = append(names, metrics[i].(string))
	}
	line["metrics"] = names
	text, err := json.Marshal(line)
	require.NoError(t, err)
	return string(text) + "\n"
}

func loadLines(t *testing.T, s Spec, lines ...string) (*Task, error) {
	t.Helper()
	s.Kind, s.Dataset = "lm-eval", writeFile(t, "samples_x_y.jsonl", strings.Join(lines, ""))
	return s.Load()
}

// As winogrande asks: its target is what is behind both options, and acc is all
// that says which is right.
func TestOneTextBehindSeveralPromptsIsRanked(t *testing.T) {
	wino := func(id int, first, second float64, acc any) string {
		return loggedLine(t, id, "is tall.", []ask{
			{prompt: "They met. Anna ", second: " is tall.", logLikelihood: first},
			{prompt: "They met. Annabel", second: " is tall.", logLikelihood: second},
		}, "acc", acc)
	}
	loaded, err := loadLines(t, Spec{}, wino(0, -2, -1, 1.0), wino(1, -2, -1, 0.0), wino(2, -1, -2, 0.0))
	require.NoError(t, err)
	q := loaded.Questions[0]
	require.Equal(t, "They met.", q.Prompt, "up to a word's end")
	require.Equal(t, []string{" Anna  is tall.", " Annabel is tall."}, q.Choices)
	require.Equal(t, []string{" Anna", " Annabel"}, q.Given)
	require.Equal(t, "Annabel is tall.", q.Ref)
	require.Equal(t, [][]int{{1}, {0}, {1}}, [][]int{loaded.Questions[0].Right, loaded.Questions[1].Right, loaded.Questions[2].Right})
	chosen, right := loaded.Rank(loaded.Questions[1], []float64{-1, -3}, make([]bool, 2))
	require.Zero(t, chosen)
	require.True(t, right)
	hash := loaded.Hash()
	loaded.Questions[0].Given[0] = " An"
	require.NotEqual(t, hash, loaded.Hash())

	_, err = loadLines(t, Spec{}, wino(0, -2, -1, "x"))
	require.ErrorContains(t, err, "document 0: its target \"is tall.\" is what is behind all 2 prompts, and which of these is right is not known by acc")
	_, err = loadLines(t, Spec{Metric: AccNorm}, wino(0, -2, -1, 1.0))
	require.ErrorContains(t, err, "whose lengths acc_norm counts and the file does not hold: only acc can judge")
}

// As lambada asks.
func TestTheOnlyContinuationIsRightWhereItIsGreedy(t *testing.T) {
	line := loggedLine(t, 0, " cat", []ask{{prompt: "It was a", second: " cat", logLikelihood: -1, greedy: true}}, "perplexity", -1.0, "acc", 1)
	loaded, err := loadLines(t, Spec{}, line)
	require.NoError(t, err)
	q := loaded.Questions[0]
	require.Equal(t, []string{" cat"}, q.Choices)
	require.Equal(t, "cat", q.Ref)
	for _, greedy := range []bool{true, false} {
		chosen, right := loaded.Rank(q, []float64{-1}, []bool{greedy})
		require.Equal(t, greedy, right)
		require.Equal(t, greedy, chosen == 0)
	}
	_, err = loadLines(t, Spec{Metric: AccNorm}, line)
	require.ErrorContains(t, err, "metric acc_norm has no effect")
}

// A task whose choices begin with their own space counts it, and one that is
// divided from them by a space does not: the file's verdicts tell.
func TestTheLengthsOfChoicesAreThoseThatGiveTheHarnessVerdicts(t *testing.T) {
	line := func(likelihoods []float64, right int, accNorm float64) string {
		choices := []string{" a", " abcdefg"}
		asks := make([]ask, 2)
		for i := range asks {
			asks[i] = ask{prompt: "q", second: choices[i], logLikelihood: likelihoods[i]}
		}
		return loggedLine(t, 0, fmt.Sprint(right), asks, "acc_norm", accNorm)
	}
	// -2/2 against -9/8 with their spaces, and -2/1 against -9/7 without.
	for _, c := range []struct {
		right   int
		accNorm float64
		chosen  int
	}{{0, 1, 0}, {1, 0, 0}, {0, 0, 1}, {1, 1, 1}} {
		loaded, err := loadLines(t, Spec{Metric: AccNorm}, line([]float64{-2, -9}, c.right, c.accNorm))
		require.NoError(t, err)
		chosen, _ := loaded.Rank(loaded.Questions[0], []float64{-2, -9}, make([]bool, 2))
		require.Equal(t, c.chosen, chosen, "%v", c)
	}
	_, err := loadLines(t, Spec{Metric: AccNorm}, line([]float64{-1, -9}, 1, 1))
	require.ErrorContains(t, err, `document 0: the harness's acc_norm is 1, and by the likelihoods in the file its choice is " a" where "abcdefg" is right`)
	_, err = loadLines(t, Spec{}, line([]float64{-1, -9}, 1, 1))
	require.NoError(t, err, "which acc does not ask")
}

func TestOutputsAreJudgedAsTheHarnessJudgedThem(t *testing.T) {
	generated := func(id int, target, output string, metrics ...any) string {
		return loggedLine(t, id, target, []ask{{prompt: "q", second: map[string]any{"until": []string{"\n"}}, output: output}}, metrics...)
	}
	// White space counts where it counted there.
	loaded, err := loadLines(t, Spec{}, generated(0, "B", " B", "exact_match", 0.0), generated(1, "C", "C", "exact_match", 1.0))
	require.NoError(t, err)
	require.False(t, loaded.Score(loaded.Questions[0], " B"))
	require.True(t, loaded.Score(loaded.Questions[0], "B"))
	loaded, err = loadLines(t, Spec{}, generated(0, " B", " B", "exact_match", 1.0), generated(1, " C", "C", "exact_match", 0.0))
	require.NoError(t, err)
	require.Equal(t, " B", loaded.Questions[0].Ref)
	require.True(t, loaded.Score(loaded.Questions[0], " B"))
	require.False(t, loaded.Score(loaded.Questions[0], "B"))

	for message, lines := range map[string][]string{
		`document 1: the harness's exact_match of the output "b" with the target "B" is 1, since its task has several targets or ignores something: judge answers by a function`: {
			generated(0, "B", "B", "exact_match", 1.0), generated(1, "B", "b", "exact_match", 1.0)},
		"document 0: the harness judged outputs by bleu, f1, and not by exact_match: judge answers by a function": {generated(0, "B", "B", "bleu", 0.1, "f1", 0.3)},
		`document 0: its target "['A', 'B']" may be a list, of which the harness takes any, or a text, and no verdict in the file tells`: {
			generated(0, "['A', 'B']", "C", "exact_match", 0.0)},
	} {
		_, err := loadLines(t, Spec{}, lines...)
		require.ErrorContains(t, err, message)
		_, err = loadLines(t, Spec{Scorer: NewScorer("", func(string, Question) bool { return true })}, lines...)
		require.NoError(t, err)
	}
}

func TestNumbersThatJSONDoesNotHaveAreRead(t *testing.T) {
	line := loggedLine(t, 0, " cat", []ask{{prompt: "It was a", second: " cat"}}, "acc", 0)
	_, err := loadLines(t, Spec{}, strings.Replace(line, `"doc_id"`, `"perplexity": NaN, "doc_id"`, 1))
	require.NoError(t, err)
}

// As local-chat-completions with --apply_chat_template logs its requests.
func TestConversationsAreAskedAsConversations(t *testing.T) {
	line := func(id int, prompt any) string {
		arguments := map[string]any{"gen_args_0": map[string]any{"arg_0": prompt, "arg_1": map[string]any{"until": []string{"\n"}}}}
		text, err := json.Marshal(map[string]any{"doc_id": id, "target": "B", "arguments": arguments, "resps": [][]string{{"B"}}, "filter": "none", "metrics": []string{"exact_match"}, "exact_match": 1})
		require.NoError(t, err)
		return string(text) + "\n"
	}
	turns := []string{`[{"role": "user", "content": "2 + 2?\nA. 3\nB. 4"}, {"role": "assistant", "content": "B", "type": "text"}, {"role": "user", "content": "And?\nA. 5\nB. 6\nAnswer:"}]`}
	loaded, err := loadLines(t, Spec{}, line(0, turns))
	require.NoError(t, err)
	q := loaded.Questions[0]
	require.Empty(t, q.Prompt)
	require.Equal(t, []Message{{"user", "2 + 2?\nA. 3\nB. 4"}, {"assistant", "B"}, {"user", "And?\nA. 5\nB. 6\nAnswer:"}}, q.Messages)
	require.Equal(t, &Chat{}, loaded.Chat)
	require.Equal(t, 2, q.Letters)
	for message, prompt := range map[string]any{
		`\ud800 at byte 32 is half of`:          []string{`[{"role": "user", "content": "2+\ud800"}]`},
		"it has no turns":                       []string{`[]`},
		"neither a text nor a conversation":     []string{`[{"role": "user", "content": [{"type": "image_url"}]}]`},
		"document 1 is a text where others are": "2 + 2?",
	} {
		_, err := loadLines(t, Spec{}, line(0, turns), line(1, prompt))
		require.ErrorContains(t, err, message)
	}
}
