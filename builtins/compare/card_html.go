package compare

import (
	"strings"

	"adkernel/builtins/cards"
)

func (o Outcome) colour() cards.Colour {
	switch o {
	case RealLoss:
		return cards.Loss
	case Gain:
		return cards.Gain
	case Underpowered:
		return cards.Unclear
	}
	return cards.Neutral
}

// html is the card for notebooks.
func (c card) html() string {
	var b strings.Builder
	cards.Begin(&b, c.verdict.Outcome.colour(), c.title, string(c.verdict.Outcome))
	cards.Sentence(&b, c.verdict.Words)
	for _, t := range c.tables {
		t.HTML(&b)
	}
	for _, note := range c.notes {
		cards.Note(&b, note)
	}
	cards.End(&b)
	return b.String()
}
