package frame

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func fromCSV(text string) (*Frame, error) {
	return decodeCSV(strings.NewReader(text), "test.csv")
}

func TestReadCSVInfersTheNarrowestKind(t *testing.T) {
	for _, test := range []struct {
		fields string
		kind   Kind
		values []any
	}{
		{"1,-2,+3", Int, []any{int64(1), int64(-2), int64(3)}},
		{"1,,3", Int, []any{int64(1), nil, int64(3)}},
		{"1,2.5,", Float, []any{1.0, 2.5, nil}},
		{"1e3,inf,-inf", Float, []any{1000.0, math.Inf(1), math.Inf(-1)}},
		{"true,False,TRUE", Bool, []any{true, false, true}},
		{"true,1,", String, []any{"true", "1", nil}},
		{"007,8,9", String, []any{"007", "8", "9"}},
		{"9223372036854775808,1,2", String, []any{"9223372036854775808", "1", "2"}},
		{"9223372036854775807,1,2", Int, []any{int64(math.MaxInt64), int64(1), int64(2)}},
		{"9007199254740992,0.5,2", Float, []any{9007199254740992.0, 0.5, 2.0}},
		{"9007199254740993,0.5,2", String, []any{"9007199254740993", "0.5", "2"}},
		{"0.5,9007199254740993,2", String, []any{"0.5", "9007199254740993", "2"}},
		{"1,9007199254740993,0.5", String, []any{"1", "9007199254740993", "0.5"}},
		{"9007199254740993,1,2", Int, []any{int64(9007199254740993), int64(1), int64(2)}},
		{"1e400,1,2", String, []any{"1e400", "1", "2"}},
		{"NA,null,None", String, []any{"NA", "null", "None"}},
		{`"",a,`, String, []any{"", "a", nil}},
		{`"",5,`, Int, []any{nil, int64(5), nil}},
		{`"",,""`, String, []any{"", nil, ""}},
		{",,", Float, []any{nil, nil, nil}},
		{"0x10,1,2", String, []any{"0x10", "1", "2"}},
		{"1_000,1,2", String, []any{"1_000", "1", "2"}},
		{`"1","2","3"`, Int, []any{int64(1), int64(2), int64(3)}},
		{"-,+,.", String, []any{"-", "+", "."}},
	} {
		t.Run(test.fields, func(t *testing.T) {
			text := "x,y\n"
			for field := range strings.SplitSeq(test.fields, ",") {
				text += field + ",y\n"
			}
			f, err := fromCSV(text)
			require.NoError(t, err)
			require.Equal(t, test.kind, f.Col("x").Kind())
			for i, want := range test.values {
				require.Equal(t, want, f.Col("x").Value(i))
			}
		})
	}
}

func TestReadCSVReadsAgainWhenALateRowContradictsTheFirst(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,late,bool\n")
	for i := range 3 * rowsToInfer {
		fmt.Fprintf(&text, "%d,%d,true\n", i, i)
	}
	text.WriteString("x7,0.5,\n")
	f, err := fromCSV(text.String())
	require.NoError(t, err)
	require.Equal(t, 3*rowsToInfer+1, f.Len())
	row, err := f.Row(3 * rowsToInfer)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"id": "x7", "late": 0.5, "bool": nil}, row)
	require.Equal(t, "42", f.Col("id").Value(42))
	require.Equal(t, 42.0, f.Col("late").Value(42))
}

func TestReadCSVKeepsQuotedFields(t *testing.T) {
	f, err := fromCSV("\ufeff\"a\",\"b \"\"c\"\"\"\r\n\"x, y\",\"line 1\r\nline \"\"2\"\"\n\"\r\n\"\",z")
	require.NoError(t, err)
	require.Equal(t, []string{"a", `b "c"`}, f.Columns())
	require.Equal(t, "x, y", f.Col("a").Value(0))
	require.Equal(t, "line 1\r\nline \"2\"\n", f.Col(`b "c"`).Value(0))
	require.Equal(t, "z", f.Col(`b "c"`).Value(1))
}

func TestReadCSVErrorsNameFileAndLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "test.csv: the file is empty",
		"a,b\n1,2\n\n3\n":             "test.csv:4: 1 field, but the header names 2 columns",
		"a,b\n\"x\ny\",2\n1,2,3\n":    "test.csv:4: 3 fields, but the header names 2 columns",
		"a,b\n1,\"2\n3,4\n":           "test.csv:2: the quote opened in line 2, field 2, is not closed",
		"a,b\n1,x\"y\n":               "test.csv:2: field 2 has a quote inside",
		"a,b\n\"x\"y,2\n":             "test.csv:2: field 1 goes on after its closing quote",
		"a,b,a\n":                     `test.csv:1: columns 1 and 3 are both named "a"`,
		",column_1\n":                 `test.csv:1: columns 1 and 2 are both named "column_1"`,
		"a,b\n1,2\n\"1\n\n\n\",2,3\n": "test.csv:3: 3 fields",
	} {
		_, err := fromCSV(text)
		require.ErrorContains(t, err, want, "%q", text)
	}
	_, err := ReadCSV("testdata/missing.csv")
	require.ErrorContains(t, err, "testdata/missing.csv")
}

func TestReadCSVOfOneColumnTakesBlankLinesAsNull(t *testing.T) {
	f, err := fromCSV("a\n1\n\n3\n")
	require.NoError(t, err)
	require.Equal(t, 3, f.Len())
	require.True(t, f.Col("a").IsNull(1))
}

func TestCSVWrittenIsReadBackEqual(t *testing.T) {
	f := New(
		Strings("text", []string{"", "a,b", "say \"x\"", "two\nlines", " "}),
		Strings("maybe", []string{"x", "", "", "y", "z"}).Masked([]bool{false, true, false, false, false}),
		Floats("float", []float64{1, -0.1, math.NaN(), math.Inf(-1), 1e300}),
		Ints("int", []int64{0, -1, math.MaxInt64, math.MinInt64, 0}).Masked([]bool{false, false, false, false, true}),
		Bools("bool", []bool{true, false, true, false, true}),
	)
	path := filepath.Join(t.TempDir(), "f.csv")
	require.NoError(t, f.WriteCSV(path))
	got, err := ReadCSV(path)
	require.NoError(t, err)
	requireSame(t, f, got)
	for _, name := range f.Columns() {
		require.Equal(t, f.Col(name).Kind(), got.Col(name).Kind(), name)
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\n\"x, \"\"y\"\"\",\n", "a\n\n\n", "\ufeffa,b\r\n1,2", "a,b\n1,\"", "a,b\n1\n", "a,b\n-0,1e5\n.5,NaN\n", "\"\"\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := fromCSV(text)
		if err != nil {
			return
		}
		var written bytes.Buffer
		require.NoError(t, read.encodeCSV(&written))
		again, err := fromCSV(written.String())
		require.NoError(t, err)
		require.Equal(t, read.Columns(), again.Columns())
		require.Equal(t, read.Len(), again.Len())
		require.Equal(t, read.String(), again.String())
	})
}
