package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// thousandRuns are as a season of work leaves them.
func thousandRuns(b *testing.B) string {
	root := b.TempDir()
	spec, err := testSpec("/data", map[string]any{"world_size": 2}).freeze(time.Now())
	require.NoError(b, err)
	for i := range 1000 {
		dir := filepath.Join(root, fmt.Sprintf("run-%04d", i))
		require.NoError(b, os.Mkdir(dir, 0o755))
		require.NoError(b, writeSpec(dir, spec))
		state := State{Status: Done, Started: spec.Created, Finished: spec.Created, Done: 14042, Total: 14042, Correct: 9000}.listed(spec)
		require.NoError(b, writeState(dir, state))
	}
	return root
}

func BenchmarkOverviewOfThousandRuns(b *testing.B) {
	root := thousandRuns(b)
	for b.Loop() {
		f, err := Overview(root)
		require.NoError(b, err)
		require.Equal(b, 1000, f.Len())
	}
}

// BenchmarkReadThousandStates is what the overview is held against: reading
// and decoding every state file once.
func BenchmarkReadThousandStates(b *testing.B) {
	root := thousandRuns(b)
	for b.Loop() {
		entries, err := os.ReadDir(root)
		require.NoError(b, err)
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(root, e.Name(), stateFile))
			require.NoError(b, err)
			var state State
			require.NoError(b, json.Unmarshal(text, &state))
		}
	}
}
