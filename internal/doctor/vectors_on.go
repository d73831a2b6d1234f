//go:build goexperiment.simd && amd64

package doctor

const builtWithVectors = true
