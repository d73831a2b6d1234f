package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"adkernel/builtins/reproducer"
	"adkernel/kernel/notebook"
	"adkernel/kernel/worker"
)

type verifyCommand struct {
	output
	evaluator
	Notebook string `arg:"" type:"existingfile" help:"Notebook that SaveReproducer wrote; it is not changed."`
}

// Help says how the verb ends.
func (verifyCommand) Help() string {
	return `Exit status: 0 when the finding is reproduced, 1 when it is another one, 2 when the notebook could not run to its end or is no reproducer.`
}

// Run ends as Help says.
func (c verifyCommand) Run(ctx context.Context) error {
	v, err := reproducer.Verify(ctx, c.Notebook, c.execute)
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(os.Stdout, v)
	} else {
		_, err = fmt.Println(v)
	}
	if err != nil {
		return err
	}
	if !v.Reproduced {
		return status(exitNo)
	}
	return nil
}

// execute runs the copy of the notebook where the notebook itself is, so that
// relative paths in its cells hold, and keeps the runs beside the copy.
func (c verifyCommand) execute(ctx context.Context, clone string) error {
	options, err := c.worker()
	if err != nil {
		return err
	}
	if options.Dir, err = filepath.Abs(filepath.Dir(c.Notebook)); err != nil {
		return err
	}
	options.Env = append(os.Environ(), "ADKERNEL_RUNS="+filepath.Join(filepath.Dir(clone), "runs"))
	nb, err := notebook.Read(clone)
	if err != nil {
		return err
	}
	session, err := worker.Start(options)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := nb.Execute(ctx, session, notebook.Options{}); err != nil {
		return err
	}
	return nb.Write(clone)
}
