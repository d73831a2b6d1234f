package frame

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// A slip in a name or a predicate must not read like "no row is like that".
func TestAnErrorHasNoNumberOfRows(t *testing.T) {
	f := New(Values("delta", []int{-7, -6, 1}))
	require.Equal(t, 2, f.Where("delta < -5").Len())
	for name, number := range map[string]func() any{
		"rows of a frame":    func() any { return f.Where("dleta < -5").Len() },
		"after other verbs":  func() any { return f.Where("dleta < -5").Sort("delta").Head(3).Len() },
		"rows of a column":   func() any { return f.Col("dleta").Len() },
		"nulls of a column":  func() any { return f.Col("dleta").Nulls() },
		"value of a column":  func() any { return f.Col("dleta").Value(0) },
		"null in a column":   func() any { return f.Col("dleta").IsNull(0) },
		"of a masked column": func() any { return Values("a", []int{1}).Masked([]bool{true, false}).Len() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				stop, ok := recover().(eval.Stop)
				require.True(t, ok, "it ends the cell")
				require.Error(t, stop.Err)
			}()
			t.Errorf("%v", number())
		})
	}
	require.Zero(t, (*Frame)(nil).Len())
	require.Zero(t, New().Len())
	require.Contains(t, f.Where("dleta < -5").MimeBundle().Plain(), `no column "dleta"`)
}
