package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const q, k, v, down = layer + "self_attn.q_proj", layer + "self_attn.k_proj", layer + "self_attn.v_proj", layer + "mlp.down_proj"

// tampered copies the checkpoint dir with its tensors edited.
func tampered(t testing.TB, dir string, edit func(map[string]Tensor)) string {
	t.Helper()
	c := open(t, dir)
	tensors := map[string]Tensor{}
	for _, name := range c.Names() {
		tensor, _ := c.Tensor(name)
		tensor.Data = slices.Clone(tensor.Data)
		tensors[name] = tensor
	}
	edit(tensors)
	for name, tensor := range tensors {
		tensor.Name = name
		tensors[name] = tensor
	}
	out := t.TempDir()
	require.NoError(t, Write(filepath.Join(out, singleFile), slices.Collect(maps.Values(tensors))))
	for _, file := range []string{configFile, modeloptFile} {
		if text, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			writeFile(t, out, file, string(text))
		}
	}
	return out
}

func TestRealExportsAuditClean(t *testing.T) {
	for _, name := range []string{"fp8", "fp8_pb_wo", "nvfp4"} {
		report, err := Audit(filepath.Join("testdata/modelopt", name), original)
		require.NoError(t, err)
		require.Len(t, report.Layers, 4)
		require.Empty(t, report.Faults())
		require.Empty(t, report.Notes)
		for _, l := range report.Layers {
			require.InDelta(t, 1, float64(l.Gain), .01)
			require.InDelta(t, 1, float64(l.AmaxRatio), .1)
			require.Greater(t, l.SQNR, l.Expected)
			require.Zero(t, l.NaN)
		}
	}
}

func TestAnUnquantizedCheckpointIsIdenticalToItself(t *testing.T) {
	report, err := Audit(original, original)
	require.NoError(t, err)
	require.Empty(t, report.Faults())
	for _, l := range report.Layers {
		require.True(t, math.IsInf(float64(l.SQNR), 1))
		require.Equal(t, "identical to the reference", l.Finding)
	}
	text, err := json.Marshal(report)
	require.NoError(t, err)
	require.Contains(t, string(text), `"sqnr_db":null`)
}

func TestALayerWithoutAReferenceIsNotCalledRight(t *testing.T) {
	reference := tampered(t, original, func(tensors map[string]Tensor) { delete(tensors, q+weightName) })
	report, err := Audit("testdata/modelopt/fp8", reference)
	require.NoError(t, err)
	require.Len(t, report.Layers, 3)
	require.Equal(t, []string{q + " is not in the reference: it was not audited"}, report.Notes)
}

// spread writes an unquantized layer m of shape [n, k] whose blocks of
// 128 x 128 differ in size by up to 2^6, as in trained models.
func spread(t testing.TB, n, k int) string {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 0, 2*n*k)
	for row := range n {
		for col := range k {
			size := math.Exp2(float64((row/128*5+col/128*3)%7)) / 64
			data = binary.LittleEndian.AppendUint16(data, Float32ToBF16(float32(random.NormFloat64()*size)))
		}
	}
	dir := t.TempDir()
	writeFile(t, dir, configFile, "{}")
	require.NoError(t, Write(filepath.Join(dir, singleFile), []Tensor{{"m.weight", DTypeBF16, []int{n, k}, data}}))
	return dir
}

func editScale(module string, edit func(float32) float32) func(map[string]Tensor) {
	return func(tensors map[string]Tensor) {
		for _, name := range []string{module + globalName, module + scaleName} {
			if t, ok := tensors[name]; ok && t.DType == DTypeF32 {
				editFloats(t.Data, func(_ int, v float32) float32 { return edit(v) })
				return
			}
		}
	}
}

func editFloats(data []byte, edit func(i int, v float32) float32) {
	for i := range len(data) / 4 {
		u := binary.LittleEndian.Uint32(data[4*i:])
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(edit(i, math.Float32frombits(u))))
	}
}

