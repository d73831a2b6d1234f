package compare

import (
	"fmt"
	"html"
	"math"
	"strings"

	"adkernel/builtins/cards"
	"adkernel/builtins/run"
	"adkernel/kernel/host"
)

// lastTokens is how many of the prompt's tokens are shown outright.
const lastTokens = 24

// MimeBundle shows the sample: prompt, tokens, outputs, logits.
func (in *Inspection) MimeBundle() host.Bundle {
	return host.Bundle{Data: map[string]any{"text/plain": in.text(), "text/html": in.html()}}
}

func (in *Inspection) title() string {
	s := in.TestSample
	title := fmt.Sprintf("Sample %d of %s: %s, question %d", s.Index, in.Test.Label(), s.Subject, s.Question)
	if in.Base != nil {
		title += ", beside " + in.Base.Label()
	}
	return title
}

func (in *Inspection) answerTable() cards.Table {
	t := cards.Table{Align: "lllprp", Head: []string{"", "run", "output", "right answer", "margin, logits", "tokens out"}}
	if len(in.TestSample.Choices) > 0 {
		t.Head[4] = "margin, nats"
	}
	add := func(name string, r *run.Run, s run.Sample) {
		t.Rows = append(t.Rows, []string{name, r.Label(), fmt.Sprintf("%q", s.Output), s.Ref, marginWords(s), tokensOut(s)})
	}
	if in.BaseSample != nil {
		add("base", in.Base, *in.BaseSample)
	}
	add("test", in.Test, in.TestSample)
	return t
}

// tokensOut lists the ids of the output's tokens, where they were recorded.
func tokensOut(s run.Sample) string {
	if len(s.Tokens) == 0 && s.Output != "" {
		return "not recorded"
	}
	return fmt.Sprint(s.Tokens)
}

func (in *Inspection) logitTable() cards.Table {
	t := cards.Table{
		Align:   "lrrrr",
		Caption: "Leading logits where the answer starts (* the right answer)",
		Head:    []string{"token", "id", "test"},
	}
	if in.BaseSample != nil {
		t.Caption = "Leading logits of either run where the answer starts (* the right answer)"
		t.Head = append(t.Head, "base", "change")
	}
	for _, l := range in.Logits {
		name, mark := fmt.Sprintf("%q", l.Text), cards.Colour("")
		if l.Right {
			name, mark = name+" *", cards.Gain
		}
		row := []string{name, fmt.Sprint(l.ID), logit(l.Test)}
		if in.BaseSample != nil {
			row = append(row, logit(l.Base), signedLogit(l.Test-l.Base))
		}
		t.Rows, t.Mark = append(t.Rows, row), append(t.Mark, mark)
	}
	return t
}

// choiceTable shows the log-likelihoods of the answers that were offered.
func (in *Inspection) choiceTable() cards.Table {
	t := cards.Table{Align: "lrrr", Caption: "Log-likelihoods of the answers, in nats (* the right answer)", Head: []string{"answer", "test"}}
	base := in.BaseSample != nil && len(in.BaseSample.Choices) == len(in.TestSample.Choices)
	if base {
		t.Head = append(t.Head, "base", "change")
	}
	for i, c := range in.TestSample.Choices {
		name, mark := fmt.Sprintf("%q", c.Text), cards.Colour("")
		if isRight(c.Text, in.TestSample.Ref) {
			name, mark = name+" *", cards.Gain
		}
		row := []string{name, fmt.Sprintf("%.3f", c.LogLikelihood)}
		if base {
			other := in.BaseSample.Choices[i].LogLikelihood
			row = append(row, fmt.Sprintf("%.3f", other), fmt.Sprintf("%+.3f", c.LogLikelihood-other))
		}
		t.Rows, t.Mark = append(t.Rows, row), append(t.Mark, mark)
	}
	return t
}

func (in *Inspection) numbersTable() cards.Table {
	caption := "The whole row of logits"
	switch {
	case math.IsInf(in.KL, 1):
		caption += " (divergence of test from base: infinite, since test rules out a token that base does not)"
	case !math.IsNaN(in.KL):
		caption += fmt.Sprintf(" (divergence of test from base: %.3g nats)", in.KL)
	}
	t := cards.Table{Align: "lrrrrrr", Caption: caption, Head: []string{"", "min", "max", "mean", "rms", "NaN", "Inf"}}
	add := func(name string, s run.Sample) {
		t.Rows = append(t.Rows, []string{name, logit(s.Min), logit(s.Max), fmt.Sprintf("%.3f", s.Mean), fmt.Sprintf("%.3f", s.RMS), fmt.Sprint(s.NaN), fmt.Sprint(s.Inf)})
	}
	if in.BaseSample != nil {
		add("base", *in.BaseSample)
	}
	add("test", in.TestSample)
	return t
}

