package task

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLettersOfAPromptAreThoseOfItsLastQuestion(t *testing.T) {
	for prompt, want := range map[string]int{
		"":                              0,
		"Answer:":                       0,
		"q?\nA. x\nB. y\nC. z\nAnswer:": 3,
		"q?\nA. x\nB. y\nC. z\nD. w\nE. v\nAnswer: ":                      5,
		"q?\nA. x\nB. y\nAnswer: B\n\nr?\nA. x\nB. y\nC. \nD. w\nAnswer:": 4,
		"q?\nA. x\nB. y\nAnswer: B\n\nr?\nAnswer:":                        0,
		"q?\nA. two\nlines\nB. y\nAnswer:":                                2,
		"q?\nA. x\nB. y\nThink step by step.":                             0,
		"q?\nB. x\nC. y\nAnswer:":                                         0,
	} {
		require.Equal(t, want, LettersIn(prompt), prompt)
	}
}

func TestQuestionsSayHowManyLettersTheyOffer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(`{"question": "q?", "choices": ["v", "w", "x", "y", "z"], "answer": "E"}
{"question": "q?", "choices": ["v", "w"], "answer": "B"}`), 0o644))
	own, err := Spec{Kind: "questions", Dataset: path}.Load()
	require.NoError(t, err)
	require.Equal(t, 5, own.Questions[0].Letters)
	require.Equal(t, 2, own.Questions[1].Letters)
	for _, q := range own.Questions {
		require.Equal(t, q.Letters, LettersIn(q.Prompt))
	}
	var line strings.Builder
	require.NoError(t, own.WriteJSONLines(&line))
	require.NotContains(t, strings.ToLower(line.String()), "letters")

	require.NoError(t, os.WriteFile(path, []byte(`{"question": "q?", "answer": "B"}`), 0o644))
	own, err = Spec{Kind: "questions", Dataset: path}.Load()
	require.NoError(t, err)
	require.Zero(t, own.Questions[0].Letters, "a text that happens to be a letter")
}
