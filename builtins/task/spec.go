package task

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Spec says which evaluation to make, in words that a file can hold. Two
// Specs that are equal over the same data load equal Tasks.
type Spec struct {
	Kind string `json:"kind" yaml:"kind"` // "mmlu"

	// Dataset is the folder with dev/ and test/. "" is the one below
	// $LLM_MODELS_ROOT, where TensorRT-LLM's own tests look.
	Dataset string `json:"dataset,omitempty" yaml:"dataset,omitempty"`

	// Samples is the number of questions wanted; the same number is taken of
	// each subject, rounded up. 0 takes all.
	Samples int `json:"samples,omitempty" yaml:"samples,omitempty"`

	// Subjects keeps only these, with the questions that they have in the
	// whole evaluation. nil keeps all.
	Subjects []string `json:"subjects,omitempty" yaml:"subjects,omitempty"`
}

// String says in one line which questions of which data set are asked.
func (s Spec) String() string {
	words := []string{s.Kind, "all samples"}
	if s.Samples > 0 {
		words[1] = fmt.Sprintf("%d samples of all subjects", s.Samples)
	}
	if len(s.Subjects) > 0 {
		words = append(words, "of these only "+strings.Join(s.Subjects, ", "))
	}
	if s.Dataset != "" {
		words = append(words, "data set "+s.Dataset)
	}
	return strings.Join(words, "; ")
}

// modelsRoot names the folder that holds TensorRT-LLM's test data.
const modelsRoot = "LLM_MODELS_ROOT"

// Load reads the data set and returns the evaluation. The error names the
// file, and the line where there is one.
func (s Spec) Load() (*Task, error) {
	if s.Kind != "mmlu" {
		return nil, fmt.Errorf("task: kind %q is not known, only \"mmlu\" is", s.Kind)
	}
	if s.Samples < 0 {
		return nil, fmt.Errorf("task mmlu: samples %d: want 1 or more, or 0 for all", s.Samples)
	}
	dir, err := s.directory()
	if err != nil {
		return nil, fmt.Errorf("task mmlu: %w", err)
	}
	t, err := loadMMLU(dir, s.Samples, s.Subjects)
	if err != nil {
		return nil, fmt.Errorf("task mmlu: %w", err)
	}
	return t, nil
}

func (s Spec) directory() (string, error) {
	if s.Dataset != "" {
		return s.Dataset, nil
	}
	root := os.Getenv(modelsRoot)
	if root == "" {
		return "", fmt.Errorf("no data set: name its folder, or set %s to the folder that holds datasets/mmlu", modelsRoot)
	}
	return filepath.Join(root, "datasets", "mmlu"), nil
}
