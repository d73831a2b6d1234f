package partial

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be a program that is killed as it fills a
// folder.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "fill" {
		f, err := Make(os.Args[2], "", ".import-", "kept")
		if err == nil {
			err = os.WriteFile(filepath.Join(f.Dir, "half"), []byte("of it"), 0o644)
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(f.Dir)
		time.Sleep(time.Minute)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestALeftoverIsSweptWhenItsProgramWasKilledAndNotBefore(t *testing.T) {
	parent := t.TempDir()
	kept := filepath.Join(parent, "kept")
	require.NoError(t, os.Mkdir(kept, 0o755))
	program := exec.Command(os.Args[0], "fill", parent)
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	line := bufio.NewScanner(out)
	require.True(t, line.Scan())
	dir := line.Text()
	age(t, dir) // it may have waited for long

	f, err := Make(parent, "", ".import-", "")
	require.NoError(t, err)
	require.NoError(t, f.Remove())
	require.FileExists(t, filepath.Join(dir, "half"))
	require.DirExists(t, kept)

	require.NoError(t, program.Process.Kill())
	program.Wait()
	f, err = Make(parent, "", ".other-", "")
	require.NoError(t, err)
	require.NoError(t, f.Remove())
	require.DirExists(t, dir, "another mark's")
	f, err = Make(parent, "", ".import-", "")
	require.NoError(t, err)
	require.NoDirExists(t, dir)
	require.NoDirExists(t, kept)
	require.NoError(t, f.Remove())
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)
}

// Of another machine's program it is not known here whether it goes on, and
// folders of earlier versions have no lock.
func TestWhatNobodyCanBeAskedForIsSweptWhenItIsOld(t *testing.T) {
	for name, lock := range map[string]string{"another machine's": "login1\n", "unsigned": "", "an earlier version's": "none"} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "model.tmp-123")
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "new"), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "new", "weights"), nil, 0o644))
			if lock != "none" {
				require.NoError(t, os.WriteFile(filepath.Join(dir, lockFile), []byte(lock), 0o644))
			}
			Sweep(parent, ".tmp-")
			require.DirExists(t, dir)
			age(t, dir)
			now := time.Now()
			require.NoError(t, os.Chtimes(filepath.Join(dir, "new", "weights"), now, now)) // which grows
			Sweep(parent, ".tmp-")
			require.DirExists(t, dir)
			age(t, dir)
			Sweep(parent, ".tmp-")
			require.NoDirExists(t, dir)
		})
	}
}

func TestNothingElseIsSwept(t *testing.T) {
	parent := t.TempDir()
	for _, name := range []string{"model", "model.tmp-x", "model.tmp-1.bak", "tmp-1"} {
		require.NoError(t, os.Mkdir(filepath.Join(parent, name), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(parent, "notes.tmp-1"), nil, 0o644))
	age(t, parent)
	Sweep(parent, ".tmp-")
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Len(t, left, 5)
}

func TestAResultInItsPlaceStays(t *testing.T) {
	parent := t.TempDir()
	place := filepath.Join(parent, "run")
	require.NoError(t, os.Mkdir(place, 0o755))
	f, err := Make(parent, "", ".import-", "run")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(place, "state.json"), nil, 0o644))
	require.NoError(t, f.Remove())
	require.NoDirExists(t, f.Dir)
	require.FileExists(t, filepath.Join(place, "state.json"))
}

// age lets everything in dir be two days old.
func age(t *testing.T, dir string) {
	t.Helper()
	then := time.Now().Add(-2 * forgotten)
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, then, then)
	}))
}
