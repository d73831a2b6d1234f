package diagnose

import (
	"slices"
	"strings"

	"adkernel/builtins/run"
)

// A kindOfOutput classifies one output's text.
type kindOfOutput int

const (
	anAnswer kindOfOutput = iota
	metaText
	empty
	gibberish
	noAnswer // a worked answer in which no filter finds the result
	kindsOfOutput
)

// metaPhrases begin texts that talk about answering instead of answering.
var metaPhrases = []string{"the user", "the answer", "answer", "let me", "let's", "okay", "ok,", "we need", "to ", "i ", "sure", "<think", "first", "alright"}

// classify tells what an output looks like, given the answers that the task has.
func classify(output string, answers []string) kindOfOutput {
	text := strings.TrimSpace(output)
	if text == "" {
		return empty
	}
	for _, a := range answers {
		if rest, ok := strings.CutPrefix(text, a); ok && (rest == "" || !isLetter(rest[0])) {
			return anAnswer
		}
	}
	lower := strings.ToLower(text)
	for _, phrase := range metaPhrases {
		if strings.HasPrefix(lower, phrase) {
			return metaText
		}
	}
	return gibberish
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// letters are the answers of a multiple-choice task.
var letters = []string{"A", "B", "C", "D"}

// answersOf lists what an answer can be: the letters where every right answer
// is one, else the right answers that occur in the task; nil without pairs.
func answersOf(pairs []answered) []string {
	var list []string
	for _, p := range pairs {
		if !slices.Contains(list, p.base.Ref) {
			list = append(list, p.base.Ref)
		}
	}
	if len(list) > 0 && !slices.ContainsFunc(list, func(ref string) bool { return !slices.Contains(letters, ref) }) {
		return letters
	}
	slices.Sort(list)
	return list
}

// chance is the accuracy of guessing: one in four where answers are letters,
// else 0.
func chance(pairs []answered) float64 {
	if slices.Equal(answersOf(pairs), letters) {
		return 1 / float64(len(letters))
	}
	return 0
}

// A reader classifies the outputs of a task.
type reader struct {
	answers []string
	worked  bool // outputs work towards a result that a filter takes out of them
}

func readerOf(pairs []answered) reader {
	filtered := func(s run.Sample) bool { return s.Verdicts != nil || s.Extracted != "" }
	return reader{answersOf(pairs), slices.ContainsFunc(pairs, func(p answered) bool { return filtered(p.test) || filtered(p.base) })}
}

// invalid is what lm-eval's filters return where they find no answer.
const invalid = "[invalid]"

// kind is what a sample's output looks like. How a worked answer begins says
// nothing: sound ones talk about answering.
func (r reader) kind(s run.Sample) kindOfOutput {
	switch {
	case s.Choices != nil: // one of them was taken
		return anAnswer
	case strings.TrimSpace(s.Output) == "":
		return empty
	case !r.worked:
		return classify(s.Output, r.answers)
	case len(s.Verdicts) == 0 && s.Extracted != invalid:
		return anAnswer
	}
	for _, v := range s.Verdicts {
		if v.Answer != invalid {
			return anAnswer
		}
	}
	return noAnswer
}

// observeOutputs counts the kinds of outputs. Shares of meta text and gibberish
// are those of both runs, since what also the base's outputs look like is
// nothing that the deployment has done.
func observeOutputs(pairs []answered, facts Facts) {
	r := readerOf(pairs)
	var test, base [kindsOfOutput]int
	stopped, whyKnown := 0, true
	for _, p := range pairs {
		kind := r.kind(p.test)
		test[kind]++
		base[r.kind(p.base)]++
		if kind == empty {
			whyKnown = whyKnown && p.test.Finish != ""
			if p.test.Finish == "stop" {
				stopped++
			}
		}
	}
	n := len(pairs)
	set := func(name string, k int) { facts.set(name, float64(k)/float64(n), n, fromRuns) }
	set("output.answers", test[anAnswer])
	set("output.empty", test[empty])
	if !r.worked {
		set("output.meta", test[metaText])
		set("output.base_meta", base[metaText])
		set("output.gibberish", test[gibberish])
		set("output.base_gibberish", base[gibberish])
	}
	if whyKnown {
		set("output.stopped", stopped)
	}
}
