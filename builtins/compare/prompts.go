package compare

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"adkernel/builtins/run"
)

// question identifies a sample across tasks that draw different samples.
type question struct {
	subject string
	index   int
}

func questionOf(s run.Sample) question { return question{s.Subject, s.Question} }

// asked tells whether samples of two runs were asked the same: by the token
// ids, or, where an import holds none, by the texts. The error says why it
// cannot be told.
func asked(test, base *run.Run, t, b digest) (same bool, err error) {
	if t.byTokens && b.byTokens {
		return t.prompt == b.prompt, nil
	}
	testText, err := textHash(test, t)
	if err != nil {
		return false, fmt.Errorf(untold, err)
	}
	baseText, err := textHash(base, b)
	if err != nil {
		return false, fmt.Errorf(untold, err)
	}
	return testText == baseText, nil
}

const untold = "whether the prompts are the same cannot be told, since one run has their texts and the other not: %w"

// textHash is the hash of the text that a sample was asked.
func textHash(r *run.Run, d digest) (hash, error) {
	if !d.byTokens {
		return d.prompt, nil
	}
	s, err := r.Sample(d.index)
	if err != nil {
		return hash{}, err
	}
	if s.TextSHA256 != "" {
		return hashFrom(s.TextSHA256), nil
	}
	text, err := r.PromptText(d.index)
	if err != nil {
		return hash{}, err
	}
	return sha256.Sum256([]byte(text)), nil
}

// partners finds, for each sample of base, the place of the test run's sample
// of the same question, or -1. Other programs name subjects and count
// questions in their own ways; so where no question is in both, samples with
// the same text of the prompt are partners. A prompt that is twice in a run
// identifies nothing, and has no partner.
func partners(test, base *run.Run, testSamples, baseSamples []digest) ([]int, error) {
	places := make(map[question]int, len(testSamples))
	for i, s := range testSamples {
		places[s.question] = i
	}
	out, found := make([]int, len(baseSamples)), false
	for i, s := range baseSamples {
		out[i] = -1
		if at, ok := places[s.question]; ok {
			out[i], found = at, true
		}
	}
	if found || test.Spec().Import == nil && base.Spec().Import == nil {
		return out, nil
	}
	testPlaces, err := byText(test, testSamples)
	if err != nil {
		return nil, err
	}
	basePlaces, err := byText(base, baseSamples)
	if err != nil {
		return nil, err
	}
	for hash, i := range basePlaces {
		if at, ok := testPlaces[hash]; ok && i >= 0 {
			out[i] = at
		}
	}
	return out, nil
}

// byText finds samples by the text of their prompts. The place of a prompt that
// is there twice is -1.
func byText(r *run.Run, samples []digest) (map[hash]int, error) {
	places := make(map[hash]int, len(samples))
	for i, s := range samples {
		h, err := textHash(r, s)
		if err != nil {
			return nil, fmt.Errorf("no question is in both runs under one name, and by their texts they cannot be paired: %w", err)
		}
		if _, twice := places[h]; twice {
			i = -1
		}
		places[h] = i
	}
	return places, nil
}

// knowsRight reports whether a run's samples say what would have been right.
func knowsRight(r *run.Run) bool {
	imported := r.Spec().Import
	if imported == nil {
		return true
	}
	for _, m := range imported.Missing {
		if m.What == run.TheRight {
			return false
		}
	}
	return true
}

// textDifference says where the texts of a pair's prompts differ first.
func textDifference(test, base *run.Run, testSample, baseSample digest) error {
	a, err1 := test.PromptText(testSample.index)
	b, err2 := base.PromptText(baseSample.index)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("the texts of the prompts are not the same: %w", err)
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return fmt.Errorf("byte %d of the text: %s in %s (%d bytes) and %s in %s (%d bytes)", at, textAt(a, at), test.Name(), len(a), textAt(b, at), base.Name(), len(b))
}

func textAt(text string, at int) string {
	if at == len(text) {
		return "the prompt's end"
	}
	return fmt.Sprintf("%.20q", text[at:])
}
