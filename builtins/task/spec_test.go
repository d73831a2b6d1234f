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
