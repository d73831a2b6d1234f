package generate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/internal/program"
)

// TestUnitsAreGo type-checks many units as the compiler would.
func TestUnitsAreGo(t *testing.T) {
	n := 150
	if testing.Short() {
		n = 30
	}
	for i := range n {
		u := New(1, i)
		text, err := Program([]Unit{u})
		require.NoError(t, err, u.Source)
		_, err = program.Parse(fmt.Sprintf("u%d.go", i), text)
		require.NoError(t, err, string(text))
	}
}

func TestSeedsDetermineUnits(t *testing.T) {
	require.Equal(t, New(5, 3), New(5, 3))
	require.NotEqual(t, New(5, 3).Source, New(6, 3).Source)
	require.NotEqual(t, New(5, 3).Source, New(5, 4).Source)
	require.Equal(t, "u3", New(5, 3).Name)
}

func TestConstants(t *testing.T) {
	for _, s := range []string{"0", "-7", "1e10", "-1e-7", `"a"`, `""`, "(1+2i)", "(3i)", "true"} {
		require.True(t, isLiteral(s), s)
	}
	for _, s := range []string{"v1", "id[int](3)", "(v1 + 3)", "(-v2)", `clip("a" + v1)`, "uint8(v1)", "S1_2{A0: 1}", "[]int{1}"} {
		require.False(t, isLiteral(s), s)
	}
}
