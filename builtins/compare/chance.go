package compare

import (
	"math"

	"adkernel/builtins/run"
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

// isUsual says whether the right answer is one of the usual letters.
func isUsual(ref string) bool {
	return len(ref) == 1 && usualLetters[0] <= ref[0] && ref[0] <= usualLetters[len(usualLetters)-1]
}

// chance is the accuracy of guessing: the mean over the questions of one in as
// many answers as each offers, which are A to D where nothing tells and no right
// answer is another. It is 0 where an answer may be anything.
func chance(pairs []pair) float64 {
	usual := true
	for _, p := range pairs {
		usual = usual && p.base.has(usualRef)
	}
	sum := 0.0
	for _, p := range pairs {
		offered := p.base.offered
		if offered == 0 && usual {
			offered = uint16(len(usualLetters))
		}
		if offered == 0 {
			return 0
		}
		sum += 1 / float64(offered)
	}
	return sum / float64(max(len(pairs), 1))
}

// room is the loss of a deployment that guesses: what the base has right beyond
// that. None can be seen that is larger.
func (c *Comparison) room() float64 {
	return float64(c.Pairs.BothRight+c.Pairs.Losses)/float64(c.N) - c.guessing
}

// BaseGuesses reports whether the base answers hardly better than by guessing,
// so that no deployment could lose much against it. Its harness is to be looked
// at first.
func (c *Comparison) BaseGuesses() bool { return c.room() < largeLoss }
