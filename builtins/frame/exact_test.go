package frame

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// 2^53 + 1 is the first integer that float64 does not hold.
const beyondFloat = 1<<53 + 1

func TestIntegersBecomeFloatsOnlyWhereTheseHoldThem(t *testing.T) {
	long, short, fractions := New(Ints("x", []int64{1, beyondFloat})), New(Ints("x", []int64{1 << 53})), New(Floats("x", []float64{.5}))
	require.Equal(t, []any{math.Exp2(53), .5}, values(Concat(short, fractions).Col("x")))
	require.ErrorContains(t, Concat(fractions, long).Err(), `concat: column "x", frame 2: integers such as 9007199254740993 among floats, which float64 cannot hold`)
	masked := New(Ints("x", []int64{1, beyondFloat}).Masked([]bool{false, true}))
	require.Equal(t, []any{.5, 1.0, nil}, values(Concat(fractions, masked).Col("x")))

	require.Equal(t, []any{math.Exp2(53), .5}, values(Values("x", []any{1 << 53, .5})))
	for _, mixed := range [][]any{{.5, beyondFloat}, {beyondFloat, .5}, {.5, uint64(beyondFloat)}, {.5, uint64(math.MaxUint64)}} {
		require.ErrorContains(t, Values("x", mixed).Err(), "is an integer among floats, which float64 cannot hold")
	}
	require.ErrorContains(t, New(Floats("x", []float64{0}).Masked([]bool{true})).FillNull("x", beyondFloat).Err(), "9007199254740993")

	f := New(Ints("i", []int64{1, beyondFloat}))
	require.Equal(t, []any{1.0}, values(f.Head(1).With("y", "if(i > 0, i, 0.5)").Col("y")))
	require.ErrorContains(t, f.With("y", "if(i > 5, 0.5, i)").Err(), "if: integers such as 9007199254740993 among floats")
}

func TestIntegerLiteralsAreExactOrRefused(t *testing.T) {
	f := New(Ints("id", []int64{math.MaxInt64, math.MinInt64, -1}))
	require.ErrorContains(t, f.Where("id == 9223372036854775808").Err(), "9223372036854775808 does not fit int64")
	require.ErrorContains(t, f.Where("id == -9223372036854775809").Err(), "-9223372036854775809 does not fit int64")
	require.Equal(t, 1, f.Where("id == 9223372036854775807").Len())
	require.Equal(t, 1, f.Where("id == -9223372036854775808").Len())
	require.Equal(t, 2, f.Where("id < -0 and 3 - -1 == 4").Len())
}

func TestAListMayHoldAConstantBesideColumns(t *testing.T) {
	f := New(Strings("subject", []string{"law", "art", ""}).Masked([]bool{false, false, true}))
	require.Equal(t, 3, f.Where("'law' in (subject, 'law')").Len())
	require.Equal(t, 1, f.Where("'law' in (subject, 'tax')").Len())
	require.Equal(t, 3, f.Where("1 in (2, 1)").Len())
	require.Zero(t, f.Head(0).Where("'law' in (subject, 'law')").Len())
}
