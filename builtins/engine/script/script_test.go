package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// A listener keeps what an engine tells its site.
type listener struct {
	mu    sync.Mutex
	lines []string
	doing []string
}

func (l *listener) site(dir string) engine.Site {
	return engine.Site{
		Dir: dir,
		Log: func(format string, args ...any) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.lines = append(l.lines, fmt.Sprintf(format, args...))
		},
		Doing: func(what string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.doing = append(l.doing, what)
		},
	}
}

// pid is the process that the program told under a name.
func (l *listener) pid(t *testing.T, name string) int {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if text, ok := strings.CutPrefix(line, name+" "); ok {
			pid, err := strconv.Atoi(text)
			require.NoError(t, err)
			return pid
		}
	}
	require.FailNow(t, "no "+name, "%q", l.lines)
	return 0
}

func needPython(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3 on this machine")
	}
}

// model makes a folder that passes for a checkpoint.
func model(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o644))
	return dir
}

var sums = Program{Name: "sums", Files: os.DirFS("testdata")}

func open(t *testing.T, l *listener, settings map[string]any) (*Engine, string, error) {
	t.Helper()
	needPython(t)
	dir := t.TempDir()
	e, err := Open(t.Context(), engine.Deployment{Name: "toy", Model: model(t), Python: "python3"}, l.site(dir), sums, settings)
	if err == nil {
		t.Cleanup(func() { e.Close() })
	}
	return e, dir, err
}

func requests(n int) []engine.Request {
	var out []engine.Request
	for i := range n {
		out = append(out, engine.Request{ID: 10 + i, Tokens: []int32{int32(i % 16), 2, 3}, MaxTokens: 1, Logits: true})
	}
	return out
}

// answers runs requests and returns the responses that came.
func answers(ctx context.Context, e *Engine, requests []engine.Request) (map[int]engine.Response, error) {
	out := map[int]engine.Response{}
	err := e.Generate(ctx, requests, func(r engine.Response) error {
		out[r.ID] = r
		return nil
	})
	return out, err
}

func TestAProgramAnswersFromTheRunDirectory(t *testing.T) {
	l := &listener{}
	e, dir, err := open(t, l, nil)
	require.NoError(t, err)
	require.Equal(t, "Sums", e.Info().Arch)
	require.Contains(t, l.doing, "loading weights: 40 %")
	for _, name := range []string{"main.py", "channel.py", "tokens.py", "spec.json", "log.txt"} {
		require.FileExists(t, filepath.Join(dir, "engine", name))
	}
	ids, err := e.EncodeAll(t.Context(), []string{"abc", "", "p"}, true)
	require.NoError(t, err)
	require.Equal(t, [][]int32{{0, 1, 2}, {}, {15}}, ids)
	require.Equal(t, "c", e.Decode([]int32{2}))
	require.Equal(t, "cab", e.Decode([]int32{2, 0, 1}))

	all, err := answers(t.Context(), e, append(requests(20), engine.Request{ID: 1, Tokens: []int32{4, 5}, MaxTokens: 1, Logits: true, PromptLogits: true}))
	require.NoError(t, err)
	require.Len(t, all, 21)
	require.Equal(t, float32(3+2+3+7), all[13].Logits[7])
	require.Equal(t, float32(4+1), all[1].PromptLogits[1])
	require.Equal(t, float32(4+5+1), all[1].PromptLogits[16+1])
	require.Equal(t, float32(4+5+1), all[1].Logits[1])
	require.Contains(t, l.lines, "collections look at 0 of what was loaded")
}

// Python compiles a library once and keeps that beside it; engines without would
// compile all of torch every time. Beside a run it keeps nothing.
func TestOnlyLibrariesKeepTheirBytecode(t *testing.T) {
	libraries := t.TempDir()
	t.Setenv("PYTHONPATH", libraries)
	require.NoError(t, os.WriteFile(filepath.Join(libraries, "library.py"), []byte("import tokens\n"), 0o644))
	for _, wish := range []string{"1", ""} {
		t.Setenv("PYTHONDONTWRITEBYTECODE", wish)
		_, dir, err := open(t, &listener{}, map[string]any{"package": "library"})
		require.NoError(t, err)
		require.NoDirExists(t, filepath.Join(dir, "engine", "__pycache__"))
		kept, err := filepath.Glob(filepath.Join(libraries, "__pycache__", "library.*.pyc"))
		require.NoError(t, err)
		require.Equal(t, wish == "", len(kept) == 1, "PYTHONDONTWRITEBYTECODE=%s: %q", wish, kept)
	}
}

