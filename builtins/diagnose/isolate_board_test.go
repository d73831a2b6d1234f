package diagnose

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

// The card that follows holds the words and the table.
func TestTheProgressOfAnIsolationEndsInItsFinding(t *testing.T) {
	var out bytes.Buffer
	b := &board{Host: host.NewTerminal(t.Context(), &out), title: "Isolating served fp8"}
	b.finish(&Isolation{Finding: OneComponent, Culprit: "attn_backend", Words: "a long sentence", Steps: make([]Step, 3), Failed: make([]FailedStep, 1)})
	require.Contains(t, out.String(), "ended after 4 runs: one component, attn_backend")
	require.NotContains(t, out.String(), "a long sentence")
	out.Reset()
	b = &board{Host: host.NewTerminal(t.Context(), &out), title: "Isolating served fp8"}
	b.finish(&Isolation{Finding: NoLossHere, Words: "nothing to isolate"})
	require.Contains(t, out.String(), "nothing to isolate")
}

func TestAnInterruptedIsolationSaysThatItCanGoOn(t *testing.T) {
	var out bytes.Buffer
	b := &board{Host: host.NewTerminal(t.Context(), &out), title: "Isolating served fp8"}
	b.stopped(&Isolation{Failed: make([]FailedStep, 2)})
	require.Contains(t, out.String(), "Isolating served fp8, stopped after 2 runs, from which it goes on when the same is isolated again")
	b.stopped(&Isolation{Failed: make([]FailedStep, 1)})
	require.Contains(t, out.String(), "stopped after 1 run, from")
}
