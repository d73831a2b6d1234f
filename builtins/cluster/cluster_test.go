package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/internal/filelock"
)

// TestMain lets the test binary be a process that holds GPUs: it says which it
// got, starts a child that inherits them, and waits to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "hold" {
		var n int
		fmt.Sscan(os.Args[2], &n)
		r, err := Local{GPUs: n}.Reserve(context.Background(), os.Args[3], func(why string) { fmt.Println("wait:", why) })
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		child := exec.Command("sleep", "60")
		child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := child.Start(); err != nil {
			os.Exit(1)
		}
		fmt.Printf("got: %s child %d\n", r.VisibleDevices(), child.Process.Pid)
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// machine is a machine with so many GPUs, as far as nvidia-smi says.
func machine(t *testing.T, gpus int) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\n"
	for i := range gpus {
		script += fmt.Sprintf("echo '%d, GPU-%d%d%d, NVIDIA H100 80GB HBM3'\n", i, i, i, i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte(script), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("ADKERNEL_GPU_QUEUE", t.TempDir())
	require.NoError(t, os.Unsetenv(visibleDevices))
}

// holder starts a process that holds n GPUs, or waits for them.
type holder struct {
	cmd *exec.Cmd
	out string
}

func hold(t *testing.T, n int, who string) *holder {
	t.Helper()
	return holdBy(t, exec.Command(os.Args[0], "hold", fmt.Sprint(n), who))
}

func holdBy(t *testing.T, cmd *exec.Cmd) *holder {
	t.Helper()
	h := &holder{cmd: cmd, out: filepath.Join(t.TempDir(), "out")}
	f, err := os.Create(h.out)
	require.NoError(t, err)
	h.cmd.Stdout, h.cmd.Stderr = f, f
	require.NoError(t, h.cmd.Start())
	t.Cleanup(func() {
		h.cmd.Process.Kill()
		h.cmd.Wait()
		if child := h.child(); child > 0 {
			syscall.Kill(child, syscall.SIGKILL)
		}
	})
	return h
}

// end kills the process and its child.
func (h *holder) end(t *testing.T) {
	t.Helper()
	child := h.child()
	require.NoError(t, h.cmd.Process.Kill())
	h.cmd.Wait()
	if child > 0 {
		require.NoError(t, syscall.Kill(child, syscall.SIGKILL))
	}
}

func (h *holder) says() string {
	text, _ := os.ReadFile(h.out)
	return string(text)
}

func (h *holder) child() (pid int) {
	_, rest, _ := strings.Cut(h.says(), "child ")
	fmt.Sscan(rest, &pid)
	return pid
}

func (h *holder) until(t *testing.T, word string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(h.says(), word) }, time.Minute, 20*time.Millisecond, "want %q", word)
}

func TestTwoRunsNeverShareAGPU(t *testing.T) {
	machine(t, 2)
	first := hold(t, 1, "first")
	first.until(t, "got: GPU-000")
	second := hold(t, 1, "second")
	second.until(t, "got: GPU-111")
	third := hold(t, 1, "third")
	third.until(t, "wait: waiting for 1 GPU: 0 of 2 free (the others have first, second)\n")
	fourth := hold(t, 2, "fourth")
	fourth.until(t, "wait: waiting for 2 GPUs: 0 of 2 free (the others have first, second), 1 ahead in the queue\n")

	// Killed, the holder leaves its child on the GPU, which stays taken as long.
	require.NoError(t, second.cmd.Process.Kill())
	second.cmd.Wait()
	time.Sleep(600 * time.Millisecond)
	require.NotContains(t, third.says(), "got")
	require.NoError(t, syscall.Kill(second.child(), syscall.SIGKILL))
	third.until(t, "got: GPU-111")

	// The queue is in order: fifth must not overtake fourth, though one GPU is
	// enough for it.
	fifth := hold(t, 1, "fifth")
	fifth.until(t, "1 ahead in the queue")
	require.NoError(t, first.cmd.Process.Kill())
	require.NoError(t, syscall.Kill(first.child(), syscall.SIGKILL))
	fourth.until(t, "1 of 2 free")
	require.NotContains(t, fifth.says(), "got")
	// One who waits and is killed leaves the queue.
	require.NoError(t, fourth.cmd.Process.Kill())
	fourth.cmd.Wait()
	fifth.until(t, "got: GPU-000")
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	machine(t, 1)
	r, err := Local{GPUs: 1}.Reserve(t.Context(), "holder", func(string) {})
	require.NoError(t, err)
	require.Equal(t, "GPU-000", r.VisibleDevices())
	ctx, stop := context.WithCancelCause(t.Context())
	_, err = Local{Devices: []string{"0"}}.Reserve(ctx, "waiter", func(why string) {
		require.Contains(t, why, "the others have holder")
		stop(errors.New("interrupted"))
	})
	require.EqualError(t, err, "interrupted")
	r.Release()
	r, err = Local{Devices: []string{"GPU-0"}}.Reserve(t.Context(), "next", func(string) {})
	require.NoError(t, err)
	r.Release()
}