func TestPlantedFaultsAreNamed(t *testing.T) {
	const fp8, nvfp4 = "testdata/modelopt/fp8", "testdata/modelopt/nvfp4"
	wide := spread(t, 576, 384)
	block := filepath.Join(t.TempDir(), "block")
	require.NoError(t, Quantize(wide, FP8Block, block, QuantizeOptions{}))
	constant := func(v float32) func(float32) float32 { return func(float32) float32 { return v } }
	blockScales := func(edit func(old []float32, i int) float32) func(map[string]Tensor) {
		return func(tensors map[string]Tensor) {
			old, _ := tensors["m.weight_scale_inv"].Float32()
			editFloats(tensors["m.weight_scale_inv"].Data, func(i int, _ float32) float32 { return edit(old, i) })
		}
	}
	tests := []struct {
		name           string
		dir, reference string
		module         string
		edit           func(map[string]Tensor)
		want           Cause
		detail         string
	}{
		{"FP8 scale missing", fp8, original, q, editScale(q, constant(1)), CauseMissing, "no scale was stored"},
		{"FP8 scale inverted", fp8, original, q, editScale(q, func(s float32) float32 { return 1 / s }), CauseInverted, "the reciprocal"},
		{"FP8 scale squared", fp8, original, q, editScale(q, func(s float32) float32 { return s * s }), CauseTwice, "the square"},
		{"FP8 maximum not divided", fp8, original, q, editScale(q, func(s float32) float32 { return 448 * s }), CauseFactor, "not divided by 448"},
		{"FP8 scale of another E4M3", fp8, original, q, editScale(q, func(s float32) float32 { return s * 448 / 240 }), CauseFactor, "e4m3fnuz"},
		{"FP8 scale stale", fp8, original, q, editScale(q, func(s float32) float32 { return 1.3 * s }), CauseFactor, "1.3 times"},
		{"FP8 scale of a sibling", fp8, original, q, func(tensors map[string]Tensor) { tensors[q+scaleName] = tensors[v+scaleName] }, CauseSibling, "that of " + v},
		{"FP8 weight of a sibling", fp8, original, k, func(tensors map[string]Tensor) {
			tensors[k+weightName], tensors[k+scaleName] = tensors[v+weightName], tensors[v+scaleName]
		}, CauseSibling, "the weight of " + v},
		{"FP8 signs lost", fp8, original, q, func(tensors map[string]Tensor) {
			for i := range tensors[q+weightName].Data {
				tensors[q+weightName].Data[i] &= 0x7f
			}
		}, CauseSign, "no code is negative"},
		{"FP8 codes are E5M2", fp8, original, q, func(tensors map[string]Tensor) {
			l, _ := mustLinear(t, original, q)
			scale, _ := tensors[q+scaleName].Float32()
			for i, w := range l.Dequantize() {
				tensors[q+weightName].Data[i] = toE5M2(w / scale[0])
			}
		}, CauseCodeType, "E5M2"},
		{"FP8 codes transposed", fp8, original, q, func(tensors map[string]Tensor) {
			old := slices.Clone(tensors[q+weightName].Data)
			for i := range old {
				tensors[q+weightName].Data[i] = old[i%256*256+i/256]
			}
		}, CauseTransposed, "transposed"},
		{"FP8 NaN codes", fp8, original, q, func(tensors map[string]Tensor) {
			tensors[q+weightName].Data[3], tensors[q+weightName].Data[77] = 0x7f, 0xff
		}, CauseNaN, "2 codes are NaN"},
		{"FP8 noise", fp8, original, q, func(tensors map[string]Tensor) {
			random := rand.New(rand.NewPCG(1, 1))
			for i := range tensors[q+weightName].Data {
				tensors[q+weightName].Data[i] = byte(random.Uint32()) & 0xbf
			}
		}, CauseUnknown, "no known mistake"},
		{"FP8 scale absent", fp8, original, q, func(tensors map[string]Tensor) { delete(tensors, q+scaleName) }, CauseMismatch, "codes have no meaning"},
		{"weight absent", fp8, original, q, func(tensors map[string]Tensor) { delete(tensors, q+weightName) }, CauseMismatch, "no tensor " + q},
		{"weight of another shape", fp8, original, q, func(tensors map[string]Tensor) { tensors[q+weightName] = tensors[k+weightName] }, CauseMismatch, "the weight is [128, 256]"},

		{"block scale missing", block, wide, "m", blockScales(func([]float32, int) float32 { return 1 }), CauseMissing, "factor 1"},
		{"block scale inverted", block, wide, "m", blockScales(func(s []float32, i int) float32 { return 1 / s[i] }), CauseInverted, "reciprocal"},
		{"block scale squared", block, wide, "m", blockScales(func(s []float32, i int) float32 { return s[i] * s[i] }), CauseTwice, "square"},
		{"block scale transposed", block, wide, "m", blockScales(func(s []float32, i int) float32 { return s[i%5*3+i/5] }), CauseTransposed, "[5, 3]"},
		{"block scale doubled", block, wide, "m", blockScales(func(s []float32, i int) float32 { return 2 * s[i] }), CauseFactor, "2 times"},
		{"block scale of the block above", block, wide, "m", blockScales(func(s []float32, i int) float32 { return s[max(i-3, i%3)] }), CauseShifted, "previous block of rows"},

		{"NVFP4 global scale missing", nvfp4, original, q, editScale(q, constant(1)), CauseMissing, "weight_scale_2"},
		{"NVFP4 global scale inverted", nvfp4, original, q, editScale(q, func(s float32) float32 { return 1 / s }), CauseInverted, "divided by weight_scale_2"},
		{"NVFP4 maximum not divided", nvfp4, original, q, editScale(q, func(s float32) float32 { return 2688 * s }), CauseFactor, "2688"},
		{"NVFP4 nibbles swapped", nvfp4, original, q, func(tensors map[string]Tensor) {
			for i, b := range tensors[q+weightName].Data {
				tensors[q+weightName].Data[i] = b<<4 | b>>4
			}
		}, CauseNibbles, "high nibble"},
		{"NVFP4 scales swizzled", nvfp4, original, q, func(tensors map[string]Tensor) {
			old := slices.Clone(tensors[q+scaleName].Data)
			for i := range old {
				tensors[q+scaleName].Data[swizzledOffset(i/16, i%16, 16)] = old[i]
			}
		}, CauseSwizzled, "interleaved"},
		{"NVFP4 scales transposed", nvfp4, original, q, func(tensors map[string]Tensor) {
			old := slices.Clone(tensors[q+scaleName].Data)
			for i := range old {
				tensors[q+scaleName].Data[i%16*256+i/16] = old[i]
			}
		}, CauseTransposed, "[16, 256]"},
		{"NVFP4 scale bytes converted", nvfp4, original, q, func(tensors map[string]Tensor) {
			for i, b := range tensors[q+scaleName].Data {
				tensors[q+scaleName].Data[i] = Float32ToE4M3(float32(b))
			}
		}, CauseConverted, "`.to`"},
		{"NVFP4 scales of a sibling", nvfp4, original, k, func(tensors map[string]Tensor) { tensors[k+scaleName] = tensors[v+scaleName] }, CauseSibling, "the scales of " + v},
		{"block scales without a pattern", block, wide, "m", blockScales(func(s []float32, i int) float32 { return s[i] * float32(1+i%4) }), CauseUnknown,
			"the codes are right under the reference quantizer's scales (31.6 dB), the stored scales are not, in "},
		{"NVFP4 NaN scales", nvfp4, original, q, func(tensors map[string]Tensor) { tensors[q+scaleName].Data[0] = 0x7f }, CauseNaN, "1 codes are NaN"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := Audit(tampered(t, test.dir, test.edit), test.reference)
			require.NoError(t, err)
			faults := report.Faults()
			require.Len(t, faults, 1)
			require.Equal(t, test.module, faults[0].Module)
			require.Equal(t, test.want, faults[0].Cause, faults[0].Finding)
			require.Contains(t, faults[0].Finding, test.detail)
			_, err = json.Marshal(report)
			require.NoError(t, err)
		})
	}
}

