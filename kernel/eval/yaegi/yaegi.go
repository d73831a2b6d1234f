// Package yaegi evaluates cells with traefik/yaegi v0.16.1. Cells are checked
// by go/types (kernel/cell) and then lowered to what that interpreter runs: a
// Go of about 1.21, in which names cannot be redefined. The package knows
// yaegi's habits; it does not know what cells are about.
//
// yaegi computes some Go programs wrongly without saying so. Where the
// lowering can tell, it refuses the cell (eval.Refused) before anything ran.
package yaegi

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"io"
	"path"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/traefik/yaegi/interp"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
)

// Options say where cells write.
type Options struct {
	Stdin          io.Reader // nil: the process's own
	Stdout, Stderr io.Writer

	// GoroutinePanic is called with what a goroutine panicked with. Nil: say
	// so on Stderr, and let the cells go on.
	GoroutinePanic func(v any)
}

// evaluator implements eval.Evaluator and eval.Replayer. The session answers
// what is asked beside a running cell.
type evaluator struct {
	*cell.Session
	interp *interp.Interpreter
	runID  *uint64 // the interpreter's, which a cancel increments
	names  *names
	rt     *runtime
	known  map[string]bool // import paths that have symbols

	mu      sync.Mutex               // guards what follows
	globals map[string]reflect.Value // internal name -> variable
	stale   bool                     // globals are of before the latest cell
	running bool                     // a cell runs
}

// New starts a session in which nothing is alive but the vocabulary. The
// result is an eval.Replayer, too.
func New(v eval.Vocabulary, o Options) (eval.Evaluator, error) {
	e := &evaluator{rt: newRuntime(o), names: newNames(), known: map[string]bool{"unsafe": true}}
	e.interp = interp.New(interp.Options{Stdin: o.Stdin, Stdout: o.Stdout, Stderr: e.rt, Unrestricted: true})
	id := reflect.ValueOf(e.interp).Elem().FieldByName("id")
	if !id.IsValid() || id.Kind() != reflect.Uint64 {
		return nil, errors.New("yaegi: this release of the interpreter has no run id: interrupts would end older closures")
	}
	e.runID = (*uint64)(id.Addr().UnsafePointer())
	standard := native.Symbols(e.rt)
	for _, symbols := range []interp.Exports{standard, v.Symbols, e.rt.symbols()} {
		if err := e.interp.Use(symbols); err != nil {
			return nil, fmt.Errorf("yaegi: %w", err)
		}
		for key := range symbols {
			e.known[path.Dir(key)] = true
		}
	}
	// The interpreter replaces these when it sees package fmt.
	if err := e.interp.Use(interp.Exports{"log/log": native.Fatal(e.rt)}); err != nil {
		return nil, fmt.Errorf("yaegi: %w", err)
	}
	session, err := newSession(e.interp, v, e.variable)
	if err != nil {
		return nil, err
	}
	e.Session = session
	return e, nil
}

// newSession reads types from the vocabulary's export data and the standard
// library's.
func newSession(in *interp.Interpreter, v eval.Vocabulary, value func(*types.Var) reflect.Value) (*cell.Session, error) {
	paths := func() []string {
		out := native.Packages()
		for path := range v.Types {
			out = append(out, path)
		}
		return out
	}
	data := func(path string) ([]byte, error) {
		if b, ok := v.Types[path]; ok {
			return b, nil
		}
		return native.ExportData(path)
	}
	fset := in.FileSet()
	return cell.NewSession(cell.Options{
		FileSet: fset, Importer: cell.NewImporter(paths, cell.NewExportData(fset, data)), Vocabulary: v, Docs: native.Doc, Value: value,
	})
}

// Evaluate implements eval.Evaluator.
func (e *evaluator) Evaluate(ctx context.Context, c eval.Cell) (eval.Result, error) {
	if ctx.Err() != nil {
		return eval.Result{}, interrupted()
	}
	p, err := e.Check(c)
	if err != nil {
		return eval.Result{}, err
	}
	lowered, err := e.lower(p)
	if err == nil {
		err = e.load(lowered)
	}
	if err != nil {
		e.Abandon(p)
		return eval.Result{}, err
	}
	defer e.settle()
	e.Commit(p)
	result := eval.Result{Defines: p.Defines, Uses: p.Uses, Notes: p.Notes}
	began := time.Now()
	err = e.run(ctx, lowered)
	result.Ran = time.Since(began)
	if err != nil {
		return result, err
	}
	result.Values = p.Visible(e.rt.take())
	return result, nil
}

