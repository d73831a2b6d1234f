package compare

import (
	"errors"
	"fmt"

	"adkernel/builtins/stats"
)

// Outcome is a verdict in one word.
type Outcome string

// The outcomes. Nothing is ever called sound: a comparison either shows a
// change, or says how large a loss it would have shown.
const (
	RealLoss     Outcome = "real loss"
	Gain         Outcome = "gain"
	NoLoss       Outcome = "no loss detected"
	Underpowered Outcome = "underpowered"
)

// largeLoss is the share of accuracy whose loss is usually a fault and not
// noise. A comparison that could miss it is called underpowered.
const largeLoss = 0.05

// A Verdict is an outcome with the evidence for it.
type Verdict struct {
	Outcome Outcome
	Words   string // one sentence that stands alone
	Method  string // tests, levels and assumptions behind it
}

// String is the sentence.
func (v Verdict) String() string { return v.Words }

// judge fills in what depends on the design.
func (c *Comparison) judge() error {
	plan, err := c.Design.DetectableLoss(c.N)
	switch {
	case err == nil:
		c.Detectable = &plan
	case errors.Is(err, stats.ErrUnreachable):
		c.Detectable = nil
	default:
		return err
	}
	c.Verdict = Verdict{Outcome: c.outcome(), Method: c.method()}
	c.Verdict.Words = c.words()
	return nil
}

func (c *Comparison) outcome() Outcome {
	switch {
	case c.Pairs.Losses > c.Pairs.Gains && c.Loss.P < c.Design.Alpha:
		return RealLoss
	case c.Pairs.Gains > c.Pairs.Losses && c.Exact.P < c.Design.Alpha:
		return Gain
	case c.Detectable == nil || c.Detectable.Loss > largeLoss:
		return Underpowered
	}
	return NoLoss
}

func (c *Comparison) words() string {
	change := fmt.Sprintf("%s points, 95 %% interval %s to %s, n = %d", points(c.Change.Estimate), points(c.Change.Low), points(c.Change.High), c.N)
	switch c.Verdict.Outcome {
	case RealLoss:
		return fmt.Sprintf("Real loss: %s; one-sided exact McNemar %s.", change, stats.FormatP(c.Loss.P))
	case Gain:
		return fmt.Sprintf("Gain: %s; exact McNemar %s.", change, stats.FormatP(c.Exact.P))
	case Underpowered:
		if c.Detectable == nil {
			return fmt.Sprintf("Underpowered: %s; so few samples would show no loss at all, however large.", change)
		}
		return fmt.Sprintf("Underpowered: no loss detected (%s), but only a loss of %.1f points or more would show at this n.", change, 100*c.Detectable.Loss)
	}
	return fmt.Sprintf("No loss detected: %s; a loss of %.1f points or more would show at this n.", change, 100*c.Detectable.Loss)
}

func (c *Comparison) method() string {
	return fmt.Sprintf("a loss is judged by the one-sided exact McNemar test at %g, a gain by the two-sided one; a loss is detectable when the former shows it with probability %g, given %s; intervals are Tango's (paired) for the change and Wilson's for an accuracy",
		c.Design.Alpha, c.Design.Power, c.noise())
}

// noise words the share of flips that a comparison expects without any fault.
func (c *Comparison) noise() string {
	source := "assumed"
	if c.noiseMeasured {
		source = "measured"
	}
	return fmt.Sprintf("%.3g %% noise flips (%s)", 100*c.Design.Noise, source)
}
