package task

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestQuestionsOfAUsersFile(t *testing.T) {
	lines := writeFile(t, "mine.jsonl", `{"question": "1 + 1?", "choices": ["1", "2", "3"], "answer": "B", "subject": "sums"}`+"\n\n"+
		`{"question": "Capital of France?", "choices": ["Rome", "Paris"], "answer": "Paris"}`+"\n"+
		`{"question": "2 + 2?", "choices": ["4", "5"], "answer": 0, "subject": "sums"}`)
	table := writeFile(t, "mine.csv", "\ufeffsubject,question,A,B,C,answer\nsums,1 + 1?,1,2,3,B\n")
	got, err := Spec{Kind: "questions", Dataset: lines}.Load()
	require.NoError(t, err)
	require.Equal(t, []Question{
		{Subject: "sums", Prompt: "1 + 1?\nA. 1\nB. 2\nC. 3\nAnswer:", Ref: "B", Letters: 3},
		{Subject: "mine", Index: 1, Prompt: "Capital of France?\nA. Rome\nB. Paris\nAnswer:", Ref: "B", Letters: 2},
		{Subject: "sums", Index: 2, Prompt: "2 + 2?\nA. 4\nB. 5\nAnswer:", Ref: "A", Letters: 2},
	}, got.Questions)
	require.Equal(t, []Subject{{Name: "sums"}, {Name: "mine"}}, got.Subjects)
	require.Equal(t, 2, got.MaxTokens)
	require.True(t, got.Score(got.Questions[0], " B\n"))
	require.False(t, got.Score(got.Questions[0], "A"))

	fromTable, err := Spec{Kind: "questions", Dataset: table}.Load()
	require.NoError(t, err)
	require.Equal(t, got.Questions[:1], fromTable.Questions)

	some, err := Spec{Kind: "questions", Dataset: lines, Subjects: []string{"sums"}}.Load()
	require.NoError(t, err)
	require.Len(t, some.Questions, 2)
	require.Equal(t, 2, some.Questions[1].Index, "its place in the file")

	plain, err := Spec{Kind: "questions", Dataset: writeFile(t, "plain.jsonl", `{"question": "Q: 6 * 7\nA:", "answer": 42}`), Chat: true}.Load()
	require.NoError(t, err)
	require.Equal(t, []Message{{"user", "Q: 6 * 7\nA:"}}, plain.Questions[0].Messages)
	require.Equal(t, []string{"\n"}, plain.Stop)
	for output, want := range map[string]bool{"42": true, " 42 \nQ: ": true, "\n42": true, "420": false, "4 2": false, "": false} {
		require.Equal(t, want, plain.Score(plain.Questions[0], output), "%q", output)
	}
}

func TestQuestionsThatCannotBeAsked(t *testing.T) {
	for text, message := range map[string]string{
		`{"question": "x", "choices": ["a"], "answer": "B"}`:                                           `question 0: answer "B" is neither a letter of the 1 choices nor one of them`,
		`{"question": "x", "choices": ["B", "A"], "answer": "A"}`:                                      "a choice's letter and another one's text",
		`{"question": "x", "choices": ["a"], "answer": 1}`:                                             "answer is 1: want 0 to 0",
		`{"question": "x", "choices": ["a"], "answer": null}`:                                          "want a letter",
		`{"question": "x", "choices": ["a"]}`:                                                          "want a letter",
		`{"question": " ", "answer": "x"}`:                                                             "question is missing",
		`{"question": "x", "answer": ["x"]}`:                                                           "answer: want a text",
		`{"question": "x", "answer": ""}`:                                                              "want one line of text",
		`{"question": "x", "answer": "y"}` + "\n" + `{"question": "x", "choices": ["a"], "answer": 0}`: "question 1: some questions have choices",
		`{"question"`: "mine.jsonl:1: ",
		"":            "no questions",
	} {
		_, err := Spec{Kind: "questions", Dataset: writeFile(t, "mine.jsonl", text)}.Load()
		require.ErrorContains(t, err, message, text)
	}
	for name, c := range map[string][2]string{
		"mine.csv":   {"q,a\nx,y\n", "want question and answer"},
		"ragged.csv": {"question,answer\nx\n", "ragged.csv:2: 1 field, the first row has 2"},
		"mine.txt":   {"x", "want a file named .jsonl, .json, .csv or .parquet"},
	} {
		_, err := Spec{Kind: "questions", Dataset: writeFile(t, name, c[0])}.Load()
		require.ErrorContains(t, err, c[1])
	}
	_, err := Spec{Kind: "questions"}.Load()
	require.ErrorContains(t, err, "no file: name it as the data set")
}

