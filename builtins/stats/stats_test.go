package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMcNemarGoldenValues(t *testing.T) {
	for _, c := range []struct {
		losses, gains int
		exact, midp   float64
	}{
		{12, 3, 0.0351563, 0.0212708},
		{3, 12, 0.0351563, 0.0212708},
		{6, 0, 0.03125, 0.015625},
		{0, 0, 1, 1},
		{4, 4, 1, 1},
		{1, 0, 1, 0.5},
	} {
		p := Paired{BothRight: 10, Losses: c.losses, Gains: c.gains}
		exact, err := McNemar(p)
		require.NoError(t, err)
		require.InDelta(t, c.exact, exact.P, 6e-8)
		midp, err := McNemarMidP(p)
		require.NoError(t, err)
		require.InDelta(t, c.midp, midp.P, 6e-8)
	}
}

// Newcombe (1998), table II, counts 36, 12, 2, 0: methods 10 and Tango's.
func TestDifferenceIntervalsReproducePublishedExample(t *testing.T) {
	p := Paired{BothRight: 36, Losses: 12, Gains: 2}
	newcombe, err := NewcombeDifference(p, 0.95)
	require.NoError(t, err)
	require.InDelta(t, -0.3404, newcombe.Low, 5e-5)
	require.InDelta(t, -0.0569, newcombe.High, 5e-5)
	tango, err := TangoDifference(p, 0.95)
	require.NoError(t, err)
	require.InDelta(t, -0.3447, tango.Low, 5e-5)
	require.InDelta(t, -0.0611, tango.High, 5e-5)
}

func TestDifferenceIntervalsMirrorWhenRunsAreSwapped(t *testing.T) {
	for _, interval := range []func(Paired, float64) (Interval, error){WaldDifference, NewcombeDifference, TangoDifference, ChangeSequence} {
		for _, p := range []Paired{{30, 9, 2, 11}, {0, 5, 0, 0}, {20, 0, 0, 4}, {1, 0, 1, 0}} {
			there, err := interval(p, 0.9)
			require.NoError(t, err)
			back, err := interval(Paired{p.BothRight, p.Gains, p.Losses, p.BothWrong}, 0.9)
			require.NoError(t, err)
			require.InDelta(t, there.Low, -back.High, 1e-9, there.Method)
			require.InDelta(t, there.High, -back.Low, 1e-9, there.Method)
		}
	}
}

// 1-p of a probability that small is 1, or has few of its digits.
func TestTailsOfSmallProbabilitiesKeepTheirDigits(t *testing.T) {
	for _, c := range []struct {
		k, n    int
		p, want float64
	}{{1, 10, 1e-300, 1e-299}, {1, 1_000_000, 1e-12, 9.999995000006667e-07}, {5, 10, 1e-12, 2.5199999999895e-58}, {3, 3, 1e-12, 1e-36}} {
		got, err := BinomialTest(c.k, c.n, c.p) // scipy.stats.binomtest
		require.NoError(t, err)
		require.InEpsilon(t, c.want, got.P, 1e-12, "%d of %d", c.k, c.n)
	}
}

func TestNoSamplesAreRefusedEverywhere(t *testing.T) {
	var none Paired
	for name, err := range map[string]error{
		"McNemar":            second(McNemar(none)),
		"McNemarMidP":        second(McNemarMidP(none)),
		"McNemarLoss":        second(McNemarLoss(none)),
		"WaldDifference":     second(WaldDifference(none, 0.95)),
		"NewcombeDifference": second(NewcombeDifference(none, 0.95)),
		"TangoDifference":    second(TangoDifference(none, 0.95)),
		"ScoreDifference":    second(ScoreDifference(nil, nil, 0.95)),
		"ChangeSequence":     second(ChangeSequence(none, 0.95)),
		"LossEvidence":       second(LossEvidence(none)),
		"Wilson":             second(Wilson(0, 0, 0.95)),
		"BinomialTest":       second(BinomialTest(0, 0, 0.5)),
		"BinomialLower":      second(BinomialLower(0, 0, 0.5)),
		"CommonChange":       second(CommonChange(nil)),
		"Heterogeneity":      second(Heterogeneity([]Paired{none, none}, 1)),
		"ClusteredMean":      second(ClusteredMean(nil, nil, 0.95)),
		"PermutationChange":  second(PermutationChange(nil, nil, 1)),
		"Design.At":          second(DefaultDesign().At(0, 0.1)),
		"DetectableLoss":     second(DefaultDesign().DetectableLoss(0)),
		"Gate.Judge":         second(DefaultGate().Judge(70, 69, 0)),
	} {
		require.ErrorIs(t, err, ErrNoSamples, name)
	}
}

