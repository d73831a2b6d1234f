package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheScriptOfAJob(t *testing.T) {
	on := Slurm{Partition: "gpu", Nodes: 2, GPUs: 4, CPUs: 8, Memory: "64G", Time: "1:00:00", Account: "lab", QOS: "high",
		Extra: []string{"--constraint=h100"}, Modules: []string{"cuda/12.4"}, Prelude: []string{"source /opt/venv/bin/activate"}, Container: []string{"apptainer", "exec", "--nv", "/images/trt llm.sif"}}
	golden(t, "job.sh", on.Script(Batch{Name: "adkernel-fp8", Dirs: []string{"/runs/it's 100%"}, Command: []string{"/bin/adkernel", "execute-run"}, Log: "log.txt", Requeued: true}))
	golden(t, "array.sh", Slurm{AtOnce: 2}.Script(Batch{Name: "isolate", Dirs: []string{"/runs/a", "/runs/b c"}, Command: []string{"/bin/adkernel", "execute-run"}, Log: "log.txt"}))
}

// A run must not go on in an environment that was not set up.
func TestAPreludeThatFailsEndsTheJob(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash on this machine")
	}
	env := filepath.Join(t.TempDir(), "activate")
	require.NoError(t, os.WriteFile(env, []byte("false\n[ -f /no/where ] && true\nexport FOUND=yes\n"), 0o644))
	bad := filepath.Join(t.TempDir(), "activate")
	require.NoError(t, os.WriteFile(bad, []byte("export FOUND=half\nreturn 4\n"), 0o644))
	for name, c := range map[string]struct {
		prelude []string
		log     string // HOST stands for the machine's name; "ran" is the run
		status  int
	}{
		"none":                        {nil, "ran\n", 0},
		"well":                        {[]string{"source " + env}, "ran yes\n", 0},
		"a file that is not there":    {[]string{"source /no/where/activate", "echo on"}, "prelude failed on HOST: source /no/where/activate\n", 67},
		"a file that says it failed":  {[]string{"source " + bad}, "prelude failed on HOST: ", 67},
		"a command that fails":        {[]string{"export FOUND=x", "(exit 3)", "echo on"}, "prelude failed on HOST: ( exit 3 )\n", 67},
		"what is asked may be absent": {[]string{"if [ -d /no/where ]; then", "  false", "fi", "false || FOUND=other", "export FOUND"}, "ran other\n", 0},
		"its own exit":                {[]string{"exit 5"}, "", 5},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			script := filepath.Join(dir, "job.sh")
			text := Slurm{Prelude: c.prelude}.Script(Batch{Name: "x", Dirs: []string{dir}, Command: []string{bash, "-c", "echo ran $FOUND; false; true"}, Log: "log.txt"})
			require.NoError(t, os.WriteFile(script, []byte(text), 0o644))
			cmd := exec.Command(bash, script)
			cmd.Env = append(os.Environ(), "FOUND=")
			if err := cmd.Run(); c.status == 0 {
				require.NoError(t, err)
			}
			require.Equal(t, c.status, cmd.ProcessState.ExitCode())
			log, err := os.ReadFile(filepath.Join(dir, "log.txt"))
			require.NoError(t, err)
			host, err := os.Hostname()
			require.NoError(t, err)
			require.Contains(t, string(log), strings.ReplaceAll(c.log, "HOST", host))
			require.NotContains(t, string(log), "on\n")
			require.Equal(t, c.status == 0, strings.Contains(string(log), "ran"))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// The lines are what Slurm 22.05 said.
func TestWhatSlurmSaysIsRead(t *testing.T) {
	job, err := parseQueue("3", "PENDING|DependencyNeverSatisfied||UNLIMITED|0|\n")
	require.NoError(t, err)
	require.Equal(t, Job{ID: "3", State: "PENDING", Reason: "DependencyNeverSatisfied", Limit: "UNLIMITED"}, job)
	require.Equal(t, "Slurm job 3 PENDING (DependencyNeverSatisfied): what it waits for has failed, so it will never start: cancel it", job.String())

	job, err = parseControl("1", "JobId=1 JobName=wrap UserId=root(0) Account=(null) JobState=TIMEOUT Reason=TimeLimit Dependency=(null) Requeue=1 Restarts=1 BatchFlag=1 ExitCode=0:15 TimeLimit=00:01:00 NodeList=n1 BatchHost=n1 TRES=cpu=1,node=1,billing=1 Comment=a b\n")
	require.NoError(t, err)
	require.Equal(t, Job{ID: "1", State: "TIMEOUT", Reason: "TimeLimit", Node: "n1", Limit: "00:01:00", Exit: "0:15", Restarts: 1}, job)
	require.Contains(t, job.Why(), "on n1 reached its time limit of 00:01:00")

	job, err = parseAccounting("7", "CANCELLED by 0|0:15|n1|01:00:00\n")
	require.NoError(t, err)
	require.Equal(t, Job{ID: "7", State: "CANCELLED", Exit: "0:15", Node: "n1", Limit: "01:00:00"}, job)

	for _, bad := range []string{"", "x", "|||", "JobId=1"} {
		_, err := parseQueue("1", bad)
		require.Error(t, err)
		_, err = parseControl("1", bad)
		require.Error(t, err)
		_, err = parseAccounting("1", bad)
		require.Error(t, err)
	}
}

func TestWhyAJobEnded(t *testing.T) {
	for want, job := range map[string]Job{
		"Slurm job 1 on n1 ended as FAILED (NonZeroExitCode), exit status 3":             {ID: "1", Node: "n1", State: "FAILED", Reason: "NonZeroExitCode", Exit: "3:0"},
		"killed by signal 9, as when it needs more memory than it asked for":             {State: "FAILED", Reason: "JobLaunchFailure", Exit: "0:9"},
		"ended as FAILED: a module could not be loaded, or a line of the Prelude failed": {State: "FAILED", Exit: "67:0"},
		"the node does not see the run directory, which must be on a shared file system": {State: "FAILED", Exit: "66:0"},
		"the node of Slurm job 1 failed (NODE_FAIL on n2): resume the run":               {ID: "1", Node: "n2", State: "NODE_FAIL"},
		"was killed because it needed more memory than it had asked for":                 {State: "OUT_OF_MEMORY", Exit: "0:125"},
		"was preempted and not requeued: resume the run":                                 {State: "PREEMPTED"},
		"reached its time limit of unknown length":                                       {State: "DEADLINE"},
	} {
		require.True(t, job.Ended())
		require.Contains(t, job.Why(), want)
	}
	require.False(t, Job{State: "COMPLETING"}.Ended())
	require.Equal(t, "Slurm job 4 RUNNING on n1, requeued 2 times", Job{ID: "4", State: "RUNNING", Node: "n1", Restarts: 2}.String())
}

func FuzzSlurmsWords(f *testing.F) {
	f.Add("PENDING|Priority||1:00|0|")
	f.Add("JobState=RUNNING NodeList=(null) Restarts=x")
	f.Add("TIMEOUT|0:0|n1|1:00")
	f.Fuzz(func(t *testing.T, out string) {
		for _, parse := range []func(string, string) (Job, error){parseQueue, parseControl, parseAccounting} {
			if job, err := parse("1", out); err == nil {
				_, _ = job.String(), job.Why()
			}
		}
		quoted := quote(out)
		require.NotEmpty(t, quoted)
	})
}
