package plots

import (
	"fmt"
	"slices"
)

// vega draws the same columns; its tooltips name the sample.
func (l *logitPicture) vega(width float64) spec {
	counts := []float64{}
	for _, t := range l.counts() {
		counts = append(counts, t.Value)
	}
	across := quantitative("place", l.acrossWords(px(width-2*margin)), spec{
		"scale": spec{"domain": []float64{0.5, max(1, float64(l.samples())) + 0.5}, "nice": false},
		"axis":  spec{"grid": false, "format": ",d", "values": counts},
		"stack": nil, // areas are stacked along x when the other scale is not linear
	})
	up := l.vegaLogit
	base, test := l.baseWords(), l.testWords()+", quartiles (dashed)"
	classes := []class{{label: base, vega: baseVega}, {label: test, vega: testVega}}
	if l.hasMissing() {
		classes = append(classes, class{label: l.missingWords(), vega: badVega})
	}
	// The legend's swatches are as strong as the lines; one below the other, long names have room.
	colour := colourScale(classes)
	colour["type"], colour["legend"] = "nominal", spec{"columns": 1, "labelLimit": width - 80, "symbolOpacity": 1, "symbolType": "stroke", "symbolStrokeWidth": 3}
	encode := func(run, y string, more ...spec) spec {
		return merge(spec{"x": across, "y": up(y), "color": merge(spec{"datum": run}, []spec{colour})}, more)
	}
	area := func(low, high string, opacity float64) spec {
		return spec{"mark": spec{"type": "area", "opacity": opacity}, "encoding": encode(base, low, spec{"y2": spec{"field": high}})}
	}
	line := func(run, field string, more ...spec) spec {
		return spec{"mark": merge(spec{"type": "line", "strokeWidth": 1.2}, more), "encoding": encode(run, field)}
	}
	dashed := spec{"strokeDash": []int{4, 3}}
	data := l.vegaRows()
	layers := []spec{
		area("baseMin", "baseMax", 0.3), area("baseQ1", "baseQ3", 0.4), line(base, "baseMedian"),
		line(test, "testMin"), line(test, "testQ1", dashed), line(test, "testMedian", spec{"strokeWidth": 1.8}),
		line(test, "testQ3", dashed), line(test, "testMax"),
		// Invisible rules over the whole height catch the pointer, which Vega
		// does not look for in marks of opacity 0.
		{"mark": spec{"type": "rule", "opacity": 0.001, "strokeWidth": 6}, "encoding": spec{"x": across, "tooltip": l.vegaTooltips()}},
	}
	layers = append(layers, l.vegaAlone(encode, base, test)...)
	if l.hasMissing() {
		layers = append(layers, spec{
			"transform": []spec{{"filter": "datum.missing > 0"}},
			"mark":      spec{"type": "point", "shape": "cross", "angle": 45, "filled": true, "size": 50, "opacity": 1},
			"encoding": spec{"x": across, "y": spec{"value": logitBody - 50}, "tooltip": l.vegaTooltips(),
				"color": merge(spec{"datum": l.missingWords()}, []spec{colour})},
		})
	}
	if outliers := l.vegaOutliers(); len(outliers) > 0 {
		at := spec{"x": across, "y": up("logit")}
		layers = append(layers,
			spec{"data": spec{"values": outliers}, "mark": spec{"type": "point", "color": badVega, "size": 50}, "encoding": at},
			spec{"data": spec{"values": outliers}, "mark": vegaText("left", spec{"dx": 8, "fontWeight": "bold"}),
				"encoding": merge(spec{"text": spec{"field": "name"}}, []spec{at})})
	}
	return fitWidth(spec{"data": spec{"values": data}, "layer": layers, "height": logitBody - 40}, width)
}

