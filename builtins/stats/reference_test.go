package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// reference is testdata/reference.json, written by testdata/make_fixtures.py
// with scipy and statsmodels.
type reference struct {
	Paired []struct {
		Table                           [4]int
		Exact, Midp, Loss, LogE         float64
		Wald, Newcombe, Tango, Sequence [2]float64
	}
	Scores []struct {
		Counts [5]int // of the changes -1, -1/2, 0, 1/2 and 1
		CI     [2]float64
	}
	Binomial []struct {
		K, N                  int
		P, Two, Lower, Logpmf float64
	}
	Wilson []struct {
		K, N  int
		Level float64
		CI    [2]float64
	}
	Power []struct {
		N                         int
		Noise, Loss, Alpha, Power float64
	}
	Stratified struct {
		Subjects                 [][4]int
		CMH, CMHP, Heterogeneity float64
		Similar                  struct {
			Subjects [][4]int
			Q, P     float64
		}
	}
	Clustered struct {
		X        []float64
		Cluster  []string
		Mean, SE float64
		T        float64 // Student's quantile
	}
	Resampling struct {
		Base, Test     []float64
		Perm10, Perm40 float64
	}
	Ranks struct {
		X, Y, Rankdata []float64
		Spearman       float64
		P, Quantiles   []float64
	}
	Hochberg struct{ P, Adjusted []float64 }
}

func readReference(t *testing.T) reference {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	require.NoError(t, err)
	var r reference
	require.NoError(t, json.Unmarshal(data, &r))
	return r
}

func table(c [4]int) Paired { return Paired{c[0], c[1], c[2], c[3]} }

func tables(c [][4]int) []Paired {
	out := make([]Paired, len(c))
	for i := range c {
		out[i] = table(c[i])
	}
	return out
}

// requireClose compares with a relative tolerance, absolute below 1.
func requireClose(t *testing.T, want, got, tolerance float64, what string) {
	t.Helper()
	require.InDelta(t, want, got, tolerance*max(1, math.Abs(want)), what)
}

// requireRatio compares numbers whose smallness matters, such as p-values.
func requireRatio(t *testing.T, want, got, tolerance float64, what string) {
	t.Helper()
	if want == 0 || got == 0 {
		require.InDelta(t, want, got, 1e-300, what)
		return
	}
	require.InDelta(t, 1, got/want, tolerance, "%s: want %v, got %v", what, want, got)
}

func TestPairedTestsAgreeWithStatsmodels(t *testing.T) {
	for _, want := range readReference(t).Paired {
		name := fmt.Sprint(want.Table)
		p := table(want.Table)
		for _, c := range []struct {
			test func(Paired) (Test, error)
			p    float64
		}{{McNemar, want.Exact}, {McNemarMidP, want.Midp}, {McNemarLoss, want.Loss}} {
			got, err := c.test(p)
			require.NoError(t, err)
			requireRatio(t, c.p, got.P, 1e-10, got.Method+name)
			require.Equal(t, p.N(), got.N)
			require.Equal(t, p.Discordant(), got.Informative)
		}
	}
}

func TestPairedIntervalsAgreeWithIndependentComputation(t *testing.T) {
	for _, want := range readReference(t).Paired {
		p := table(want.Table)
		for _, c := range []struct {
			interval  func(Paired, float64) (Interval, error)
			want      [2]float64
			tolerance float64
		}{
			{WaldDifference, want.Wald, 1e-12},
			{NewcombeDifference, want.Newcombe, 1e-9},
			{TangoDifference, want.Tango, 1e-6},
			{ChangeSequence, want.Sequence, 1e-6},
		} {
			got, err := c.interval(p, 0.95)
			require.NoError(t, err)
			name := got.Method + fmt.Sprint(want.Table)
			require.InDelta(t, c.want[0], got.Low, c.tolerance, name)
			require.InDelta(t, c.want[1], got.High, c.tolerance, name)
			require.Equal(t, p.Change(), got.Estimate)
			require.LessOrEqual(t, got.Low, got.Estimate, name)
			require.GreaterOrEqual(t, got.High, got.Estimate, name)
		}
	}
}

func TestLossEvidenceAgreesWithScipy(t *testing.T) {
	for _, want := range readReference(t).Paired {
		got, err := LossEvidence(table(want.Table))
		require.NoError(t, err)
		requireClose(t, want.LogE, got.LogE, 1e-9, fmt.Sprint(want.Table))
	}
}

func TestBinomialAgreesWithScipy(t *testing.T) {
	for _, want := range readReference(t).Binomial {
		name := fmt.Sprintf("k=%d n=%d p=%v", want.K, want.N, want.P)
		two, err := BinomialTest(want.K, want.N, want.P)
		require.NoError(t, err)
		requireRatio(t, want.Two, two.P, 1e-8, "two-sided "+name)
		lower, err := BinomialLower(want.K, want.N, want.P)
		require.NoError(t, err)
		requireRatio(t, want.Lower, lower.P, 1e-8, "lower "+name)
		requireClose(t, want.Logpmf, newBinomial(want.N, want.P).logPMF(want.K), 1e-9, "log mass "+name)
	}
}

func TestScoreDifferenceAgreesWithNumericalOptimisation(t *testing.T) {
	for _, want := range readReference(t).Scores {
		base, test := scoresOf(want.Counts)
		got, err := ScoreDifference(base, test, 0.95)
		require.NoError(t, err)
		require.InDelta(t, want.CI[0], got.Low, 1e-5, "%v", want.Counts)
		require.InDelta(t, want.CI[1], got.High, 1e-5, "%v", want.Counts)
	}
}

