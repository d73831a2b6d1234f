package cli

import (
	"context"
	"os/signal"
	"path/filepath"
	"syscall"

	"adkernel/internal/version"
	"adkernel/kernel"
	"adkernel/kernel/console"
	"adkernel/kernel/worker"
)

type replCommand struct{ evaluator }

func (c replCommand) Run(ctx context.Context) error {
	if console.IsInteractive() { // Ctrl-C interrupts a cell; it does not end the command
		var stop func()
		ctx, stop = signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM)
		defer stop()
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
	return console.Run(ctx, session, console.Options{
		Banner:  "adkernel " + version.Number + ", Go " + kernel.Language().Version + ". Tab completes, Ctrl-C interrupts, Ctrl-D leaves.",
		History: typedFile(),
	})
}

// typedFile is where the console keeps what was typed, beside the history of
// the kernels; "" when there is none.
func typedFile() string {
	history := historyFile()
	if history == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(history), "typed.jsonl")
}
