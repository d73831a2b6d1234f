package checkpoint

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// loadedAs is what an engine reports that computes factor(row, col) for module.
func loadedAs(t testing.TB, c *Checkpoint, module string, factor func(l *Linear, row, col int) float32) engine.LoadedScale {
	t.Helper()
	l, err := c.Linear(module)
	require.NoError(t, err)
	stored := factorsOf(l)
	stored.fill(func(row, col int) float32 { return factor(l, row, col) })
	return engine.LoadedScale{Module: module, Format: string(l.Format), N: l.N, K: l.K, Group: stored.group, Values: stored.values}
}

func asStored(l *Linear, row, col int) float32 {
	f := factorsOf(l)
	return f.values[row*f.cols+col]
}

// A tall layer: 576 rows, 5 scale rows; 2 scale columns.
func TestBlockSizeDerivedByDivisionIsNamedWithItsRows(t *testing.T) {
	dir := blockCheckpoint(t, 576, 200)
	loaded := loadedAs(t, open(t, dir), "m", func(l *Linear, row, col int) float32 { return l.BlockScale[row/116*l.BlockCols+col] })
	report, err := AuditLoaded(dir, []engine.LoadedScale{loaded})
	require.NoError(t, err)
	require.Len(t, report.Wrong(), 1)
	layer := report.Wrong()[0]
	require.Equal(t, CauseBlockSize, layer.Cause)
	require.Equal(t, 120, layer.RowsWrong)
	require.Equal(t, 240, layer.Different)
	require.Equal(t, 116, layer.FirstRow)
	require.Equal(t, "120 of 576 rows have a wrong factor (first: row 116), between 1.24 and 2 times the stored one; "+
		"exactly explained by: blocks of 116 rows where the format says 128 (576/5 rounded up: derived by division)", layer.Finding)
}

func TestLoadedFactorsAreExplainedExactly(t *testing.T) {
	block := blockCheckpoint(t, 576, 300) // 5 x 3 blocks
	const fp8, nvfp4, q = "testdata/modelopt/fp8", "testdata/modelopt/nvfp4", "model.layers.0.self_attn.q_proj"
	const k = "model.layers.0.self_attn.k_proj"
	tests := []struct {
		name, dir, module string
		factor            func(l *Linear, row, col int) float32
		want              Cause
		detail            string
	}{
		{"blocks of 64 rows", block, "m", func(l *Linear, row, col int) float32 { return l.BlockScale[min(row/64, 4)*3+col] }, CauseBlockSize, "blocks of 64 rows"},
		{"blocks of 64 columns", block, "m", func(l *Linear, row, col int) float32 { return l.BlockScale[row/128*3+min(col*2, 2)] }, CauseBlockSize, "columns"},
		{"grid transposed", block, "m", func(l *Linear, row, col int) float32 { return l.BlockScale[col*5+row/128] }, CauseTransposed, "[5, 3] grid of scales read as [3, 5]"},
		{"next block of rows", block, "m", func(l *Linear, row, col int) float32 { return l.BlockScale[min(row/128+1, 4)*3+col] }, CauseShifted, "next block of rows"},
		{"block scale missing", block, "m", func(*Linear, int, int) float32 { return 1 }, CauseMissing, "not applied"},
		{"block scale inverted", block, "m", func(l *Linear, row, col int) float32 { return 1 / asStored(l, row, col) }, CauseInverted, "reciprocal"},
		{"FP8 scale missing", fp8, q, func(*Linear, int, int) float32 { return 1 }, CauseMissing, "not applied"},
		{"FP8 scale inverted", fp8, q, func(l *Linear, _, _ int) float32 { return 1 / l.Scale }, CauseInverted, "reciprocal"},
		{"FP8 scale twice", fp8, q, func(l *Linear, _, _ int) float32 { return l.Scale * l.Scale }, CauseTwice, "square"},
		{"FP8 scale doubled", fp8, q, func(l *Linear, _, _ int) float32 { return 2 * l.Scale }, CauseFactor, "(first: row 0), 2 times the stored one; "},
		{"FP8 scale of k", fp8, q, func(*Linear, int, int) float32 {
			l, _ := mustLinear(t, fp8, k)
			return l.Scale
		}, CauseSibling, "the scales of " + k},
		{"NVFP4 bytes converted", nvfp4, q, func(l *Linear, row, col int) float32 { return float32(l.Scales[row*16+col]) * l.Scale }, CauseConverted, "`.to`"},
		{"NVFP4 bytes converted and rounded", nvfp4, q, func(l *Linear, row, col int) float32 {
			return E4M3ToFloat32(Float32ToE4M3(float32(l.Scales[row*16+col]))) * l.Scale
		}, CauseConverted, "rounded to E4M3"},
		{"NVFP4 global scale missing", nvfp4, q, func(l *Linear, row, col int) float32 { return E4M3ToFloat32(l.Scales[row*16+col]) }, CauseMissing, "weight_scale_2"},
		{"NVFP4 group scales missing", nvfp4, q, func(l *Linear, _, _ int) float32 { return l.Scale }, CauseMissing, "group scales"},
		{"NVFP4 divided by the global scale", nvfp4, q, func(l *Linear, row, col int) float32 { return E4M3ToFloat32(l.Scales[row*16+col]) / l.Scale }, CauseInverted, "divided"},
		{"NVFP4 transposed", nvfp4, q, func(l *Linear, row, col int) float32 { return E4M3ToFloat32(l.Scales[col*256+row]) * l.Scale }, CauseTransposed, "[256, 16]"},
		{"NVFP4 swizzled", nvfp4, q, func(l *Linear, row, col int) float32 {
			return E4M3ToFloat32(l.Scales[swizzledOffset(row, col, 16)]) * l.Scale
		}, CauseSwizzled, "interleaved"},
		{"NVFP4 neighbour", nvfp4, q, func(l *Linear, row, col int) float32 { return asStored(l, row, max(col-1, 0)) }, CauseShifted, "previous group"},
		{"one value wrong", nvfp4, q, func(l *Linear, row, col int) float32 {
			if row == 7 && col == 3 {
				return 3
			}
			return asStored(l, row, col)
		}, CauseUnknown, "1 of 256 rows"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, c := mustLinear(t, test.dir, test.module)
			f := factorsOf(l)
			loaded := loadedAs(t, c, test.module, func(l *Linear, row, col int) float32 { return f.values[row*f.cols+col] })
			report, err := AuditLoaded(test.dir, []engine.LoadedScale{loaded})
			require.NoError(t, err)
			require.Empty(t, report.Wrong(), "as stored")

			for row := range f.rows {
				for col := range f.cols {
					loaded.Values[row*f.cols+col] = test.factor(l, row, col)
				}
			}
			report, err = AuditLoaded(test.dir, []engine.LoadedScale{loaded})
			require.NoError(t, err)
			require.Len(t, report.Wrong(), 1)
			require.Equal(t, test.want, report.Wrong()[0].Cause, report.Wrong()[0].Finding)
			require.Contains(t, report.Wrong()[0].Finding, test.detail)
		})
	}
}

