package frame

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func values(c *Column) []any {
	out := make([]any, c.Len())
	for i := range out {
		out[i] = c.Value(i)
	}
	return out
}

func TestSortPutsNaNThenNullLastInEitherDirection(t *testing.T) {
	null := []bool{false, false, true, false, false, false, true}
	f := New(
		Floats("x", []float64{2, math.NaN(), 0, math.Inf(-1), math.Copysign(0, -1), 0, 0}).Masked(null),
		Ints("place", []int64{0, 1, 2, 3, 4, 5, 6}),
	)
	require.Equal(t, []any{int64(3), int64(4), int64(5), int64(0), int64(1), int64(2), int64(6)}, values(f.Sort("x").Col("place")))
	require.Equal(t, []any{int64(0), int64(4), int64(5), int64(3), int64(1), int64(2), int64(6)}, values(f.Sort("-x").Col("place")))
	extremes := New(Ints("i", []int64{0, math.MaxInt64, math.MinInt64, 0}).Masked([]bool{true, false, false, false}))
	require.Equal(t, []any{int64(math.MinInt64), int64(0), int64(math.MaxInt64), nil}, values(extremes.Sort("i").Col("i")))
	require.Equal(t, []any{int64(math.MaxInt64), int64(0), int64(math.MinInt64), nil}, values(extremes.Sort("-i").Col("i")))
}

func TestSortOfManyRowsAgreesWithAStableComparisonSort(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	n := 100_000
	x, k := make([]float64, n), make([]int64, n)
	place := make([]int, n)
	for i := range n {
		x[i], k[i], place[i] = math.Round(random.NormFloat64()*100), random.Int64N(5)-2, i
	}
	slices.SortStableFunc(place, func(a, b int) int {
		if k[a] != k[b] {
			return int(k[b] - k[a])
		}
		return int(x[a] - x[b])
	})
	got, err := New(Floats("x", x), Ints("k", k), Values("place", identity(n))).Sort("-k", "x").Col("place").Ints()
	require.NoError(t, err)
	for i := range n {
		require.Equal(t, int64(place[i]), got[i])
	}
}

func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestGroupByKeepsNullAndNaNKeys(t *testing.T) {
	f := New(
		Floats("k", []float64{math.NaN(), 0, 1, math.NaN(), math.Copysign(0, -1), 0}).Masked([]bool{false, false, false, false, false, true}),
		Ints("n", []int64{1, 2, 3, 4, 5, 6}),
	)
	g := f.GroupBy("k").Agg(Sum("n", "n"), Count("rows"))
	require.NoError(t, g.Err())
	require.Equal(t, []any{int64(7), int64(3), int64(5), int64(6)}, values(g.Col("n"))) // 0, 1, NaN, null
	require.True(t, g.Col("k").IsNull(3))
	require.Equal(t, 4, f.Unique("k").Len())
	require.Equal(t, 6, f.Unique().Len())
}

func TestAggregatesOfNothingAreNullButForSums(t *testing.T) {
	f := New(Strings("k", []string{"a", "b"}), Floats("x", []float64{1, 0}).Masked([]bool{false, true}),
		Strings("s", []string{"z", ""}).Masked([]bool{false, true}))
	g := f.GroupBy("k").Agg(Sum("sum", "x"), Mean("mean", "x"), Std("std", "x"), Min("min", "s"), Max("max", "x"), Median("median", "x"),
		First("first", "s"), NUnique("unique", "s"), Apply("apply", "x", func(v []float64) float64 { return float64(len(v)) }))
	require.NoError(t, g.Err())
	row, err := g.Row(1)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"k": "b", "sum": 0.0, "mean": nil, "std": nil, "min": nil, "max": nil, "median": nil,
		"first": nil, "unique": int64(0), "apply": nil}, row)
	row, err = g.Row(0)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"k": "a", "sum": 1.0, "mean": 1.0, "std": nil, "min": "z", "max": 1.0, "median": 1.0,
		"first": "z", "unique": int64(1), "apply": 1.0}, row)
	whole := f.GroupBy().Agg(Count("n"), Mean("mean", "x"))
	require.Equal(t, 1, whole.Len())
	require.Equal(t, int64(2), whole.Col("n").Value(0))
}

func TestAPanicInApplyReachesTheCaller(t *testing.T) {
	f := New(Floats("x", []float64{1, 2}))
	require.PanicsWithValue(t, "mine", func() {
		f.GroupBy("x").Agg(Count("n"), Apply("y", "x", func([]float64) float64 { panic("mine") }), Apply("z", "x", func([]float64) float64 { return 0 }))
	})
}

