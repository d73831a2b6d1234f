package run

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

func importSpec() Spec {
	return Spec{Deployment: engine.Deployment{Name: "served", Model: "m"}, Task: task.Spec{Kind: "logged"}, Import: &Import{Format: "test"}}
}

// importHalf is a process that imports half of some results and goes no further.
func importHalf(root, name string) {
	w, err := NewWriter(importSpec(), Options{Root: root, Name: name})
	if err == nil {
		err = w.Add(Sample{Index: 0, Subject: "s", Ref: "A"}, "a prompt", nil)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("half")
	time.Sleep(time.Minute)
	os.Exit(1)
}

func TestAnImportThatWasKilledLeavesNothingToTheNext(t *testing.T) {
	root := t.TempDir()
	program := exec.Command(os.Args[0], "import-half", root, "same")
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	line := bufio.NewScanner(out)
	require.True(t, line.Scan())
	require.Equal(t, "half", line.Text())

	_, err = NewWriter(importSpec(), Options{Root: root, Name: "same"})
	require.ErrorContains(t, err, "is there already and holds no run", "one goes on")
	other := imported(t, Options{Root: root, Name: "other"})
	require.Len(t, folders(t, root), 3, "other, and same on the way")

	require.NoError(t, program.Process.Kill())
	program.Wait()
	same := imported(t, Options{Root: root, Name: "same"})
	require.Equal(t, []string{"other", "same"}, folders(t, root))
	for _, r := range []*Run{other, same} {
		samples, err := r.Samples()
		require.NoError(t, err)
		require.Len(t, samples, 2)
	}
}

func TestAnImportTakenBackLeavesNothing(t *testing.T) {
	root := t.TempDir()
	w, err := NewWriter(importSpec(), Options{Root: root, Name: "back"})
	require.NoError(t, err)
	w.Abort()
	require.Empty(t, folders(t, root))
}

// imported is an import of two samples.
func imported(t *testing.T, options Options) *Run {
	t.Helper()
	w, err := NewWriter(importSpec(), options)
	require.NoError(t, err)
	for i := range 2 {
		require.NoError(t, w.Add(Sample{Index: i, Subject: "s", Ref: "A"}, "a prompt", nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	w.Abort()
	return r
}

func folders(t *testing.T, root string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, filepath.Base(e.Name()))
	}
	return names
}
