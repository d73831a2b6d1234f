package suggest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	names := []string{"subject", "delta", "losses", "gains", "world_size", "attn_backend"}
	for typed, want := range map[string]string{
		"subjct":       "subject",
		"DELTA":        "delta",
		"detla":        "delta", // neighbours swapped: one edit
		"wordl_size":   "world_size",
		"atn_backend":  "attn_backend",
		"accuracy":     "", // nothing is near
		"":             "",
		"löss":         "",
		"lossés":       "losses",
		"attn_backend": "attn_backend",
	} {
		require.Equal(t, want, Nearest(typed, names), "%q", typed)
	}
	require.Empty(t, Nearest("x", nil))
}
