package cli

import (
	"context"
	"fmt"
	"os"

	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine/backend"
	"adkernel/kernel/host"
)

type diagnoseCommand struct {
	output
	two
	NoProbes bool `help:"Judge by the runs' records alone; load no engine."`
}

func (c diagnoseCommand) Run(ctx context.Context) error {
	cmp, err := c.compare()
	if err != nil {
		return err
	}
	options := diagnose.Options{Open: backend.Open, Tell: func(what string) { fmt.Fprintln(os.Stderr, what) }}
	if c.NoProbes {
		options.Open = nil
	}
	d, err := diagnose.Run(ctx, cmp, options)
	if err != nil {
		return err
	}
	return c.show(os.Stdout, d)
}

type isolateCommand struct {
	output
	two
	Samples int `help:"Questions of each run; default: as many as the observed loss needs."`
}

func (c isolateCommand) Run(ctx context.Context) error {
	cmp, err := c.compare()
	if err != nil {
		return err
	}
	host.Set(host.NewTerminal(ctx, os.Stderr)) // of the runs under way: standard output is the result's
	// As it was when the run was launched: its files may have changed since.
	isolation, err := diagnose.Isolate(ctx, cmp.Test.Deployment(), cmp, diagnose.IsolateOptions{Samples: c.Samples})
	if err != nil {
		return err
	}
	return c.show(os.Stdout, isolation)
}
