package yaegi

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/traefik/yaegi/interp"

	"adkernel/internal/pattern"
	"adkernel/kernel/eval"
)

// runtimePath is where lowered cells find what they call.
const runtimePath = mark + "rt"

// runtime serves the running cell: it receives the values to show, knows when
// the cell has started and ended, and picks the call trace out of what the
// interpreter writes to standard error.
type runtime struct {
	stderr         io.Writer
	goroutinePanic func(any)

	mu      sync.Mutex
	ctx     context.Context
	values  []any
	frames  []frame
	at      [2]int // line and column of the cell's statement
	started chan struct{}
	ended   chan struct{}
	stopped chan struct{} // closed when the interpreter has taken notice of an interrupt
}

// frame is a call that a panic left.
type frame struct {
	fn              string
	cell, line, col int
}

func newRuntime(o Options) *runtime {
	return &runtime{stderr: o.Stderr, goroutinePanic: o.GoroutinePanic, ctx: context.Background()}
}

// begin prepares for a cell.
func (r *runtime) begin(ctx context.Context) (started, ended <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ctx, r.values, r.frames = ctx, nil, nil
	r.started, r.ended, r.stopped = make(chan struct{}), make(chan struct{}), make(chan struct{})
	return r.started, r.ended
}

// stop lets what waits for the end of an interrupted cell go on.
func (r *runtime) stop() { close(r.stopped) }

// take returns the values that the cell showed.
func (r *runtime) take() []any {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.values
	r.values = nil
	return v
}

// symbols are the functions that lowered cells call.
func (r *runtime) symbols() interp.Exports {
	show := reflect.ValueOf(r.show)
	shows := []reflect.Type{reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[error]()}
	functions := map[string]reflect.Value{
		"Started":   reflect.ValueOf(func() { close(r.started) }),
		"Ended":     reflect.ValueOf(func() { close(r.ended) }),
		"At":        reflect.ValueOf(r.statement),
		"Show":      show,
		"Recovered": reflect.ValueOf(r.recovered),
		"Goroutine": reflect.ValueOf(r.goroutine),
	}
	for key, f := range generics {
		functions[genericPrefix+strings.ReplaceAll(key, ".", "_")] = reflect.ValueOf(f)
	}
	return interp.Exports{
		runtimePath + "/" + runtimePath: functions,
		"time/time":                     {"Sleep": reflect.ValueOf(r.sleep)},
		".":                             {"MapTypes": reflect.ValueOf(map[reflect.Value][]reflect.Type{show: shows})},
	}
}

func (r *runtime) show(values ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range values {
		r.values = append(r.values, plain(v))
	}
}

// statement notes where the cell is.
func (r *runtime) statement(line, col int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = [2]int{line, col}
}

// recovered is what recover returns, as the user's code would see it.
func (r *runtime) recovered(v any) any {
	if v != nil {
		r.mu.Lock()
		r.frames = nil
		r.mu.Unlock()
	}
	return plain(v)
}

// goroutine reports a panic in a goroutine, which ends the goroutine only.
func (r *runtime) goroutine(v any) {
	r.mu.Lock()
	frames := r.frames
	r.frames = nil
	r.mu.Unlock()
	if r.goroutinePanic != nil {
		r.goroutinePanic(plain(v))
		return
	}
	fmt.Fprintf(r.stderr, "panic in a goroutine: %v\n", plain(v))
	for _, f := range frames {
		fmt.Fprintf(r.stderr, "\tat In[%d]:%d:%d\n", f.cell, f.line, f.col)
	}
}

// sleep is time.Sleep, cut short when the cell is interrupted: it returns once
// the interpreter will run no further statement.
func (r *runtime) sleep(d time.Duration) {
	r.mu.Lock()
	ctx, stopped, ended := r.ctx, r.stopped, r.ended
	r.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		select {
		case <-stopped:
		case <-ended:
		}
	}
}

// plain undoes the interpreter's wrapping of values.
func plain(v any) any {
	for {
		r, ok := v.(reflect.Value)
		if !ok || !r.IsValid() || !r.CanInterface() {
			return v
		}
		v = r.Interface()
	}
}

var cellFunc = pattern.New("^" + mark + `cell\d+` + mark + `\d+$`)

var (
	panicLine     = pattern.New(`^In\[(\d+)\]:(\d+):(\d+): panic: (?:main\.)?(.*)\(\.\.\.\)\n$`)
	rootPanicLine = pattern.New(`^(?:\d+:\d+|-): panic: .*\(\.\.\.\)\n$`) // of what calls the cell
)

// Write implements io.Writer for what the interpreter says on standard error:
// one line for each call that a panic leaves, in one write, and all the rest.
func (r *runtime) Write(b []byte) (int, error) {
	if rootPanicLine().Match(b) {
		return len(b), nil
	}
	m := panicLine().FindSubmatch(b)
	if m == nil {
		return r.stderr.Write(b)
	}
	f := frame{fn: string(m[4])}
	f.cell, _ = strconv.Atoi(string(m[1]))
	f.line, _ = strconv.Atoi(string(m[2]))
	f.col, _ = strconv.Atoi(string(m[3]))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, f)
	return len(b), nil
}

// trace returns the calls that the last panic left, innermost first. The place
// of a cell is that of its statement, of a function that of its beginning.
func (r *runtime) trace(n *names) []eval.Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []eval.Frame
	for _, f := range r.frames {
		if cellFunc().MatchString(f.fn) {
			f.line, f.col = r.at[0], r.at[1]
		}
		out = append(out, eval.Frame{Func: n.user(f.fn), Cell: f.cell, Line: f.line, Column: f.col})
	}
	r.frames = nil
	return out
}
