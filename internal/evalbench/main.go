// Command evalbench measures the evaluators: the same programs under the exact
// evaluator, under yaegi and compiled, what a small cell costs, and what a
// session keeps of 5,000 of them. The last two columns compare: above 1 exact
// is the faster, or the smaller.
//
//	go run ./internal/evalbench [-json file] [-quick] [name ...]
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/traefik/yaegi/interp"

	"adkernel/internal/evalbench/programs"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
	"adkernel/kernel/eval/yaegi"
)

//go:embed programs/programs.go
var source string

// A row is one line of the table; times are in seconds.
type row struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Exact    float64 `json:"exact"`
	Yaegi    float64 `json:"yaegi"`
	Compiled float64 `json:"compiled,omitempty"`
	Raw      float64 `json:"raw,omitempty"`    // yaegi itself, without what package yaegi adds
	Target   float64 `json:"target,omitempty"` // yaegi / exact, at least
	Python   string  `json:"python,omitempty"` // the same program
}

// starters start a session of either evaluator.
var starters = []func() (eval.Evaluator, error){
	func() (eval.Evaluator, error) {
		return exact.New(eval.Vocabulary{}, exact.Options{Stdout: io.Discard, Stderr: io.Discard})
	},
	func() (eval.Evaluator, error) {
		return yaegi.New(eval.Vocabulary{}, yaegi.Options{Stdout: io.Discard, Stderr: io.Discard})
	},
}

func main() {
	out := flag.String("json", "", "also write the rows to this file")
	quick := flag.Bool("quick", false, "a tenth of the repetitions")
	flag.Parse()
	rows, err := measure(flag.Args(), *quick)
	if err != nil {
		fmt.Fprintln(os.Stderr, "evalbench:", err)
		os.Exit(1)
	}
	print(rows)
	if *out != "" {
		text, err := json.MarshalIndent(rows, "", " ")
		if err == nil {
			err = os.WriteFile(*out, append(text, '\n'), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "evalbench:", err)
			os.Exit(1)
		}
	}
}

