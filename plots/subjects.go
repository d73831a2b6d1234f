package plots

import (
	"cmp"
	"math"
	"slices"
)

// SubjectChange is how one subject's accuracy changed. Change and its interval
// are in percentage points, test minus base.
type SubjectChange struct {
	Name        string
	N           int // samples
	Change      float64
	Low, High   float64
	Significant bool // after correction for the number of subjects
}

// SubjectsData is what Subjects shows.
type SubjectsData struct {
	Base, Test string // names of the runs
	Interval   string // level and method of the intervals, "95 % Tango score interval"
	Correction string // how significance was corrected, "Benjamini-Hochberg, q < .05"
	Subjects   []SubjectChange
}

// Subjects shows the accuracy change of each subject with its interval,
// largest loss first; of more than 200, the first and the last 100 are shown.
// Significant changes are filled and coloured, a dashed line marks the change
// over all samples: when rows gather about it, all subjects lost alike.
func Subjects(d SubjectsData, o Options) *Figure {
	fig := newFigure("Accuracy change by subject: "+runName(d.Test, "test")+" against "+runName(d.Base, "base"), o)
	f := &forest{
		axis: "accuracy change, percentage points", noun: "subject", value: "change", signed: true,
		classes: []class{
			{label: "significant loss", vega: badVega, colour: badColour},
			{label: "significant gain", vega: goodVega, colour: goodColour},
			{label: "not significant", vega: neutralVega, colour: neutralColour, open: true},
		},
		marks: []forestMark{{at: 0, label: "no change"}},
	}
	for _, s := range d.Subjects {
		f.rows = append(f.rows, forestRow{label: clean(s.Name), n: s.N, value: s.Change, low: s.Low, high: s.High, class: s.class()})
	}
	slices.SortStableFunc(f.rows, func(a, b forestRow) int {
		return cmp.Or(missingLast(a.value, b.value), cmp.Compare(a.value, b.value), cmp.Compare(a.label, b.label))
	})
	n, overall := d.overall()
	if finite(overall) {
		f.marks = append(f.marks, forestMark{at: overall, dashed: true, label: "all subjects, " + signedNumber(overall, 1)})
	}
	if d.Interval != "" {
		fig.note("%s", d.Interval)
	}
	if d.Correction != "" {
		fig.note("significance by %s", d.Correction)
	}
	fig.note("%s, n = %d", counted(len(d.Subjects), "subject"), n)
	fig.addForest(f)
	return fig
}

func (s SubjectChange) class() int {
	switch {
	case !s.Significant || !finite(s.Change) || s.Change == 0:
		return 2
	case s.Change < 0:
		return 0
	default:
		return 1
	}
}

// overall is the number of samples and the change over all of them.
func (d SubjectsData) overall() (n int, change float64) {
	var sum float64
	for _, s := range d.Subjects {
		if finite(s.Change) {
			n += s.N
			sum += s.Change * float64(s.N)
		}
	}
	if n <= 0 {
		return n, math.NaN()
	}
	return n, sum / float64(n)
}

// addForest makes f the figure's body, and counts in the notes what f misses.
func (fig *Figure) addForest(f *forest) {
	f.distinguish()
	values, intervals := f.missing()
	if len(f.rows) == 0 {
		fig.note("nothing to show")
	}
	if values > 0 {
		fig.note("%d without a value", values)
	}
	if intervals > 0 {
		fig.note("%d without an interval", intervals)
	}
	if left := f.cut(); left > 0 {
		fig.note("%d between the first and the last %d not shown", left, mostRows/2)
	}
	fig.body, fig.draw, fig.legend, fig.text = f.body(), f.draw, f.legend(), f.text()
	fig.vega = f.vega(fig.width)
}

// missingLast compares only by whether there is a value.
func missingLast(a, b float64) int {
	switch {
	case finite(a) == finite(b):
		return 0
	case finite(a):
		return -1
	default:
		return 1
	}
}
