// Package magic is what a cell can say beside Go, as in IPython: programs of
// the shell ("!ls"), line magics ("%cd data"), cell magics ("%%bash"), and
// questions ("strings.Cut?"). Wrap puts it before an evaluator.
//
// A cell may mix them with Go. Its Go is checked as one cell before anything
// runs; then its parts run from top to bottom. Positions in errors stay those
// of the cell, because what is not Go is blanked and not cut out.
package magic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
)

// Options of Wrap.
type Options struct {
	Out, Err io.Writer  // where programs and magics write
	Doctor   func() any // what %doctor shows; nil: there is no such magic

	// Notebook reads the code cells of a notebook for %run; nil: it runs none.
	Notebook func(file string) ([]string, error)
}

// Wrap returns an evaluator whose cells may hold magics beside Go, which inner
// evaluates. The result is an eval.Replayer, too: %cd and %env outlive the
// process.
func Wrap(inner eval.Evaluator, o Options) eval.Evaluator {
	return &evaluator{inner: inner, Options: o}
}

type evaluator struct {
	Options
	inner eval.Evaluator

	early map[string]string // folders of %gopath that the check of the running cell has named already

	mu       sync.Mutex
	settings settings
}

// A checker finds what is wrong with the Go of a cell without running it.
// Evaluators that embed cell.Session are ones.
type checker interface {
	Check(eval.Cell) (*cell.Program, error)
}

// Evaluate implements eval.Evaluator.
func (e *evaluator) Evaluate(ctx context.Context, c eval.Cell) (eval.Result, error) {
	parts := parse(c.Source, e.isLive)
	if len(parts) == 0 || len(parts) == 1 && parts[0].kind == goCode {
		result, err := e.inner.Evaluate(ctx, c)
		return result, e.misplaced(c.Source, err)
	}
	e.early = map[string]string{}
	if err := e.check(c, parts); err != nil {
		return eval.Result{}, err
	}
	return e.run(ctx, c, parts)
}

// check finds unknown magics and errors in the Go of all parts.
func (e *evaluator) check(c eval.Cell, parts []part) error {
	var at []eval.Diagnostic
	for i, p := range parts {
		err := e.known(p)
		if err == nil && p.kind == lineMagic && p.name == "reset" && i < len(parts)-1 {
			err = errors.New("%reset comes last in a cell: what follows would still see what was alive")
		}
		if err != nil {
			at = append(at, eval.Diagnostic{Cell: c.N, Line: p.line, Column: p.column, Message: err.Error()})
		}
	}
	if len(at) > 0 {
		return &eval.Error{Kind: eval.Check, Message: at[0].Message, At: at}
	}
	known := parts // of what %run brings, nothing is known yet
	if i := slices.IndexFunc(parts, func(p part) bool { return p.kind == lineMagic && p.name == "run" }); i >= 0 {
		known = parts[:i]
	}
	code := goOf(c.Source, known)
	if strings.TrimSpace(code) == "" {
		return nil
	}
	for _, p := range known {
		if p.kind == lineMagic && p.name == "gopath" && p.rest != "" { // the Go of the cell may import from there
			call := &call{ctx: context.Background(), e: e, cell: c, part: p}
			folder, err := call.importFrom(strings.TrimPrefix(p.rest, "-q "))
			if err != nil {
				return e.failure(context.Background(), err)
			}
			e.early[p.rest] = folder
		}
	}
	if checker, ok := e.inner.(checker); ok {
		if _, err := checker.Check(eval.Cell{N: c.N, Source: code}); err != nil {
			return e.misplaced(c.Source, err)
		}
	}
	return nil
}

// run runs the parts one after another, up to the first that fails.
func (e *evaluator) run(ctx context.Context, c eval.Cell, parts []part) (eval.Result, error) {
	var all eval.Result
	for _, p := range parts {
		result, err := e.runPart(ctx, c, p)
		all.Defines = union(all.Defines, result.Defines)
		all.Uses = union(all.Uses, result.Uses)
		all.Notes = append(all.Notes, result.Notes...)
		all.Values = result.Values
		if err != nil {
			return all, e.failure(ctx, err)
		}
	}
	all.Uses = slices.DeleteFunc(all.Uses, func(name string) bool { return slices.Contains(all.Defines, name) })
	return all, nil
}

func (e *evaluator) runPart(ctx context.Context, c eval.Cell, p part) (eval.Result, error) {
	var run func(*call) (eval.Result, error)
	switch p.kind {
	case goCode:
		return e.inner.Evaluate(ctx, eval.Cell{N: c.N, Source: keep(c.Source, p.start, p.end)})
	case question:
		return e.answer(p)
	case shellLine:
		run = shell
	default:
		run = magics[p.name].run
	}
	call := &call{ctx: ctx, e: e, cell: c, part: p}
	result, err := run(call)
	result.Uses = union(result.Uses, call.uses)
	return result, err
}

// A call is one use of a magic.
type call struct {
	ctx  context.Context
	e    *evaluator
	cell eval.Cell
	part part
	uses []string // names of earlier cells in its arguments
}

// words are the arguments.
func (c *call) words() ([]string, error) {
	text, err := c.expand(c.part.rest)
	if err != nil {
		return nil, err
	}
	return words(text)
}

// path is the one path that text names.
func (c *call) path(text string) (string, error) {
	text, err := c.expand(text)
	if err != nil {
		return "", err
	}
	return wholePath(text)
}

// say prints a line.
func (c *call) say(format string, a ...any) { fmt.Fprintf(c.e.Out, format+"\n", a...) }

// code evaluates a part of the cell in which everything may stand that may
// stand in a cell.
func (c *call) code(start, end int) (eval.Result, error) {
	source := keep(c.cell.Source, start, end)
	inner := eval.Cell{N: c.cell.N, Source: source}
	return c.e.run(c.ctx, inner, parse(source, c.e.isLive))
}

// failure is the error with which a cell ends.
func (e *evaluator) failure(ctx context.Context, err error) error {
	var known *eval.Error
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return &eval.Error{Kind: eval.Interrupt, Message: "interrupted"}
	}
	return &eval.Error{Kind: eval.Failure, Message: err.Error(), Cause: err}
}

func (e *evaluator) isLive(name string) bool {
	_, ok := e.inner.Value(name)
	return ok
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// Names implements eval.Evaluator.
func (e *evaluator) Names() []eval.Name { return e.inner.Names() }

// Value implements eval.Evaluator.
func (e *evaluator) Value(name string) (reflect.Value, bool) { return e.inner.Value(name) }

// Close implements eval.Evaluator.
func (e *evaluator) Close() error { return e.inner.Close() }

// Settings implements eval.Setter: a cell for each, so that one which cannot
// be brought back, as a folder that is gone, costs no other.
func (e *evaluator) Settings() []eval.Cell {
	e.mu.Lock()
	defer e.mu.Unlock()
	var cells []eval.Cell
	for _, line := range e.settings.lines() {
		cells = append(cells, eval.Cell{Source: line})
	}
	return cells
}

// Declarations implements eval.Replayer: the settings come first, because
// imports may need them.
func (e *evaluator) Declarations() []eval.Cell {
	all := e.Settings()
	if r, ok := e.inner.(eval.Replayer); ok {
		all = append(all, r.Declarations()...)
	}
	return all
}