func TestGPUsThatAreNotThereAreRefused(t *testing.T) {
	machine(t, 2)
	for want, l := range map[string]Local{
		"3 GPUs are asked for, and this machine has 2: 0 (NVIDIA H100": {GPUs: 3},
		`GPU "7" is not one of this machine's`:                         {Devices: []string{"7"}},
		`GPU "0" is named twice`:                                       {Devices: []string{"0", "0"}},
		"gpus -1: want 1 or more":                                      {GPUs: -1},
	} {
		_, err := l.Reserve(t.Context(), "x", func(string) {})
		require.ErrorContains(t, err, want)
	}
	none, err := Local{}.Reserve(t.Context(), "x", func(string) {})
	require.NoError(t, err)
	require.Nil(t, none)

	t.Setenv(visibleDevices, "1")
	gpus, err := GPUs(t.Context())
	require.NoError(t, err)
	require.Equal(t, "GPU-111", gpus[0].UUID)
	_, err = Local{GPUs: 2}.Reserve(t.Context(), "x", func(string) {})
	require.ErrorContains(t, err, "this machine has 1")

	t.Setenv("PATH", t.TempDir())
	_, err = Local{GPUs: 1}.Reserve(t.Context(), "x", func(string) {})
	require.ErrorContains(t, err, "nvidia-smi is not on the PATH")
}

func TestAQueueThatCannotBeWrittenIsSaid(t *testing.T) {
	machine(t, 1)
	t.Setenv(queueVariable, filepath.Join(t.TempDir(), "absent", "folder"))
	_, err := Local{GPUs: 1}.Reserve(t.Context(), "x", func(string) {})
	require.ErrorContains(t, err, "set ADKERNEL_GPU_QUEUE to a folder")
}

// Whatever a ticket holds that somebody left or holds, who comes after it gets
// the GPU or waits for its holder.
func FuzzTickets(f *testing.F) {
	f.Add("ticket-1", []byte(`{"count":1,"gpus":["GPU-0"],"who":"x"}`), true)
	f.Add("ticket-7", []byte(`{"count":-1,"gpus":null}`), true)
	f.Add("ticket-x", []byte("null"), false)
	f.Add("gpu-GPU-0", []byte("somebody"), false)
	f.Fuzz(func(t *testing.T, name string, text []byte, held bool) {
		if name != filepath.Base(name) || strings.ContainsRune(name, 0) || len(name) > 200 || !(strings.HasPrefix(name, ticketPrefix) || strings.HasPrefix(name, gpuPrefix)) {
			return
		}
		q := &queue{t.TempDir()}
		left, err := q.open(name)
		require.NoError(t, err)
		defer left.Close()
		_, err = left.Write(text)
		require.NoError(t, err)
		if held {
			require.NoError(t, filelock.Flock(left, syscall.LOCK_EX))
		}
		mine, err := q.enter(1, []GPU{{"0", "GPU-0", "H100"}}, "me")
		require.NoError(t, err)
		defer mine.leave()
		r, why, err := q.try(mine)
		require.NoError(t, err)
		if r == nil {
			require.True(t, held, why)
			require.NotEmpty(t, why)
			return
		}
		require.Len(t, r.GPUs, 1)
		r.Release()
	})
}

func FuzzGPUs(f *testing.F) {
	f.Add([]byte("0, GPU-1a, NVIDIA H100\n1, GPU-2b, NVIDIA H100, PCIe\n"), "1, GPU-1")
	f.Add([]byte("No devices were found"), "-1")
	f.Fuzz(func(t *testing.T, out []byte, list string) {
		gpus, err := parseGPUs(out)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		found, err := find(gpus, strings.Split(list, ","))
		require.True(t, err == nil || found == nil)
		for i, g := range found {
			require.Contains(t, gpus, g)
			require.NotContains(t, found[:i], g)
		}
	})
}
