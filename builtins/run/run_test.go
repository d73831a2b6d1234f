package run

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func TestARunRecordsEverySampleWithItsLogits(t *testing.T) {
	r := executed(t, testSpec(dataset(t, 30), map[string]any{"nan_at": 7}), testOptions(t))

	samples, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, 60)
	e := &hashEngine{vocab: tokenCount}
	for i, s := range samples {
		require.Equal(t, i, s.Index)
		ids, err := r.PromptTokens(i)
		require.NoError(t, err)
		require.EqualValues(t, tokenBOS, ids[0])
		row, err := r.LogitRow(i)
		require.NoError(t, err)
		if i == 7 {
			require.Equal(t, 1, s.NaN)
			continue
		}
		require.Equal(t, e.row(ids), row)
		require.Equal(t, strings.TrimSpace(s.Output) == s.Ref, s.Correct)
		require.Equal(t, s.Correct, s.Margin > 0, "the right letter leads exactly when the answer is right")
		require.Equal(t, row[tokenLetterA:tokenCount], s.Letters)
		require.Len(t, s.Top, topCount)
		require.Equal(t, s.Max, s.Top[0].Logit)
	}
	texts, err := r.TokenTexts()
	require.NoError(t, err)
	require.Equal(t, "n", texts['n'])

	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Done, state.Status)
	require.Equal(t, 60, state.Done)
	require.Equal(t, "hash", r.Spec().Engine.Engine)
	require.Equal(t, 60, r.Spec().Prompts.Count)
}

func TestParallelLaunchesGetDirectoriesOfTheirOwn(t *testing.T) {
	options, spec := testOptions(t), testSpec(dataset(t, 5), nil)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			r, err := Launch(t.Context(), spec, options)
			if err == nil {
				err = r.Wait(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	runs, err := List(options.Root)
	require.NoError(t, err)
	require.Len(t, runs, 6)
	for _, r := range runs {
		samples, err := r.Samples()
		require.NoError(t, err)
		require.Len(t, samples, 10)
		require.Contains(t, r.Name(), "hash-engine")
	}
}

func TestTheSecondExecutorIsRefusedAndReadersAreNot(t *testing.T) {
	options := testOptions(t)
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), options)
	until(t, r, 10)

	err := Execute(t.Context(), r.Dir(), openHashEngine)
	require.ErrorIs(t, err, ErrExecuting)
	require.ErrorContains(t, err, r.Dir())
	require.ErrorIs(t, r.Resume(t.Context(), options), ErrExecuting)

	reader, err := Attach(r.Dir())
	require.NoError(t, err)
	samples, err := reader.Samples()
	require.NoError(t, err)
	require.Len(t, samples, 10)
	state, err := reader.State()
	require.NoError(t, err)
	require.Equal(t, Running, state.Status)
}

func TestACancelledRunKeepsItsSamplesAndResumes(t *testing.T) {
	options := testOptions(t)
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), options)
	until(t, r, 10)
	require.NoError(t, r.Cancel())
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Cancelled, state.Status)
	require.Equal(t, 10, state.Done)
	require.ErrorContains(t, r.Wait(t.Context()), "cancelled after 10 of 40 samples")

	require.NoError(t, r.Resume(t.Context(), options))
	state, err = r.State()
	require.NoError(t, err)
	require.False(t, state.Status.Ended())
	require.NoError(t, r.Cancel())
	require.NoError(t, r.Cancel(), "a run that ended needs no cancelling")
}

func TestAFailureIsRecordedWithItsReason(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]any
		want     string
	}{
		"engine fails":    {map[string]any{"fail_at": 4}, "device lost"},
		"engine panics":   {map[string]any{"panic_at": 4}, "the engine panicked: index out of range"},
		"unknown setting": {map[string]any{"vocabulary": 4}, "setting vocabulary"},
		"no vocabulary":   {map[string]any{"vocab": -1}, "vocabulary has -1 tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			r := launch(t, testSpec(dataset(t, 5), c.settings), testOptions(t))
			require.ErrorContains(t, r.Wait(deadline(t)), c.want)
			state, err := r.State()
			require.NoError(t, err)
			require.Equal(t, Failed, state.Status)
			require.Contains(t, state.Error, c.want)
			samples, err := r.Samples()
			require.NoError(t, err)
			require.Len(t, samples, state.Done)
		})
	}
}

func TestADeploymentWithoutAModelIsRefused(t *testing.T) {
	options := testOptions(t)
	_, err := Launch(t.Context(), Spec{Task: testSpec(dataset(t, 3), nil).Task}, options)
	require.ErrorContains(t, err, "the deployment names no model")
	entries, err := os.ReadDir(options.Root)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestAProcessThatCannotStartFailsTheRun(t *testing.T) {
	options := testOptions(t)
	options.Command = []string{filepath.Join(t.TempDir(), "missing")}
	r, err := Launch(t.Context(), testSpec(dataset(t, 5), nil), options)
	require.ErrorContains(t, err, "start its process")
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Failed, state.Status)
}

func TestAProcessThatDiesAtOnceLeavesItsLastWords(t *testing.T) {
	options := testOptions(t)
	options.Command = []string{"/bin/sh", "-c", "echo no such library >&2; exit 127"}
	r := launch(t, testSpec(dataset(t, 5), nil), options)
	require.ErrorContains(t, r.Wait(deadline(t)), "no such library")
}

