package neighbours

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is for how long a server may load: vLLM takes two minutes on two
// idle processors, and several times that on busy ones.
const patience = 20 * time.Minute

// A Server is a process that serves a model over OpenAI's API.
type Server struct {
	URL  string // of the API, with /v1
	Name string // of the model

	t       testing.TB
	command func() *exec.Cmd
	log     string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// ServeVLLM starts vLLM with the checkpoint in dir, in float32.
func ServeVLLM(t testing.TB, dir string) *Server {
	t.Helper()
	python, serve, work := VLLM(t), script(t, "vllm_serve.py"), t.TempDir()
	port := freePort(t)
	s := &Server{URL: fmt.Sprintf("http://127.0.0.1:%d/v1", port), Name: "demo", t: t, log: filepath.Join(work, "vllm.log")}
	s.command = func() *exec.Cmd {
		return exec.Command(python, serve, dir, work, strconv.Itoa(port), s.Name)
	}
	s.Start()
	return s
}

// ServeLlamaCpp starts llama.cpp's server with the checkpoint in dir, which it
// reads as a GGUF file of float32 that is returned too. Parameters are those of
// internal/python/llamacpp_serve.py.
func ServeLlamaCpp(t testing.TB, dir string, parameters ...string) (s *Server, file string) {
	t.Helper()
	python, serve, work := LlamaCpp(t), script(t, "llamacpp_serve.py"), t.TempDir()
	port := freePort(t)
	s = &Server{URL: fmt.Sprintf("http://127.0.0.1:%d/v1", port), Name: "demo", t: t, log: filepath.Join(work, "llamacpp.log")}
	s.command = func() *exec.Cmd {
		return exec.Command(python, append([]string{serve, dir, work, strconv.Itoa(port), s.Name}, parameters...)...)
	}
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
	port := freePort(t)
	s := &Server{URL: fmt.Sprintf("http://127.0.0.1:%d/v1", port), Name: dir, t: t, log: filepath.Join(work, "serve.log")}
	s.command = func() *exec.Cmd {
		cmd := exec.Command(filepath.Join(filepath.Dir(python), "transformers"), "serve", dir,
			"--host", "127.0.0.1", "--port", strconv.Itoa(port), "--device", "cpu", "--dtype", "float32")
		cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+work)
		return cmd
	}
	s.Start()
	return s
}

// Start starts the server, again after Kill on the same port, and returns when
// it is ready.
func (s *Server) Start() {
	s.t.Helper()
	log, err := os.OpenFile(s.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	require.NoError(s.t, err)
	defer log.Close()
	s.cmd, s.ended = s.command(), make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = ownGroup()
	began := time.Now()
	require.NoError(s.t, s.cmd.Start())
	go func(cmd *exec.Cmd, ended chan struct{}) {
		cmd.Wait()
		close(ended)
	}(s.cmd, s.ended)
	s.t.Cleanup(s.Kill)
	for !s.healthy() {
		select {
		case <-s.ended:
			require.FailNow(s.t, "the server ended", s.tail())
		case <-time.After(500 * time.Millisecond):
		}
		if time.Since(began) > patience {
			require.FailNow(s.t, "the server is not ready after "+patience.String(), s.tail())
		}
	}
	s.t.Logf("the server was ready after %s", time.Since(began).Round(time.Second))
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

// Kill ends the server as kill -9 does, with the processes that it started.
func (s *Server) Kill() {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.ended
}

// tail is the end of what the server said.
func (s *Server) tail() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
