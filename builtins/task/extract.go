package task

import (
	"regexp"
	"slices"
	"strings"
)

// A filter finds an answer in an output, as lm-evaluation-harness's filters of
// the same name do.
type filter struct {
	name    string
	pattern *regexp.Regexp
	last    bool // of all matches
}

const noMatch = "[invalid]"

// extract is regex, then take_first: the first group that is not empty, of the
// first match or the last.
func (f filter) extract(output string) string {
	matches := f.pattern.FindAllStringSubmatch(output, -1)
	if len(matches) == 0 {
		return noMatch
	}
	match := matches[0]
	if f.last {
		match = matches[len(matches)-1]
	}
	for _, group := range match[1:] {
		if group != "" {
			return strings.TrimFunc(group, isPythonSpace)
		}
	}
	return noMatch
}

// A grader judges outputs by filters and exact match.
type grader struct {
	filters []filter
	chosen  string // filter that decides; "" takes the last
	ignore  []*regexp.Regexp
	fold    bool // case
}

// Verdict is what one filter makes of an output.
type Verdict struct {
	Filter  string `json:"filter"` // "strict-match"
	Answer  string `json:"answer"` // that it found, or "[invalid]"
	Correct bool   `json:"correct"`
}

func (g *grader) verdicts(ref, output string) []Verdict {
	out := make([]Verdict, len(g.filters))
	for i, f := range g.filters {
		answer := f.extract(output)
		out[i] = Verdict{f.name, answer, g.normal(answer) == g.normal(ref)}
	}
	return out
}

// normal is a text without what exact_match ignores.
func (g *grader) normal(text string) string {
	for _, pattern := range g.ignore {
		text = pattern.ReplaceAllString(text, "")
	}
	if g.fold {
		text = strings.ToLower(text)
	}
	return text
}

func (g *grader) correct(ref, output string) bool {
	verdicts := g.verdicts(ref, output)
	at := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.Filter == g.chosen })
	if at < 0 {
		at = len(verdicts) - 1
	}
	return verdicts[at].Correct
}

// Verdicts is what each filter of the spec's evaluation makes of an output,
// given the right answer; nil for an evaluation without filters. It reads no
// data set.
func (s Spec) Verdicts(ref, output string) []Verdict {
	if g := kinds[s.Kind].grader; g != nil && s.Scorer == nil {
		return g.verdicts(ref, output)
	}
	return nil
}

// Deciding is the filter by which the spec's answers count as right; "" for an
// evaluation without filters.
func (s Spec) Deciding() string {
	g := kinds[s.Kind].grader
	if g == nil || s.Scorer != nil {
		return ""
	}
	if s.Filter != "" {
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
