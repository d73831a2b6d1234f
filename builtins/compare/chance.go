package compare

// usualLetters are the answers of most multiple-choice tasks.
const usualLetters = "ABCD"

// chance is the accuracy of guessing: the mean over the questions of one in as
// many answers as each offers. These are the choices that are ranked, the
// letters whose logits or log-probabilities a run keeps, or A to D where no
// right answer is another. It is 0 where an answer may be anything.
func chance(pairs []pair) float64 {
	usual := true
	for _, p := range pairs {
		ref := p.base.Ref
		usual = usual && len(ref) == 1 && usualLetters[0] <= ref[0] && ref[0] <= usualLetters[len(usualLetters)-1]
	}
	sum := 0.0
	for _, p := range pairs {
		offered := max(len(p.base.Choices), len(p.base.Letters), len(p.base.LetterLogProbs))
		if offered == 0 && usual {
			offered = len(usualLetters)
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
