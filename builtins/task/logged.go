package task

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// logged is one line of a samples file of lm-evaluation-harness
// (--log_samples): what one document was asked, and how it was answered. Of a
// filter's line each.
type logged struct {
	ID        int                                   `json:"doc_id"`
	Target    json.RawMessage                       `json:"target"`
	Filter    string                                `json:"filter"`
	Arguments map[string]map[string]json.RawMessage `json:"arguments"`
	Resps     json.RawMessage                       `json:"resps"`
	Acc       json.RawMessage                       `json:"acc"`
}

// loadLogged makes a task of the prompts in a samples file: those that the
// harness sent, so that no task needs to be written anew. An output is right if
// it is the target, all of it, white space around both aside; that is the
// harness's exact_match without what a task may tell it to ignore. Targets that
// the harness did not compare with outputs as they are, since a filter found the
// answer in them, need a function that judges. Where the harness ranked choices
// by their likelihood (multiple_choice), so does the run.
func (s Spec) loadLogged(path string) (*Task, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t := &Task{Name: loggedName(path), match: whole, metric: s.Metric}
	t.Subjects = []Subject{{Name: t.Name}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 256<<20)
	var first *Task // whose settings all must share
	var targets []Target
	var known Targets
	seen := map[int]string{}
	for n := 1; lines.Scan(); n++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var l logged
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s:%d: not a line of lm-eval's samples: %w", path, n, err)
		}
		q, settings, err := l.question(t.Name, s.Scorer != nil)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if prompt, ok := seen[l.ID]; ok {
			if prompt != q.Prompt {
				return nil, fmt.Errorf("%s:%d: document %d has two prompts: the file is of more than one run", path, n, l.ID)
			}
			continue // another filter's line of the same output
		}
		seen[l.ID] = q.Prompt
		if first == nil {
			first = settings
		}
		if (len(q.Choices) > 0) != (len(t.Questions) > 0 && t.Ranked()) && len(t.Questions) > 0 {
			return nil, fmt.Errorf("%s:%d: document %d is asked in another way than the first: the file is of more than one task", path, n, l.ID)
		}
		if first.MaxTokens != settings.MaxTokens || !slices.Equal(first.Stop, settings.Stop) {
			return nil, fmt.Errorf("%s:%d: document %d has other generation settings than the first", path, n, l.ID)
		}
		t.Questions = append(t.Questions, q)
		if len(q.Choices) > 0 {
			targets = append(targets, l.target(q.Choices))
			known.Learn(targets[len(targets)-1])
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if first == nil {
		return nil, fmt.Errorf("%s: no samples", path)
	}
	for i, target := range targets {
		q := &t.Questions[i]
		if q.Right, err = known.Right(target); err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", path, q.Index, err)
		}
		if q.Right < 0 {
			return nil, fmt.Errorf("%s: document %d: its target %.60q is neither the place of a choice nor a choice", path, q.Index, target.Text)
		}
		q.Ref = strings.TrimSpace(q.Choices[q.Right])
	}
	slices.SortStableFunc(t.Questions, func(a, b Question) int { return a.Index - b.Index })
	t.MaxTokens, t.Stop = first.MaxTokens, first.Stop
	if s.Metric != "" && !t.Ranked() {
		return nil, fmt.Errorf("%s: metric has no effect: outputs are generated, and no choices ranked", path)
	}
	if s.Samples > 0 && s.Samples < len(t.Questions) {
		t.Questions = t.Questions[:s.Samples]
	}
	return t, nil
}

// loggedName is the task of samples_{task}_{time}.jsonl.
func loggedName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	name = strings.TrimPrefix(name, "samples_")
	if at := strings.LastIndex(name, "_"); at > 0 {
		name = name[:at]
	}
	return name
}

