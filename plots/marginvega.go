package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

var flipClasses = []class{
	{label: loss.String(), vega: badVega, colour: badColour},
	{label: gain.String(), vega: goodVega, colour: goodColour},
	{label: unchanged.String(), vega: neutralVega, colour: neutralColour},
}

func (o outcome) String() string {
	switch o {
	case loss:
		return "right → wrong"
	case gain:
		return "wrong → right"
	default:
		return "unchanged"
	}
}

// vega puts the two panels side by side. All flips are in it; unchanged
// samples are thinned where they are too many.
func (m *marginPicture) vega(width float64) spec {
	panel := math.Floor(width/2 - 70)
	return spec{"hconcat": []spec{m.vegaScatter(panel), m.vegaRates(panel)}}
}

func (m *marginPicture) vegaScatter(width float64) spec {
	shown := thin(m.samples, maxVegaPoints)
	points := make([]spec, len(shown))
	for i, s := range shown {
		points[i] = spec{"sample": s.Sample, "subject": s.Subject, "base": short(s.Base), "test": short(s.Test), "flip": s.outcome().String()}
	}
	low, high := m.span()
	across, up := m.axisWords(vg.Point{X: px(width), Y: px(marginBody - 60)})
	x, y := quantitative("base", across, domain(low, high)), quantitative("test", up, domain(low, high))
	rule := spec{"type": "rule", "color": neutralVega}
	ends := []spec{{"base": short(low), "test": short(low)}, {"base": short(high), "test": short(high)}}
	return spec{"width": width, "height": marginBody - 60, "layer": []spec{
		{"data": spec{"values": []spec{{"base": 0}}}, "mark": rule, "encoding": spec{"x": x}},
		{"data": spec{"values": []spec{{"test": 0}}}, "mark": rule, "encoding": spec{"y": y}},
		{"data": spec{"values": ends}, "mark": spec{"type": "line", "color": neutralVega, "strokeWidth": 1, "strokeDash": []int{4, 3}}, "encoding": spec{"x": x, "y": y}},
		{
			"data": spec{"values": points}, "mark": spec{"type": "point", "filled": true},
			"params": []spec{{"name": "zoom", "select": "interval", "bind": "scales"}},
			"encoding": spec{
				"x": x, "y": y, "color": m.vegaColour(), "shape": m.vegaShape(),
				"opacity": spec{"condition": spec{"test": "datum.flip === 'unchanged'", "value": 0.35}, "value": 1},
				"size": spec{"value": 30, "condition": []spec{
					{"test": "datum.flip === 'unchanged'", "value": 12}, {"test": fmt.Sprintf("datum.flip === '%v'", gain), "value": 45}}},
				"tooltip": tooltips(tooltip("sample", "sample", ""), tooltip("subject", "subject", ""),
					tooltip("base", m.base, ".3~g"), tooltip("test", m.test, ".3~g"), tooltip("flip", "flip", "")),
			},
		},
	}}
}

func (m *marginPicture) vegaRates(width float64) spec {
	rates := []spec{}
	for _, side := range []struct {
		outcome outcome
		bins    []flipBin
	}{{loss, m.losses}, {gain, m.gains}} {
		for _, b := range side.bins {
			rates = append(rates, spec{"flip": side.outcome.String(), "margin": short(b.middle), "share": short(b.share.Estimate),
				"low": short(b.share.Low), "high": short(b.share.High), "flips": b.flips, "n": b.share.N})
		}
	}
	right, top := m.ratesSpan()
	x, colour := quantitative("margin", m.sizeWords(px(width)), domain(0, right)), m.vegaColour()
	hover := tooltips(tooltip("flip", "flip", ""), tooltip("margin", "median margin", ".3~g"), tooltip("share", "percent", ".3~g"),
		tooltip("low", "low", ".3~g"), tooltip("high", "high", ".3~g"), tooltip("flips", "flips", ",d"), tooltip("n", "n", ",d"))
	const title = "samples that flip, percent"
	return spec{"data": spec{"values": rates}, "width": width, "height": marginBody - 60, "layer": []spec{
		{"mark": spec{"type": "rule", "opacity": 0.6}, "encoding": spec{"x": x, "y": quantitative("low", title, domain(0, top)), "y2": spec{"field": "high"}, "color": colour}},
		{"mark": spec{"type": "line"}, "encoding": spec{"x": x, "y": quantitative("share", title, domain(0, top)), "color": colour}},
		{"mark": spec{"type": "point", "filled": true, "opacity": 1, "size": 45}, "encoding": spec{"x": x, "y": quantitative("share", title, domain(0, top)),
			"color": colour, "shape": m.vegaShape(), "tooltip": hover}},
	}}
}

// vegaColour and vegaShape tell the outcomes apart, either without the other.
// Their legend is one, and counts the samples.
func (m *marginPicture) vegaColour() spec {
	return nominal("flip", colourScale(flipClasses), m.vegaLegend())
}

func (m *marginPicture) vegaShape() spec {
	domain := []string{loss.String(), gain.String(), unchanged.String()}
	return nominal("flip", spec{"title": nil, "scale": spec{"domain": domain, "range": []string{"circle", "triangle-up", "circle"}}}, m.vegaLegend())
}

func (m *marginPicture) vegaLegend() spec {
	count := fmt.Sprintf("datum.label === '%v' ? %d : datum.label === '%v' ? %d : %d", loss, m.counts[loss], gain, m.counts[gain], m.counts[unchanged])
	return spec{"legend": spec{"labelExpr": "datum.label + ' (' + (" + count + ") + ')'"}}
}

// thin keeps at most so many samples: flips first, then evenly spaced ones of
// the others. The order is kept.
func thin(samples []MarginSample, most int) []MarginSample {
	if len(samples) <= most {
		return samples
	}
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	// Flips come first; a golden-ratio stride spreads what follows evenly.
	spread := func(i int) float64 { return math.Mod(float64(i)*0.6180339887498949, 1) }
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(
			cmp.Compare(min(samples[b].outcome(), gain), min(samples[a].outcome(), gain)),
			cmp.Compare(spread(a), spread(b)), cmp.Compare(a, b))
	})
	kept := order[:most]
	slices.Sort(kept)
	out := make([]MarginSample, most)
	for i, at := range kept {
		out[i] = samples[at]
	}
	return out
}
