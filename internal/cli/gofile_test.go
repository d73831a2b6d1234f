package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// goProgramVariable makes this test binary the go verb on the file it names.
const goProgramVariable = "ADKERNEL_TEST_GO_PROGRAM"

func TestAsGoVerb(t *testing.T) {
	file := os.Getenv(goProgramVariable)
	if file == "" {
		t.Skip("runs in the processes that TestGo starts")
	}
	os.Exit(Main([]string{"go", file, "one", "--two"}))
}

func TestGo(t *testing.T) {
	tests := []struct {
		name, src      string
		status         int
		stdout, stderr string
	}{
		{"output and nothing else", `import ("fmt"; "os")
func main() { fmt.Println("out"); fmt.Fprintln(os.Stderr, "err") }`, 0, "out\n", "err\n"},
		{"arguments", `import ("fmt"; "os"; "path/filepath")
func main() { fmt.Println(filepath.Base(os.Args[0]), os.Args[1:]) }`, 0, "p.go [one --two]\n", ""},
		{"standard input", `import ("io"; "os")
func main() { io.Copy(os.Stdout, os.Stdin) }`, 0, "typed", ""},
		{"os.Exit runs nothing deferred", `import ("fmt"; "os")
func main() { defer fmt.Println("deferred"); defer func() { recover() }(); os.Exit(7) }`, 7, "", ""},
		{"os.Exit in a goroutine", `import "os"
func main() { go os.Exit(5); select {} }`, 5, "", ""},
		{"panic", `func f() { panic("boom") }
func main() { f() }`, 2, "", "panic: boom\n\tat line 2:12 f\n\tat line 3:15 main\n"},
		{"panic with an error", `import "errors"
func main() { panic(errors.New("boom")) }`, 2, "", "panic: boom\n\tat line 3:15 main\n"},
		{"panics that others overtook", `import "errors"
func f() {
	defer func() { panic(errors.New("second\nline")) }()
	defer func() { panic(recover()) }()
	panic("first")
}
func main() { f() }`, 2, "", "panic: first [recovered, repanicked]\n\tpanic: second\n\tline\n" +
			"\tat line 4:17 f.func1\n\tat line 6:2 f\n\tat line 8:15 main\n"},
		{"panic in a goroutine", `func main() { go func() { panic("boom") }(); select {} }`, 2, "", "panic: boom\n\tat line 2:27 main.func1\n"},
		{"nothing of a refused program runs", `import "fmt"
func init() { fmt.Println("ran") }
func main() { fmt.Println(x) }`, 3, "", "adkernel: refused: p.go:4:27: undefined: x\n"},
		{"the vocabulary of cells is not Go's", `func main() { _ = Deployment{} }`, 3, "",
			"adkernel: refused: p.go:2:19: undefined: Deployment\n"},
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "p.go"), []byte("package main\n"+test.src), 0o644))
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestAsGoVerb$")
			cmd.Env = append(os.Environ(), goProgramVariable+"=p.go")
			cmd.Dir = dir
			cmd.Stdin = bytes.NewBufferString("typed")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run() // the status says how it ended
			require.Equal(t, test.status, cmd.ProcessState.ExitCode(), stderr.String())
			require.Equal(t, test.stdout, stdout.String())
			require.Equal(t, test.stderr, stderr.String())
		})
	}
}
