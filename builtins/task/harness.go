package task

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/internal/pattern"
	"adkernel/internal/pythonjson"
	"adkernel/internal/pythonre"
)

// harnessTask is how lm-evaluation-harness judged a task: what is read of its
// entry in the "configs" of a results file, which has the YAML of the task.
type harnessTask struct {
	Filters []struct {
		Name  string           `json:"name"`
		Steps []map[string]any `json:"filter"`
	} `json:"filter_list"`
	Metrics []map[string]any `json:"metric_list"`
	Judge   any              `json:"process_results"` // a function of the task's own
}

// samplesName is what the harness calls a samples file: task, then date.
var samplesName = pattern.New(`^samples_(.+)_(\d{4}-\d{2}-\d{2}T[\d.:-]+)\.jsonl$`)

// harnessTaskOf reads the results file of the evaluation that wrote a samples
// file, which lies beside it. nil where there is none, or it does not say.
func harnessTaskOf(samples string) (h *harnessTask, path string, err error) {
	name := samplesName().FindStringSubmatch(filepath.Base(samples))
	if name == nil {
		return nil, "", nil
	}
	path = filepath.Join(filepath.Dir(samples), "results_"+name[2]+".json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, path, nil
	} else if err != nil {
		return nil, path, err
	}
	var results struct {
		Configs map[string]*harnessTask `json:"configs"`
	}
	if err := pythonjson.Unmarshal(text, &results); err != nil {
		return nil, path, fmt.Errorf("%s: not a results file of lm-eval: %w", path, err)
	}
	return results.Configs[name[1]], path, nil
}

// grader is the rule of a filter, and of the others of the task that are known.
// The error names what is not.
func (h *harnessTask) grader(deciding string) (*grader, error) {
	if h.Judge != nil {
		return nil, errors.New("its task judges by a function of its own (process_results)")
	}
	g := &grader{chosen: deciding}
	found := false
	for _, f := range h.Filters {
		steps, err := stepsOf(f.Steps)
		if f.Name == deciding {
			if found = true; err != nil {
				return nil, fmt.Errorf("its filter %q: %w", f.Name, err)
			}
		}
		if err == nil {
			g.filters = append(g.filters, filter{f.Name, steps})
		}
	}
	if !found && (deciding != noFilter || len(h.Filters) > 0) {
		return nil, fmt.Errorf("the results file has no filter %q", deciding)
	} else if !found {
		g.filters = []filter{{noFilter, []step{first}}}
	}
	for _, metric := range h.Metrics {
		if metric["metric"] == ExactMatch {
			var err error
			g.match, err = exactMatchOf(metric)
			return g, err
		}
	}
	if h.Metrics != nil {
		return nil, fmt.Errorf("the results file has no metric %s of it", ExactMatch)
	}
	return g, nil
}

// noFilter is how the harness names that the first output is the answer.
const noFilter = "none"

// first is take_first, and take_first_k for a k of 1.
func first(_ Question, outputs []string) ([]string, error) { return outputs[:1], nil }

// stepsOf are a filter's steps. They end with the first of the outputs.
func stepsOf(list []map[string]any) ([]step, error) {
	var steps []step
	for i, settings := range list {
		name, _ := settings["function"].(string)
		last := i == len(list)-1
		if (name == "take_first") != last {
			return nil, errors.New("it does not end with take_first, or goes on behind it")
		}
		s, err := stepOf(name, settings)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		steps = append(steps, s)
	}
	if len(steps) == 0 {
		return nil, errors.New("it has no steps")
	}
	return steps, nil
}

func stepOf(name string, settings map[string]any) (step, error) {
	arguments := map[string][]string{
		"regex":              {"regex_pattern", "group_select", "fallback"},
		"multi_choice_regex": {"regex_pattern", "group_select", "fallback", "ignore_case", "ignore_punctuation", "regexes_to_ignore"},
		"map":                {"mapping_dict", "default_value"}, "take_first_k": {"k"},
		"take_first": nil, "lowercase": nil, "uppercase": nil, "remove_whitespace": nil, "majority_vote": nil,
	}
	known, ok := arguments[name]
	if !ok {
		return nil, errors.New("a function that is not known here")
	}
	for argument := range settings {
		if argument != "function" && !slices.Contains(known, argument) {
			return nil, fmt.Errorf("its argument %s is not known here", argument)
		}
	}
	switch name {
	case "regex":
		pattern, at, fallback, err := regexOf(settings)
		return take(pattern, at, fallback), err
	case "multi_choice_regex":
		return choicesStep(settings)
	case "map":
		return mapStep(settings)
	case "take_first":
		return first, nil
	case "take_first_k":
		k, ok := settings["k"].(float64)
		if !ok || k < 1 || k != float64(int(k)) {
			return nil, fmt.Errorf("k is %v", settings["k"])
		}
		return func(_ Question, outputs []string) ([]string, error) { return outputs[:min(int(k), len(outputs))], nil }, nil
	case "majority_vote":
		return func(_ Question, outputs []string) ([]string, error) {
			if len(outputs) > 1 {
				return nil, fmt.Errorf("it votes among %d outputs of a document, and a run asks for one", len(outputs))
			}
			return outputs, nil
		}, nil
	}
	rewrite := map[string]func(string) string{
		"lowercase": lower, "uppercase": upper, "remove_whitespace": func(s string) string { return strings.TrimFunc(s, isPythonSpace) },
	}[name]
	return each(func(s string) (string, error) { return rewrite(s), nil }), nil
}

// regexOf reads the settings of regex.
func regexOf(settings map[string]any) (pattern *pythonre.Regexp, at int, fallback string, err error) {
	text, fallback := `#### (\-?[0-9\.\,]+)`, noMatch
	if value, ok := settings["regex_pattern"]; ok {
		if text, ok = value.(string); !ok {
			return nil, 0, "", fmt.Errorf("regex_pattern is %v, and no text", value)
		}
	}
	if value, ok := settings["group_select"]; ok {
		number, isNumber := value.(float64)
		if at = int(number); !isNumber || float64(at) != number {
			return nil, 0, "", fmt.Errorf("group_select is %v, and no whole number", value)
		}
	}
	if value, ok := settings["fallback"]; ok {
		if fallback, ok = value.(string); !ok {
			return nil, 0, "", fmt.Errorf("fallback is %v, and no text", value)
		}
	}
	pattern, err = pythonre.Compile(text)
	return pattern, at, fallback, err
}

func mapStep(settings map[string]any) (step, error) {
	entries, ok := settings["mapping_dict"].(map[string]any)
	other, hasOther := settings["default_value"].(string)
	if !ok || !hasOther {
		return nil, errors.New("want mapping_dict, and a text as default_value")
	}
	texts := map[string]string{}
	for from, to := range entries {
		if texts[from], ok = to.(string); !ok {
			return nil, fmt.Errorf("it maps %q to %v, and no text", from, to)
		}
	}
	return each(func(s string) (string, error) {
		if to, ok := texts[s]; ok {
			return to, nil
		}
		return other, nil
	}), nil
}
