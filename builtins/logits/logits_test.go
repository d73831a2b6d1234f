package logits

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/viterin/vek/vek32"
)

// packed is a row in base64 of little-endian float32.
type packed []float32

func (p *packed) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	bytes, err := base64.StdEncoding.DecodeString(s)
	for ; len(bytes) >= 4; bytes = bytes[4:] {
		*p = append(*p, math.Float32frombits(binary.LittleEndian.Uint32(bytes)))
	}
	return err
}

// number is a JSON number, or "nan", "inf", "-inf".
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	v, err := strconv.ParseFloat(string(text), 64)
	*n = number(v)
	return err
}

type fixtures struct {
	Rows []struct {
		Name                string
		Row                 packed
		NaN, PosInf, NegInf int
		Min, Max, Mean, RMS number
		Top                 []int32
		LogP                []number
	}
	Divergences []struct {
		Name string
		P, Q packed
		KL   float64
	}
}

func readFixtures(t *testing.T) fixtures {
	text, err := os.ReadFile("testdata/cases.json")
	require.NoError(t, err)
	var f fixtures
	require.NoError(t, json.Unmarshal(text, &f))
	return f
}

func requireClose(t *testing.T, want, got, tolerance float64) {
	t.Helper()
	if math.IsNaN(want) || math.IsInf(want, 0) {
		require.Equal(t, strconv.FormatFloat(want, 'g', -1, 64), strconv.FormatFloat(got, 'g', -1, 64))
		return
	}
	require.InDelta(t, want, got, tolerance)
}

func TestStatsEqualNumPy(t *testing.T) {
	for _, c := range readFixtures(t).Rows {
		t.Run(c.Name, func(t *testing.T) {
			s := Stats(c.Row)
			require.Equal(t, len(c.Row), s.Count)
			require.Equal(t, []int{c.NaN, c.PosInf, c.NegInf}, []int{s.NaN, s.PosInf, s.NegInf})
			require.Equal(t, len(c.Row)-c.NaN-c.PosInf-c.NegInf, s.Finite())
			requireClose(t, float64(c.Min), float64(s.Min), 0)
			requireClose(t, float64(c.Max), float64(s.Max), 0)
			requireClose(t, float64(c.Mean), s.Mean, 1e-6*float64(c.RMS))
			requireClose(t, float64(c.RMS), s.RMS, 1e-6*float64(c.RMS))
		})
	}
}

func TestTopKEqualsNumPy(t *testing.T) {
	for _, c := range readFixtures(t).Rows {
		t.Run(c.Name, func(t *testing.T) {
			top := TopK(c.Row, 9)
			require.Len(t, top, len(c.Top))
			for i, id := range c.Top {
				require.Equal(t, Token{id, c.Row[id]}, top[i])
			}
			require.Equal(t, top[:min(2, len(top))], TopK(c.Row, 2)[:min(2, len(top))])
			require.Empty(t, TopK(c.Row, 0))
			require.Empty(t, TopK(c.Row, -1))
			require.Len(t, TopK(c.Row, len(c.Row)+5), len(c.Row)-c.NaN)
		})
	}
}

func TestLogSoftmaxEqualsSciPy(t *testing.T) {
	for _, c := range readFixtures(t).Rows {
		t.Run(c.Name, func(t *testing.T) {
			got := LogSoftmax(c.Row)
			require.Len(t, got, len(c.Row))
			for i, want := range c.LogP {
				x := float64(c.Row[i])
				switch {
				case math.IsNaN(x) || math.IsInf(x, 1):
					require.True(t, math.IsNaN(got[i]))
				case math.IsInf(x, -1):
					require.Equal(t, x, got[i])
				default:
					requireClose(t, float64(want), got[i], 1e-12*max(1, math.Abs(float64(want))))
				}
			}
		})
	}
}

func TestKLEqualsSciPy(t *testing.T) {
	for _, c := range readFixtures(t).Divergences {
		t.Run(c.Name, func(t *testing.T) {
			require.InDelta(t, c.KL, KL(c.P, c.Q), 1e-11*max(1, c.KL))
		})
	}
	require.Zero(t, KL([]float32{1, 2}, []float32{1, 2}))
	require.True(t, math.IsNaN(KL([]float32{1, 2}, []float32{1})))
	require.True(t, math.IsNaN(KL(nil, nil)))
	require.True(t, math.IsNaN(KL([]float32{1}, []float32{float32(math.NaN())})))
}

// A broken row must not look like the same distribution.
func TestKLOfRowsThatAreNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	plain := []float32{2, 1, 0}
	two := KL([]float32{2, 1}, []float32{1, 2}) // what is left without the third token
	for name, c := range map[string]struct {
		p, q []float32
		want float64
	}{
		"q has +Inf":                  {plain, []float32{inf, 1, 0}, math.NaN()},
		"p has +Inf":                  {[]float32{2, inf, 0}, plain, math.NaN()},
		"q has NaN":                   {plain, []float32{2, 1, nan}, math.NaN()},
		"p has NaN":                   {[]float32{nan, 1, 0}, plain, math.NaN()},
		"q rules out what p says":     {plain, []float32{-inf, 1, 0}, math.Inf(1)},
		"they are the same":           {[]float32{-inf, 1, 0}, []float32{-inf, 1, 0}, 0},
		"both rule out the same":      {[]float32{2, 1, -inf}, []float32{1, 2, -inf}, two},
		"q says what p rules out":     {[]float32{0, -inf, -inf}, []float32{0, 0, -inf}, math.Ln2},
		"q rules out what p never is": {[]float32{0, 0, -1000}, []float32{0, 0, -inf}, 0},
		"nothing is left of q":        {plain, []float32{-inf, -inf, -inf}, math.NaN()},
		"nothing is left of p":        {[]float32{-inf, -inf, -inf}, plain, math.NaN()},
	} {
		t.Run(name, func(t *testing.T) { requireClose(t, c.want, KL(c.p, c.q), 1e-12) })
	}
}

