package compute

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
)

// eachImplementation runs a test with every instruction set of this machine.
func eachImplementation(t *testing.T, test func(t *testing.T)) {
	for _, o := range []operations{portable(), choose()} {
		t.Run(o.name, func(t *testing.T) {
			before := active
			active = o
			defer func() { active = before }()
			test(t)
		})
	}
}

func normal(n int, seed uint64) []float32 {
	random := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	return x
}

func TestProductsEqualTheDefinitionForEveryShape(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, s := range []struct{ rows, n, k int }{{1, 1, 1}, {3, 5, 7}, {4, 32, 16}, {50, 33, 20}, {97, 100, 31}, {2, 300, 64}, {6, 24, 32}} {
			w, x := normal(s.n*s.k, 1), normal(s.rows*s.k, 2)
			m, y := Pack(w, s.n, s.k), make([]float32, s.rows*s.n)
			Tiles(s.rows, s.n, func(top, bottom, left, right int) {
				m.MultiplyAdd(y[top*s.n:], s.n, x[top*s.k:], s.k, bottom-top, left, right)
			})
			for i := range s.rows {
				for n := range s.n {
					var want float64
					for k := range s.k {
						want += float64(x[i*s.k+k]) * float64(w[n*s.k+k])
					}
					require.InDelta(t, want, y[i*s.n+n], 1e-5*math.Sqrt(float64(s.k))+1e-6)
				}
			}
		}
	})
}

func TestARowOfAProductDoesNotDependOnTheOthers(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		const rows, n, k = 11, 70, 45
		m, x := Pack(normal(n*k, 1), n, k), normal(rows*k, 2)
		all := make([]float32, rows*n)
		m.MultiplyAdd(all, n, x, k, rows, 0, n)
		for i := range rows {
			one := make([]float32, n)
			m.MultiplyAdd(one, n, x[i*k:], k, 1, 0, n)
			require.Equal(t, all[i*n:(i+1)*n], one)
		}
	})
}

func TestColumnsAndRowsFillTheSameMatrix(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		const n, k = 40, 9
		w := normal(n*k, 3)
		byColumn := NewMatrix(n, k)
		for j := range k {
			column := make([]float32, n)
			for i := range n {
				column[i] = w[i*k+j]
			}
			byColumn.SetColumn(j, column)
		}
		require.Equal(t, Pack(w, n, k), byColumn)
	})
}

// special are the numbers where rounding goes wrong first.
func special() []float32 {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{0, 1, -1, 0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 5.01, 6, 7, 447, 448, 463.9, 464, 464.1, 480, 1e4, 65503, 65504, 65519, 65520, 1e30,
		1.0 / 512, 1.0 / 1024, 3.0 / 1024, 1.5 / 512, 0.013, 0.0156, 1e-5, 6e-8, 3e-8, 2e-8, 1e-30, inf, nan, math.Float32frombits(0x7fffffff)}
	for _, v := range x {
		x = append(x, -v)
	}
	for scale := float32(1e-3); scale < 1e4; scale *= 10 {
		for _, v := range normal(500, 4) {
			x = append(x, v*scale)
		}
	}
	return x
}

func TestRoundingAgreesWithTheCheckpointFormats(t *testing.T) {
	cases := []struct {
		name  string
		round func([]float32)
		want  func(float32) float32
	}{
		{"bfloat16", BFloat16.Round, func(v float32) float32 { return checkpoint.BF16ToFloat32(checkpoint.Float32ToBF16(v)) }},
		{"float16", Float16.Round, func(v float32) float32 { return checkpoint.F16ToFloat32(checkpoint.Float32ToF16(v)) }},
		{"E4M3 saturating", func(x []float32) { RoundE4M3(x, true) },
			func(v float32) float32 { return checkpoint.E4M3ToFloat32(checkpoint.Float32ToE4M3(v)) }},
		{"E4M3", func(x []float32) { RoundE4M3(x, false) },
			func(v float32) float32 { return checkpoint.E4M3ToFloat32(checkpoint.Float32ToE4M3Unclamped(v)) }},
		{"E2M1", RoundE2M1, func(v float32) float32 {
			if v != v {
				return v
			}
			return checkpoint.E2M1ToFloat32(checkpoint.Float32ToE2M1(v))
		}},
	}
	eachImplementation(t, func(t *testing.T) {
		for _, c := range cases {
			in := special()
			got := special()
			c.round(got)
			for i, v := range in {
				want := c.want(v)
				if want != want {
					require.True(t, got[i] != got[i], "%s of %v is %v, want NaN", c.name, v, got[i])
					continue
				}
				require.Equal(t, want, got[i], "%s of %v", c.name, v)
			}
		}
	})
}

func TestSoftmaxAndSiLUEqualTheDefinition(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, n := range []int{1, 2, 15, 16, 17, 100} {
			x := normal(n, 5)
			for i := range x {
				x[i] *= 30
			}
			p, s := append([]float32{}, x...), append([]float32{}, x...)
			Softmax(p)
			SiLU(s)
			var sum float64
			for _, v := range x {
				sum += math.Exp(float64(v - Max(x)))
			}
			for i, v := range x {
				require.InDelta(t, math.Exp(float64(v-Max(x)))/sum, p[i], 1e-6)
				require.InEpsilon(t, 1e-9+float64(v)/(1+math.Exp(-float64(v))), 1e-9+float64(s[i]), 1e-5)
			}
		}
	})
}

func TestNaNIsNeverLost(t *testing.T) {
	nan := float32(math.NaN())
	eachImplementation(t, func(t *testing.T) {
		for _, at := range []int{0, 7, 16, 33} {
			fresh := func() []float32 {
				x := normal(34, 6)
				x[at] = nan
				return x
			}
			softmax, silu, shifted := fresh(), fresh(), fresh()
			Softmax(softmax)
			SiLU(silu)
			ExpOfDifference(shifted, 1)
			for _, v := range softmax {
				require.True(t, v != v)
			}
			require.True(t, silu[at] != silu[at])
			require.True(t, shifted[at] != shifted[at])
			amax := Amax(fresh())
			require.True(t, amax != amax)
		}
	})
}

func TestParallelCallsEveryPartOnceEvenWhenNested(t *testing.T) {
	counts := make([][20]int32, 50)
	Parallel(len(counts), func(i int) {
		Parallel(20, func(j int) { counts[i][j]++ })
	})
	for _, row := range counts {
		for _, n := range row {
			require.EqualValues(t, 1, n)
		}
	}
}
