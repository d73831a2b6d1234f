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
// noise. A comparison that could miss it, or whose interval does not exclude
// it, is called underpowered.
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
	c.Verdict.Outcome = c.shown()
	if c.Verdict.Outcome == "" {
		c.raiseNoise()
	}
	plan, err := c.Design.DetectableLoss(c.N)
	switch {
	case err == nil:
		c.Detectable = &plan
	case errors.Is(err, stats.ErrUnreachable):
		c.Detectable = nil
	default:
		return err
	}
	if c.Verdict.Outcome == "" {
		c.Verdict.Outcome = c.unshown()
	}
	c.Verdict.Words, c.Verdict.Method = c.words(), c.method()
	return nil
}

// shown is the change that the tests show, "" when they show none.
func (c *Comparison) shown() Outcome {
	switch {
	case c.Pairs.Losses > c.Pairs.Gains && c.Loss.P < c.Design.Alpha:
		return RealLoss
	case c.Pairs.Gains > c.Pairs.Losses && c.Exact.P < c.Design.Alpha:
		return Gain
	}
	return ""
}

// unshown is the outcome where the tests show no change: whether a large loss
// could have been missed, or could not have been.
func (c *Comparison) unshown() Outcome {
	if c.Detectable == nil || c.Detectable.Loss > largeLoss || c.Change.Low <= -largeLoss || c.BaseGuesses() {
		return Underpowered
	}
	return NoLoss
}

// raiseNoise takes the share of flips for the noise where it is more than was
// expected: the pairs then refute what was assumed or measured elsewhere. It is
// for pairs that show no change, of whose flips none counts as a fault's: those
// that even out alone are fewer than noise has, by chance. Where pairs show a
// change, its own flips are among them.
func (c *Comparison) raiseNoise() {
	flips := float64(c.Pairs.Discordant()) / float64(c.N)
	if flips > c.Design.Noise {
		c.Design.Noise, c.noiseFrom = flips, noiseSeen
	}
}

// words are the outcome with its evidence. A loss is judged by a one-sided
// test, and so it has the limit that belongs to it: the two-sided interval may
// hold 0 where that test shows a loss.
func (c *Comparison) words() string {
	words := c.verdictWords()
	if c.Interim != nil {
		words += " " + c.interimWords()
	}
	return words
}

func (c *Comparison) verdictWords() string {
	change := fmt.Sprintf("%s points, 95 %% interval %s to %s, n = %d", points(c.Change.Estimate), points(c.Change.Low), points(c.Change.High), c.N)
	switch c.Verdict.Outcome {
	case RealLoss:
		return fmt.Sprintf("Real loss: %s points, one-sided %g %% limit %s, n = %d; one-sided exact McNemar %s.",
			points(c.Change.Estimate), 100*(1-c.Design.Alpha), points(c.LossLimit), c.N, stats.FormatP(c.Loss.P))
	case Gain:
		return fmt.Sprintf("Gain: %s; exact McNemar %s.", change, stats.FormatP(c.Exact.P))
	case Underpowered:
		if c.Detectable == nil {
			return fmt.Sprintf("Underpowered: %s; so few samples would show no loss at all, however large.", change)
		}
		if c.BaseGuesses() {
			return fmt.Sprintf("Underpowered: no loss detected (%s), but the base has only %.1f %% right%s, so there is no loss of %.0f points to be seen.",
				change, 100*c.BaseAccuracy.Estimate, c.overGuessing(), 100*largeLoss)
		}
		if c.Detectable.Loss <= largeLoss {
			return fmt.Sprintf("Underpowered: no loss detected (%s), but the interval does not exclude a loss of %.0f points.", change, 100*largeLoss)
		}
		return fmt.Sprintf("Underpowered: no loss detected (%s), but only a loss of %.1f points or more would show at this n.", change, 100*c.Detectable.Loss)
	}
	return fmt.Sprintf("No loss detected: %s; a loss of %.1f points or more would show at this n.", change, 100*c.Detectable.Loss)
}

func (c *Comparison) overGuessing() string {
	if c.guessing == 0 {
		return ""
	}
	return fmt.Sprintf(", where guessing has %.1f %%", 100*c.guessing)
}

func (c *Comparison) method() string {
	return fmt.Sprintf("a loss is judged by the one-sided exact McNemar test at %g, to which the one-sided limit belongs, a gain by the two-sided one, to which the interval does; a loss is detectable when the former shows it with probability %g, given %s; "+
		"limit and interval are Tango's (paired) for the change and Wilson's for an accuracy; p, limits and intervals are of one look",
		c.Design.Alpha, c.Design.Power, c.noise())
}

// noiseFrom says where the share of noise flips comes from.
type noiseFrom string

const (
	noiseAssumed  noiseFrom = "assumed"
	noiseMeasured noiseFrom = "measured, upper 95 % limit" // of one configuration against itself
	noiseSeen     noiseFrom = "as these pairs show"
)

// noise words the share of flips that a comparison expects without any fault.
func (c *Comparison) noise() string {
	return fmt.Sprintf("%.3g %% noise flips (%s)", 100*c.Design.Noise, c.noiseFrom)
}
