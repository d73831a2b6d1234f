package checkpoint

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/kernel/host"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestReportsReadAsTheirGoldenFiles(t *testing.T) {
	clean, err := Audit("testdata/modelopt/nvfp4", original)
	require.NoError(t, err)
	wrong, err := Audit(tampered(t, "testdata/modelopt/fp8", func(tensors map[string]Tensor) {
		editScale(q, func(s float32) float32 { return 1 / s })(tensors)
		editFloats(tensors[v+inputName].Data, func(int, float32) float32 { return .25 })
	}), original)
	require.NoError(t, err)
	wrong.Model = "models/fp8"

	dir := blockCheckpoint(t, 576, 200)
	loaded, err := AuditLoaded(dir, []engine.LoadedScale{
		loadedAs(t, open(t, dir), "m", func(l *Linear, row, col int) float32 { return l.BlockScale[row/116*l.BlockCols+col] })})
	require.NoError(t, err)
	loaded.Model = "models/fp8-block"
	none, err := AuditLoaded("testdata/modelopt/fp8", nil)
	require.NoError(t, err)

	for name, bundler := range map[string]host.Bundler{"clean": clean, "wrong": wrong, "loaded": loaded, "not-loaded": none} {
		for kind, ending := range map[string]string{"text/plain": ".txt", "text/html": ".html"} {
			golden(t, "report-"+name+ending, bundler.MimeBundle().Data[kind].(string))
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, name)
}
