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