func TestSettingsAreFrozenAtLaunch(t *testing.T) {
	config := filepath.Join(t.TempDir(), "ad.yaml")
	require.NoError(t, os.WriteFile(config, []byte("vocab: 300\n"), 0o644))
	spec := testSpec(dataset(t, 5), map[string]any{"work": 1})
	spec.Deployment.Config = config
	r := executed(t, spec, testOptions(t))
	row, err := r.LogitRow(0)
	require.NoError(t, err)
	require.Len(t, row, 300)
	attached, err := Attach(r.Dir())
	require.NoError(t, err)
	require.Equal(t, map[string]any{"vocab": 300, "work": 1}, attached.Spec().Settings)
	require.Equal(t, engine.Deployment{Name: "hash engine", Model: "none", Args: map[string]any{"vocab": 300, "work": 1}}, attached.Spec().deployment(attached.Dir()))
}

func TestNumbersOfTheSettingsKeepTheirKind(t *testing.T) {
	settings := map[string]any{"n": 2, "whole": 2.0, "part": 0.5, "list": []any{1.0, 1}, "deep": map[string]any{"x": 1e20}}
	spec, err := testSpec("data", settings).freeze(time.Now())
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, writeSpec(dir, spec))
	back, err := readSpec(dir)
	require.NoError(t, err)
	require.Equal(t, settings, back.Settings)
	require.Equal(t, settings, back.Deployment.Args)
}

func TestListPassesOverWhatIsNoRunAndNamesWhatIsBroken(t *testing.T) {
	options := testOptions(t)
	good := executed(t, testSpec(dataset(t, 3), nil), options)
	require.NoError(t, os.Mkdir(filepath.Join(options.Root, "notes"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(options.Root, "notes.txt"), []byte("none is wrong"), 0o644))
	old := filepath.Join(options.Root, "old")
	require.NoError(t, os.Mkdir(old, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(old, specFile), []byte(`{"format": 99}`), 0o644))

	runs, err := List(options.Root)
	require.ErrorContains(t, err, "run directory of format 99")
	require.ErrorContains(t, err, old)
	require.Len(t, runs, 1)
	require.Equal(t, good.Dir(), runs[0].Dir())

	runs, err = List(filepath.Join(options.Root, "nowhere"))
	require.NoError(t, err)
	require.Empty(t, runs)
}

func TestRootFollowsTheEnvironment(t *testing.T) {
	t.Setenv("ADKERNEL_RUNS", "/r")
	root, err := Root()
	require.NoError(t, err)
	require.Equal(t, "/r", root)
	t.Setenv("ADKERNEL_RUNS", "")
	t.Setenv("XDG_DATA_HOME", "/data")
	root, err = Root()
	require.NoError(t, err)
	require.Equal(t, "/data/adkernel/runs", root)
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "/home/x")
	root, err = Root()
	require.NoError(t, err)
	require.Equal(t, "/home/x/.local/share/adkernel/runs", root)
}

func TestTheOverviewReadsStatesAndNothingElseOfRunsThatEnded(t *testing.T) {
	options := testOptions(t)
	done := executed(t, testSpec(dataset(t, 5), nil), options)
	failed := launch(t, testSpec(dataset(t, 5), map[string]any{"fail_at": 4}), options)
	require.Error(t, failed.Wait(deadline(t)))
	stalled := launch(t, testSpec(dataset(t, 5), map[string]any{"stall_at": 3}), options)
	until(t, stalled, 3)
	samples, err := done.Samples()
	require.NoError(t, err)
	right := 0
	for _, s := range samples {
		if s.Correct {
			right++
		}
	}
	require.NoError(t, os.Remove(filepath.Join(done.Dir(), samplesFile)))
	require.NoError(t, os.Remove(filepath.Join(done.Dir(), specFile)))
	require.NoError(t, os.Mkdir(filepath.Join(options.Root, "notes"), 0o755))
	broken := filepath.Join(options.Root, "broken")
	require.NoError(t, os.Mkdir(broken, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(broken, stateFile), []byte("{"), 0o644))

	f, err := Overview(options.Root)
	require.ErrorContains(t, err, filepath.Join(broken, stateFile))
	require.NotContains(t, err.Error(), "notes")
	require.Equal(t, 3, f.Len())
	row, err := f.Row(0)
	require.NoError(t, err)
	require.Equal(t, "hash engine", row["deployment"])
	require.Equal(t, "mmlu", row["task"])
	require.EqualValues(t, "done", row["status"])
	require.EqualValues(t, 10, row["done"])
	require.InDelta(t, 10*float64(right), row["accuracy"], 1e-9)
	row, err = f.Row(1)
	require.NoError(t, err)
	require.EqualValues(t, "failed", row["status"])
	require.EqualValues(t, 4, row["done"])
	row, err = f.Row(2)
	require.NoError(t, err)
	require.EqualValues(t, "running", row["status"])
	require.EqualValues(t, 3, row["done"])

	// A state that an earlier version wrote says less.
	state, err := readState(failed.Dir())
	require.NoError(t, err)
	state.Label, state.Correct = "", 0
	require.NoError(t, writeState(failed.Dir(), state))
	again, err := Overview(options.Root)
	require.Error(t, err)
	old, err := again.Row(1)
	require.NoError(t, err)
	require.Equal(t, "hash engine", old["deployment"])

	f, err = Overview(filepath.Join(options.Root, "nowhere"))
	require.NoError(t, err)
	require.Zero(t, f.Len())
}
