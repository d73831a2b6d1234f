package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

// recordsOf is an import of n samples, right every other time, which finished
// in the opposite order.
func recordsOf(t *testing.T, n int) *Run {
	t.Helper()
	w, err := NewWriter(Spec{Deployment: engine.Deployment{Name: "import", Model: "none"}, Import: &Import{Format: "test"}}, Options{Root: t.TempDir()})
	require.NoError(t, err)
	for i := n - 1; i >= 0; i-- {
		s := Sample{Index: i, Subject: "law", Question: i, Ref: "A", Output: fmt.Sprint("answer ", i), Correct: i%2 == 0, Row: -1}
		s.Verdicts = []task.Verdict{{Filter: "strict", Answer: "A", Correct: i%3 == 0}, {Filter: "loose", Answer: "A", Correct: true}}
		require.NoError(t, w.Add(s, fmt.Sprint("question ", i), nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	return r
}

func TestSamplesAreReadInTheTasksOrder(t *testing.T) {
	const n = 2*judgedAtATime + 7
	r := recordsOf(t, n)
	x, err := r.OpenSamples()
	require.NoError(t, err)
	defer x.Close()
	require.Equal(t, n, x.Len())
	all, err := r.Samples()
	require.NoError(t, err)
	i := 0
	for s, err := range x.All() {
		require.NoError(t, err)
		require.Equal(t, i, s.Index)
		require.Equal(t, all[i], s)
		i++
	}
	require.Equal(t, n, i)
	s, err := x.Read(300)
	require.NoError(t, err)
	require.Equal(t, all[300], s)
	_, err = x.Read(n)
	require.ErrorContains(t, err, fmt.Sprintf("no finished sample %d (%d are finished)", n, n))
}

// Records may be replaced, rewritten in place, and removed while a run is read.
func TestRecordsThatChangeAreNoticed(t *testing.T) {
	r := recordsOf(t, 20)
	path := filepath.Join(r.Dir(), samplesFile)
	x, err := r.OpenSamples()
	require.NoError(t, err)
	defer x.Close()

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text = bytes.Replace(text, []byte(`"answer 7"`), []byte(`"another 7"`), 1)
	require.NoError(t, os.WriteFile(path, text, 0o644)) // the same file, in which all that follows moves
	_, err = x.Read(7)
	require.ErrorIs(t, err, errChanged)
	require.ErrorContains(t, err, "samples.jsonl: sample 7: a record was changed since it was first read")
	s, err := r.Sample(7)
	require.NoError(t, err, "who reads the run anew reads what is there")
	require.Equal(t, "another 7", s.Output)
	s, err = r.Sample(0)
	require.NoError(t, err)
	require.Equal(t, "answer 0", s.Output)

	require.NoError(t, os.Remove(path))
	_, err = r.Samples()
	require.ErrorContains(t, err, "samples.jsonl has records of 0 of the 20 samples that it finished")
	_, err = r.Sample(7)
	require.ErrorContains(t, err, "no finished sample 7 (0 are finished)")
}

// What a filter makes of a run is counted as its samples come, and anew when its
// records were replaced.
func TestCountsFollowTheRecords(t *testing.T) {
	r, err := recordsOf(t, 20).By("strict")
	require.NoError(t, err)
	counts := func(wantDone, wantCorrect int) {
		t.Helper()
		done, unjudged, correct, err := r.counted()
		require.NoError(t, err)
		require.Equal(t, []int{wantDone, 0, wantCorrect}, []int{done, unjudged, correct})
	}
	counts(20, 7)
	counts(20, 7)
	path := filepath.Join(r.Dir(), samplesFile)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	s, err := r.Sample(0)
	require.NoError(t, err)
	s.Index = 20
	line, err := json.Marshal(s)
	require.NoError(t, err)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	_, err = f.Write(append(line, '\n'))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	counts(21, 8)
	require.NoError(t, replaceFile(path, bytes.ReplaceAll(text, []byte(`{"filter":"strict","answer":"A","correct":true}`), []byte(`{"filter":"strict","answer":"A","correct":false}`))))
	counts(20, 0)
}

func TestOneRecordIsOneValue(t *testing.T) {
	line, err := json.Marshal(exampleSample())
	require.NoError(t, err)
	_, err = parseRecord(append(line, ' '))
	require.NoError(t, err)
	_, err = parseRecord(append(line, " {}"...))
	require.ErrorContains(t, err, "not the record of a sample: something follows it: \"{}\"")
	for _, value := range []string{`"1"`, `true`, `{}`, `[1]`, `1e400`, `"nan"`} {
		_, err = parseRecord(bytes.Replace(line, []byte(`"margin":`), []byte(`"margin":`+value+`,"m":`), 1))
		require.Error(t, err, value)
	}
}
