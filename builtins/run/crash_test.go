package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKilledFortyTimesNothingIsTornRepeatedOrLost(t *testing.T) {
	options := testOptions(t)
	spec := testSpec(dataset(t, 600), map[string]any{"vocab": 4096, "work": 20})
	r := launch(t, spec, options)
	rng := rand.New(rand.NewPCG(1, 2))
	finished := 0
	for round := range 40 {
		until(t, r, finished+1+rng.IntN(8))
		kill(t, r)
		samples, err := r.Samples()
		require.NoError(t, err, "round %d", round)
		require.Greater(t, len(samples), finished, "round %d", round)
		for _, s := range samples[finished:] {
			_, err := r.LogitRow(s.Index)
			require.NoError(t, err, "round %d", round)
		}
		finished = len(samples)
		require.NoError(t, r.Resume(t.Context(), options))
	}
	require.Less(t, finished, 1200, "the run ended before the last kill")
	require.NoError(t, r.Wait(deadline(t)))

	// The engine answers in order, so the files must be those of a run that
	// nobody killed, byte for byte.
	whole := executed(t, spec, options)
	for _, name := range []string{samplesFile, filepath.Join(logitsDir, rowsFile), promptsFile} {
		want, err := os.ReadFile(filepath.Join(whole.Dir(), name))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(r.Dir(), name))
		require.NoError(t, err)
		require.Truef(t, string(want) == string(got), "%s differs: %d bytes, want %d", name, len(got), len(want))
	}
}

// kill ends the run's process as a power button would.
func kill(t *testing.T, r *Run) {
	t.Helper()
	require.NoError(t, r.signal(syscall.SIGKILL))
	require.ErrorContains(t, r.Wait(deadline(t)), "was killed")
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Interrupted, state.Status)
}

// half returns a run that stopped in the middle with an error, and what
// resumes it to the end: its settings without the error.
func half(t *testing.T) (*Run, func()) {
	t.Helper()
	options := testOptions(t)
	r := launch(t, testSpec(dataset(t, 10), map[string]any{"fail_at": 12}), options)
	require.ErrorContains(t, r.Wait(deadline(t)), "device lost")
	return r, func() {
		t.Helper()
		spec := r.Spec()
		spec.Settings = nil
		require.NoError(t, writeSpec(r.Dir(), spec))
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Wait(deadline(t)))
		samples, err := r.Samples()
		require.NoError(t, err)
		require.Len(t, samples, 20)
		for i, s := range samples {
			require.Equal(t, i, s.Index)
			_, err := r.LogitRow(i)
			require.NoError(t, err)
		}
	}
}

func appendTo(t *testing.T, data string, path ...string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(path...), os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteString(data)
	require.NoError(t, err)
}

func TestATornLastLineIsInvisibleAndCutOffByResume(t *testing.T) {
	r, finish := half(t)
	appendTo(t, `{"index":12,"subj`, r.Dir(), samplesFile)
	samples, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, 12)
	finish()
}

func TestOrphanLogitsAreCutOffByResume(t *testing.T) {
	r, finish := half(t)
	appendTo(t, string(make([]byte, 4*tokenCount+17)), r.Dir(), logitsDir, rowsFile)
	finish()
	info, err := os.Stat(filepath.Join(r.Dir(), logitsDir, rowsFile))
	require.NoError(t, err)
	require.EqualValues(t, 20*4*tokenCount, info.Size())
}

func TestADamagedLineIsAnErrorUntilResumeComputesItsSampleAgain(t *testing.T) {
	r, finish := half(t)
	appendTo(t, "garbage\n", r.Dir(), samplesFile)
	_, err := r.Samples()
	require.ErrorContains(t, err, "samples.jsonl: line 13: not the record of a sample")
	finish()
}

func TestARepeatedSampleIsAnErrorUntilResumeDropsIt(t *testing.T) {
	r, finish := half(t)
	sample, err := r.Sample(3)
	require.NoError(t, err)
	line, err := json.Marshal(sample)
	require.NoError(t, err)
	appendTo(t, string(line)+"\n", r.Dir(), samplesFile)
	_, err = r.Samples()
	require.ErrorContains(t, err, "sample 3 is recorded twice")
	finish()
}

func TestADamagedLogitRowIsNamedAndComputedAgainByResume(t *testing.T) {
	r, finish := half(t)
	f, err := os.OpenFile(filepath.Join(r.Dir(), logitsDir, rowsFile), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte{1, 2, 3}, 5*4*tokenCount+40)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = r.LogitRow(5)
	require.ErrorContains(t, err, "sample 5")
	require.ErrorContains(t, err, "row 5 has CRC32")
	_, err = r.LogitRow(4)
	require.NoError(t, err)
	finish()
}

func TestLostLogitRowsAreComputedAgainByResume(t *testing.T) {
	r, finish := half(t)
	require.NoError(t, os.Truncate(filepath.Join(r.Dir(), logitsDir, rowsFile), 7*4*tokenCount+9))
	_, err := r.LogitRow(11)
	require.ErrorContains(t, err, "row 11: the file ends before it does")
	finish()
}

