package reproducer_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"adkernel/builtins/engine/backend"
	"adkernel/builtins/run"
	"adkernel/builtins/symbols"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
	"adkernel/kernel/magic"
	"adkernel/kernel/worker"
)

// TestMain lets the test binary be the worker of a session, and the process
// of a run.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 {
		os.Exit(m.Run())
	}
	var err error
	switch os.Args[1] {
	case "worker":
		err = worker.Main(func(io worker.Stdio) (eval.Evaluator, error) {
			vocabulary, err := symbols.Vocabulary()
			if err != nil {
				return nil, err
			}
			e, err := exact.New(vocabulary, exact.Options{Stdout: io.Out, Stderr: io.Err})
			return magic.Wrap(e, magic.Options{Out: io.Out, Err: io.Err}), err
		})
	case "execute-run":
		err = run.Execute(context.Background(), os.Args[2], backend.Open)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
