package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Wilson is the score interval of one accuracy, k right of n (Wilson 1927). It
// stays within [0, 1] and keeps its coverage near 0 and 1, where the Wald
// interval collapses.
func Wilson(k, n int, level float64) (Interval, error) {
	if err := checkBinomial(k, n, 0.5); err != nil {
		return Interval{}, err
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	low, high := wilson(float64(k), float64(n), normalQuantile(level))
	return Interval{
		Method: "Wilson interval", N: n, Level: level,
		Estimate: float64(k) / float64(n), Low: low, High: high,
	}, nil
}

func wilson(k, n, z float64) (low, high float64) {
	centre := (k + z*z/2) / (n + z*z)
	half := z / (n + z*z) * math.Sqrt(k*(n-k)/n+z*z/4)
	low, high = max(0, centre-half), min(1, centre+half)
	// At the borders the score equation's root is the border itself; rounding would move it.
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}

// normalQuantile is the standard normal quantile of a two-sided level: 1.96 for 0.95.
func normalQuantile(level float64) float64 {
	return distuv.UnitNormal.Quantile(0.5 + level/2)
}
