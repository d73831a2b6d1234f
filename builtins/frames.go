package builtins

import (
	"adkernel/builtins/frame"
)

// Frame is a data frame: typed columns with nulls.
//
//	cmp.Subjects().Where("delta < -5").Sort("delta")
type Frame = frame.Frame

// NewFrame makes a data frame of columns.
//
//	NewFrame(Strings("run", names), Floats("accuracy", accuracies))
func NewFrame(columns ...*frame.Column) *Frame { return frame.New(columns...) }

// Floats is a column of float64.
func Floats(name string, values []float64) *frame.Column { return frame.Floats(name, values) }

// Ints is a column of integers, from a slice of any integer type.
func Ints(name string, values any) *frame.Column { return frame.Values(name, values) }

// Strings is a column of text.
func Strings(name string, values []string) *frame.Column { return frame.Strings(name, values) }

// Bools is a column of truth values.
func Bools(name string, values []bool) *frame.Column { return frame.Bools(name, values) }

// ReadCSV reads a data frame from a file of comma-separated values.
func ReadCSV(path string) *Frame { return frameOf(frame.ReadCSV(path)) }

// ReadJSONLines reads a data frame from a file of one JSON object a line.
func ReadJSONLines(path string) *Frame { return frameOf(frame.ReadJSONLines(path)) }

// ReadParquet reads a data frame from a Parquet file.
func ReadParquet(path string) *Frame { return frameOf(frame.ReadParquet(path)) }

// On joins frames where the named columns are equal.
//
//	left.Join(right, On("subject").Left())
func On(names ...string) frame.Joining { return frame.On(names...) }

// Count, Sum, Mean, Std, Min, Max, Median, Quantile, First and NUnique say what
// Agg and Pivot compute of each group: the new column's name, then the column.
//
//	test.Frame().GroupBy("subject").Agg(Count("n"), Mean("accuracy", "correct"))
func Count(name string) frame.Aggregate { return frame.Count(name) }

// Sum adds up the column's values.
func Sum(name, column string) frame.Aggregate { return frame.Sum(name, column) }

// Mean is the column's mean; of truth values the share of true.
func Mean(name, column string) frame.Aggregate { return frame.Mean(name, column) }

// Std is the column's sample standard deviation.
func Std(name, column string) frame.Aggregate { return frame.Std(name, column) }

// Min is the column's least value.
func Min(name, column string) frame.Aggregate { return frame.Min(name, column) }

// Max is the column's greatest value.
func Max(name, column string) frame.Aggregate { return frame.Max(name, column) }

// Median is the column's median.
func Median(name, column string) frame.Aggregate { return frame.Median(name, column) }

// Quantile is the column's q-quantile, as NumPy computes it.
func Quantile(name, column string, q float64) frame.Aggregate { return frame.Quantile(name, column, q) }

// First is the column's first value.
func First(name, column string) frame.Aggregate { return frame.First(name, column) }

// NUnique is how many different values the column has.
func NUnique(name, column string) frame.Aggregate { return frame.NUnique(name, column) }

func frameOf(f *Frame, err error) *Frame {
	check(err)
	check(f.Err())
	return f
}
