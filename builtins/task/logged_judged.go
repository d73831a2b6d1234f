package task

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

const judgeInstead = "judge answers by a function, Score(func(answer string, q Question) bool { ... }) in a notebook, or ask for the evaluation by its own name, such as GSM8K()"

// judge finds the rule by which the harness judged outputs. That of a filter, and
// what exact_match ignores, is in the results file beside the samples; without
// one, an output is compared with its target, white space around both aside where
// that gives the harness's own verdicts, else as they are.
//
// Whatever the rule is, it is taken only if it finds in the outputs of the file
// what the harness found, and gives its verdicts.
func (s Spec) judge(t *Task, samples string, documents []document) error {
	switch {
	case s.Metric != "":
		return errors.New("metric has no effect: outputs are generated, and no choices ranked")
	case s.Scorer != nil:
		t.match = whole
		return nil
	}
	for _, d := range documents {
		if d.metrics != nil && !slices.Contains(d.metrics, ExactMatch) {
			return fmt.Errorf("document %d: the harness judged outputs by %s, and not by exact_match: %s", d.Index, strings.Join(d.metrics, ", "), judgeInstead)
		}
	}
	deciding, err := s.filterOf(documents)
	if err != nil {
		return err
	}
	h, results, err := harnessTaskOf(samples)
	if err != nil {
		return err
	}
	if h != nil {
		if t.grader, err = h.grader(deciding); err != nil {
			return fmt.Errorf("%w, and so is not judged here: %s", err, judgeInstead)
		}
		return t.grader.learn(documents)
	}
	if deciding != noFilter {
		if results == "" {
			results = "results_DATE.json"
		}
		return fmt.Errorf("the harness looked for the answers by its filter %q, whose rule its results file holds: put %s beside the samples, or %s", deciding, filepath.Base(results), judgeInstead)
	}
	t.match, err = matchOf(documents)
	return err
}

