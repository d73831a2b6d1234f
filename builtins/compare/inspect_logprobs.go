package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/cards"
	"adkernel/builtins/engine"
	"adkernel/builtins/logits"
	"adkernel/builtins/run"
)

// TokenLogProbs are the log-probabilities, in nats, of one token at the place
// where the answer starts. The ID is -1 where a server says only its text.
type TokenLogProbs struct {
	Token
	Test, Base LogProb
	Right      bool // the token starts the right answer
}

// A LogProb is the log-probability of a token in one run. Value is NaN where it
// is not known; it is then AtMost at most, unless that is NaN as well.
type LogProb struct{ Value, AtMost float64 }

// String writes what is known.
func (p LogProb) String() string {
	switch {
	case !math.IsNaN(p.Value):
		return fmt.Sprintf("%.3f", p.Value)
	case !math.IsNaN(p.AtMost):
		return fmt.Sprintf("at most %.3f", p.AtMost)
	}
	return "none"
}

// likelihoods look up log-probabilities of one sample.
type likelihoods struct {
	given []engine.LogProb
	row   []float64 // of a run with logits
}

func likelihoodsOf(r *run.Run, s run.Sample) (likelihoods, error) {
	if s.Row < 0 {
		return likelihoods{given: s.LogProbs}, nil
	}
	row, err := r.LogitRow(s.Index)
	if err != nil {
		return likelihoods{}, err
	}
	l := likelihoods{row: logits.LogSoftmax(row)}
	for _, top := range s.Top {
		if top.ID < 0 || int(top.ID) >= len(l.row) {
			continue
		}
		l.given = append(l.given, engine.LogProb{ID: top.ID, Text: top.Text, LogProb: float32(l.row[top.ID])})
	}
	return l, nil
}

func (l likelihoods) of(t Token) LogProb {
	if t.ID >= 0 && int(t.ID) < len(l.row) {
		return LogProb{Value: l.row[t.ID], AtMost: math.NaN()}
	}
	for _, p := range l.given {
		if sameToken(t, Token{p.ID, p.Text}) {
			return LogProb{Value: float64(p.LogProb), AtMost: math.NaN()}
		}
	}
	out := LogProb{Value: math.NaN(), AtMost: math.NaN()}
	if len(l.given) > 0 && l.row == nil {
		out.AtMost = float64(l.given[len(l.given)-1].LogProb)
	}
	return out
}

// sameToken compares ids, or texts where one side knows no id.
func sameToken(a, b Token) bool {
	if a.ID >= 0 && b.ID >= 0 {
		return a.ID == b.ID
	}
	return a.Text == b.Text
}

// shownLogProbs is how many of a run's likeliest tokens are shown.
const shownLogProbs = 5

// readLogProbs does for a pair of which a server answered one, or both, what
// readLogits does with rows. A run with logits has log-probabilities too.
func (in *Inspection) readLogProbs() error {
	if in.TestSample.LogProbs == nil && (in.BaseSample == nil || in.BaseSample.LogProbs == nil) {
		return nil
	}
	test, err := likelihoodsOf(in.Test, in.TestSample)
	if err != nil {
		return err
	}
	var base likelihoods
	if in.BaseSample != nil {
		if base, err = likelihoodsOf(in.Base, *in.BaseSample); err != nil {
			return err
		}
	}
	var tokens []Token
	for _, side := range []likelihoods{test, base} {
		for _, p := range side.given[:min(shownLogProbs, len(side.given))] {
			t := Token{p.ID, p.Text}
			if !slices.ContainsFunc(tokens, func(known Token) bool { return sameToken(known, t) }) {
				tokens = append(tokens, t)
			}
		}
	}
	for _, t := range tokens {
		in.LogProbs = append(in.LogProbs, TokenLogProbs{Token: t, Test: test.of(t), Base: base.of(t), Right: isRight(t.Text, in.TestSample.Ref)})
	}
	slices.SortStableFunc(in.LogProbs, func(a, b TokenLogProbs) int { return cmp.Compare(b.Test.Value, a.Test.Value) })
	return nil
}

// logProbTable shows them.
func (in *Inspection) logProbTable() cards.Table {
	t := cards.Table{Align: "lrrrr", Caption: "Leading log-probabilities where the answer starts, in nats (* the right answer)", Head: []string{"token", "id", "test"}}
	if in.BaseSample != nil {
		t.Head = append(t.Head, "base", "change")
	}
	for _, p := range in.LogProbs {
		name, mark := fmt.Sprintf("%q", p.Text), cards.Colour("")
		if p.Right {
			name, mark = name+" *", cards.Gain
		}
		id := fmt.Sprint(p.ID)
		if p.ID < 0 {
			id = ""
		}
		row := []string{name, id, p.Test.String()}
		if in.BaseSample != nil {
			change := "" // of a bound there is none
			if !math.IsNaN(p.Test.Value) && !math.IsNaN(p.Base.Value) {
				change = fmt.Sprintf("%+.3f", p.Test.Value-p.Base.Value)
			}
			row = append(row, p.Base.String(), change)
		}
		t.Rows, t.Mark = append(t.Rows, row), append(t.Mark, mark)
	}
	return t
}

// marginWords is a sample's margin, or what is known of it.
func marginWords(s run.Sample) string {
	if hasMargin(s) {
		return logit(s.Margin)
	}
	atLeast, atMost := s.MarginBounds()
	switch {
	case !math.IsNaN(float64(atLeast)):
		return "at least " + logit(atLeast)
	case !math.IsNaN(float64(atMost)):
		return "at most " + logit(atMost)
	case s.MissingLetters() != "":
		return "not known"
	}
	return "none"
}

// lackLetters says which letters a server's log-probabilities lack.
func (in *Inspection) lackLetters() {
	add := func(r *run.Run, s run.Sample) {
		if missing := s.MissingLetters(); missing != "" {
			in.Lacking = append(in.Lacking, fmt.Sprintf("run %s: sample %d: %v: log-probabilities of %s: not among the %d likeliest tokens that the server gave",
				r.Name(), s.Index, run.ErrNotAvailable, strings.Join(strings.Split(missing, ""), ", "), len(s.LogProbs)))
		}
	}
	add(in.Test, in.TestSample)
	if in.BaseSample != nil {
		add(in.Base, *in.BaseSample)
	}
}
