package compare

import (
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"math"
	"slices"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// An answer is what a comparison keeps of a sample: what its statistics are
// computed from, and by what the sample is known again when it is read for a
// frame or a figure.
type answer struct {
	index    int      // in its run
	output   uint64   // hash of the text
	verdicts *verdict // of the task's filters, nil without any
	margin   float32
	offered  uint16 // answers of the question, 0 where it may be anything: see offer
	letter   uint8  // the right one: see letterOf
	is       property
}

// property is what is so of an answer.
type property uint8

const (
	correct   property = 1 << iota
	hasLogits          // a row of them
	notFinite          // some of these are NaN or Inf
	bounded            // its margin is not known, but that of letters which a server left out
	ranked             // choices were ranked by their likelihood
)

func (a answer) has(p property) bool { return a.is&p != 0 }

// verdict is what filters said, shared by the answers of which they said the
// same.
type verdict []task.Verdict

var outputs = maphash.MakeSeed()

// A digest is an answer with what pairs it, kept until it is paired.
type digest struct {
	answer
	question question
	ref      string
	unjudged string
	prompt   hash // of its token ids, or else of its text
	byTokens bool
}

// hash is a SHA-256; that of nothing is the zero one, which no text has.
type hash [32]byte

func hashFrom(digits string) (h hash) {
	if len(digits) == hex.EncodedLen(len(h)) {
		hex.Decode(h[:], []byte(digits))
	}
	return h
}

// digests reads the samples of one run, one at a time.
func digests(r *run.Run) ([]digest, error) {
	samples, err := r.OpenSamples()
	if err != nil {
		return nil, err
	}
	defer samples.Close()
	out := make([]digest, 0, samples.Len())
	shared := map[string]*verdict{}
	for s, err := range samples.All() {
		if err != nil {
			return nil, err
		}
		d := digestOf(s)
		d.verdicts = said(s.Verdicts, shared)
		out = append(out, d)
	}
	return out, nil
}

func digestOf(s run.Sample) digest {
	d := digest{answer: newAnswer(s), question: questionOf(s), ref: s.Ref, unjudged: s.Unjudged, byTokens: s.PromptTokens > 0}
	if d.byTokens {
		d.prompt = hashFrom(s.PromptSHA256)
	} else {
		d.prompt = hashFrom(s.TextSHA256)
	}
	return d
}

// newAnswer leaves out the verdicts, which are shared: see said.
func newAnswer(s run.Sample) answer {
	a := answer{index: s.Index, margin: s.Margin, offered: offeredBy(s), letter: letterOf(s), output: maphash.String(outputs, s.Output)}
	if s.Correct {
		a.is |= correct
	}
	if s.Row >= 0 {
		a.is |= hasLogits
	}
	if s.NaN+s.Inf > 0 {
		a.is |= notFinite
	}
	if s.LetterLogProbs != nil && math.IsNaN(float64(s.Margin)) {
		a.is |= bounded
	}
	if s.Choices != nil {
		a.is |= ranked
	}
	return a
}

// said is what filters said of an answer, without what they took from it.
func said(verdicts []task.Verdict, shared map[string]*verdict) *verdict {
	if verdicts == nil {
		return nil
	}
	key := make([]byte, 0, 64)
	for _, v := range verdicts {
		key = append(append(key, v.Filter...), 0)
		if v.Correct {
			key[len(key)-1] = 1
		}
	}
	if known, ok := shared[string(key)]; ok {
		return known
	}
	plain := make(verdict, len(verdicts))
	for i, v := range verdicts {
		plain[i] = task.Verdict{Filter: v.Filter, Correct: v.Correct}
	}
	shared[string(key)] = &plain
	return &plain
}

// finds is whether a filter finds an answer right.
func (a answer) finds(filter string) bool {
	return a.verdicts != nil && slices.ContainsFunc(*a.verdicts, func(v task.Verdict) bool { return v.Filter == filter && v.Correct })
}

// again reads the sample that was compared, judged as it was then. A run may go
// on after it was compared, and be repaired.
func (a answer) again(samples *run.SampleReader) (run.Sample, error) {
	s, err := samples.Read(a.index)
	if err != nil {
		return run.Sample{}, err
	}
	now := newAnswer(s)
	if a.output != now.output || a.is&^correct != now.is&^correct || math.Float32bits(a.margin) != math.Float32bits(now.margin) {
		return run.Sample{}, fmt.Errorf("sample %d was computed anew since it was compared: compare again", a.index)
	}
	s.Correct, s.Unjudged = a.has(correct), ""
	return s, nil
}
