package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"adkernel/builtins/run"
)

// An Unjudged is a sample that is left out of a comparison, since a server ended
// its output, or the function that judges answers failed on it.
type Unjudged struct {
	Run   *run.Run
	Index int // in Run
	Why   string
}

// judgedAlike refuses runs whose answers are right for different reasons.
func judgedAlike(test, base *run.Run) error {
	a, b := test.JudgedBy(), base.JudgedBy()
	if x, y := importedMetric(test), importedMetric(base); a == b && x != "" && y != "" && x != y {
		a, b = "metric "+x, "metric "+y // acc and the exact_match of the same choices
	}
	ours := func(r *run.Run) bool { return r.Spec().Import == nil || r.Spec().Task.Scorer != nil }
	metric := func(by string) bool { return strings.HasPrefix(by, "metric ") }
	if a == b || (a == "" || b == "") && !(ours(test) && ours(base)) && !metric(a) && !metric(b) {
		return nil // an import need not say
	}
	return fmt.Errorf("%s judges the answers of %s, and %s those of %s: choose one for both (By for a filter, Rescore for a function, Metric where samples are read)",
		cmp.Or(a, "the task's rule"), test.Name(), cmp.Or(b, "the task's rule"), base.Name())
}

// generatedAlike refuses runs whose answers were generated in different ways, where
// both say how.
func generatedAlike(test, base *run.Run) error {
	a, b := test.Spec(), base.Spec()
	if a.Limits != nil && b.Limits != nil && a.Limits.String() != b.Limits.String() {
		return fmt.Errorf("answers of %s have %s, and those of %s %s: ask one of them again with the limits of the other", test.Name(), a.Limits, base.Name(), b.Limits)
	}
	if a.Import == nil || b.Import == nil {
		return nil
	}
	for _, subject := range slices.Sorted(maps.Keys(a.Import.Generation)) {
		how, other := a.Import.Generation[subject], b.Import.Generation[subject]
		if other != "" && how != other {
			return fmt.Errorf("the answers of %s were generated in two ways: %s in %s, and %s in %s", subject, how, test.Name(), other, base.Name())
		}
	}
	return nil
}

// importedMetric is the metric by which the files of an import judged; "" where
// a function has judged since, and of other runs.
func importedMetric(r *run.Run) string {
	if spec := r.Spec(); spec.Import != nil && spec.Task.Scorer == nil {
		return spec.Import.Metric
	}
	return ""
}

// withVerdicts lists the pairs in which both samples have a verdict. Samples that
// nobody tried to judge are an error.
func withVerdicts(test, base *run.Run, testSamples, baseSamples []digest, places []int, both int) (pairs []pair, dropped []Unjudged, err error) {
	waiting := map[*run.Run]int{}
	look := func(r *run.Run, d digest) bool {
		switch d.unjudged {
		case "":
			return true
		case run.NotJudged:
			waiting[r]++
		default:
			dropped = append(dropped, Unjudged{r, d.index, d.unjudged})
		}
		return false
	}
	pairs = make([]pair, 0, both)
	for i, at := range places {
		if at < 0 {
			continue
		}
		t, b := look(test, testSamples[at]), look(base, baseSamples[i])
		if t && b {
			pairs = append(pairs, pair{test: testSamples[at].answer, base: baseSamples[i].answer, subject: baseSamples[i].question.subject})
		}
	}
	for _, r := range []*run.Run{test, base} {
		if n := waiting[r]; n > 0 {
			return nil, nil, fmt.Errorf("run %s: %s %s", r.Name(), count(n, "answer is", "answers are"), run.NotJudged)
		}
	}
	if len(pairs) == 0 {
		return nil, nil, fmt.Errorf("not one of %s has a verdict in both: sample %d of %s: %s",
			count(both, "sample", "samples"), dropped[0].Index, dropped[0].Run.Name(), dropped[0].Why)
	}
	return pairs, dropped, nil
}

// unjudgedNote says which samples are left out, and why.
func (c *Comparison) unjudgedNote() string {
	const shown = 3
	words := fmt.Sprintf("%s no verdict and left out:", count(len(c.Unjudged), "answer has", "answers have"))
	for i, u := range c.Unjudged {
		if i == shown {
			return words + fmt.Sprintf("; and %d more.", len(c.Unjudged)-shown)
		}
		if i > 0 {
			words += ";"
		}
		words += fmt.Sprintf(" sample %d of %s: %s", u.Index, u.Run.Label(), u.Why)
	}
	return words + "."
}
