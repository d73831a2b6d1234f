package run

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/builtins/cluster/sshtest"
)

func sshSpec(dataset string, settings map[string]any, on cluster.SSH) Spec {
	spec := testSpec(dataset, settings)
	spec.Deployment.On = on
	return spec
}

// TestSSH has one other machine for all that can happen on it.
func TestSSH(t *testing.T) {
	unshared := t.TempDir()
	box := sshtest.Start(t, unshared)
	on := cluster.SSH{Host: box.Host, Extra: box.Extra}
	with := func(change func(*cluster.SSH)) cluster.SSH {
		other := on
		change(&other)
		return other
	}
	data := dataset(t, 60)
	slow := map[string]any{"delay": 50}
	options := testOptions(t)
	options.Root = filepath.Join(options.Root, "runs of 100% it's")

	t.Run("a run executes there, with modules and a prelude", func(t *testing.T) {
		r := launch(t, sshSpec(data, nil, with(func(s *cluster.SSH) {
			s.Prelude = []string{"cat", "echo prelude in $PWD on $(hostname)", "export CUDA_VISIBLE_DEVICES=3"}
		})), options)
		require.NoError(t, r.Wait(patience(t)))
		log, err := os.ReadFile(filepath.Join(r.Dir(), logFile))
		require.NoError(t, err)
		require.Contains(t, string(log), "prelude in "+r.Dir()+" on gpubox\n")
		sameAsUndisturbed(t, r)
		require.NoError(t, r.Cancel(), "a run that ended stays as it is")
		require.NoError(t, r.Resume(t.Context(), options), "nothing to do")
		tokens, err := filepath.Glob(filepath.Join(r.Dir(), tokenPrefix+"*"))
		require.NoError(t, err)
		require.Empty(t, tokens)
	})

	t.Run("it says where it is, is nobody else's, and is cancelled", func(t *testing.T) {
		r := launch(t, sshSpec(data, slow, on), options)
		until(t, r, 5)
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, "gpubox", state.Host)
		require.Contains(t, box.Exec(t, "cat /proc/"+processOf(t, r)+"/cmdline"), r.Dir(), "a process of that machine")
		err = r.Resume(t.Context(), options)
		require.ErrorIs(t, err, ErrExecuting)
		require.ErrorContains(t, err, "gpubox: another process executes this run: "+r.Dir())
		require.NoError(t, r.Cancel())
		state, err = r.State()
		require.NoError(t, err)
		require.Equal(t, Cancelled, state.Status)
		require.GreaterOrEqual(t, state.Done, 5)
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Wait(patience(t)))
		sameAsUndisturbed(t, r)
	})

	t.Run("it goes on without a connection, and is cancelled without one", func(t *testing.T) {
		r := launch(t, sshSpec(data, slow, on), options)
		until(t, r, 3)
		box.Unreachable(t)
		until(t, r, 8)
		require.NoError(t, r.Cancel())
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, Cancelled, state.Status)
		err = r.Resume(t.Context(), options)
		require.ErrorIs(t, err, cluster.ErrNotReached)
		require.ErrorContains(t, err, "Connection refused")
		box.Reachable(t)
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Wait(patience(t)))
		sameAsUndisturbed(t, r)
	})

	t.Run("the machine fails", func(t *testing.T) {
		r := launch(t, sshSpec(data, slow, on), options)
		until(t, r, 5)
		box.Down(t)
		state := untilState(t, r, "the silence", func(s State) bool { return strings.Contains(s.Doing, "whether it goes on is not known") })
		require.Equal(t, Running, state.Status)
		box.Up(t)
		require.ErrorContains(t, r.Wait(patience(t)), "its process was killed")
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Wait(patience(t)))
		sameAsUndisturbed(t, r)
	})

	t.Run("file systems that do not share locks", func(t *testing.T) {
		r := launch(t, sshSpec(data, map[string]any{"fail_at": 4}, on), options)
		require.ErrorContains(t, r.Wait(patience(t)), "device lost")
		spec := r.Spec()
		spec.Settings = map[string]any{"stall_at": 20}
		require.NoError(t, writeSpec(r.Dir(), spec))
		box.Exec(t, "touch /tmp/lock-of-gpubox && mount --bind /tmp/lock-of-gpubox '"+strings.ReplaceAll(r.Dir(), "'", `'\''`)+"/lock'")
		require.NoError(t, r.Resume(t.Context(), options))
		held, err := lockHeld(r.Dir())
		require.NoError(t, err)
		require.False(t, held)
		until(t, r, 10)
		other, err := Attach(r.Dir())
		require.NoError(t, err)
		state, err := other.State()
		require.NoError(t, err)
		require.Equal(t, Running, state.Status)
		require.ErrorIs(t, other.Resume(t.Context(), options), ErrExecuting)
		require.NoError(t, other.Cancel())
		state, err = r.State()
		require.NoError(t, err)
		require.Equal(t, Cancelled, state.Status)
	})

	t.Run("shared connections", func(t *testing.T) {
		box.Configure(t, "ControlMaster auto\nControlPath "+filepath.Join(box.Dir, "m")+"\nControlPersist 30")
		defer box.Configure(t, "")
		for range 2 {
			began := time.Now()
			r := launch(t, sshSpec(data, nil, on), options)
			require.Less(t, time.Since(began), 20*time.Second, "it waited for the shared connection to end")
			require.NoError(t, r.Wait(patience(t)))
		}
	})

	t.Run("runs wait for GPUs of their own", func(t *testing.T) {
		queue, bin := t.TempDir(), t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(bin, "nvidia-smi"), []byte("#!/bin/sh\necho '0, GPU-aaa, NVIDIA H100'\n"), 0o755))
		gpu := with(func(s *cluster.SSH) {
			s.GPUs, s.Prelude = 1, []string{"export PATH=" + bin + ":$PATH ADKERNEL_GPU_QUEUE=" + queue}
		})
		first := launch(t, sshSpec(data, map[string]any{"stall_at": 4}, gpu), options)
		until(t, first, 4)
		others, err := LaunchAll(t.Context(), repeat(sshSpec(data, nil, gpu), 2), options)
		require.NoError(t, err)
		for _, r := range others {
			untilState(t, r, "the queue", func(s State) bool {
				return s.Status == Queued && strings.Contains(s.Doing, "waiting for 1 GPU: 0 of 1 free (the others have "+first.Name()+")")
			})
		}
		require.NoError(t, first.Cancel())
		for _, r := range others {
			require.NoError(t, r.Wait(patience(t)))
		}
	})

	t.Run("a key goes along, and is written nowhere", func(t *testing.T) {
		const key = "sk-secret's own"
		t.Setenv("OPENAI_API_KEY", key)
		spec := sshSpec(data, nil, with(func(s *cluster.SSH) { s.Prelude = []string{"set -x", "env"} }))
		spec.Deployment.Backend, spec.Deployment.URL = "openai", "http://127.0.0.1:9/v1"
		r := launch(t, spec, options)
		require.NoError(t, r.Wait(patience(t)))
		found := 0
		require.NoError(t, filepath.WalkDir(r.Dir(), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			require.NotContains(t, string(text), "sk-secret", path)
			if strings.Contains(string(text), "the engine's key: 15 bytes") {
				found++
			}
			return err
		}))
		require.Equal(t, 1, found, "the engine has it")
	})

	foreign := filepath.Join(t.TempDir(), "adkernel")
	require.NoError(t, os.WriteFile(foreign, append([]byte("\x7fELF\x02\x01\x01\x00"), make([]byte, 100)...), 0o755))
	older := filepath.Join(t.TempDir(), "adkernel")
	require.NoError(t, os.WriteFile(older, []byte("#!/bin/sh\necho 'adkernel: unexpected argument on-host' >&2; exit 2\n"), 0o755))
	other := filepath.Join(t.TempDir(), "adkernel")
	require.NoError(t, os.WriteFile(other, []byte("#!/bin/sh\nexec "+os.Args[0]+` on-host "$2" 0.0.1 "$4" "$5"`+"\n"), 0o755))
	wrongKey := filepath.Join(t.TempDir(), "config")
	text, err := os.ReadFile(filepath.Join(box.Dir, "config"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(wrongKey, []byte(strings.ReplaceAll(string(text), filepath.Join(box.Dir, "id"), filepath.Join(box.Dir, "host"))), 0o600))
	for name, c := range map[string]struct {
		change func(*cluster.SSH)
		want   string
	}{
		"an unknown host":         {func(s *cluster.SSH) { s.Host = "absent.invalid" }, "no machine has this name"},
		"an unknown host key":     {func(s *cluster.SSH) { s.Extra = append([]string{"-oUserKnownHostsFile=/dev/null"}, on.Extra...) }, "its key is not known here: connect once in a terminal"},
		"a key that is refused":   {func(s *cluster.SSH) { s.Extra = []string{"-F" + wrongKey} }, "it takes no key that ssh can use here"},
		"nobody listens":          {func(s *cluster.SSH) { s.Extra = append([]string{"-p1"}, on.Extra...) }, "no ssh server listens there"},
		"an option ssh lacks":     {func(s *cluster.SSH) { s.Extra = append([]string{"-oAbsent=yes"}, on.Extra...) }, "ssh refuses its configuration"},
		"no program":              {func(s *cluster.SSH) { s.Program = "/no/such/adkernel" }, "gpubox has no adkernel at /no/such/adkernel"},
		"another architecture":    {func(s *cluster.SSH) { s.Program = foreign }, "built for that machine"},
		"an older version":        {func(s *cluster.SSH) { s.Program = older }, "it may be another version than this"},
		"another version":         {func(s *cluster.SSH) { s.Program = other }, "and that which asks is 0.0.1"},
		"a prelude that fails":    {func(s *cluster.SSH) { s.Prelude = []string{"source /no/where/activate", "echo on"} }, "last line of log.txt: prelude failed on gpubox: source /no/where/activate"},
		"a module that is absent": {func(s *cluster.SSH) { s.Modules = []string{"absent"} }, "a module could not be loaded"},
		"a prelude that ends it":  {func(s *cluster.SSH) { s.Prelude = []string{"exit 0"} }, "ended without an answer"},
		"no host":                 {func(s *cluster.SSH) { s.Host = "" }, "host is missing"},
		"an option for a host":    {func(s *cluster.SSH) { s.Host = "-oProxyCommand=x" }, "want a name of ~/.ssh/config"},
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			r, err := Launch(t.Context(), sshSpec(data, nil, with(c.change)), options)
			require.ErrorContains(t, err, c.want)
			if r != nil {
				state, stateErr := r.State()
				require.NoError(t, stateErr)
				require.Equal(t, Failed, state.Status)
				require.Equal(t, err.Error(), state.Error)
			}
		})
	}

	t.Run("a folder that is not shared", func(t *testing.T) {
		apart := options
		apart.Root = unshared
		r, err := Launch(t.Context(), sshSpec(data, nil, on), apart)
		require.ErrorContains(t, err, "gpubox does not see the run directory "+r.Dir())
		box.Exec(t, "mkdir "+r.Dir())
		require.ErrorContains(t, r.Resume(t.Context(), apart), "or another one of that name")
	})

	t.Run("a full disk", func(t *testing.T) {
		small := options
		box.Down(t)
		small.Root = tmpfs(t, 0, "size=1m")
		box.Up(t) // with what is mounted now
		r := launch(t, sshSpec(dataset(t, 40), map[string]any{"vocab": 8192}, on), small)
		require.ErrorContains(t, r.Wait(patience(t)), "the disk is full")
	})

	t.Run("interrupted while its prelude goes on, it never starts", func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		begun, let := filepath.Join(t.TempDir(), "begun"), filepath.Join(t.TempDir(), "let")
		go func() {
			for ctx.Err() == nil {
				if _, err := os.Stat(begun); err == nil {
					interrupt()
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		r, err := Launch(ctx, sshSpec(data, slow, with(func(s *cluster.SSH) {
			s.Prelude = []string{"touch " + begun, "until [ -e " + let + " ]; do sleep 0.1; done", "echo on"}
		})), options)
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, os.WriteFile(let, nil, 0o644))
		require.Eventually(t, func() bool {
			log, _ := os.ReadFile(filepath.Join(r.Dir(), logFile))
			return strings.Contains(string(log), "on\n")
		}, 20*time.Second, 50*time.Millisecond)
		require.Eventually(t, func() bool { return exec.Command("pgrep", "-f", r.Dir()).Run() != nil }, 20*time.Second, 50*time.Millisecond)
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, Failed, state.Status)
		require.Zero(t, state.Done)
	})
}
