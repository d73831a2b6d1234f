package checkpoint

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// lengths cross every boundary of vectors and stretches.
var lengths = []int{0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 257, 4096, 4097, 10000}

func randomBytes(n int) []byte {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(random.Uint32())
	}
	return out
}

func requireSameBits(t *testing.T, want, got []float32, what string) {
	t.Helper()
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) && !(want[i] != want[i] && got[i] != got[i]) {
			require.Failf(t, "bits differ", "%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestDecodersGiveTheBitsOfThePlainOnes(t *testing.T) {
	for _, n := range lengths {
		want, got := make([]float32, n), make([]float32, n)
		halves := randomBytes(2 * n)
		decodeBF16Scalar(want, halves)
		decodeBF16(got, halves)
		requireSameBits(t, want, got, "bfloat16")
		for _, scale := range []float32{1, .000731, 0, 1e-38, 1e-44, 127, 300, 3e38} {
			codes := randomBytes(n)
			decodeE4M3Scalar(want, codes, scale)
			decodeE4M3(got, codes, scale)
			requireSameBits(t, want, got, "E4M3")

			n := n &^ (groupSize - 1)
			scales := randomBytes(n / groupSize)
			decodeNVFP4Scalar(want[:n], codes, scales, scale)
			decodeNVFP4(got[:n], codes, scales, scale)
			requireSameBits(t, want[:n], got[:n], "NVFP4")
		}
	}
}

func TestCountsAreThoseOfTheDefinition(t *testing.T) {
	for _, n := range lengths {
		data := randomBytes(n)
		for _, c := range [][2]byte{{0x7f, 0x7f}, {0x7f, 0}, {0x70, 0x70}, {0xff, 3}} {
			want := 0
			for _, b := range data {
				if b&c[0] == c[1] {
					want++
				}
			}
			require.Equal(t, want, countMasked(data, c[0], c[1]))
			require.Equal(t, want, countMaskedScalar(data, c[0], c[1]))
		}
	}
}

// exactDifference is the definition, in float64.
func exactDifference(d, r []float32) difference { return compareCarefully(d, r) }

func TestComparisonsAgreeWithTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range lengths {
		d, r := make([]float32, n), make([]float32, n)
		for i := range d {
			r[i] = float32(random.NormFloat64())
			d[i] = r[i] + float32(random.NormFloat64()*.03)
		}
		check := func() {
			t.Helper()
			want := exactDifference(d, r)
			for _, got := range []difference{compare(d, r), compareScalar(d, r)} {
				require.Equal(t, [2]int{want.n, want.nan}, [2]int{got.n, got.nan})
				require.InDelta(t, want.err2, got.err2, 1e-5*want.err2)
				require.InDelta(t, want.ref2, got.ref2, 1e-5*want.ref2)
				require.InDelta(t, want.deq2, got.deq2, 1e-5*want.deq2)
				require.InDelta(t, want.dot, got.dot, 1e-5*math.Abs(want.dot))
				require.InEpsilon(t, 1+want.deqAmax, 1+got.deqAmax, 1e-6)
				require.InEpsilon(t, 1+want.refAmax, 1+got.refAmax, 1e-6)
			}
		}
		check()
		if n > 20 {
			d[n/2], r[n/3] = float32(math.NaN()), float32(math.NaN())
			d[n-1] = 1e30 // its square is not a float32
			check()
		}
	}
}
