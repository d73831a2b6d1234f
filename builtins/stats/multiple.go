package stats

import (
	"fmt"
	"slices"
)

// BenjaminiHochberg adjusts p-values of many tests so that rejecting those
// below q keeps the expected share of false discoveries at or below q
// (Benjamini, Hochberg 1995). The result is in the order of the input.
func BenjaminiHochberg(p []float64) ([]float64, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if err := checkProbability(fmt.Sprintf("p-value %d", i), v); err != nil {
			return nil, err
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] > p[b]:
			return -1
		case p[a] < p[b]:
			return 1
		}
		return 0
	})
	adjusted := make([]float64, len(p))
	least := 1.0
	for i, at := range order { // largest first
		rank := len(p) - i
		least = min(least, p[at]*float64(len(p))/float64(rank))
		adjusted[at] = least
	}
	return adjusted, nil
}
