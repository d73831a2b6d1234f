package checkpoint

import "encoding/binary"

// The decoders below are the plain versions; decode_amd64.go replaces them
// where the build and the processor allow. Both give the same bits.

// decodeBF16Scalar decodes len(out) little-endian bfloat16 values.
func decodeBF16Scalar(out []float32, data []byte) {
	data = data[:2*len(out)]
	for i := range out {
		out[i] = BF16ToFloat32(binary.LittleEndian.Uint16(data[2*i:]))
	}
}

// decodeE4M3Scalar decodes len(out) E4M3 codes times scale.
func decodeE4M3Scalar(out []float32, codes []byte, scale float32) {
	codes = codes[:len(out)]
	for i, code := range codes {
		out[i] = e4m3Values[code] * scale
	}
}

// decodeE2M1Scalar decodes len(out) E2M1 codes times scale, two codes a byte,
// the first in the low nibble. len(out) is even.
func decodeE2M1Scalar(out []float32, packed []byte, scale float32) {
	packed = packed[:len(out)/2]
	for i, pair := range packed {
		out[2*i] = e2m1Values[pair&15] * scale
		out[2*i+1] = e2m1Values[pair>>4] * scale
	}
}
