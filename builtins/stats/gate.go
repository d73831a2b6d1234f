package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Gate is the acceptance test that TensorRT-LLM's integration suite applies to
// a score (tests/integration/defs/accuracy/accuracy_core.py): one-sided and
// unpaired, with an assumed standard deviation per sample. Scores are in
// points (0 to 100 for an accuracy).
type Gate struct {
	Sigma         float64 // standard deviation of one sample's score, in points: 50 for right or wrong
	Alpha         float64 // share of sound deployments that it fails
	Beta          float64 // share of deployments worse by Theta that it passes
	LowerIsBetter bool
}

// DefaultGate is the gate of MMLU, GSM8K and GPQA.
func DefaultGate() Gate { return Gate{Sigma: 50, Alpha: 0.05, Beta: 0.2} }

// GateResult is what the gate says about one score.
type GateResult struct {
	Method    string
	N         int     // samples
	Reference float64 // points
	Score     float64 // points
	Scale     float64 // standard error of a difference of two scores: sqrt(2 sigma^2 / n)
	Theta     float64 // difference that the gate detects with power 1 - beta, in points
	Threshold float64 // the score at which passing begins, in points
	Pass      bool
	Gate      Gate
}

// String gives the outcome with the threshold it was judged by.
func (r GateResult) String() string {
	outcome := "fails"
	if r.Pass {
		outcome = "passes"
	}
	return fmt.Sprintf("%s: %.2f %s against threshold %.2f (reference %.2f, n = %d, detects %.1f points)",
		r.Method, r.Score, outcome, r.Threshold, r.Reference, r.N, r.Theta)
}

// Judge applies the gate to a score over n samples:
// theta = -(z_alpha + z_beta) scale and threshold = reference + z_alpha scale,
// z the normal quantile; mirrored where lower is better.
func (g Gate) Judge(reference, score float64, n int) (GateResult, error) {
	if n <= 0 {
		return GateResult{}, fmt.Errorf("accuracy gate at n = %d: %w", n, ErrNoSamples)
	}
	if !(g.Sigma > 0) || math.IsInf(g.Sigma, 0) {
		return GateResult{}, fmt.Errorf("accuracy gate with sigma %v: want a positive number of points", g.Sigma)
	}
	if !(g.Alpha > 0 && g.Alpha < 1) || !(g.Beta > 0 && g.Beta < 1) {
		return GateResult{}, fmt.Errorf("accuracy gate with alpha %v and beta %v: want both between 0 and 1", g.Alpha, g.Beta)
	}
	if err := checkFinite("score", []float64{reference, score}); err != nil {
		return GateResult{}, fmt.Errorf("accuracy gate: reference %v, score %v: not a number", reference, score)
	}
	zAlpha, zBeta := distuv.UnitNormal.Quantile(g.Alpha), distuv.UnitNormal.Quantile(g.Beta)
	r := GateResult{Method: "TensorRT-LLM accuracy gate, unpaired", N: n, Reference: reference, Score: score, Gate: g}
	r.Scale = math.Sqrt(2 * g.Sigma * g.Sigma / float64(n))
	r.Theta = -(zAlpha + zBeta) * r.Scale
	if g.LowerIsBetter {
		r.Threshold = reference - zAlpha*r.Scale
		r.Pass = score <= r.Threshold
	} else {
		r.Threshold = reference + zAlpha*r.Scale
		r.Pass = score >= r.Threshold
	}
	return r, nil
}
