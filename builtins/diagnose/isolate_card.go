package diagnose

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"adkernel/builtins/stats"
	"adkernel/kernel/host"
	"adkernel/plots"
)

// MimeBundle shows the finding, the runs as a table, and the ladder.
func (i *Isolation) MimeBundle() host.Bundle {
	title := "Isolation of " + i.Deployment.Label()
	if len(i.Steps) == 0 {
		return host.Text(title + "\n" + i.Words)
	}
	method := i.method()
	t := i.table()
	text := title + "\n" + i.Words + "\n\n" + t.text() + "\n\n" + method
	colour := unclearColour
	switch i.Finding {
	case NoLossHere:
		colour = neutralColour
	case OneComponent, Quantization:
		colour = lossColour
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-family:sans-serif;font-size:13px;line-height:1.45;max-width:62em;border-left:4px solid %s;padding:2px 0 2px 14px">`, colour)
	fmt.Fprintf(&b, `<div style="font-size:15px;margin-bottom:2px"><b>%s</b></div><div style="margin-bottom:8px">%s</div>`, html.EscapeString(title), html.EscapeString(i.Words))
	t.html(&b)
	fmt.Fprintf(&b, `<div style="font-size:11px;opacity:.7;margin-top:6px">%s</div></div>`, html.EscapeString(method))
	return host.Bundle{Data: map[string]any{"text/plain": text, "text/html": b.String()}}
}

// Figure shows the accuracy of every run, against the base's on the same
// questions.
func (i *Isolation) Figure() *plots.Figure {
	d := plots.LadderData{Reference: i.Comparison.Base.Label(), Interval: "95 % intervals (Wilson)"}
	for _, s := range i.Steps {
		a := s.Comparison.TestAccuracy
		d.ReferenceAccuracy = 100 * s.Comparison.BaseAccuracy.Estimate
		d.Steps = append(d.Steps, plots.LadderStep{Name: s.Name, N: s.Comparison.N, Accuracy: 100 * a.Estimate, Low: 100 * a.Low, High: 100 * a.High, Below: s.Lost})
	}
	return plots.Ladder(d, plots.Options{})
}

// method says how each run was judged.
func (i *Isolation) method() string {
	return fmt.Sprintf("Each run answers the same %d questions as the base and is judged by the one-sided exact McNemar test at %g; the observed loss of %.1f points is detected with power %s in each (%.3g %% noise flips). "+
		"So a configuration with that loss shows none with probability %s, and one without any is called below the base with probability %g at most. "+
		"It counts as recovered where the run as deployed is below it by the same test.",
		i.N, i.Power.Design.Alpha, -100*i.Comparison.Change.Estimate, atLeast(i.Power.Power), 100*i.Power.Design.Noise, atMost(1-i.Power.Power), i.Power.Design.Alpha)
}

// atLeast words a probability so that it never reads as certain.
func atLeast(p float64) string {
	if p > 0.99 {
		return "above 0.99"
	}
	return fmt.Sprintf("%.2f", p)
}

// atMost words a probability so that it never reads as impossible.
func atMost(p float64) string {
	if p < 0.01 {
		return "below 0.01"
	}
	return fmt.Sprintf("%.2f", p)
}

// belowBase marks a run that is significantly below the base.
const belowBase = "below base"

// stepTable is the table of the runs.
type stepTable struct{ rows [][]string }

func (i *Isolation) table() stepTable {
	t := stepTable{rows: [][]string{{"run", "n", "accuracy, %", "change, points", "losses", "gains", "p", ""}}}
	for _, s := range i.Steps {
		c := s.Comparison
		state := "no loss shown"
		switch {
		case s.Lost:
			state = belowBase
		case s.Recovered:
			state = "recovered"
		}
		t.rows = append(t.rows, []string{s.Name, fmt.Sprint(c.N), fmt.Sprintf("%.1f", 100*c.TestAccuracy.Estimate), fmt.Sprintf("%+.1f", 100*c.Change.Estimate),
			fmt.Sprint(c.Pairs.Losses), fmt.Sprint(c.Pairs.Gains), strings.TrimPrefix(strings.TrimPrefix(stats.FormatP(c.Loss.P), "p "), "= "), state})
	}
	for _, f := range i.Failed {
		t.rows = append(t.rows, []string{f.Name, "", "", "", "", "", "", "does not run"})
	}
	return t
}

func (t stepTable) text() string {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		line := fmt.Sprintf("  %-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line += fmt.Sprintf("  %*s", widths[i+1], cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func (t stepTable) html(b *strings.Builder) {
	const cell = "padding:2px 12px 2px 0;border:0;background:none;vertical-align:top;font-variant-numeric:tabular-nums;"
	b.WriteString(`<table style="border-collapse:collapse;border:0;margin:2px 0 6px;font-size:inherit;color:inherit">`)
	for i, row := range t.rows {
		style, colour := "", "inherit"
		if i == 0 {
			style = "opacity:.7;border-bottom:1px solid rgba(128,128,128,.35);"
		}
		if row[len(row)-1] == belowBase {
			colour = lossColour
		}
		b.WriteString(`<tr style="background:none">`)
		for j, text := range row {
			align := "right"
			if j == 0 {
				align = "left"
			}
			fmt.Fprintf(b, `<td style="%s%scolor:%s;text-align:%s">%s</td>`, cell, style, colour, align, html.EscapeString(text))
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</table>`)
}

// progressBundle shows an isolation under way.
func progressBundle(title string, so stepTable, line string) host.Bundle {
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-family:sans-serif;font-size:13px"><b>%s</b>`, html.EscapeString(title))
	if len(so.rows) > 1 {
		so.html(&b)
	}
	fmt.Fprintf(&b, `<div style="opacity:.7">%s</div></div>`, html.EscapeString(line))
	return host.Bundle{Data: map[string]any{"text/plain": title + ", " + line, "text/html": b.String()}}
}

// words writes a setting's value.
func words(v any) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(v)
}

// join writes a list as English does.
func join(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// MarshalJSON writes what the card shows, for scripts.
func (i *Isolation) MarshalJSON() ([]byte, error) {
	type step struct {
		Name      string  `json:"name"`
		Phase     string  `json:"phase"`
		N         int     `json:"n"`
		Accuracy  float64 `json:"accuracy"` // percent
		Change    float64 `json:"change"`   // points
		P         float64 `json:"p_loss"`
		Lost      bool    `json:"lost"`
		Recovered bool    `json:"recovered"` // the run as deployed is below it
		Dir       string  `json:"dir"`
	}
	type failed struct {
		Name  string `json:"name"`
		Phase string `json:"phase"`
		Why   string `json:"why"`
		Dir   string `json:"dir"`
	}
	type fixed struct {
		Name string `json:"name"`
		Why  string `json:"why"`
	}
	out := struct {
		Deployment string  `json:"deployment"`
		Finding    Finding `json:"finding"`
		Culprit    string  `json:"culprit,omitempty"`
		Words      string  `json:"words"`
		N          int     `json:"n"`
		Power      float64 `json:"power"`
		Method     string  `json:"method"`
		Steps      []step  `json:"steps"`

		Failed []failed `json:"failed,omitempty"` // configurations in which the model does not run
		Fixed  []fixed  `json:"fixed,omitempty"`  // components that could not be stripped
	}{Deployment: i.Deployment.Label(), Finding: i.Finding, Culprit: i.Culprit, Words: i.Words, N: i.N, Power: i.Power.Power}
	if len(i.Steps) > 0 {
		out.Method = i.method()
	}
	for _, s := range i.Steps {
		c := s.Comparison
		out.Steps = append(out.Steps, step{s.Name, s.Phase, c.N, 100 * c.TestAccuracy.Estimate, 100 * c.Change.Estimate, c.Loss.P, s.Lost, s.Recovered, c.Test.Dir()})
	}
	for _, f := range i.Failed {
		out.Failed = append(out.Failed, failed(f))
	}
	for _, f := range i.Fixed {
		out.Fixed = append(out.Fixed, fixed(f))
	}
	return json.Marshal(out)
}