func mustLinear(t testing.TB, dir, module string) (*Linear, *Checkpoint) {
	t.Helper()
	c := open(t, dir)
	l, err := c.Linear(module)
	require.NoError(t, err)
	return l, c
}

func TestLoadedScalesThatDoNotFitAreFindingsNotNumbers(t *testing.T) {
	const dir, q = "testdata/modelopt/fp8", "model.layers.0.self_attn.q_proj"
	good := loadedAs(t, open(t, dir), q, asStored)
	change := func(edit func(*engine.LoadedScale)) engine.LoadedScale {
		s := good
		edit(&s)
		return s
	}
	for _, test := range []struct {
		scale   engine.LoadedScale
		cause   Cause
		finding string
	}{
		{change(func(s *engine.LoadedScale) { s.Format = "nvfp4" }), CauseMismatch,
			"the engine computes with nvfp4, the checkpoint stores fp8"},
		{change(func(s *engine.LoadedScale) { s.N, s.Values = 128, s.Values[:128] }), CauseMismatch,
			"the engine holds [128, 256], the checkpoint [256, 256]"},
		{change(func(s *engine.LoadedScale) { s.Group, s.Values = 128, make([]float32, 512) }), CauseBlockSize,
			"the engine scales groups of 128 values, the checkpoint of 256"},
	} {
		report, err := AuditLoaded(dir, []engine.LoadedScale{test.scale})
		require.NoError(t, err)
		require.Len(t, report.Wrong(), 1)
		require.Equal(t, test.cause, report.Wrong()[0].Cause)
		require.Equal(t, test.finding, report.Wrong()[0].Finding)
		require.Len(t, report.NotLoaded, 3)
	}
	for want, scale := range map[string]engine.LoadedScale{
		"handed 3 factors for [256, 256] in groups of 256": change(func(s *engine.LoadedScale) { s.Values = s.Values[:3] }),
		"in groups of 0":          change(func(s *engine.LoadedScale) { s.Group = 0 }),
		"no tensor absent.weight": change(func(s *engine.LoadedScale) { s.Module = "absent" }),
	} {
		_, err := AuditLoaded(dir, []engine.LoadedScale{scale})
		require.ErrorContains(t, err, want)
	}
	_, err := AuditLoaded(filepath.Join(dir, "absent"), nil)
	require.Error(t, err)
}