func TestQuantileBySelectionAgreesWithSorting(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	for n := 1; n < 300; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Round(random.NormFloat64() * float64(n%17))
		}
		for _, q := range []float64{0, 0.01, 0.25, 0.5, 0.9, 1} {
			want := quantiles(slices.Clone(values), q)[0]
			require.Equal(t, want, quantile(slices.Clone(values), q), "n %d, q %v", n, q)
		}
	}
	require.Equal(t, math.Inf(1), quantile([]float64{math.Inf(1), math.Inf(1), math.Inf(-1)}, 0.75))
}

func TestNaNIsNotHiddenByAggregates(t *testing.T) {
	f := New(Floats("x", []float64{1, math.NaN(), 3}))
	g := f.GroupBy().Agg(Sum("sum", "x"), Mean("mean", "x"), Std("std", "x"), Min("min", "x"), Max("max", "x"), Median("median", "x"))
	require.NoError(t, g.Err())
	for _, c := range g.columns {
		require.True(t, math.IsNaN(c.floats[0]) && !c.IsNull(0), c.name)
	}
}

func TestAggErrorsNameTheAggregate(t *testing.T) {
	f := New(Strings("s", []string{"a"}), Ints("big", []int64{math.MaxInt64}))
	for want, a := range map[string]Aggregate{
		`agg mean: column "s" holds strings, not numbers`: Mean("mean", "s"),
		`agg m: no column "bgi"; did you mean "big"?`:     Mean("m", "bgi"),
		"agg q: quantile 2 is not between 0 and 1":        Quantile("q", "big", 2),
		"this one is empty":                               {},
		`two columns are named "s"`:                       Count("s"),
	} {
		require.ErrorContains(t, f.GroupBy("s").Agg(a).Err(), want)
	}
	require.ErrorContains(t, Concat(f, f).GroupBy().Agg(Sum("sum", "big")).Err(), `the sum of column "big" does not fit int64`)
	require.ErrorContains(t, f.GroupBy("s", "s").Agg().Err(), `group by: column "s" is named twice`)
}

// A sum that fits does, whatever is added up on the way there.
func TestSumsOfIntegersAreExact(t *testing.T) {
	for want, values := range map[int64][]int64{
		math.MaxInt64:     {math.MaxInt64, 1, -1},
		math.MinInt64:     {math.MinInt64, -5, 3, 2},
		-1:                {math.MaxInt64, math.MinInt64},
		-2:                {math.MinInt64, math.MinInt64, math.MaxInt64, math.MaxInt64},
		math.MaxInt64 - 1: {-1, math.MaxInt64},
	} {
		sum := New(Ints("x", values)).GroupBy().Agg(Sum("sum", "x"))
		require.NoError(t, sum.Err())
		require.Equal(t, want, sum.Col("sum").Value(0))
	}
	for _, values := range [][]int64{{math.MaxInt64, 1}, {math.MinInt64, -1}, {math.MinInt64, math.MinInt64}} {
		require.ErrorContains(t, New(Ints("x", values)).GroupBy().Agg(Sum("sum", "x")).Err(), "does not fit int64")
	}
}

// TestGroupByOfManyWideKeys holds when codes of several columns do not fit
// into one integer and have to be renumbered.
func TestGroupByOfManyWideKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	n := 2000
	columns := make([]*Column, 8)
	names := make([]string, len(columns))
	for c := range columns {
		numbers := make([]int64, n)
		for i := range n {
			numbers[i] = int64(random.Uint64())
			if i >= n/2 { // the second half repeats the first
				numbers[i] = numbers[i-n/2]
			}
		}
		names[c] = string(rune('a' + c))
		columns[c] = Ints(names[c], numbers)
	}
	f := New(columns...)
	g := f.GroupBy(names...).Agg(Count("n"))
	require.Equal(t, n/2, g.Len())
	require.Equal(t, n/2, g.Where("n == 2").Len())
	require.Equal(t, 2*n, f.Join(f, On(names...)).Len())
}

func TestJoinMatchesNoNulls(t *testing.T) {
	null := []bool{false, true}
	left := New(Strings("k", []string{"a", ""}).Masked(null), Ints("x", []int64{1, 2}))
	right := New(Strings("k", []string{"a", ""}).Masked(null), Ints("x", []int64{10, 20}))
	require.Equal(t, 1, left.Join(right, On("k")).Len())
	require.Equal(t, 2, left.Join(right, On("k").Left()).Len())
	outer := left.Join(right, On("k").Outer().Suffixes("_test", "_base"))
	require.Equal(t, []string{"k", "x_test", "x_base"}, outer.Columns())
	require.Equal(t, []any{int64(1), int64(2), nil}, values(outer.Col("x_test")))
	require.Equal(t, []any{int64(10), nil, int64(20)}, values(outer.Col("x_base")))
}

