package frame

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func expressionFrame() *Frame {
	return New(
		Strings("subject", []string{"law", "high school math", "physics", "law", ""}).Masked([]bool{false, false, false, false, true}),
		Floats("delta", []float64{-12.5, 3, math.NaN(), -5, 0}).Masked([]bool{false, false, false, false, true}),
		Ints("n", []int64{100, 20, 30, 40, 50}),
		Bools("worse", []bool{true, false, true, false, false}).Masked([]bool{false, false, false, true, false}),
		Ints("odd name", []int64{1, 2, 3, 4, 5}),
		Ints("usage.tokens", []int64{5, 4, 3, 2, 1}),
	)
}

func TestWhereKeepsTheRowsForWhichThePredicateIsTrue(t *testing.T) {
	for predicate, rows := range map[string][]int64{ // by "odd name"
		"delta < -5":                           {1},
		"delta <= -5":                          {1, 4},
		"delta != 3":                           {1, 3, 4}, // NaN is different from everything
		"not delta < 0":                        {2, 3},
		"delta == delta":                       {1, 2, 4},
		"isnan(delta)":                         {3},
		"delta is null":                        {5},
		"delta is not null":                    {1, 2, 3, 4},
		"subject == 'law'":                     {1, 4},
		`subject = "law" and n >= 100`:         {1},
		"subject <> 'law'":                     {2, 3},
		"'law' < subject":                      {3},
		"subject in ('law', \"physics\")":      {1, 3, 4},
		"subject not in ('law', 'physics')":    {2},
		"n in (20, 10 * 4, 50)":                {2, 4, 5},
		"n in (20.0)":                          {2},
		"subject contains 'school'":            {2},
		"contains(subject, 'school')":          {2},
		"subject not contains 'a'":             {3},
		"subject startswith 'ph'":              {3},
		"subject endswith 'w'":                 {1, 4},
		"worse":                                {1, 3},
		"!worse":                               {2, 5},
		"worse or n > 0":                       {1, 2, 3, 4, 5}, // null or true is true
		"worse and n < 0":                      nil,             // null and false is false
		"not (worse and n < 0)":                {1, 2, 3, 4, 5},
		"worse == true":                        {1, 3},
		"n - 10 * 2 == 0 || n % 40 = 20":       {1, 2},
		"(n - 10) * 2 == 180":                  {1},
		"-n < -50":                             {1},
		"n / 40 == 2.5":                        {1},
		"`odd name` > 4":                       {5},
		"usage.tokens > 4":                     {1},
		"abs(delta) > 4 AND NOT worse":         nil,
		"len(subject) == 3":                    {1, 4},
		"upper(subject) == 'LAW'":              {1, 4},
		"if(n > 40, delta, n) < 0":             {1},
		"round(delta / 10, 1) == -1.3":         {1},
		"max(n, 50) == 50 and min(n, 30) < 30": {2},
		"true":                                 {1, 2, 3, 4, 5},
		"1 == 1.0":                             {1, 2, 3, 4, 5},
		"worse + 1 == 2":                       {1, 3},
	} {
		t.Run(predicate, func(t *testing.T) {
			got, err := expressionFrame().Where(predicate).Col("odd name").Ints()
			require.NoError(t, err)
			require.ElementsMatch(t, rows, got)
		})
	}
}

