package run

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// writeSafetensors writes a file of tensors of so many bytes each, zero but
// for the first byte of the tensors that values names.
func writeSafetensors(t testing.TB, path string, tensors map[string]int64, values map[string]byte) {
	t.Helper()
	header, at := map[string]any{"__metadata__": map[string]string{"format": "pt"}}, map[string]int64{}
	end := int64(0)
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		at[name] = end
		header[name] = map[string]any{"dtype": "U8", "shape": []int64{tensors[name]}, "data_offsets": []int64{end, end + tensors[name]}}
		end += tensors[name]
	}
	text, err := json.Marshal(header)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), 0o644))
	data := int64(8 + len(text))
	require.NoError(t, os.Truncate(path, data+end)) // sparse
	for name, value := range values {
		poke(t, path, data+at[name], value)
	}
}

func poke(t testing.TB, path string, at int64, value byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteAt([]byte{value}, at)
	require.NoError(t, err)
}

// onModel is a run on a model of this machine that stopped after 12 of 20
// samples, and what resumes it.
func onModel(t *testing.T) (r *Run, model string, resume func() error) {
	t.Helper()
	model, options := t.TempDir(), testOptions(t)
	writeSafetensors(t, filepath.Join(model, "model.safetensors"), map[string]int64{"weight": 100, "weight_scale": 4}, nil)
	require.NoError(t, os.WriteFile(filepath.Join(model, "config.json"), []byte("{}"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(model, "README.md"), []byte("a model"), 0o644))
	spec := testSpec(dataset(t, 10), map[string]any{"fail_at": 12})
	spec.Deployment.Model = model
	r = launch(t, spec, options)
	require.ErrorContains(t, r.Wait(deadline(t)), "device lost")
	return r, model, func() error {
		spec := r.Spec()
		spec.Settings = nil
		require.NoError(t, writeSpec(r.Dir(), spec))
		require.NoError(t, r.Resume(t.Context(), options))
		return r.Wait(deadline(t))
	}
}

func TestResumeRefusesACheckpointThatWasExportedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, model string)
		want   string
	}{
		"other scales": {func(t *testing.T, model string) {
			writeSafetensors(t, filepath.Join(model, "model.safetensors"), map[string]int64{"weight": 100, "weight_scale": 4}, map[string]byte{"weight_scale": 1})
		}, "model.safetensors was changed; launch a new run"},
		"another configuration": {func(t *testing.T, model string) {
			require.NoError(t, os.WriteFile(filepath.Join(model, "config.json"), []byte(`{"rope_theta": 1}`), 0o644))
		}, "config.json was changed"},
		"in shards": {func(t *testing.T, model string) {
			require.NoError(t, os.Rename(filepath.Join(model, "model.safetensors"), filepath.Join(model, "model-00001-of-00001.safetensors")))
			require.NoError(t, os.WriteFile(filepath.Join(model, "model.safetensors.index.json"), []byte("{}"), 0o644))
		}, "model.safetensors was removed, model-00001-of-00001.safetensors was added, model.safetensors.index.json was added"},
	} {
		t.Run(name, func(t *testing.T) {
			r, model, resume := onModel(t)
			c.change(t, model)
			err := resume()
			require.ErrorContains(t, err, "the checkpoint "+model+" is not the one that the run began with")
			require.ErrorContains(t, err, c.want)
			state, err := r.State()
			require.NoError(t, err)
			require.Equal(t, Failed, state.Status)
			require.Equal(t, 12, state.Done)
			samples, err := r.Samples()
			require.NoError(t, err)
			require.Len(t, samples, 12)
		})
	}
}

func TestResumeTakesACopyOfTheCheckpointForTheSame(t *testing.T) {
	_, model, resume := onModel(t)
	cache := t.TempDir()
	for _, name := range []string{"model.safetensors", "config.json"} {
		text, err := os.ReadFile(filepath.Join(model, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(cache, "blob-"+name), text, 0o644))
		require.NoError(t, os.Remove(filepath.Join(model, name)))
		require.NoError(t, os.Symlink(filepath.Join(cache, "blob-"+name), filepath.Join(model, name)))
	}
	require.NoError(t, os.WriteFile(filepath.Join(model, "README.md"), []byte("a better text"), 0o644))
	require.NoError(t, resume())
}

