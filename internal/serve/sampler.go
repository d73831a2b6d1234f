package serve

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
)

// A sampler chooses tokens: the most likely one at temperature 0, else one
// drawn from the distribution that temperature, top_k and top_p leave, applied
// in this order.
type sampler struct {
	temperature float64
	topP        float64 // 1: all
	topK        int     // 0: all
	random      *rand.Rand
}

// next draws from a row of logits [vocab]. At temperature 0, NaN is never
// chosen, and a row of nothing else gives token 0, as in the engine.
func (s *sampler) next(row []float32) (int32, error) {
	best := 0
	for i, v := range row {
		if b := row[best]; v > b || b != b && v == v {
			best = i
		}
	}
	if s.temperature == 0 {
		return int32(best), nil
	}
	for _, v := range row {
		if v != v || math.IsInf(float64(v), 1) {
			return 0, errNaN
		}
	}
	greatest := float64(row[best])
	if math.IsInf(greatest, -1) {
		return 0, errors.New("no token has a probability above 0")
	}
	weights := make([]weighted, len(row))
	for i, v := range row {
		weights[i] = weighted{int32(i), math.Exp((float64(v) - greatest) / s.temperature)}
	}
	return draw(s.keep(weights), s.random), nil
}

type weighted struct {
	id     int32
	weight float64
}

// keep leaves the top_k most likely tokens, and of these the fewest whose
// probability is at least top_p together.
func (s *sampler) keep(weights []weighted) []weighted {
	if s.topK <= 0 && s.topP >= 1 {
		return weights
	}
	slices.SortStableFunc(weights, func(a, b weighted) int { return cmp.Compare(b.weight, a.weight) })
	if s.topK > 0 && s.topK < len(weights) {
		weights = weights[:s.topK]
	}
	total := 0.0
	for _, w := range weights {
		total += w.weight
	}
	sum := 0.0
	for i, w := range weights {
		if sum += w.weight; sum >= s.topP*total {
			return weights[:i+1]
		}
	}
	return weights
}

func draw(weights []weighted, random *rand.Rand) int32 {
	total := 0.0
	for _, w := range weights {
		total += w.weight
	}
	at := random.Float64() * total
	for _, w := range weights {
		if at -= w.weight; at < 0 {
			return w.id
		}
	}
	// Rounding: the last token that could be drawn.
	for i := len(weights) - 1; i > 0; i-- {
		if weights[i].weight > 0 {
			return weights[i].id
		}
	}
	return weights[0].id
}
