package checkpoint

// Dequantize returns the weight as float32, [N, K] row-major: each code times
// its factor in float32.
func (l *Linear) Dequantize() []float32 {
	out := make([]float32, l.N*l.K)
	for n := range l.N {
		l.decodeRow(out[n*l.K:(n+1)*l.K], n)
	}
	return out
}

// decodeRow writes row n of the dequantized weight.
func (l *Linear) decodeRow(out []float32, n int) {
	switch l.Format {
	case FP8:
		decodeE4M3(out, l.Codes[n*l.K:], l.Scale)
	case FP8Block:
		codes := l.Codes[n*l.K : (n+1)*l.K]
		scales := l.BlockScale[n/l.BlockN*l.BlockCols:]
		for start := 0; start < l.K; start += l.BlockK {
			end := min(start+l.BlockK, l.K)
			decodeE4M3(out[start:end], codes[start:end], scales[start/l.BlockK])
		}
	case NVFP4:
		decodeNVFP4(out, l.Codes[n*l.K/2:], l.Scales[n*l.K/groupSize:], l.Scale)
	default:
		l.tensor().decode(out, n*l.K)
	}
}

// tensor is the weight of an unquantized layer.
func (l *Linear) tensor() Tensor {
	dtype := map[Format]DType{BF16: DTypeBF16, F16: DTypeF16, F32: DTypeF32}[l.Format]
	return Tensor{Name: l.Module + weightName, DType: dtype, Shape: []int{l.N, l.K}, Data: l.Codes}
}
