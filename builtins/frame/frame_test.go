package frame

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewRefusesColumnsThatDoNotFit(t *testing.T) {
	for _, test := range []struct {
		columns []*Column
		want    string
	}{
		{[]*Column{Ints("a", []int64{1}), Ints("b", nil)}, `column "b" has 0 rows, column "a" has 1`},
		{[]*Column{Ints("a", nil), Ints("a", nil)}, `two columns are named "a"`},
		{[]*Column{nil}, "column 1 is nil"},
		{[]*Column{Values("a", []struct{}{{}})}, `column "a": a column holds numbers, bools or strings, not struct {}`},
		{[]*Column{Values("a", 5)}, `column "a": want a slice, not int`},
		{[]*Column{Values("a", nil)}, `column "a": want a slice, not <nil>`},
		{[]*Column{Values("a", []any{1, "x"})}, `column "a", row 1: x is string in a column of int64`},
		{[]*Column{Values("a", []uint64{1 << 63})}, "9223372036854775808 does not fit int64"},
		{[]*Column{Ints("a", []int64{1}).Masked(nil)}, `column "a" has 1 rows, its mask 0`},
		{[]*Column{New().Col("zz")}, `no column "zz"; the frame has no columns`},
	} {
		require.ErrorContains(t, New(test.columns...).Err(), test.want)
	}
}

func TestAnErrorIsCarriedThroughEveryVerb(t *testing.T) {
	good := New(Ints("n", []int64{1}))
	broken := good.Where("m > 1")
	cause := broken.Err()
	require.ErrorContains(t, cause, `no column "m"`)
	for _, f := range []*Frame{
		broken.Where("n > 1"), broken.Sort("n"), broken.Select("n"), broken.Drop("n"), broken.Rename("n", "m"), broken.With("m", "n"),
		broken.Head(1), broken.Tail(1), broken.Unique(), broken.Unique("n"), broken.DropNull(), broken.FillNull("n", 1),
		broken.GroupBy("n").Agg(Count("c")), broken.GroupBy().Agg(), broken.Pivot("n", "n", Count("")), broken.Describe(), Concat(good, broken),
		broken.Join(good, On("n")), good.Join(broken, On("n")), broken.Join(good, Joining{}),
	} {
		require.ErrorIs(t, f.Err(), cause)
		require.Panics(t, func() { f.Len() })
		require.Empty(t, f.Columns())
	}
	_, err := broken.Col("n").Floats()
	require.ErrorIs(t, err, cause)
	_, err = broken.Row(0)
	require.ErrorIs(t, err, cause)
	path := filepath.Join(t.TempDir(), "f")
	for _, err := range []error{broken.WriteCSV(path), broken.WriteJSONLines(path), broken.WriteParquet(path)} {
		require.ErrorIs(t, err, cause)
	}
	require.Equal(t, "error: "+cause.Error(), broken.String())
	require.Equal(t, broken.String(), broken.MimeBundle().Plain())
	require.NotContains(t, broken.MimeBundle().Data, "text/html")
}

func TestColumnsAndGroupsShowThemselves(t *testing.T) {
	f := New(Ints("n", []int64{1, 2, 2}))
	require.Equal(t, f.String(), f.Col("n").String())
	require.Equal(t, f.MimeBundle(), f.Col("n").MimeBundle())
	require.Equal(t, `error: no column "m"; the columns are n`, f.Col("m").MimeBundle().Plain())
	require.Equal(t, "3 rows in 2 groups", f.GroupBy("n").String())
	require.ErrorContains(t, f.GroupBy("m").Err(), "group by")
}

func TestANilFrameIsEmpty(t *testing.T) {
	var f *Frame
	require.NoError(t, f.Err())
	for _, g := range []*Frame{f.Head(1), f.Unique(), f.DropNull(), f.Describe(), f.Drop(), f.Select(), f.Sort(), Concat(f)} {
		require.NoError(t, g.Err())
		require.Zero(t, g.Len())
	}
	require.Equal(t, 1, f.With("x", []int{1}).Len())
	require.Equal(t, "0 rows × 0 columns", f.String())
	require.ErrorContains(t, f.Where("x > 1").Err(), "the frame has no columns")
	for _, g := range []*Frame{f.Sort("x"), f.Select("x"), f.Drop("x"), f.Rename("x", "y"), f.Unique("x"), f.DropNull("x"), f.FillNull("x", 0)} {
		require.ErrorContains(t, g.Err(), "the frame has no columns")
	}
	_, err := f.Row(0)
	require.ErrorContains(t, err, "row 0 of a frame of 0 rows")
}

