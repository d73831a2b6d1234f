package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"adkernel/kernel/console"
	"adkernel/kernel/notebook"
	"adkernel/kernel/worker"
)

type runCommand struct {
	evaluator
	Notebook    string            `arg:"" type:"existingfile" help:"Notebook (.ipynb) to execute, in the current directory."`
	Output      string            `name:"out" aliases:"output" short:"o" placeholder:"FILE" help:"Where the executed notebook goes; the notebook itself when left out."`
	AllowErrors bool              `help:"Go on after a cell that fails."`
	Parameters  map[string]string `short:"p" name:"parameter" placeholder:"NAME=VALUE" mapsep:"none" help:"Value of a parameter that the cell with the tag \"parameters\" declares. Repeatable."`
	Timeout     time.Duration     `placeholder:"DURATION" help:"Longest time of one cell, as in 10m; no limit when left out."`
	Show        bool              `help:"Print the cells' outputs as text."`
}

// Help says how the verb ends.
func (runCommand) Help() string {
	return `Exit status: 0 when all cells ran, with --allow-errors whether or not they failed; 2 when a cell failed, which ends the notebook, or when it cannot be read or written.`
}

// Run ends as Help says.
func (c runCommand) Run(ctx context.Context) error {
	nb, err := notebook.Read(c.Notebook)
	if err != nil {
		return err
	}
	if err := nb.SetParameters(c.Parameters); err != nil {
		return err
	}
	output := c.Output
	if output == "" {
		output = c.Notebook
	}
	saved := saver{nb: nb, path: output}
	if err := saved.check(); err != nil {
		return err
	}
	options, err := c.worker()
	if err != nil {
		return err
	}
	session, err := worker.Start(options)
	if err != nil {
		return err
	}
	defer session.Close()
	p := newProgress(os.Stderr)
	failure := nb.Execute(ctx, session, notebook.Options{
		AllowErrors: c.AllowErrors,
		Timeout:     c.Timeout,
		Progress: func(step notebook.Progress) {
			p.step(step)
			if step.Done && c.Show {
				showOutputs(os.Stdout, console.IsTerminal(os.Stdout), step.Cell)
			}
			saved.step(step)
		},
	})
	var cellFailed *notebook.CellError
	if failure != nil && !errors.As(failure, &cellFailed) {
		return failure // refused before a cell ran: there is nothing to write
	}
	if err := nb.Write(output); err != nil {
		return err
	}
	return failure
}

// saver writes a notebook while it is executed, so that what has run is not
// lost with the machine.
type saver struct {
	nb   *notebook.Notebook
	path string
	last time.Time     // it was written
	took time.Duration // to write it
}

// check fails where the notebook could not be written: before the first cell
// has run, not after the last.
func (s *saver) check() error {
	f, err := os.CreateTemp(filepath.Dir(s.path), ".adkernel-*")
	if err != nil {
		return fmt.Errorf("notebook %s cannot be written: %w", s.path, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// step writes after a cell, but spends little of the time on it.
func (s *saver) step(step notebook.Progress) {
	if !step.Done || time.Since(s.last) < max(time.Second, 20*s.took) {
		return
	}
	began := time.Now()
	_ = s.nb.Write(s.path) // the last writing says why it fails
	s.last = time.Now()
	s.took = s.last.Sub(began)
}

// showOutputs prints what a cell shows, a blank line after it.
func showOutputs(w io.Writer, colours bool, c *notebook.Cell) {
	for _, o := range c.Outputs {
		text := strings.TrimRight(o.Plain(), "\n")
		if !colours {
			text = console.StripEscapes(text)
		}
		_, card := o.Data["text/html"]
		if _, figure := o.Data["image/png"]; card || figure {
			text = console.Folded(w, text)
		}
		if text != "" {
			fmt.Fprintf(w, "%s\n\n", text)
		}
	}
}

// progress says which cell runs: on a terminal a line that is rewritten every
// second, elsewhere a line for each cell that ended.
type progress struct {
	w        *os.File
	terminal bool

	mu   sync.Mutex
	stop chan struct{} // closed when the running cell ends
}

func newProgress(w *os.File) *progress {
	return &progress{w: w, terminal: console.IsTerminal(w)}
}

func (p *progress) step(step notebook.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case step.Done && p.terminal:
		close(p.stop)
		fmt.Fprint(p.w, "\r\x1b[K")
	case step.Done:
		fmt.Fprintf(p.w, "cell %d (%d of %d): %.1f s\n", step.Place, step.Number, step.Of, step.Elapsed.Seconds())
	case p.terminal:
		p.stop = make(chan struct{})
		go p.tick(step, p.stop)
	}
}

func (p *progress) tick(step notebook.Progress, stop chan struct{}) {
	start := time.Now()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		p.mu.Lock()
		select {
		case <-stop:
		default:
			fmt.Fprintf(p.w, "\r\x1b[Kcell %d (%d of %d), %.0f s", step.Place, step.Number, step.Of, time.Since(start).Seconds())
		}
		p.mu.Unlock()
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
	}
}
