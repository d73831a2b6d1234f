package run

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/builtins/cluster/slurmtest"
)

func sh(t *testing.T, command string) string {
	t.Helper()
	out, err := exec.Command("/bin/bash", "-c", command).CombinedOutput()
	require.NoError(t, err, "%s: %s", command, out)
	return strings.TrimSpace(string(out))
}

func slurmSpec(dataset string, settings map[string]any, on cluster.Slurm) Spec {
	spec := testSpec(dataset, settings)
	spec.Deployment.On = on
	return spec
}

// patience is for jobs that wait for each other, and for a node that Slurm
// still cleans up.
func patience(t testing.TB) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(stop)
	return ctx
}

// untilState polls the run until it looks so.
func untilState(t testing.TB, r *Run, what string, ok func(State) bool) State {
	t.Helper()
	ctx := patience(t)
	for {
		state, err := r.State()
		require.NoError(t, err)
		if ok(state) {
			return state
		}
		require.NoErrorf(t, ctx.Err(), "waiting for %s: the state is %+v", what, state)
		time.Sleep(50 * time.Millisecond)
	}
}

func processOf(t testing.TB, r *Run) string {
	t.Helper()
	e, err := readExecutor(filepath.Join(r.Dir(), lockFile))
	require.NoError(t, err)
	return fmt.Sprint(e.pid)
}

// sameAsUndisturbed makes sure that a run which was stopped and went on has
// the files of one that was not.
func sameAsUndisturbed(t *testing.T, r *Run) {
	t.Helper()
	spec := r.Spec()
	spec.Deployment.On = nil
	spec.Settings = maps.Clone(spec.Settings)
	delete(spec.Settings, "delay")
	whole := executed(t, spec, testOptions(t))
	for _, name := range []string{samplesFile, filepath.Join(logitsDir, rowsFile)} {
		want, err := os.ReadFile(filepath.Join(whole.Dir(), name))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(r.Dir(), name))
		require.NoError(t, err)
		require.Truef(t, string(want) == string(got), "%s differs: %d bytes, want %d", name, len(got), len(want))
	}
}

