package stats

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// CommonChange is the Cochran-Mantel-Haenszel test for a change common to all
// subjects, two-sided, without continuity correction. Each question is a
// stratum of its own (two runs, right or wrong), so that the pairing is kept
// and subjects may differ in difficulty; the statistic then reduces to
// (sum of losses - sum of gains)^2 / (sum of both), chi-squared with 1 degree
// of freedom. Below about 25 discordant pairs rely on McNemar of the pooled
// counts, which is exact.
func CommonChange(subjects []Paired) (Test, error) {
	pooled, err := pool(subjects)
	if err != nil {
		return Test{}, fmt.Errorf("common change: %w", err)
	}
	t := Test{Method: "Cochran-Mantel-Haenszel over questions, two-sided", N: pooled.N(), Informative: pooled.Discordant(), P: 1}
	if t.Informative > 0 {
		diff := float64(pooled.Losses - pooled.Gains)
		t.Statistic = diff * diff / float64(t.Informative)
		t.P = distuv.ChiSquared{K: 1}.Survival(t.Statistic)
	}
	return t, nil
}

// heterogeneityShuffles is the number of reassignments behind a heterogeneity
// p-value: its least value is 1e-4.
const heterogeneityShuffles = 9999

// Heterogeneity tests whether the change differs between subjects ("all
// subjects lost" against "some subjects lost"). The statistic is the
// mean-score form of the generalized Cochran-Mantel-Haenszel test,
// (n-1) * (sum of squares between subjects) / (total sum of squares), and its
// p-value comes from reassigning the samples' changes to subjects at random
// (seed given, so repeatable), because most subjects have too few flips for
// the chi-squared approximation.
func Heterogeneity(subjects []Paired, seed uint64) (Test, error) {
	pooled, err := pool(subjects)
	if err != nil {
		return Test{}, fmt.Errorf("heterogeneity: %w", err)
	}
	t := Test{
		Method: fmt.Sprintf("heterogeneity of change between subjects, %d random reassignments", heterogeneityShuffles),
		N:      pooled.N(), Informative: pooled.Discordant(), P: 1,
	}
	sizes := make([]int, 0, len(subjects))
	sums := make([]int, 0, len(subjects))
	for _, s := range subjects {
		if s.N() > 0 {
			sizes = append(sizes, s.N())
			sums = append(sums, s.Gains-s.Losses)
		}
	}
	mean := pooled.Change()
	total := float64(t.Informative) - float64(t.N)*mean*mean
	if len(sizes) < 2 || t.Informative == 0 || total <= 0 {
		return t, nil
	}
	between := func(sums []int) float64 {
		var ss float64
		for i, n := range sizes {
			ss += float64(sums[i]) * float64(sums[i]) / float64(n)
		}
		return ss - float64(t.N)*mean*mean
	}
	observed := between(sums)
	t.Statistic = float64(t.N-1) * observed / total
	assign := newAssignment(sizes, pooled)
	rng := rand.New(rand.NewPCG(seed, 0))
	atLeast := 1
	for range heterogeneityShuffles {
		if between(assign.shuffle(rng)) >= observed-1e-9 {
			atLeast++
		}
	}
	t.P = float64(atLeast) / float64(heterogeneityShuffles+1)
	return t, nil
}

// assignment deals the discordant samples to subjects at random. Concordant
// samples change no sum, so only places for the discordant ones are drawn.
type assignment struct {
	subject []int // of each place
	losses  int
	gains   int
	sums    []int
}

func newAssignment(sizes []int, pooled Paired) *assignment {
	a := &assignment{losses: pooled.Losses, gains: pooled.Gains, sums: make([]int, len(sizes))}
	for s, n := range sizes {
		for range n {
			a.subject = append(a.subject, s)
		}
	}
	return a
}

func (a *assignment) shuffle(rng *rand.Rand) []int {
	clear(a.sums)
	for i := range a.losses + a.gains {
		j := i + rng.IntN(len(a.subject)-i)
		a.subject[i], a.subject[j] = a.subject[j], a.subject[i]
		if i < a.losses {
			a.sums[a.subject[i]]--
		} else {
			a.sums[a.subject[i]]++
		}
	}
	return a.sums
}

func pool(subjects []Paired) (Paired, error) {
	var sum Paired
	for i, s := range subjects {
		if min(s.BothRight, s.Losses, s.Gains, s.BothWrong) < 0 {
			return Paired{}, fmt.Errorf("subject %d: paired counts %+v: a count is negative", i, s)
		}
		sum = sum.Add(s)
	}
	return sum, sum.check()
}

// ClusteredMean is the mean of x with a standard error that allows samples of
// one cluster (a subject, a shared passage) to be correlated:
// SE^2 = n^-2 * sum over clusters of (sum of deviations from the mean)^2
// (Miller, arXiv 2411.00640). The mean follows each cluster, and a large one
// most, so that deviations from it are too small; that is made up for, and the
// interval is Student's, by the bias-reduced estimator and the degrees of freedom
// of Bell and McCaffrey (Survey Methodology 28, 2002, 169-181; CR2): where all
// clusters are of one size, one less than there are of them, and fewer where a
// few hold most samples.
func ClusteredMean(x []float64, cluster []string, level float64) (Interval, error) {
	if len(x) != len(cluster) {
		return Interval{}, fmt.Errorf("clustered mean: %d values but %d cluster names", len(x), len(cluster))
	}
	mean, err := finiteMean(x)
	if err != nil {
		return Interval{}, fmt.Errorf("clustered mean: %w", err)
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	type sum struct{ size, deviation float64 }
	place := make(map[string]int)
	var clusters []sum // in order of first appearance: map order would change the rounding
	for i, v := range x {
		c, seen := place[cluster[i]]
		if !seen {
			c = len(clusters)
			place[cluster[i]] = c
			clusters = append(clusters, sum{})
		}
		clusters[c].size++
		clusters[c].deviation += v - mean
	}
	if len(clusters) < 2 {
		return Interval{}, fmt.Errorf("clustered mean: all %d values are in one cluster, so the spread between clusters is unknown", len(x))
	}
	n := float64(len(x))
	// Of independent samples, a cluster's sum of deviations has 1 - size/n of its
	// variance, and two clusters' the covariance -size*size/n.
	var squares, own, all float64
	for _, c := range clusters {
		weight := 1 / (1 - c.size/n)
		squares += weight * c.deviation * c.deviation
		own += c.size * c.size * (1 - math.Pow(weight*c.size/n, 2))
		all += weight * c.size * c.size / n
	}
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n * n / (own + all*all)}
	half := student.Quantile((1+level)/2) * math.Sqrt(squares) / n
	return Interval{
		Method: fmt.Sprintf("t interval, SE clustered over %d clusters", len(clusters)), N: len(x), Level: level,
		Estimate: mean, Low: mean - half, High: mean + half,
	}, nil
}
