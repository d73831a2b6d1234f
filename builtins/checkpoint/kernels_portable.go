//go:build !(goexperiment.simd && amd64)

package checkpoint

func decodeBF16(out []float32, data []byte) { decodeBF16Scalar(out, data) }

func decodeE4M3(out []float32, codes []byte, scale float32) { decodeE4M3Scalar(out, codes, scale) }

func decodeNVFP4(out []float32, packed, scales []byte, global float32) {
	decodeNVFP4Scalar(out, packed, scales, global)
}

func compare(d, r []float32) difference { return compareScalar(d, r) }

func countMasked(data []byte, mask, want byte) int { return countMaskedScalar(data, mask, want) }