func (in *Inspection) tables() []cards.Table {
	tables := []cards.Table{in.answerTable()}
	if len(in.TestSample.Choices) > 0 {
		tables = append(tables, in.choiceTable())
	}
	if len(in.Logits) > 0 {
		tables = append(tables, in.logitTable(), in.numbersTable())
	}
	if len(in.LogProbs) > 0 {
		tables = append(tables, in.logProbTable())
	}
	return tables
}

func (in *Inspection) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", in.title(), in.outcome())
	for _, t := range in.tables() {
		b.WriteString("\n")
		t.Text(&b)
	}
	for _, lacking := range in.Lacking {
		b.WriteString("\n" + lacking)
	}
	if len(in.Lacking) > 0 {
		b.WriteString("\n")
	}
	if len(in.Tokens) == 0 {
		fmt.Fprintf(&b, "\nPrompt\n%s", in.Prompt)
		return b.String()
	}
	fmt.Fprintf(&b, "\nPrompt (%d tokens)\n%s\n", len(in.Tokens), in.Prompt)
	shown := in.Tokens[max(0, len(in.Tokens)-lastTokens):]
	fmt.Fprintf(&b, "\nLast %d tokens\n ", len(shown))
	for _, token := range shown {
		fmt.Fprintf(&b, " %d%q", token.ID, token.Text)
	}
	return b.String()
}

func (in *Inspection) html() string {
	var b strings.Builder
	colour := cards.Neutral
	switch in.outcome() {
	case "loss", "wrong":
		colour = cards.Loss
	case "gain", "right":
		colour = cards.Gain
	}
	cards.Begin(&b, colour, in.title(), in.outcome())
	for _, t := range in.tables() {
		t.HTML(&b)
	}
	for _, lacking := range in.Lacking {
		fmt.Fprintf(&b, `<div style="opacity:.7">%s</div>`, html.EscapeString(lacking))
	}
	b.WriteString(`<div style="margin:10px 0 2px"><b>Prompt</b>`)
	if len(in.Tokens) > 0 {
		fmt.Fprintf(&b, ` <span style="opacity:.7">%d tokens</span>`, len(in.Tokens))
	}
	b.WriteString(`</div>`)
	last := in.Prompt[strings.LastIndex(in.Prompt, "\n\n")+1:]
	preHTML(&b, strings.TrimLeft(last, "\n"))
	if len(last) < len(in.Prompt) {
		b.WriteString(`<details><summary style="opacity:.7">the whole prompt</summary>`)
		preHTML(&b, in.Prompt)
		b.WriteString(`</details>`)
	}
	if len(in.Tokens) == 0 {
		cards.End(&b)
		return b.String()
	}
	early := max(0, len(in.Tokens)-lastTokens)
	fmt.Fprintf(&b, `<div style="margin:10px 0 2px"><b>Last %d tokens</b></div>`, len(in.Tokens)-early)
	tokensHTML(&b, in.Tokens[early:])
	if early > 0 {
		fmt.Fprintf(&b, `<details style="margin-top:6px"><summary style="opacity:.7">the %d tokens before</summary>`, early)
		tokensHTML(&b, in.Tokens[:early])
		b.WriteString(`</details>`)
	}
	cards.End(&b)
	return b.String()
}

func preHTML(b *strings.Builder, text string) {
	fmt.Fprintf(b, `<pre style="max-height:24em;overflow:auto;margin:2px 0 6px;padding:6px 8px;background:rgba(128,128,128,.12);color:inherit;font-size:12px;white-space:pre-wrap">%s</pre>`,
		html.EscapeString(text))
}

func tokensHTML(b *strings.Builder, tokens []Token) {
	b.WriteString(`<div style="line-height:1.9">`)
	for _, t := range tokens {
		text := strings.NewReplacer(" ", "\u00b7", "\n", "\u21b5", "\t", "\u21e5").Replace(t.Text)
		fmt.Fprintf(b, `<span style="display:inline-block;margin:1px 3px 1px 0;padding:0 4px;border:1px solid rgba(128,128,128,.4);border-radius:3px;line-height:1.4"><code style="background:none;color:inherit">%s</code> <span style="opacity:.7;font-size:10px">%d</span></span>`,
			html.EscapeString(text), t.ID)
	}
	b.WriteString(`</div>`)
}

func logit(x float32) string { return fmt.Sprintf("%.3f", x) }

func signedLogit(x float32) string {
	if math.IsNaN(float64(x)) {
		return "NaN"
	}
	return fmt.Sprintf("%+.3f", x)
}
