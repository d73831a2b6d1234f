package builtins

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/casebook"
)

func TestATerminalShowsSymptomsInFull(t *testing.T) {
	text := Cases().String()
	for _, c := range casebook.Cases() {
		require.Contains(t, text, c.Name)
		require.Contains(t, text, c.Symptom)
	}
	require.NotContains(t, text, "…")
}
