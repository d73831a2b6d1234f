package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzPairedResults holds what must be true of any table of counts: p-values
// are probabilities, intervals hold their estimate and stay within [-1, 1].
func FuzzPairedResults(f *testing.F) {
	f.Add(uint16(60), uint16(12), uint16(3), uint16(25), 0.95)
	f.Add(uint16(0), uint16(0), uint16(0), uint16(1), 0.5)
	f.Add(uint16(0), uint16(40), uint16(0), uint16(0), 0.999999)
	f.Add(uint16(65535), uint16(1), uint16(65535), uint16(0), 1e-9)
	f.Fuzz(func(t *testing.T, bothRight, losses, gains, bothWrong uint16, level float64) {
		p := Paired{int(bothRight), int(losses), int(gains), int(bothWrong)}
		for _, test := range []func(Paired) (Test, error){McNemar, McNemarMidP, McNemarLoss} {
			got, err := test(p)
			if p.N() == 0 {
				require.ErrorIs(t, err, ErrNoSamples)
				return
			}
			require.NoError(t, err)
			require.True(t, got.P >= 0 && got.P <= 1, "%v of %+v", got, p)
		}
		evidence, err := LossEvidence(p)
		require.NoError(t, err)
		require.False(t, math.IsNaN(evidence.LogE) || math.IsInf(evidence.LogE, 0), "%+v", p)
		for _, interval := range []func(Paired, float64) (Interval, error){WaldDifference, NewcombeDifference, TangoDifference, ChangeSequence} {
			got, err := interval(p, level)
			if !(level > 0 && level < 1) {
				require.Error(t, err)
				continue
			}
			require.NoError(t, err)
			const rounding = 1e-9
			require.True(t, got.Low >= -1 && got.Low <= got.Estimate+rounding, "%v of %+v", got, p)
			require.True(t, got.High <= 1 && got.High >= got.Estimate-rounding, "%v of %+v", got, p)
		}
	})
}
