// Package reproducer turns what a session found into a notebook that stands
// alone, and finds out whether such a notebook still reproduces it.
//
// A finding is a comparison of two runs. Its reproducer holds the cells that
// lead to it and no others, what it needs of another machine, the settings of
// both deployments, hashes of prompts and checkpoints, and the finding itself,
// for readers and, under metadata.adkernel.finding, for programs.
//
// The package knows which cells depend on which, from their text and the
// names that the evaluator reports. It does not evaluate cells: whoever
// verifies a reproducer brings the means to execute it.
package reproducer

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/run"
	"adkernel/kernel/host"
)

// Saved is a reproducer that was written.
type Saved struct {
	Path    string
	Cells   int // of the session that it holds
	Of      int // that the session had up to the comparison
	Finding *Finding
}

// String says what was saved, and how to verify it.
func (s *Saved) String() string {
	return fmt.Sprintf("saved %s: %s\n%d of the %d cells up to the comparison are needed\nadkernel verify %s executes them and compares",
		s.Path, s.Finding.summary(), s.Cells, s.Of, filepath.Base(s.Path))
}

// Found is what a session found, and how.
type Found struct {
	Comparison *compare.Comparison
	Diagnosis  *diagnose.Diagnosis // nil when none was made
	Isolation  *diagnose.Isolation // nil when none was made

	// Cells are those of the session, oldest first; the last of them made the
	// comparison, as the last that it made.
	Cells   []host.Cell
	Running bool // the last cell has not ended yet
}

// Save writes the reproducer of what was found.
func Save(ctx context.Context, path string, found Found) (*Saved, error) {
	saved, err := save(ctx, path, found)
	if err != nil {
		return nil, fmt.Errorf("save reproducer %s: %w", path, err)
	}
	return saved, nil
}

func save(ctx context.Context, path string, found Found) (*Saved, error) {
	if filepath.Ext(path) != ".ipynb" {
		return nil, errors.New("the name of a notebook ends in .ipynb")
	}
	if len(found.Cells) == 0 {
		return nil, errors.New("there are no cells to save: call it in a notebook")
	}
	finding, err := found.finding(ctx)
	if err != nil {
		return nil, err
	}
	needed, err := found.needed()
	if err != nil {
		return nil, err
	}
	if err := checkSecrets(needed, found.Comparison.Test.Spec().Settings, found.Comparison.Base.Spec().Settings); err != nil {
		return nil, err
	}
	nb, err := document{finding, needed, filepath.Base(path)}.notebook()
	if err != nil {
		return nil, err
	}
	if err := nb.Write(path); err != nil {
		return nil, err
	}
	return &Saved{Path: path, Cells: len(needed), Of: len(found.Cells), Finding: finding}, nil
}

// finding is what the notebook's cells will find, without what was measured
// since, such as noise; with the hashes of the checkpoints.
func (found Found) finding(ctx context.Context) (*Finding, error) {
	test, base := found.Comparison.Test, found.Comparison.Base
	if err := complete(test, base); err != nil {
		return nil, err
	}
	c, err := compare.Runs(test, base)
	if err != nil {
		return nil, err
	}
	finding, err := Of(c)
	if err != nil {
		return nil, err
	}
	finding.conclude(found.Diagnosis, found.Isolation)
	for _, side := range []*Side{&finding.Test, &finding.Base} {
		if side.Files, err = hashFiles(ctx, side.Model); err != nil {
			return nil, fmt.Errorf("%s: %w", side.Label, err)
		}
	}
	return finding, nil
}

// needed are the cells that lead to the comparison, without those lines that
// save it.
func (found Found) needed() ([]host.Cell, error) {
	cells := slices.Clone(found.Cells)
	if last := len(cells) - 1; found.Running {
		cells[last] = unfinished(cells[last], cells[:last])
	}
	needed := slice(cells)
	for i := range needed {
		text, err := withoutSaving(needed[i])
		if err != nil {
			return nil, err
		}
		needed[i].Source = text
	}
	return needed, nil
}

// complete refuses runs that an execution would not repeat, since it finishes
// what they left.
func complete(runs ...*run.Run) error {
	for _, r := range runs {
		state, err := r.State()
		if err != nil {
			return err
		}
		if state.Status != run.Done {
			return fmt.Errorf("run %s (%s) is %s with %d of %d samples, and a reproducer repeats whole runs: wait for it or resume it, and compare again",
				r.Name(), r.Label(), state.Status, state.Done, state.Total)
		}
	}
	return nil
}

// saving is the function of the vocabulary whose calls a reproducer leaves out.
const saving = "SaveReproducer"

// withoutSaving returns the cell's text without the lines that save a
// reproducer.
func withoutSaving(c host.Cell) (string, error) {
	text := c.Source
	for _, p := range slices.Backward(readSource(text).parts) {
		inside := slices.ContainsFunc(p.nodes, func(n ast.Node) bool { return calls(n, saving) })
		if !inside {
			continue
		}
		line := text[:p.start]
		if len(p.nodes) > 1 || !isCall(p.nodes[0]) || strings.TrimSpace(line[strings.LastIndexByte(line, '\n')+1:]) != "" {
			return "", fmt.Errorf("cell In[%d] calls %s among other things: call it on a line of its own", c.N, saving)
		}
		text = text[:p.start] + text[p.end:]
	}
	return strings.TrimRight(text, " \t\n"), nil
}

// isCall reports whether a statement is one call, whose results, if any, are
// kept in names.
func isCall(node ast.Node) bool {
	var value ast.Expr
	switch n := node.(type) {
	case *ast.ExprStmt:
		value = n.X
	case *ast.AssignStmt:
		value = n.Rhs[0]
	}
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.Ident)
	return ok && f.Name == saving
}
