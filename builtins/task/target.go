package task

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Target is what lm-evaluation-harness logged of the right one of a
// document's choices: its place from 0, or its text; or a list of the places of
// several, any of which is right.
type Target struct {
	Text    string
	Number  bool     // it was logged as a number, and not as a text
	Shared  bool     // it is what all choices end with, and names none of them (winogrande)
	Choices []string // as they were asked for, with what divides them from the prompt

	LogLikelihoods []float64          // of the choices, in nats; nil where they are not known
	Verdicts       map[string]float64 // by metric: 1 where its choice was right, 0 where not
}

// Targets finds out what a samples file does not say of its task. It has places
// as text ("3"), so that among the choices 1, 2, 3 and 4 it might be either; and
// the space in front of a choice may be its own, and count in its length, or
// divide it from the prompt. What one document tells holds for all.
type Targets struct{ places, texts, unpadded, padded bool }

// named is the choice that a target names by its place, and that by its text;
// -1 where there is none.
func (t Target) named() (place, text int) {
	if t.Shared {
		return -1, -1
	}
	place, err := strconv.Atoi(t.Text)
	if err != nil || place < 0 || place >= len(t.Choices) {
		place = -1
	}
	if t.Number {
		return place, -1
	}
	return place, slices.IndexFunc(t.Choices, func(c string) bool { return strings.TrimSpace(c) == strings.TrimSpace(t.Text) })
}

// several are the places that a list names, those that are no choice's left out as
// the harness does; nil where the target is no list of numbers.
func (t Target) several() []int {
	inner, ok := strings.CutPrefix(strings.TrimSpace(t.Text), "[")
	inner, end := strings.CutSuffix(inner, "]")
	if !ok || !end || t.Shared {
		return nil
	}
	places := []int{}
	for number := range strings.SplitSeq(inner, ",") {
		place, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil {
			return nil
		}
		if place >= 0 && place < len(t.Choices) && !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// verdict is whether the choice of a metric was right; known is false where the
// file does not say.
func (t Target) verdict(metric string) (right, known bool) {
	v, ok := t.Verdicts[metric]
	return v == 1, ok && (v == 0 || v == 1) && len(t.LogLikelihoods) == len(t.Choices)
}

// Learn takes what a target tells: that it can only be the one, or that the
// likeliest choice was right or wrong.
func (ts *Targets) Learn(t Target) {
	place, text := t.named()
	if places := t.several(); places != nil && text < 0 {
		ts.learnLengths(t, places...)
		return
	}
	right, known := t.verdict(Acc)
	switch _, err := strconv.Atoi(t.Text); {
	case err != nil || t.Number || t.Shared || place == text:
		ts.learnLengths(t, max(place, text))
	case text < 0:
		ts.places = true
		ts.learnLengths(t, place)
	case place < 0:
		ts.texts = true
		ts.learnLengths(t, text)
	case known:
		likeliest := Likeliest(t.LogLikelihoods, nil)
		asPlace, asText := (likeliest == place) == right, (likeliest == text) == right
		if likeliest >= 0 && asPlace != asText {
			ts.places, ts.texts = ts.places || asPlace, ts.texts || asText
		}
	}
}

// learnLengths takes what is told by the right choices, and whether one was the
// likeliest for its length.
func (ts *Targets) learnLengths(t Target, right ...int) {
	for _, metric := range []string{AccNorm, AccBytes} {
		was, known := t.verdict(metric)
		unpadded := Likeliest(t.LogLikelihoods, lengthsOf(t.Choices, metric, false))
		padded := Likeliest(t.LogLikelihoods, lengthsOf(t.Choices, metric, true))
		asUnpadded, asPadded := slices.Contains(right, unpadded), slices.Contains(right, padded)
		if !known || slices.Contains(right, -1) || unpadded < 0 || asUnpadded == asPadded {
			continue
		}
		ts.unpadded, ts.padded = ts.unpadded || asUnpadded == was, ts.padded || asPadded == was
	}
}

// Lengths are those of choices by which a metric divides their log-likelihoods;
// nil where it does not.
func (ts *Targets) Lengths(choices []string, metric string) []int {
	return lengthsOf(choices, metric, ts.padded && !ts.unpadded)
}

// Right are the places of the choices that a target names; nil where it names
// none. Of two choices, that one was taken and was right or wrong says as much.
func (ts *Targets) Right(t Target) ([]int, error) {
	place, text := t.named()
	several := t.several()
	switch {
	case several != nil && text >= 0:
		return nil, fmt.Errorf("its target %q is a list of places and the text of a choice, and the file does not tell which is meant", t.Text)
	case several != nil:
		return several, nil
	case t.Shared:
		right, known := t.verdict(Acc)
		likeliest := Likeliest(t.LogLikelihoods, nil)
		if !known || likeliest < 0 || len(t.Choices) != 2 {
			return nil, nil
		}
		if right {
			return []int{likeliest}, nil
		}
		return []int{1 - likeliest}, nil
	case place < 0 && text < 0:
		return nil, nil
	case place < 0 || text == place:
		return []int{text}, nil
	case text < 0 || ts.places && !ts.texts:
		return []int{place}, nil
	case ts.texts && !ts.places:
		return []int{text}, nil
	}
	return nil, fmt.Errorf("its target %q is the place of one choice and the text of another, and the file does not tell which is meant", t.Text)
}