func TestARunThatWasDoneAndIsDamagedIsNotTakenForWhole(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		want   string // of Wait; "" when only resuming notices
	}{
		"records gone": {func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, samplesFile)))
		}, "has records of 0 of the 20 samples"},
		"last record torn": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, samplesFile)
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(path, info.Size()-9))
		}, "has records of 19 of the 20 samples"},
		"garbage in the records": {func(t *testing.T, dir string) {
			appendTo(t, "garbage\n", dir, samplesFile)
		}, "line 21: not the record of a sample"},
		"logit rows torn": {func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, logitsDir, rowsFile), 100))
		}, ""},
		"logits' header gone": {func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, logitsDir, headerFile)))
		}, ""},
		"prompts torn": {func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, promptsFile), 100))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			options := testOptions(t)
			done := executed(t, testSpec(dataset(t, 10), nil), options)
			c.damage(t, done.Dir())
			r, err := Attach(done.Dir())
			require.NoError(t, err)
			if c.want != "" {
				require.ErrorContains(t, r.Wait(deadline(t)), c.want)
				_, err = r.Samples()
				require.ErrorContains(t, err, c.want, "what is left is not the run")
			}
			require.NoError(t, r.Resume(t.Context(), options))
			require.NoError(t, r.Wait(deadline(t)))
			require.NoError(t, r.damage(20))
		})
	}
}

// Without its state nobody knows whether the records are all of them.
func TestARunThatLostItsStateIsNotReadUntilItIsResumed(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"gone": os.Remove,
		"torn": func(path string) error { return os.Truncate(path, 40) },
	} {
		t.Run(name, func(t *testing.T) {
			options := testOptions(t)
			r := executed(t, testSpec(dataset(t, 10), nil), options)
			cutAfter(t, r, 12)
			require.NoError(t, lose(filepath.Join(r.Dir(), stateFile)))
			const want = "state.json"
			_, err := r.State()
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "resume the run")
			_, err = r.Samples()
			require.ErrorContains(t, err, want)
			_, err = Overview(options.Root)
			require.ErrorContains(t, err, want)

			require.NoError(t, r.Resume(t.Context(), options))
			require.NoError(t, r.Wait(deadline(t)))
			require.NoError(t, r.damage(20))
			f, err := Overview(options.Root)
			require.NoError(t, err)
			row, err := f.Row(0)
			require.NoError(t, err)
			require.Equal(t, "hash engine", row["deployment"])
			require.EqualValues(t, 20, row["done"])
		})
	}
}

// What cannot be read now is not lost, and resuming must not cut it off.
func TestRecordsThatCannotBeReadAreNotTakenForTorn(t *testing.T) {
	s := &store{}
	_, _, _, err := s.readWhole(t.TempDir(), nil, t.Logf) // is a directory
	require.ErrorIs(t, err, syscall.EISDIR)
}

func TestADamagedPromptIsNotReturned(t *testing.T) {
	r, _ := half(t)
	f, err := os.OpenFile(filepath.Join(r.Dir(), promptsFile), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte{9}, 8)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = r.PromptTokens(0)
	require.ErrorContains(t, err, "the file was damaged")
}

func TestResumeRefusesOtherPromptsAndOtherEngines(t *testing.T) {
	t.Run("prompts", func(t *testing.T) {
		r, _ := half(t)
		writeCSV(t, filepath.Join(r.Spec().Task.Dataset, "test", "virology_test.csv"), "other", 10)
		require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), "the prompts are not those that the run began with")
		samples, err := r.Samples()
		require.NoError(t, err)
		require.Len(t, samples, 12)
	})
	t.Run("engine", func(t *testing.T) {
		r, _ := half(t)
		spec := r.Spec()
		spec.Settings = map[string]any{"vocab": 999}
		require.NoError(t, writeSpec(r.Dir(), spec))
		require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), "the engine is not the one that the run began with: the vocabulary's size was \"261\" and is \"999\"; launch a new run")
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, Failed, state.Status)
		require.Equal(t, 12, state.Done)
	})
}

func TestAnotherFormatIsRefused(t *testing.T) {
	r, _ := half(t)
	path := filepath.Join(r.Dir(), specFile)
	require.NoError(t, os.WriteFile(path, []byte(`{"format": 2, "anything": true}`), 0o644))
	_, err := Attach(r.Dir())
	require.EqualError(t, err, fmt.Sprintf("%s: run directory of format 2: this program reads and writes format 1; use the version that wrote it", path))
	require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), "format 2")
	_, err = Attach(t.TempDir())
	require.ErrorContains(t, err, "holds no run")
}

// cutAfter leaves the first lines of a run's records.
func cutAfter(t *testing.T, r *Run, lines int) {
	t.Helper()
	path := filepath.Join(r.Dir(), samplesFile)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	kept := bytes.Join(bytes.SplitAfter(text, []byte("\n"))[:lines], nil)
	require.NoError(t, os.WriteFile(path, kept, 0o644))
}

func TestWhatWasHalfWrittenIsSweptByResume(t *testing.T) {
	r, finish := half(t)
	left, others := []string{".state.json.3141", ".samples.jsonl.59"}, []string{".verdicts.jsonl.26", ".start-ABC", ".mine", "notes.5"}
	for _, name := range append(left, others...) {
		require.NoError(t, os.WriteFile(filepath.Join(r.Dir(), name), []byte("half"), 0o644))
	}
	finish()
	for _, name := range left {
		require.NoFileExists(t, filepath.Join(r.Dir(), name))
	}
	for _, name := range others {
		require.FileExists(t, filepath.Join(r.Dir(), name))
	}
}
