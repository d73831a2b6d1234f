package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const judgeInstead = "judge answers by a function, Score(func(answer string, q Question) bool { ... }) in a notebook, or ask for the evaluation by its own name, such as GSM8K()"

// generated fills in a document of a generate_until task, and returns its
// generation settings.
func (l logged) generated(d *document, r request, judged bool) (*Task, error) {
	var generation struct {
		Until  json.RawMessage `json:"until"`
		Tokens *int            `json:"max_gen_toks"`
		Temp   float64         `json:"temperature"`
		Sample bool            `json:"do_sample"`
	}
	if err := json.Unmarshal(r.second, &generation); err != nil {
		return nil, errors.New("arg_1 holds neither a continuation nor generation settings")
	}
	if generation.Sample || generation.Temp != 0 {
		return nil, fmt.Errorf("it is sampled at temperature %v: only greedy tasks can be asked", generation.Temp)
	}
	settings := &Task{MaxTokens: gsm8kMaxTokens} // the harness's max_gen_toks
	if r.turns != nil {
		settings.Chat = &Chat{} // the template's own arguments, as a server takes them
	}
	if generation.Tokens != nil {
		settings.MaxTokens = *generation.Tokens
	}
	var one string
	if json.Unmarshal(generation.Until, &one) == nil && one != "" {
		settings.Stop = []string{one}
	} else if len(generation.Until) > 0 {
		if err := json.Unmarshal(generation.Until, &settings.Stop); err != nil {
			return nil, errors.New("until is neither a text nor a list of texts")
		}
	}
	if settings.MaxTokens < 1 {
		return nil, fmt.Errorf("max_gen_toks is %d", settings.MaxTokens)
	}
	if err := json.Unmarshal(l.Target, &d.ref); err != nil {
		return nil, errors.New("its target is no text")
	}
	d.Prompt, d.Messages, d.Ref = r.prompt, r.turns, strings.TrimFunc(d.ref, isPythonSpace)
	d.Letters = LettersIn(d.Text())
	if judged {
		return settings, nil
	}
	switch {
	case l.Filter != "" && l.Filter != "none":
		return nil, fmt.Errorf("the harness looked for the answer by its filter %q, which is not known here: %s", l.Filter, judgeInstead)
	case strings.HasPrefix(d.Ref, "[") && strings.HasSuffix(d.Ref, "]"):
		return nil, fmt.Errorf("its target %.60q is a list, of which the harness takes any: %s", d.Ref, judgeInstead)
	case strings.Contains(d.Ref, "\n"):
		return nil, fmt.Errorf("its target has several lines, as a worked answer has, and no output would be it: %s", judgeInstead)
	}
	var outputs [][]string
	if json.Unmarshal(l.Resps, &outputs) == nil && len(outputs) == 1 && len(outputs[0]) > 0 {
		d.output = outputs[0][0]
		d.matched, d.judged = number(l.ExactMatch)
	}
	return settings, nil
}

// matchOf is how outputs are compared with targets: white space around both
// aside where that gives the harness's own verdicts on the outputs in the file,
// else as they are.
func (s Spec) matchOf(documents []document) (match, error) {
	if s.Metric != "" {
		return 0, errors.New("metric has no effect: outputs are generated, and no choices ranked")
	}
	if s.Scorer != nil {
		return whole, nil
	}
	for _, d := range documents {
		if d.metrics != nil && !slices.Contains(d.metrics, ExactMatch) {
			return 0, fmt.Errorf("document %d: the harness judged outputs by %s, and not by exact_match: %s", d.Index, strings.Join(d.metrics, ", "), judgeInstead)
		}
	}
	differs := func(by match) *document {
		rule := &Task{match: by}
		for i := range documents {
			if d := &documents[i]; d.judged && rule.Score(d.answer(by), d.output) != (d.matched == 1) {
				return d
			}
		}
		return nil
	}
	first := differs(whole)
	if first == nil {
		return whole, nil
	}
	if differs(exact) == nil {
		for i := range documents {
			documents[i].Question = documents[i].answer(exact)
		}
		return exact, nil
	}
	return 0, fmt.Errorf("document %d: the harness's exact_match of the output %.60q with the target %.60q is %v, since its task has several targets or ignores something: %s",
		first.Index, first.output, first.ref, first.matched, judgeInstead)
}

// answer is the question with the right answer that a match compares with.
func (d document) answer(by match) Question {
	q := d.Question
	if by == exact {
		q.Ref = d.ref
	}
	return q
}
