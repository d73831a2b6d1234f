package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

var (
	// ErrNoSSH is the reason why nothing can be started elsewhere: no ssh here.
	ErrNoSSH = errors.New("ssh is not on the PATH: install OpenSSH's client, or leave out On")

	// ErrNotReached says that ssh did not come so far that anything was executed
	// on the other machine.
	ErrNotReached = errors.New("not reached")

	// ErrLost says that the connection ended before the answer came: what was
	// asked for may have been done.
	ErrLost = errors.New("no answer came back")
)

const (
	connectTime = 15 * time.Second // to reach the machine

	// answerPrefix begins the line in which the program answers: what a login
	// shell's profile says may stand before it.
	answerPrefix = "adkernel answers: "
)

// Exit statuses of the shell on the other machine, beside those of job.sh.
const (
	exitNotShared  = 66
	exitPrelude    = 67
	exitNoProgram  = 68
	exitUnwritable = 73
)

// A Request is what this program is asked to do on another machine.
type Request struct {
	Program string   // its path, or name, there
	Args    []string // the run directory is appended
	Dir     string   // run directory, which both machines see

	// Token, if any, is the name of a file that was just written to Dir: where it
	// is not seen, the directory is another one.
	Token string

	// Prepare runs modules and prelude before the program, which write to Log in
	// Dir. Environment is set after them: it goes through ssh's standard input,
	// so that no list of processes, no file and no prelude's output has it.
	Prepare     bool
	Log         string
	Environment map[string]string
}

// Answer words an answer of the program as Do expects it on standard output.
func Answer(text []byte) []byte {
	return append(append([]byte(answerPrefix), text...), '\n')
}

// Do lets the program answer a request on the machine, and returns its answer.
func (s SSH) Do(ctx context.Context, r Request) ([]byte, error) {
	args := []string{"-T", "-oBatchMode=yes"}
	args = append(args, s.Extra...)
	args = append(args,
		fmt.Sprintf("-oConnectTimeout=%d", int(connectTime.Seconds())), "-oServerAliveInterval=10", "-oServerAliveCountMax=3",
		"-oClearAllForwardings=yes", "-oRemoteCommand=none", "--", s.Host, "bash -l -s")
	cmd := exec.CommandContext(ctx, "ssh", args...)
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(s.script(r)), &out, &complaints
	// A connection that ssh shares (ControlPersist) is kept by a process that may
	// keep our pipes, too.
	cmd.WaitDelay = time.Second
	// Who interrupts a terminal cancels the run, by the next ssh if not by this one.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	words := complaints.String()
	for _, secret := range r.Environment {
		if secret != "" { // a profile that traces its shell shows all
			words = strings.ReplaceAll(words, secret, "...")
		}
	}
	if answer := answerIn(out.Bytes()); answer != nil && (err == nil || ctx.Err() == nil) {
		return answer, nil
	}
	if err == nil {
		return nil, fmt.Errorf("%s: %s ended without an answer%s", s.Host, r.Program, lastWords(nil, []byte(words)))
	}
	return nil, s.failure(ctx, r, err, words)
}

// answerIn is the last answer in what came over the connection.
func answerIn(out []byte) (answer []byte) {
	for line := range bytes.Lines(out) {
		if text, ok := bytes.CutPrefix(line, []byte(answerPrefix)); ok && bytes.HasSuffix(text, []byte("\n")) {
			answer = bytes.TrimSpace(text)
		}
	}
	return answer
}