func toE5M2(v float32) byte {
	best := byte(0)
	for code := range 256 {
		if math.Abs(float64(E5M2ToFloat32(byte(code))-v)) < math.Abs(float64(E5M2ToFloat32(best)-v)) {
			best = byte(code)
		}
	}
	return best
}

// A writer that derives its block size by division assigns rows to the wrong
// scale: the checkpoint itself is wrong then.
func TestACheckpointWrittenWithAnotherBlockSizeIsNamed(t *testing.T) {
	wide := spread(t, 576, 384)
	c := open(t, wide)
	l, err := c.Linear("m")
	require.NoError(t, err)
	scales := make([]float32, 15)
	weights := l.Dequantize()
	for i, w := range weights {
		s := &scales[i/384/116*3+i%384/128]
		*s = max(*s, abs(w)/448)
	}
	codes := make([]byte, len(weights))
	for i, w := range weights {
		codes[i] = Float32ToE4M3(w / scales[i/384/116*3+i%384/128])
	}
	dir := t.TempDir()
	writeFile(t, dir, configFile, `{"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}`)
	require.NoError(t, Write(filepath.Join(dir, singleFile), []Tensor{
		{"m.weight", DTypeE4M3, []int{576, 384}, codes}, {"m.weight_scale_inv", DTypeF32, []int{5, 3}, float32Bytes(scales...)}}))
	report, err := Audit(dir, wide)
	require.NoError(t, err)
	require.Len(t, report.Faults(), 1)
	fault := report.Faults()[0]
	require.Equal(t, CauseBlockSize, fault.Cause, fault.Finding)
	require.Contains(t, fault.Finding, "blocks of 116 rows")
	require.Equal(t, 116, fault.FirstRowOff)
	require.LessOrEqual(t, fault.RowsOff, 120)
}

