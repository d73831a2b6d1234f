package run

import (
	"math"
	"slices"

	"adkernel/builtins/engine"
)

// measureLogProbs fills in what a sample's record says of the likeliest first
// tokens. letters are as Measure has them; before is what stands before a letter in its token's text,
// by which it is found where the engine knows no ids.
func (s *Sample) measureLogProbs(first []engine.LogProb, letters []int32, before string) {
	s.LogProbs = first
	right := rightLetter(s.Ref, len(letters))
	if right < 0 {
		return
	}
	s.LetterLogProbs = make([]float32, len(letters))
	for i, id := range letters {
		s.LetterLogProbs[i] = float32(math.NaN())
		text := before + answerLetters[i:i+1]
		if at := slices.IndexFunc(first, func(p engine.LogProb) bool {
			return p.ID == id || p.ID < 0 && p.Text == text
		}); at >= 0 {
			s.LetterLogProbs[i] = first[at].LogProb
		}
	}
	s.Margin = s.logProbMargin(right)
}

// logProbMargin is the margin where it is known: when the right letter and
// another one are among the likeliest tokens. The best other one then is, and
// those that are missing are behind it.
func (s *Sample) logProbMargin(right int) float32 {
	other, there := s.bestOther(right)
	if !there {
		return float32(math.NaN())
	}
	return s.LetterLogProbs[right] - other // NaN stays
}

// bestOther is the greatest log-probability of the letters but the right one.
func (s *Sample) bestOther(right int) (best float32, there bool) {
	best = float32(math.Inf(-1))
	for i, p := range s.LetterLogProbs {
		if i != right && !math.IsNaN(float64(p)) {
			best, there = max(best, p), true
		}
	}
	return best, there
}

// MarginBounds says what is known of the margin when it is NaN because letters
// are not among LogProbs: these are at most as likely as the last token that
// is. A bound that is not known is NaN, and both are when the margin is known,
// when no letter is there, and when the answers are not letters.
func (s *Sample) MarginBounds() (atLeast, atMost float32) {
	atLeast, atMost = float32(math.NaN()), float32(math.NaN())
	right := rightLetter(s.Ref, len(s.LetterLogProbs))
	if right < 0 || len(s.LogProbs) == 0 {
		return atLeast, atMost
	}
	last := s.LogProbs[len(s.LogProbs)-1].LogProb
	other, others := s.bestOther(right)
	own := s.LetterLogProbs[right]
	switch isThere := !math.IsNaN(float64(own)); {
	case isThere && !others:
		atLeast = own - last
	case !isThere && others:
		atMost = last - other
	}
	return atLeast, atMost
}

// MissingLetters are the answers whose tokens are not among LogProbs, such as
// "BD"; "" when all are, and when the answers are not letters.
func (s *Sample) MissingLetters() string {
	missing := ""
	for i, p := range s.LetterLogProbs {
		if math.IsNaN(float64(p)) {
			missing += answerLetters[i : i+1]
		}
	}
	return missing
}
