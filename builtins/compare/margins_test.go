package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
)

// marginPairs are samples that base has right, of these margins; test loses
// the first half of each margin's.
func marginPairs(margins map[float32]int) []pair {
	var pairs []pair
	for margin, n := range margins {
		for i := range n {
			p := pair{subject: "law", test: answer{margin: margin}, base: answer{margin: margin, is: correct}}
			if i >= n/2 {
				p.test.is = correct
			}
			pairs = append(pairs, p)
		}
	}
	return pairs
}

func TestSamplesOfEqualMarginShareAQuartile(t *testing.T) {
	for name, c := range map[string]struct {
		margins map[float32]int
		n       [4]int
	}{
		"none are equal": {map[float32]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1}, [4]int{2, 2, 2, 2}},
		"all are":        {map[float32]int{0.0625: 40}, [4]int{40, 0, 0, 0}},
		"across a cut":   {map[float32]int{0: 6, 0.0625: 10, 0.125: 4, 0.5: 4}, [4]int{6, 10, 4, 4}},
		"over a quarter": {map[float32]int{0.0625: 13, 0.125: 3, 0.5: 4}, [4]int{13, 0, 3, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			pairs := marginPairs(c.margins)
			m, err := compareMargins(pairs)
			require.NoError(t, err)
			above, filled := -1.0, 0
			for i, q := range m.Quartiles {
				require.Equal(t, c.n[i], q.Pairs.N(), "quartile %d", i)
				if q.Pairs.N() == 0 {
					require.True(t, math.IsNaN(q.Low) && math.IsNaN(q.High), "an empty one has no extent")
					continue
				}
				filled++
				require.Less(t, above, q.Low)
				require.LessOrEqual(t, q.Low, q.High)
				above = q.High
			}
			require.Len(t, m.filled(), filled)
			require.Len(t, m.table().Rows, filled, "the card leaves out empty ones")

			rand.New(rand.NewPCG(1, 2)).Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
			again, err := compareMargins(pairs)
			require.NoError(t, err)
			require.Equal(t, m.table(), again.table(), "whatever the order of the samples")
		})
	}
}

func TestMarginsOfRankedChoicesAreInNats(t *testing.T) {
	for unit, choices := range map[string][]run.Choice{"logits": nil, "nats": {{Text: "6"}, {Text: "7"}}} {
		var pairs []pair
		for i := range 8 {
			a := newAnswer(run.Sample{Margin: float32(i), Correct: true, Choices: choices})
			pairs = append(pairs, pair{test: a, base: a})
		}
		m, err := compareMargins(pairs)
		require.NoError(t, err)
		require.Equal(t, unit, m.unit())
		require.Equal(t, "base margin, "+unit, m.table().Head[0])
	}
}
