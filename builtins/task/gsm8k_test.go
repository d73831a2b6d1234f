package task

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

// askedOf is one run of testdata/gsm8k_hashes.json, made by lm-eval.
type askedOf struct {
	Options struct {
		Seed      int
		Limit     int
		Chat      bool   `json:"apply_chat_template"`
		Multiturn bool   `json:"fewshot_as_multiturn"`
		System    string `json:"system_instruction"`
	}
	Count   int
	SHA256  string
	Rows    []int
	Prompts []string // the first 8 digits of each prompt's SHA-256
	First   string
	Until   []string
}

func readGSM8KHashes(t *testing.T) (small, full []askedOf) {
	t.Helper()
	text, err := os.ReadFile("testdata/gsm8k_hashes.json")
	require.NoError(t, err)
	var file struct {
		Small, Full struct{ Runs []askedOf }
	}
	require.NoError(t, json.Unmarshal(text, &file))
	return file.Small.Runs, file.Full.Runs
}

func requireAsked(t *testing.T, dir string, want askedOf) {
	t.Helper()
	s := Spec{Kind: "gsm8k", Dataset: dir, Seed: want.Options.Seed, Samples: want.Options.Limit,
		Chat: want.Options.Chat, Multiturn: want.Options.Multiturn, System: want.Options.System}
	got, err := s.Load()
	require.NoError(t, err)
	require.Len(t, got.Questions, want.Count)
	for i, q := range got.Questions {
		require.Equal(t, want.Rows[i], q.Index, "question %d", i)
		text := q.Prompt
		for _, m := range q.Messages {
			text += "<|" + m.Role + "|>" + m.Content
		}
		if i == 0 && want.First != "" {
			require.Equal(t, want.First, text)
		}
		sum := sha256.Sum256([]byte(text))
		require.Equal(t, want.Prompts[i], hex.EncodeToString(sum[:])[:8], "question %d", i)
	}
	require.Equal(t, want.SHA256, got.Hash())
	require.Equal(t, want.Until, got.Stop)
	require.Equal(t, 256, got.MaxTokens)
	require.Equal(t, 4096, got.TruncatePromptTokens)
}

func TestGSM8KAsksWhatTheHarnessAsks(t *testing.T) {
	small, _ := readGSM8KHashes(t)
	require.Len(t, small, 5)
	for _, want := range small {
		requireAsked(t, "testdata/gsm8k", want)
	}
}

// The whole of GSM8K is not committed; make test-datasets
// GSM8K=DIR names its folder.
func TestAllOfGSM8KIsWhatTheHarnessAsks(t *testing.T) {
	dir := os.Getenv("ADKERNEL_GSM8K")
	if dir == "" {
		t.Skip("ADKERNEL_GSM8K is not set to a folder with GSM8K's train.jsonl and test.jsonl")
	}
	_, full := readGSM8KHashes(t)
	for _, want := range full {
		require.Equal(t, map[bool]int{true: 7, false: 1319}[want.Options.Limit == 7], want.Count)
		requireAsked(t, dir, want)
	}
}

// writeParquet makes the layout of Hugging Face's openai/gsm8k, the train split
// in two files.
func writeParquet(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "models[1]")
	dir := filepath.Join(root, "datasets", "openai", "gsm8k", "main")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	type row struct {
		Question string `parquet:"question"`
		Answer   string `parquet:"answer"`
	}
	for split, parts := range map[string]int{"train": 2, "test": 1} {
		pairs, err := readQA("testdata/gsm8k", split)
		require.NoError(t, err)
		var rows []row
		for _, p := range pairs {
			rows = append(rows, row{p.question, p.answer})
		}
		for part := range parts {
			from, to := part*len(rows)/parts, (part+1)*len(rows)/parts
			name := split + "-0000" + string(rune('0'+part)) + "-of-0000" + string(rune('0'+parts)) + ".parquet"
			require.NoError(t, parquet.WriteFile(filepath.Join(dir, name), rows[from:to]))
		}
	}
	return root
}