func TestMargin(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	row := []float32{9, 1, 3.5, -2, nan, inf, -inf, inf}
	tests := map[string]struct {
		letters []int32
		right   int
		want    float64
	}{
		"right wins":         {[]int32{1, 2, 3}, 1, 2.5},
		"right loses":        {[]int32{1, 2, 3}, 0, -2.5},
		"a wrong one is NaN": {[]int32{1, 4}, 0, math.NaN()},
		"right is NaN":       {[]int32{1, 4}, 1, math.NaN()},
		"right is infinite":  {[]int32{1, 5}, 1, math.Inf(1)},
		"wrong is -infinite": {[]int32{1, 6}, 0, math.Inf(1)},
		"two infinities":     {[]int32{5, 7}, 0, math.NaN()},
		"outside of the row": {[]int32{1, 8}, 0, math.NaN()},
		"negative id":        {[]int32{1, -1}, 0, math.NaN()},
		"one letter":         {[]int32{1}, 0, math.NaN()},
		"no such letter":     {[]int32{1, 2}, 2, math.NaN()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			requireClose(t, test.want, Margin(row, test.letters, test.right), 0)
		})
	}
}

func FuzzMeasuresNeverPanicAndAgree(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), 3)
	f.Add([]byte{0, 0, 0x80, 0x7f, 0, 0, 0xc0, 0x7f, 0xff, 0xff, 0x7f, 0x7f}, 1)
	f.Fuzz(func(t *testing.T, bytes []byte, k int) {
		var row []float32
		for ; len(bytes) >= 4; bytes = bytes[4:] {
			row = append(row, math.Float32frombits(binary.LittleEndian.Uint32(bytes)))
		}
		s := Stats(row)
		require.Equal(t, s.Count, s.Finite()+s.NaN+s.PosInf+s.NegInf)
		for _, top := range TopK(row, k) {
			if s.PosInf == 0 && s.Finite() > 0 {
				require.LessOrEqual(t, top.Logit, s.Max)
			}
		}
		if s.Finite() > 0 && s.NaN+s.PosInf == 0 {
			require.Zero(t, KL(row, row))
		}
		LogSoftmax(row)
	})
}

// benchmarkRows are 128 rows of Llama 3's vocabulary, 66 MB: more than most
// caches hold.
func benchmarkRows() [][]float32 {
	rng := rand.New(rand.NewPCG(0, 0))
	row := make([]float32, 128256)
	for i := range row {
		row[i] = float32(rng.NormFloat64() * 3)
	}
	rows := make([][]float32, 128)
	for i := range rows {
		rows[i] = slices.Clone(row)
	}
	return rows
}

// benchmark measures a function of a row. Sum, which reads a row once and
// little else, shows what the machine can.
func benchmark(b *testing.B, measure func(row []float32)) {
	rows := benchmarkRows()
	b.SetBytes(int64(4 * len(rows[0])))
	i := 0
	for b.Loop() {
		measure(rows[i%len(rows)])
		i++
	}
}

func BenchmarkSum(b *testing.B)   { benchmark(b, func(row []float32) { vek32.Sum(row) }) }
func BenchmarkStats(b *testing.B) { benchmark(b, func(row []float32) { Stats(row) }) }
func BenchmarkTopK(b *testing.B)  { benchmark(b, func(row []float32) { TopK(row, 10) }) }
func BenchmarkKL(b *testing.B)    { benchmark(b, func(row []float32) { KL(row, row) }) }

func TestQuantilesEqualThoseOfTheSortedRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	ps := []float64{0, .25, .5, .75, 1, .001, .333}
	for n := range 200 {
		row := make([]float32, n)
		for i := range row {
			row[i] = float32(rng.NormFloat64() * math.Pow(10, float64(rng.IntN(6)-3)))
			if rng.IntN(20) == 0 {
				row[i] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1))}[rng.IntN(5)]
			}
		}
		var finite []float64
		for _, x := range row {
			if isFinite(x) {
				finite = append(finite, float64(x))
			}
		}
		slices.Sort(finite)
		got := Quantiles(row, ps...)
		for i, p := range ps {
			if len(finite) == 0 {
				require.True(t, math.IsNaN(got[i]))
				continue
			}
			at := p * float64(len(finite)-1)
			low := finite[int(at)]
			high := finite[min(int(at)+1, len(finite)-1)]
			require.Equal(t, low+(at-float64(int(at)))*(high-low), got[i], "n %d, p %g", n, p)
		}
	}
	require.True(t, math.IsNaN(Quantiles([]float32{1}, 1.5)[0]))
}

func TestMarginOf(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	requireClose(t, 2, MarginOf([]float32{1, 3, 0}, 1), 0)
	requireClose(t, -2, MarginOf([]float32{1, 3, 0}, 0), 0)
	requireClose(t, math.NaN(), MarginOf([]float32{1, nan, 0}, 0), 0)
	requireClose(t, math.NaN(), MarginOf([]float32{inf, inf}, 0), 0)
	requireClose(t, math.NaN(), MarginOf([]float32{1, 2}, 2), 0)
	requireClose(t, math.NaN(), MarginOf([]float32{1}, 0), 0)
}

func BenchmarkQuantiles(b *testing.B) {
	benchmark(b, func(row []float32) { Quantiles(row, 0, .25, .5, .75, 1) })
}
