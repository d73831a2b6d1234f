//go:build !(goexperiment.simd && amd64)

package avx

// ClearUpper has nothing to clear in this build.
func ClearUpper() {}
