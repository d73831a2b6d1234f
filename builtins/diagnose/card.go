package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/cards"
	"adkernel/kernel/host"
)

// MimeBundle shows the diagnosis as a card.
func (d *Diagnosis) MimeBundle() host.Bundle {
	card := d.card()
	return host.Bundle{Data: map[string]any{"text/plain": card.text(), "text/html": card.html()}}
}

// card is what a diagnosis shows, in the words of its text and its HTML.
type card struct {
	title, words string
	colour       cards.Colour
	sections     []section
	notes        []string
}

// A section is a headed list of paragraphs with items.
type section struct {
	head  string
	parts []part
}

type part struct {
	lead  string // emphasized
	words string
	items []string
}

const (
	detailedSuspects = 3 // suspects shown with all their evidence
	itemsShown       = 6 // pieces of evidence of one side
)

func (d *Diagnosis) card() card {
	c := d.Comparison
	out := card{title: fmt.Sprintf("Diagnosis of %s against %s", c.Test.Label(), c.Base.Label()), words: d.Words, colour: d.colour()}
	if len(d.Suspects) == 0 {
		return out
	}
	out.sections = append(out.sections, d.suspectSections()...)
	out.sections = append(out.sections,
		section{"What the outputs look like (the seven patterns)", patternParts(d.Outputs)},
		section{"What the subjects look like (the four patterns)", patternParts(d.Subjects)},
		section{"Probes", probeParts(d.Probes)})
	out.notes = append(out.notes, "Evidence is weighed in bits: 1 bit makes a suspect twice as likely against the others; the weights are judgements of the catalogue, not measurements. "+
		"Excess, in times rounding, is the error of the logits over that of the reference, in the coarser number format of the two, against itself in float32.")
	return out
}

func (d *Diagnosis) suspectSections() []section {
	var detailed, listed section
	detailed.head = "Suspects, likeliest first"
	listed.head = "Other suspects"
	byStanding := map[Standing][]Suspect{}
	for i, s := range d.Suspects {
		if s.Standing.Accuses() && i < detailedSuspects {
			detailed.parts = append(detailed.parts, s.part(i+1))
			continue
		}
		byStanding[s.Standing] = append(byStanding[s.Standing], s)
	}
	for _, standing := range []Standing{Shown, Likely, Possible, Open, Unlikely, Excluded} {
		if suspects := byStanding[standing]; len(suspects) > 0 {
			listed.parts = append(listed.parts, part{lead: string(standing), items: shortItems(suspects)})
		}
	}
	var sections []section
	for _, s := range []section{detailed, listed} {
		if len(s.parts) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

func (s Suspect) part(place int) part {
	p := part{lead: fmt.Sprintf("%d. %s", place, s.Title), words: fmt.Sprintf("%s (%+.3g bits)", s.Standing, s.Bits)}
	add := func(side string, list []Evidence) {
		for i, e := range list {
			if i == itemsShown {
				p.items = append(p.items, fmt.Sprintf("%s: %d more", side, len(list)-i))
				break
			}
			p.items = append(p.items, side+": "+e.String())
		}
	}
	add("for", s.For)
	add("against", s.Against)
	p.items = append(p.items, "next probe: "+s.Probe, "fix: "+s.Fix)
	if len(s.References) > 0 {
		p.items = append(p.items, "seen in public: "+strings.Join(s.References, "; "))
	}
	return p
}

// shortItems names suspects in a line each, with what weighs most on the other
// side of an accusation. Those of the same evidence share a line.
func shortItems(suspects []Suspect) []string {
	type group struct {
		titles   []string
		evidence []Evidence // of each, in the same words
	}
	var order []string
	groups := map[string]*group{}
	for _, s := range suspects {
		title := fmt.Sprintf("%s (%+.3g bits)", s.Title, s.Bits)
		list := s.For
		if len(s.Against) > 0 && !s.Standing.Accuses() {
			list = s.Against
		}
		if len(list) == 0 {
			order = append(order, title)
			continue
		}
		e := list[0]
		key := fmt.Sprint(e.Words, e.N, e.Source)
		if groups[key] == nil {
			groups[key] = &group{}
			order = append(order, key)
		}
		groups[key].titles = append(groups[key].titles, title)
		groups[key].evidence = append(groups[key].evidence, e)
	}
	for i, key := range order {
		if g := groups[key]; g != nil {
			order[i] = strings.Join(g.titles, "; ") + ": " + shared(g.evidence)
		}
	}
	return order
}

// shared writes evidence in the same words once, with the range of its bits.
func shared(list []Evidence) string {
	byBits := func(a, b Evidence) int { return cmp.Compare(math.Abs(a.Bits), math.Abs(b.Bits)) }
	low, high := slices.MinFunc(list, byBits), slices.MaxFunc(list, byBits)
	if low.Bits == high.Bits {
		return low.String()
	}
	return fmt.Sprintf("%s [%+.3g to %+.3g bits; n = %d, %s]", low.Words, low.Bits, high.Bits, low.N, low.Source)
}

// String is the sentence with its n and source.
func (e Evidence) String() string {
	return fmt.Sprintf("%s [%+.3g bits; n = %d, %s]", e.Words, e.Bits, e.N, e.Source)
}

func patternParts(patterns []Pattern) []part {
	var p part
	for _, pattern := range patterns {
		state := "no"
		switch {
		case !pattern.Known:
			state = "unknown"
		case pattern.Present:
			state = "yes"
		}
		line := fmt.Sprintf("%s: %s; %s", pattern.Name, state, pattern.Words)
		if pattern.Present {
			line += ". It implies " + pattern.Implies
		}
		p.items = append(p.items, line)
	}
	return []part{p}
}

func probeParts(probes []Probe) []part {
	var p part
	for _, probe := range probes {
		line := fmt.Sprintf("%s, %.1f s: %s", probe.Name, probe.Seconds, probe.What)
		if probe.With != "" {
			line = fmt.Sprintf("%s, asked with the probe %q: %s", probe.Name, probe.With, probe.What)
		}
		if probe.Failed != "" {
			line = fmt.Sprintf("%s: no result (%s), so its facts are unknown", probe.Name, probe.Failed)
		}
		p.items = append(p.items, line)
	}
	return []part{p}
}

// text is the card for a terminal, a diff, or a reader without HTML.
func (c card) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", c.title, c.words)
	for _, s := range c.sections {
		fmt.Fprintf(&b, "\n%s\n", s.head)
		for _, p := range s.parts {
			if line := joined(p.lead, p.words); line != "" {
				b.WriteString("  " + line + "\n")
			}
			for _, item := range p.items {
				b.WriteString("    - " + item + "\n")
			}
		}
	}
	for _, note := range c.notes {
		b.WriteString("\n" + note + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func joined(lead, words string) string {
	if lead == "" || words == "" {
		return lead + words
	}
	return lead + ": " + words
}