// measure measures what is named, or everything.
func measure(names []string, quick bool) ([]row, error) {
	wanted := func(name string) bool { return len(names) == 0 || slices.Contains(names, name) }
	repeat := 5
	if quick {
		repeat = 2
	}
	var rows []row
	for _, p := range compared {
		if !wanted(p.name) {
			continue
		}
		r, err := p.measure(repeat)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		rows = append(rows, r)
	}
	for _, f := range []struct {
		name string
		do   func(quick bool) ([]row, error)
	}{{"cells", cells}, {"start", start}, {"session", session}} {
		if !wanted(f.name) {
			continue
		}
		more, err := f.do(quick)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// A program is a call of one of the functions, or statements of a cell.
type program struct {
	name     string
	cell     string
	compiled func() any
	target   float64
	python   string
}

var compared = []program{
	{"loop", "Loop(10_000_000)", func() any { return programs.Loop(10_000_000) }, 3,
		"def f(n):\n s = 0\n for i in range(n): s += i & 7\n return s\nf(10_000_000)"},
	{"top-level loop", "s, n := 0, 10_000_000\nfor i := 0; i < n; i++ {\n\ts += i & 7\n}\ns", func() any { return programs.Loop(10_000_000) }, 3,
		"s, n = 0, 10_000_000\nfor i in range(n): s += i & 7\ns"},
	{"fib(27)", "Fib(27)", func() any { return programs.Fib(27) }, 20,
		"def fib(n): return n if n < 2 else fib(n-1) + fib(n-2)\nfib(27)"},
	{"float loop", "Floats(3_000_000)", func() any { return programs.Floats(3_000_000) }, 0,
		"def f(n):\n x = 0.0\n for i in range(n):\n  x = x*0.5 + i\n  if x > 1000: x -= 1000\n return x\nf(3_000_000)"},
	{"slice sum", "Sum(3_000_000)", func() any { return programs.Sum(3_000_000) }, 0,
		"def f(n):\n xs = [float(i) for i in range(1000)]\n s = 0.0\n for _ in range(n // 1000):\n  for x in xs: s += x\n return s\nf(3_000_000)"},
	{"sieve", "Sieve(1_000_000)", func() any { return programs.Sieve(1_000_000) }, 0,
		"def f(n):\n c = [False]*n\n k = 0\n for i in range(2, n):\n  if c[i]: continue\n  k += 1\n  for j in range(i*i, n, i): c[j] = True\n return k\nf(1_000_000)"},
	{"map updates", "Map(1_000_000)", func() any { return programs.Map(1_000_000) }, 0,
		"def f(n):\n m = {}\n for i in range(n): m[i%1000] = m.get(i%1000, 0) + i\n return m[7]\nf(1_000_000)"},
	{"word counts", "Words(1_000_000)", func() any { return programs.Words(1_000_000) }, 0,
		"def f(n):\n c = {}\n w = 'the cost of a call is the cost of a frame and of its arguments'.split()\n for i in range(n):\n  k = w[i%len(w)]\n  c[k] = c.get(k, 0) + 1\n return c['cost']\nf(1_000_000)"},
	{"string building", "Build(300_000)", func() any { return programs.Build(300_000) }, 1,
		"def f(n):\n b = []\n for _ in range(n):\n  b.append('ab')\n  b.append('c')\n return len(''.join(b))\nf(300_000)"},
	{"interface methods", "Methods(1_000_000)", func() any { return programs.Methods(1_000_000) }, 0,
		"class Square:\n def __init__(s, a): s.a = a\n def area(s): return s.a*s.a\nclass Disc:\n def __init__(s, r): s.r = r\n def area(s): return 3*s.r*s.r\ndef f(n):\n xs = [Square(2.0), Disc(1.0)]\n s = 0.0\n for i in range(n): s += xs[i&1].area()\n return s\nf(1_000_000)"},
	{"closures", "Closures(1_000_000)", func() any { return programs.Closures(1_000_000) }, 0,
		"def f(n):\n s = 0\n def add(x):\n  nonlocal s\n  s += x\n for i in range(n): add(i)\n return s\nf(1_000_000)"},
	{"native calls, float", "Native(300_000)", func() any { return programs.Native(300_000) }, 1,
		"import math\ndef f(n):\n s = 0.0\n for i in range(n): s += math.fmod(i, 3)\n return s\nf(300_000)"},
	{"native calls, string", "NativeString(300_000)", func() any { return programs.NativeString(300_000) }, 1,
		"def f(n):\n s = 0\n for _ in range(n): s += 'a call of native code'.find('native')\n return s\nf(300_000)"},
}

// raw are programs for yaegi itself, which cannot read all of the functions:
// declarations, and what is measured.
var raw = map[string][2]string{
	"loop":           {"func Loop(n int) int {\n\ts := 0\n\tfor i := 0; i < n; i++ {\n\t\ts += i & 7\n\t}\n\treturn s\n}", "Loop(10_000_000)"},
	"top-level loop": {"", "s, n := 0, 10_000_000\nfor i := 0; i < n; i++ {\n\ts += i & 7\n}\ns"},
}

// measure takes the best of several runs of each, in turn, and checks that all
// give the same value.
func (p program) measure(repeat int) (row, error) {
	r := row{Name: p.name, Unit: "s", Target: p.target, Python: p.python}
	want := fmt.Sprint(p.compiled())
	sessions := make([]eval.Evaluator, len(starters))
	for i, start := range starters {
		e, err := start()
		if err != nil {
			return r, err
		}
		defer e.Close()
		if _, err := e.Evaluate(context.Background(), eval.Cell{N: 1, Source: functions()}); err != nil {
			return r, err
		}
		sessions[i] = e
	}
	best := func(slot *float64, took time.Duration) {
		if s := took.Seconds(); *slot == 0 || s < *slot {
			*slot = s
		}
	}
	for n := range repeat {
		for i, e := range sessions {
			begin := time.Now()
			result, err := e.Evaluate(context.Background(), eval.Cell{N: n + 2, Source: p.cell})
			if err != nil {
				return r, err
			}
			best([]*float64{&r.Exact, &r.Yaegi}[i], time.Since(begin))
			if len(result.Values) != 1 || fmt.Sprint(result.Values[0]) != want {
				return r, fmt.Errorf("evaluator %d returned %v, compiled Go %s", i, result.Values, want)
			}
		}
		begin := time.Now()
		p.compiled()
		best(&r.Compiled, time.Since(begin))
		if p, ok := raw[p.name]; ok {
			took, err := evaluateRaw(p, want)
			if err != nil {
				return r, fmt.Errorf("yaegi itself: %w", err)
			}
			best(&r.Raw, took)
		}
	}
	return r, nil
}

func evaluateRaw(program [2]string, want string) (time.Duration, error) {
	in := interp.New(interp.Options{})
	if _, err := in.Eval(program[0]); err != nil {
		return 0, err
	}
	begin := time.Now()
	v, err := in.Eval(program[1])
	took := time.Since(begin)
	if err == nil && fmt.Sprint(v) != want {
		err = fmt.Errorf("returned %v, compiled Go %s", v, want)
	}
	return took, err
}

// functions is the text of the programs as a cell.
func functions() string {
	_, text, _ := strings.Cut(source, "package programs\n")
	return text
}

func print(rows []row) {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\texact\tyaegi\tcompiled\tyaegi/exact\ttarget\texact/compiled\t")
	for _, r := range rows {
		compiled, slower, target := "", "", ""
		if r.Compiled > 0 {
			compiled, slower = quantity(r.Compiled, r.Unit), fmt.Sprintf("%.1f", r.Exact/r.Compiled)
		}
		if r.Target > 0 {
			target = fmt.Sprintf(">= %g", r.Target)
		}
		other, ratio := "", ""
		if r.Yaegi > 0 {
			other, ratio = quantity(r.Yaegi, r.Unit), fmt.Sprintf("%.2f", r.Yaegi/r.Exact)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, quantity(r.Exact, r.Unit), other, compiled, ratio, target, slower)
	}
	w.Flush()
	fmt.Printf("%s, %s/%s, %d processors\n%s", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), text.String())
}

func quantity(x float64, unit string) string {
	if unit != "s" {
		return fmt.Sprintf("%.3g %s", x, unit)
	}
	switch {
	case x < 1e-3:
		return fmt.Sprintf("%.3g µs", 1e6*x)
	case x < 1:
		return fmt.Sprintf("%.3g ms", 1e3*x)
	}
	return fmt.Sprintf("%.3g s", x)
}
