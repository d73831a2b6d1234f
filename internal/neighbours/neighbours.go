// Package neighbours finds the real Python engines that some tests run beside
// this program. They are heavy, so those tests run in make test-neighbours and
// are skipped elsewhere.
package neighbours

import (
	"os"
	"testing"
)

// variable names the interpreter of the environment that make neighbours
// installs.
const variable = "ADKERNEL_NEIGHBOURS"

// Python returns that interpreter, or skips the test.
func Python(t testing.TB) string {
	t.Helper()
	python := os.Getenv(variable)
	if python == "" {
		t.Skipf("needs torch and transformers: make test-neighbours runs it (%s)", variable)
	}
	return python
}
