package frame

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// With -parquet FILE the tests leave a file for testdata/check_parquet.py.
var parquetFile = flag.String("parquet", "", "write the file that testdata/check_parquet.py reads")

func parquetExample() *Frame {
	second := []bool{false, true, false, false}
	return New(
		Strings("subject", []string{"law", "", "Ärzte", ""}).Masked(second),
		Floats("nll", []float64{1.5, 0, math.NaN(), math.Inf(1)}).Masked(second),
		Ints("index", []int64{1, 0, math.MinInt64, math.MaxInt64}).Masked(second),
		Bools("correct", []bool{true, false, false, true}).Masked(second),
		Strings("a", []string{"last", "column", "by", "place"}),
	)
}

func TestWriteParquetIsReadBackEqual(t *testing.T) {
	path := filepath.Join(t.TempDir(), "example.parquet")
	if *parquetFile != "" {
		path = *parquetFile
	}
	require.NoError(t, parquetExample().WriteParquet(path))
	got, err := ReadParquet(path)
	require.NoError(t, err)
	requireSame(t, parquetExample(), got)
}

func TestReadParquetReadsWhatPyArrowWrote(t *testing.T) {
	got, err := ReadParquet("testdata/pandas/pyarrow.parquet")
	require.NoError(t, err)
	row := func(i int) []bool { null := make([]bool, 4); null[i] = true; return null }
	requireSame(t, New(
		Strings("subject", []string{"law", "", "Ärzte", "law"}).Masked(row(1)),
		Strings("text", []string{"", "line\nbreak", "", "x"}).Masked(row(2)),
		Floats("nll", []float64{1.5, 0, math.NaN(), math.Inf(1)}).Masked(row(1)),
		Floats("single", []float64{float64(float32(0.1)), 2, 0, -3.5}).Masked(row(2)),
		Ints("index", []int64{1, 0, math.MinInt64, math.MaxInt64}).Masked(row(1)),
		Ints("small", []int64{1, 2, 0, 255}).Masked(row(2)),
		Ints("wide", []int64{1, 2, 0, math.MaxUint32}).Masked(row(2)),
		Bools("correct", []bool{true, false, false, true}).Masked(row(1)),
		nulls("nothing", Float, 4),
	), got)
}

func TestParquetKeepsManyRowsInOrder(t *testing.T) {
	n := rowsInGroup + 5000
	values := make([]int64, n)
	for i := range values {
		values[i] = int64(i)
	}
	path := filepath.Join(t.TempDir(), "long.parquet")
	require.NoError(t, New(Ints("i", values)).WriteParquet(path))
	got, err := ReadParquet(path)
	require.NoError(t, err)
	read, err := got.Col("i").Ints()
	require.NoError(t, err)
	require.Equal(t, values, read)
}

func TestReadParquetRefusesWhatACellCannotHold(t *testing.T) {
	_, err := ReadParquet("testdata/pandas/list.parquet")
	require.ErrorContains(t, err, `column "ids": lists and structs do not fit into a cell`)
	_, err = ReadParquet("testdata/pandas/timestamp.parquet")
	require.ErrorContains(t, err, `column "at": values of type TIMESTAMP`)
}

func TestWriteParquetRefusesTextThatParquetCannotHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bytes.parquet")
	err := New(Strings("text", []string{"plain", "\xff"})).WriteParquet(path)
	require.ErrorContains(t, err, `column "text", row 1: "\xff" is not valid UTF-8`)
	require.ErrorContains(t, New(Ints("\xff", []int64{1})).WriteParquet(path), `column "\xff" is not valid UTF-8`)
	require.NoFileExists(t, path)
}

func TestReadParquetOfADamagedFileIsAnError(t *testing.T) {
	whole, err := os.ReadFile("testdata/pandas/pyarrow.parquet")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "damaged.parquet")
	for size := 0; size < len(whole); size += 37 {
		require.NoError(t, os.WriteFile(path, whole[:size], 0o666))
		_, err := ReadParquet(path)
		require.ErrorContains(t, err, path)
	}
}

func FuzzParquet(f *testing.F) {
	whole, err := os.ReadFile("testdata/pandas/pyarrow.parquet")
	require.NoError(f, err)
	f.Add(300, byte(0xff))
	f.Add(len(whole)-10, byte(1))
	f.Fuzz(func(t *testing.T, at int, b byte) {
		damaged := append([]byte(nil), whole...)
		damaged[uint(at)%uint(len(damaged))] = b
		read, err := decodeParquet(bytes.NewReader(damaged), int64(len(damaged)))
		if err == nil {
			require.NotEmpty(t, read.String())
		}
	})
}

// parquet-go would take the memory first, and then see that it is not there.
func TestAFooterThatTheFileHasNoPlaceForIsRefused(t *testing.T) {
	whole, err := os.ReadFile("testdata/pandas/pyarrow.parquet")
	require.NoError(t, err)
	copy(whole[len(whole)-8:], "\xff\xff\xff\xff")
	_, err = decodeParquet(bytes.NewReader(whole), int64(len(whole)))
	require.ErrorContains(t, err, "its metadata would have 4294967295 bytes, and the file has")
}
