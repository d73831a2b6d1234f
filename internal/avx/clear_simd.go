//go:build goexperiment.simd && amd64

package avx

import "simd/archsimd"

var has = archsimd.X86.AVX()

// ClearUpper marks the upper halves of the vector registers as not in use. It
// takes about a nanosecond; a goroutine is preempted after 10 ms at the
// earliest, so that once in some thousand operations is enough.
func ClearUpper() {
	if has {
		archsimd.ClearAVXUpperBits()
	}
}
