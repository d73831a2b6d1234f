package compute

import (
	"fmt"
	"testing"
)

func BenchmarkProduct(b *testing.B) {
	for _, s := range []struct{ rows, n, k int }{{1024, 576, 192}, {1024, 192, 576}, {64, 576, 192}, {1, 576, 192}, {256, 2048, 2048}} {
		b.Run(fmt.Sprintf("%dx%dx%d", s.rows, s.n, s.k), func(b *testing.B) {
			w := Pack(make([]float32, s.n*s.k), s.n, s.k)
			x, y := make([]float32, s.rows*s.k), make([]float32, s.rows*s.n)
			for b.Loop() {
				Tiles(s.rows, s.n, func(top, bottom, left, right int) {
					w.MultiplyAdd(y[top*s.n:], s.n, x[top*s.k:], s.k, bottom-top, left, right)
				})
			}
			flops := 2 * float64(s.rows*s.n*s.k) * float64(b.N)
			b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
