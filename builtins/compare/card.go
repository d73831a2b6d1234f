package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/cards"
	"adkernel/builtins/stats"
	"adkernel/kernel/host"
)

// cardSubjects is how many subjects the card shows.
const cardSubjects = 8

// MimeBundle shows the comparison as a card.
func (c *Comparison) MimeBundle() host.Bundle {
	card := c.card()
	return host.Bundle{Data: map[string]any{"text/plain": card.text(), "text/html": card.html()}}
}

// card is what a comparison shows, in the words of its text and its HTML.
type card struct {
	title   string
	verdict Verdict
	tables  []cards.Table
	notes   []string
}

func (c *Comparison) card() card {
	test, base := c.labels()
	out := card{
		title:   fmt.Sprintf("%s against %s", test, base),
		verdict: c.Verdict,
		tables:  []cards.Table{c.accuracyTable(), c.evidenceTable()},
		notes:   []string{"Method: " + c.Verdict.Method + "."},
	}
	if c.Filters != nil {
		out.tables = append(out.tables, c.filterTable())
		out.notes = append(out.notes, fmt.Sprintf("The mean's interval: %s; the gate's score is the mean.", c.Mean.Change.Method))
	}
	if c.Pairs.Discordant() > 0 {
		out.tables = append(out.tables, c.subjectTable())
	}
	if c.Margins != nil {
		out.tables = append(out.tables, c.Margins.table())
	}
	if len(c.Unjudged) > 0 {
		out.notes = append(out.notes, c.unjudgedNote())
	}
	if n := boundedMargins(c.pairs); n > 0 {
		out.notes = append(out.notes, fmt.Sprintf("Answer margins leave out %s whose letters are not all among the likeliest tokens that a server gave; margin_at_least and margin_at_most of the run's frame say what is known of them.", count(n, "sample", "samples")))
	}
	if note := c.leftOutNote(); note != "" {
		out.notes = append(out.notes, note)
	}
	return out
}

func (c *Comparison) accuracyTable() cards.Table {
	test, base := c.labels()
	row := func(name, label string, i stats.Interval) []string {
		right := int(math.Round(i.Estimate * float64(c.N)))
		return []string{name, label, fmt.Sprintf("%d/%d", right, c.N), percent(i.Estimate), fmt.Sprintf("%s to %s", percent(i.Low), percent(i.High))}
	}
	return cards.Table{
		Align: "llrrr",
		Head:  []string{"", "run", "right", "accuracy, %", "95 % interval"},
		Rows: [][]string{
			row("base", base, c.BaseAccuracy),
			row("test", test, c.TestAccuracy),
			{"change", "test less base", signed(c.Pairs.Gains - c.Pairs.Losses), points(c.Change.Estimate), fmt.Sprintf("%s to %s", points(c.Change.Low), points(c.Change.High))},
		},
	}
}

func (c *Comparison) evidenceTable() cards.Table {
	t := cards.Table{Align: "ll"}
	add := func(name, format string, args ...any) {
		t.Rows = append(t.Rows, []string{name, fmt.Sprintf(format, args...)})
	}
	add("flips", "%s (right in base only) and %s, %s %% of %d samples",
		count(c.Pairs.Losses, "loss", "losses"), count(c.Pairs.Gains, "gain", "gains"), percent(float64(c.Pairs.Discordant())/float64(c.N)), c.N)
	add("exact McNemar", "%s two-sided; %s one-sided, for a loss", stats.FormatP(c.Exact.P), stats.FormatP(c.Loss.P))
	if c.Interim != nil {
		add("at every look", "%s; change %s to %s points (%s)", c.Interim.Evidence, points(c.Interim.Change.Low), points(c.Interim.Change.High), c.Interim.Change.Method)
	}
	if c.Detectable != nil {
		add("detectable", "a loss of %.1f points or more at n = %d, with power %.2g and %s", 100*c.Detectable.Loss, c.N, c.Design.Power, c.noise())
	} else {
		add("detectable", "no loss at n = %d, with power %.2g and %s", c.N, c.Design.Power, c.noise())
	}
	outcome := "fails"
	if c.Gate.Pass {
		outcome = "passes"
	}
	add("TensorRT-LLM's gate", "%s: %.2f against a threshold of %.2f (unpaired; detects %.1f points at this n)", outcome, c.Gate.Score, c.Gate.Threshold, c.Gate.Theta)
	add("same output", "%s %% of the samples", percent(c.Agreement))
	if c.Margins != nil {
		m := c.Margins.Change
		add("answer margin", "changes by %+.3f %s on average, 95 %% interval %+.3f to %+.3f (n = %d; %s)", m.Estimate, c.Margins.unit(), m.Low, m.High, m.N, m.Method)
	}
	add("NaN or Inf", "%s", c.nanWords())
	return t
}

