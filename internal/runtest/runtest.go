// Package runtest lets a test's own binary be the process that executes runs,
// as the adkernel command is elsewhere.
package runtest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// verb is the argument with which the binary executes a run.
const verb = "execute-run"

// hostVerb is the argument with which it answers about a run on its machine.
const hostVerb = "on-host"

// Command is run.Options.Command for a binary whose TestMain calls Main.
func Command() []string { return []string{os.Args[0], verb} }

// Main is a TestMain: it executes the run that the command line names, with
// engines by open, answers another machine about one, or runs the tests.
func Main(m *testing.M, open engine.Opener) {
	if len(os.Args) == 3 && os.Args[1] == verb {
		if err := run.Execute(context.Background(), os.Args[2], open); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 6 && os.Args[1] == hostVerb {
		if err := run.OnHost(context.Background(), os.Stdout, run.Options{Command: Command()}, os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
