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
	freeText // maybe an answer: whatever is written may be one
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

// A reader classifies the outputs of a task.
type reader struct {
	answers []string // all that an answer can be; nil where it is free text
	worked  bool     // outputs work towards a result that a filter takes out of them
	ranked  bool     // choices are ranked, and one of them is the output
}

func readerOf(pairs []answered) reader {
	filtered := func(s run.Sample) bool { return s.Verdicts != nil || s.Extracted != "" }
	return reader{
		answers: letters(pairs),
		worked:  slices.ContainsFunc(pairs, func(p answered) bool { return filtered(p.test) || filtered(p.base) }),
		ranked:  len(pairs) > 0 && pairs[0].base.Choices != nil,
	}
}

// tells reports whether r tells an answer from what is none.
func (r reader) tells() bool { return r.answers != nil || r.worked || r.ranked }

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
	case !r.tells():
		return freeText
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

// A tally counts the kinds of one run's outputs.
type tally struct {
	of       [kindsOfOutput]int
	stopped  int  // empty ones whose first token was a stop token
	whyKnown bool // it is known why each of the empty ones ended
}

func (r reader) tally(pairs []answered, side func(answered) run.Sample) tally {
	t := tally{whyKnown: true}
	for _, p := range pairs {
		s := side(p)
		kind := r.kind(s)
		t.of[kind]++
		if kind == empty {
			t.whyKnown = t.whyKnown && s.Finish != ""
			if s.Finish == "stop" {
				t.stopped++
			}
		}
	}
	return t
}

// observeOutputs counts the kinds of outputs, of both runs where they count
// against the deployment: what also the base's outputs look like is nothing that
// it has done.
func observeOutputs(pairs []answered, facts Facts) {
	r := readerOf(pairs)
	test := r.tally(pairs, func(p answered) run.Sample { return p.test })
	base := r.tally(pairs, func(p answered) run.Sample { return p.base })
	n := len(pairs)
	set := func(name string, k int) { facts.set(name, float64(k)/float64(n), n, fromRuns) }
	if r.tells() {
		set("output.answers", test.of[anAnswer])
	}
	set("output.empty", test.of[empty])
	set("output.base_empty", base.of[empty])
	if r.tells() && !r.worked {
		set("output.meta", test.of[metaText])
		set("output.base_meta", base.of[metaText])
		set("output.gibberish", test.of[gibberish])
		set("output.base_gibberish", base.of[gibberish])
	}
	if test.whyKnown {
		set("output.stopped", test.stopped)
	}
	if base.whyKnown {
		set("output.base_stopped", base.stopped)
	}
}