func (c *Comparison) nanWords() string {
	test, base := c.HasLogits()
	switch {
	case test && base:
		return fmt.Sprintf("in the logits of %s of test and %d of base", count(c.TestNaN, "sample", "samples"), c.BaseNaN)
	case test:
		return fmt.Sprintf("in the logits of %s of test; the base run has no logits", count(c.TestNaN, "sample", "samples"))
	case base:
		return fmt.Sprintf("in the logits of %s of base; the test run has no logits", count(c.BaseNaN, "sample", "samples"))
	}
	return "not available: neither run has logits"
}

// subjectTable shows the subjects in which a sample flipped.
func (c *Comparison) subjectTable() cards.Table {
	var flipped []Subject
	for _, s := range c.BySubject {
		if s.Pairs.Discordant() > 0 {
			flipped = append(flipped, s)
		}
	}
	slices.SortStableFunc(flipped, func(a, b Subject) int {
		return cmp.Or(cmp.Compare(a.Pairs.Change(), b.Pairs.Change()), cmp.Compare(a.P, b.P))
	})
	t := cards.Table{
		Align:   "lrrrrrrrr",
		Caption: fmt.Sprintf("Subjects with flips, largest loss first: %d of %d", len(flipped), len(c.BySubject)),
		Key:     fmt.Sprintf("filled bars: q < %g", significant),
		Head:    []string{"subject", "n", "base, %", "test, %", "points", "losses", "gains", "p", "q"},
	}
	if len(flipped) > cardSubjects {
		t.Caption += fmt.Sprintf(", the first %d shown", cardSubjects)
		flipped = flipped[:cardSubjects]
	}
	t.Caption += " (p exact McNemar; q, Benjamini-Hochberg)"
	for _, s := range flipped {
		t.Mark = append(t.Mark, s.mark())
		t.Bars = append(t.Bars, s.Pairs.Change())
		t.Rows = append(t.Rows, []string{s.Name, fmt.Sprint(s.Pairs.N()), percent(s.Base()), percent(s.Test()), points(s.Pairs.Change()),
			fmt.Sprint(s.Pairs.Losses), fmt.Sprint(s.Pairs.Gains), shortP(s.P), shortP(s.Q)})
	}
	return t
}

// mark is the colour of a subject that changed by more than chance, given how
// many subjects were looked at.
func (s Subject) mark() cards.Colour {
	switch {
	case s.Q >= significant:
		return ""
	case s.Pairs.Losses > s.Pairs.Gains:
		return cards.Loss
	}
	return cards.Gain
}

func (m *Margins) table() cards.Table {
	t := cards.Table{
		Align:   "lrrrr",
		Caption: "Flips by the size of the base run's margin (noise flips the small ones, a fault also the large)",
		Head:    []string{"base margin, " + m.unit(), "n", "losses", "gains", "flipped, %"},
	}
	for _, q := range m.filled() {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("%.2f to %.2f", q.Low, q.High), fmt.Sprint(q.Pairs.N()), fmt.Sprint(q.Pairs.Losses), fmt.Sprint(q.Pairs.Gains),
			percent(float64(q.Pairs.Discordant()) / float64(q.Pairs.N()))})
	}
	return t
}

// text is the card for a terminal, a diff, or a reader without HTML.
func (c card) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", c.title, c.verdict.Words)
	for _, t := range c.tables {
		b.WriteString("\n")
		t.Text(&b)
	}
	b.WriteString("\n")
	for _, note := range c.notes {
		b.WriteString(note + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// percent writes a share in percent, rounded as points rounds.
func percent(share float64) string { return fmt.Sprintf("%.1f", math.Round(1000*share)/10) }

func signed(n int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%+d", n)
}

func shortP(p float64) string {
	text := strings.TrimPrefix(stats.FormatP(p), "p ")
	return strings.TrimPrefix(text, "= ")
}