// question is what the document was asked, with the settings of a task; of
// ranked choices, without the right one.
func (l logged) question(subject string, judged bool) (Question, *Task, error) {
	q := Question{Subject: subject, Index: l.ID}
	if len(l.Arguments) == 0 {
		return q, nil, fmt.Errorf("document %d has 0 requests", l.ID)
	}
	if len(l.Arguments) > 1 {
		q, err := l.ranked(q)
		return q, &Task{MaxTokens: 1}, err
	}
	settings := &Task{MaxTokens: gsm8kMaxTokens} // the harness's max_gen_toks
	for _, arguments := range l.Arguments {
		if err := json.Unmarshal(arguments["arg_0"], &q.Prompt); err != nil {
			return q, nil, fmt.Errorf("document %d: arg_0 is no prompt", l.ID)
		}
		var generation struct {
			Until  json.RawMessage `json:"until"`
			Tokens *int            `json:"max_gen_toks"`
			Temp   float64         `json:"temperature"`
			Sample bool            `json:"do_sample"`
		}
		if err := json.Unmarshal(arguments["arg_1"], &generation); err != nil {
			return q, nil, fmt.Errorf("document %d: arg_1 holds no generation settings; only generate_until tasks can be asked", l.ID)
		}
		if generation.Sample || generation.Temp != 0 {
			return q, nil, fmt.Errorf("document %d is sampled at temperature %v: only greedy tasks can be asked", l.ID, generation.Temp)
		}
		if generation.Tokens != nil {
			settings.MaxTokens = *generation.Tokens
		}
		var one string
		if json.Unmarshal(generation.Until, &one) == nil && one != "" {
			settings.Stop = []string{one}
		} else if len(generation.Until) > 0 {
			if err := json.Unmarshal(generation.Until, &settings.Stop); err != nil {
				return q, nil, fmt.Errorf("document %d: until is neither a text nor a list of texts", l.ID)
			}
		}
	}
	if settings.MaxTokens < 1 {
		return q, nil, fmt.Errorf("document %d: max_gen_toks is %d", l.ID, settings.MaxTokens)
	}
	if err := json.Unmarshal(l.Target, &q.Ref); err != nil {
		return q, nil, errors.New("target is no text")
	}
	q.Ref, q.Letters = strings.TrimFunc(q.Ref, isPythonSpace), LettersIn(q.Prompt)
	if judged {
		return q, settings, nil
	}
	const instead = "judge answers by a function, Score(func(answer string, q Question) bool { ... }) in a notebook, or ask for the evaluation by its own name, such as GSM8K()"
	switch {
	case l.Filter != "" && l.Filter != "none":
		return q, nil, fmt.Errorf("document %d: the harness looked for the answer by its filter %q, which is not known here: %s", l.ID, l.Filter, instead)
	case strings.Contains(q.Ref, "\n"):
		return q, nil, fmt.Errorf("document %d: its target has several lines, as a worked answer has, and no output would be it: %s", l.ID, instead)
	}
	return q, settings, nil
}

// ranked is a document of a multiple_choice task: one request a choice, all of
// the same prompt. Its choices may be anything that continues it.
func (l logged) ranked(q Question) (Question, error) {
	for i := range len(l.Arguments) {
		arguments, ok := l.Arguments[fmt.Sprintf("gen_args_%d", i)]
		var prompt, choice string
		if !ok || json.Unmarshal(arguments["arg_0"], &prompt) != nil || json.Unmarshal(arguments["arg_1"], &choice) != nil {
			return q, fmt.Errorf("document %d has %d requests, and request %d is no prompt with a continuation", l.ID, len(l.Arguments), i)
		}
		if i > 0 && prompt != q.Prompt {
			return q, fmt.Errorf("document %d asks for the likelihood behind different prompts (as winogrande does, and acc_mutual_info): only choices behind one prompt can be ranked", l.ID)
		}
		if choice == "" {
			return q, fmt.Errorf("document %d: choice %d is empty", l.ID, i)
		}
		q.Prompt, q.Choices = prompt, append(q.Choices, choice)
	}
	if q.Prompt == "" {
		return q, fmt.Errorf("document %d has an empty prompt", l.ID)
	}
	// The harness moves white space at the prompt's end to the choices.
	text := strings.TrimRightFunc(q.Prompt, isPythonSpace)
	for i, choice := range q.Choices {
		q.Choices[i] = q.Prompt[len(text):] + choice
	}
	q.Prompt = text
	if len(l.Target) == 0 {
		return q, fmt.Errorf("document %d has no target", l.ID)
	}
	return q, nil
}

// target is that of a document with choices.
func (l logged) target(choices []string) Target {
	t := Target{Text: string(l.Target), Number: true, Choices: choices, Acc: math.NaN()}
	if json.Unmarshal(l.Target, &t.Text) == nil {
		t.Number = false
	}
	t.LogLikelihoods = l.logLikelihoods()
	if json.Unmarshal(l.Acc, &t.Acc) != nil {
		t.Acc = math.NaN()
	}
	return t
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
