package task

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/internal/suggest"
)

// A Spec says which evaluation to make, in words that a file can hold. Two
// Specs that are equal over the same data load equal Tasks.
type Spec struct {
	Kind string `json:"kind" yaml:"kind"` // "mmlu", "gsm8k", "gpqa", "questions", "lm-eval"

	// Dataset is the folder of the data set, or the file of questions or of
	// lm-eval's samples. "" is the folder below $LLM_MODELS_ROOT where
	// TensorRT-LLM's own tests look.
	Dataset string `json:"dataset,omitempty" yaml:"dataset,omitempty"`

	// Samples is the number of questions wanted; the same number is taken of
	// each subject, rounded up. 0 takes all.
	Samples int `json:"samples,omitempty" yaml:"samples,omitempty"`

	// Subjects keeps only these, with the questions that they have in the
	// whole evaluation. nil keeps all.
	Subjects []string `json:"subjects,omitempty" yaml:"subjects,omitempty"`

	// Seed is TensorRT-LLM's --random_seed of GSM8K and GPQA.
	Seed int `json:"seed,omitempty" yaml:"seed,omitempty"`

	// Filter decides which answers are right: of GSM8K "strict-match" or
	// "flexible-extract" (default), of lm-eval's samples one of those in the file.
	Filter string `json:"filter,omitempty" yaml:"filter,omitempty"`

	// Metric decides which choice is the answer where lm-eval's samples rank
	// choices: "acc" (default), "acc_norm" or "acc_bytes".
	Metric string `json:"metric,omitempty" yaml:"metric,omitempty"`

	// MaxTokens and Stop are of a user's questions: how many tokens an answer may
	// have, and the texts that end it. 0 and nil are what loadQuestions says.
	MaxTokens int      `json:"max_tokens,omitempty" yaml:"max_tokens,omitempty"`
	Stop      []string `json:"stop,omitempty" yaml:"stop,omitempty"`

	// Scorer judges the answers in the evaluation's stead; nil leaves them to its
	// rule. It is called by those who read a run, not by the process that makes
	// the answers. A file of a run's specification cannot name one.
	Scorer *Scorer `json:"scorer,omitempty" yaml:"-"`

	// Chat asks through the model's chat template: one user turn, or with
	// Multiturn the worked examples as turns of their own. System is put in
	// front; Arguments are the template's.
	Chat      bool           `json:"chat,omitempty" yaml:"chat,omitempty"`
	Multiturn bool           `json:"multiturn,omitempty" yaml:"multiturn,omitempty"`
	System    string         `json:"system,omitempty" yaml:"system,omitempty"`
	Arguments map[string]any `json:"arguments,omitempty" yaml:"arguments,omitempty"`
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
	if s.Chat && s.Multiturn {
		words = append(words, "as a chat of several turns")
	} else if s.Chat {
		words = append(words, "as a chat")
	}
	if s.Filter != "" {
		words = append(words, s.Filter)
	}
	if s.Metric != "" {
		words = append(words, s.Metric)
	}
	if s.Scorer != nil {
		words = append(words, "judged by a function")
	}
	if s.Dataset != "" {
		words = append(words, "data set "+s.Dataset)
	}
	return strings.Join(words, "; ")
}

// modelsRoot names the folder that holds TensorRT-LLM's test data.
const modelsRoot = "LLM_MODELS_ROOT"

// kinds are the evaluations: where they lie below $LLM_MODELS_ROOT/datasets,
// and how they are loaded.
var kinds = map[string]struct {
	folder string // "" where the spec names a file
	load   func(s Spec, path string) (*Task, error)
	grader *grader // nil where there are no filters
}{
	"mmlu":      {"mmlu", Spec.loadMMLU, nil},
	"gsm8k":     {"openai/gsm8k", Spec.loadGSM8K, &gsm8kGrader},
	"gpqa":      {"gpqa", Spec.loadGPQA, &gpqaGrader},
	"questions": {"", Spec.loadQuestions, nil},
	"lm-eval":   {"", Spec.loadLogged, nil},
}

