package compare

import (
	"fmt"
	"strings"

	"adkernel/builtins/stats"
)

// Interim is what the pairs say of runs that are not finished. The tests and
// intervals of a comparison are of one look at a number of samples that was
// chosen beforehand; who compares again while the samples come in, until
// something shows, needs what is valid at every look.
type Interim struct {
	Evidence stats.Evidence // that there is a loss
	Change   stats.Interval // of the accuracy: confidence sequence
}

func interim(p stats.Paired) (*Interim, error) {
	evidence, err := stats.LossEvidence(p)
	if err != nil {
		return nil, err
	}
	change, err := stats.ChangeSequence(p, level)
	return &Interim{evidence, change}, err
}

func (c *Comparison) interimWords() string {
	shows := "no loss yet"
	if c.Interim.Evidence.Rejects(c.Design.Alpha) {
		shows = "a loss"
	}
	return "The runs are not finished, and this is one look at them; what is valid at every look (e-process) shows " + shows + "."
}

// leftOutNote says which samples are not compared, "" when all are.
func (c *Comparison) leftOutNote() string {
	test, base := c.labels()
	var notes []string
	for _, side := range []struct {
		label, other string
		left, others LeftOut
	}{{test, base, c.TestLeft, c.BaseLeft}, {base, test, c.BaseLeft, c.TestLeft}} {
		if n := side.left.Unfinished; n > 0 {
			notes = append(notes, fmt.Sprintf("%s of %s not finished", count(n, "sample", "samples"), side.label))
		}
		if n := side.left.Alone; n > 0 && side.others.Unfinished > 0 {
			notes = append(notes, fmt.Sprintf("%s of %s that %s has not finished or was not asked", count(n, "sample", "samples"), side.label, side.other))
		} else if n > 0 {
			notes = append(notes, fmt.Sprintf("%s of %s without a counterpart in %s", count(n, "sample", "samples"), side.label, side.other))
		}
	}
	if notes == nil {
		return ""
	}
	return "Left out: " + strings.Join(notes, "; ") + "."
}