func TestATaskFromTheHarnessSamples(t *testing.T) {
	got, err := Spec{Kind: "lm-eval", Dataset: "testdata/samples_tinygen_2026-11-23T16-46-29.190442.jsonl"}.Load()
	require.NoError(t, err)
	require.Equal(t, "tinygen", got.Name)
	require.Equal(t, 8, got.MaxTokens)
	require.Equal(t, []string{"\n"}, got.Stop)
	require.Equal(t, Question{Subject: "tinygen", Prompt: "12+30=", Ref: "42", options: []string{"42", "43", "41", "360"}}, got.Questions[0])
	require.True(t, got.Score(got.Questions[0], " 42\n"))
	require.False(t, got.Score(got.Questions[0], "421"))

	_, err = Spec{Kind: "lm-eval", Dataset: "testdata/samples_tinygen_2026-11-23T16-46-29.190442.jsonl", Metric: AccNorm}.Load()
	require.ErrorContains(t, err, "metric has no effect: outputs are generated")

	const line = `{"doc_id": %s, "target": "1", "filter": "%s", "arguments": {"gen_args_0": {"arg_0": "%s", "arg_1": {"until": "x", "max_gen_toks": %s}}}}` + "\n"
	fill := func(id, filter, prompt, tokens string) string {
		text := line
		for _, v := range []string{id, filter, prompt, tokens} {
			at := 0
			for text[at] != '%' {
				at++
			}
			text = text[:at] + v + text[at+2:]
		}
		return text
	}
	filtered := writeFile(t, "samples_a_b_c.jsonl", fill("1", "strict", "q", "3")+fill("1", "flexible", "q", "3")+fill("0", "strict", "p", "3"))
	_, err = Spec{Kind: "lm-eval", Dataset: filtered, Filter: "flexible"}.Load()
	require.ErrorContains(t, err, `document 0 has no line of the filter flexible: the file was cut`)
	_, err = Spec{Kind: "lm-eval", Dataset: filtered, Filter: "strict"}.Load()
	require.ErrorContains(t, err, `samples_a_b_c.jsonl: the harness looked for the answers by its filter "strict", whose rule its results file holds: put results_DATE.json beside the samples`)
	require.ErrorContains(t, err, "Score(func(answer string, q Question) bool { ... })")
	judge := NewScorer("", func(string, Question) bool { return true })
	two, err := Spec{Kind: "lm-eval", Dataset: filtered, Scorer: judge}.Load()
	require.NoError(t, err)
	require.Equal(t, "a_b", two.Name)
	require.Len(t, two.Questions, 2, "one for each document")
	require.Equal(t, "p", two.Questions[0].Prompt)
	for text, message := range map[string]string{
		fill("0", "none", "p", "3") + fill("0", "none", "q", "3"): "document 0 has two prompts",
		fill("0", "none", "p", "3") + fill("1", "none", "q", "4"): "other generation settings",
		fill("0", "none", "p", "0"):                               "max_gen_toks is 0",
		"{":                                                       ":1: not a line of lm-eval's samples",
		"{}":                                                      "0 requests",
		"":                                                        "no samples",
	} {
		_, err := Spec{Kind: "lm-eval", Dataset: writeFile(t, "samples_x_y.jsonl", text)}.Load()
		require.ErrorContains(t, err, message)
	}
}

// GSM8K as lm-eval logs it: the target is the worked answer, and filters find
// the number in the output.
func TestLoggedAnswersAreComparedWhole(t *testing.T) {
	const line = `{"doc_id": 7, "target": %s, "filter": "none", "arguments": {"gen_args_0": {"arg_0": "6 * 7?", "arg_1": {"until": []}}}, "resps": [["42"]], "filtered_resps": ["42"], "metrics": ["exact_match"], "exact_match": 1.0}`
	load := func(target string, s *Scorer) (*Task, error) {
		return Spec{Kind: "lm-eval", Dataset: writeFile(t, "samples_gsm8k.jsonl", strings.ReplaceAll(line, "%s", target)), Scorer: s}.Load()
	}
	one, err := load(`" 42\n"`, nil)
	require.NoError(t, err)
	for output, want := range map[string]bool{"42": true, "\n 42 \n": true, "42\nBecause": false, "4": false, "421": false} {
		require.Equal(t, want, one.Score(one.Questions[0], output), "%q", output)
	}
	_, err = load(`"6 times 7 is 42.\n#### 42"`, nil)
	require.ErrorContains(t, err, "document 7: its target has several lines")
	require.ErrorContains(t, err, "GSM8K()")
	judged, err := load(`"6 times 7 is 42.\n#### 42"`, NewScorer("", func(string, Question) bool { return true }))
	require.NoError(t, err)
	require.Equal(t, "6 times 7 is 42.\n#### 42", judged.Questions[0].Ref)
}

