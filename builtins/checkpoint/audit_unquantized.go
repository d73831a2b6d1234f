package checkpoint

import "fmt"

// diagnoseUnquantized names the cause of a layer without codes that is known
// to be wrong.
func (p layerPair) diagnoseUnquantized(layer Layer, m measurement) Layer {
	enough := leastSQNR[layer.Format]
	where := fmt.Sprintf("not quantized, yet %.1f dB from the reference", m.sqnr())
	if name, ok := p.otherType(enough); ok {
		return layer.fault(CauseElements, "%s; the bytes are %s, said to be %s", where, name, layer.Format)
	}
	switch {
	case m.nan > 0:
		return layer.fault(CauseNaN, "%d weights are NaN, here or in the reference", m.nan)
	case infinite(m.deqAmax) || infinite(m.refAmax):
		return layer.fault(CauseNaN, "weights are infinite, here or in the reference")
	case m.deq2 > 0 && m.sqnrAtBestScale() >= enough:
		return layer.fault(CauseFactor, "%s: %.4g times it", where, m.gain())
	}
	if best, sqnr := p.bestAlternative(); sqnr >= enough {
		return layer.fault(best.cause, "%s; it is %s", where, best.detail)
	}
	if rows, first := p.emptyRows(); rows > 0 {
		return layer.fault(CauseZeros, "%s; %d of %d rows are all zeros (first: row %d)", where, rows, layer.N, first)
	}
	if detail := p.explainOrder(); detail != "" {
		return layer.fault(CauseOrder, "%s; %s", where, detail)
	}
	return layer.fault(CauseUnknown, "%s: the weights are of another model or training step", where)
}

// otherType reads 16-bit weights as the other type of 16 bits.
func (p layerPair) otherType(enough float64) (name Format, ok bool) {
	other := *p.stored
	switch other.Format {
	case BF16:
		other.Format = F16
	case F16:
		other.Format = BF16
	default:
		return "", false
	}
	m := p.measure(other.decodeRow, p.original)
	return other.Format, m.nan == 0 && m.sqnr() >= enough-10 // a cast to either type may have rounded
}

func infinite(v float32) bool { return v-v != 0 }
