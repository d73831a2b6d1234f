package results

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
)

// FuzzImport: whatever two files of an evaluation hold, they become a run whose
// samples are all there, and come back the same from an export, or an error that
// leaves nothing behind.
func FuzzImport(f *testing.F) {
	scores, err := os.ReadFile(lmScores)
	require.NoError(f, err)
	for _, path := range []string{lmChoice, lmText} {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		lines := bytes.SplitAfter(text, []byte("\n"))
		f.Add(filepath.Base(path), bytes.Join(lines[:2], nil), []byte{})
		f.Add(filepath.Base(path), text, scores)
	}
	f.Add("dumped_ids.json", []byte(`{"task_id": 0, "input_text": "a", "output_text": "b"}`+"\n"), []byte("[I] Average accuracy 61.00 (100) - virology\n"))
	f.Add("predictions.jsonl", []byte(`{"prompt_id": 0, "prompt": "p", "output": "o", "correct": true}`+"\n"), []byte{})
	f.Add("raw.jsonl", []byte(`{"prompt": "p", "output": "o", "correct": true}`+"\n"), []byte{})
	f.Add("out.jsonl", []byte(`{"custom_id": "a", "response": {"status_code": 200, "body": {"choices": [{"text": "x"}]}}}`+"\n"), []byte(`{"custom_id": "a", "body": {"prompt": "p"}}`+"\n"))
	f.Add("rows.npy", []byte("\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"), []byte{})
	f.Fuzz(func(t *testing.T, name string, text, beside []byte) {
		if name != filepath.Base(name) || len(name) > 100 || bytes.ContainsRune([]byte(name), 0) || name == "." || name == ".." {
			return
		}
		in, root := t.TempDir(), t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(in, name), text, 0o644))
		if len(beside) > 0 {
			require.NoError(t, os.WriteFile(filepath.Join(in, "beside."+name), beside, 0o644))
		}
		r, err := Import(t.Context(), []string{in}, Options{Run: run.Options{Root: root}})
		left, readErr := os.ReadDir(root)
		require.NoError(t, readErr)
		if err != nil {
			require.Empty(t, left, "nothing is left behind")
			return
		}
		require.Len(t, left, 1)
		samples, err := r.Samples()
		require.NoError(t, err)
		require.NotEmpty(t, samples)
		_, err = r.Frame()
		require.NoError(t, err)
		require.NotEmpty(t, r.MimeBundle().Plain())
		out := t.TempDir()
		if _, err := WriteLMEval(r, out); err != nil {
			return
		}
		again, err := Import(t.Context(), []string{out}, Options{Run: run.Options{Root: root}})
		if err != nil {
			return
		}
		got, err := again.Samples()
		require.NoError(t, err)
		require.Len(t, got, len(samples))
		for i, s := range samples {
			require.Equal(t, s.Output, got[i].Output)
			require.Equal(t, s.Ref, got[i].Ref)
			require.Equal(t, s.Correct, got[i].Correct)
			require.Equal(t, s.TextSHA256, got[i].TextSHA256)
		}
	})
}
