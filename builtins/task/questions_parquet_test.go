package task

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

// The files are of pandas, pyarrow and datasets: testdata/make_questions.py.
func TestQuestionsOfParquetAreThoseOfJSONLines(t *testing.T) {
	lines := writeFile(t, "mmlu.jsonl", `{"question": "1 + 1?", "choices": ["1", "2", "3"], "answer": 1, "subject": "sums"}
{"question": "Capital of France?", "choices": ["Rome", "Paris"], "answer": "Paris", "subject": "places"}
{"question": "Größte Zahl?", "choices": ["1", "10"], "answer": "B", "subject": "sums"}`)
	want, err := Spec{Kind: "questions", Dataset: lines}.Load()
	require.NoError(t, err)
	got, err := Spec{Kind: "questions", Dataset: "testdata/parquet/mmlu.parquet"}.Load()
	require.NoError(t, err)
	require.Equal(t, want.Questions, got.Questions)
	require.Equal(t, want.Subjects, got.Subjects)

	columns, err := Spec{Kind: "questions", Dataset: "testdata/parquet/columns.parquet"}.Load()
	require.NoError(t, err)
	require.Equal(t, "columns", columns.Questions[1].Subject, "where there is none, the file's name")
	columns.Questions[1].Subject = "places"
	require.Equal(t, want.Questions, columns.Questions)
}

func TestNumbersOfParquetAreAnswers(t *testing.T) {
	const path = "testdata/parquet/numbers.parquet"
	_, err := Spec{Kind: "questions", Dataset: path}.Load()
	require.ErrorContains(t, err, "question 2: answer: want")
	loaded, err := Spec{Kind: "questions", Dataset: path, Samples: 2}.Load()
	require.NoError(t, err)
	require.Equal(t, "42", loaded.Questions[0].Ref, "which pandas stores as 42.0")
	require.Equal(t, "0.5", loaded.Questions[1].Ref)
}

func TestAFunctionSeesTheColumnsThatJSONHasAFormFor(t *testing.T) {
	loaded, err := Spec{Kind: "questions", Dataset: "testdata/parquet/columns.parquet", Scorer: NewScorer("", func(string, Question) bool { return true })}.Load()
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"question": "1 + 1?", "subject": "sums", "A": "1", "B": "2", "C": "3", "answer": "B", "score": 0.5,
		"meta": map[string]any{"source": "x", "tags": []any{"a", nil}},
	}, loaded.Questions[0].Fields)
	require.Nil(t, loaded.Questions[1].Fields["score"], "NaN is pandas' null")
}

func TestParquetThatHoldsNoQuestionsIsRefused(t *testing.T) {
	write := func(rows any, schema parquet.Group) string {
		path := filepath.Join(t.TempDir(), "mine.parquet")
		file, err := os.Create(path)
		require.NoError(t, err)
		w := parquet.NewGenericWriter[map[string]any](file, parquet.NewSchema("q", schema))
		_, err = w.Write(rows.([]map[string]any))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.NoError(t, file.Close())
		return path
	}
	text, list := parquet.Optional(parquet.String()), parquet.List(parquet.Optional(parquet.String()))
	for message, path := range map[string]string{
		`no column question: want question and answer, and maybe choices, a list of texts, and subject; there are ["answer" "prompt"]`: write(
			[]map[string]any{{"prompt": "x", "answer": "y"}}, parquet.Group{"prompt": text, "answer": text}),
		"column answer: values of type DATE are neither texts nor numbers": write(
			[]map[string]any{{"question": "x", "answer": int32(1)}}, parquet.Group{"question": text, "answer": parquet.Date()}),
		"question 0: answer: want a text":       write([]map[string]any{{"question": "x"}}, parquet.Group{"question": text}),
		"question 0: question is missing":       write([]map[string]any{{"answer": "x"}}, parquet.Group{"question": text, "answer": text}),
		"question 0: question: not valid UTF-8": write([]map[string]any{{"question": "caf\xe9"}}, parquet.Group{"question": parquet.Optional(parquet.Leaf(parquet.ByteArrayType))}),
		"question 0: answer: it is infinite": write(
			[]map[string]any{{"question": "x", "answer": inf()}}, parquet.Group{"question": text, "answer": parquet.Leaf(parquet.DoubleType)}),
		"question 0: choices: object, want a list of texts": write(
			[]map[string]any{{"question": "x", "answer": "A", "choices": map[string]any{"text": []string{"a", "b"}}}},
			parquet.Group{"question": text, "answer": text, "choices": parquet.Group{"text": list}}),
		"question 0: choice B is empty": write(
			[]map[string]any{{"question": "x", "answer": "A", "choices": []any{"a", nil}}}, parquet.Group{"question": text, "answer": text, "choices": list}),
		"no questions": write([]map[string]any{}, parquet.Group{"question": text, "answer": text}),
	} {
		_, err := Spec{Kind: "questions", Dataset: path}.Load()
		require.ErrorContains(t, err, message)
		require.ErrorContains(t, err, path)
	}
	whole, err := os.ReadFile("testdata/parquet/mmlu.parquet")
	require.NoError(t, err)
	for size := range len(whole) {
		if size%37 != 0 {
			continue
		}
		_, err := Spec{Kind: "questions", Dataset: writeFile(t, "cut.parquet", string(whole[:size]))}.Load()
		require.Error(t, err, "%d bytes", size)
	}
}

func inf() float64 { v, _ := parseFloat("inf"); return v }

// FuzzParquetQuestions: no file panics or asks a question without a prompt.
func FuzzParquetQuestions(f *testing.F) {
	for _, name := range []string{"mmlu", "columns", "numbers"} {
		text, err := os.ReadFile("testdata/parquet/" + name + ".parquet")
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "own.parquet")
		require.NoError(t, os.WriteFile(path, text, 0o644))
		loaded, err := Spec{Kind: "questions", Dataset: path}.Load()
		if err != nil {
			return
		}
		for _, q := range loaded.Questions {
			require.NotEmpty(t, q.Prompt)
			require.NotEmpty(t, q.Ref)
		}
	})
}