func TestColumnsAreTakenOutOnlyWhole(t *testing.T) {
	f := New(Ints("n", []int64{1, 2}).Masked([]bool{false, true}), Strings("s", []string{"x", "y"}), Bools("b", []bool{true, false}))
	floats, err := f.Col("n").Floats()
	require.NoError(t, err)
	require.Equal(t, 1.0, floats[0])
	require.True(t, math.IsNaN(floats[1]))
	_, err = f.Col("n").Ints()
	require.ErrorContains(t, err, `column "n" has 1 null in 2 rows: DropNull or FillNull first`)
	_, err = f.Col("s").Floats()
	require.ErrorContains(t, err, `column "s" holds strings, not numbers`)
	_, err = f.Col("s").Bools()
	require.ErrorContains(t, err, `column "s" holds string, not bool`)
	texts, err := f.Col("s").Strings()
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, texts)
	ints, err := f.FillNull("n", 7).Col("n").Ints()
	require.NoError(t, err)
	require.Equal(t, []int64{1, 7}, ints)
	require.ErrorContains(t, f.FillNull("n", "x").Err(), "x is string in a column of int64")
	row, err := f.DropNull().Row(0)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"n": int64(1), "s": "x", "b": true}, row)
}

func TestFramesDoNotShareValuesWithTheirCallers(t *testing.T) {
	given := []float64{1, 2}
	f := New(Floats("x", given))
	given[0] = 9
	got, err := f.Col("x").Floats()
	require.NoError(t, err)
	got[1] = 9
	require.Equal(t, 1.0, f.Col("x").Value(0))
	require.Equal(t, 2.0, f.Col("x").Value(1))

	columns, keys := []*Column{f.Col("x")}, []string{"x"}
	g, how := New(columns...), On(keys...)
	columns[0], keys[0] = Ints("y", []int64{1, 2, 3}), "y"
	require.Equal(t, []string{"x"}, g.Columns())
	require.Equal(t, 2.0, g.Col("x").Value(1))
	require.NoError(t, g.Join(f, how).Err())
}

func TestFromStructsTakesExportedFieldsByTag(t *testing.T) {
	type Common struct{ Run string }
	type sample struct {
		Common
		Subject string `frame:"subject"`
		Index   int32
		Margin  *float32 `frame:"margin"`
		Secret  string   `frame:"-"`
		hidden  int
	}
	margin := float32(0.5)
	f := FromStructs([]sample{{Common{"a"}, "law", 1, &margin, "x", 0}, {Subject: "math", hidden: 3}})
	require.NoError(t, f.Err())
	require.Equal(t, []string{"Run", "subject", "Index", "margin"}, f.Columns())
	require.Equal(t, 0.5, f.Col("margin").Value(0))
	require.Nil(t, f.Col("margin").Value(1))
	require.Equal(t, f.String(), FromStructs([]*sample{{Common{"a"}, "law", 1, &margin, "x", 0}, {Subject: "math"}}).String())
	require.ErrorContains(t, FromStructs([]*sample{nil}).Err(), "row 0 is a nil pointer")
	require.ErrorContains(t, FromStructs(5).Err(), "want a slice of structs, not int")
	require.ErrorContains(t, FromStructs([]struct{ Tags []string }{{}}).Err(), `field Tags: column "Tags": a column holds numbers, bools or strings, not []string`)
}

func TestFromStructsPutsFieldsInPlaceOfAnEmbeddedStruct(t *testing.T) {
	type Common struct{ Run string }
	type Timing struct{ Start, End int }
	type sample struct {
		*Common
		Timing `frame:"-"`
		Index  int
	}
	f := FromStructs([]sample{{&Common{"a"}, Timing{1, 2}, 1}, {Index: 2}})
	require.NoError(t, f.Err())
	require.Equal(t, []string{"Run", "Index"}, f.Columns())
	require.Equal(t, []any{"a", nil}, values(f.Col("Run")))
}

func TestFromRecordsFillsMissingKeysWithNull(t *testing.T) {
	f := FromRecords([]map[string]any{{"b": 1, "a": "x"}, {"b": 2.5}, {"a": nil, "c": true}})
	require.NoError(t, f.Err())
	require.Equal(t, []string{"a", "b", "c"}, f.Columns())
	require.Equal(t, Float, f.Col("b").Kind())
	require.Equal(t, 1.0, f.Col("b").Value(0))
	require.Equal(t, 2, f.Col("a").Nulls())
}

func TestWhatCannotBeWrittenIsNamed(t *testing.T) {
	folder := t.TempDir()
	require.ErrorContains(t, New(Ints("n", nil)).WriteCSV(filepath.Join(folder, "none", "f.csv")), "none")
	err := New(Ints("n", nil)).WriteCSV(folder)
	require.ErrorContains(t, err, folder)
	require.ErrorContains(t, err, "it is not a regular file")
	path := filepath.Join(folder, "f.csv")
	require.ErrorContains(t, New().WriteCSV(path), "the frame has no columns")
	require.NoFileExists(t, path)
}
