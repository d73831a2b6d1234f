package notebook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"adkernel/kernel"
	"adkernel/kernel/worker"
)

// Options of Execute.
type Options struct {
	AllowErrors bool           // go on after a cell that failed
	Timeout     time.Duration  // of each cell; zero: none
	Progress    func(Progress) // before and after each cell that is executed; may be nil
}

// Progress is about one code cell of a notebook that is being executed.
type Progress struct {
	Cell    *Cell
	Place   int // of the cell among all cells of the notebook, from 1
	Number  int // of the cell among those that are executed, from 1
	Of      int // how many are executed
	Done    bool
	Elapsed time.Duration // since the cell began, when it is done
}

// A CellError says which cell ended the execution of a notebook.
type CellError struct {
	Notebook string // path; empty when it was not read from a file
	Cell     int    // among all cells of the notebook, from 1
	Err      error  // a *worker.Error when the cell itself failed
}

func (e *CellError) Error() string {
	if e.Notebook == "" {
		return fmt.Sprintf("cell %d: %v", e.Cell, e.Err)
	}
	return fmt.Sprintf("notebook %s: cell %d: %v", e.Notebook, e.Cell, e.Err)
}

func (e *CellError) Unwrap() error { return e.Err }

// Execute runs the code cells in a session in which nothing ran yet, as "Run
// All" of JupyterLab does, and leaves in the notebook what JupyterLab would
// save: outputs, execution counts, the language. It stops at the first cell
// that fails, with a *CellError, unless AllowErrors is set or the cell has the
// tag "raises-exception"; the outputs so far are in the notebook then, and the
// cells after it have none. The end of ctx interrupts the running cell.
func (nb *Notebook) Execute(ctx context.Context, s *worker.Session, o Options) error {
	if err := nb.checkLanguage(); err != nil {
		return err
	}
	nb.setLanguage()
	total := 0
	for _, c := range nb.Cells {
		if c.Type == Code && !c.skipped() {
			c.ExecutionCount, c.Outputs = 0, nil
		}
		if c.runs() {
			total++
		}
	}
	recorder := newRecorder()
	defer recorder.close()
	n := 0
	for i, c := range nb.Cells {
		if !c.runs() {
			continue
		}
		if ctx.Err() != nil {
			return &CellError{nb.path, i + 1, errors.New("was not executed: interrupted")}
		}
		n++
		o.report(Progress{Cell: c, Place: i + 1, Number: n, Of: total})
		start := time.Now()
		err := executeCell(ctx, s, recorder, c, n, o.Timeout)
		elapsed := time.Since(start)
		recorder.look(func() { o.report(Progress{Cell: c, Place: i + 1, Number: n, Of: total, Done: true, Elapsed: elapsed}) })
		if err == nil {
			continue
		}
		var failed *worker.Error
		if ctx.Err() == nil && errors.As(err, &failed) && (o.AllowErrors || c.mayFail()) {
			continue
		}
		return &CellError{nb.path, i + 1, err}
	}
	return nil
}

func (o Options) report(p Progress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}

// runs says whether the cell is executed: Jupyter skips code cells without code.
func (c *Cell) runs() bool {
	return c.Type == Code && strings.TrimSpace(c.Source) != "" && !c.skipped()
}

// skipped says whether the cell's author wants it left as it is. The tag is
// nbclient's.
func (c *Cell) skipped() bool { return c.hasTag("skip-execution") }

// mayFail says whether the cell's author expects an error.
func (c *Cell) mayFail() bool {
	return c.hasTag("raises-exception")
}

func executeCell(ctx context.Context, s *worker.Session, r *recorder, c *Cell, n int, timeout time.Duration) error {
	cellCtx, end := ctx, context.CancelFunc(func() {})
	if timeout > 0 {
		cellCtx, end = context.WithTimeout(ctx, timeout)
	}
	defer end()
	c.ExecutionCount = n
	reply, err := s.Execute(cellCtx, worker.Request{N: n, Source: c.Source, MaxText: worker.DefaultMaxText}, func(e worker.Event) { r.record(c, e) })
	for _, note := range reply.Notes {
		r.record(c, worker.Stream{Name: "stderr", Text: note + "\n"})
	}
	switch {
	case err != nil:
		r.fail(c, err)
	case reply.Result != nil:
		r.result(c, n, *reply.Result)
	}
	for _, left := range reply.Payload {
		r.payload(c, left)
	}
	if err != nil && errors.Is(cellCtx.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("did not end within %v: %w", timeout, err)
	}
	return err
}

// checkLanguage refuses the notebooks of other kernels.
func (nb *Notebook) checkLanguage() error {
	want := kernel.Language().Name
	for _, field := range []struct{ object, name string }{{"language_info", "name"}, {"kernelspec", "language"}} {
		object, _ := nb.Metadata[field.object].(map[string]any)
		language, _ := object[field.name].(string)
		if language != "" && !strings.EqualFold(language, want) {
			return nb.problem(fmt.Errorf("its cells are in %s (metadata.%s.%s), not in Go", language, field.object, field.name))
		}
	}
	return nil
}

// setLanguage notes the language as Jupyter does when a kernel starts.
func (nb *Notebook) setLanguage() {
	if nb.Metadata == nil {
		nb.Metadata = map[string]any{}
	}
	nb.Metadata["language_info"] = jsonValue(kernel.Language())
}