func second[T any](_ T, err error) error { return err }

func TestEqualValuesShareABin(t *testing.T) {
	for name, c := range map[string]struct {
		sorted []float64
		count  int
		want   []int
	}{
		"distinct":          {[]float64{1, 2, 3, 4, 5, 6, 7}, 3, []int{2, 4, 7}},
		"tie across a cut":  {[]float64{1, 2, 2, 2, 5, 6}, 3, []int{4, 4, 6}},
		"ties at the start": {[]float64{0, 0, 0, 3}, 2, []int{3, 4}},
		"ties at the end":   {[]float64{0, 3, 3, 3}, 2, []int{4, 4}},
		"all equal":         {[]float64{1, 1, 1, 1}, 4, []int{4, 4, 4, 4}},
		"fewer than bins":   {[]float64{1, 2}, 4, []int{0, 1, 1, 2}},
		"no values":         {nil, 2, []int{0, 0}},
		"no bins":           {[]float64{1, 2}, 0, nil},
	} {
		require.Equal(t, c.want, QuantileBins(c.sorted, c.count), name)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, err := range map[string]error{
		"unequal outcomes":    second(Pair([]bool{true}, nil)),
		"negative count":      second(McNemar(Paired{BothRight: 5, Losses: -1})),
		"negative subject":    second(CommonChange([]Paired{{BothRight: 5}, {Gains: -1}})),
		"level 95":            second(Wilson(1, 2, 95)),
		"level NaN":           second(TangoDifference(Paired{BothRight: 1}, nan)),
		"more than n":         second(Wilson(3, 2, 0.95)),
		"negative successes":  second(BinomialLower(-1, 2, 0.5)),
		"probability":         second(BinomialTest(1, 2, 1.5)),
		"probability NaN":     second(BinomialTest(1, 2, nan)),
		"p-value NaN":         second(BenjaminiHochberg([]float64{0.1, nan})),
		"unequal scores":      second(ScoreDifference([]float64{1}, []float64{1, 2}, 0.95)),
		"score above 1":       second(ScoreDifference([]float64{1}, []float64{2}, 0.95)),
		"score NaN":           second(PermutationChange([]float64{1, nan}, []float64{1, 2}, 1)),
		"score Inf":           second(PermutationChange([]float64{1, inf}, []float64{1, 2}, 1)),
		"one cluster":         second(ClusteredMean([]float64{1, 2}, []string{"a", "a"}, 0.95)),
		"clusters of ranks":   second(ClusteredSpearman([]float64{1, 2}, []float64{1, 2}, []string{"a"}, 1)),
		"ranks of one side":   second(ClusteredSpearman([]float64{1, 1}, []float64{1, 2}, []string{"a", "b"}, 1)),
		"unequal clusters":    second(ClusteredMean([]float64{1, 2}, []string{"a"}, 0.95)),
		"loss above 1":        second(DefaultDesign().At(10, 1.2)),
		"loss 0":              second(DefaultDesign().Samples(0)),
		"huge n":              second(DefaultDesign().At(1<<40, 0.1)),
		"noise above 1":       second(Design{Noise: 1.1, Alpha: 0.05, Power: 0.8}.At(10, 0)),
		"alpha 0":             second(Design{Noise: 0.1, Power: 0.8}.At(10, 0)),
		"sigma 0":             second(Gate{Alpha: 0.05, Beta: 0.2}.Judge(70, 69, 100)),
		"score NaN at gate":   second(DefaultGate().Judge(70, nan, 100)),
		"constant ranks":      second(Spearman([]float64{1, 1, 1}, []float64{1, 2, 3})),
		"one rank":            second(Spearman([]float64{1}, []float64{1})),
		"NaN rank":            second(Spearman([]float64{1, nan}, []float64{1, 2})),
		"unequal rank counts": second(Spearman([]float64{1, 2, 3}, []float64{1, 2})),
	} {
		require.Error(t, err, name)
	}
}

func TestHugeCountsStayFinite(t *testing.T) {
	p := Paired{BothRight: 9_000_000, Losses: 600_000, Gains: 400_000}
	test, err := McNemar(p)
	require.NoError(t, err)
	require.Zero(t, test.P, "far below the least positive number")
	require.Contains(t, test.String(), "p < 1e-12")
	evidence, err := LossEvidence(p)
	require.NoError(t, err)
	require.Greater(t, evidence.LogE, 20_000.0)
	require.False(t, math.IsInf(evidence.LogE, 0))
	require.True(t, evidence.Rejects(1e-300))
	sequence, err := ChangeSequence(p, 0.95)
	require.NoError(t, err)
	require.InDelta(t, -0.02, sequence.Low, 0.002)
	require.InDelta(t, -0.02, sequence.High, 0.002)
	lower, err := BinomialLower(500_000_000, 1_000_000_000, 0.5)
	require.NoError(t, err)
	require.InDelta(t, 0.5, lower.P, 1e-4)
}

func TestQuantileAtTheEdges(t *testing.T) {
	inf := math.Inf(1)
	require.True(t, math.IsNaN(Quantile(nil, 0.5)))
	require.True(t, math.IsNaN(Quantile([]float64{1}, 1.5)))
	require.True(t, math.IsNaN(Quantile([]float64{1}, math.NaN())))
	require.Equal(t, 4.0, Quantile([]float64{4}, 0.3))
	require.Equal(t, inf, Quantile([]float64{0, inf, inf}, 0.75))
	require.Equal(t, 0.0, Quantile([]float64{0, inf}, 0))
}

func TestEqualScoresAreNoEvidence(t *testing.T) {
	x := []float64{0.5, 0.25, 1, 0}
	perm, err := PermutationChange(x, x, 1)
	require.NoError(t, err)
	require.Equal(t, 1.0, perm.P)
	require.Zero(t, perm.Informative)
}

func TestResamplingRepeatsWithItsSeed(t *testing.T) {
	base, test := make([]float64, 70), make([]float64, 70)
	for i := range base {
		base[i], test[i] = float64(i%7), float64(i%5)
	}
	first, err := PermutationChange(base, test, 3)
	require.NoError(t, err)
	again, err := PermutationChange(base, test, 3)
	require.NoError(t, err)
	require.Equal(t, first, again)
	other, err := PermutationChange(base, test, 4)
	require.NoError(t, err)
	require.NotEqual(t, first, other)
}

// The table of the gate in TensorRT-LLM's documentation of hypothesis testing.
func TestGateGoldenValues(t *testing.T) {
	for _, c := range []struct {
		task          string
		gate          Gate
		n             int
		theta, margin float64
	}{
		{"MMLU", DefaultGate(), 4096, 2.747, 1.817},
		{"GSM8K", DefaultGate(), 1319, 4.841, 3.203},
		{"GPQADiamond", DefaultGate(), 198, 12.495, 8.266},
		{"CnnDailymail", Gate{Sigma: 11.06, Alpha: 0.002, Beta: 0.2}, 512, 2.571, 1.990},
		{"small run", DefaultGate(), 50, 24.9, 16.4},
		{"JsonMode", DefaultGate(), 100, 17.6, 11.6},
	} {
		r, err := c.gate.Judge(70, 70-c.margin+0.1, c.n)
		require.NoError(t, err)
		require.InDelta(t, c.theta, r.Theta, 0.05, c.task)
		require.InDelta(t, c.margin, r.Reference-r.Threshold, 0.05, c.task)
		require.True(t, r.Pass, c.task)

		c.gate.LowerIsBetter = true
		r, err = c.gate.Judge(70, 70+c.margin+0.1, c.n)
		require.NoError(t, err)
		require.InDelta(t, c.margin, r.Threshold-r.Reference, 0.05, c.task)
		require.False(t, r.Pass, c.task)
	}
}

func TestResultsNameMethodAndN(t *testing.T) {
	p := Paired{BothRight: 60, Losses: 12, Gains: 3, BothWrong: 25}
	test, err := McNemar(p)
	require.NoError(t, err)
	require.Equal(t, "exact McNemar, two-sided: p = 0.0352, n = 100 (15 informative)", test.String())
	interval, err := TangoDifference(p, 0.95)
	require.NoError(t, err)
	require.Equal(t, "-0.09 [-0.1737, -0.01598] (95 % Tango score interval, paired, n = 100)", interval.String())
	require.True(t, interval.Excludes(0))
	gate, err := DefaultGate().Judge(72, 63, 100)
	require.NoError(t, err)
	require.Equal(t, "TensorRT-LLM accuracy gate, unpaired: 63.00 passes against threshold 60.37 (reference 72.00, n = 100, detects 17.6 points)", gate.String())
}
