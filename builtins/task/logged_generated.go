package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// generated fills in a document of a generate_until task, and returns its
// generation settings.
func (l logged) generated(d *document, r request) (*Task, error) {
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
	if json.Unmarshal(l.Target, &d.ref) != nil {
		d.ref = string(l.Target)
		if textsIn(d.ref) == nil {
			return nil, errors.New("its target is no text")
		}
	}
	if list := textsIn(d.ref); list != nil {
		d.listed = list
		d.isList = l.holds(list)
	}
	d.Prompt, d.Messages, d.Ref = r.prompt, r.turns, strings.TrimFunc(d.ref, isPythonSpace)
	d.Letters = LettersIn(d.Text())
	var doc struct {
		Choices json.RawMessage `json:"choices"`
	}
	if json.Unmarshal(l.Doc, &doc) == nil && json.Unmarshal(doc.Choices, &d.options) != nil {
		d.options = nil // lists of something else, which no filter looks for
	}
	var outputs [][]string
	if json.Unmarshal(l.Resps, &outputs) == nil && len(outputs) == 1 {
		d.outputs = outputs[0]
	}
	return settings, nil
}

// holds reports whether one of the document's fields is this list of texts.
func (l logged) holds(list []string) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(l.Doc, &fields) != nil {
		return false
	}
	want, err := json.Marshal(list)
	if err != nil {
		return false
	}
	for _, value := range fields {
		var texts []string
		if json.Unmarshal(value, &texts) != nil {
			continue
		}
		if have, err := json.Marshal(texts); err == nil && string(have) == string(want) {
			return true
		}
	}
	return false
}

// judgement is what a line says of one filter.
type judgement struct {
	answer   string // that it found
	answered bool   // answer is known

	matched float64 // the harness's exact_match of it
	known   bool    // matched is
}

// judgement is what the line says of its filter.
func (l logged) judgement() judgement {
	var j judgement
	var answers []json.RawMessage
	if json.Unmarshal(l.Filtered, &answers) == nil && len(answers) == 1 {
		j.answered = json.Unmarshal(answers[0], &j.answer) == nil
	}
	j.matched, j.known = number(l.ExactMatch)
	return j
}
