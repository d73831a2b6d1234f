package compare

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDifferencesAreTheSettingsThatTheOtherLacks(t *testing.T) {
	base := map[string]any{"world_size": 1, "attn_backend": "paged"}
	test := map[string]any{"world_size": 2, "attn_backend": "paged", "compile_backend": "torch-simple"}
	require.Equal(t, ", compile_backend torch-simple, world_size 2", differences(test, base))
	require.Equal(t, ", world_size 1", differences(base, test))
	require.Empty(t, differences(base, base))
}
