package embedded

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded/internal/compute"
)

// fixtures are the checkpoints that testdata/make_fixtures.py wrote.
var fixtures = []string{"llama", "llama-bias-llama3-rope", "qwen2-moe"}

// expectation is one prompt of a fixture with what transformers answers.
type expectation struct {
	Prompt   []int32   `json:"prompt"`
	Float32  []float32 `json:"float32"`
	BFloat16 []float32 `json:"bfloat16"`
	Float16  []float32 `json:"float16"`
	Greedy   []int32   `json:"greedy"`
}

func readExpectations(t testing.TB, name string) []expectation {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name, "expected.json"))
	require.NoError(t, err)
	var file struct {
		Prompts []expectation `json:"prompts"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	return file.Prompts
}

// fixture is a deployment of a fixture, with settings as key and value in
// turn; the key is a path with dots.
func fixture(name string, settings ...any) engine.Deployment {
	return with(engine.Deployment{Model: filepath.Join("testdata", name)}, settings...)
}

func with(d engine.Deployment, settings ...any) engine.Deployment {
	for i := 0; i < len(settings); i += 2 {
		path := strings.Split(settings[i].(string), ".")
		d = d.With(settings[i+1], path[0], path[1:]...)
	}
	return d
}

func openEngine(t testing.TB, d engine.Deployment) engine.Engine {
	t.Helper()
	e, err := Open(context.Background(), d)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// generate answers the prompts and returns the responses in their order.
func generate(t testing.TB, e engine.Engine, prompts [][]int32, maxTokens int) []engine.Response {
	t.Helper()
	var requests []engine.Request
	for i, p := range prompts {
		requests = append(requests, engine.Request{ID: i, Tokens: p, MaxTokens: maxTokens, Stop: []int32{}, Logits: true})
	}
	out := make([]engine.Response, len(prompts))
	require.NoError(t, e.Generate(context.Background(), requests, func(r engine.Response) error {
		out[r.ID] = r
		return nil
	}))
	return out
}

func prompts(list []expectation) [][]int32 {
	var out [][]int32
	for _, e := range list {
		out = append(out, e.Prompt)
	}
	return out
}

func largestDifference(t testing.TB, a, b []float32) float64 {
	t.Helper()
	require.Len(t, a, len(b))
	var worst float64
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		require.False(t, math.IsNaN(d))
		worst = max(worst, d)
	}
	return worst
}

func rms(x []float32) float64 {
	return math.Sqrt(float64(compute.SumSquares(x)) / float64(len(x)))
}

// rmsDifference is relative to the second argument.
func rmsDifference(a, b []float32) float64 {
	d := make([]float32, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return rms(d) / rms(b)
}

func TestFloat32LogitsAgreeWithTransformers(t *testing.T) {
	for _, name := range fixtures {
		t.Run(name, func(t *testing.T) {
			want := readExpectations(t, name)
			e := openEngine(t, fixture(name, "model_kwargs.torch_dtype", "float32"))
			for i, r := range generate(t, e, prompts(want), 4) {
				worst := largestDifference(t, r.Logits, want[i].Float32)
				t.Logf("%d tokens: largest difference %.2g", len(want[i].Prompt), worst)
				require.Less(t, worst, 1e-4)
				require.Equal(t, want[i].Greedy, r.Tokens)
			}
		})
	}
}

// In 16 bits a sum in another order may round the other way, and the
// difference spreads. So ours must be closer to transformers' 16 bits than
// those are to its float32; in bfloat16 most prompts agree to the bit.
func TestLogitsIn16BitsAgreeWithTransformersToRounding(t *testing.T) {
	for _, name := range fixtures {
		for _, dtype := range []string{"bfloat16", "float16"} {
			t.Run(name+" "+dtype, func(t *testing.T) {
				list := readExpectations(t, name)
				e := openEngine(t, fixture(name, "model_kwargs.torch_dtype", dtype))
				exact := 0
				for i, r := range generate(t, e, prompts(list), 1) {
					want := map[string][]float32{"bfloat16": list[i].BFloat16, "float16": list[i].Float16}[dtype]
					ours, rounding := rmsDifference(r.Logits, want), rmsDifference(want, list[i].Float32)
					t.Logf("%d tokens: relative RMS difference %.2g; %s against float32 %.2g", len(list[i].Prompt), ours, dtype, rounding)
					require.Less(t, ours, rounding)
					if ours == 0 {
						exact++
					}
				}
				if dtype == "bfloat16" { // PyTorch sums float16 in several ways
					require.GreaterOrEqual(t, exact, 3)
				}
			})
		}
	}
}

// quantizedExpectation is one prompt of a quantized fixture with what PyTorch
// answers, by activation format and then by "fused" or "fake"; null stands for
// NaN.
type quantizedExpectation struct {
	Prompt   []int32               `json:"prompt"`
	Float32  map[string][]*float32 `json:"float32"`
	BFloat16 map[string][]*float32 `json:"bfloat16"`
}

// A rounding difference of an activation can push it over the border between
// two codes. With float32 activations that is rare, and the logits must agree;
// with bfloat16 only the shortest prompt is free of it.
func TestQuantizedLogitsAgreeWithPyTorchFusedAndFake(t *testing.T) {
	cases := []struct{ name, transform string }{
		{"llama-fp8", "fuse_fp8_linear"},
		{"llama-fp8-block", "fuse_finegrained_fp8_linear"},
		{"llama-nvfp4", "fuse_nvfp4_linear"},
	}
	for _, c := range cases {
		text, err := os.ReadFile(filepath.Join("testdata", c.name, "expected.json"))
		require.NoError(t, err)
		var file struct {
			Prompts []quantizedExpectation `json:"prompts"`
		}
		require.NoError(t, json.Unmarshal(text, &file))
		for _, way := range []string{"fused", "fake"} {
			t.Run(c.name+" "+way, func(t *testing.T) {
				d := fixture(c.name, "transforms."+c.transform+".enabled", way == "fused")
				full := openEngine(t, with(d, "model_kwargs.torch_dtype", "float32"))
				for _, x := range file.Prompts {
					requireAgreement(t, generate(t, full, [][]int32{x.Prompt}, 1)[0].Logits, x.Float32[way], 1e-4)
				}
				half, shortest := openEngine(t, d), file.Prompts[0]
				requireAgreement(t, generate(t, half, [][]int32{shortest.Prompt}, 1)[0].Logits, shortest.BFloat16[way], 1e-2)
			})
		}
	}
}

// requireAgreement compares logits; NaN must be where NaN is.
func requireAgreement(t *testing.T, got []float32, want []*float32, tolerance float64) {
	t.Helper()
	require.Len(t, got, len(want))
	var worst float64
	nans := 0
	for i, w := range want {
		if w == nil {
			nans++
			require.True(t, math.IsNaN(float64(got[i])), "logit %d is %v: PyTorch has NaN", i, got[i])
			continue
		}
		worst = max(worst, math.Abs(float64(got[i]-*w)))
	}
	t.Logf("largest difference %.2g, NaN %d of %d", worst, nans, len(want))
	require.LessOrEqual(t, worst, tolerance)
}