// filterOf is the filter that decides: the spec's, which it names unless the
// harness used none.
func (s Spec) filterOf(documents []document) (string, error) {
	var names []string
	for _, d := range documents {
		if d.unnamed {
			return "", fmt.Errorf("document %d has several lines, and the file does not say of which filters: %s", d.Index, judgeInstead)
		}
		for _, name := range d.filters {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	deciding := s.Filter
	switch {
	case deciding == "" && !slices.Contains(names, noFilter):
		return "", fmt.Errorf("the harness looked for the answers by filters: name the one that decides, by Filter(%q) in a cell or filter: %s in a file; there %s", names[0], names[0], listed(names))
	case deciding == "":
		deciding = noFilter
	case !slices.Contains(names, deciding):
		return "", fmt.Errorf("filter %q: there %s", deciding, listed(names))
	}
	for _, d := range documents {
		if _, ok := d.judged[deciding]; !ok {
			return "", fmt.Errorf("document %d has no line of the filter %s: the file was cut", d.Index, deciding)
		}
	}
	return deciding, nil
}

// listed says which there are.
func listed(names []string) string {
	if len(names) == 1 {
		return "is " + names[0]
	}
	return "are " + strings.Join(names, ", ")
}

// learn makes sure that the grader gives the verdicts of the file, and leaves out
// filters besides the deciding one that do not.
func (g *grader) learn(documents []document) error {
	lists, err := targets(documents, func(lists bool) error { return g.differs(g.chosen, documents, lists) })
	if err != nil {
		return err
	}
	var agreeing []filter
	for _, f := range g.filters {
		if g.differs(f.name, documents, lists) == nil {
			agreeing = append(agreeing, f)
		}
	}
	g.filters = agreeing
	for i := range documents {
		documents[i].accepted = documents[i].refs(lists)
	}
	return nil
}

// differs says on which document of a filter the grader is of another opinion
// than the harness.
func (g *grader) differs(name string, documents []document, lists bool) error {
	f := g.filters[slices.IndexFunc(g.filters, func(f filter) bool { return f.name == name })]
	for _, d := range documents {
		j, ok := d.judged[name]
		if len(d.outputs) == 0 || !ok {
			continue
		}
		answer, err := f.extract(d.Question, d.outputs...)
		switch {
		case err != nil:
			return fmt.Errorf("document %d: its filter %q: %w: %s", d.Index, name, err, judgeInstead)
		case j.answered && answer != j.answer:
			return fmt.Errorf("document %d: by its filter %q, as the results file has it, the answer in the output %.60q is %.60q, and the harness found %.60q: %s",
				d.Index, name, d.outputs[0], answer, j.answer, judgeInstead)
		case j.known && g.matches(d.refs(lists), answer) != (j.matched == 1):
			return fmt.Errorf("document %d: the harness's exact_match of the answer %.60q with the target %.60q is %v, and by the results file it is not: %s",
				d.Index, answer, d.ref, j.matched, judgeInstead)
		}
	}
	return nil
}

// matchOf is how outputs are compared with targets where nothing says it: as gives
// the verdicts of the file.
func matchOf(documents []document) (match, error) {
	for _, d := range documents {
		if strings.Contains(d.Ref, "\n") {
			return 0, fmt.Errorf("document %d: its target has several lines, as a worked answer has, and no output would be it: %s", d.Index, judgeInstead)
		}
	}
	var by match
	lists, err := targets(documents, func(lists bool) error {
		var first *document
		for _, by = range []match{whole, exact} {
			at := slices.IndexFunc(documents, func(d document) bool { return d.differs(by, lists) })
			if at < 0 {
				return nil
			}
			if first == nil {
				first = &documents[at]
			}
		}
		return fmt.Errorf("document %d: the harness's exact_match of the output %.60q with the target %.60q is %v, since its task has several targets or ignores something: %s",
			first.Index, first.outputs[0], first.ref, first.judged[noFilter].matched, judgeInstead)
	})
	if err != nil {
		return 0, err
	}
	for i := range documents {
		documents[i].Question = documents[i].answer(by, lists)
	}
	return by, nil
}

// differs reports whether a match is of another opinion than the harness.
func (d document) differs(by match, lists bool) bool {
	j := d.judged[noFilter]
	return j.known && len(d.outputs) > 0 && (&Task{match: by}).Score(d.answer(by, lists), d.outputs[0]) != (j.matched == 1)
}

// answer is the question with the right answers that a match compares with.
func (d document) answer(by match, lists bool) Question {
	q := d.Question
	if by == exact {
		q.Ref = d.ref
	}
	if !lists || d.listed == nil {
		return q
	}
	q.accepted = d.refs(lists)
	for i, ref := range q.accepted {
		if by != exact {
			q.accepted[i] = strings.TrimFunc(ref, isPythonSpace)
		}
	}
	return q
}

// refs are the texts of which an answer must be one.
func (d document) refs(lists bool) []string {
	if lists && d.listed != nil {
		return slices.Clone(d.listed)
	}
	return []string{d.ref}
}

// targets finds out whether targets that read as lists are lists, of which the
// harness takes any, and not texts: as gives its verdicts, of which differs tells
// one that would be another. Where both do, the documents tell.
func targets(documents []document, differs func(lists bool) error) (lists bool, err error) {
	asText := differs(false)
	some := slices.IndexFunc(documents, func(d document) bool { return d.listed != nil })
	if some < 0 {
		return false, asText
	}
	switch asList := differs(true); {
	case asText != nil && asList != nil:
		return false, asText
	case asList != nil:
		return false, differs(false) // last, since it may keep what it found
	case asText != nil || !slices.ContainsFunc(documents, func(d document) bool { return d.listed != nil && !d.isList }):
		return true, nil
	}
	return false, fmt.Errorf("document %d: its target %.60q may be a list, of which the harness takes any, or a text, and no verdict in the file tells: %s", documents[some].Index, documents[some].ref, judgeInstead)
}
