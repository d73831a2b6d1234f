package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ranked fills in a document whose continuations are ranked by their
// likelihood; which is right is left to rank. Continuations may be anything.
func (l logged) ranked(d *document, requests []request) error {
	contexts, behind := make([]string, len(requests)), make([]string, len(requests))
	shared := len(requests) > 1
	for i, r := range requests {
		if json.Unmarshal(r.second, &behind[i]) != nil {
			return fmt.Errorf("%d requests, and request %d is no prompt with a continuation", len(requests), i)
		}
		if behind[i] == "" {
			return fmt.Errorf("choice %d is empty", i)
		}
		contexts[i] = r.prompt
		shared = shared && behind[i] == behind[0]
	}
	c := Continue(contexts, behind)
	switch {
	case c.Given == nil && c.Prompt == "":
		return errors.New("its prompt is empty")
	case c.Given != nil && !shared:
		return errors.New("it asks for the likelihood of several choices behind several prompts (as acc_mutual_info does): only choices behind one prompt, or one text behind each choice, can be ranked")
	case len(l.Target) == 0:
		return errors.New("it has no target")
	}
	d.Prompt, d.Choices, d.Given = c.Prompt, c.Choices, c.Given
	d.target = Target{Text: string(l.Target), Number: true, Shared: c.Given != nil, Choices: behind, Verdicts: map[string]float64{}}
	if json.Unmarshal(l.Target, &d.target.Text) == nil {
		d.target.Number = false
	}
	d.target.LogLikelihoods = l.logLikelihoods()
	for metric, value := range map[string]json.RawMessage{Acc: l.Acc, AccNorm: l.AccNorm, AccBytes: l.AccBytes} {
		if v, ok := number(value); ok {
			d.target.Verdicts[metric] = v
		}
	}
	return nil
}

// logLikelihoods are those of the choices, as "resps" has them: the first of
// each request's repeats, [log-likelihood, whether it was greedy], as numbers or
// texts. nil where they are not known.
func (l logged) logLikelihoods() []float64 {
	var repeats [][][]any
	if json.Unmarshal(l.Resps, &repeats) != nil {
		return nil
	}
	var out []float64
	for _, request := range repeats {
		if len(request) == 0 || len(request[0]) == 0 {
			return nil
		}
		value, err := strconv.ParseFloat(fmt.Sprint(request[0][0]), 64)
		if err != nil {
			return nil
		}
		out = append(out, value)
	}
	return out
}

// rank finds out which choices are right, and what their lengths are where the
// metric asks for them.
func (s Spec) rank(documents []document) error {
	if s.Filter != "" {
		return errors.New("filter has no effect: choices are ranked by their likelihood")
	}
	var known Targets
	for i := range documents {
		known.Learn(documents[i].target)
	}
	metric := s.Metric
	if metric == "" {
		metric = Acc
	}
	for i := range documents {
		d := &documents[i]
		if len(d.Choices) == 1 {
			if metric != Acc {
				return fmt.Errorf("document %d has one continuation, which is right where greedy decoding says it: metric %s has no effect", d.Index, metric)
			}
			d.Right, d.Ref = []int{0}, strings.TrimSpace(d.Choices[0])
			continue
		}
		if d.Given != nil && metric != Acc {
			return fmt.Errorf("document %d has one text behind several prompts (as winogrande has), whose lengths %s counts and the file does not hold: only %s can judge", d.Index, metric, Acc)
		}
		if err := d.right(&known); err != nil {
			return fmt.Errorf("document %d: %w", d.Index, err)
		}
		d.lengths = known.Lengths(d.target.Choices, metric)
		if err := d.agrees(metric); err != nil {
			return fmt.Errorf("document %d: %w", d.Index, err)
		}
	}
	return nil
}

// right fills in the right choices.
func (d *document) right(known *Targets) (err error) {
	if d.Right, err = known.Right(d.target); err != nil {
		return err
	}
	if d.Right == nil && d.target.Shared {
		return fmt.Errorf("its target %.60q is what is behind all %d prompts, and which of these is right is not known by acc", d.target.Text, len(d.Choices))
	}
	if len(d.Right) == 0 {
		return fmt.Errorf("its target %.60q is neither the place of a choice nor a choice", d.target.Text)
	}
	d.Ref = RightTexts(d.Choices, d.Right)
	return nil
}

// agrees reports whether the likelihoods in the file give the harness's verdict.
func (d *document) agrees(metric string) error {
	v, known := d.target.Verdicts[metric]
	if !known || len(d.target.LogLikelihoods) != len(d.Choices) {
		return nil
	}
	if slices.ContainsFunc(d.target.LogLikelihoods, math.IsNaN) {
		return nil
	}
	chosen := Likeliest(d.target.LogLikelihoods, d.lengths)
	if (v == 0 || v == 1) && slices.Contains(d.Right, chosen) == (v == 1) {
		return nil
	}
	return fmt.Errorf("the harness's %s is %v, and by the likelihoods in the file its choice is %.60q where %.60q is right: its task judges in a way that is not known here", metric, v, d.Choices[max(0, chosen)], d.Ref)
}
