package task

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A file of a user's, or of lm-eval's samples, is a task or an error; what it
// asks can be asked.
func FuzzQuestionsAndSamples(f *testing.F) {
	f.Add([]byte(`{"question": "1 + 1?", "choices": ["1", "2"], "answer": "B"}` + "\n" + `{"question": "2?", "choices": ["2", "3"], "answer": 0}`))
	f.Add([]byte("question,answer,A,B\n1 + 1?,B,1,2\n"))
	for _, name := range []string{"samples_tinygen_2026-11-23T16-46-29.190442.jsonl", "samples_tinyqa_2026-11-23T16-46-29.190442.jsonl"} {
		text, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"doc_id": 0, "target": 1, "arguments": {"gen_args_0": {"arg_0": "p ", "arg_1": " a"}, "gen_args_1": {"arg_0": "p ", "arg_1": "b"}}}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, kind := range map[string]string{"own.jsonl": "questions", "own.csv": "questions", "samples_x_y.jsonl": "lm-eval"} {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, data, 0o644))
			for _, scorer := range []*Scorer{nil, NewScorer("x", func(string, Question) bool { return true })} {
				loaded, err := Spec{Kind: kind, Dataset: path, Scorer: scorer}.Load()
				if err != nil {
					continue
				}
				require.NotEmpty(t, loaded.Questions)
				require.Positive(t, loaded.MaxTokens)
				for _, q := range loaded.Questions {
					require.NotEmpty(t, q.Text())
					require.Equal(t, loaded.Ranked(), len(q.Choices) > 0)
					if len(q.Choices) > 0 {
						require.NotEmpty(t, q.Right)
						for _, place := range q.Right {
							require.Less(t, place, len(q.Choices))
							require.GreaterOrEqual(t, place, 0)
						}
					}
					loaded.Score(q, q.Ref)
				}
			}
		}
	})
}
