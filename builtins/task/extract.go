package task

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"adkernel/internal/pythonre"
)

// A filter finds the answer in the outputs to one question, usually one, by steps
// as lm-evaluation-harness's filters of the same name.
type filter struct {
	name  string // "strict-match"
	steps []step
}

// A step rewrites or selects outputs to q. The error says why an output has no
// answer at all, or why the harness's own outputs cannot be judged as one.
type step func(q Question, outputs []string) ([]string, error)

const noMatch = "[invalid]"

func (f filter) extract(q Question, outputs ...string) (answer string, err error) {
	for _, apply := range f.steps {
		if outputs, err = apply(q, outputs); err != nil {
			return "", err
		}
	}
	return outputs[0], nil
}

// take is a step that finds an answer in each output, fallback where there is no
// match.
func take(pattern *pythonre.Regexp, at int, fallback string) step {
	return each(func(output string) (string, error) {
		answer, found, err := pick(pattern, at, output)
		if err != nil || found {
			return answer, err
		}
		return fallback, nil
	})
}

// pick is what a match has found, of those in a text the one at a place, from the
// end where it is negative: the first group that is not empty, or the only one. It
// has found nothing where nothing matches, or all of several groups are empty.
func pick(pattern *pythonre.Regexp, at int, text string) (answer string, found bool, err error) {
	matches, err := pattern.FindAll(text)
	if err != nil || len(matches) == 0 {
		return "", false, err
	}
	place := at
	if at < 0 {
		place += len(matches)
	}
	if place < 0 || place >= len(matches) {
		return "", false, fmt.Errorf("of %d matches, group_select takes number %d", len(matches), at)
	}
	groups := matches[place]
	first := slices.IndexFunc(groups, func(g string) bool { return g != "" })
	if first < 0 {
		return "", len(groups) == 1, nil
	}
	return strings.TrimFunc(groups[first], isPythonSpace), true, nil
}

// each is a step that rewrites every output by itself.
func each(rewrite func(string) (string, error)) step {
	return func(_ Question, outputs []string) ([]string, error) {
		out := make([]string, len(outputs))
		for i, output := range outputs {
			var err error
			if out[i], err = rewrite(output); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}

// exactMatch is what the harness's metric of that name leaves out of the texts
// that it compares.
type exactMatch struct {
	ignore      []*pythonre.Regexp
	fold        bool // case
	punctuation bool // of ASCII
	numbers     bool // digits of ASCII
}

const asciiPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// normal is a text without what exact_match ignores.
func (m *exactMatch) normal(text string) (string, error) {
	text, err := reduced(text, m.ignore, m.fold)
	if err != nil {
		return "", err
	}
	if m.punctuation {
		text = without(text, func(r rune) bool { return strings.ContainsRune(asciiPunctuation, r) })
	}
	if m.numbers {
		text = without(text, func(r rune) bool { return '0' <= r && r <= '9' })
	}
	return strings.TrimRight(text, "\x00"), nil // as an array of NumPy holds it
}

// reduced is a text without what patterns match, in lower case where fold is set.
func reduced(text string, ignore []*pythonre.Regexp, fold bool) (string, error) {
	var err error
	for _, pattern := range ignore {
		if text, err = pattern.Remove(text); err != nil {
			return "", err
		}
	}
	if fold {
		text = lower(text)
	}
	return text, nil
}

// without is a text without the characters that are of a kind.
func without(text string, kind func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if kind(r) {
			return -1
		}
		return r
	}, text)
}

// lower is str.lower, which makes two characters of some, and of a sigma at a
// word's end another one.
func lower(text string) string { return cases.Lower(language.Und).String(text) }

// upper is str.upper.
func upper(text string) string { return cases.Upper(language.Und).String(text) }

// A grader judges outputs by filters and exact match.
type grader struct {
	filters []filter
	chosen  string // filter that decides; "" takes the last
	match   exactMatch
}

// Verdict is what one filter makes of an output.
type Verdict struct {
	Filter  string `json:"filter"` // "strict-match"
	Answer  string `json:"answer"` // that it found, or "[invalid]"
	Correct bool   `json:"correct"`
}

// verdicts judges an output to q.
func (g *grader) verdicts(q Question, output string) []Verdict {
	out := make([]Verdict, len(g.filters))
	for i, f := range g.filters {
		answer, err := f.extract(q, output)
		if err != nil {
			out[i] = Verdict{f.name, fmt.Sprintf("[%v]", err), false}
			continue
		}
		out[i] = Verdict{f.name, answer, g.matches(q.answers(), answer)}
	}
	return out
}

// matches reports whether an answer is one of refs but for what is ignored. A
// text for which that cannot be said in time is none.
func (g *grader) matches(refs []string, answer string) bool {
	normal, err := g.match.normal(answer)
	return err == nil && slices.ContainsFunc(refs, func(ref string) bool {
		text, err := g.match.normal(ref)
		return err == nil && text == normal
	})
}

func (g *grader) correct(q Question, output string) bool {
	verdicts := g.verdicts(q, output)
	at := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.Filter == g.chosen })
	if at < 0 {
		at = len(verdicts) - 1
	}
	return verdicts[at].Correct
}

// Verdicts is what each filter of the spec's evaluation makes of an output,
// given the right answer; nil for an evaluation without filters of its own. It
// reads no data set.
func (s Spec) Verdicts(ref, output string) []Verdict {
	if g := kinds[s.Kind].grader; g != nil && s.Scorer == nil {
		return g.verdicts(Question{Ref: ref}, output)
	}
	return nil
}

// Deciding is the filter by which the spec's answers count as right; "" for an
// evaluation without filters.
func (s Spec) Deciding() string {
	g := kinds[s.Kind].grader
	if s.Scorer != nil || g == nil || s.Filter != "" {
		return s.Filter
	}
	return g.filters[len(g.filters)-1].name
}

func (g *grader) names() []string {
	var out []string
	for _, f := range g.filters {
		out = append(out, f.name)
	}
	return out
}
