package run

import (
	"math"

	"adkernel/builtins/frame"
)

// row is a sample as a row of a frame; the names are part of the vocabulary.
type row struct {
	Index        int      `frame:"index"`
	Subject      string   `frame:"subject"`
	Question     int      `frame:"question"`
	Ref          string   `frame:"ref"`
	Output       string   `frame:"output"`
	Correct      bool     `frame:"correct"`
	Finish       string   `frame:"finish"`
	PromptTokens int      `frame:"prompt_tokens"`
	OutputTokens int      `frame:"output_tokens"`
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

// Frame returns the finished samples as a table: index, subject, question,
// ref, output, correct, finish, prompt_tokens and output_tokens; margin and
// the letters' logits A to D (null where the task's answers are not letters);
// the greatest logit's token top and its logit top_logit; min, max, mean and
// rms of the finite logits, and how many were nan and inf (null when the
// engine returned none).
func (r *Run) Frame() (*frame.Frame, error) {
	samples, err := r.Samples()
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(samples))
	for i := range samples {
		rows[i] = samples[i].row()
	}
	f := frame.FromStructs(rows)
	return f, f.Err()
}

// SampleColumns are the columns of Frame.
func SampleColumns() []string { return frame.FromStructs([]row(nil)).Columns() }

func (s *Sample) row() row {
	out := row{
		Index: s.Index, Subject: s.Subject, Question: s.Question, Ref: s.Ref, Output: s.Output,
		Correct: s.Correct, Finish: s.Finish, PromptTokens: s.PromptTokens, OutputTokens: len(s.Tokens),
	}
	if s.Row >= 0 {
		out.Min, out.Max, out.Mean, out.RMS, out.NaN, out.Inf = &s.Min, &s.Max, &s.Mean, &s.RMS, &s.NaN, &s.Inf
	}
	if len(s.Top) > 0 {
		out.Top, out.TopLogit = &s.Top[0].Text, &s.Top[0].Logit
	}
	if s.Letters != nil || !math.IsNaN(float64(s.Margin)) {
		out.Margin = &s.Margin
	}
	if len(s.Letters) == len(answerLetters) {
		out.A, out.B, out.C, out.D = &s.Letters[0], &s.Letters[1], &s.Letters[2], &s.Letters[3]
	}
	return out
}
