package compare

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/logits"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// An Inspection is one sample as two runs answered it.
type Inspection struct {
	Test, Base *run.Run // Base is nil when there is no baseline

	TestSample run.Sample
	BaseSample *run.Sample // nil when there is no baseline

	Prompt string  // text of the prompt
	Tokens []Token // of the prompt, as the test run's engine was given them

	// Logits are of the tokens that lead in either run, greatest in the test
	// run first; none when an engine returned no logits.
	Logits []TokenLogits

	// LogProbs take their place where a server answered, which gives
	// log-probabilities of its likeliest tokens: those of the tokens that lead
	// in either run, greatest in the test run first.
	LogProbs []TokenLogProbs

	// KL is the divergence of the test run's next token from the base run's,
	// D(base||test) in nats; NaN without both rows of logits, and where one of
	// them is no distribution (logits.KL).
	KL float64

	Lacking []string // what an import does not hold, in words
}

// Token is a token id with its text, "" for a special token.
type Token struct {
	ID   int32
	Text string
}

// TokenLogits are the logits of one token at the place where the answer starts.
type TokenLogits struct {
	Token
	Test, Base float32
	Right      bool // the token starts the right answer
}

// Inspect looks at the sample of the test run with the given index, and at
// the same question in base, which may be nil. It refuses a pair whose prompts
// differ, or whose answers are right for different reasons.
func Inspect(test, base *run.Run, index int) (*Inspection, error) {
	sample, err := test.Sample(index)
	if err != nil {
		return nil, err
	}
	in := &Inspection{Test: test, Base: base, TestSample: sample, KL: math.NaN()}
	if base != nil {
		if in.BaseSample, err = partner(test, base, sample); err != nil {
			return nil, err
		}
	}
	if err := in.readPrompt(); err != nil {
		return nil, err
	}
	return in, in.readLogits()
}

// partner returns the base run's sample of the same question.
func partner(test, base *run.Run, sample run.Sample) (*run.Sample, error) {
	if err := judgedAlike(test, base); err != nil {
		return nil, fmt.Errorf("inspect %s beside %s: %w", test.Name(), base.Name(), err)
	}
	fail := func(err error) (*run.Sample, error) {
		return nil, fmt.Errorf("inspect %s beside %s: %w", test.Name(), base.Name(), err)
	}
	all, err := digests(test)
	if err != nil {
		return fail(err)
	}
	others, err := digests(base)
	if err != nil {
		return fail(err)
	}
	places, err := partners(test, base, all, others)
	if err != nil {
		return fail(err)
	}
	place := slices.IndexFunc(all, func(d digest) bool { return d.index == sample.Index })
	at := slices.Index(places, place)
	if at < 0 || place < 0 {
		return nil, fmt.Errorf("run %s has not finished %s, question %d, which is sample %d of %s", base.Name(), sample.Subject, sample.Question, sample.Index, test.Name())
	}
	same, err := asked(test, base, all[place], others[at])
	if err != nil {
		return fail(err)
	}
	if !same {
		return fail(fmt.Errorf("the prompts differ: %w", difference(test, base, all[place], others[at])))
	}
	partner, err := base.Sample(others[at].index)
	if err != nil {
		return fail(err)
	}
	return &partner, nil
}

func (in *Inspection) readPrompt() error {
	// The tokens' texts need not add up to the prompt: characters may span
	// tokens. So the text itself is preferred, where it is known.
	if text, err := in.Test.PromptText(in.TestSample.Index); err == nil {
		in.Prompt = text
	} else if in.TestSample.PromptTokens == 0 {
		return err
	}
	ids, err := in.Test.PromptTokens(in.TestSample.Index)
	if errors.Is(err, run.ErrNotAvailable) {
		in.Lacking = append(in.Lacking, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	texts, err := in.Test.TokenTexts()
	if errors.Is(err, run.ErrNotAvailable) {
		in.Lacking = append(in.Lacking, err.Error())
		texts = map[int32]string{}
	} else if err != nil {
		return err
	}
	in.Tokens = make([]Token, len(ids))
	var joined strings.Builder
	for i, id := range ids {
		in.Tokens[i] = Token{ID: id, Text: texts[id]}
		joined.WriteString(texts[id])
	}
	if in.Prompt == "" {
		in.Prompt = joined.String()
	}
	return nil
}

// readLogits does nothing for engines that return no logits.
func (in *Inspection) readLogits() error {
	if in.TestSample.Row < 0 || in.BaseSample != nil && in.BaseSample.Row < 0 {
		in.lackLogits()
		in.lackLetters()
		return in.readLogProbs()
	}
	testRow, err := in.Test.LogitRow(in.TestSample.Index)
	if err != nil {
		return err
	}
	baseRow := testRow
	leading := slices.Clone(in.TestSample.Top)
	if in.BaseSample != nil {
		if baseRow, err = in.Base.LogitRow(in.BaseSample.Index); err != nil {
			return err
		}
		if len(baseRow) != len(testRow) {
			return errors.New("the runs' logits are of vocabularies of different size")
		}
		leading = append(leading, in.BaseSample.Top...)
		in.KL = logits.KL(baseRow, testRow)
	}
	seen := map[int32]bool{}
	for _, top := range leading {
		if seen[top.ID] || int(top.ID) >= len(testRow) {
			continue
		}
		seen[top.ID] = true
		in.Logits = append(in.Logits, TokenLogits{
			Token: Token{top.ID, top.Text}, Test: testRow[top.ID], Base: baseRow[top.ID],
			Right: isRight(top.Text, in.TestSample.Ref),
		})
	}
	slices.SortStableFunc(in.Logits, func(a, b TokenLogits) int { return cmp.Compare(b.Test, a.Test) })
	return nil
}

// isRight reports whether a token starts the right answer: it is the answer,
// white space aside. Where no answer is known to be right, none is.
func isRight(text, ref string) bool {
	return ref != "" && (text == ref || strings.TrimSpace(text) == ref)
}

// lackLogits says why there are no logits, where a run is an import.
func (in *Inspection) lackLogits() {
	if _, err := in.Test.LogitRow(in.TestSample.Index); errors.Is(err, run.ErrNotAvailable) {
		in.Lacking = append(in.Lacking, err.Error())
	}
	if in.BaseSample == nil {
		return
	}
	if _, err := in.Base.LogitRow(in.BaseSample.Index); errors.Is(err, run.ErrNotAvailable) && in.Base.Dir() != in.Test.Dir() {
		in.Lacking = append(in.Lacking, err.Error())
	}
}

// outcome is what became of the sample, in words.
func (in *Inspection) outcome() string {
	if in.TestSample.Unjudged != "" || in.BaseSample != nil && in.BaseSample.Unjudged != "" {
		return "not judged"
	}
	if in.BaseSample == nil {
		if in.TestSample.Correct {
			return "right"
		}
		return "wrong"
	}
	return outcomeWords(stats.Outcome(in.BaseSample.Correct, in.TestSample.Correct))
}