func TestATargetOfDigitsIsThePlaceOfAChoiceOrItsText(t *testing.T) {
	const line = `{"doc_id": %i, "target": %t, "arguments": {"gen_args_0": {"arg_0": "p%i", "arg_1": " 1"}, "gen_args_1": {"arg_0": "p%i", "arg_1": " 2"}, "gen_args_2": {"arg_0": "p%i", "arg_1": " 3"}, "gen_args_3": {"arg_0": "p%i", "arg_1": " 4"}}, "resps": [[["-3", "False"]], [["-4", "False"]], [[%l, "False"]], [["-2", "False"]]], "acc": %a}` + "\n"
	document := func(i, target, likelihood, acc string) string {
		return strings.NewReplacer("%i", i, "%t", target, "%l", likelihood, "%a", acc).Replace(line)
	}
	for name, test := range map[string]struct {
		lines string
		want  []int // nil: refused
	}{
		"a number is a place":                     {document("0", "3", `"-1"`, "0.0"), []int{3}},
		"the likeliest, 3, is right: a text":      {document("0", `"3"`, `"-1"`, "1.0"), []int{2}},
		"the likeliest, 3, is wrong: a place":     {document("0", `"3"`, "-1", "0.0"), []int{3}},
		"the likeliest, 4, is right: a place":     {document("0", `"3"`, `"-9"`, "1.0"), []int{3}},
		"another document tells":                  {document("0", `"3"`, `"NaN"`, "1.0") + document("1", `"2"`, `"-1"`, "1.0"), []int{3, 2}},
		"0 is no text":                            {document("0", `"3"`, `"NaN"`, "1.0") + document("1", `"0"`, `"NaN"`, "0.0"), []int{3, 0}},
		"4 is no place":                           {document("0", `"3"`, `"NaN"`, "1.0") + document("1", `"4"`, `"NaN"`, "0.0"), []int{2, 3}},
		"nothing tells: no acc":                   {document("0", `"3"`, `"-1"`, `"x"`), nil},
		"nothing tells: the likeliest is another": {strings.Replace(document("0", `"3"`, `"-9"`, "0.0"), `["-3"`, `["-1"`, 1), nil},
		"two tasks in one file":                   {document("0", `"3"`, `"-1"`, "1.0") + document("1", `"0"`, `"-1"`, "0.0"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			loaded, err := Spec{Kind: "lm-eval", Dataset: writeFile(t, "samples_x_y.jsonl", test.lines)}.Load()
			if test.want == nil {
				require.ErrorContains(t, err, `document 0: its target "3" is the place of one choice and the text of another`)
				return
			}
			require.NoError(t, err)
			for i, want := range test.want {
				require.Equal(t, []int{want}, loaded.Questions[i].Right)
				require.Equal(t, strings.TrimSpace(loaded.Questions[i].Choices[want]), loaded.Questions[i].Ref)
			}
		})
	}
}

func TestANumberInACellIsThatOfAChoice(t *testing.T) {
	load := func(rows string) (*Task, error) {
		return Spec{Kind: "questions", Dataset: writeFile(t, "mine.csv", "question,A,B,C,D,answer\n"+rows)}.Load()
	}
	got, err := load("x?,w,x,y,z,2\nx?,5,6,7,8,6\nx?,w,x,,,0\nx?,0,b,c,d,0\n")
	require.NoError(t, err)
	require.Equal(t, []string{"C", "B", "A", "A"}, []string{got.Questions[0].Ref, got.Questions[1].Ref, got.Questions[2].Ref, got.Questions[3].Ref})
	require.Equal(t, "x?\nA. w\nB. x\nAnswer:", got.Questions[2].Prompt, "empty cells at the end are no choices")
	for rows, message := range map[string]string{
		"x?,1,2,3,4,2\n": `question 0: answer "2" is a choice's number from 0 and another one's text: give its letter`,
		"x?,w,x,y,z,4\n": `answer "4" is neither a letter of the 4 choices nor one of them`,
		"x?,w,x,,,3\n":   `answer "3" is neither a letter of the 2 choices nor one of them`,
		"x?,w,,y,z,0\n":  "choice B is empty",
	} {
		_, err := load(rows)
		require.ErrorContains(t, err, message)
	}
}

