package run

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// tmpfs mounts a file system of the given size, which only root may.
func tmpfs(t *testing.T, flags uintptr, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("cannot mount a file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestAFullDiskFailsTheRunAndKeepsWhatIsFinished(t *testing.T) {
	options := testOptions(t)
	options.Root = tmpfs(t, 0, "size=1m")
	r := launch(t, testSpec(dataset(t, 40), map[string]any{"vocab": 8192}), options)
	err := r.Wait(deadline(t))
	require.ErrorContains(t, err, "the disk is full")
	require.ErrorContains(t, err, "no space left on device")

	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Failed, state.Status)
	require.Greater(t, state.Done, 10)
	samples, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, state.Done)
	for i := range samples {
		_, err := r.LogitRow(i)
		require.NoError(t, err)
	}

	require.NoError(t, syscall.Mount("tmpfs", options.Root, "tmpfs", syscall.MS_REMOUNT, "size=8m"))
	require.NoError(t, r.Resume(t.Context(), options))
	require.NoError(t, r.Wait(deadline(t)))
	samples, err = r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, 80)
}

func TestADiskWithoutRoomForARunIsLeftAsItWas(t *testing.T) {
	options := testOptions(t)
	options.Root = tmpfs(t, 0, "size=4k")
	_, err := Launch(t.Context(), testSpec(dataset(t, 3), nil), options)
	require.ErrorContains(t, err, "no space left on device")
	entries, err := os.ReadDir(options.Root)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestAFolderThatCannotBeWrittenIsSaidAtOnce(t *testing.T) {
	options := testOptions(t)
	options.Root = filepath.Join(tmpfs(t, syscall.MS_RDONLY, ""), "runs")
	_, err := Launch(t.Context(), testSpec(dataset(t, 3), nil), options)
	require.ErrorContains(t, err, "read-only file system; set ADKERNEL_RUNS")

	options.Root, options.Name = t.TempDir(), "left"
	require.NoError(t, os.Mkdir(filepath.Join(options.Root, "left"), 0o755)) // by a process that was killed
	_, err = Launch(t.Context(), testSpec(dataset(t, 3), nil), options)
	require.ErrorContains(t, err, "left is there already and holds no run: remove it")
	options.Name = ""

	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o644))
	options.Root = filepath.Join(blocked, "runs")
	_, err = Launch(t.Context(), testSpec(dataset(t, 3), nil), options)
	require.ErrorContains(t, err, "not a directory; set ADKERNEL_RUNS")
}

func TestARunOnAReadOnlyFileSystemIsReadableAndNotExecuted(t *testing.T) {
	options := testOptions(t)
	options.Root = tmpfs(t, 0, "size=8m")
	r := launch(t, testSpec(dataset(t, 10), map[string]any{"fail_at": 5}), options)
	require.Error(t, r.Wait(deadline(t)))
	ctx := deadline(t)
	for { // busy until the executing process, which has written its last, is gone
		err := syscall.Mount("tmpfs", options.Root, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
		if err == nil {
			break
		}
		require.ErrorIs(t, err, syscall.EBUSY)
		require.NoError(t, ctx.Err())
	}

	attached, err := Attach(r.Dir())
	require.NoError(t, err)
	samples, err := attached.Samples()
	require.NoError(t, err)
	require.Len(t, samples, 5)
	require.ErrorContains(t, attached.Resume(t.Context(), options), "read-only file system")
	require.ErrorContains(t, Execute(t.Context(), r.Dir(), openHashEngine), "read-only file system")
}

// Wherever the disk is full, as the run is made, as it begins or in the middle
// of a record, what is there is whole, and with room the run ends as one that
// always had it.
func TestADiskThatIsFullAtAnyMoment(t *testing.T) {
	options := testOptions(t)
	spec := testSpec(dataset(t, 20), map[string]any{"vocab": 1024})
	whole := executed(t, spec, options)
	for pages := 1; pages < 72; pages += 1 + pages/9 {
		options.Root = tmpfs(t, 0, fmt.Sprintf("size=%dk", 4*pages))
		r, err := Launch(t.Context(), spec, options)
		if err == nil {
			err = r.Wait(deadline(t))
		}
		require.ErrorContains(t, err, "no space left on device", "%d pages", pages)
		require.NoError(t, syscall.Mount("tmpfs", options.Root, "tmpfs", syscall.MS_REMOUNT, "size=8m"))
		if r == nil {
			entries, err := os.ReadDir(options.Root)
			require.NoError(t, err)
			require.Empty(t, entries, "%d pages", pages)
			continue
		}
		samples, err := r.Samples()
		require.NoError(t, err, "%d pages", pages)
		for i := range samples {
			_, err := r.LogitRow(i)
			require.NoError(t, err, "%d pages", pages)
		}
		require.NoError(t, r.Resume(t.Context(), options), "%d pages", pages)
		require.NoError(t, r.Wait(deadline(t)), "%d pages", pages)
		for _, name := range []string{samplesFile, filepath.Join(logitsDir, rowsFile), promptsFile, tokensFile} {
			want, err := os.ReadFile(filepath.Join(whole.Dir(), name))
			require.NoError(t, err)
			got, err := os.ReadFile(filepath.Join(r.Dir(), name))
			require.NoError(t, err)
			require.Truef(t, string(want) == string(got), "%d pages: %s differs", pages, name)
		}
	}
}
