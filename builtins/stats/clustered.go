package stats

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
)

// exactArrangements is the largest number of clusters whose arrangements are all
// tried: 7! are fewer than resamples.
const exactArrangements = 7

// ClusteredSpearman tests the rank correlation of aligned values whose samples
// fall into clusters (subjects), two-sided. Samples of one cluster may have both
// values in common without any connection between them: all questions of one
// subject are lost, and all are long. So two things are tested in the direction
// that the correlation has, and combined by Fisher's method: whether clusters of
// higher mean y have higher x, by exchanging these means among the clusters (all
// arrangements of up to seven, else random ones from the seed), and whether x
// rises with y within the clusters (normal approximation). With one cluster it is
// Spearman's test. The statistic is Spearman's correlation over all samples.
func ClusteredSpearman(x, y []float64, cluster []string, seed uint64) (Test, error) {
	rho, err := Spearman(x, y)
	if err != nil {
		return Test{}, err
	}
	if len(x) != len(cluster) {
		return Test{}, fmt.Errorf("rank correlation: %d values but %d cluster names", len(x), len(cluster))
	}
	rx, ry := Ranks(x), Ranks(y)
	middle := float64(len(x)+1) / 2
	places := make(map[string][]int)
	for i, c := range cluster {
		places[c] = append(places[c], i)
	}
	var sums, means []float64 // of the ranks of x less the middle; of those of y
	within, variance := 0.0, 0.0
	for _, c := range slices.Compact(slices.Sorted(slices.Values(cluster))) {
		var a, b []float64
		for _, i := range places[c] {
			a, b = append(a, rx[i]-middle), append(b, ry[i]-middle)
		}
		n := float64(len(a))
		meanA, _ := finiteMean(a)
		meanB, _ := finiteMean(b)
		sums, means = append(sums, n*meanA), append(means, meanB)
		var aa, bb float64
		for i := range a {
			within += (a[i] - meanA) * (b[i] - meanB)
			aa += (a[i] - meanA) * (a[i] - meanA)
			bb += (b[i] - meanB) * (b[i] - meanB)
		}
		if n > 1 {
			variance += aa * bb / (n - 1)
		}
	}
	direction := 1.0
	if rho < 0 {
		direction = -1
	}
	var tested []float64
	if variance > 0 {
		tested = append(tested, math.Erfc(direction*within/math.Sqrt(2*variance))/2)
	}
	if len(means) > 1 && slices.Min(means) < slices.Max(means) {
		tested = append(tested, exchanged(sums, means, direction, rand.New(rand.NewPCG(seed, 0))))
	}
	p := 1.0 // where x varies in some clusters and y in others, all of one mean
	switch len(tested) {
	case 1:
		p = tested[0]
	case 2:
		both := tested[0] * tested[1]
		p = both - both*math.Log(max(both, math.SmallestNonzeroFloat64))
	}
	return Test{
		Method: fmt.Sprintf("Spearman, between and within %d clusters, two-sided", len(means)),
		N:      len(x), Informative: len(x), Statistic: rho, P: min(1, 2*p),
	}, nil
}

// exchanged is the share of the arrangements of means in which the sum of
// products with sums is as large, in a direction, as it is.
func exchanged(sums, means []float64, direction float64, rng *rand.Rand) float64 {
	product := func(means []float64) (total, magnitude float64) {
		for i, s := range sums {
			total += direction * s * means[i]
			magnitude += math.Abs(s * means[i])
		}
		return total, magnitude
	}
	observed, magnitude := product(means)
	observed -= 1e-12 * magnitude // sums that are equal in exact arithmetic must compare as equal, 0 too
	atLeast, all := 0, 0
	for arranged := range arrangements(means, rng) {
		all++
		if total, _ := product(arranged); total >= observed {
			atLeast++
		}
	}
	return float64(atLeast) / float64(all)
}

// arrangements yields all arrangements of a few values, or as they are and
// shuffled at random.
func arrangements(values []float64, rng *rand.Rand) iter.Seq[[]float64] {
	v := slices.Clone(values)
	return func(yield func([]float64) bool) {
		if len(v) <= exactArrangements {
			arrange(v, 0, yield)
			return
		}
		for range resamples + 1 {
			if !yield(v) {
				return
			}
			rng.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		}
	}
}

// arrange yields every arrangement of the values from a place on.
func arrange(v []float64, from int, yield func([]float64) bool) bool {
	if from == len(v) {
		return yield(v)
	}
	for i := from; i < len(v); i++ {
		v[from], v[i] = v[i], v[from]
		ok := arrange(v, from+1, yield)
		v[from], v[i] = v[i], v[from]
		if !ok {
			return false
		}
	}
	return true
}
