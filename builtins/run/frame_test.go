package run

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheFrameHasARowForEverySample(t *testing.T) {
	r := executed(t, testSpec(dataset(t, 10), nil), testOptions(t))
	f, err := r.Frame()
	require.NoError(t, err)
	require.Equal(t, 20, f.Len())
	require.Equal(t, []string{
		"index", "subject", "question", "ref", "output", "correct", "finish", "prompt_tokens", "output_tokens", "margin",
		"A", "B", "C", "D", "top", "top_logit", "min", "max", "mean", "rms", "nan", "inf",
	}, f.Columns())
	wrong := f.Where("margin < 0")
	require.NoError(t, wrong.Err())
	require.Equal(t, f.Where("correct == false").Len(), wrong.Len())
}

func TestTheFrameSaysWhatWasNotRecorded(t *testing.T) {
	imported := Sample{Output: " A", Row: -1}
	said := Sample{Output: " A", Row: -1, Tokens: []int32{7, 8}, PromptTokens: 3, Finish: "stop"}
	silent := Sample{Row: -1, PromptTokens: 3}
	f := samplesFrame([]Sample{imported, said, silent})
	for column, want := range map[string]int{"finish": 2, "prompt_tokens": 1, "output_tokens": 1} {
		require.Equal(t, want, f.Col(column).Nulls(), "nulls of %s", column)
	}
	require.Equal(t, 1, f.Where("output_tokens == 0").Len(), "an output of no token has none")
}