func TestNotesNameWhatAnEngineCouldConfuse(t *testing.T) {
	notesOf := func(dir string, edit func(map[string]Tensor)) []string {
		report, err := Audit(tampered(t, dir, edit), original)
		require.NoError(t, err)
		require.Empty(t, report.Faults())
		return report.Notes
	}
	const fp8 = "testdata/modelopt/fp8"
	require.Equal(t, []string{
		k + " and " + q + " have different input_scale (0.005301, 0.0106): an engine that fuses them must not use one for both",
	}, notesOf(fp8, func(tensors map[string]Tensor) {
		editFloats(tensors[q+inputName].Data, func(_ int, v float32) float32 { return 2 * v })
	}))
	require.Equal(t, []string{"1 k_scale and v_scale are stored, though no KV cache quantization is declared"},
		notesOf(fp8, func(tensors map[string]Tensor) { tensors[k+".k_scale"] = tensors[k+scaleName] }))
	require.Equal(t, []string{k + " is stored as bf16, the checkpoint declares fp8"},
		notesOf(fp8, func(tensors map[string]Tensor) {
			tensors[k+weightName], _ = open(t, original).Tensor(k + weightName)
			delete(tensors, k+scaleName)
			delete(tensors, k+inputName)
		}))
}

func TestATiedHeadMayBeLeftOut(t *testing.T) {
	embedding := Tensor{DType: DTypeBF16, Shape: []int{1, 2}, Data: []byte{1, 2, 3, 4}}
	with := tampered(t, original, func(tensors map[string]Tensor) {
		tensors["model.embed_tokens.weight"], tensors["lm_head.weight"] = embedding, embedding
	})
	without := tampered(t, with, func(tensors map[string]Tensor) { delete(tensors, "lm_head.weight") })
	report, err := Audit(without, with)
	require.NoError(t, err)
	require.Empty(t, report.Faults())

	untied := tampered(t, with, func(tensors map[string]Tensor) {
		tensors["lm_head.weight"] = Tensor{DType: DTypeBF16, Shape: []int{1, 2}, Data: []byte{4, 3, 2, 1}}
	})
	report, err = Audit(without, untied)
	require.NoError(t, err)
	require.Len(t, report.Faults(), 1)
	require.Contains(t, report.Faults()[0].Finding, "no tensor lm_head.weight")
}

func TestQuantizedWeightsOfAnySpreadAuditClean(t *testing.T) {
	for _, shape := range [][2]int{{576, 384}, {16, 16}, {130, 48}, {1, 4096}} {
		src := spread(t, shape[0], shape[1])
		for _, format := range quantizedFormats {
			dst := filepath.Join(t.TempDir(), "quantized")
			require.NoError(t, Quantize(src, format, dst, QuantizeOptions{}))
			report, err := Audit(dst, src)
			require.NoError(t, err)
			require.Empty(t, report.Faults(), "%v %s", shape, format)
		}
	}
}

func TestANaNInTheReferenceIsAFinding(t *testing.T) {
	poisoned := tampered(t, original, func(tensors map[string]Tensor) {
		copy(tensors[q+weightName].Data, []byte{0xc0, 0x7f})
	})
	for _, model := range []string{"testdata/modelopt/fp8", poisoned} {
		report, err := Audit(model, poisoned)
		require.NoError(t, err)
		require.Len(t, report.Faults(), 1)
		require.Equal(t, CauseNaN, report.Faults()[0].Cause)
		require.Equal(t, "1 weights are NaN, here or in the reference", report.Faults()[0].Finding)
	}
}

func TestAuditRefusesAQuantizedReference(t *testing.T) {
	_, err := Audit("testdata/modelopt/fp8", "testdata/modelopt/nvfp4")
	require.ErrorContains(t, err, "is quantized (NVFP4)")
	_, err = Audit("testdata/absent", original)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Audit(original, "testdata/absent")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestLayersAreOrderedByNumber(t *testing.T) {
	names := []string{"model.layers.10.a", "model.layers.2.b", "model.layers.2.a", "lm_head"}
	slices.SortFunc(names, compareNatural)
	require.Equal(t, []string{"lm_head", "model.layers.2.a", "model.layers.2.b", "model.layers.10.a"}, names)
}
