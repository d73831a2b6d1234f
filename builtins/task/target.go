package task

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Target is what lm-evaluation-harness logged of the right one of a
// document's choices: its place from 0, or its text.
type Target struct {
	Text    string
	Number  bool // it was logged as a number, and not as a text
	Choices []string

	LogLikelihoods []float64 // of the choices, in nats; nil where they are not known
	Acc            float64   // 1 where the likeliest choice was right, 0 where it was not, else it is not known
}

// Targets finds out what the targets of one task are. A samples file has places
// as text ("3"), so that among the choices 1, 2, 3 and 4 it might be either;
// what one document tells holds for all.
type Targets struct{ places, texts bool }

// named is the choice that a target names by its place, and that by its text;
// -1 where there is none.
func (t Target) named() (place, text int) {
	place, err := strconv.Atoi(t.Text)
	if err != nil || place < 0 || place >= len(t.Choices) {
		place = -1
	}
	if t.Number {
		return place, -1
	}
	return place, slices.IndexFunc(t.Choices, func(c string) bool { return strings.TrimSpace(c) == strings.TrimSpace(t.Text) })
}

// Learn takes what a target tells: that it can only be the one, or that the
// likeliest choice was right or wrong.
func (ts *Targets) Learn(t Target) {
	place, text := t.named()
	switch _, err := strconv.Atoi(t.Text); {
	case err != nil || t.Number || place == text:
		return
	case text < 0:
		ts.places = true
	case place < 0:
		ts.texts = true
	case len(t.LogLikelihoods) == len(t.Choices) && (t.Acc == 0 || t.Acc == 1):
		likeliest := Likeliest(t.Choices, t.LogLikelihoods, Acc)
		asPlace, asText := (likeliest == place) == (t.Acc == 1), (likeliest == text) == (t.Acc == 1)
		if likeliest >= 0 && asPlace != asText {
			ts.places, ts.texts = ts.places || asPlace, ts.texts || asText
		}
	}
}

// Right is the place of the choice that a target names, -1 where it names none.
func (ts *Targets) Right(t Target) (int, error) {
	place, text := t.named()
	switch {
	case place < 0 || text == place:
		return text, nil
	case text < 0 || ts.places && !ts.texts:
		return place, nil
	case ts.texts && !ts.places:
		return text, nil
	}
	return -1, fmt.Errorf("its target %q is the place of one choice and the text of another, and the file does not tell which is meant", t.Text)
}
