package task

import (
	"encoding/json"
	"fmt"
	"slices"

	"adkernel/internal/pythonre"
)

// exactMatchOf reads the settings of the metric.
func exactMatchOf(settings map[string]any) (m exactMatch, err error) {
	flags := map[string]*bool{"ignore_case": &m.fold, "ignore_punctuation": &m.punctuation, "ignore_numbers": &m.numbers}
	for name, value := range settings {
		switch flag := flags[name]; {
		case flag != nil:
			if *flag, err = flagOf(value); err != nil {
				return m, fmt.Errorf("exact_match: %s %w", name, err)
			}
		case slices.Contains([]string{"metric", "aggregation", "higher_is_better", "hf_evaluate"}, name):
		case name == "regexes_to_ignore":
			if m.ignore, err = patternsOf(value); err != nil {
				return m, fmt.Errorf("exact_match: %s: %w", name, err)
			}
		default:
			return m, fmt.Errorf("exact_match: its setting %s is not known here", name)
		}
	}
	return m, nil
}

// flagOf is true or false; null is false.
func flagOf(value any) (bool, error) {
	flag, ok := value.(bool)
	if !ok && value != nil {
		return false, fmt.Errorf("is %v, and neither true nor false", value)
	}
	return flag, nil
}

func patternsOf(value any) ([]*pythonre.Regexp, error) {
	if value == nil {
		return nil, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var list []string
	if json.Unmarshal(text, &list) != nil {
		return nil, fmt.Errorf("%s is no list of texts", text)
	}
	var out []*pythonre.Regexp
	for _, item := range list {
		pattern, err := pythonre.Compile(item)
		if err != nil {
			return nil, err
		}
		out = append(out, pattern)
	}
	return out, nil
}
