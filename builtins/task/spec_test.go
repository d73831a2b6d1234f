package task

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASpecSaysWhatIsAsked(t *testing.T) {
	require.Equal(t, "mmlu; all samples", Spec{Kind: "mmlu"}.String())
	require.Equal(t, "mmlu; 900 samples of all subjects; of these only medians, addition; data set /d",
		Spec{Kind: "mmlu", Dataset: "/d", Samples: 900, Subjects: []string{"medians", "addition"}}.String())
}

func TestEveryKindHasItsOwnDefaultDataset(t *testing.T) {
	for kind, want := range map[string]string{
		"mmlu": "LLM_MODELS_ROOT/datasets/mmlu", "gsm8k": "LLM_MODELS_ROOT/datasets/openai/gsm8k", "gpqa": "LLM_MODELS_ROOT/datasets/gpqa",
		"questions": "", "lm-eval": "", "tinyqa": "",
	} {
		require.Equal(t, want, DefaultDataset(kind))
	}
}
