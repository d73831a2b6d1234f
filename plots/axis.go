package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// linearTicks marks round numbers, at most so many, all with the same decimals.
type linearTicks struct {
	most   int
	signed bool // a plus sign on positive numbers, for changes
	whole  bool // integers only, for counts
}

// Ticks implements plot.Ticker.
func (l linearTicks) Ticks(low, high float64) []plot.Tick {
	if !(high > low) || math.IsInf(high-low, 0) {
		return []plot.Tick{{Value: low, Label: l.label(low, 2)}}
	}
	step := roundStep((high - low) / float64(l.most))
	if l.whole {
		step = math.Max(1, step)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	if scaled := step * math.Pow(10, float64(decimals)); math.Abs(scaled-math.Round(scaled)) > 1e-6 {
		decimals++ // steps of 2.5
	}
	var ticks []plot.Tick
	first := math.Ceil(low/step - 1e-9)
	for i := range l.most + 1 { // counted: beside a range of large numbers, adding 1 may change nothing
		v := (first + float64(i)) * step
		if !(v <= high+step*1e-9) {
			break
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: l.label(v, decimals)})
	}
	return ticks
}

func (l linearTicks) label(v float64, decimals int) string {
	if l.signed {
		return signedNumber(v, decimals)
	}
	return number(v, decimals)
}

// roundStep is the least of 1, 2, 2.5, 5 times a power of ten that is not below v.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= power*m*(1+1e-9) {
			return power * m
		}
	}
	return 10 * power
}

// number writes v with a real minus sign and never as -0; from a million on,
// and where it takes more than six decimals, in three significant digits.
func number(v float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	if math.Abs(v) >= 1e6 || decimals > 6 {
		s = strings.ReplaceAll(strconv.FormatFloat(math.Abs(v), 'g', 3, 64), "-", "−")
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		return "−" + s
	}
	return s
}

// signedNumber is number with a plus sign on what is not zero.
func signedNumber(v float64, decimals int) string {
	s := number(v, decimals)
	if v > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// symlog is linear near 0 and logarithmic beyond 1: logits have both signs,
// and a broken kernel's reach far.
func symlog(v float64) float64 { return math.Copysign(math.Log1p(math.Abs(v)), v) }

// symlogScale implements plot.Normalizer.
type symlogScale struct{}

func (symlogScale) Normalize(low, high, v float64) float64 {
	return (symlog(v) - symlog(low)) / (symlog(high) - symlog(low))
}

// symlogTicks labels 0 and the powers of ten; over a short range also their
// doubles and fives.
type symlogTicks struct{}

// Ticks implements plot.Ticker.
func (symlogTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	if low <= 0 && high >= 0 {
		ticks = append(ticks, plot.Tick{Value: 0, Label: "0"})
	}
	reach := math.Max(math.Abs(low), math.Abs(high))
	every := int(math.Max(1, math.Ceil(math.Log10(reach)/6))) // powers apart
	for e := 0; e <= 308 && math.Pow(10, float64(e)) <= reach; e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, float64(e))
			for _, v := range []float64{v, -v} {
				if v < low || v > high {
					continue
				}
				tick := plot.Tick{Value: v}
				if e%every == 0 && (m == 1 || reach < 200) && (e > 0 || reach < 1e4) { // over more, 1 is drawn beside 0
					tick.Label = number(v, 0)
				}
				if tick.Label != "" || every == 1 {
					ticks = append(ticks, tick)
				}
			}
		}
	}
	return ticks
}

// finite reports whether all values are numbers that can be drawn.
func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
