package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Quantile is the p-quantile of ascending values by linear interpolation
// (Hyndman and Fan's type 7, the default of NumPy, pandas and R); NaN without
// values or with p outside [0, 1].
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	low, high, f := sorted[i], sorted[i+1], at-float64(i)
	if low == high || f == 0 { // equal infinities have no difference
		return low
	}
	return low + f*(high-low)
}

// QuantileBins divides ascending values at their quantiles into count bins of
// about equal size, and returns where each bin ends. Equal values share a bin,
// the one that the first of them falls in: which of them comes first is an
// accident that must not move any. So bins differ in size, and one whose
// values all equal those before it is empty (pandas' qcut drops it).
func QuantileBins(sorted []float64, count int) (ends []int) {
	end := 0
	for i := range count {
		end = max(end, (i+1)*len(sorted)/count)
		for end > 0 && end < len(sorted) && sorted[end] == sorted[end-1] {
			end++
		}
		ends = append(ends, end)
	}
	return ends
}

// Ranks gives each value its 1-based rank, ties sharing their average.
func Ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range x {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return a - b
	})
	ranks := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			ranks[at] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}

// Spearman is the rank correlation of aligned values.
func Spearman(x, y []float64) (float64, error) {
	if len(x) != len(y) {
		return 0, fmt.Errorf("rank correlation: %d values against %d", len(x), len(y))
	}
	if len(x) < 2 {
		return 0, fmt.Errorf("rank correlation of %d values: want at least 2", len(x))
	}
	if err := errors.Join(checkFinite("x", x), checkFinite("y", y)); err != nil {
		return 0, fmt.Errorf("rank correlation: %w", err)
	}
	r := stat.Correlation(Ranks(x), Ranks(y), nil)
	if math.IsNaN(r) {
		return 0, errors.New("rank correlation: all values of one side are equal")
	}
	return r, nil
}

func checkFinite(name string, x []float64) error {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s[%d] is %v: drop missing values from both sides first", name, i, v)
		}
	}
	return nil
}