// script is what the shell on the machine executes. It is read whole before
// any of it runs, so that nothing in it can take the rest for its input.
func (s SSH) script(r Request) string {
	var t strings.Builder
	t.WriteString("{\nrun=" + quote(r.Dir) + "\n")
	shared := `cd "$run"`
	if r.Token != "" {
		shared += " && [ -e " + quote(r.Token) + " ]"
	}
	fmt.Fprintf(&t, "{ %s; } 2>/dev/null || exit %d\n", shared, exitNotShared)
	fmt.Fprintf(&t, "exec 3>&1 4>&2\n")
	if r.Prepare {
		fmt.Fprintf(&t, "exec >>%s 2>&1 || exit %d\n", quote(r.Log), exitUnwritable)
		prepare(&t, s.Modules, s.Prelude, 0)
	}
	fmt.Fprintf(&t, "command -v -- %s >/dev/null || exit %d\n", quote(r.Program), exitNoProgram)
	t.WriteString("{ set +x; } 2>/dev/null\n")
	for _, name := range slices.Sorted(maps.Keys(r.Environment)) {
		fmt.Fprintf(&t, "export %s=%s\n", name, quote(r.Environment[name]))
	}
	words := []string{quote(r.Program)}
	for _, w := range r.Args {
		words = append(words, quote(w))
	}
	fmt.Fprintf(&t, "exec %s \"$run\" >&3 2>&4 3>&- 4>&-\n} </dev/null\n", strings.Join(words, " "))
	return t.String()
}

// failure says what went wrong where there is no answer.
func (s SSH) failure(ctx context.Context, r Request, err error, complaints string) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return ErrNoSSH
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w: %w", s.Host, ErrLost, context.Cause(ctx))
	case !errors.As(err, &exit):
		return fmt.Errorf("ssh: %w", err)
	}
	words := lastWords(nil, []byte(complaints))
	switch status := exit.ExitCode(); status {
	case 255:
		return s.disconnected(complaints)
	case exitNotShared:
		return fmt.Errorf("%s does not see the run directory %s, or another one of that name: it must be on a file system that both machines share, at the same path; ADKERNEL_RUNS names such a folder", s.Host, r.Dir)
	case exitPrelude:
		return fmt.Errorf("%s: a module could not be loaded, or a line of the Prelude failed", s.Host)
	case exitNoProgram:
		return fmt.Errorf("%s has no adkernel at %s: copy it there, or name where it is as Program", s.Host, r.Program)
	case exitUnwritable:
		return fmt.Errorf("%s cannot write to the run directory %s%s", s.Host, r.Dir, words)
	case 126:
		return fmt.Errorf("%s cannot execute %s%s: it must be an adkernel that was built for that machine; Program names another", s.Host, r.Program, words)
	case 127:
		return fmt.Errorf("%s: a command was not found%s", s.Host, words)
	case -1:
		return fmt.Errorf("%s: %w: ssh was killed (%w)", s.Host, ErrLost, err)
	default:
		return fmt.Errorf("%s: %s ended with status %d%s: it may be another version than this, or no adkernel; Program names another", s.Host, r.Program, status, words)
	}
}

// disconnected sorts what ssh says of connections that there are not, or not
// any more.
func (s SSH) disconnected(complaints string) error {
	words := lastWords(nil, []byte(complaints))
	for _, c := range []struct{ says, hint string }{
		{"Could not resolve hostname", "no machine has this name: Host is a name of ~/.ssh/config, or user@host"},
		{"HOST IDENTIFICATION HAS CHANGED", "its key is not the one that it had: where that is expected, ssh-keygen -R " + s.Host + " and connect once in a terminal"},
		{"Host key verification failed", "its key is not known here: connect once in a terminal, ssh " + s.Host + ", and accept it"},
		{"Permission denied (", "it takes no key that ssh can use here: try ssh -oBatchMode=yes " + s.Host + " true in a terminal; ssh-copy-id installs a key, ssh-add unlocks one"},
		{"Too many authentication failures", "it takes none of the first keys that are offered: name the right one with IdentityFile and IdentitiesOnly in ~/.ssh/config"},
		{"Connection refused", "no ssh server listens there: is the machine up, and the port right?"},
		{"timed out", "it does not answer: is the machine up, and reached from here?"},
		{"No route to host", "it is not reached from here"},
		{"Network is unreachable", "it is not reached from here"},
		{"Bad configuration option", "ssh refuses its configuration, or an option in Extra"},
		{"unknown option", "ssh refuses an option in Extra"},
		{"Bad port", "ssh refuses an option in Extra"},
		{"Can't open user config file", "ssh does not find what -F in Extra names"},
	} {
		if strings.Contains(complaints, c.says) {
			return fmt.Errorf("%s: %w by ssh%s (%s)", s.Host, ErrNotReached, words, c.hint)
		}
	}
	return fmt.Errorf("%s: %w%s", s.Host, ErrLost, words)
}