func TestExpressionErrorsNameWhatAndWhere(t *testing.T) {
	for predicate, want := range map[string]string{
		"detla < -5":                        `where: no column "detla"; did you mean "delta"? (at character 1 of "detla < -5")`,
		"n > 1 and Subject == 1":            `no column "Subject"; did you mean "subject"? (at character 11`,
		"zzzzz > 1":                         `no column "zzzzz"; the columns are subject, delta, n, worse, odd name, usage.tokens`,
		"":                                  "the expression is empty",
		"   ":                               "the expression is empty",
		"n >":                               "expected a value, not the end (at character 4",
		"n > > 1":                           `expected a value, not ">" (at character 5`,
		"n 5":                               `unexpected "5" after a whole expression (at character 3`,
		"(n > 5":                            `expected ")" to close the parenthesis, not the end`,
		"n > 'x":                            "the string is not closed (at character 5",
		`n == "\q"`:                         `unknown escape \q`,
		"`n > 5":                            "the backquote is not closed (at character 1",
		"n > 5 # x":                         "unexpected character '#' (at character 7",
		"n < delta < 5":                     "comparisons do not chain: write a < b and b < c (at character 11",
		"n == null":                         `nothing is equal to null: write "is null"`,
		"n is 5":                            `expected "null" after "is", not "5"`,
		"n in 5":                            `expected "(" before a list`,
		"n in ()":                           `expected a value, not ")"`,
		"subject == 5":                      "== cannot compare string with int64 (at character 9",
		"n + subject":                       "+ needs numbers, this is string (at character 5",
		"n and worse":                       "and needs conditions, this is int64 (at character 1",
		"not n":                             "not needs a condition, this is int64",
		"n":                                 `"n" is int64, not a condition`,
		"abs(n, 1) > 1":                     "abs takes 1 argument, not 2",
		"aabs(n) > 1":                       `no function "aabs"; did you mean "abs"?`,
		"round(n, n) > 1":                   "round needs a number of decimals from 0 to 15",
		"n * 9223372036854775807 > 0":       "* has no int64 result in row 0 (100 and 9223372036854775807): make one side float64",
		"int(delta) == 3":                   "int: row 2 is NaN, which does not fit int64",
		"n % 0 == 0":                        "% has no int64 result in row 0 (100 and 0)",
		"1.2.3 > n":                         `"1.2.3" is not a number`,
		"0x10 > n":                          `"0x10" is not a number`,
		"5abc > n":                          `"5abc" is not a number`,
		"in > 5":                            `expected a value, not "in"; a column of that name stands in backquotes`,
		"n not 5":                           `unexpected "not" after a whole expression`,
		"Ärzte > 'ä' and ?":                 "unexpected character '?' (at character 17",
		strings.Repeat("(", 300) + "n":      "nests more than 200 deep",
		strings.Repeat("not ", 300) + "n":   "nests more than 200 deep",
		strings.Repeat("n + ", 20000) + "n": "at most 65536 are read",
	} {
		require.ErrorContains(t, expressionFrame().Where(predicate).Err(), want, "%q", predicate)
	}
}

func TestWithComputesAColumn(t *testing.T) {
	f := expressionFrame().
		With("lost", "n * delta / 100").
		With("key", "subject + '/' + lower('N')").
		With("n", "n + 1").
		With("negative", "-delta").
		With("size", "if(n > 50, 'large', 'small')").
		With("slice", []int{1, 2, 3, 4, 5})
	require.NoError(t, f.Err())
	require.Equal(t, -12.5, f.Col("lost").Value(0))
	require.Nil(t, f.Col("lost").Value(4))
	require.Equal(t, "law/n", f.Col("key").Value(0))
	require.Nil(t, f.Col("key").Value(4))
	require.Equal(t, int64(101), f.Col("n").Value(0))
	require.Equal(t, 2, f.position["n"])
	require.Equal(t, 12.5, f.Col("negative").Value(0))
	require.Equal(t, "small", f.Col("size").Value(1))
	require.Equal(t, int64(5), f.Col("slice").Value(4))
	require.ErrorContains(t, f.With("x", []int{1}).Err(), "with x: 1 values for 5 rows")
	require.ErrorContains(t, f.With("x", 5).Err(), "want a slice, not int")
	require.ErrorContains(t, f.With("x", "nope + 1").Err(), `with x: no column "nope"`)
}

