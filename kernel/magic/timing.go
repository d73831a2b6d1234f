package magic

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"math"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"adkernel/kernel/eval"
)

// codeOf is where the Go of a line magic stands: behind its options.
func codeOf(source string, p part) (start, end int) {
	start, end = p.restAt, p.end
	if p.name != "timeit" {
		return start, end
	}
	for {
		word, after := nextWord(source, start, end)
		if len(word) < 2 || word[0] != '-' || !strings.ContainsRune("nr", rune(word[1])) {
			return start, end
		}
		start = after
		if len(word) == 2 {
			_, start = nextWord(source, start, end)
		}
	}
}

// nextWord reads a word, and the blanks after it.
func nextWord(source string, start, end int) (word string, after int) {
	from := start + blanks(source[start:end])
	to := from
	for to < end && !strings.ContainsRune(" \t\r\n", rune(source[to])) {
		to++
	}
	return source[from:to], to + blanks(source[to:end])
}

func blanks(text string) int { return len(text) - len(strings.TrimLeft(text, " \t")) }

// timeOnce is %time and %%time.
func timeOnce(c *call) (eval.Result, error) {
	start, end := codeOf(c.cell.Source, c.part)
	if c.part.kind == cellMagic {
		if c.part.rest != "" {
			return eval.Result{}, fmt.Errorf("%%%%time takes no arguments: its code stands in the lines below")
		}
		start, end = c.part.bodyAt, c.part.end
	}
	if strings.TrimSpace(c.cell.Source[start:end]) == "" {
		return eval.Result{}, fmt.Errorf("%%%s wants code to run", c.part.name)
	}
	before, began := processorTimes(), time.Now()
	result, err := c.code(start, end)
	wall, after := time.Since(began), processorTimes()
	user, system := after.user-before.user, after.system-before.system
	c.say("CPU times: user %s, sys: %s, total: %s", duration(user), duration(system), duration(user+system))
	c.say("Wall time: %s", duration(wall))
	return result, err
}

type processorTime struct{ user, system time.Duration }

// processorTimes are those of this process and of its children that ended.
func processorTimes() processorTime {
	var sum processorTime
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if syscall.Getrusage(who, &r) == nil {
			sum.user += time.Duration(r.Utime.Nano())
			sum.system += time.Duration(r.Stime.Nano())
		}
	}
	return sum
}

// What %timeit does when it is not told: IPython's numbers.
const (
	defaultRuns = 7
	enough      = 200 * time.Millisecond // of one run
	maxLoops    = 1_000_000_000
)

// timeRepeated is %timeit and %%timeit. It evaluates a loop around the code,
// whose own cost is not subtracted; that of starting a cell is.
func timeRepeated(c *call) (eval.Result, error) {
	loops, runs, err := c.loopsAndRuns()
	if err != nil {
		return eval.Result{}, err
	}
	start, end := codeOf(c.cell.Source, c.part)
	if c.part.kind == cellMagic {
		if strings.TrimSpace(c.cell.Source[start:lineEnd(c.cell.Source, start)]) != "" && start < c.part.bodyAt {
			if _, err := c.code(start, c.part.bodyAt); err != nil {
				return eval.Result{}, err
			}
		}
		start, end = c.part.bodyAt, c.part.end
	}
	if strings.TrimSpace(c.cell.Source[start:end]) == "" {
		return eval.Result{}, fmt.Errorf("%%timeit wants code to run")
	}
	t := &repetition{call: c, start: start, end: end}
	if err := t.calibrate(); err != nil {
		return eval.Result{}, err
	}
	if loops == 0 {
		if loops, err = t.loops(); err != nil {
			return eval.Result{}, err
		}
	}
	var each []float64 // nanoseconds
	for range runs {
		took, err := t.run(loops)
		if err != nil {
			return eval.Result{}, err
		}
		each = append(each, float64(took)/float64(loops))
	}
	mean, deviation := moments(each)
	least := float64(t.spread) / float64(loops) // that can be told from nothing
	if mean == 0 {
		c.say("less than %s per loop: %s are too few to be measured", nanoseconds(max(least, 1)), count(loops, "loop"))
		return eval.Result{}, nil
	}
	c.say("%s ± %s per loop (mean ± std. dev. of %s, %s each)", nanoseconds(mean), nanoseconds(max(deviation, least)), count(runs, "run"), count(loops, "loop"))
	return eval.Result{}, nil
}

func (c *call) loopsAndRuns() (loops, runs int, err error) {
	all := strings.Fields(c.part.rest)
	given, _, err := options(all, "", "nr")
	if err != nil {
		return 0, 0, fmt.Errorf("%%timeit: %w", err)
	}
	runs = defaultRuns
	for name, n := range map[string]*int{"n": &loops, "r": &runs} {
		text, ok := given[name]
		if !ok {
			continue
		}
		if *n, err = strconv.Atoi(text); err != nil || *n < 1 {
			return 0, 0, fmt.Errorf("%%timeit -%s wants a number from 1, not %q", name, text)
		}
	}
	return loops, runs, nil
}

