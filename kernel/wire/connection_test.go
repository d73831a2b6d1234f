package wire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const connectionText = `{
  "shell_port": 1, "iopub_port": "2", "stdin_port": 3, "control_port": 4, "hb_port": 5,
  "ip": "127.0.0.1", "key": "k", "transport": "tcp", "signature_scheme": "hmac-sha512",
  "kernel_name": "go", "jupyter_session": ""
}`

func TestConnectionFilesNameTheChannels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kernel.json")
	require.NoError(t, os.WriteFile(path, []byte(connectionText), 0o600))
	c, err := ReadConnection(path)
	require.NoError(t, err)
	require.Equal(t, Endpoint{"tcp", "127.0.0.1:1"}, c.Endpoint(c.ShellPort))
	require.Equal(t, Endpoint{"tcp", "127.0.0.1:2"}, c.Endpoint(c.IOPubPort), "a port may be a string")

	c.IP = "*"
	require.Equal(t, Endpoint{"tcp", ":5"}, c.Endpoint(c.HeartbeatPort))
	c.Transport, c.IP = "ipc", "/run/k"
	require.Equal(t, Endpoint{"unix", "/run/k-5"}, c.Endpoint(c.HeartbeatPort))
}

func TestConnectionFilesThatCannotBeUsedSayWhy(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"no JSON":        {`{`, ``, "invalid character"},
		"missing port":   {`"hb_port": 5,`, ``, "hb_port is missing"},
		"port zero":      {`"hb_port": 5`, `"hb_port": 0`, "port 0 is not a number from 1 to 65535"},
		"port of words":  {`"2"`, `"two"`, `port "two" is not a number`},
		"port too large": {`"2"`, `70000`, "port 70000 is not a number"},
		"transport":      {`"tcp"`, `"udp"`, `transport "udp" is neither tcp nor ipc`},
		"no ip":          {`"127.0.0.1"`, `""`, "ip is missing"},
		"scheme":         {`hmac-sha512`, `rot13`, `signature scheme "rot13" is none of`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseConnection([]byte(strings.Replace(connectionText, test.old, test.new, 1)))
			require.ErrorContains(t, err, test.want)
		})
	}
	_, err := ReadConnection(filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "cannot read the connection file")
}

func TestConnectionFilesThatAreMadeAreForTheirOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kernel.json")
	made, err := CreateConnection(path)
	require.NoError(t, err)
	read, err := ReadConnection(path)
	require.NoError(t, err)
	require.Equal(t, made, read)
	require.GreaterOrEqual(t, len(made.Key), 26, "128 bits at least")
	require.Equal(t, "127.0.0.1", made.IP)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.Empty(t, made.Exposure(path))
	_, err = CreateConnection(path)
	require.ErrorIs(t, err, os.ErrExist, "another kernel's file is left alone")
}

func TestExposedConnectionsAreNamed(t *testing.T) {
	folder := t.TempDir()
	for _, open := range []string{folder, filepath.Dir(folder)} {
		require.NoError(t, os.Chmod(open, 0o755))
	}
	path := filepath.Join(folder, "kernel.json")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chmod(path, 0o644))
	c := Connection{Transport: "tcp", IP: "0.0.0.0"}
	risks := strings.Join(c.Exposure(path), "\n")
	for _, risk := range []string{"mode 0644", "the key is empty", "listens on 0.0.0.0"} {
		require.Contains(t, risks, risk)
	}

	c = Connection{Transport: "tcp", IP: "127.0.0.1", Key: "secret"}
	require.Len(t, c.Exposure(path), 1)
	require.NoError(t, os.Chmod(folder, 0o700))
	require.Empty(t, c.Exposure(path), "nobody else gets there")
}

func FuzzConnection(f *testing.F) {
	f.Add([]byte(connectionText))
	f.Add([]byte(`{"shell_port": -1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseConnection(text)
		if err != nil {
			return
		}
		require.NotZero(t, c.ShellPort)
		require.NotEmpty(t, c.Endpoint(c.ShellPort).Network)
	})
}
