package logits

import (
	"maps"
	"math"
	"slices"
)

// Quantiles returns the quantiles of the finite logits of a row, one for each
// p in [0, 1], by linear interpolation (NumPy's default); NaN where there is
// no finite logit or p is outside. The row is not sorted: one pass counts the
// logits by the upper half of their bits, another takes out the few that the
// quantiles lie among.
func Quantiles(row []float32, p ...float64) []float64 {
	counts := make([]int32, 1<<16)
	n := 0
	for _, x := range row {
		if isFinite(x) {
			counts[ordered(x)>>16]++
			n++
		}
	}
	out := make([]float64, len(p))
	wanted := map[int]float32{} // by rank
	for i, q := range p {
		out[i] = math.NaN()
		if n > 0 && q >= 0 && q <= 1 {
			low := int(q * float64(n-1))
			wanted[low], wanted[min(low+1, n-1)] = 0, 0
		}
	}
	ranked(row, counts, wanted)
	for i, q := range p {
		if n == 0 || !(q >= 0 && q <= 1) {
			continue
		}
		at := q * float64(n-1)
		low := int(at)
		a, b := float64(wanted[low]), float64(wanted[min(low+1, n-1)])
		out[i] = a + (at-float64(low))*(b-a)
	}
	return out
}

// ranked fills in the logits of the ranks that are wanted.
func ranked(row []float32, counts []int32, wanted map[int]float32) {
	ranks := slices.Sorted(maps.Keys(wanted))
	first := map[uint32]int{} // of the buckets that hold one: rank of their first logit
	before := 0
	for bucket, count := range counts {
		for len(ranks) > 0 && ranks[0] < before+int(count) {
			first[uint32(bucket)] = before
			ranks = ranks[1:]
		}
		before += int(count)
	}
	taken := make([]bool, len(counts))
	for bucket := range first {
		taken[bucket] = true
	}
	inside := map[uint32][]float32{}
	for _, x := range row {
		if !isFinite(x) {
			continue
		}
		if bucket := ordered(x) >> 16; taken[bucket] {
			inside[bucket] = append(inside[bucket], x)
		}
	}
	for bucket, values := range inside {
		slices.Sort(values)
		for rank := range wanted {
			if at := rank - first[bucket]; at >= 0 && at < len(values) {
				wanted[rank] = values[at]
			}
		}
	}
}

// ordered maps floats to integers of the same order.
func ordered(x float32) uint32 {
	bits := math.Float32bits(x)
	if bits>>31 != 0 {
		return ^bits
	}
	return bits | 1<<31
}