func TestQuestionsAreOneArrayAsWell(t *testing.T) {
	array := `[{"question": "2 + 2?", "answer": "4"},
 {"question": "3 + 3?", "answer": 6}]`
	got, err := Spec{Kind: "questions", Dataset: writeFile(t, "mine.json", array)}.Load()
	require.NoError(t, err)
	require.Len(t, got.Questions, 2)
	require.Equal(t, "6", got.Questions[1].Ref)
}

func TestFilesOfQuestionsThatSayTwoThingsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"other encoding":     {"a.jsonl", "{\"question\": \"x?\", \"answer\": \"y\"}\n{\"question\": \"caf\xe9?\", \"answer\": \"a\"}\n", "a.jsonl:2: not valid UTF-8"},
		"two columns":        {"a.csv", "question,answer,answer\nx?,4,5\n", "two columns are named answer: rename one"},
		"two equal choices":  {"a.jsonl", `{"question": "x?", "choices": ["y", "z", "y"], "answer": "y"}`, `question 0: answer "y" is the text of two choices`},
		"numbers as choices": {"a.jsonl", `{"question": "x?", "choices": [1, 2], "answer": 1}`, "a.jsonl:1: choices: number, want a list of texts"},
		"labelled choices":   {"a.jsonl", `{"question": "x?", "choices": {"text": ["a"]}}`, "a.jsonl:1: choices: object, want a list of texts"},
		"a numbered subject": {"a.jsonl", `{"question": "x?", "answer": "a", "subject": 5}`, "a.jsonl:1: subject: number, want a text"},
		"half a character":   {"a.jsonl", `{"question": "x\ud83d?", "answer": "a"}`, `a.jsonl:1: \ud83d at byte 15 is half of a surrogate pair`},
		"half in an array":   {"a.json", `[{"question": "x?", "answer": "\udc00"}]`, `a.json: question 0: \udc00 at byte 30 is half`},
		"no object":          {"a.jsonl", `"x?"`, "a.jsonl:1: string, want an object with question, answer"},
		"an array with text": {"a.json", `[{"question": "x?", "answer": "a"}, 3]`, "a.json: question 1: number, want an object"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Spec{Kind: "questions", Dataset: writeFile(t, c.file, c.text)}.Load()
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestGPQAAsksInTheEvaluatorsFormat(t *testing.T) {
	path := writeFile(t, "gpqa_diamond.csv", "\ufeffQuestion,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3,Other\n"+
		"\"Which, of\r\nthese?\", right ,wrong 1,wrong 2,\"wrong\n3\",x\n")
	for _, dataset := range []string{path, filepath.Dir(path)} {
		got, err := Spec{Kind: "gpqa", Dataset: dataset}.Load()
		require.NoError(t, err)
		// random.Random(0).shuffle of four gives 2, 0, 1, 3
		require.Equal(t, "Answer the following multiple choice question. The last line of your response should be of the following format: "+
			"'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before answering.\n"+
			"Which, of\r\nthese?\nA) wrong\n3\nB) wrong 1\nC) wrong 2\nD) right", got.Questions[0].Prompt)
		require.Equal(t, "D", got.Questions[0].Ref)
		for output, want := range map[string]bool{
			"so\nAnswer: D": true, "answer :d": true, "Answer: A ... Answer: D": false, "D": false, "": false, "Answer: (D)": false,
		} {
			require.Equal(t, want, got.Score(got.Questions[0], output), "%q", output)
		}
	}
	_, err := Spec{Kind: "gpqa", Dataset: writeFile(t, "gpqa_diamond.csv", "Question\nx\n")}.Load()
	require.ErrorContains(t, err, `no column "Incorrect Answer 1"`)
	_, err = Spec{Kind: "gpqa", Dataset: t.TempDir()}.Load()
	require.ErrorContains(t, err, "no gpqa_diamond.csv")
}

func TestMMLUAsAChat(t *testing.T) {
	s := Spec{Kind: "mmlu", Dataset: "testdata/mmlu", Subjects: []string{"rewritten_cells"}}
	plain, err := s.Load()
	require.NoError(t, err)
	s.Chat, s.System = true, "Be brief."
	one, err := s.Load()
	require.NoError(t, err)
	s.Multiturn = true
	turns, err := s.Load()
	require.NoError(t, err)
	for i, q := range plain.Questions {
		require.Equal(t, []Message{{"system", "Be brief."}, {"user", q.Prompt}}, one.Questions[i].Messages)
		require.Empty(t, one.Questions[i].Prompt)
		messages := turns.Questions[i].Messages
		require.Len(t, messages, 12)
		// The turns, with the evaluator's separators, are the prompt.
		text := ""
		for _, m := range messages[1:] {
			text += m.Content
			if m.Role == "assistant" {
				text += "\n\n"
			} else if len(text) < len(q.Prompt) {
				text += " "
			}
		}
		require.Equal(t, q.Prompt, text)
	}
	require.Equal(t, map[string]any{"enable_thinking": false}, one.Chat.Arguments)
	require.NotEqual(t, one.Hash(), turns.Hash())
}

func TestASpecRefusesWhatHasNoEffect(t *testing.T) {
	for message, s := range map[string]Spec{
		`kind "gsm9k" is not known`:   {Kind: "gsm9k"},
		"samples -1":                  {Kind: "gsm8k", Samples: -1},
		"seed -1":                     {Kind: "gsm8k", Seed: -1},
		"seed has no effect":          {Kind: "mmlu", Seed: 1},
		"filter has no effect":        {Kind: "mmlu", Filter: "strict-match"},
		`filter "loose": want strict`: {Kind: "gsm8k", Filter: "loose"},
		"subjects have no effect":     {Kind: "gsm8k", Subjects: []string{"x"}},
		"without chat: true":          {Kind: "mmlu", System: "x"},
		"multiturn has no effect":     {Kind: "gpqa", Chat: true, Multiturn: true},
		"chat cannot be applied":      {Kind: "lm-eval", Chat: true, Dataset: "x"},
	} {
		_, err := s.Load()
		require.ErrorContains(t, err, message)
	}
}

func TestAFunctionJudgesWhatHasNoOneLineAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(`{"question": "Write a haiku.", "syllables": [5, 7, 5]}
{"question": "Explain.", "answer": "because\nof that"}
{"question": "List.", "answer": ["a", "b"]}
`), 0o644))
	_, err := Spec{Kind: "questions", Dataset: path}.Load()
	require.ErrorContains(t, err, "question 0: answer: want a text")

	scorer := NewScorer(" func(...) ", func(answer string, q Question) bool { return answer == q.Ref })
	spec := Spec{Kind: "questions", Dataset: path, Scorer: scorer}
	loaded, err := spec.Load()
	require.NoError(t, err)
	require.Equal(t, judgedTokens, loaded.MaxTokens)
	require.Empty(t, loaded.Stop, "the answer may have several lines")
	require.Equal(t, []any{5.0, 7.0, 5.0}, loaded.Questions[0].Fields["syllables"])
	require.Equal(t, []string{"", "because\nof that", `["a", "b"]`}, []string{loaded.Questions[0].Ref, loaded.Questions[1].Ref, loaded.Questions[2].Ref})

	spec.MaxTokens, spec.Stop = 12, []string{"."}
	loaded, err = spec.Load()
	require.NoError(t, err)
	require.Equal(t, 12, loaded.MaxTokens)
	require.Equal(t, []string{"."}, loaded.Stop)
	require.Contains(t, spec.String(), "judged by a function")

	text, err := json.Marshal(spec)
	require.NoError(t, err)
	var back Spec
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, "func(...)", back.Scorer.Source())
	require.Equal(t, scorer.Hash(), back.Scorer.Hash())
	require.False(t, back.Scorer.Live())
	require.Error(t, json.Unmarshal([]byte(`{"kind": "questions", "scorer": {"language": "lua", "source": "x"}}`), &back))

	for want, spec := range map[string]Spec{
		"max_tokens and stop have no effect":           {Kind: "mmlu", MaxTokens: 3},
		"max_tokens -1: want 1 or more":                {Kind: "questions", MaxTokens: -1},
		"stop: an empty text would end every answer":   {Kind: "questions", Stop: []string{""}},
		"filter has no effect where a function judges": {Kind: "gsm8k", Filter: "strict-match", Scorer: scorer},
	} {
		_, err := spec.Load()
		require.ErrorContains(t, err, want)
	}
}

