package plots

// vega is the same rows in Vega-Lite: a rule for each interval, a point for
// each value, everything in the tooltip.
func (f *forest) vega(width float64) spec {
	data := make([]spec, len(f.rows))
	order := make([]string, len(f.rows))
	for i, r := range f.rows {
		order[i] = r.label
		data[i] = spec{"row": r.label, "value": short(r.value), "low": short(r.low), "high": short(r.high), "n": r.n, "class": f.classes[r.class].label}
	}
	low, high := f.span()
	y := nominal("row", spec{"sort": order, "title": nil})
	scale := spec{"scale": spec{"domain": []any{short(low), short(high)}, "nice": false}}
	if f.signed {
		scale["axis"] = spec{"labelExpr": "datum.value > 0 ? '+' + datum.label : datum.label"}
	}
	x := quantitative("value", f.axis, scale)
	colour := nominal("class", colourScale(f.usedClasses()))
	hover := tooltips(tooltip("row", f.noun, ""), tooltip("value", f.value, ".4~g"), tooltip("low", "low", ".4~g"),
		tooltip("high", "high", ".4~g"), tooltip("n", "n", ",d"), tooltip("class", "verdict", ""))
	layers := []spec{
		{"mark": spec{"type": "rule", "strokeWidth": 2}, "encoding": spec{"y": y, "x": quantitative("low", f.axis, scale),
			"x2": spec{"field": "high"}, "color": colour, "tooltip": hover}},
		{"mark": spec{"type": "point", "filled": true, "size": 60, "opacity": 1}, "encoding": spec{"y": y, "x": x, "color": colour, "tooltip": hover}},
	}
	for _, m := range f.marks {
		mark := spec{"type": "rule", "color": neutralVega}
		if m.dashed {
			mark["strokeDash"] = []int{4, 3}
		}
		layers = append(layers, spec{"data": spec{"values": []spec{{"at": short(m.at), "line": m.label}}}, "mark": mark,
			"encoding": spec{"x": quantitative("at", f.axis), "tooltip": tooltips(tooltip("line", "line", ""), tooltip("at", f.value, ".4~g"))}})
	}
	return fitWidth(spec{"data": spec{"values": data}, "layer": layers, "height": spec{"step": forestRowHeight}}, width)
}

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
