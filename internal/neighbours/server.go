package neighbours

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A Server is a process that serves a model over OpenAI's API.
type Server struct {
	URL  string // of the API, with /v1
	Name string // of the model
	*process
}

// newServer returns a server that is not started, and has a port of its own and
// a log in a folder.
func newServer(t testing.TB, name, folder string, command func(port string) *exec.Cmd) *Server {
	t.Helper()
	port := strconv.Itoa(freePort(t))
	s := &Server{URL: "http://127.0.0.1:" + port + "/v1", Name: name}
	s.process = &process{t: t, log: filepath.Join(folder, "server.log"), ready: s.healthy, command: func() *exec.Cmd { return command(port) }}
	return s
}

// ServeVLLM starts vLLM with the checkpoint in dir, in float32.
func ServeVLLM(t testing.TB, dir string) *Server {
	t.Helper()
	python, serve, work := VLLM(t), script(t, "vllm_serve.py"), t.TempDir()
	s := newServer(t, "demo", work, func(port string) *exec.Cmd { return exec.Command(python, serve, dir, work, port, "demo") })
	s.Start()
	return s
}

// ServeLlamaCpp starts llama.cpp's server with the checkpoint in dir, which it
// reads as a GGUF file of float32 that is returned too. Parameters are those of
// internal/python/llamacpp_serve.py.
func ServeLlamaCpp(t testing.TB, dir string, parameters ...string) (s *Server, file string) {
	t.Helper()
	python, serve, work := LlamaCpp(t), script(t, "llamacpp_serve.py"), t.TempDir()
	s = newServer(t, "demo", work, func(port string) *exec.Cmd {
		return exec.Command(python, append([]string{serve, dir, work, port, "demo"}, parameters...)...)
	})
	s.Start()
	return s, filepath.Join(work, "model.gguf")
}

// ServeTransformers starts transformers serve with the checkpoint in dir, in
// float32. It knows the model by that folder.
func ServeTransformers(t testing.TB, dir string) *Server {
	t.Helper()
	python, work := Python(t), t.TempDir()
	dir, err := filepath.Abs(dir)
	require.NoError(t, err)
	s := newServer(t, dir, work, func(port string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(filepath.Dir(python), "transformers"), "serve", dir,
			"--host", "127.0.0.1", "--port", port, "--device", "cpu", "--dtype", "float32")
		cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+work)
		return cmd
	})
	s.Start()
	return s
}

func (s *Server) healthy() bool {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(s.URL[:len(s.URL)-len("/v1")] + "/health")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
