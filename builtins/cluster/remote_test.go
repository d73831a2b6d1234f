package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheShellOnAnotherMachine(t *testing.T) {
	on := SSH{Host: "gpu1", Modules: []string{"cuda/12.4"}, Prelude: []string{"source /opt/venv/bin/activate"}}
	request := Request{Program: "/bin/adkernel", Args: []string{"on-host", "start", "1.0", ".start-x"}, Dir: "/runs/it's 100%"}
	golden(t, "look.sh", on.script(request))
	request.Token, request.Prepare, request.Log, request.Environment = ".start-x", true, "log.txt", map[string]string{"KEY": "it's $ecret"}
	golden(t, "start.sh", on.script(request))
}

// fakeSSH is an ssh that says what OpenSSH 9.2 says.
func fakeSSH(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ssh"), []byte("#!/bin/bash\n"+script+"\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestWhatSSHSaysIsSorted(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		is     error
		want   string
	}{
		"unknown host":     {`echo 'ssh: Could not resolve hostname gpu1: Name or service not known' >&2; exit 255`, ErrNotReached, "gpu1: not reached by ssh: ssh: Could not resolve hostname gpu1: Name or service not known (no machine has this name"},
		"another host key": {`printf '@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @\nHost key verification failed.\n' >&2; exit 255`, ErrNotReached, "ssh-keygen -R gpu1"},
		"no key":           {`echo 'me@gpu1: Permission denied (publickey,password).' >&2; exit 255`, ErrNotReached, "ssh-copy-id installs a key"},
		"a silent machine": {`echo 'ssh: connect to host gpu1 port 22: Connection timed out' >&2; exit 255`, ErrNotReached, "it does not answer"},
		"lost midway":      {`echo 'client_loop: send disconnect: Broken pipe' >&2; exit 255`, ErrLost, "gpu1: no answer came back: client_loop: send disconnect: Broken pipe"},
		"killed":           {`kill -KILL $$`, ErrLost, "ssh was killed"},
		"not in time":      {`sleep 30`, ErrLost, "gpu1: no answer came back: no answer"},
		"a chatty profile": {`echo 'welcome'; echo 'adkernel answers: old'; printf 'adkernel answers: {"x":1}\n'; echo bye`, nil, `{"x":1}`},
		"half an answer":   {`printf 'adkernel answers: {"x"'`, nil, "ended without an answer"},
		"a traced secret":  {`echo '+ export KEY=s3cret' >&2; exit 1`, nil, "/bin/adkernel ended with status 1: + export KEY=...: it may be another version"},
		"no bash":          {`echo 'sh: 1: bash: not found' >&2; exit 127`, nil, "a command was not found: sh: 1: bash: not found"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeSSH(t, c.script)
			patience := time.Minute
			if name == "not in time" {
				patience = time.Second
			}
			ctx, stop := context.WithTimeoutCause(t.Context(), patience, fmt.Errorf("no answer"))
			defer stop()
			answer, err := SSH{Host: "gpu1"}.Do(ctx, Request{Program: "/bin/adkernel", Dir: "/runs/a", Environment: map[string]string{"KEY": "s3cret"}})
			if err == nil {
				require.Equal(t, c.want, string(answer))
				return
			}
			require.ErrorContains(t, err, c.want)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
		})
	}
	t.Setenv("PATH", t.TempDir())
	_, err := SSH{Host: "gpu1"}.Do(t.Context(), Request{})
	require.ErrorIs(t, err, ErrNoSSH)
}

// What is secret must not be seen by those who list processes.
func TestASecretGoesThroughStandardInput(t *testing.T) {
	fakeSSH(t, `printf 'adkernel answers: %s\n' "$*"`)
	answer, err := SSH{Host: "me@gpu1", Extra: []string{"-p2222"}}.Do(t.Context(), Request{Program: "/bin/adkernel", Environment: map[string]string{"KEY": "s3cret"}})
	require.NoError(t, err)
	require.Equal(t, "-T -oBatchMode=yes -p2222 -oConnectTimeout=15 -oServerAliveInterval=10 -oServerAliveCountMax=3 -oClearAllForwardings=yes -oRemoteCommand=none -- me@gpu1 bash -l -s", string(answer))
}

func TestAnotherMachineThatCannotBeMeantIsRefused(t *testing.T) {
	for want, s := range map[string]SSH{
		"host is missing":                       {},
		`host "-oProxyCommand=x"`:               {Host: "-oProxyCommand=x"},
		`host "gpu1 gpu2"`:                      {Host: "gpu1 gpu2"},
		`program "bin/adkernel": want an abs`:   {Host: "a", Program: "bin/adkernel"},
		`extra "2222": want an option of ssh`:   {Host: "a", Extra: []string{"-p", "2222"}},
		"on: ssh: gpus -1: want 1 or more":      {Host: "a", GPUs: -1},
		"on: ssh: 2 gpus and 1 devices: give o": {Host: "a", GPUs: 2, Devices: []string{"0"}},
	} {
		require.ErrorContains(t, s.Check(), want)
	}
	require.NoError(t, SSH{Host: "me@gpu1", Program: "adkernel", Extra: []string{"-p2222"}}.Check())
}
