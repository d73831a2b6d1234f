package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/task"
	"adkernel/internal/pythonjson"
)

// lmSample is a line of lm-evaluation-harness's samples_TASK_DATE.jsonl, as
// written by EvaluationTracker.save_results_samples (lm_eval/loggers) from
// version 0.4.0 on: numbers in "resps" are strings since 0.4.2, "filter" and
// "metrics" are named since 0.4.4.
type lmSample struct {
	DocID     int
	Target    string
	Number    bool // the target is a number, and no text
	Arguments []lmArgument
	Resps     []lmResponse
	Extracted string            // the first of filtered_resps, where it is text
	Filter    string            // "" where the file does not say
	Metrics   map[string]number // of this document
	Doc       json.RawMessage
}

// lmArgument is one request of a document.
type lmArgument struct {
	Context  string
	Choice   string // continuation whose log-likelihood was asked for
	IsChoice bool   // false: an output was generated
	Settings lmGeneration
}

// lmResponse answers one request.
type lmResponse struct {
	Text          string // generated
	LogLikelihood number
	Greedy        truth
	IsChoice      bool
	Repeats       int // how often the request was made
}

// lmFields are the fields of a line that are not metrics.
var lmFields = []string{"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash", "task_name"}

func parseLMSample(line []byte) (*lmSample, error) {
	var fields map[string]json.RawMessage
	if err := pythonjson.Unmarshal(line, &fields); err != nil {
		return nil, fmt.Errorf("not a sample of lm-eval: %w", err)
	}
	for _, name := range []string{"doc_id", "arguments", "resps"} {
		if fields[name] == nil {
			return nil, fmt.Errorf("not a sample of lm-eval: no field %q", name)
		}
	}
	s := &lmSample{Doc: fields["doc"], Metrics: map[string]number{}, DocID: -1}
	if err := json.Unmarshal(fields["doc_id"], &s.DocID); err != nil || s.DocID < 0 {
		return nil, fmt.Errorf("doc_id %.40s: want an integer, 0 or more", fields["doc_id"])
	}
	s.Target = plainText(fields["target"])
	s.Number = len(fields["target"]) > 0 && fields["target"][0] != '"'
	if filter := fields["filter"]; filter != nil {
		if err := json.Unmarshal(filter, &s.Filter); err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
	}
	var err error
	if s.Arguments, err = parseLMArguments(fields["arguments"]); err != nil {
		return nil, fmt.Errorf("doc %d: arguments: %w", s.DocID, err)
	}
	if s.Resps, err = parseLMResponses(fields["resps"], s.Arguments); err != nil {
		return nil, fmt.Errorf("doc %d: resps: %w", s.DocID, err)
	}
	s.Extracted = firstText(fields["filtered_resps"])
	return s, s.readMetrics(fields)
}

// plainText is a JSON string's text, or the JSON of anything else.
func plainText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// firstText is the first element of a list, where it is a string.
func firstText(value json.RawMessage) string {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil || len(list) == 0 {
		return ""
	}
	var text string
	if json.Unmarshal(list[0], &text) != nil {
		return ""
	}
	return text
}

// parseLMArguments reads {"gen_args_0": {"arg_0": context, "arg_1": ...}}, or
// the list of pairs that it was before.
func parseLMArguments(value json.RawMessage) ([]lmArgument, error) {
	var pairs [][]json.RawMessage
	var named map[string]map[string]json.RawMessage
	if err := json.Unmarshal(value, &named); err == nil {
		for i := range len(named) {
			request, ok := named[fmt.Sprintf("gen_args_%d", i)]
			if !ok {
				return nil, fmt.Errorf("no gen_args_%d among %d requests", i, len(named))
			}
			var pair []json.RawMessage
			for j := range len(request) {
				arg, ok := request[fmt.Sprintf("arg_%d", j)]
				if !ok {
					return nil, fmt.Errorf("gen_args_%d: no arg_%d", i, j)
				}
				pair = append(pair, arg)
			}
			pairs = append(pairs, pair)
		}
	} else if err := json.Unmarshal(value, &pairs); err != nil {
		return nil, errors.New("want an object of gen_args_0, gen_args_1, ..., or a list of pairs")
	}
	if len(pairs) == 0 {
		return nil, errors.New("there is none")
	}
	arguments := make([]lmArgument, len(pairs))
	for i, pair := range pairs {
		if len(pair) < 2 {
			return nil, errors.New("requests with a context and nothing else: their result is a perplexity, and no answer that is right or wrong")
		}
		arguments[i].Context = plainText(pair[0])
		if arguments[i].IsChoice = json.Unmarshal(pair[1], &arguments[i].Choice) == nil; !arguments[i].IsChoice {
			_ = json.Unmarshal(pair[1], &arguments[i].Settings) // as far as they are known: backends take others
		}
	}
	return arguments, nil
}

