package compare

import (
	"math"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// usualLetters are the answers of most multiple-choice tasks.
const usualLetters = "ABCD"

// offeredBy is how many answers a question offers, by what its run keeps of it:
// the choices that are ranked, or the letters whose logits or log-probabilities
// are there. It is 0 where that does not tell, and where one continuation is
// said or not, which is no choice.
func offeredBy(s run.Sample) uint16 {
	n := max(len(s.Choices), len(s.Letters), len(s.LetterLogProbs))
	if n < 2 {
		return 0
	}
	return uint16(min(n, math.MaxUint16))
}

// letterOf is the place of a right answer in the alphabet, from 1 on; 0 for one
// that is no letter, and where choices are ranked.
func letterOf(s run.Sample) uint8 {
	if len(s.Ref) != 1 || s.Ref[0] < 'A' || s.Ref[0] > 'Z' || s.Choices != nil {
		return 0
	}
	return s.Ref[0] - 'A' + 1
}

// offer completes how many answers each question offers, where letters answer them
// and the runs do not tell: those that its prompt lists. Where the prompts are not
// there, or list none, letters of a task that has no others than A to D are these
// four.
func (c *Comparison) offer() {
	usual, told := true, true
	for _, p := range c.pairs {
		letter := int(p.base.letter)
		if letter == 0 {
			return
		}
		usual, told = usual && letter <= len(usualLetters), told && p.base.offered > 0
	}
	if told {
		return
	}
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.base.offered > 0 {
			continue
		}
		text, err := c.Test.PromptText(p.test.index)
		if err != nil {
			text, err = c.Base.PromptText(p.base.index)
		}
		if err != nil {
			break // nor are there others
		}
		if n := task.LettersIn(text); n >= int(p.base.letter) {
			p.base.offered = uint16(n)
		}
	}
	for i := range c.pairs {
		if p := &c.pairs[i]; p.base.offered == 0 && usual {
			p.base.offered = uint16(len(usualLetters))
		}
	}
}

// chance is the accuracy of guessing: the mean over the questions of one in as
// many answers as each offers. It is 0 where an answer may be anything.
func chance(pairs []pair) float64 {
	sum := 0.0
	for _, p := range pairs {
		if p.base.offered == 0 {
			return 0
		}
		sum += 1 / float64(p.base.offered)
	}
	return sum / float64(max(len(pairs), 1))
}

// Guessing is the accuracy of guessing, 0 where an answer may be anything.
func (c *Comparison) Guessing() float64 { return c.guessing }

// room is the loss of a deployment that guesses: what the base has right beyond
// that. None can be seen that is larger.
func (c *Comparison) room() float64 {
	return float64(c.Pairs.BothRight+c.Pairs.Losses)/float64(c.N) - c.guessing
}

// BaseGuesses reports whether the base answers hardly better than by guessing,
// so that no deployment could lose much against it. Its harness is to be looked
// at first.
func (c *Comparison) BaseGuesses() bool { return c.room() < largeLoss }
