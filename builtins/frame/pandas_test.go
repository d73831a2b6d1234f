package frame

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files under testdata/pandas are made by testdata/make_pandas.py.
func pandas(t *testing.T, name string) *Frame {
	t.Helper()
	f, err := ReadCSV(filepath.Join("testdata", "pandas", name))
	require.NoError(t, err)
	return f
}

// requireSame compares columns, values and nulls; numbers to a relative 1e-12,
// whichever kind holds them.
func requireSame(t *testing.T, want, got *Frame) {
	t.Helper()
	require.NoError(t, want.Err())
	require.NoError(t, got.Err())
	require.Equal(t, want.Columns(), got.Columns())
	require.Equal(t, want.Len(), got.Len())
	for _, name := range want.Columns() {
		w, g := want.Col(name), got.Col(name)
		for i := range want.Len() {
			require.Equalf(t, w.IsNull(i), g.IsNull(i), "column %s, row %d: null", name, i)
			if w.kind == String || g.kind == String {
				require.Equalf(t, w.Value(i), g.Value(i), "column %s, row %d", name, i)
				continue
			}
			a, b := w.numbers()[i], g.numbers()[i]
			if math.IsNaN(a) || math.IsInf(a, 0) {
				require.Truef(t, a == b || math.IsNaN(a) && math.IsNaN(b), "column %s, row %d: %v, want %v", name, i, b, a)
				continue
			}
			require.InDeltaf(t, a, b, 1e-12*max(1, math.Abs(a)), "column %s, row %d", name, i)
		}
	}
}

func TestGroupByAgreesWithPandas(t *testing.T) {
	got := pandas(t, "samples.csv").GroupBy("run", "subject").Agg(
		Count("n"), Mean("accuracy", "correct"), Sum("right", "correct"), Sum("tokens", "tokens"), Max("most", "tokens"),
		Mean("mean", "nll"), Std("std", "nll"), Min("least", "nll"), Median("median", "nll"), Quantile("q90", "nll", 0.9),
		First("first", "tokens"), NUnique("unique", "tokens"))
	requireSame(t, pandas(t, "group.csv"), got)
}

func TestSortAgreesWithPandas(t *testing.T) {
	f := pandas(t, "samples.csv")
	requireSame(t, pandas(t, "sort_nll.csv"), f.Sort("nll"))
	requireSame(t, pandas(t, "sort_tokens_descending.csv"), f.Sort("-tokens"))
	requireSame(t, pandas(t, "sort_mixed.csv"), f.Sort("subject", "-correct", "-nll"))
}

func TestJoinAgreesWithPandas(t *testing.T) {
	left, right := pandas(t, "samples.csv"), pandas(t, "right.csv")
	for name, how := range map[string]Joining{
		"join_inner.csv": On("run", "index"), "join_left.csv": On("run", "index").Left(), "join_outer.csv": On("run", "index").Outer(),
	} {
		t.Run(name, func(t *testing.T) {
			want := pandas(t, name)
			columns := want.Columns()
			got := left.Join(right, how).Select(columns...) // pandas leaves the keys where they were
			if name == "join_outer.csv" {                   // pandas orders it by the keys
				want, got = want.Sort(columns...), got.Sort(columns...)
			}
			requireSame(t, want, got)
		})
	}
}

func TestPivotAgreesWithPandas(t *testing.T) {
	requireSame(t, pandas(t, "pivot.csv"), pandas(t, "samples.csv").Pivot("subject", "run", Mean("", "nll")))
}

func TestDescribeAgreesWithPandas(t *testing.T) {
	want := pandas(t, "describe.csv")
	got := pandas(t, "samples.csv").Select("index", "tokens", "nll", "margin").Describe()
	requireSame(t, want, got.Select(want.Columns()...))
}

func TestQuantilesAgreeWithNumPy(t *testing.T) {
	want, f := pandas(t, "quantiles.csv"), pandas(t, "samples.csv")
	q, err := want.Col("q").Floats()
	require.NoError(t, err)
	for _, name := range want.Columns()[1:] {
		got, err := f.Col(name).Quantiles(q...)
		require.NoError(t, err)
		requireSame(t, want.Select(name), New(Floats(name, got)))
	}
}