func TestGSM8KIsReadFromParquetBelowTheModelsRoot(t *testing.T) {
	t.Setenv("LLM_MODELS_ROOT", writeParquet(t))
	small, _ := readGSM8KHashes(t)
	requireAsked(t, "", small[0])
}

// The references are lm-eval 0.4.13's: its filters and its exact_match.
func TestGSM8KsFiltersAreTheHarness(t *testing.T) {
	text, err := os.ReadFile("testdata/gsm8k_verdicts.json")
	require.NoError(t, err)
	var cases []struct {
		Ref, Output                    string
		Strict, Flexible               string
		StrictCorrect, FlexibleCorrect bool
	}
	require.NoError(t, json.Unmarshal(text, &cases))
	require.Greater(t, len(cases), 30)
	for _, c := range cases {
		got := gsm8kGrader.verdicts(Question{Ref: c.Ref}, c.Output)
		require.Equal(t, []Verdict{
			{"strict-match", c.Strict, c.StrictCorrect}, {"flexible-extract", c.Flexible, c.FlexibleCorrect},
		}, got, "%q", c.Output)
		for filter, want := range map[string]bool{"": c.FlexibleCorrect, "flexible-extract": c.FlexibleCorrect, "strict-match": c.StrictCorrect} {
			task := &Task{grader: Spec{Filter: filter}.grader(gsm8kGrader)}
			require.Equal(t, want, task.Score(Question{Ref: c.Ref}, c.Output))
			require.Equal(t, got, task.Verdicts(Question{Ref: c.Ref}, c.Output))
		}
	}
}

func TestGSM8KSaysWhatIsWrongWithItsFiles(t *testing.T) {
	write := func(name, text string) string {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		return dir
	}
	for message, dir := range map[string]string{
		"neither train.jsonl nor main/train-*.parquet": t.TempDir(),
		"neither test.jsonl":                           write("train.jsonl", `{"question": "x", "answer": "y"}`),
		"want question and answer as text":             write("train.jsonl", `{"question": "x"}`),
		"train.jsonl":                                  write("train.jsonl", `{"question"`),
	} {
		_, err := Spec{Kind: "gsm8k", Dataset: dir}.Load()
		require.ErrorContains(t, err, message)
	}
	dir := write("train.jsonl", `{"question": "x", "answer": "y"}`)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "test.jsonl"), []byte(`{"question": "x", "answer": "y"}`), 0o644))
	_, err := Spec{Kind: "gsm8k", Dataset: dir}.Load()
	require.ErrorContains(t, err, "1 row to train, want at least 5")
	t.Setenv("LLM_MODELS_ROOT", "")
	_, err = Spec{Kind: "gsm8k"}.Load()
	require.ErrorContains(t, err, "holds datasets/openai/gsm8k")
}

// numpy.random.default_rng(s).permutation(10), random.Random(s).sample and
// shuffle, by NumPy 2.4 and CPython 3.11.
func TestGeneratorsAreNumPysAndPythons(t *testing.T) {
	text, err := os.ReadFile("testdata/generators.json")
	require.NoError(t, err)
	var cases []struct {
		Seed        uint32
		Permutation []int
		Sample      []int // 5 of 7473
		Small       []int // 6 of 20
		Large       []int // 9 of 100
		Shuffle     []int // of 0..9
	}
	require.NoError(t, json.Unmarshal(text, &cases))
	for _, c := range cases {
		require.Equal(t, c.Permutation, newPCG64(c.Seed).permutation(len(c.Permutation)), "seed %d", c.Seed)
		random := newPythonRandom(c.Seed)
		require.Equal(t, c.Sample, random.sample(7473, 5))
		require.Equal(t, c.Small, random.sample(20, 6))
		require.Equal(t, c.Large, random.sample(100, 9))
		shuffled := allRows(10)
		random.shuffle(10, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		require.Equal(t, c.Shuffle, shuffled)
	}
}