// TestSlurm has one cluster for all that can happen on it. What takes a minute
// by itself goes on meanwhile.
func TestSlurm(t *testing.T) {
	slurm := slurmtest.Start(t)
	t.Setenv("BASH_FUNC_module%%", `() { echo "module $*"; [ "$2" != absent ]; }`)
	data := dataset(t, 60)
	slow := map[string]any{"vocab": 4096, "delay": 100}
	options := testOptions(t)
	options.Root = filepath.Join(options.Root, "runs of 100% it's")

	limited := launch(t, slurmSpec(data, map[string]any{"stall_at": 5}, cluster.Slurm{Time: "1", Extra: []string{"--nodelist=n2", "--oversubscribe"}}), options)

	t.Run("a run is a job with modules, a prelude, a container and GPUs", func(t *testing.T) {
		r := launch(t, slurmSpec(data, nil, cluster.Slurm{GPUs: 2, CPUs: 1, Memory: "100", Modules: []string{"cuda/12.4"}, Prelude: []string{"echo prelude in $PWD sees GPU $CUDA_VISIBLE_DEVICES"},
			Container: []string{"env", "CONTAINER=with spaces"}, Extra: []string{"--nodelist=n1"}}), options)
		require.NoError(t, r.Wait(patience(t)))
		log, err := os.ReadFile(filepath.Join(r.Dir(), logFile))
		require.NoError(t, err)
		require.Contains(t, string(log), "module load cuda/12.4\nprelude in "+r.Dir()+" sees GPU 0,1\n")
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, 120, state.Done)
		sameAsUndisturbed(t, r)
		require.NoError(t, r.Cancel(), "a run that ended stays as it is")
	})

	t.Run("preempted, it is requeued and goes on", func(t *testing.T) {
		r := launch(t, slurmSpec(data, slow, cluster.Slurm{Extra: []string{"--nodelist=n1"}}), options)
		until(t, r, 10)
		urgent := sh(t, `sbatch --parsable --partition=urgent --nodelist=n1 --output=/dev/null --wrap "sleep 4"`)
		untilState(t, r, "the requeue", func(s State) bool {
			return s.Status == Queued && strings.Contains(s.Doing, "PENDING") && strings.Contains(s.Doing, "requeued 1 times")
		})
		samples, err := r.Samples()
		require.NoError(t, err)
		require.Less(t, len(samples), 120)
		require.ErrorIs(t, r.Resume(t.Context(), options), ErrExecuting, "it waits: nothing to resume")
		startNow(t, r)
		require.NoError(t, r.Wait(patience(t)), "urgent job %s", urgent)
		state, err := r.State()
		require.NoError(t, err)
		require.GreaterOrEqual(t, state.Resumed, 10)
		sameAsUndisturbed(t, r)
	})

	t.Run("cancelled, it keeps its samples and is resumed", func(t *testing.T) {
		r := launch(t, slurmSpec(data, slow, cluster.Slurm{Extra: []string{"--nodelist=n1"}}), options)
		until(t, r, 5)
		require.NoError(t, r.Cancel())
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, Cancelled, state.Status)
		require.GreaterOrEqual(t, state.Done, 5)
		stored, err := readState(r.Dir())
		require.NoError(t, err)
		require.Equal(t, Cancelled, stored.Status)
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Wait(patience(t)))
		sameAsUndisturbed(t, r)
	})

	t.Run("cancelled by somebody else while it waits", func(t *testing.T) {
		r := launch(t, slurmSpec(data, nil, cluster.Slurm{Extra: []string{"--begin=now+1hour"}}), options)
		state := untilState(t, r, "the queue", func(s State) bool { return strings.Contains(s.Doing, "PENDING (BeginTime)") })
		require.Equal(t, Queued, state.Status)
		job, err := readJob(r.Dir())
		require.NoError(t, err)
		sh(t, "scancel "+job.ID)
		require.ErrorContains(t, r.Wait(patience(t)), "cancelled after 0 of 0 samples")
	})

	t.Run("its process killed", func(t *testing.T) {
		r := launch(t, slurmSpec(data, slow, cluster.Slurm{Extra: []string{"--nodelist=n1"}}), options)
		until(t, r, 5)
		sh(t, "kill -KILL "+processOf(t, r))
		err := r.Wait(patience(t))
		require.ErrorContains(t, err, "killed by signal 9")
		require.ErrorContains(t, err, "finished samples are kept")
		stored, err := readState(r.Dir())
		require.NoError(t, err)
		require.Equal(t, Failed, stored.Status)
		require.NotEmpty(t, stored.Error)
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Wait(patience(t)))
		sameAsUndisturbed(t, r)
	})

	t.Run("a failure of the engine is the engine's", func(t *testing.T) {
		r := launch(t, slurmSpec(data, map[string]any{"fail_at": 4}, cluster.Slurm{}), options)
		require.ErrorContains(t, r.Wait(patience(t)), "device lost")
	})

	for name, c := range map[string]struct {
		on   cluster.Slurm
		want string
	}{
		"a prelude that fails":     {cluster.Slurm{Prelude: []string{"echo no such environment", "exit 3"}}, "exit status 3; 0 finished samples are kept; last line of log.txt: no such environment"},
		"a prelude that goes on":   {cluster.Slurm{Prelude: []string{"source /no/where/activate", "echo on"}}, "or a line of the Prelude failed"},
		"a module that is absent":  {cluster.Slurm{Modules: []string{"absent"}}, "a module could not be loaded"},
		"a command that is absent": {cluster.Slurm{Container: []string{"/no/such/apptainer"}}, "the command was not found on the node"},
		"an end before the run":    {cluster.Slurm{Prelude: []string{"exit 0"}}, "ended before the run did"},
	} {
		t.Run(name, func(t *testing.T) {
			r := launch(t, slurmSpec(data, nil, c.on), options)
			require.ErrorContains(t, r.Wait(patience(t)), c.want)
			state, err := r.State()
			require.NoError(t, err)
			require.Equal(t, Failed, state.Status)
		})
	}

	t.Run("one that can never start says so", func(t *testing.T) {
		r := launch(t, slurmSpec(data, nil, cluster.Slurm{Nodes: 40}), options)
		untilState(t, r, "the reason", func(s State) bool {
			return strings.Contains(s.Doing, "the partition has no such nodes, so it may never start")
		})
		require.NoError(t, r.Cancel())
	})

	for name, c := range map[string]struct {
		on   cluster.Slurm
		want string
	}{
		"no such partition": {cluster.Slurm{Partition: "absent"}, "invalid partition specified"},
		"too much memory":   {cluster.Slurm{Memory: "900T"}, "Slurm refused the job"},
		"an unknown option": {cluster.Slurm{Extra: []string{"--absent"}}, "unrecognized option"},
		"two words":         {cluster.Slurm{Time: "1 hour"}, "want one word"},
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			r, err := Launch(t.Context(), slurmSpec(data, nil, c.on), options)
			require.ErrorContains(t, err, c.want)
			if r != nil {
				stored, err := readState(r.Dir())
				require.NoError(t, err)
				require.Equal(t, Failed, stored.Status)
				require.Contains(t, stored.Error, c.want)
			}
		})
	}

	t.Run("a closed queue", func(t *testing.T) {
		sh(t, "scontrol update PartitionName=brief State=DRAIN")
		_, err := Launch(t.Context(), slurmSpec(data, nil, cluster.Slurm{Partition: "brief", Time: "1"}), options)
		require.ErrorContains(t, err, "Required partition not available (inactive or drain)")
	})

	t.Run("an array of runs that do not need each other", func(t *testing.T) {
		var specs []Spec
		for range 5 {
			specs = append(specs, slurmSpec(data, nil, cluster.Slurm{AtOnce: 2}))
		}
		runs, err := LaunchAll(t.Context(), specs, options)
		require.NoError(t, err)
		require.Len(t, runs, 5)
		for i, r := range runs {
			require.NoError(t, r.Wait(patience(t)))
			job, err := readJob(r.Dir())
			require.NoError(t, err)
			require.Regexp(t, fmt.Sprintf(`^\d+_%d$`, i), job.ID)
			samples, err := r.Samples()
			require.NoError(t, err)
			require.Len(t, samples, 120)
		}
		_, err = LaunchAll(t.Context(), append(make([]Spec, 0), repeat(specs[0], 60)...), options)
		require.ErrorContains(t, err, "Invalid job array specification")
	})

	t.Run("its node fails", func(t *testing.T) {
		r := launch(t, slurmSpec(data, map[string]any{"stall_at": 20}, cluster.Slurm{Extra: []string{"--exclude=n2"}}), options)
		untilDone(t, patience(t), r, 20)
		spec := r.Spec()
		spec.Settings = nil // the second time it does not stall
		require.NoError(t, writeSpec(r.Dir(), spec))
		cutPower(t, slurm.Dir, r)
		untilState(t, r, "the node to be given up", func(s State) bool { return s.Status == Queued && strings.Contains(s.Doing, "requeued 1 times") })
		nodeBack(t, slurm)
		startNow(t, r)
		require.NoError(t, r.Wait(patience(t)))
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, 20, state.Resumed)
	})

	t.Run("its node fails, and it must not be requeued", func(t *testing.T) {
		r := launch(t, slurmSpec(data, map[string]any{"stall_at": 20}, cluster.Slurm{Extra: []string{"--exclude=n2", "--no-requeue"}}), options)
		untilDone(t, patience(t), r, 20)
		cutPower(t, slurm.Dir, r)
		require.ErrorContains(t, r.Wait(patience(t)), "failed (NODE_FAIL on n1): resume the run; 20 finished samples are kept")
		nodeBack(t, slurm)
	})

	t.Run("its time limit", func(t *testing.T) {
		err := limited.Wait(patience(t))
		require.ErrorContains(t, err, "reached its time limit of 00:01:00")
		require.ErrorContains(t, err, "5 finished samples are kept")
	})

	t.Run("a full queue", func(t *testing.T) {
		sh(t, `while timeout 4 sbatch --hold --output=/dev/null --wrap true; do :; done`)
		r, err := Launch(t.Context(), slurmSpec(data, nil, cluster.Slurm{}), options)
		require.ErrorContains(t, err, "the queue is full")
		stored, err := readState(r.Dir())
		require.NoError(t, err)
		require.Equal(t, Failed, stored.Status)
		slurm.Forget(t)
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Wait(patience(t)))
	})

	t.Run("Slurm loses it", func(t *testing.T) {
		r := launch(t, slurmSpec(data, nil, cluster.Slurm{Extra: []string{"--begin=now+1hour"}}), options)
		untilState(t, r, "the queue", func(s State) bool { return strings.Contains(s.Doing, "PENDING") })
		sh(t, fmt.Sprintf(`kill $(cat %s/run/slurmctld.pid); sleep 1`, slurm.Dir))
		silent := untilState(t, r, "the controller's silence", func(s State) bool { return strings.Contains(s.Doing, "does not answer") })
		require.False(t, silent.Status.Ended(), "its jobs go on without a controller")
		slurm.Forget(t)
		untilState(t, r, "the loss", func(s State) bool { return s.Status.Ended() })
		require.ErrorContains(t, r.Wait(patience(t)), "Slurm does not know job")
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Cancel())
	})
}

