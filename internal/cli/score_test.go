package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/notebook"
)

// A function of a cell judges the answers of two runs: the notebook is executed
// as adkernel run does, by either evaluator.
func TestAFunctionOfACellJudgesAnswers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ADKERNEL_RUNS", filepath.Join(dir, "runs"))
	questions := filepath.Join(dir, "my.jsonl")
	require.NoError(t, os.WriteFile(questions, []byte(`{"question": "What is 2 + 3?\nAnswer:", "answer": "5", "hard": false}
{"question": "What is 2 + 6?\nAnswer:", "answer": "8", "hard": false}
{"question": "What is 2 + 7?\nAnswer:", "answer": "9", "hard": true}
`), 0o644))
	cells := []string{
		`import "strings"

least := 0`,
		`func long(answer string, q Question) bool {
	if q.Fields["hard"] == true {
		panic("too hard: " + q.Ref)
	}
	return len(strings.TrimSpace(answer)) >= least && strings.Contains(q.Prompt, "What")
}`,
		`d := Demo()
mine := Questions("` + questions + `", Score(long), MaxTokens(3), StopAt("\n\n"))
base := Run(d.BF16, mine)
test := Run(d.FP8, mine)
Compare(test, base)`,
		`fmt.Println(base.Spec().Task.Scorer.Source())`,
		`Rescore(base, func(answer string, q Question) bool { return false })`,
		`Compare(test, base)`,
		`tasks := []Task{}
for range 2 {
	tasks = append(tasks, Questions("` + questions + `", Score(func(string, Question) bool { return true })))
}
tasks[0].Scorer.Hash() == tasks[1].Scorer.Hash()`,
	}
	for _, evaluator := range []string{"exact", "yaegi"} {
		t.Run(evaluator, func(t *testing.T) {
			path := saved(t, cells...)
			require.Equal(t, exitOK, Main([]string{"run", path, "--allow-errors", "--evaluator", evaluator}))
			nb, err := notebook.Read(path)
			require.NoError(t, err)
			shown := func(cell int) string {
				var text []string
				for _, o := range nb.Cells[cell].Outputs {
					text = append(text, o.Plain()+o.Text+o.ErrorValue)
				}
				return strings.Join(text, "\n")
			}
			require.Contains(t, shown(2), "100.0 % of 2 judged, 95 % interval 34.2 to 100.0, n = 3")
			require.Contains(t, shown(2), "2 answers have no verdict and left out: sample 2 of dense fp8: the function that judges it panicked: too hard: 9; "+
				"sample 2 of dense bf16: the function that judges it panicked: too hard: 9.")
			source := shown(3)
			require.Contains(t, source, "least := 0", "what the function captures")
			require.Contains(t, source, `panic("too hard: " + q.Ref)`)
			require.NotContains(t, source, "Demo()")
			require.Contains(t, shown(4), "0.0 %, 95 % interval 0.0 to 56.1, n = 3")
			require.Contains(t, shown(5), "choose one for both (By for a filter, Rescore for a function")
			require.Contains(t, shown(6), "false", "one text may capture several variables")
		})
	}
}