// vegaLogit encodes a field on the logit axis, with the ticks of the picture.
func (l *logitPicture) vegaLogit(field string) spec {
	low, high := l.span()
	ticks := []any{}
	for _, t := range (symlogTicks{}).Ticks(low, high) {
		if t.Label != "" {
			ticks = append(ticks, t.Value)
		}
	}
	return quantitative(field, "logit", spec{
		"scale": spec{"type": "symlog", "constant": 1, "domain": []any{short(low), short(high)}, "nice": false},
		"axis":  spec{"values": ticks, "labelExpr": "abs(datum.value) < 1e5 ? format(datum.value, 'd') : format(datum.value, '.0e')"},
	})
}

// vegaAlone draws the columns that have no neighbour with logits: an area or a
// line of one point shows nothing.
func (l *logitPicture) vegaAlone(encode func(run, y string, more ...spec) spec, base, test string) []spec {
	var layers []spec
	add := func(field string, mark, encoding spec) {
		layers = append(layers, spec{"transform": []spec{{"filter": "datum." + field}}, "mark": mark, "encoding": encoding})
	}
	if slices.Contains(l.alone(ofBase), true) {
		band := func(low, high string, opacity float64) {
			add("baseAlone", spec{"type": "rule", "strokeWidth": aloneWidth, "opacity": opacity}, encode(base, low, spec{"y2": spec{"field": high}}))
		}
		band("baseMin", "baseMax", 0.3)
		band("baseQ1", "baseQ3", 0.4)
	}
	if slices.Contains(l.alone(ofTest), true) {
		for _, field := range []string{"testMin", "testQ1", "testMedian", "testQ3", "testMax"} {
			add("testAlone", spec{"type": "point", "shape": "stroke", "size": aloneWidth * aloneWidth, "strokeWidth": 1.4, "opacity": 1}, encode(test, field))
		}
	}
	return layers
}

// aloneWidth is how wide a column without neighbours is drawn, in CSS pixels.
const aloneWidth = 8

func (l *logitPicture) vegaRows() []spec {
	rows := make([]spec, len(l.columns))
	baseAlone, testAlone := l.alone(ofBase), l.alone(ofTest)
	place := 0
	for i, c := range l.columns {
		row := spec{"place": place + 1, "sample": c.sample, "samples": c.samples, "missing": c.missingInTest}
		addRange(row, "base", c.base, c.hasBase)
		addRange(row, "test", c.test, c.hasTest)
		if baseAlone[i] {
			row["baseAlone"] = true
		}
		if testAlone[i] {
			row["testAlone"] = true
		}
		place += c.samples
		rows[i] = row
	}
	return rows
}

// addRange adds the ends of a run's range to a row, null where it has none.
func addRange(row spec, run string, r LogitRange, has bool) {
	for end, v := range map[string]float64{"Min": r.Min, "Q1": r.Q1, "Median": r.Median, "Q3": r.Q3, "Max": r.Max} {
		if has {
			row[run+end] = short(v)
		} else {
			row[run+end] = nil
		}
	}
}

func (l *logitPicture) vegaTooltips() []spec {
	hover := tooltips(tooltip("sample", "sample", ""), tooltip("samples", "samples here", ",d"), tooltip("missing", "NaN or Inf, "+l.test, ",d"))
	for _, run := range []struct{ prefix, name string }{{"base", l.base}, {"test", l.test}} {
		hover = append(hover, tooltip(run.prefix+"Min", run.name+" minimum", ".4~g"),
			tooltip(run.prefix+"Median", run.name+" median", ".4~g"), tooltip(run.prefix+"Max", run.name+" maximum", ".4~g"))
	}
	return hover
}

func (l *logitPicture) vegaOutliers() []spec {
	places := make([]int, len(l.columns))
	place := 0
	for i, c := range l.columns {
		places[i] = place + 1
		place += c.samples
	}
	var out []spec
	for _, o := range l.outliers {
		out = append(out, spec{"place": places[o.column], "logit": short(o.logit), "name": fmt.Sprintf("sample %d", o.sample)})
	}
	return out
}