// load compiles the cell and declares its names; no statement of it runs.
func (e *evaluator) load(l *lowered) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = refusal(l.cell, fmt.Sprintf("yaegi cannot compile it: %v", r))
		}
	}()
	program, err := e.interp.CompileAST(l.file)
	if err != nil {
		return refusal(l.cell, "yaegi cannot compile it: "+err.Error())
	}
	if _, err := e.interp.Execute(program); err != nil {
		return refusal(l.cell, "yaegi cannot load it: "+err.Error())
	}
	e.running = true
	return nil
}

// settle notes that the cell has ended, and that variables may have moved.
func (e *evaluator) settle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.stale = false, true
}

// run calls the function that holds the cell's statements, and returns when
// it has ended, interrupted or not.
func (e *evaluator) run(ctx context.Context, l *lowered) error {
	cancelable, cancel := context.WithCancel(context.Background())
	defer cancel()
	started, ended := e.rt.begin(ctx)
	stop := context.AfterFunc(ctx, func() {
		// The interpreter takes no notice of a cancel before it runs.
		select {
		case <-started:
		case <-ended:
		}
		cancel()
	})
	defer stop()
	_, err := e.interp.EvalWithContext(cancelable, l.entry+"()")
	if errors.Is(err, context.Canceled) && cancelable.Err() != nil {
		e.rt.stop()
		<-ended
		// Closures compare their run id with the interpreter's: give it back,
		// or every function made so far returns zeros from now on.
		atomic.AddUint64(e.runID, ^uint64(0))
		return interrupted()
	}
	var p interp.Panic
	if errors.As(err, &p) {
		return e.panicked(ctx, p.Value)
	}
	if err != nil {
		return refusal(l.cell, "yaegi: "+err.Error())
	}
	return nil
}

// panicked turns what a cell panicked with into its error.
func (e *evaluator) panicked(ctx context.Context, r any) error {
	trace := e.rt.trace(e.names)
	switch x := plain(r).(type) {
	case eval.Stop:
		if ctx.Err() != nil {
			return interrupted()
		}
		return &eval.Error{Kind: eval.Failure, Message: x.Error(), Cause: x.Err}
	case native.Exit:
		return &eval.Error{Kind: eval.Exit, Message: x.Error(), Status: x.Status}
	case error:
		return &eval.Error{Kind: eval.Panic, Message: panicText(x), Trace: trace, Cause: x}
	default:
		return &eval.Error{Kind: eval.Panic, Message: strings.Replace(fmt.Sprint(x), "reflect: slice index", "runtime error: index", 1), Trace: trace}
	}
}

// panicText says what Go would say where the interpreter, which works by
// reflection, fails in package reflect.
func panicText(err error) string {
	var v *reflect.ValueError
	if errors.As(err, &v) && v.Kind == reflect.Invalid {
		return "runtime error: invalid memory address or nil pointer dereference"
	}
	return err.Error()
}

// Value implements eval.Evaluator.
func (e *evaluator) Value(name string) (reflect.Value, bool) {
	v := e.Var(name)
	if v == nil {
		return reflect.Value{}, false
	}
	r := e.variable(v)
	return r, r.IsValid()
}

// variable is Value of an object.
func (e *evaluator) variable(v *types.Var) reflect.Value {
	internal, ok := e.names.lookup(v)
	if !ok {
		return reflect.Value{}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	// Looked up only when asked for, because it takes time in proportion to
	// everything ever declared; beside a running cell, as it was before the cell.
	if e.stale && !e.running {
		e.globals, e.stale = e.interp.Globals(), false
	}
	return e.globals[internal]
}

// Close implements eval.Evaluator.
func (e *evaluator) Close() error { return nil }

func interrupted() error { return &eval.Error{Kind: eval.Interrupt, Message: "interrupted"} }

func refusal(cell int, why string) error {
	return &eval.Error{Kind: eval.Refused, Message: why, At: []eval.Diagnostic{{Cell: cell, Line: 1, Column: 1, Message: why}}}
}
