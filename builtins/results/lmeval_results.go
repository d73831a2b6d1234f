package results

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"

	"adkernel/internal/pythonjson"
)

// lmResults is what is read of lm-eval's results_DATE.json, as
// EvaluationTracker.save_results_aggregated writes it. A nil *lmResults knows
// nothing.
type lmResults struct {
	Results map[string]map[string]json.RawMessage `json:"results"`
	Config  struct {
		Model     string          `json:"model"`
		ModelArgs json.RawMessage `json:"model_args"` // an object, or "pretrained=...,dtype=..."
	} `json:"config"`
	HigherIsBetter map[string]map[string]*bool  `json:"higher_is_better"`
	ModelName      string                       `json:"model_name"`
	Version        string                       `json:"lm_eval_version"`
	Samples        map[string][]json.RawMessage `json:"samples"`
}

func readLMResults(path string) (*lmResults, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := parseLMResults(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func parseLMResults(text []byte) (*lmResults, error) {
	r := &lmResults{}
	if err := pythonjson.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("not a results file of lm-eval: %w", err)
	}
	if len(r.Results) == 0 {
		return nil, fmt.Errorf("not a results file of lm-eval: no results")
	}
	return r, nil
}

// model is the model's name or folder, "" when it is not said.
func (r *lmResults) model() string {
	if r == nil {
		return ""
	}
	args := map[string]any{}
	if json.Unmarshal(r.Config.ModelArgs, &args) != nil {
		var text string
		if json.Unmarshal(r.Config.ModelArgs, &text) == nil {
			for _, pair := range strings.Split(text, ",") {
				key, value, _ := strings.Cut(pair, "=")
				args[strings.TrimSpace(key)] = value
			}
		}
	}
	for _, key := range []string{"pretrained", "model", "path"} {
		if name, ok := args[key].(string); ok && name != "" {
			return name
		}
	}
	if r.ModelName != "" {
		return r.ModelName
	}
	return r.Config.Model
}

func (r *lmResults) version() string {
	if r == nil || r.Version == "" {
		return "lm-eval"
	}
	return "lm-eval " + r.Version
}

// check compares what the results file says of a task with what its samples
// say: a samples file that was cut, or of another evaluation, is found here.
func (r *lmResults) check(task, metric, filter string, n, right int) error {
	if r == nil {
		return nil
	}
	scores, ok := r.Results[task]
	if !ok {
		return fmt.Errorf("the results file has no task %s: it has %s", task, strings.Join(sortedKeys(r.Results), ", "))
	}
	if better := r.HigherIsBetter[task][metric]; better != nil && !*better {
		return fmt.Errorf("of %s, lower is better: it does not say right or wrong", metric)
	}
	var samples int
	if json.Unmarshal(scores["sample_len"], &samples) == nil && samples > 0 && samples != n {
		return fmt.Errorf("%d samples, and the results file says %d: one of the files is of another evaluation, or was cut", n, samples)
	}
	if filter == "" {
		filter = "none"
	}
	var score number
	if json.Unmarshal(scores[metric+","+filter], &score) != nil {
		return nil // computed otherwise, as the members of a group may be
	}
	// trtllm-eval multiplies the scores by 100 before it writes them.
	if got := float64(right) / float64(n); !(math.Abs(got-float64(score)) <= 1e-6 || math.Abs(100*got-float64(score)) <= 1e-4) { // NaN as well
		return fmt.Errorf("the samples' %s is %.6f, and the results file says %.6f: they are of different evaluations", metric, got, float64(score))
	}
	return nil
}