func TestAPanicOfTheFunctionIsNoVerdict(t *testing.T) {
	scorer := NewScorer("", func(answer string, _ Question) bool {
		var none []string
		return none[len(answer)] == ""
	})
	_, err := scorer.Judge(Question{}, "abc")
	require.EqualError(t, err, "the function that judges it panicked: runtime error: index out of range [3] with length 0")
	var failure ScorerFailure
	require.ErrorAs(t, err, &failure)
}

func TestChoicesOfTheHarnessSamplesAreRanked(t *testing.T) {
	spec := Spec{Kind: "lm-eval", Dataset: "testdata/samples_tinyqa_2026-11-23T16-46-29.190442.jsonl"}
	loaded, err := spec.Load()
	require.NoError(t, err)
	require.True(t, loaded.Ranked())
	require.Len(t, loaded.Questions, 4)
	q := loaded.Questions[0]
	require.Equal(t, Question{Subject: "tinyqa", Prompt: "12+30=", Ref: "42", Right: []int{0}, Choices: []string{" 42", " 43", " 41", " 360"}}, q)
	hash := loaded.Hash()
	loaded.Questions[0].Choices[3] = " 361"
	require.NotEqual(t, hash, loaded.Hash())

	for _, c := range []struct {
		likelihoods []float64
		metric      string
		chosen      int
	}{
		{[]float64{-3, -2, -4, -2.5}, "", 1},
		{[]float64{-3, -2, -4, -2.5}, AccNorm, 3}, // three characters
		{[]float64{-2, -2, -2, -9}, Acc, 0},
		{[]float64{-2, math.NaN(), -2, -9}, Acc, -1},
		{[]float64{math.Inf(-1), -8, -9, math.Inf(-1)}, Acc, 1},
		{[]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1), math.Inf(-1)}, Acc, 0}, // as numpy.argmax
	} {
		spec.Metric = c.metric
		loaded, err := spec.Load()
		require.NoError(t, err)
		chosen, right := loaded.Rank(loaded.Questions[0], c.likelihoods, make([]bool, 4))
		require.Equal(t, c.chosen, chosen, "%v", c)
		require.Equal(t, chosen == 0, right)
	}
	require.InDelta(t, -1, Advantage([]float64{-3, -2, -4}, []int{0}), 1e-12)
	require.InDelta(t, 1, Advantage([]float64{-3, -2, -4}, []int{1, 2}), 1e-12)
	require.True(t, math.IsNaN(Advantage([]float64{-3}, []int{0})))

	const line = `{"doc_id": 0, "target": "%t", "arguments": {"gen_args_0": {"arg_0": "%p", "arg_1": " a"}, "gen_args_1": {"arg_0": "p ", "arg_1": "b"}}}` + "\n"
	load := func(target, prompt string) (*Task, error) {
		text := strings.NewReplacer("%t", target, "%p", prompt).Replace(line)
		return Spec{Kind: "lm-eval", Dataset: writeFile(t, "samples_x_y.jsonl", text)}.Load()
	}
	moved, err := load("b", "p ")
	require.NoError(t, err)
	require.Equal(t, Question{Subject: "x", Prompt: "p", Ref: "b", Right: []int{1}, Choices: []string{"  a", " b"}}, moved.Questions[0], "white space at the prompt's end goes with the choice")
	var lengths Targets
	require.Equal(t, []int{2, 1}, lengths.Lengths([]string{"  ab", " b"}, AccNorm), "and does not count in its length")
	require.Equal(t, []int{2, 1}, lengths.Lengths([]string{"\nab", "\nb"}, AccNorm), "nor does another delimiter")
	require.Equal(t, []int{3, 1}, lengths.Lengths([]string{" \u00e9b", " b"}, AccBytes))
	require.Nil(t, lengths.Lengths([]string{"  ab", " b"}, Acc))
	_, err = load("c", "p ")
	require.ErrorContains(t, err, `its target "c" is neither the place of a choice nor a choice`)
	_, err = load("b", "q ")
	require.ErrorContains(t, err, "several choices behind several prompts")
}