func TestFunctionsKeepKindsAndRefuseWhatDoesNotFit(t *testing.T) {
	f := New(
		Ints("i", []int64{-7, math.MinInt64}).Masked([]bool{false, true}),
		Floats("x", []float64{-2.5, math.Inf(1)}),
		Bools("b", []bool{true, false}),
		Strings("s", []string{"é", "abc"}),
	)
	for expression, want := range map[string][]any{
		"abs(i)": {int64(7), nil}, "abs(x)": {2.5, math.Inf(1)}, "-i": {int64(7), nil}, "i % 4": {int64(-3), nil}, "x % 2": {-0.5, nil},
		"i / 2": {-3.5, nil}, "1 / b": {1.0, math.Inf(1)}, "b + b": {int64(2), int64(0)}, "i * 2.0": {-14.0, nil}, "i - 1": {int64(-8), nil},
		"floor(x)": {-3.0, math.Inf(1)}, "ceil(x)": {-2.0, math.Inf(1)}, "round(x)": {-3.0, math.Inf(1)}, "round(12.345, 2)": {12.35, 12.35},
		"sqrt(4)": {2.0, 2.0}, "exp(0)": {1.0, 1.0}, "log(1)": {0.0, 0.0}, "log10(1000)": {3.0, 3.0},
		"float(b)": {1.0, 0.0}, "int(-2.9)": {int64(-2), int64(-2)}, "int(b)": {int64(1), int64(0)}, "len(s)": {int64(1), int64(3)},
		"upper(s)": {"É", "ABC"}, "s + s": {"éé", "abcabc"}, "min(i, x)": {-7.0, nil}, "max(i, 3)": {int64(3), nil},
		"if(b, i, x)": {-7.0, math.Inf(1)}, "if(b, s, 'none')": {"é", "none"}, "i is null": {false, true}, "2 < 3": {true, true},
	} {
		got := f.With("y", expression).Col("y")
		require.NoError(t, got.Err(), expression)
		for i, w := range want {
			if expression == "x % 2" && i == 1 {
				require.True(t, math.IsNaN(got.floats[1]))
				continue
			}
			if w, ok := w.(float64); ok && !math.IsInf(w, 0) {
				require.InDelta(t, w, got.Value(i), 1e-12, expression)
				continue
			}
			require.Equal(t, w, got.Value(i), "%s, row %d", expression, i)
		}
	}
	whole := New(Ints("i", []int64{math.MinInt64}))
	for _, expression := range []string{"abs(i)", "-i", "i - 1", "i * -1", "i + i"} {
		require.ErrorContains(t, whole.With("y", expression).Err(), "has no int64 result in row 0", expression)
	}
	require.ErrorContains(t, f.With("y", "int(x)").Err(), "row 1 is +Inf, which does not fit int64")
	least := New(Floats("x", []float64{math.MinInt64})).With("y", "int(x)")
	require.Equal(t, []any{int64(math.MinInt64)}, values(least.Col("y")))
	require.ErrorContains(t, f.With("y", "if(x, 1, 2)").Err(), "if needs a condition, this is float64")
	require.ErrorContains(t, f.With("y", "if(b, 1, 'x')").Err(), "two values of one kind, these are int64 and string")
	require.ErrorContains(t, f.With("y", (*Column)(nil)).Err(), "with y: the column is nil")
}

func TestExpressionsOfAFrameWithoutRows(t *testing.T) {
	f := expressionFrame().Head(0)
	require.Equal(t, 0, f.Where("delta < 1 and subject in ('a', 'b') or len(subject) > 2").Len())
	require.NoError(t, f.With("x", "if(n > 5, 1, 2.5)").Err())
	require.NoError(t, f.With("x", "5").Err())
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"delta < -5 and subject == 'law'", "n in (1, 2.5) or not worse", "`odd name` is not null", "if(n > 1, 'a', subject) contains \"a\"",
		"-n + 3 * (n % 7) / 2 >= abs(delta)", "round(delta, 2) != 1e-3", "n not in (", "(((", "'\\", "a.b.c <> .5",
	} {
		f.Add(seed)
	}
	frame := expressionFrame()
	f.Fuzz(func(t *testing.T, source string) {
		result, err := frame.evaluate("test", source)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "test: "), err)
			return
		}
		require.Equal(t, frame.Len(), result.Len())
		require.True(t, result.null == nil || len(result.null) == frame.Len())
	})
}