func TestAProgramSeesTheGPUsOfItsSite(t *testing.T) {
	needPython(t)
	t.Setenv("CUDA_VISIBLE_DEVICES", "0,1")
	for devices, want := range map[string]string{"": "sees 0,1", "GPU-aaa": "sees GPU-aaa"} {
		l := &listener{}
		at := l.site(t.TempDir())
		at.Devices = devices
		e, err := Open(t.Context(), engine.Deployment{Model: model(t)}, at, sums, nil)
		require.NoError(t, err)
		require.NoError(t, e.Close())
		require.Contains(t, l.lines, want)
	}
}

func TestWithoutARunDirectoryNothingStays(t *testing.T) {
	needPython(t)
	t.Setenv("TMPDIR", t.TempDir())
	e, err := Open(t.Context(), engine.Deployment{Model: model(t)}, engine.Site{}, sums, nil)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestWhatCannotBeStartedSaysWhy(t *testing.T) {
	needPython(t)
	here := model(t)
	file := filepath.Join(here, "config.json")
	script := filepath.Join(t.TempDir(), "python")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho 'SyntaxError: invalid syntax' >&2\nexit 1\n"), 0o755))
	for name, c := range map[string]struct {
		d    engine.Deployment
		want string
	}{
		"no folder":      {engine.Deployment{Model: "/nowhere/llama"}, "model folder /nowhere/llama does not exist"},
		"hub name":       {engine.Deployment{Model: "meta-llama/Llama-3.1-8B"}, `"meta-llama/Llama-3.1-8B" is not a folder here: it looks like a name on the Hugging Face hub, and engines load local folders and never download`},
		"a file":         {engine.Deployment{Model: file}, "is a file: want the folder of a checkpoint"},
		"no checkpoint":  {engine.Deployment{Model: t.TempDir()}, "is not a checkpoint in Hugging Face layout"},
		"no Python":      {engine.Deployment{Model: here, Python: "python-that-is-not-there"}, "no Python for this engine: Python of the deployment is python-that-is-not-there, which cannot be started (executable file not found in $PATH)"},
		"not executable": {engine.Deployment{Model: here, Python: file}, "permission denied"},
		"no interpreter": {engine.Deployment{Model: here, Python: "/bin/true"}, "the engine's process (/bin/true) ended with exit status 0"},
		"wrong version":  {engine.Deployment{Model: here, Python: script}, "ended with exit status 1; the last line that it printed: SyntaxError: invalid syntax"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.d, engine.Site{Dir: t.TempDir()}, sums, nil)
			require.ErrorContains(t, err, "deployment "+c.d.Label()+": ")
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestWhatFailsWhileLoadingSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]any
		want     string
	}{
		"missing package": {map[string]any{"package": "torch_that_is_not_there"}, "has no package torch_that_is_not_there, which this engine needs: install it"},
		"refusal":         {map[string]any{"refuse": "no GPU here"}, "deployment toy: no GPU here"},
		"exception":       {map[string]any{"raise": "bad rope"}, "ValueError: bad rope (its traceback is in "},
		"exit":            {map[string]any{"exit": 3}, "ended with exit status 3; the last line that it printed: the last words"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := open(t, &listener{}, c.settings)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestAProcessKilledMidwayIsNamedAndWhatItAnsweredIsKept(t *testing.T) {
	e, _, err := open(t, &listener{}, map[string]any{"kill_at": 7})
	require.NoError(t, err)
	all, err := answers(t.Context(), e, requests(20))
	require.ErrorContains(t, err, "was killed by signal killed (kill -9, or the machine ran out of memory)")
	require.Len(t, all, 7)
	_, err = answers(t.Context(), e, requests(1))
	require.ErrorContains(t, err, "was killed", "it stays dead")
	require.NoError(t, e.Close())
}

func TestFailedRequestsLeaveTheProcessUsable(t *testing.T) {
	e, _, err := open(t, &listener{}, map[string]any{"refuse_at": 2})
	require.NoError(t, err)
	all, err := answers(t.Context(), e, requests(5))
	require.EqualError(t, err, "out of memory on cuda:0 with a single prompt")
	require.Len(t, all, 2)
	require.Equal(t, "ba", e.Decode([]int32{1, 0}))
}

func TestLogitsThatAreMissingOrNotOnesAreNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]any
		want     string
	}{
		"a row short": {map[string]any{"short_at": 3}, "request 13: the engine returned 3 rows of logits for 3 prompt tokens and 0 for the answer (192 bytes), want 3 and 1 of 16"},
		"garbage":     {map[string]any{"garbage_at": 3}, `sent what is not a message: "Fatal: CUDA error\n"`},
	} {
		t.Run(name, func(t *testing.T) {
			e, _, err := open(t, &listener{}, c.settings)
			require.NoError(t, err)
			asked := requests(5)
			for i := range asked {
				asked[i].PromptLogits = true
			}
			all, err := answers(t.Context(), e, asked)
			require.ErrorContains(t, err, c.want)
			require.Len(t, all, 3)
		})
	}
}

