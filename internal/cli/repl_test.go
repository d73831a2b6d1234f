package cli

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/console"
)

// An interrupt may come before the console looks for one.
func TestAScriptThatIsInterruptedAtItsStartEnds(t *testing.T) {
	if console.IsInteractive() {
		t.Skip("the test runs at a terminal, of which go test leaves none")
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	require.ErrorIs(t, replCommand{evaluator{"exact"}}.Run(ctx), context.Canceled)
}
