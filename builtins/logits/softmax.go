package logits

import (
	"math"

	"adkernel/internal/avx"
)

// stretch is how many exponentials are computed between two looks at the
// vector registers.
const stretch = 4096

// LogSoftmax returns the logarithms of the probabilities that a row stands
// for. Logits of -Inf have probability 0; NaN and +Inf give NaN, and the
// others are normalized as if these were not there.
func LogSoftmax(row []float32) []float64 {
	greatest := maxFinite(row)
	total := 0.0
	for i, x := range row {
		if i%stretch == 0 {
			avx.ClearUpper()
		}
		if isFinite(x) {
			total += math.Exp(float64(x) - greatest)
		}
	}
	logTotal := math.Log(total)
	out := make([]float64, len(row))
	for i, x := range row {
		v := float64(x)
		if math.IsInf(v, 1) {
			v = math.NaN()
		}
		out[i] = v - greatest - logTotal
		if math.IsInf(v, -1) {
			out[i] = v
		}
	}
	return out
}

// KL returns the Kullback-Leibler divergence in nats of the distribution of q
// from that of p, D(p||q): what is lost by speaking q where p is meant. A logit
// of -Inf is a probability of 0, and the divergence is +Inf where q gives one to
// a token that p does not rule out. It is NaN if one of the rows is no
// distribution, since it holds NaN or +Inf, or nothing but -Inf, and if they
// differ in length.
func KL(p, q []float32) float64 {
	if len(p) != len(q) {
		return math.NaN()
	}
	greatestP, greatestQ := math.Inf(-1), math.Inf(-1)
	for i := range p {
		greatestP = max(greatestP, float64(p[i])) // NaN stays
		greatestQ = max(greatestQ, float64(q[i]))
	}
	if math.IsNaN(greatestP) || math.IsNaN(greatestQ) || math.IsInf(greatestP, 0) || math.IsInf(greatestQ, 0) {
		return math.NaN()
	}
	// With x = p-max p and y = q-max q, P = exp(x)/Zp and Q = exp(y)/Zq:
	// sum P (log P - log Q) = sum exp(x)(x-y) / Zp - log Zp + log Zq.
	var totalP, totalQ, weighted float64
	for i := range p {
		if i%stretch == 0 {
			avx.ClearUpper()
		}
		x, y := float64(p[i])-greatestP, float64(q[i])-greatestQ
		weight := math.Exp(x)
		totalQ += math.Exp(y)
		if weight == 0 {
			continue
		}
		totalP += weight
		weighted += weight * (x - y) // +Inf where y is -Inf
	}
	divergence := weighted/totalP - math.Log(totalP) + math.Log(totalQ)
	return max(0, divergence) // rounding alone makes it negative
}

func isFinite(x float32) bool { return x-x == 0 }

// maxFinite returns the greatest finite logit, or -Inf.
func maxFinite(row []float32) float64 {
	greatest := math.Inf(-1)
	for _, x := range row {
		if isFinite(x) {
			greatest = max(greatest, float64(x))
		}
	}
	return greatest
}