func TestRequestsThatCannotBeAnsweredAreRefusedBeforeAnyIsBegun(t *testing.T) {
	e, _, err := open(t, &listener{}, nil)
	require.NoError(t, err)
	for want, r := range map[string]engine.Request{
		"the prompt is empty":                  {MaxTokens: 1},
		"max_tokens is 0: want 1 or more":      {Tokens: []int32{1}},
		"token 1 is id 16, but the":            {Tokens: []int32{1, 16}, MaxTokens: 1},
		"token 0 is id -1, but the":            {Tokens: []int32{-1}, MaxTokens: 1},
		"request 10 is asked twice":            {ID: 10, Tokens: []int32{1}, MaxTokens: 1},
		"the logits of the first output token": {Tokens: []int32{1}, Logits: true, PromptLogits: true},
	} {
		all, err := answers(t.Context(), e, append(requests(1), r))
		require.ErrorContains(t, err, want)
		require.Empty(t, all)
	}
}

func TestEncodingEndsWhenItIsCancelled(t *testing.T) {
	l := &listener{}
	e, _, err := open(t, l, map[string]any{"slow_to_encode": true})
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the cell was interrupted")
	time.AfterFunc(100*time.Millisecond, func() { cancel(reason) })
	_, err = engine.EncodeAll(ctx, e, []string{"abc", "p"}, true)
	require.ErrorIs(t, err, reason)
	_, err = e.Encode("abc", true)
	require.ErrorIs(t, err, reason, "the process is gone")
}

func TestCancellingEndsTheProcessAndItsChildren(t *testing.T) {
	l := &listener{}
	e, _, err := open(t, l, map[string]any{"stall_at": 2, "child": true})
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the cell was interrupted")
	all := map[int]engine.Response{}
	err = e.Generate(ctx, requests(5), func(r engine.Response) error {
		if all[r.ID] = r; len(all) == 2 {
			cancel(reason)
		}
		return nil
	})
	require.ErrorIs(t, err, reason)
	require.Len(t, all, 2)
	gone(t, l.pid(t, "pid"))
	gone(t, l.pid(t, "child"))
}

// A process that does not read lets the request wait: stopped here, or held up in
// a library that keeps Python's lock.
func TestCancellingEndsAProcessThatDoesNotReadItsRequest(t *testing.T) {
	l := &listener{}
	e, _, err := open(t, l, nil)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(l.pid(t, "pid"), syscall.SIGSTOP))
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the cell was interrupted")
	time.AfterFunc(time.Second, func() { cancel(reason) })
	long := make([]int32, 1<<20)
	asked := make(chan error, 1)
	go func() {
		_, err := answers(ctx, e, []engine.Request{{ID: 1, Tokens: long, MaxTokens: 1}})
		asked <- err
	}()
	select {
	case err := <-asked:
		require.ErrorIs(t, err, reason)
	case <-time.After(10 * time.Second):
		syscall.Kill(l.pid(t, "pid"), syscall.SIGKILL)
		require.FailNow(t, "the request still waits")
	}
}

func TestCancellingWhileLoadingEndsTheProcess(t *testing.T) {
	needPython(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	begin := time.Now()
	_, err := Open(ctx, engine.Deployment{Model: model(t)}, engine.Site{}, sums, map[string]any{"hang": true})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begin), 30*time.Second)
}

func TestAnErrorOfEmitStopsTheEngine(t *testing.T) {
	e, _, err := open(t, &listener{}, nil)
	require.NoError(t, err)
	full := errors.New("no space left on device")
	require.ErrorIs(t, e.Generate(t.Context(), requests(3), func(engine.Response) error { return full }), full)
	_, err = answers(t.Context(), e, requests(1))
	require.ErrorContains(t, err, "load it again")
}

func TestTheProcessDiesWithThisSide(t *testing.T) {
	l := &listener{}
	e, _, err := open(t, l, map[string]any{"child": true})
	require.NoError(t, err)
	e.process.in.Close() // as the end of this process would
	gone(t, l.pid(t, "pid"))
	gone(t, l.pid(t, "child"))
}

// gone waits until a process has ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return true
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // an orphan that nobody collects
		return err == nil && strings.Contains(string(status), ") Z ")
	}, time.Minute, 10*time.Millisecond)
}

func TestPartsOfTheChannelThatNeedNoOtherSide(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	out, err := exec.Command(python, "testdata/check_channel.py", "python").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
