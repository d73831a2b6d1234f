package task

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mmluRecord is one entry of testdata/mmlu_hashes.json, made with pandas and
// NumPy.
type mmluRecord struct {
	Samples, Questions int
	Hash               string
	Subjects           map[string]string
}

func readMMLURecords(t *testing.T) (whole, subset []mmluRecord) {
	text, err := os.ReadFile("testdata/mmlu_hashes.json")
	require.NoError(t, err)
	var records struct{ Whole, Subset []mmluRecord }
	require.NoError(t, json.Unmarshal(text, &records))
	return records.Whole, records.Subset
}

func requireSamePrompts(t *testing.T, dir string, want mmluRecord) {
	t.Helper()
	got, err := Spec{Kind: "mmlu", Dataset: dir, Samples: want.Samples}.Load()
	require.NoError(t, err)
	hashes := map[string]string{}
	for _, s := range got.Subjects {
		h := sha256.New()
		for _, q := range got.Questions {
			if q.Subject == s.Name {
				fmt.Fprintf(h, "%d\x00%s\x00%s\x00", q.Index, q.Prompt, q.Ref)
			}
		}
		hashes[s.Name] = hex.EncodeToString(h.Sum(nil))
	}
	require.Equal(t, want.Subjects, hashes)
	require.Len(t, got.Questions, want.Questions)
	require.Equal(t, want.Hash, got.Hash())
}

func TestPromptsEqualPandasAndNumPy(t *testing.T) {
	_, subset := readMMLURecords(t)
	for _, want := range subset {
		t.Run(fmt.Sprintf("samples %d", want.Samples), func(t *testing.T) {
			requireSamePrompts(t, "testdata/mmlu", want)
		})
	}
}

// The whole of MMLU is not committed; make test-datasets
// MMLU=DIR names its folder.
func TestAllOfMMLUEqualsPandasAndNumPy(t *testing.T) {
	dir := os.Getenv("ADKERNEL_MMLU")
	if dir == "" {
		t.Skip("ADKERNEL_MMLU is not set to a folder with MMLU's dev/ and test/")
	}
	whole, _ := readMMLURecords(t)
	for _, want := range whole {
		t.Run(fmt.Sprintf("samples %d", want.Samples), func(t *testing.T) {
			requireSamePrompts(t, dir, want)
		})
	}
}

func TestOnePromptInFull(t *testing.T) {
	task, err := Spec{Kind: "mmlu", Dataset: "testdata/mmlu", Subjects: []string{"rewritten_cells"}}.Load()
	require.NoError(t, err)
	const want = "The following are multiple choice questions (with answers) about  rewritten cells.\n\n" +
		"Which is one half?\nA. 0.5\nB. 0.2\nC. 10.0\nD. 0.3\nAnswer: A\n\n" +
		"Which is one fifth?\nA. 0.5\nB. 0.2\nC. 100.0\nD. 0.4\nAnswer: B\n\n" +
		"Which is ten?\nA. 1.5\nB. 0.5\nC. 10.0\nD. 7.0\nAnswer: C\n\n" +
		"Which is three?\nA. 2.5\nB. 5.0\nC. 1000.0\nD. 3.0\nAnswer: D\n\n" +
		"Which, \"if any\", is two?\nA. 2.0\nB. -0.0\nC. 1e-05\nD. 1e+16\nAnswer: A\n\n" +
		"Fourth row\nA. 9007199254740992.0\nB. False\nC. 100000.0\nD. nan\nAnswer:"
	require.Equal(t, want, task.Questions[3].Prompt)
	require.Equal(t, "D", task.Questions[3].Ref)
	require.Equal(t, 2, task.MaxTokens)
	require.Equal(t, 4094, task.TruncatePromptTokens)
	require.Equal(t, "MMLU (1 subject)", task.Name)
}

// writeDataset makes a data set of rows questions a subject.
func writeDataset(t *testing.T, rows int, subjects ...string) string {
	dir := t.TempDir()
	for _, folder := range []string{"dev", "test"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, folder), 0o755))
		for _, s := range subjects {
			var b strings.Builder
			for i := range max(rows, 5) {
				fmt.Fprintf(&b, "question %d,a,b,c,d,B\n", i)
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, folder, s+"_"+folder+".csv"), []byte(b.String()), 0o644))
		}
	}
	return dir
}

