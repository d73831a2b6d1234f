// Package neighbours finds the real Python engines and servers that some tests
// run beside this program. They are heavy, so those tests run in make
// test-neighbours and are skipped elsewhere.
package neighbours

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Variables that name the interpreters of the environments that make neighbours
// installs.
const (
	pythonVariable   = "ADKERNEL_NEIGHBOURS"
	vllmVariable     = "ADKERNEL_VLLM"
	llamaCppVariable = "ADKERNEL_LLAMACPP"
)

// Python returns an interpreter with torch and transformers, or skips the test.
func Python(t testing.TB) string {
	t.Helper()
	return interpreter(t, pythonVariable, "torch and transformers")
}

// VLLM returns an interpreter with vLLM, or skips the test.
func VLLM(t testing.TB) string {
	t.Helper()
	return interpreter(t, vllmVariable, "vLLM")
}

// LlamaCpp returns an interpreter with llama.cpp's server, or skips the test.
func LlamaCpp(t testing.TB) string {
	t.Helper()
	return interpreter(t, llamaCppVariable, "llama.cpp")
}

func interpreter(t testing.TB, variable, what string) string {
	python := os.Getenv(variable)
	if python == "" {
		t.Skipf("needs %s: make test-neighbours runs it (%s)", what, variable)
	}
	return python
}

// script is a program of internal/python.
func script(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "internal", "python", name)
		}
	}
	require.Fail(t, "the test does not run inside the module")
	return ""
}
