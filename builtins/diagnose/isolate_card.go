package diagnose

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"

	"adkernel/builtins/cards"
	"adkernel/builtins/stats"
	"adkernel/kernel/host"
	"adkernel/plots"
)

// MimeBundle shows the finding, and the runs as a table where there are any.
func (i *Isolation) MimeBundle() host.Bundle {
	title := "Isolation of " + i.Deployment.Label()
	colour := cards.Unclear
	switch i.Finding {
	case NoLossHere:
		colour = cards.Neutral
	case OneComponent, Quantization:
		colour = cards.Loss
	}
	var text, page strings.Builder
	text.WriteString(title + "\n" + i.Words)
	cards.Begin(&page, colour, title, "")
	cards.Sentence(&page, i.Words)
	if len(i.Steps) > 0 {
		method, t := i.method(), i.table()
		text.WriteString("\n\n")
		t.Text(&text)
		text.WriteString("\n" + method)
		t.HTML(&page)
		cards.Note(&page, method)
	}
	cards.End(&page)
	return host.Bundle{Data: map[string]any{"text/plain": text.String(), "text/html": page.String()}}
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
	var kept []string
	for _, s := range i.Steps {
		if s.Kept {
			kept = append(kept, s.Name)
		}
	}
	words := fmt.Sprintf("Each run answers the same %d questions as the base and is judged by the one-sided exact McNemar test at %g; the observed loss of %.1f points is detected with power %s in each (%.3g %% noise flips). "+
		"So a configuration with that loss shows none with probability %s, and one without any is called below the base with probability %g at most. "+
		"It counts as recovered where the run as deployed is below it by the same test.",
		i.N, i.Power.Design.Alpha, -100*i.Comparison.Change.Estimate, atLeast(i.Power.Power), 100*i.Power.Design.Noise, atMost(1-i.Power.Power), i.Power.Design.Alpha)
	if len(kept) > 0 {
		words += " Of a search that was interrupted before are the runs of: " + strings.Join(kept, "; ") + "."
	}
	return words
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

// table is the table of the runs.
func (i *Isolation) table() cards.Table {
	t := cards.Table{Align: "lrrrrrrl", Head: []string{"run", "n", "accuracy, %", "change, points", "losses", "gains", "p", ""}}
	add := func(mark cards.Colour, cells ...string) { t.Rows, t.Mark = append(t.Rows, cells), append(t.Mark, mark) }
	for _, s := range i.Steps {
		c := s.Comparison
		state, mark := "no loss shown", cards.Colour("")
		switch {
		case s.Lost:
			state, mark = "below base", cards.Loss
		case s.Recovered:
			state = "recovered"
		}
		add(mark, s.Name, fmt.Sprint(c.N), fmt.Sprintf("%.1f", 100*c.TestAccuracy.Estimate), fmt.Sprintf("%+.1f", 100*c.Change.Estimate),
			fmt.Sprint(c.Pairs.Losses), fmt.Sprint(c.Pairs.Gains), strings.TrimPrefix(strings.TrimPrefix(stats.FormatP(c.Loss.P), "p "), "= "), state)
	}
	for _, f := range i.Failed {
		add("", f.Name, "", "", "", "", "", "", "does not run")
	}
	return t
}

// progressBundle shows an isolation under way.
func progressBundle(title string, so cards.Table, line string) host.Bundle {
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-family:sans-serif;font-size:13px"><b>%s</b>`, html.EscapeString(title))
	if len(so.Rows) > 0 {
		so.HTML(&b)
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
		Kept      bool    `json:"kept,omitempty"` // the run is of a search that was interrupted before
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
		out.Steps = append(out.Steps, step{s.Name, s.Phase, c.N, 100 * c.TestAccuracy.Estimate, 100 * c.Change.Estimate, c.Loss.P, s.Lost, s.Recovered, c.Test.Dir(), s.Kept})
	}
	for _, f := range i.Failed {
		out.Failed = append(out.Failed, failed(f))
	}
	for _, f := range i.Fixed {
		out.Fixed = append(out.Fixed, fixed(f))
	}
	return json.Marshal(out)
}