func TestARunOfAnEarlierVersionIsResumedAndItsCheckpointRecorded(t *testing.T) {
	r, model, resume := onModel(t)
	require.NoError(t, os.Remove(filepath.Join(r.Dir(), checkpointFile)))
	require.NoError(t, resume())
	record, err := readCheckpoint(r.Dir())
	require.NoError(t, err)
	require.Len(t, record.Files, 2)
	files, err := modelFiles(t.Context(), engine.Deployment{Model: model})
	require.NoError(t, err)
	require.Equal(t, files, record.Files)
}

func TestOnlyModelsOfThisMachineHaveFiles(t *testing.T) {
	model := t.TempDir()
	path := filepath.Join(model, "model.gguf")
	require.NoError(t, os.WriteFile(path, []byte("GGUF"), 0o644))
	for _, c := range []struct {
		d    engine.Deployment
		want int
	}{
		{engine.Deployment{Model: "org/name"}, 0},
		{engine.Deployment{Model: model, URL: "http://127.0.0.1:8000/v1"}, 0},
		{engine.Deployment{Model: model}, 1},
		{engine.Deployment{Model: path}, 1},
	} {
		files, err := modelFiles(t.Context(), c.d)
		require.NoError(t, err)
		require.Len(t, files, c.want, "%+v", c.d)
	}
}

func TestAFingerprintSeesWhatExportersChange(t *testing.T) {
	sizes := map[string]int64{"down.weight": 64 << 20, "down.weight_scale": 4, "down.input_scale": 4, "up.weight": 64 << 20, "up.weight_scale": 16 << 10}
	dir := t.TempDir()
	print := func(name string, values map[string]byte) modelFile {
		path := filepath.Join(dir, name)
		writeSafetensors(t, path, sizes, values)
		file, err := fingerprint(t.Context(), path)
		require.NoError(t, err)
		file.Name = ""
		return file
	}
	base := print("base.safetensors", nil)
	require.Greater(t, base.Size, int64(wholeBelow))
	require.Equal(t, base, print("copy.safetensors", nil))
	seen := map[string]bool{base.SHA256: true}
	for name := range sizes {
		changed := print("changed.safetensors", map[string]byte{name: 1})
		require.Equal(t, base.Size, changed.Size)
		require.False(t, seen[changed.SHA256], name)
		seen[changed.SHA256] = true
	}

	// Where tensors are not known, the whole file is sampled, its ends included.
	for name, broken := range map[string]func(path string){
		"weights.bin":             func(string) {},
		"length.safetensors":      func(path string) { poke(t, path, 7, 255) },
		"json.safetensors":        func(path string) { poke(t, path, 8, 'x') },
		"pytorch_model.bin":       func(path string) { require.NoError(t, os.Truncate(path, wholeBelow+1)) },
		"length only.safetensors": func(path string) { require.NoError(t, os.WriteFile(path, make([]byte, 7), 0o644)) },
		"empty.safetensors":       func(path string) { require.NoError(t, os.WriteFile(path, nil, 0o644)) },
	} {
		path := filepath.Join(dir, name)
		writeSafetensors(t, path, sizes, nil)
		broken(path)
		before, err := fingerprint(t.Context(), path)
		require.NoError(t, err, name)
		if before.Size > 0 {
			poke(t, path, before.Size-1, 1)
			after, err := fingerprint(t.Context(), path)
			require.NoError(t, err, name)
			require.NotEqual(t, before.SHA256, after.SHA256, name)
		}
	}

	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := fingerprint(ctx, filepath.Join(dir, "base.safetensors"))
	require.ErrorIs(t, err, context.Canceled)
}

// An offset beyond the file, or before it, must not be read.
func TestAHeaderThatPointsOutsideTheFileIsNotFollowed(t *testing.T) {
	for _, offsets := range []string{"[0, 99999999999]", "[-5, 5]", "[10, 5]", "[9223372036854775807, 9223372036854775807]"} {
		header := fmt.Sprintf(`{"weight": {"data_offsets": %s}}`, offsets)
		path := filepath.Join(t.TempDir(), "model.safetensors")
		require.NoError(t, os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 0o644))
		require.NoError(t, os.Truncate(path, wholeBelow+4096))
		_, err := fingerprint(t.Context(), path)
		require.NoError(t, err, offsets)
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		_, ok := tensorSpans(f, wholeBelow+4096)
		require.False(t, ok, offsets)
	}
}
