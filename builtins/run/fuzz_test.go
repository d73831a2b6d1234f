package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func exampleSample() Sample {
	return Sample{
		Index: 3, Subject: "virology", Question: 3, Ref: "B", Output: " C\n", Finish: "length", Tokens: []int32{259, 10},
		PromptAt: 99, PromptTokens: 31, PromptSHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Row: 3, CRC32: 0xdeadbeef, Min: float32(math.Inf(-1)), Max: 3.1415927, Mean: 0.1, RMS: 1.25, NaN: 1, Inf: 2,
		Top:     []Top{{ID: 259, Text: " C", Logit: float32(math.Inf(1))}},
		Letters: []float32{1, -2.5, 0.1, float32(math.Inf(-1))}, Margin: -3.5,
		LogProbs: []engine.LogProb{{ID: 3, Text: " A", LogProb: -0.25}, {ID: -1, Text: "B", LogProb: float32(math.Inf(-1))}}, LetterLogProbs: []float32{-0.25, 1, 2, 3},
		Extracted: "C", TextAt: 7, TextBytes: 40, TextSHA256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
		Choices: []Choice{{Text: " A", LogLikelihood: math.Inf(-1)}, {Text: " B", LogLikelihood: -0.25, Greedy: true}},
	}
}

func TestASampleSurvivesItsRecord(t *testing.T) {
	want := exampleSample()
	line, err := json.Marshal(want)
	require.NoError(t, err)
	var got Sample
	require.NoError(t, json.Unmarshal(line, &got))
	require.Equal(t, want, got)

	want.Margin, want.Mean = float32(math.NaN()), math.NaN()
	line, err = json.Marshal(want)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &got))
	require.True(t, math.IsNaN(float64(got.Margin)))
	require.True(t, math.IsNaN(got.Mean))
}

// FuzzSamples: whatever samples.jsonl holds, reading it in pieces gives what
// reading it at once gives, and what was read can be written again.
func FuzzSamples(f *testing.F) {
	line, err := json.Marshal(exampleSample())
	require.NoError(f, err)
	f.Add(append(line, '\n'), 20)
	f.Add(bytes.Repeat(append(line, '\n'), 2), 400)
	f.Add([]byte("{}\n"), 1)
	f.Add([]byte(`{"index":-1,"row":1e400}`+"\n\n\n"), 3)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = max(0, min(cut, len(data)))
		path := filepath.Join(t.TempDir(), samplesFile)
		pieces := recordReader{path: path}
		require.NoError(t, os.WriteFile(path, data[:cut], 0o644))
		first := pieces.advance()
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		require.NoError(t, err)
		_, err = file.Write(data[cut:])
		require.NoError(t, err)
		require.NoError(t, file.Close())
		second := pieces.advance()

		whole := recordReader{path: path}
		once := whole.advance()
		require.Equal(t, once != nil, second != nil)
		if first != nil {
			require.Error(t, once)
		}
		require.Equal(t, whole.offset, pieces.offset)
		for _, p := range whole.places {
			s, _, err := p.read(bytes.NewReader(data), nil)
			require.NoError(t, err)
			_, err = json.Marshal(s)
			require.NoError(t, err)
		}
	})
}

func FuzzSpec(f *testing.F) {
	text, err := json.Marshal(testSpec("data", map[string]any{"world_size": 2, "transforms": map[string]any{"x": map[string]any{"enabled": false}}}))
	require.NoError(f, err)
	f.Add(bytes.Replace(text, []byte(`"format":0`), []byte(`"format":1`), 1))
	f.Add([]byte(`{"format":1,"settings":{"a":[1,1.5,1e999]}}`))
	f.Add([]byte(`{"format":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := parseSpec(data)
		if err != nil {
			return
		}
		text, err := json.Marshal(spec)
		require.NoError(t, err)
		again, err := parseSpec(text)
		require.NoError(t, err)
		textAgain, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(textAgain))
	})
}

// FuzzFiles: whatever one file of a run's directory holds, its readers say what
// the run is or name a file of it; none of them passes a part for the whole.
func FuzzFiles(f *testing.F) {
	w, err := NewWriter(Spec{Deployment: engine.Deployment{Name: "import", Model: "none"}, Import: &Import{Format: "test"}}, Options{Root: f.TempDir()})
	require.NoError(f, err)
	require.NoError(f, w.Rows(Float32, 3))
	const n = 4
	for i := range n {
		ids := []int32{int32(i), 7}
		at, err := w.Sequence(ids)
		require.NoError(f, err)
		sum := sha256.Sum256(idBytes(ids))
		s := Sample{Index: i, Subject: "law", Question: i, Ref: "A", Output: "A", Correct: true, PromptAt: at, PromptTokens: len(ids), PromptSHA256: hex.EncodeToString(sum[:])}
		require.NoError(f, w.Add(s, fmt.Sprint("question ", i), rowBytes([]float32{1, 2, float32(i)}, nil)))
	}
	w.Token(7, "seven")
	done, err := w.Finish()
	require.NoError(f, err)
	names := []string{stateFile, samplesFile, specFile, promptsFile, textsFile, tokensFile, filepath.Join(logitsDir, headerFile), filepath.Join(logitsDir, rowsFile), checkpointFile, jobFile, lockFile}
	for i, name := range names {
		text, err := os.ReadFile(filepath.Join(done.Dir(), name))
		if err == nil {
			f.Add(i, text)
			f.Add(i, text[:len(text)/2])
		}
	}
	f.Add(8, []byte(`{"recorded":"2026-01-01T00:00:00Z","files":[{"name":"a","size":1,"sha256":"b"}]}`))
	f.Add(9, []byte(`{"id":"12_3"}`))
	f.Add(10, []byte("4 host\n"))
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		if which < 0 || which >= len(names) {
			return
		}
		path := filepath.Join(done.Dir(), names[which])
		whole, missing := os.ReadFile(path)
		require.NoError(t, os.WriteFile(path, data, 0o644))
		defer func() {
			if missing != nil {
				require.NoError(t, os.Remove(path))
				return
			}
			require.NoError(t, os.WriteFile(path, whole, 0o644))
		}()
		named := func(err error) {
			if err != nil && !errors.Is(err, ErrNotAvailable) {
				require.ErrorContains(t, err, done.Dir())
			}
		}
		r, err := Attach(done.Dir())
		if err != nil {
			named(err)
			return
		}
		state, err := r.State()
		named(err)
		_, err = r.Progress()
		named(err)
		_, err = Overview(filepath.Dir(done.Dir()))
		named(err)
		samples, err := r.Samples()
		named(err)
		if err == nil && state.Status == Done {
			require.Len(t, samples, state.Done)
		}
		for _, s := range samples {
			ids, err := r.promptTokens(s)
			named(err)
			require.Len(t, ids, map[bool]int{true: s.PromptTokens}[err == nil])
			_, err = r.PromptText(s.Index)
			named(err)
			if s.Row >= 0 {
				_, err = r.logitRow(s)
				named(err)
			}
		}
		_, err = r.TokenTexts()
		named(err)
		_, err = readCheckpoint(r.dir)
		if !errors.Is(err, fs.ErrNotExist) {
			named(err)
		}
		_, err = readJob(r.dir)
		if !errors.Is(err, fs.ErrNotExist) {
			named(err)
		}
		r.Machine()
	})
}
