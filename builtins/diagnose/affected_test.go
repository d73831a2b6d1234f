package diagnose

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every prompt's reference is the same row, rounding moves it by floors, and the
// deployment by errors, each relative.
func TestExcessIsReadWherePromptsComeOutWrong(t *testing.T) {
	nan := math.NaN()
	row := func(e float64) []float32 { return []float32{1, -1, float32(e), float32(-e)} }
	rowsOf := func(errors []float64) rows {
		var out rows
		for _, e := range errors {
			out = append(out, row(e))
		}
		return out
	}
	for name, c := range map[string]struct {
		errors, floors []float64 // NaN: of the deployment's logits, of the reference's
		share          float64
		affected       []int
		prompts, wrong int
		excess         float64 // 0: less than 3
	}{
		"right":                   {[]float64{.01, .02, .01, .01}, []float64{.01, .01, .01, .01}, 1, []int{0, 1, 2, 3}, 4, 0, 0},
		"an outlier of rounding":  {[]float64{.01, .01, .01, .08}, []float64{.01, .01, .01, .03}, 1, []int{0, 1, 2, 3}, 4, 0, 0},
		"one is wrong":            {[]float64{.01, .01, .01, .5}, []float64{.01, .01, .01, .03}, 1, []int{3}, 4, 1, 50},
		"half are":                {[]float64{.01, .5, .01, .5}, []float64{.01, .01, .01, .03}, 1, []int{1, 3}, 4, 2, 50},
		"all are a little":        {[]float64{.05, .05, .05, .5}, []float64{.01, .01, .01, .03}, 1, []int{0, 1, 2, 3}, 4, 4, 5},
		"one has NaN":             {[]float64{.01, .01, .01, nan}, []float64{.01, .01, .01, .01}, 1, []int{3}, 4, 1, math.Inf(1)},
		"both have NaN":           {[]float64{.01, .01, .01, nan}, []float64{.01, .01, .01, nan}, 1, []int{0, 1, 2}, 3, 0, 0},
		"a crossed step, float32": {[]float64{1e-6, 1e-6, 1e-6, .02}, []float64{.01, .01, .01, .01}, float32Share, []int{0, 1, 2, 3}, 4, 0, 0},
		"all wrong, float32":      {[]float64{.01, .01, .01, .02}, []float64{.01, .01, .01, .01}, float32Share, []int{0, 1, 2, 3}, 4, 4, 32},
	} {
		p := &prober{facts: Facts{}, rounding: rounding{share: c.share}}
		for _, s := range []*span{&p.asked.whole, &p.asked.short} {
			*s = p.asked.add(make([][]int32, len(c.errors)))
		}
		twice := func(r rows) rows { return append(r, r...) }
		reference := make([]float64, len(c.errors))
		for i, floor := range c.floors {
			if math.IsNaN(floor) {
				reference[i] = nan
			}
		}
		p.answers = twice(rowsOf(reference))
		p.compare(twice(rowsOf(c.errors)), p.answers, p.answers, twice(rowsOf(c.floors)), "a table")
		require.Equal(t, c.affected, p.affected, name)
		require.InDelta(t, c.prompts, shareOf(t, p.facts, "engine.prompts"), 0, name)
		require.InDelta(t, c.wrong, shareOf(t, p.facts, "engine.prompts_wrong"), 0, name)
		e := shareOf(t, p.facts, "engine.excess")
		require.Equal(t, len(c.affected), p.facts["engine.excess"].N, name)
		if c.excess == 0 {
			require.Less(t, e, 3.0, name)
		} else if !math.IsInf(c.excess, 0) {
			require.InEpsilon(t, c.excess, e, .01, name)
		} else {
			require.True(t, math.IsInf(e, 1), name)
			require.InDelta(t, 2, shareOf(t, p.facts, "engine.nan"), 0, "%s: whole, and its end", name)
		}
	}
}