func TestJoinErrorsSayWhatToDo(t *testing.T) {
	ints, texts := New(Ints("k", []int64{1}), Ints("x", nil).take([]int32{-1})), New(Strings("k", []string{"1"}))
	require.ErrorContains(t, ints.Join(texts, On("k")).Err(), `column "k" is int64 on the left and string on the right`)
	require.ErrorContains(t, ints.Join(texts, On()).Err(), "name the columns that must be equal")
	require.ErrorContains(t, ints.Join(texts, On("kk")).Err(), `join: left frame: no column "kk"; the columns are k, x`)
	require.ErrorContains(t, ints.Join(ints, On("k").Suffixes("", "")).Err(), `two columns are named "x"; give other suffixes`)
	many := New(Ints("k", make([]int64, 1<<16)))
	require.ErrorContains(t, many.Join(many, On("k")).Err(), "4294967296 rows; a frame holds at most 2147483647")
}

func TestJoinOfFramesWithoutRows(t *testing.T) {
	f := New(Strings("k", []string{"a"}), Ints("x", []int64{1}))
	none := f.Head(0).Rename("x", "y")
	require.Equal(t, 0, f.Join(none, On("k")).Len())
	require.Equal(t, 1, f.Join(none, On("k").Left()).Len())
	require.Equal(t, 1, none.Join(f, On("k").Outer()).Len())
	require.Equal(t, 0, none.Join(none, On("k").Outer()).Len())
	ints := New(Ints("k", nil))
	require.Equal(t, 0, ints.Join(ints, On("k")).Len())
	require.Equal(t, 0, ints.GroupBy("k").Agg(Count("n")).Len())
	require.Equal(t, 0, none.Pivot("k", "y", Count("")).Len())
}

func TestPivotLeavesNullWhereNothingIs(t *testing.T) {
	f := New(Strings("s", []string{"a", "a", "b"}), Bools("c", []bool{true, false, true}), Strings("v", []string{"x", "y", "z"}))
	p := f.Pivot("s", "c", First("", "v"))
	require.Equal(t, []string{"s", "false", "true"}, p.Columns())
	require.Equal(t, []any{"y", nil}, values(p.Col("false")))
	require.Equal(t, []any{"x", "z"}, values(p.Col("true")))
	require.ErrorContains(t, f.Pivot("s", "s", Count("")).Err(), `pivot: column "s" is named twice`)
	require.ErrorContains(t, New(Ints("a", []int64{1}), Strings("b", []string{"a"})).Pivot("a", "b", Count("")).Err(), `two columns are named "a"`)
}

func TestAPivotThatMemoryCouldNotHoldIsRefused(t *testing.T) {
	n := 20_000
	down, across := make([]int64, n), make([]int64, n)
	for i := range n {
		down[i], across[i] = int64(i), int64(i%9000)
	}
	f := New(Ints("down", down), Ints("across", across))
	require.ErrorContains(t, f.Pivot("down", "across", Count("n")).Err(), "pivot: 20 000 rows × 9 000 columns; at most 134217728 cells are made")
	require.ErrorContains(t, f.Pivot("across", "down", Count("n")).Err(), "20000 different values; at most 10000 become columns")
}

func TestConcatMatchesColumnsByName(t *testing.T) {
	f := Concat(New(Ints("x", []int64{1}), Strings("s", []string{"a"})), New(Strings("s", []string{"b", "a"}), Floats("x", []float64{0.5, 2}), Bools("b", []bool{true, false})))
	require.NoError(t, f.Err())
	require.Equal(t, []string{"x", "s", "b"}, f.Columns())
	require.Equal(t, []any{1.0, 0.5, 2.0}, values(f.Col("x")))
	require.Equal(t, []any{"a", "b", "a"}, values(f.Col("s")))
	require.Equal(t, []any{nil, true, false}, values(f.Col("b")))
	require.ErrorContains(t, Concat(f, New(Strings("x", nil))).Err(), `column "x" is string in frame 2 and float64 before`)
	require.NoError(t, Concat().Err())
}

func TestSelectingVerbs(t *testing.T) {
	f := New(Ints("a", []int64{1, 2, 3}), Ints("b", []int64{4, 5, 6}), Ints("c", []int64{7, 8, 9}))
	require.Equal(t, []string{"c", "a"}, f.Select("c", "a").Columns())
	require.Equal(t, []string{"b"}, f.Drop("a", "c").Columns())
	require.Equal(t, []string{"x", "b", "c"}, f.Rename("a", "x").Columns())
	require.ErrorContains(t, f.Rename("a", "b").Err(), `there is a column "b" already`)
	require.NoError(t, f.Rename("a", "a").Err())
	require.Equal(t, []any{int64(1), int64(2)}, values(f.Head(2).Col("a")))
	require.Equal(t, []any{int64(2), int64(3)}, values(f.Tail(2).Col("a")))
	require.Equal(t, 3, f.Tail(9).Len())
	require.ErrorContains(t, f.Head(-1).Err(), "head: -1 rows")
	require.True(t, f.Has("a"))
	require.False(t, f.Has("z"))
}
