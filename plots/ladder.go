package plots

// LadderStep is one configuration of an isolation, and how it scored.
// Accuracy and its interval are in percent.
type LadderStep struct {
	Name      string // what was changed: "world_size 1", "+ fuse_fp8_linear"
	N         int    // samples
	Accuracy  float64
	Low, High float64
	Below     bool // significantly below the reference
}

// LadderData is what Ladder shows.
type LadderData struct {
	Reference         string // name of the reference run
	ReferenceAccuracy float64
	Interval          string // level and method of the intervals
	Steps             []LadderStep
}

// Ladder shows the accuracy of each configuration with its interval, in the
// order in which they were tried, against the reference's accuracy.
func Ladder(d LadderData, o Options) *Figure {
	d.Reference = runName(d.Reference, "the reference")
	fig := newFigure("Accuracy by configuration, against "+d.Reference, o)
	f := &forest{
		axis: "accuracy, percent", noun: "configuration", value: "accuracy",
		classes: []class{
			{label: "significantly below", vega: badVega, colour: badColour},
			{label: "not significantly below", vega: testVega, colour: testColour, open: true},
		},
	}
	if finite(d.ReferenceAccuracy) {
		f.marks = []forestMark{{at: d.ReferenceAccuracy, dashed: true, label: d.Reference + ", " + number(d.ReferenceAccuracy, 1) + " %"}}
	} else {
		fig.note("the reference has no accuracy")
	}
	for _, s := range d.Steps {
		class := 1
		if s.Below {
			class = 0
		}
		f.rows = append(f.rows, forestRow{label: clean(s.Name), n: s.N, value: s.Accuracy, low: s.Low, high: s.High, class: class})
	}
	if d.Interval != "" {
		fig.note("%s", d.Interval)
	}
	fig.note("%s, first tried on top", counted(len(d.Steps), "configuration"))
	fig.addForest(f)
	return fig
}