func TestSamplesAreTakenOfEverySubjectRoundedUp(t *testing.T) {
	var names []string
	for _, s := range mmluSubjects {
		names = append(names, s.Name)
	}
	tests := map[string]struct {
		subjects              []string
		rows, samples, expect int
	}{
		"57 subjects, 100 asked": {names, 10, 100, 114},
		"57 subjects, all":       {names, 7, 0, 57 * 7},
		"more than there are":    {names, 5, 4096, 57 * 5},
		"own count as divisor":   {[]string{"zebra", "ant", "cat"}, 40, 100, 3 * 34},
		"one subject":            {[]string{"ant"}, 40, 1, 1},
		"the largest number":     {[]string{"ant", "cat"}, 5, math.MaxInt, 10},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			task, err := Spec{Kind: "mmlu", Dataset: writeDataset(t, test.rows, test.subjects...), Samples: test.samples}.Load()
			require.NoError(t, err)
			require.Len(t, task.Questions, test.expect)
		})
	}
}

func TestOtherSubjectsComeInTheOrderOfTheirNames(t *testing.T) {
	task, err := Spec{Kind: "mmlu", Dataset: writeDataset(t, 5, "zebra", "ant", "ant_hill", "virology")}.Load()
	require.NoError(t, err)
	require.Equal(t, []Subject{
		{Name: "ant"}, {Name: "ant_hill"}, {"virology", "health", "other (business, health, misc.)"}, {Name: "zebra"},
	}, task.Subjects)
	require.Equal(t, "MMLU (4 subjects)", task.Name)
}

func TestASubsetHasTheQuestionsOfTheWholeEvaluation(t *testing.T) {
	spec := Spec{Kind: "mmlu", Dataset: "testdata/mmlu", Samples: 50}
	whole, err := spec.Load()
	require.NoError(t, err)
	var want []Question
	for _, q := range whole.Questions {
		if q.Subject == "college_physics" {
			want = append(want, q)
		}
	}
	spec.Subjects = []string{"college_physics"}
	part, err := spec.Load()
	require.NoError(t, err)
	require.Equal(t, want, part.Questions)
}

func TestModelsRootIsHonouredAndNotOverridden(t *testing.T) {
	root := t.TempDir()
	t.Setenv(modelsRoot, root)
	_, err := Spec{Kind: "mmlu"}.Load()
	require.ErrorContains(t, err, filepath.Join(root, "datasets", "mmlu"))
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.MkdirAll(filepath.Join(root, "datasets"), 0o755))
	require.NoError(t, os.Rename(writeDataset(t, 5, "ant"), filepath.Join(root, "datasets", "mmlu")))
	task, err := Spec{Kind: "mmlu"}.Load()
	require.NoError(t, err)
	require.Len(t, task.Questions, 5)

	t.Setenv(modelsRoot, "")
	_, err = Spec{Kind: "mmlu"}.Load()
	require.ErrorContains(t, err, `Dataset("DIR")`)
	require.ErrorContains(t, err, "set LLM_MODELS_ROOT")
}

