package frame

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// evaluations is a table of 1 M rows: 16 runs of 62 500 samples of 57
// subjects. testdata/bench_peers.py builds the same one.
func evaluations() *Frame {
	const runs, samples, subjects = 16, 62_500, 57
	n := runs * samples
	random := rand.New(rand.NewPCG(1, 2))
	run, subject := make([]string, n), make([]string, n)
	sample := make([]int64, n)
	correct := make([]bool, n)
	nll := make([]float64, n)
	for i, at := range random.Perm(n) {
		run[i] = fmt.Sprintf("run_%02d", at/samples)
		sample[i] = int64(at % samples)
		subject[i] = fmt.Sprintf("subject_%02d", at%samples%subjects)
		correct[i] = random.Float64() < 0.7
		nll[i] = random.ExpFloat64()
	}
	return New(Strings("run", run), Strings("subject", subject), Ints("sample", sample),
		Bools("correct", correct), Floats("nll", nll))
}

func BenchmarkMillionRows(b *testing.B) {
	f := evaluations()
	margins := f.Select("run", "sample", "nll").Sort("sample").Rename("nll", "margin")
	operations := []struct {
		name string
		run  func() *Frame
	}{
		{"group", func() *Frame {
			return f.GroupBy("run", "subject").Agg(Count("n"), Mean("accuracy", "correct"), Mean("nll", "nll"))
		}},
		{"median", func() *Frame { return f.GroupBy("run", "subject").Agg(Median("nll", "nll")) }},
		{"join", func() *Frame { return f.Join(margins, On("run", "sample")) }},
		{"sort", func() *Frame { return f.Sort("-nll") }},
		{"sort3", func() *Frame { return f.Sort("run", "subject", "nll") }},
		{"pivot", func() *Frame { return f.Pivot("subject", "run", Mean("", "correct")) }},
		{"where", func() *Frame { return f.Where("nll > 2 and not correct and subject != 'subject_00'") }},
	}
	for _, o := range operations {
		b.Run(o.name, func(b *testing.B) {
			for b.Loop() {
				if err := o.run().Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadMillionRows(b *testing.B) {
	f := evaluations()
	folder := b.TempDir()
	formats := []struct {
		name  string
		write func(string) error
		read  func(string) (*Frame, error)
	}{
		{"csv", f.WriteCSV, ReadCSV},
		{"jsonl", f.WriteJSONLines, ReadJSONLines},
		{"parquet", f.WriteParquet, ReadParquet},
	}
	for _, format := range formats {
		path := filepath.Join(folder, "evaluations."+format.name)
		if err := format.write(path); err != nil {
			b.Fatal(err)
		}
		b.Run(format.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := format.read(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