// parseLMResponses reads, for every request, the list of its repeats: each a
// generated text, or a log-likelihood with "was it greedy".
func parseLMResponses(value json.RawMessage, arguments []lmArgument) ([]lmResponse, error) {
	var repeats [][]json.RawMessage
	if err := json.Unmarshal(value, &repeats); err != nil {
		return nil, errors.New("want a list with one list a request")
	}
	if len(repeats) != len(arguments) {
		return nil, fmt.Errorf("%d responses to %d requests", len(repeats), len(arguments))
	}
	responses := make([]lmResponse, len(repeats))
	for i, list := range repeats {
		if len(list) == 0 {
			return nil, fmt.Errorf("request %d has no response", i)
		}
		r := &responses[i]
		r.Repeats, r.IsChoice = len(list), arguments[i].IsChoice
		if !r.IsChoice {
			if err := json.Unmarshal(list[0], &r.Text); err != nil || string(list[0]) == "null" {
				return nil, fmt.Errorf("request %d: want a generated text", i)
			}
			continue
		}
		var pair []json.RawMessage
		if err := json.Unmarshal(list[0], &pair); err != nil || len(pair) != 2 {
			return nil, fmt.Errorf("request %d: want a log-likelihood and whether it was greedy", i)
		}
		if err := json.Unmarshal(pair[0], &r.LogLikelihood); err != nil {
			return nil, fmt.Errorf("request %d: log-likelihood: %w", i, err)
		}
		if err := json.Unmarshal(pair[1], &r.Greedy); err != nil {
			return nil, fmt.Errorf("request %d: %w", i, err)
		}
	}
	return responses, nil
}

// readMetrics takes the metrics that "metrics" names, or, in older files, all
// other fields that are numbers.
func (s *lmSample) readMetrics(fields map[string]json.RawMessage) error {
	var names []string
	named := false
	if list := fields["metrics"]; list != nil {
		if err := json.Unmarshal(list, &names); err != nil {
			return fmt.Errorf("doc %d: metrics: want a list of names", s.DocID)
		}
		named = true
	} else {
		for _, name := range sortedKeys(fields) {
			if !slices.Contains(lmFields, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		value, ok := fields[name]
		if !ok {
			return fmt.Errorf("doc %d: no value of its metric %q", s.DocID, name)
		}
		var v number
		switch string(value) {
		case "true":
			v = 1
		case "false":
		default:
			if json.Unmarshal(value, &v) != nil {
				continue // a list or a dictionary, as perplexities and F1 have
			}
		}
		s.Metrics[name] = v
	}
	if named && (len(names) == 0 || slices.Equal(names, []string{"bypass"})) {
		return fmt.Errorf("doc %d: no metric: nothing was judged (--predict_only)", s.DocID)
	}
	return nil
}

// prompt is what was asked, and the choices among which the likeliest was
// taken; nil choices when an output was generated.
//
// Usually all requests share their context. Where they share the continuation
// instead (winogrande), the contexts are the choices (see task.Continue); where
// there is no context, or nothing that the contexts begin with, the choices are
// what was asked (BLiMP). Where some contexts are others (acc_mutual_info asks
// for each choice without a context too), those requests are left out.
func (s *lmSample) prompt() (text string, choices []lmRanked) {
	first := s.Arguments[0]
	if !first.IsChoice {
		return first.Context, nil
	}
	shared := s.shared()
	var contexts, behind []string
	for i, a := range s.Arguments {
		if shared || a.Context == first.Context {
			choices = append(choices, lmRanked{request: i, asked: a.Choice})
			contexts, behind = append(contexts, a.Context), append(behind, a.Choice)
		}
	}
	c := task.Continue(contexts, behind)
	for i := range choices {
		choices[i].text = c.Choices[i]
		if c.Given != nil {
			choices[i].given = c.Given[i]
		}
	}
	if c.Prompt == "" { // which of these sentences is likelier
		return strings.Join(c.Choices, "\n"), choices
	}
	return c.Prompt, choices
}

// lmRanked is one of the continuations that were ranked.
type lmRanked struct {
	request     int    // its place among the sample's
	asked       string // the continuation, as it was asked for
	text, given string // as in run.Choice
}

// shared reports whether one text was asked for behind several contexts.
func (s *lmSample) shared() bool {
	first, sameContext := s.Arguments[0], true
	for _, a := range s.Arguments {
		sameContext = sameContext && a.Context == first.Context
		if a.Choice != first.Choice {
			return false
		}
	}
	return !sameContext
}

// target is what the sample says of the right one of its choices.
func (s *lmSample) target(choices []lmRanked) task.Target {
	t := task.Target{Text: s.Target, Number: s.Number, Shared: s.shared(), Verdicts: map[string]float64{}}
	for name, value := range s.Metrics {
		t.Verdicts[name] = float64(value)
	}
	for _, c := range choices {
		t.Choices = append(t.Choices, c.asked)
		t.LogLikelihoods = append(t.LogLikelihoods, float64(s.Resps[c.request].LogLikelihood))
	}
	return t
}
