// Package sshtest starts another machine for tests: an sshd on the loopback
// with a host name, processes and file systems of its own.
package sshtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// variable allows tests to start daemons: "make test-ssh" sets it.
const variable = "ADKERNEL_TEST_SSH"

// A Machine is reached as Host with the options of Extra. It ends with its
// test.
type Machine struct {
	Host  string   // also its own name
	Extra []string // of ssh: its configuration, with keys and known hosts
	Dir   string   // its files: config, id, known_hosts, sshd.log

	port    int
	hidden  []string
	machine *exec.Cmd
}

// Start starts a machine that does not see the hidden folders: it has an empty
// one in the place of each. The test is skipped where it may not be started, or
// sshd is missing.
func Start(t testing.TB, hidden ...string) *Machine {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Skip("make test-ssh runs this, with an sshd of its own")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can start another machine")
	}
	for _, program := range []string{"sshd", "ssh-keygen", "ssh", "unshare", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing: apt-get install openssh-server openssh-client util-linux", program)
		}
	}
	m := &Machine{Host: "gpubox", Dir: t.TempDir(), hidden: hidden}
	m.Extra = []string{"-F" + m.path("config")}
	for _, name := range []string{"host", "id"} {
		out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", m.path(name)).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m.port = listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	m.write(t, "authorized_keys", m.read(t, "id.pub"))
	m.write(t, "known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", m.port, m.read(t, "host.pub")))
	m.write(t, "sshd_config", fmt.Sprintf(`Port %d
ListenAddress 127.0.0.1
HostKey %s
AuthorizedKeysFile %s
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
MaxStartups 100
`, m.port, m.path("host"), m.path("authorized_keys")))
	m.Configure(t, "")
	m.Up(t)
	t.Cleanup(func() { m.Down(t) })
	return m
}

// Configure adds lines to the configuration of ssh for the machine, whose
// first word for an option counts.
func (m *Machine) Configure(t testing.TB, lines string) {
	t.Helper()
	m.write(t, "config", fmt.Sprintf("Host %s\n%s\nHostName 127.0.0.1\nPort %d\nUser root\nIdentityFile %s\nIdentitiesOnly yes\nUserKnownHostsFile %s\nGlobalKnownHostsFile /dev/null\n",
		m.Host, lines, m.port, m.path("id"), m.path("known_hosts")))
}

// Up starts the machine, or starts it again.
func (m *Machine) Up(t testing.TB) {
	t.Helper()
	script := "hostname " + m.Host + " && mkdir -p /run/sshd || exit 1\n"
	for _, dir := range m.hidden {
		script += "mount -t tmpfs none '" + dir + "' || exit 1\n"
	}
	script += "while :; do sleep 0.1; done" // bash buries those whose parents are gone
	m.machine = exec.Command("unshare", "--uts", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", script)
	m.machine.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, m.machine.Start())
	require.Eventually(t, func() bool {
		out, err := m.on("hostname").Output()
		return err == nil && strings.TrimSpace(string(out)) == m.Host
	}, 10*time.Second, 20*time.Millisecond, "the machine does not start")
	m.Reachable(t)
}

// Down cuts the power: nothing of the machine goes on.
func (m *Machine) Down(t testing.TB) {
	t.Helper()
	if m.machine == nil {
		return
	}
	require.NoError(t, syscall.Kill(-m.machine.Process.Pid, syscall.SIGKILL))
	m.machine.Wait()
	m.machine = nil
}

// Unreachable ends the machine's ssh server and the connections to it. All
// else on it goes on.
func (m *Machine) Unreachable(t testing.TB) {
	t.Helper()
	m.Exec(t, "pkill -KILL -x sshd; true")
}

// Reachable starts the ssh server.
func (m *Machine) Reachable(t testing.TB) {
	t.Helper()
	m.Exec(t, `exec "$(command -v sshd)" -f `+m.path("sshd_config")+" -E "+m.path("sshd.log"))
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", m.port))
		if err == nil {
			c.Close()
		}
		return err == nil
	}, 10*time.Second, 20*time.Millisecond, "sshd does not listen: see %s", m.path("sshd.log"))
}

// Exec executes a line of shell on the machine, without ssh, and returns what
// it says.
func (m *Machine) Exec(t testing.TB, line string) string {
	t.Helper()
	out, err := m.on("sh", "-c", line).CombinedOutput()
	require.NoError(t, err, "%s: %s", line, out)
	return strings.TrimSpace(string(out))
}

// on is a command on the machine: in the name spaces of its first process.
func (m *Machine) on(command ...string) *exec.Cmd {
	pid := m.machine.Process.Pid
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	return exec.Command("nsenter", append([]string{"--target", strings.TrimSpace(string(children)), "--uts", "--mount", "--pid", "--"}, command...)...)
}

func (m *Machine) path(name string) string { return filepath.Join(m.Dir, name) }

func (m *Machine) write(t testing.TB, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(m.path(name), []byte(text), 0o600))
}

func (m *Machine) read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(m.path(name))
	require.NoError(t, err)
	return string(text)
}