// repetition runs a part of a cell in a loop.
type repetition struct {
	*call
	start, end int
	value      bool          // the code is an expression that is no statement
	overhead   time.Duration // of a loop that runs zero times
	spread     time.Duration // how far apart measurements of that usually are
}

// run returns how long n times took.
func (t *repetition) run(n int) (time.Duration, error) {
	source := t.cell.Source
	code := source[t.start:t.end]
	prefix := "for timeitLoop := 0; timeitLoop < " + strconv.Itoa(n) + "; timeitLoop++ { "
	if t.value {
		prefix += unused
	}
	cell := eval.Cell{N: t.cell.N, Source: blank(source[:t.start]) + prefix + strings.TrimRight(code, " \t\r\n") + "\n}"}
	result, err := t.e.inner.Evaluate(t.ctx, cell)
	if err != nil {
		return 0, shifted(err, source, t.start, len(prefix))
	}
	return max(result.Ran-t.overhead, 0), nil
}

// unused goes before an expression that is no statement: a value that nobody
// uses.
const unused = "_ = "

// isValue says whether code is an expression that is no statement, as far as
// one can see without types: a call may be a conversion.
func isValue(code string) bool {
	x, err := parser.ParseExpr(strings.TrimSpace(code))
	if err != nil {
		return false
	}
	call, isCall := ast.Unparen(x).(*ast.CallExpr)
	if !isCall {
		return true
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.InterfaceType, *ast.StarExpr:
		return true
	case *ast.Ident:
		switch o := types.Universe.Lookup(f.Name).(type) {
		case *types.TypeName:
			return true
		case *types.Builtin:
			return !slices.Contains([]string{"clear", "close", "copy", "delete", "panic", "print", "println", "recover"}, o.Name())
		}
	}
	return false
}

// calibrate measures what a loop costs that runs zero times.
func (t *repetition) calibrate() error {
	code := t.cell.Source[t.start:t.end]
	t.value = isValue(code)
	if _, err := t.run(0); err != nil {
		var refused *eval.Error
		_, noExpression := parser.ParseExpr(strings.TrimSpace(code))
		if noExpression != nil || !errors.As(err, &refused) || refused.Kind != eval.Check {
			return err
		}
		// A conversion, or a name that the session gives another meaning.
		t.value = !t.value
		if _, again := t.run(0); again != nil {
			return err
		}
	}
	var all []time.Duration
	for range 7 {
		took, err := t.run(0)
		if err != nil {
			return err
		}
		all = append(all, took)
	}
	slices.Sort(all)
	t.overhead, t.spread = all[0], all[len(all)/2]-all[0]
	return nil
}

// loops is the power of ten at which one run takes long enough to be measured.
func (t *repetition) loops() (int, error) {
	for n := 1; ; n *= 10 {
		took, err := t.run(n)
		if err != nil || took >= enough || n >= maxLoops {
			return n, err
		}
	}
}

// shifted moves the positions of an error in the line of at back to where the
// user wrote the code, before which width bytes were put.
func shifted(err error, source string, at, width int) error {
	e, ok := err.(*eval.Error)
	if !ok {
		return err
	}
	line := 1 + strings.Count(source[:at], "\n")
	trace := func(frames []eval.Frame) (moved []eval.Frame) {
		for _, f := range frames {
			if f.Line == line {
				f.Column = max(1, f.Column-width)
			}
			moved = append(moved, f)
		}
		return moved
	}
	moved := *e
	moved.At, moved.Earlier = nil, nil
	for _, d := range e.At {
		if d.Line == line {
			d.Column = max(1, d.Column-width)
		}
		moved.At = append(moved.At, d)
	}
	moved.Trace = trace(e.Trace)
	for _, o := range e.Earlier {
		o.Trace = trace(o.Trace)
		moved.Earlier = append(moved.Earlier, o)
	}
	return &moved
}

// moments are the mean and the standard deviation.
func moments(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation)
}

func duration(d time.Duration) string { return nanoseconds(float64(d)) }

// nanoseconds writes a time with three digits, as IPython does.
func nanoseconds(ns float64) string {
	if ns >= float64(time.Minute) {
		return time.Duration(ns).Round(time.Second).String()
	}
	unit, size := "ns", 1.
	for _, u := range []struct {
		name string
		size float64
	}{{"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}} {
		if ns >= u.size {
			unit, size = u.name, u.size
		}
	}
	value := ns / size
	digits := 2
	if value >= 10 {
		digits = 1
	}
	if value >= 100 {
		digits = 0
	}
	text := strconv.FormatFloat(value, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + " " + unit
}

// count writes a number with its noun: 1 loop, 10,000 loops.
func count(n int, noun string) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if n != 1 {
		noun += "s"
	}
	return text + " " + noun
}
