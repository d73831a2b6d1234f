package diagnose_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/diagnose"
)

// Each run answers as many questions as show the observed loss with power .99,
// and no more than the comparison has: 126 and all 180 here.
// TestIsolationTells... has the other findings.
func TestIsolationNamesWhatTheLossComesAndGoesWith(t *testing.T) {
	for _, want := range []struct {
		name    string
		finding diagnose.Finding
		culprit string
		runs    int
	}{
		{"fp8-drop", diagnose.Quantization, "", 6},
		{"moe-drop", diagnose.OneComponent, "world_size 2", 9},
	} {
		t.Run(want.name, func(t *testing.T) {
			c := openCase(t, want.name)
			out, err := diagnose.Isolate(t.Context(), c.Deploy, compared(t, want.name, caseSamples, c.Deploy, c.Base), diagnose.IsolateOptions{Run: runOptions()})
			require.NoError(t, err)
			t.Log("\n" + out.MimeBundle().Plain())
			require.Equal(t, want.finding, out.Finding, out.Words)
			require.Equal(t, want.culprit, out.Culprit)
			require.Len(t, out.Steps, want.runs)
			require.GreaterOrEqual(t, out.N, 1)
			require.NotEmpty(t, out.Figure().MimeBundle().Data["image/png"])
		})
	}
}

func TestWithoutALossNothingIsRun(t *testing.T) {
	d := demo(t)
	cmp := compared(t, "bf16 on two ranks", cleanSamples, served(d.BF16).With(2, "world_size"), d.BF16)
	out, err := diagnose.Isolate(t.Context(), d.BF16, cmp, diagnose.IsolateOptions{Run: runOptions()})
	require.NoError(t, err)
	require.Equal(t, diagnose.NoLossHere, out.Finding)
	require.Empty(t, out.Steps)
	bundle := out.MimeBundle()
	require.Contains(t, bundle.Plain(), "There is no loss to isolate, and nothing was run. Underpowered")
	require.Contains(t, bundle.Data["text/html"], "There is no loss to isolate, and nothing was run.", "a card as any other, whose lines a terminal breaks between words")
	require.NotContains(t, bundle.Data["text/html"], "<table")
}

func TestInterruptedIsolationStops(t *testing.T) {
	c := openCase(t, "bf16-drop")
	cmp := compared(t, "bf16-drop", caseSamples, c.Deploy, c.Base)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := diagnose.Isolate(ctx, c.Deploy, cmp, diagnose.IsolateOptions{Run: runOptions()})
	require.ErrorIs(t, err, context.Canceled)
	_, err = diagnose.Run(ctx, cmp, diagnose.Options{Open: openUnlessDone})
	require.ErrorIs(t, err, context.Canceled)
}
