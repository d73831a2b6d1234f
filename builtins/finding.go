package builtins

import (
	"fmt"
	"slices"
	"sync"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/reproducer"
	"adkernel/kernel/host"
)

// comparisons remembers which cell compared what, so that a reproducer can be
// made of the cells that lead there.
var comparisons struct {
	sync.Mutex
	last *compare.Comparison
	made []made // one a comparison, in order

	diagnosis *diagnose.Diagnosis // made last
	isolation *diagnose.Isolation // made last
}

// made says that a cell compared two runs.
type made struct {
	cell int
	what compared
}

// compared identifies two runs by their directories, and what decided that
// their answers are right.
type compared struct{ test, base, by string }

func whatOf(c *compare.Comparison) compared {
	return compared{c.Test.Dir(), c.Base.Dir(), c.JudgedBy}
}

func note(c *compare.Comparison) {
	comparisons.Lock()
	defer comparisons.Unlock()
	comparisons.last = c
	comparisons.made = append(comparisons.made, made{host.Current().Running().N, whatOf(c)})
}

func noteDiagnosis(d *diagnose.Diagnosis) {
	comparisons.Lock()
	defer comparisons.Unlock()
	comparisons.diagnosis = d
}

func noteIsolation(i *diagnose.Isolation) {
	comparisons.Lock()
	defer comparisons.Unlock()
	comparisons.isolation = i
}

func lastComparison() (*compare.Comparison, error) {
	comparisons.Lock()
	defer comparisons.Unlock()
	if comparisons.last == nil {
		return nil, fmt.Errorf("nothing was compared in this session yet: call Compare(test, base) first")
	}
	return comparisons.last, nil
}

// foundBy returns the session's cells up to the one that compared c's runs.
func foundBy(c *compare.Comparison) (reproducer.Found, error) {
	found := reproducer.Found{Comparison: c}
	found.Diagnosis, found.Isolation = explanationsOf(c)
	n, err := cellOf(c)
	if err != nil {
		return found, err
	}
	found.Cells = host.Current().Cells()
	if now := host.Current().Running(); now.N == n {
		found.Cells, found.Running = append(found.Cells, now), true
		return found, nil
	}
	i := slices.IndexFunc(found.Cells, func(cell host.Cell) bool { return cell.N == n })
	if i < 0 {
		return found, fmt.Errorf("cell In[%d] compared the runs and then failed: compare them again", n)
	}
	found.Cells = found.Cells[:i+1]
	return found, nil
}

// explanationsOf returns what the session concluded about c's runs, judged as
// they are in c, nil where it concluded nothing, or something about others since.
func explanationsOf(c *compare.Comparison) (d *diagnose.Diagnosis, i *diagnose.Isolation) {
	comparisons.Lock()
	defer comparisons.Unlock()
	if d = comparisons.diagnosis; d != nil && whatOf(d.Comparison) != whatOf(c) {
		d = nil
	}
	if i = comparisons.isolation; i != nil && whatOf(i.Comparison) != whatOf(c) {
		i = nil
	}
	return d, i
}

// cellOf is the number of the cell that compared c's runs last, judged as in c. Finding shows
// a cell's last comparison, so a reproducer cannot show an earlier one.
func cellOf(c *compare.Comparison) (int, error) {
	comparisons.Lock()
	defer comparisons.Unlock()
	for i, m := range slices.Backward(comparisons.made) {
		if m.what != whatOf(c) {
			continue
		}
		if next := i + 1; next < len(comparisons.made) && comparisons.made[next].cell == m.cell {
			return 0, fmt.Errorf("cell In[%d] makes more comparisons after the one to save: make it in a cell of its own", m.cell)
		}
		return m.cell, nil
	}
	return 0, fmt.Errorf("no cell of this session compared %s with %s by Compare", c.Test.Label(), c.Base.Label())
}