// scoresOf are scores with so many changes of -1, -1/2, 0, 1/2 and 1.
func scoresOf(counts [5]int) (base, test []float64) {
	for i, n := range counts {
		change := float64(i)/2 - 1
		base = append(base, slices.Repeat([]float64{max(0, -change)}, n)...)
		test = append(test, slices.Repeat([]float64{max(0, change)}, n)...)
	}
	return base, test
}

// Scores of 0 and 1 are right and wrong.
func TestTheIntervalOfScoresIsTangosForVerdicts(t *testing.T) {
	for _, want := range readReference(t).Paired {
		base, test := scoresOf([5]int{want.Table[1], 0, want.Table[0] + want.Table[3], 0, want.Table[2]})
		got, err := ScoreDifference(base, test, 0.95)
		require.NoError(t, err)
		tango, err := TangoDifference(table(want.Table), 0.95)
		require.NoError(t, err)
		require.InDelta(t, tango.Low, got.Low, 1e-9, "%v", want.Table)
		require.InDelta(t, tango.High, got.High, 1e-9, "%v", want.Table)
	}
}

func TestWilsonAgreesWithStatsmodels(t *testing.T) {
	for _, want := range readReference(t).Wilson {
		got, err := Wilson(want.K, want.N, want.Level)
		require.NoError(t, err)
		require.InDelta(t, want.CI[0], got.Low, 1e-12)
		require.InDelta(t, want.CI[1], got.High, 1e-12)
	}
}

func TestPowerAgreesWithFullEnumeration(t *testing.T) {
	for _, want := range readReference(t).Power {
		got, err := Design{Noise: want.Noise, Alpha: want.Alpha, Power: 0.8}.At(want.N, want.Loss)
		require.NoError(t, err)
		require.InDelta(t, want.Power, got.Power, 1e-9)
	}
}

func TestStratifiedTestsAgreeWithStatsmodels(t *testing.T) {
	want := readReference(t).Stratified
	cmh, err := CommonChange(tables(want.Subjects))
	require.NoError(t, err)
	requireClose(t, want.CMH, cmh.Statistic, 1e-10, "statistic")
	requireRatio(t, want.CMHP, cmh.P, 1e-9, "p")

	differ, err := Heterogeneity(tables(want.Subjects), 1)
	require.NoError(t, err)
	requireClose(t, want.Heterogeneity, differ.Statistic, 1e-10, "statistic")
	require.Equal(t, 1e-4, differ.P, "one subject of five lost far more than the others")

	similar, err := Heterogeneity(tables(want.Similar.Subjects), 1)
	require.NoError(t, err)
	requireClose(t, want.Similar.Q, similar.Statistic, 1e-10, "statistic")
	require.InDelta(t, want.Similar.P, similar.P, 0.02)
}

// One of the eight clusters holds almost half of the samples.
func TestClusteredMeanAgreesWithItsMatrices(t *testing.T) {
	want := readReference(t).Clustered
	got, err := ClusteredMean(want.X, want.Cluster, 0.95)
	require.NoError(t, err)
	requireClose(t, want.Mean, got.Estimate, 1e-12, "mean")
	require.Greater(t, want.T, 2.5, "fewer degrees of freedom than 7")
	requireClose(t, want.T*want.SE, (got.High-got.Low)/2, 1e-9, "half of the interval")
	require.Contains(t, got.Method, "8 clusters")
}

// Clusters of one sample each are no clusters: the interval is Student's own.
func TestClustersOfOneSampleGiveStudentsInterval(t *testing.T) {
	got, err := ClusteredMean([]float64{1, 2, 4, 9}, []string{"a", "b", "c", "d"}, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 4-5.6632, got.Low, 1e-4) // scipy.stats.ttest_1samp(x, 0).confidence_interval()
	require.InDelta(t, 4+5.6632, got.High, 1e-4)
}

func TestResamplingAgreesWithScipyWithinMonteCarloError(t *testing.T) {
	want := readReference(t).Resampling
	exact, err := PermutationChange(want.Base[:10], want.Test[:10], 7)
	require.NoError(t, err)
	require.InDelta(t, want.Perm10, exact.P, 1e-12)
	random, err := PermutationChange(want.Base, want.Test, 7)
	require.NoError(t, err)
	require.InDelta(t, want.Perm40, random.P, 0.02)
}

func TestRanksAndQuantilesAgreeWithScipyAndNumpy(t *testing.T) {
	want := readReference(t).Ranks
	require.Equal(t, want.Rankdata, Ranks(want.X))
	r, err := Spearman(want.X, want.Y)
	require.NoError(t, err)
	requireClose(t, want.Spearman, r, 1e-12, "spearman")
	sorted := slices.Sorted(slices.Values(want.Y))
	for i, p := range want.P {
		requireClose(t, want.Quantiles[i], Quantile(sorted, p), 1e-14, fmt.Sprint("quantile ", p))
	}
}

func TestBenjaminiHochbergAgreesWithStatsmodels(t *testing.T) {
	want := readReference(t).Hochberg
	got, err := BenjaminiHochberg(want.P)
	require.NoError(t, err)
	require.InDeltaSlice(t, want.Adjusted, got, 1e-15)
}
