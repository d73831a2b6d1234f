package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// floatFixture is testdata/floats.json, made by ml_dtypes and torch.
type floatFixture struct {
	E4M3, E5M2, E2M1 []string
	digests          map[string]string
}

func readFloatFixture(t *testing.T) floatFixture {
	t.Helper()
	text, err := os.ReadFile("testdata/floats.json")
	require.NoError(t, err)
	var fixture floatFixture
	require.NoError(t, json.Unmarshal(text, &fixture))
	raw := map[string]any{}
	require.NoError(t, json.Unmarshal(text, &raw))
	fixture.digests = map[string]string{}
	for name, v := range raw {
		if digest, ok := v.(string); ok {
			fixture.digests[name] = digest
		}
	}
	return fixture
}

func TestDecodingTablesAgreeWithMLDtypes(t *testing.T) {
	fixture := readFloatFixture(t)
	check := func(want []string, decode func(byte) float32) {
		for code, text := range want {
			v, err := strconv.ParseFloat(text, 64)
			require.NoError(t, err)
			got := float64(decode(byte(code)))
			if math.IsNaN(v) {
				require.True(t, math.IsNaN(got), "code %#x", code)
				continue
			}
			require.Equal(t, math.Float64bits(v), math.Float64bits(got), "code %#x", code)
		}
	}
	check(fixture.E4M3, E4M3ToFloat32)
	check(fixture.E5M2, E5M2ToFloat32)
	check(fixture.E2M1, E2M1ToFloat32)
}

// everyBF16 and sparseFloat32 are the inputs of make_floats.py.
func everyBF16() []float32 {
	out := make([]float32, 1<<16)
	for i := range out {
		out[i] = BF16ToFloat32(uint16(i))
	}
	return out
}

func sparseFloat32() []float32 {
	var out []float32
	for u := uint64(0); u < 1<<32; u += 65521 {
		out = append(out, math.Float32frombits(uint32(u)))
	}
	return out
}

func TestEncodingsAgreeWithTorchAndMLDtypesOnEveryBF16(t *testing.T) {
	fixture := readFloatFixture(t)
	eight := func(encode func(float32) byte, isNaN func(byte) bool, nan byte) func([]float32) []byte {
		return func(values []float32) []byte {
			var codes []byte
			for _, v := range values {
				code := encode(v)
				if v != v || isNaN(code) {
					code = nan
				}
				codes = append(codes, code)
			}
			return codes
		}
	}
	sixteen := func(encode func(float32) uint16, nan uint16) func([]float32) []byte {
		return func(values []float32) []byte {
			var codes []byte
			for _, v := range values {
				code := encode(v)
				if v != v {
					code = nan
				}
				codes = binary.LittleEndian.AppendUint16(codes, code)
			}
			return codes
		}
	}
	nan8 := func(code byte) bool { return code&0x7f == 0x7f }
	never := func(byte) bool { return false }
	encodings := map[string]func([]float32) []byte{
		"e4m3_unclamped": eight(Float32ToE4M3Unclamped, nan8, 0x7f),
		"e4m3":           eight(Float32ToE4M3, nan8, 0x7f),
		"e2m1":           eight(Float32ToE2M1, never, 7),
		"f16":            sixteen(Float32ToF16, 0x7e00),
		"bf16":           sixteen(Float32ToBF16, 0x7fc0),
	}
	for name, encode := range encodings {
		for set, values := range map[string][]float32{"bf16": everyBF16(), "sparse": sparseFloat32()} {
			digest := sha256.Sum256(encode(values))
			require.Equal(t, fixture.digests[set+"_to_"+name], hex.EncodeToString(digest[:]), "%s inputs to %s", set, name)
		}
	}
}

func TestF16DecodesAsNumPyDoes(t *testing.T) {
	var out []byte
	for i := range 1 << 16 {
		u := math.Float32bits(F16ToFloat32(uint16(i)))
		if u&^(1<<31) > 0x7f800000 {
			u = 0x7fc00000
		}
		out = binary.LittleEndian.AppendUint32(out, u)
	}
	digest := sha256.Sum256(out)
	require.Equal(t, readFloatFixture(t).digests["f16"], hex.EncodeToString(digest[:]))
}

func TestE4M3CastsDifferOnlyBeyond464(t *testing.T) {
	for _, v := range everyBF16() {
		if v >= -464 && v <= 464 {
			require.Equal(t, Float32ToE4M3(v), Float32ToE4M3Unclamped(v), "%v", v)
		}
	}
	require.Equal(t, float32(448), E4M3ToFloat32(Float32ToE4M3Unclamped(464)))
	require.Equal(t, byte(0x7f), Float32ToE4M3Unclamped(466))
	require.Equal(t, float32(448), E4M3ToFloat32(Float32ToE4M3(466)))
	require.Equal(t, float32(-448), E4M3ToFloat32(Float32ToE4M3(float32(math.Inf(-1)))))
}

func TestEveryCodeSurvivesARoundTrip(t *testing.T) {
	for code := range 256 {
		if code&0x7f != 0x7f {
			require.Equal(t, byte(code), Float32ToE4M3(E4M3ToFloat32(byte(code))))
		}
	}
	for code := range byte(16) {
		require.Equal(t, code, Float32ToE2M1(E2M1ToFloat32(code)))
	}
}