// startNow lets a job that was requeued start: Slurm itself waits two minutes.
func startNow(t *testing.T, r *Run) {
	t.Helper()
	job, err := readJob(r.Dir())
	require.NoError(t, err)
	sh(t, "scontrol update JobId="+job.ID+" StartTime=now")
}

// nodeBack starts the node again whose power was cut. Slurm 22.05 sometimes keeps
// the cores of a job that it requeued when its node failed: it, or another, waits
// for resources beside an idle node then.
func nodeBack(t *testing.T, slurm *slurmtest.Cluster) {
	t.Helper()
	slurm.Up(t)
	sh(t, "scontrol reconfigure")
}

// cutPower kills what of Slurm and the run is on node n1: first the daemon,
// then the one that watches the job, then the run's process.
func cutPower(t *testing.T, dir string, r *Run) {
	t.Helper()
	process := processOf(t, r)
	watcher := sh(t, "ps -o ppid= -p "+process)
	require.Contains(t, sh(t, "ps -o comm= -p "+watcher), "slurmstepd")
	sh(t, fmt.Sprintf("kill -KILL $(cat %s/run/slurmd-n1.pid) %s %s", dir, watcher, process))
}

func repeat(s Spec, n int) []Spec {
	specs := make([]Spec, n)
	for i := range specs {
		specs[i] = s
	}
	return specs
}

func TestWithoutSlurmARunOnItIsRefused(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r, err := Launch(t.Context(), slurmSpec(dataset(t, 3), nil, cluster.Slurm{Partition: "gpu"}), testOptions(t))
	require.ErrorIs(t, err, cluster.ErrNoSlurm)
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Failed, state.Status)
	require.Contains(t, state.Error, "sbatch is not on the PATH")
}
