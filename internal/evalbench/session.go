package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"adkernel/kernel/eval"
)

// smallCells are evaluated as often as a reader's patience allows.
var smallCells = []struct{ name, source, python string }{
	{"cell 1+1", "1+1", "1+1"},
	{"cell x := 5", "x := 5", "x = 5"},
	{"cell fmt.Println", `fmt.Println("a")`, `print("a")`},
}

// cells measures what a small cell costs: the median.
func cells(quick bool) ([]row, error) {
	n := 400
	if quick {
		n = 100
	}
	var rows []row
	for _, c := range smallCells {
		r := row{Name: c.name, Unit: "s", Target: 1, Python: c.python}
		for i, start := range starters {
			e, err := start()
			if err != nil {
				return nil, err
			}
			took := make([]float64, n)
			for j := range took {
				begin := time.Now()
				if _, err := e.Evaluate(context.Background(), eval.Cell{N: j + 1, Source: c.source}); err != nil {
					return nil, err
				}
				took[j] = time.Since(begin).Seconds()
			}
			e.Close()
			*[]*float64{&r.Exact, &r.Yaegi}[i] = median(took)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// start measures a new session and its first cell.
func start(quick bool) ([]row, error) {
	r := row{Name: "session start and first cell", Unit: "s"}
	n := 9
	if quick {
		n = 3
	}
	for i, start := range starters {
		took := make([]float64, n)
		for j := range took {
			begin := time.Now()
			e, err := start()
			if err != nil {
				return nil, err
			}
			if _, err := e.Evaluate(context.Background(), eval.Cell{N: 1, Source: `fmt.Println("a")`}); err != nil {
				return nil, err
			}
			took[j] = time.Since(begin).Seconds()
			e.Close()
		}
		*[]*float64{&r.Exact, &r.Yaegi}[i] = median(took)
	}
	return []row{r}, nil
}

// session measures what 5,000 cells leave in memory, and whether the last ones
// take longer than the first.
func session(quick bool) ([]row, error) {
	n := 5000
	if quick {
		n = 1000
	}
	kept := row{Name: fmt.Sprintf("kept per cell, %d cells", n), Unit: "B"}
	slower := row{Name: "time of the last tenth / first", Unit: "x"}
	for i, start := range starters {
		e, err := start()
		if err != nil {
			return nil, err
		}
		run := func(j int) (float64, error) {
			source := fmt.Sprintf("x := %d\nfor i := range 10 {\n\tx += i\n}\nfmt.Sprint(x)", j)
			begin := time.Now()
			_, err := e.Evaluate(context.Background(), eval.Cell{N: j + 1, Source: source})
			return time.Since(begin).Seconds(), err
		}
		const warm = 100
		for j := range warm {
			if _, err := run(j); err != nil {
				return nil, err
			}
		}
		before := heap()
		took := make([]float64, n)
		for j := range took {
			if took[j], err = run(warm + j); err != nil {
				return nil, err
			}
		}
		*[]*float64{&kept.Exact, &kept.Yaegi}[i] = max(0, heap()-before) / float64(n)
		*[]*float64{&slower.Exact, &slower.Yaegi}[i] = median(took[n-n/10:]) / median(took[:n/10])
		e.Close()
	}
	return []row{kept, slower}, nil
}

// heap is how many bytes are reachable.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func median(list []float64) float64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}
