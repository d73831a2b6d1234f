package task

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// logged is one line of a samples file of lm-evaluation-harness
// (--log_samples): what one document was asked. Of a filter's line each.
type logged struct {
	ID        int                                   `json:"doc_id"`
	Target    json.RawMessage                       `json:"target"`
	Filter    string                                `json:"filter"`
	Arguments map[string]map[string]json.RawMessage `json:"arguments"`
}

// loadLogged makes a task of the prompts in a samples file: those that the
// harness sent, so that no task needs to be written anew. An output is right if
// it is the target, white space around both aside; that is the harness's
// exact_match without what a task may tell it to ignore.
func (s Spec) loadLogged(path string) (*Task, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t := &Task{Name: loggedName(path), exact: true}
	t.Subjects = []Subject{{Name: t.Name}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 256<<20)
	var first *Task // whose settings all must share
	seen := map[int]string{}
	for n := 1; lines.Scan(); n++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var l logged
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s:%d: not a line of lm-eval's samples: %w", path, n, err)
		}
		q, settings, err := l.question(t.Name)
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
		if first.MaxTokens != settings.MaxTokens || !slices.Equal(first.Stop, settings.Stop) {
			return nil, fmt.Errorf("%s:%d: document %d has other generation settings than the first", path, n, l.ID)
		}
		t.Questions = append(t.Questions, q)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if first == nil {
		return nil, fmt.Errorf("%s: no samples", path)
	}
	slices.SortStableFunc(t.Questions, func(a, b Question) int { return a.Index - b.Index })
	t.MaxTokens, t.Stop = first.MaxTokens, first.Stop
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

func (l logged) question(subject string) (Question, *Task, error) {
	q := Question{Subject: subject, Index: l.ID}
	if len(l.Arguments) != 1 {
		return q, nil, fmt.Errorf("document %d has %d requests: it is scored by the likelihood of answers, which a run does not compute; only generate_until tasks can be asked",
			l.ID, len(l.Arguments))
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
	q.Ref = strings.TrimFunc(q.Ref, isPythonSpace)
	return q, settings, nil
}
