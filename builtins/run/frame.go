package run

import (
	"math"
	"slices"

	"adkernel/builtins/frame"
)

// row is a sample as a row of a frame; the names are part of the vocabulary.
type row struct {
	Index        int      `frame:"index"`
	Subject      string   `frame:"subject"`
	Question     int      `frame:"question"`
	Ref          string   `frame:"ref"`
	Output       string   `frame:"output"`
	Correct      *bool    `frame:"correct"`
	Finish       *string  `frame:"finish"`
	PromptTokens *int     `frame:"prompt_tokens"`
	OutputTokens *int     `frame:"output_tokens"`
	Margin       *float32 `frame:"margin"`
	A            *float32 `frame:"A"`
	B            *float32 `frame:"B"`
	C            *float32 `frame:"C"`
	D            *float32 `frame:"D"`
	Top          *string  `frame:"top"`
	TopLogit     *float32 `frame:"top_logit"`
	Min          *float32 `frame:"min"`
	Max          *float32 `frame:"max"`
	Mean         *float64 `frame:"mean"`
	RMS          *float64 `frame:"rms"`
	NaN          *int     `frame:"nan"`
	Inf          *int     `frame:"inf"`
}

// likelyRow is row for a run whose engine gave log-probabilities and no logits.
type likelyRow struct {
	row
	TopLogProb    *float32 `frame:"top_logprob"`
	LogProbA      *float32 `frame:"logprob_A"`
	LogProbB      *float32 `frame:"logprob_B"`
	LogProbC      *float32 `frame:"logprob_C"`
	LogProbD      *float32 `frame:"logprob_D"`
	MarginAtLeast *float32 `frame:"margin_at_least"`
	MarginAtMost  *float32 `frame:"margin_at_most"`
}

// Frame returns the finished samples as a table: index, subject, question,
// ref, output, correct (null where there is no verdict, since a server ended the
// output or the function that judges failed, with the reason in unjudged),
// finish, prompt_tokens and output_tokens (null where they were not recorded, as
// in many imports); margin and
// the letters' logits A to D (null where the task's answers are not letters or
// the question does not offer one; E and so on follow where one offers more);
// the greatest logit's token top and its logit top_logit; min, max, mean and
// rms of the finite logits, and how many were nan and inf (null when the
// engine returned none).
//
// Where the engine gave log-probabilities in their place, as servers do, more
// columns follow: that of top, top_logprob; those of the letters, logprob_A to
// logprob_D, null for a letter that is not among the likeliest tokens that were
// given; and what is known of a margin that lacks such a letter,
// margin_at_least and margin_at_most.
func (r *Run) Frame() (*frame.Frame, error) {
	samples, err := r.Samples()
	if err != nil {
		return nil, err
	}
	f := samplesFrame(samples)
	if r.Spec().Task.Scorer != nil || slices.ContainsFunc(samples, func(s Sample) bool { return s.Unjudged != "" }) {
		f = f.With("unjudged", unjudged(samples))
	}
	return f, f.Err()
}

// samplesFrame has the columns of every run, and those of letters behind D.
func samplesFrame(samples []Sample) *frame.Frame {
	var f *frame.Frame
	if slices.ContainsFunc(samples, func(s Sample) bool { return s.LogProbs != nil }) {
		f = frameOf(samples, (*Sample).likelyRow)
	} else {
		f = frameOf(samples, (*Sample).row)
	}
	f = moreLetters(f, samples, "", letter, func(s *Sample) []float32 { return s.Letters })
	return moreLetters(f, samples, "logprob_", knownLetter, func(s *Sample) []float32 { return s.LetterLogProbs })
}

// letterColumns is how many letters every run has columns of.
const letterColumns = 4

// moreLetters adds the columns of those behind.
func moreLetters(f *frame.Frame, samples []Sample, prefix string, value func([]float32, int) *float32, of func(*Sample) []float32) *frame.Frame {
	most := 0
	for i := range samples {
		most = max(most, len(of(&samples[i])))
	}
	for at := letterColumns; at < most; at++ {
		column := make([]*float32, len(samples))
		for i := range samples {
			column[i] = value(of(&samples[i]), at)
		}
		f = f.With(prefix+answerLetters[at:at+1], column)
	}
	return f
}

// letter is the value of the letter at a place, nil where the question does not
// offer it.
func letter(values []float32, at int) *float32 {
	if at >= len(values) {
		return nil
	}
	return &values[at]
}

// knownLetter is letter, nil where it is NaN.
func knownLetter(values []float32, at int) *float32 {
	if v := letter(values, at); v != nil {
		return known(v)
	}
	return nil
}

func frameOf[R any](samples []Sample, rowOf func(*Sample) R) *frame.Frame {
	rows := make([]R, len(samples))
	for i := range samples {
		rows[i] = rowOf(&samples[i])
	}
	return frame.FromStructs(rows)
}

// unjudged is why samples have no verdict.
func unjudged(samples []Sample) []*string {
	why := make([]*string, len(samples))
	for i := range samples {
		if samples[i].Unjudged != "" {
			why[i] = &samples[i].Unjudged
		}
	}
	return why
}

// SampleColumns are the columns of Frame.
func SampleColumns() []string { return frame.FromStructs([]row(nil)).Columns() }

func (s *Sample) row() row {
	out := row{Index: s.Index, Subject: s.Subject, Question: s.Question, Ref: s.Ref, Output: s.Output}
	if s.Finish != "" {
		out.Finish = &s.Finish
	}
	if s.PromptTokens > 0 {
		out.PromptTokens = &s.PromptTokens
	}
	if n := len(s.Tokens); n > 0 || s.Output == "" {
		out.OutputTokens = &n
	}
	if s.Unjudged == "" {
		out.Correct = &s.Correct
	}
	if s.Row >= 0 {
		out.Min, out.Max, out.Mean, out.RMS, out.NaN, out.Inf = &s.Min, &s.Max, &s.Mean, &s.RMS, &s.NaN, &s.Inf
	}
	if len(s.Top) > 0 {
		out.Top, out.TopLogit = &s.Top[0].Text, &s.Top[0].Logit
	} else if len(s.LogProbs) > 0 {
		out.Top = &s.LogProbs[0].Text
	}
	if s.Letters != nil || !math.IsNaN(float64(s.Margin)) {
		out.Margin = &s.Margin
	}
	for i, to := range [letterColumns]**float32{&out.A, &out.B, &out.C, &out.D} {
		*to = letter(s.Letters, i)
	}
	return out
}

func (s *Sample) likelyRow() likelyRow {
	out := likelyRow{row: s.row()}
	if len(s.LogProbs) > 0 {
		out.TopLogProb = &s.LogProbs[0].LogProb
	}
	for i, to := range [letterColumns]**float32{&out.LogProbA, &out.LogProbB, &out.LogProbC, &out.LogProbD} {
		*to = knownLetter(s.LetterLogProbs, i)
	}
	atLeast, atMost := s.MarginBounds()
	out.MarginAtLeast, out.MarginAtMost = known(&atLeast), known(&atMost)
	return out
}

// known is x, nil when it is NaN.
func known(x *float32) *float32 {
	if math.IsNaN(float64(*x)) {
		return nil
	}
	return x
}
