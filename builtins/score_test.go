package builtins

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

func TestTheTextOfAFunctionIsWhatItNeeds(t *testing.T) {
	for _, c := range []struct{ source, text string }{
		{`Score(func(a string, q Question) bool { return a == q.Ref })`, `func(a string, q Question) bool { return a == q.Ref }`},
		{"x := 1\nmine := Questions(\"q.jsonl\", Samples(3), Score(right), MaxTokens(8))", "right"},
		{"least := 2\nother := 3\nlong := func(a string, _ Question) bool { return len(a) > least }\nQuestions(\"q.jsonl\", Score(long))",
			"least := 2\nlong := func(a string, _ Question) bool { return len(a) > least }\nlong"},
		{"var a, b = 1, 2\nScore(func(string, Question) bool { return a == 1 })", "var a, b = 1, 2\nfunc(string, Question) bool { return a == 1 }"},
		{"func right(a string, q Question) bool { return true }\nQuestions(\"q.jsonl\", Score(right))", "func right(a string, q Question) bool { return true }\nQuestions(\"q.jsonl\", Score(right))"},
		{"f(Score(one), Score(two))", "f(Score(one), Score(two))"},
		{"mine()", "mine()"},
		{"not Go at all (", "not Go at all ("},
	} {
		text, _ := argumentOf(c.source, "Score")
		require.Equal(t, c.text, text, c.source)
	}
}

func TestTheCellsThatDefineAFunctionGoWithIt(t *testing.T) {
	cells := []host.Cell{
		{N: 1, Source: "tolerance := 0.1", Defines: []string{"tolerance"}},
		{N: 2, Source: "model := Demo()", Defines: []string{"model"}},
		{N: 3, Source: "func near(...)", Defines: []string{"near"}, Uses: []string{"tolerance"}},
		{N: 4, Source: "tolerance = 0.2", Defines: nil, Uses: []string{"tolerance"}},
		{N: 5, Source: "func near(... again)", Defines: []string{"near"}, Uses: []string{"tolerance"}},
		{N: 6, Source: "func unused()", Defines: []string{"unused"}},
	}
	var got []int
	for _, c := range definitions(cells, []string{"near", "Question"}) {
		got = append(got, c.N)
	}
	require.Equal(t, []int{1, 5}, got, "the latest of each")
}
