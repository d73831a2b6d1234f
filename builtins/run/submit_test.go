package run

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
)

// slowSbatch puts an sbatch on the PATH that counts how often it is called and
// answers once the returned function was: Slurm's own under load, which no
// test can slow down. squeue says that the job waits.
func slowSbatch(t *testing.T) (called func() int, answer func()) {
	t.Helper()
	dir := t.TempDir()
	calls, let := filepath.Join(dir, "calls"), filepath.Join(dir, "let")
	for name, body := range map[string]string{
		"sbatch": fmt.Sprintf("echo >>%s; until [ -e %s ]; do sleep 0.02; done; wc -l <%[1]s", calls, let),
		"squeue": "echo 'PENDING|Priority|||0|'",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	called = func() int {
		text, _ := os.ReadFile(calls)
		return strings.Count(string(text), "\n")
	}
	return called, func() { require.NoError(t, os.WriteFile(let, nil, 0o644)) }
}

// failedLongAgo is a run on Slurm that was launched an hour ago and failed.
func failedLongAgo(t *testing.T) *Run {
	t.Helper()
	r, held, err := prepareRun(t.Context(), slurmSpec(dataset(t, 3), nil, cluster.Slurm{}), testOptions(t))
	require.NoError(t, err)
	require.NoError(t, held.Close())
	state, err := readState(r.Dir())
	require.NoError(t, err)
	state.Status, state.Error, state.Created = Failed, "the node failed", time.Now().Add(-time.Hour)
	require.NoError(t, writeState(r.Dir(), state))
	return r
}

func TestARunIsNotSubmittedTwice(t *testing.T) {
	called, answer := slowSbatch(t)
	r := failedLongAgo(t)
	submitted := make(chan error, 1)
	go func() { submitted <- r.Resume(t.Context(), testOptions(t)) }()
	require.Eventually(t, func() bool { return called() == 1 }, time.Minute, 10*time.Millisecond)

	other, err := Attach(r.Dir())
	require.NoError(t, err)
	require.ErrorIs(t, other.Resume(t.Context(), testOptions(t)), ErrExecuting)
	state, err := other.State()
	require.NoError(t, err)
	require.Equal(t, Queued, state.Status)
	require.Equal(t, beingSubmitted, state.Doing)
	require.ErrorContains(t, other.Cancel(), "its job is not known yet: cancel it in a moment")

	answer()
	require.NoError(t, <-submitted)
	require.Equal(t, 1, called())
	job, err := readJob(r.Dir())
	require.NoError(t, err)
	require.Equal(t, "1", job.ID)
	require.ErrorIs(t, other.Resume(t.Context(), testOptions(t)), ErrExecuting)
	state, err = other.State()
	require.NoError(t, err)
	require.Contains(t, state.Doing, "PENDING (Priority)")

	// A reader on another machine may see neither the lock nor the job yet.
	require.NoError(t, os.Remove(filepath.Join(r.Dir(), jobFile)))
	state, err = other.State()
	require.NoError(t, err)
	require.Equal(t, Queued, state.Status)
	state.Submitting = time.Now().Add(-time.Hour)
	state, err = other.jobState(state)
	require.NoError(t, err)
	require.Equal(t, Interrupted, state.Status)
}

func TestEveryRunOfARefusedArraySaysWhyOnce(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sbatch"), []byte("#!/bin/sh\necho 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2\nexit 1\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	runs, err := LaunchAll(t.Context(), repeat(slurmSpec(dataset(t, 3), nil, cluster.Slurm{}), 4), testOptions(t))
	require.Len(t, runs, 4)
	for i, r := range runs {
		want := fmt.Sprintf("run %s: Slurm refused the job: sbatch: sbatch: error: QOSMaxSubmitJobPerUserLimit", r.Name())
		state, stateErr := r.State()
		require.NoError(t, stateErr)
		require.Equal(t, Failed, state.Status)
		require.Equal(t, want, state.Error)
		if i == 0 {
			require.EqualError(t, err, want)
		}
	}
}

// An array of which one run cannot be made is not submitted, and no run of it is
// said to wait for Slurm.
func TestAnArrayThatCannotBeMadeWholeIsNotSubmitted(t *testing.T) {
	called, answer := slowSbatch(t)
	answer()
	specs := repeat(slurmSpec(dataset(t, 3), nil, cluster.Slurm{}), 3)
	specs[2].Deployment.Patch = "/nowhere/fix.py"
	runs, err := LaunchAll(t.Context(), specs, testOptions(t))
	require.ErrorContains(t, err, "deployment hash engine: patch: open /nowhere/fix.py")
	require.Zero(t, called())
	require.Len(t, runs, 2)
	for _, r := range runs {
		state, stateErr := r.State()
		require.NoError(t, stateErr)
		require.Equal(t, Failed, state.Status)
		require.Equal(t, "run "+r.Name()+": not submitted, as another run of its array cannot be made: "+err.Error(), state.Error)
		require.Empty(t, state.Doing)
		require.NoError(t, r.Cancel(), "there is nothing to cancel")
	}
}

func TestAnArrayOfWhichOneRunCannotBeAnnouncedIsNotSubmitted(t *testing.T) {
	called, answer := slowSbatch(t)
	answer()
	var array []submission
	for range 2 {
		r, held, err := prepareRun(t.Context(), slurmSpec(dataset(t, 3), nil, cluster.Slurm{}), testOptions(t))
		require.NoError(t, err)
		array = append(array, submission{r, held})
	}
	require.NoError(t, os.WriteFile(filepath.Join(array[1].run.Dir(), stateFile), []byte("{"), 0o644))
	err := submit(t.Context(), cluster.Slurm{}, array, nil)
	require.ErrorContains(t, err, "not submitted, as "+array[1].run.Name()+" cannot be written: ")
	require.Zero(t, called())
	for _, s := range array {
		require.NoError(t, s.held.Close())
	}
	state, err := array[0].run.State()
	require.NoError(t, err)
	require.Equal(t, Failed, state.Status)
	require.Contains(t, state.Error, "not submitted, as "+array[1].run.Name()+" cannot be written: ")
}

func TestARunThatCannotBeResumedKeepsWhatWasRecorded(t *testing.T) {
	r, _ := half(t)
	before, err := r.State()
	require.NoError(t, err)
	err = r.Resume(t.Context(), Options{Command: []string{filepath.Join(t.TempDir(), "absent")}})
	require.ErrorContains(t, err, "start its process")
	after, stateErr := r.State()
	require.NoError(t, stateErr)
	before.Error = err.Error()
	require.Equal(t, before, after)
	require.Equal(t, 12, after.Done)
	require.Equal(t, 20, after.Total)
}

// An sbatch that is interrupted may have submitted its job.
func TestAJobThatNobodyKnowsOfLeavesTheRunAlone(t *testing.T) {
	called, answer := slowSbatch(t)
	r := failedLongAgo(t)
	ctx, interrupt := context.WithCancel(t.Context())
	submitted := make(chan error, 1)
	go func() { submitted <- r.Resume(ctx, testOptions(t)) }()
	require.Eventually(t, func() bool { return called() == 1 }, time.Minute, 10*time.Millisecond)
	interrupt()
	require.ErrorContains(t, <-submitted, "not submitted: sbatch was interrupted: context canceled")
	requireStatus(t, Failed, r)

	t.Setenv("SLURM_JOB_ID", "1")
	require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), "job 1 does not execute it, as it was not known to be submitted")
	requireStatus(t, Failed, r)

	answer() // the next one is job 2
	require.NoError(t, r.Resume(t.Context(), testOptions(t)))
	require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), "job 1 does not execute it, as job 2 does")
	requireStatus(t, Queued, r)
	t.Setenv("SLURM_JOB_ID", "2")
	require.NoError(t, Execute(t.Context(), r.Dir(), openHashEngine))
	requireStatus(t, Done, r)
}
