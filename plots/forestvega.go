package plots

import (
	"encoding/json"
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
)

// vega is the same rows in Vega-Lite: a rule for each interval, a point for
// each value, values and counts beside them, everything in the tooltip.
func (f *forest) vega(width float64) spec {
	cols := f.columns(themes[Light], px(width))
	data := make([]spec, len(f.rows))
	order := make([]string, len(f.rows))
	names := spec{} // of the rows whose names are shortened
	for i, r := range f.rows {
		order[i] = r.label
		if cols.labels[i] != r.label {
			names[r.label] = cols.labels[i]
		}
		data[i] = spec{"row": r.label, "value": short(r.value), "low": short(r.low), "high": short(r.high), "n": r.n,
			"class": f.classes[r.class].label, "shown": f.format(r.value)}
	}
	low, high := f.span()
	y := nominal("row", spec{"sort": order, "title": nil, "axis": rowAxis(names, width)})
	scale := domain(low, high)
	if f.signed {
		axis, _ := scale["axis"].(spec)
		scale["axis"] = merge(spec{"labelExpr": "datum.value > 0 ? '+' + datum.label : datum.label"}, []spec{axis})
	}
	x := quantitative("value", f.axis, scale)
	colour, fill := nominal("class", colourScale(f.usedClasses())), nominal("class", fillScale(f.usedClasses()))
	hover := tooltips(tooltip("row", f.noun, ""), tooltip("value", f.value, ".4~g"), tooltip("low", "low", ".4~g"),
		tooltip("high", "high", ".4~g"), tooltip("n", "n", ",d"), tooltip("class", "verdict", ""))
	layers := []spec{
		{"mark": spec{"type": "rule", "strokeWidth": 2}, "encoding": spec{"y": y, "x": quantitative("low", f.axis, scale),
			"x2": spec{"field": "high"}, "color": colour, "tooltip": hover}},
		{"mark": spec{"type": "point", "size": 60, "opacity": 1}, "encoding": spec{"y": y, "x": x, "color": colour, "fill": fill, "tooltip": hover}},
	}
	layers = append(layers, f.vegaMarks(width)...)
	layers = append(layers, f.vegaColumns(width, y)...)
	return fitWidth(spec{"data": spec{"values": data}, "layer": layers, "height": spec{"step": forestRowHeight}}, width)
}

// rowAxis shows names as the picture does.
func rowAxis(shortened spec, width float64) spec {
	axis := spec{"labelLimit": math.Floor(labelShare * width)}
	if len(shortened) > 0 {
		names, err := json.Marshal(shortened)
		if err != nil {
			panic(err) // impossible: a map of strings
		}
		axis["labelExpr"] = fmt.Sprintf("%s[datum.label] || datum.label", names)
	}
	return axis
}

// vegaMarks are the lines across all rows. What a dashed one stands for is
// written above it, toward the side that has more room: legends of Vega-Lite
// list no lines that are at one place.
func (f *forest) vegaMarks(width float64) []spec {
	low, high := f.span()
	cols := f.columns(themes[Light], px(width))
	inner := width - cssPixels(cols.label+2*cols.gap+cols.value+cols.count)
	var layers []spec
	for _, m := range f.marks {
		rule := spec{"type": "rule", "color": neutralVega}
		if m.dashed {
			rule["strokeDash"] = []int{4, 3}
		}
		data, at := spec{"values": []spec{{"at": short(m.at), "line": m.label}}}, quantitative("at", f.axis)
		layers = append(layers, spec{"data": data, "mark": rule,
			"encoding": spec{"x": at, "tooltip": tooltips(tooltip("line", "line", ""), tooltip("at", f.value, ".4~g"))}})
		if m.dashed {
			align, room := "left", (high/2-m.at/2)/(high/2-low/2) // halves: the range may be all that a float64 holds
			if room < 0.5 {
				align, room = "right", 1-room
			}
			layers = append(layers, spec{"data": data, "mark": aboveRows(align, spec{"limit": short(math.Floor(inner * room))}),
				"encoding": spec{"x": at, "y": spec{"value": 0}, "text": spec{"field": "line"}}})
		}
	}
	return layers
}

// vegaColumns are the values and counts to the right of the rows, and their
// heads.
func (f *forest) vegaColumns(width float64, y spec) []spec {
	cols := f.columns(themes[Light], px(width))
	value := cssPixels(cols.gap + cols.value)
	count := value + cssPixels(cols.gap+cols.count)
	edge, top := spec{"value": "width"}, spec{"value": 0}
	column := func(field string, end float64) spec {
		return spec{"mark": vegaText("right", spec{"dx": end}), "encoding": spec{"y": y, "x": edge, "text": spec{"field": field}}}
	}
	head := func(name string, end float64) spec {
		return spec{"data": spec{"values": []spec{{"head": name}}}, "mark": aboveRows("right", spec{"dx": end}),
			"encoding": spec{"x": edge, "y": top, "text": spec{"field": "head"}}}
	}
	return []spec{column("shown", value), column("n", count), head(f.value, value), head("n", count)}
}

// aboveRows is a text above the first row.
func aboveRows(align string, more ...spec) spec {
	return vegaText(align, append(more, spec{"baseline": "bottom", "dy": -4})...)
}

// cssPixels is the inverse of px, to the next whole one.
func cssPixels(l vg.Length) float64 { return math.Ceil(float64(l) / 0.75) }

// usedClasses are the classes that occur, in their order.
func (f *forest) usedClasses() []class {
	var used []class
	for i, k := range f.classes {
		if f.occurs(i) {
			used = append(used, k)
		}
	}
	return used
}