// Load reads the data set and returns the evaluation. The error names the
// file, and the line where there is one.
func (s Spec) Load() (*Task, error) {
	k, ok := kinds[s.Kind]
	if s.Kind == "" {
		return nil, fmt.Errorf("task: kind is missing: want one of %s", strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	if !ok {
		return nil, fmt.Errorf("task: kind %q is not known%s", s.Kind, suggest.Clause(s.Kind, slices.Sorted(maps.Keys(kinds))))
	}
	t, err := s.load(k.folder, k.load)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", s.Kind, err)
	}
	return t, nil
}

func (s Spec) load(folder string, load func(Spec, string) (*Task, error)) (*Task, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	path, err := s.path(folder)
	if err != nil {
		return nil, err
	}
	t, err := load(s, path)
	if err != nil {
		return nil, err
	}
	if s.Chat {
		t.Chat = &Chat{Arguments: s.chatArguments(), AddSpecial: true}
		t.Name += " (chat)"
	}
	return t, nil
}

// check refuses what would have no effect.
func (s Spec) check() error {
	switch {
	case s.Samples < 0:
		return fmt.Errorf("samples %d: want 1 or more, or 0 for all", s.Samples)
	case s.Seed < 0 || int64(s.Seed) > math.MaxUint32:
		return fmt.Errorf("seed %d: want 0 to %d", s.Seed, uint32(math.MaxUint32))
	case s.Seed != 0 && s.Kind != "gsm8k" && s.Kind != "gpqa":
		return errors.New("seed has no effect: leave it out")
	case s.Filter != "" && s.Kind != "gsm8k" && s.Kind != "lm-eval":
		return errors.New("filter has no effect: leave it out")
	case s.Filter != "" && s.Kind == "gsm8k" && !slices.Contains(gsm8kGrader.names(), s.Filter):
		return fmt.Errorf("filter %q: want %s", s.Filter, strings.Join(gsm8kGrader.names(), " or "))
	case s.Filter != "" && s.Scorer != nil:
		return errors.New("filter has no effect where a function judges: leave one of them out")
	case s.Metric != "" && s.Kind != "lm-eval":
		return errors.New("metric has no effect: leave it out")
	case s.Metric != "" && s.Metric != Acc && s.Metric != AccNorm && s.Metric != AccBytes:
		return fmt.Errorf("metric %q: want %s, %s or %s", s.Metric, Acc, AccNorm, AccBytes)
	case s.Metric != "" && s.Scorer != nil:
		return errors.New("metric has no effect where a function judges: leave one of them out")
	case s.MaxTokens < 0:
		return fmt.Errorf("max_tokens %d: want 1 or more, or 0 for the default", s.MaxTokens)
	case (s.MaxTokens > 0 || s.Stop != nil) && s.Kind != "questions":
		return errors.New("max_tokens and stop have no effect: the evaluation has its own")
	case slices.Contains(s.Stop, ""):
		return errors.New("stop: an empty text would end every answer")
	case s.Subjects != nil && s.Kind != "mmlu" && s.Kind != "questions":
		return errors.New("subjects have no effect: there is one")
	case !s.Chat && (s.Multiturn || s.System != "" || s.Arguments != nil):
		return errors.New("multiturn, system and arguments have no effect without chat: true")
	case s.Multiturn && s.Kind != "mmlu" && s.Kind != "gsm8k":
		return errors.New("multiturn has no effect: there are no worked examples")
	case s.Chat && s.Kind == "lm-eval":
		return errors.New("the prompts are logged as they were sent: chat cannot be applied to them")
	}
	return nil
}

// grader is g, with the spec's filter deciding.
func (s Spec) grader(g grader) *grader {
	g.chosen = s.Filter
	return &g
}

// chatArguments turn thinking off, as TensorRT-LLM's tests do, unless the spec
// says otherwise.
func (s Spec) chatArguments() map[string]any {
	out := map[string]any{"enable_thinking": false}
	maps.Copy(out, s.Arguments)
	return out
}

// DefaultDataset is where an evaluation of that kind looks for its data set
// when its spec names none, beginning with the name of an environment variable:
// "LLM_MODELS_ROOT/datasets/mmlu". It is "" for a kind whose spec must name one.
func DefaultDataset(kind string) string {
	folder := kinds[kind].folder
	if folder == "" {
		return ""
	}
	return modelsRoot + "/datasets/" + folder
}

func (s Spec) path(folder string) (string, error) {
	if s.Dataset != "" {
		return s.Dataset, nil
	}
	if folder == "" {
		return "", errors.New("no file: name it as the data set")
	}
	root := os.Getenv(modelsRoot)
	if root == "" {
		return "", fmt.Errorf(`no data set: name its folder (Dataset("DIR") in a cell, dataset: DIR in a file, --dataset DIR), or set %s to the folder that holds datasets/%s`, modelsRoot, folder)
	}
	return filepath.Join(root, "datasets", folder), nil
}
