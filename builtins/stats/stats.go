// Package stats answers the questions that follow two evaluations of the same
// prompts: is the drop real, how large is it, what would this many samples
// have shown, and in which subjects.
//
// It knows counts, scores and p-values. It does not know what a run, a prompt
// or a model is, it renders nothing, and it gives no verdicts: those belong to
// the packages above.
//
// Throughout, base is the reference run and test the run under suspicion. A
// loss is a sample that base has right and test has wrong, a gain the
// opposite. Changes are test minus base, so a drop is negative; unless a name
// says points, shares are fractions of 1. Every result names its method and
// the number of samples behind it, so that no number travels alone.
package stats

import (
	"fmt"
	"math"
	"strconv"
)

// Test is the outcome of a hypothesis test.
type Test struct {
	Method      string  // name of the test, with its sidedness
	N           int     // samples looked at
	Informative int     // those that carry evidence: the discordant pairs of a paired test, else N
	Statistic   float64 // the test's statistic, in the method's own unit
	P           float64 // p-value in [0, 1]; it may underflow to 0
}

// String gives the p-value with its method and n.
func (t Test) String() string {
	s := fmt.Sprintf("%s: %s, n = %d", t.Method, FormatP(t.P), t.N)
	if t.Informative != t.N {
		s += fmt.Sprintf(" (%d informative)", t.Informative)
	}
	return s
}

// Interval is an estimate with its uncertainty.
type Interval struct {
	Method   string
	N        int     // samples
	Level    float64 // nominal coverage, 0.95 for 95 %
	Estimate float64
	Low      float64
	High     float64
}

// String gives the estimate and its interval with method, level and n.
func (i Interval) String() string {
	return fmt.Sprintf("%.4g [%.4g, %.4g] (%s %% %s, n = %d)",
		i.Estimate, i.Low, i.High, strconv.FormatFloat(math.Round(i.Level*1e6)/1e4, 'f', -1, 64), i.Method, i.N)
}

// Excludes reports whether v lies outside the interval.
func (i Interval) Excludes(v float64) bool { return v < i.Low || v > i.High }

// FormatP writes a p-value the way a reader compares it: three significant
// digits, and a bound where the value is too small to matter.
func FormatP(p float64) string {
	switch {
	case math.IsNaN(p):
		return "p undefined"
	case p < 1e-12:
		return "p < 1e-12"
	case p < 1e-4:
		return fmt.Sprintf("p = %.1e", p)
	default:
		return fmt.Sprintf("p = %.3g", p)
	}
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("confidence level %v: want a share between 0 and 1, such as 0.95", level)
	}
	return nil
}

func checkProbability(name string, p float64) error {
	if !(p >= 0 && p <= 1) {
		return fmt.Errorf("%s %v: want a probability between 0 and 1", name, p)
	}
	return nil
}
