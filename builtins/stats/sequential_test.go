package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// walk follows every path of the trinomial exactly and returns, for each n,
// the probability that stop has been reached by then.
func walk(loss, gain float64, samples int, stop func(losses, gains int) bool) []float64 {
	const most = 160 // discordant pairs followed on one side; more has negligible probability here
	decided := make([]bool, most*most)
	for i := range decided {
		decided[i] = stop(i/most, i%most)
	}
	alive := make([]float64, most*most)
	alive[0] = 1
	stopped, reached := make([]float64, samples+1), 0.0
	for n := 1; n <= samples; n++ {
		next := make([]float64, most*most)
		for i, p := range alive {
			if p < 1e-15 {
				continue
			}
			next[i] += p * (1 - loss - gain)
			for _, step := range []struct {
				to int
				p  float64
			}{{i + most, p * loss}, {i + 1, p * gain}} {
				if step.to >= len(decided) || decided[step.to] {
					reached += step.p
				} else {
					next[step.to] += step.p
				}
			}
		}
		alive, stopped[n] = next, reached
	}
	return stopped
}

func rejectsAt05(losses, gains int) bool {
	e, err := LossEvidence(Paired{BothRight: 1, Losses: losses, Gains: gains})
	return err == nil && e.Rejects(0.05)
}

// Golden values: median samples until the e-process rejects, 5 % noise flips,
// from a simulation, hence within 2 samples of the exact median.
func TestEarlyStoppingGoldenValues(t *testing.T) {
	for loss, golden := range map[float64]int{0.05: 221, 0.10: 85, 0.20: 38, 0.45: 15} {
		stopped := walk(loss+0.025, 0.025, 300, rejectsAt05)
		median := 0
		for stopped[median] < 0.5 {
			median++
		}
		require.InDelta(t, golden, median, 2, "loss %v", loss)
	}
}

func TestFalseAlarmsStayBelowAlphaAtEveryLook(t *testing.T) {
	stopped := walk(0.025, 0.025, 1000, rejectsAt05)
	require.InDelta(t, 0.020, stopped[500], 0.001)
	require.InDelta(t, 0.025, stopped[1000], 0.001)
}

func TestChangeSequenceCoversAtEveryLook(t *testing.T) {
	// The chance that the interval ever excludes the true change is at most 5 %.
	const loss, gain, samples = 0.2, 0.1, 60
	missed := 0.0
	alive := map[[2]int]float64{{0, 0}: 1}
	for n := 1; n <= samples; n++ {
		next := make(map[[2]int]float64)
		for at, p := range alive {
			next[at] += p * (1 - loss - gain)
			next[[2]int{at[0] + 1, at[1]}] += p * loss
			next[[2]int{at[0], at[1] + 1}] += p * gain
		}
		for at, p := range next {
			interval, err := ChangeSequence(Paired{BothRight: n - at[0] - at[1], Losses: at[0], Gains: at[1]}, 0.95)
			require.NoError(t, err)
			if interval.Excludes(gain - loss) {
				missed += p
				delete(next, at)
			}
		}
		alive = next
	}
	require.Less(t, missed, 0.05)
}

func TestEvidenceStartsAtOneWithoutDiscordantPairs(t *testing.T) {
	e, err := LossEvidence(Paired{BothRight: 3})
	require.NoError(t, err)
	require.InDelta(t, 1, math.Exp(e.LogE), 1e-12)
}
