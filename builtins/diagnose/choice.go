package diagnose

import (
	"adkernel/builtins/compare"
	"adkernel/builtins/task"
)

// usualLetters are the answers of most multiple-choice tasks.
const usualLetters = "ABCD"

// chance is the accuracy of guessing: the mean over the questions of one in as
// many as each offers, 0 where an answer may be anything.
func chance(pairs []answered) float64 {
	sum := 0.0
	for _, p := range pairs {
		if p.offered == 0 {
			return 0
		}
		sum += 1 / float64(p.offered)
	}
	if len(pairs) == 0 {
		return 0
	}
	return sum / float64(len(pairs))
}

// letters lists the letters with which the questions are answered; nil where
// one of them is answered otherwise, and without pairs.
func letters(pairs []answered) []string {
	most := 0
	for _, p := range pairs {
		if p.offered == 0 || place(p.base.Ref) < 0 || p.base.Choices != nil {
			return nil
		}
		most = max(most, p.offered)
	}
	var list []string
	for i := range most {
		list = append(list, string(rune('A'+i)))
	}
	return list
}

// place is that of a letter in the alphabet, -1 for other answers.
func place(ref string) int {
	if len(ref) != 1 || ref[0] < 'A' || ref[0] > 'Z' {
		return -1
	}
	return int(ref[0] - 'A')
}

// offer says of every question how many answers it offers: the choices that are
// ranked, or the letters that its prompt lists. Where the prompts are not there,
// or list none, letters of a task that has no others than A to D are these four.
func offer(c *compare.Comparison, pairs []answered) {
	lettered, usual := true, true
	for i := range pairs {
		p := &pairs[i]
		if n := len(p.base.Choices); n > 1 { // one alone is said or not, and no choice
			p.offered = n
		}
		at := place(p.base.Ref)
		lettered = lettered && at >= 0 && p.base.Choices == nil
		usual = usual && at < len(usualLetters)
	}
	if !lettered {
		return
	}
	for i := range pairs {
		text, err := promptText(c, pairs[i])
		if err != nil {
			break // nor are there others
		}
		if n := task.LettersIn(text); n > place(pairs[i].base.Ref) {
			pairs[i].offered = n
		}
	}
	for i := range pairs {
		if pairs[i].offered == 0 && usual {
			pairs[i].offered = len(usualLetters)
		}
	}
}

func promptText(c *compare.Comparison, p answered) (string, error) {
	text, err := c.Test.PromptText(p.test.Index)
	if err != nil {
		return c.Base.PromptText(p.base.Index)
	}
	return text, nil
}