func TestBadDataSetsAreRefusedWithTheirPlace(t *testing.T) {
	tests := map[string]struct {
		spec  Spec
		spoil func(dir string) error
		want  string
	}{
		"kind":            {spec: Spec{Kind: "mmmlu"}, want: `kind "mmmlu" is not known`},
		"no kind":         {spec: Spec{Samples: 5}, want: "task: kind is missing: want one of gpqa, gsm8k, lm-eval, mmlu, questions"},
		"samples":         {spec: Spec{Kind: "mmlu", Samples: -1}, want: "samples -1"},
		"subject":         {spec: Spec{Kind: "mmlu", Subjects: []string{"aunt"}}, want: `no subject "aunt"; did you mean "ant"?`},
		"no subjects":     {spec: Spec{Kind: "mmlu", Subjects: []string{}}, want: "the list is empty"},
		"no dev file":     {spoil: remove("dev/ant_dev.csv"), want: "ant_dev.csv: no such file"},
		"no test files":   {spoil: remove("test/ant_test.csv"), want: "no file test/SUBJECT_test.csv"},
		"no test folder":  {spoil: remove("test"), want: "no folder test"},
		"few shots":       {spoil: write("dev/ant_dev.csv", "q,a,b,c,d,A\n"), want: "ant_dev.csv: 1 row, want at least 5"},
		"short row":       {spoil: write("test/ant_test.csv", "q,a,b,c,d,A\nq,a,b\n"), want: "ant_test.csv:2: 3 fields"},
		"empty file":      {spoil: write("test/ant_test.csv", ""), want: "ant_test.csv: no rows"},
		"wrong answer":    {spoil: write("test/ant_test.csv", "q,a,b,c,d,A\nq,a,b,c,d,E\n"), want: `ant_test.csv:2: answer "E", want one of A, B, C, D`},
		"number question": {spoil: write("test/ant_test.csv", "1,a,b,c,d,A\n"), want: `ant_test.csv:1: field 1: pandas reads "1" as a number`},
		"no question":     {spoil: write("test/ant_test.csv", "q,a,b,c,d,A\nNA,a,b,c,d,A\n"), want: `ant_test.csv:2: field 1: pandas reads "NA" as a missing value`},
		"truth answer":    {spoil: write("test/ant_test.csv", "q,a,b,c,d,True\n"), want: `pandas reads "True" as a truth value`},
		"five choices":    {spoil: write("test/ant_test.csv", "q,a,b,c,d,e,A\n"), want: "ant_test.csv:1: 7 fields, want a question, 1 to 4 choices"},
		"one column":      {spoil: write("test/ant_test.csv", "q\n"), want: "1 field, want a question"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := writeDataset(t, 5, "ant", "elephant")
			require.NoError(t, os.Remove(filepath.Join(dir, "test", "elephant_test.csv")))
			if test.spoil != nil {
				test.spec = Spec{Kind: "mmlu"}
				require.NoError(t, test.spoil(dir))
			}
			test.spec.Dataset = dir
			_, err := test.spec.Load()
			require.ErrorContains(t, err, test.want)
		})
	}
}

func remove(name string) func(string) error {
	return func(dir string) error { return os.RemoveAll(filepath.Join(dir, name)) }
}

func write(name, text string) func(string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) }
}

func TestScoreStripsAsPythonDoes(t *testing.T) {
	task := &Task{}
	q := Question{Ref: "B"}
	for output, want := range map[string]bool{
		"B": true, " B": true, "\n\t B)": true, "\x1f\u00a0\u3000B": true, "Because": true,
		"": false, " ": false, "b": false, "A": false, "(B)": false, "\u200bB": false,
	} {
		require.Equal(t, want, task.Score(q, output), "%q", output)
	}
}

func TestTruncateKeepsTheEnd(t *testing.T) {
	ids := []int32{1, 2, 3}
	require.Equal(t, []int32{2, 3}, Truncate(ids, 2))
	require.Equal(t, ids, Truncate(ids, 3))
	require.Equal(t, ids, Truncate(ids, 4094))
	require.Empty(t, Truncate(ids, 0))
}

func TestJSONLinesHoldWhatIsSent(t *testing.T) {
	task := &Task{Questions: []Question{{Subject: "ant", Index: 3, Prompt: "a < b & \"c\"\nAnswer:", Ref: "A"}}}
	var b bytes.Buffer
	require.NoError(t, task.WriteJSONLines(&b))
	require.Equal(t, `{"subject":"ant","index":3,"prompt":"a < b & \"c\"\nAnswer:","ref":"A"}`+"\n", b.String())
}

func ExampleSpec_Load() {
	task, err := Spec{Kind: "mmlu", Dataset: "testdata/mmlu", Samples: 3}.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range task.Questions {
		fmt.Println(q.Subject, q.Index, q.Ref)
	}
	// Output:
	// college_computer_science 26 C
	// college_mathematics 18 D
	// college_physics 62 D
	// electrical_engineering 103 D
	// rewritten_cells 5 B
}
