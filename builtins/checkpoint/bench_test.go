package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchmarkModel writes an unquantized checkpoint of 4 layers of 4096 x 4096,
// 128 MiB in bfloat16.
func benchmarkModel(b *testing.B) string {
	b.Helper()
	const n = 4096
	random := rand.New(rand.NewPCG(1, 2))
	pool := make([]byte, 0, 4*n*n)
	for range n * n {
		pool = binary.LittleEndian.AppendUint16(pool, Float32ToBF16(float32(random.NormFloat64()*.02)))
	}
	dir := b.TempDir()
	writeFile(b, dir, configFile, "{}")
	var tensors []Tensor
	for i := range 4 {
		tensors = append(tensors, Tensor{fmt.Sprintf("layers.%d.up_proj.weight", i), DTypeBF16, []int{n, n}, pool})
	}
	require.NoError(b, Write(filepath.Join(dir, singleFile), tensors))
	return dir
}

// BenchmarkAudit reads codes, scales and reference once; its bytes per second
// compare with those of BenchmarkMemoryBandwidth.
func BenchmarkAudit(b *testing.B) {
	src := benchmarkModel(b)
	for _, format := range quantizedFormats {
		b.Run(string(format), func(b *testing.B) {
			dst := filepath.Join(b.TempDir(), "quantized")
			require.NoError(b, Quantize(src, format, dst, QuantizeOptions{}))
			b.SetBytes(weightBytes(b, src) + weightBytes(b, dst))
			for b.Loop() {
				report, err := Audit(dst, src)
				require.NoError(b, err)
				require.Empty(b, report.Faults())
			}
		})
	}
}

func weightBytes(b *testing.B, dir string) int64 {
	c := open(b, dir)
	total := 0
	for _, t := range c.tensors {
		total += len(t.Data)
	}
	return int64(total)
}

// BenchmarkMemoryBandwidth reads 256 MiB with every processor, 8 bytes at a
// time in 8 chains: the limit for whatever reads weights once.
func BenchmarkMemoryBandwidth(b *testing.B) {
	parts := make([][]uint64, runtime.GOMAXPROCS(0))
	for i := range parts {
		parts[i] = make([]uint64, (256<<20)/8/len(parts))
		for j := range parts[i] {
			parts[i][j] = uint64(j)
		}
	}
	sums := make([]uint64, len(parts))
	b.SetBytes(int64(len(parts)) * int64(len(parts[0])) * 8)
	for b.Loop() {
		inParallel(len(parts), func(i int) {
			var s [8]uint64
			part := parts[i]
			for ; len(part) >= 8; part = part[8:] {
				for k := range s {
					s[k] += part[k]
				}
			}
			sums[i] = s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7]
		})
	}
}

func BenchmarkDequantize(b *testing.B) {
	src := benchmarkModel(b)
	for _, format := range quantizedFormats {
		b.Run(string(format), func(b *testing.B) {
			dst := filepath.Join(b.TempDir(), "quantized")
			require.NoError(b, Quantize(src, format, dst, QuantizeOptions{}))
			l, err := open(b, dst).Linear("layers.0.up_proj")
			require.NoError(b, err)
			row := make([]float32, l.K)
			b.SetBytes(int64(len(l.Codes)))
			for b.Loop() {
				for n := range l.N {
					l.decodeRow(row, n)
				}
			}
		})
	}
}
