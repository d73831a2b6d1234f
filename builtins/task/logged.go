package task

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/internal/pythonjson"
)

// logged is one line of a samples file of lm-evaluation-harness
// (--log_samples): what one document was asked, and how it was answered, by one
// of the filters that looked for the answer.
type logged struct {
	ID        int                                   `json:"doc_id"`
	Target    json.RawMessage                       `json:"target"`
	Filter    string                                `json:"filter"`
	Arguments map[string]map[string]json.RawMessage `json:"arguments"`
	Resps     json.RawMessage                       `json:"resps"`
	Filtered  json.RawMessage                       `json:"filtered_resps"`
	Doc       json.RawMessage                       `json:"doc"`
	Metrics   []string                              `json:"metrics"`

	Acc        json.RawMessage `json:"acc"`
	AccNorm    json.RawMessage `json:"acc_norm"`
	AccBytes   json.RawMessage `json:"acc_bytes"`
	ExactMatch json.RawMessage `json:"exact_match"`
}

// loadLogged makes a task of the prompts in a samples file: those that the
// harness sent, so that no task needs to be written anew. Where the harness
// ranked choices by their likelihood (multiple_choice, loglikelihood), so does
// the run; where it generated outputs, they are compared with the target.
//
// The file holds the harness's own verdicts, and not the rule that made them. A
// rule is taken only if it gives these verdicts for the answers in the file.
func (s Spec) loadLogged(path string) (*Task, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t := &Task{Name: loggedName(path)}
	t.Subjects = []Subject{{Name: t.Name}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 256<<20)
	var first *Task // whose settings all must share
	var documents []document
	seen := map[int]int{} // places among documents
	for n := 1; lines.Scan(); n++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var l logged
		if err := pythonjson.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s:%d: not a line of lm-eval's samples: %w", path, n, err)
		}
		d, settings, err := l.document(t.Name)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: document %d: %w", path, n, l.ID, err)
		}
		if place, ok := seen[l.ID]; ok {
			if err := documents[place].join(d); err != nil {
				return nil, fmt.Errorf("%s:%d: document %d %w", path, n, l.ID, err)
			}
			continue
		}
		seen[l.ID], d.unnamed = len(documents), false
		if first == nil {
			first = settings
		}
		if len(documents) > 0 && (len(d.Choices) > 0) != (len(documents[0].Choices) > 0) {
			return nil, fmt.Errorf("%s:%d: document %d is asked in another way than the first: the file is of more than one task", path, n, l.ID)
		}
		if (first.Chat != nil) != (settings.Chat != nil) {
			return nil, fmt.Errorf("%s:%d: document %d is a text where others are conversations: the file is of more than one run", path, n, l.ID)
		}
		if first.MaxTokens != settings.MaxTokens || !slices.Equal(first.Stop, settings.Stop) {
			return nil, fmt.Errorf("%s:%d: document %d has other generation settings than the first", path, n, l.ID)
		}
		documents = append(documents, d)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if first == nil {
		return nil, fmt.Errorf("%s: no samples", path)
	}
	slices.SortStableFunc(documents, func(a, b document) int { return a.Index - b.Index })
	t.MaxTokens, t.Stop, t.Chat = first.MaxTokens, first.Stop, first.Chat
	if len(documents[0].Choices) > 0 {
		err = s.rank(documents)
	} else {
		err = s.judge(t, path, documents)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.Samples > 0 && s.Samples < len(documents) {
		documents = documents[:s.Samples]
	}
	for _, d := range documents {
		t.Questions = append(t.Questions, d.Question)
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

// document is a question, with what the file says of its right answer: of
// ranked choices a Target, of an output the target as it is and the outputs that
// the harness judged.
type document struct {
	Question
	target Target

	ref     string   // as it was logged, white space included
	listed  []string // of a target that reads as a list of texts
	isList  bool     // listed is one of the document's fields
	outputs []string // repeats of the one request; nil where they are not known

	filters []string             // that judged, in the order of their lines
	judged  map[string]judgement // by filter
	unnamed bool                 // several lines do not say of which filter they are
	metrics []string             // by which the harness judged; nil in older files, which do not say
}

// join adds the line of another filter, on the same outputs.
func (d *document) join(other document) error {
	name := other.filters[0]
	switch _, twice := d.judged[name]; {
	case d.Text() != other.Text():
		return errors.New("has two prompts: the file is of more than one run")
	case twice && other.unnamed:
		d.unnamed = true
	case twice:
		return fmt.Errorf("is there twice (filter %s): the file is of more than one run (lm-eval appends to a file that exists)", name)
	case !slices.Equal(d.outputs, other.outputs):
		return errors.New("has other outputs in the line of another filter: the file is of more than one run")
	default:
		d.filters = append(d.filters, name)
		d.judged[name] = other.judged[name]
	}
	return nil
}

// document is what was asked of one document, with the settings of a task.
func (l logged) document(subject string) (document, *Task, error) {
	name := cmp.Or(l.Filter, noFilter)
	d := document{
		Question: Question{Subject: subject, Index: l.ID}, metrics: l.Metrics,
		filters: []string{name}, judged: map[string]judgement{name: l.judgement()}, unnamed: l.Filter == "",
	}
	requests, err := l.requests()
	if err != nil {
		return d, nil, err
	}
	var behind string
	if json.Unmarshal(requests[0].second, &behind) == nil {
		if requests[0].turns != nil {
			return d, nil, errors.New("it asks how likely something is behind a conversation, which no chat server answers")
		}
		return d, &Task{MaxTokens: 1}, l.ranked(&d, requests)
	}
	if len(requests) > 1 {
		return d, nil, fmt.Errorf("%d requests, and request 0 is no prompt with a continuation", len(requests))
	}
	settings, err := l.generated(&d, requests[0])
	return d, settings, err
}

// request is what the model was asked: a prompt, and what is to be done with it.
type request struct {
	prompt string
	turns  []Message       // of a chat server, in prompt's stead
	second json.RawMessage // a continuation, or generation settings
}

func (l logged) requests() ([]request, error) {
	if len(l.Arguments) == 0 {
		return nil, errors.New("it has 0 requests")
	}
	out := make([]request, len(l.Arguments))
	for i := range out {
		arguments, ok := l.Arguments[fmt.Sprintf("gen_args_%d", i)]
		if !ok {
			return nil, fmt.Errorf("no gen_args_%d among %d requests", i, len(out))
		}
		if json.Unmarshal(arguments["arg_0"], &out[i].prompt) != nil {
			var err error
			if out[i].turns, err = turnsOf(arguments["arg_0"]); err != nil {
				return nil, fmt.Errorf("request %d: arg_0 is neither a text nor a conversation: %w", i, err)
			}
		}
		if out[i].second, ok = arguments["arg_1"]; !ok {
			return nil, fmt.Errorf("request %d has no arg_1: it asks how likely a whole text is (loglikelihood_rolling), which no answer is right to", i)
		}
	}
	return out, nil
}

// turnsOf reads a conversation as the harness logs what it sent to a chat server
// (local-chat-completions): a list of one text, which is JSON. Turns that are
// more than text are an error.
func turnsOf(value json.RawMessage) ([]Message, error) {
	var texts []string
	if json.Unmarshal(value, &texts) != nil || len(texts) != 1 {
		return nil, errors.New("want a text, or a list of one")
	}
	if err := pythonjson.Check([]byte(texts[0])); err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(texts[0]))
	d.DisallowUnknownFields()
	var turns []struct {
		Message
		Type string `json:"type"` // "text", in older versions
	}
	if err := d.Decode(&turns); err != nil {
		return nil, err
	}
	if len(turns) == 0 {
		return nil, errors.New("it has no turns")
	}
	var out []Message
	for _, turn := range turns {
		out = append(out, turn.Message)
	}
	return out, nil
}

// number reads what the harness counts as 1 or 0.
func number(value json.RawMessage) (float64, bool) {
	var x float64
	var truth bool
	switch {
	case len(value) == 0:
	case json.Unmarshal(value, &x) == nil:
		return x, string(value) != "null"
	case json.Unmarshal(value, &truth) == nil && truth:
		return 1, true
	case json.Unmarshal(value, &truth) == nil:
		return 0, true
	}
	return 0, false
}
