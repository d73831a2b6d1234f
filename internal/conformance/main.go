// Command conformance measures how much of Go an evaluator gets right, what it
// refuses, and where it is silently wrong. The yardsticks are the Go
// toolchain's: the programs of the distribution's own test folder, a file of
// everyday lines, the cells of kernel/eval/testdata/boundary as compiled
// programs, and generated programs. The evaluator is any command that is
// called as CMD file.go:
//
//   - it runs the file's package main and writes what the program writes
//   - it ends with the program's status; with 2 and a line "panic: ..." on
//     standard error when the program panics
//   - it ends with 3 and a reason on standard error, before anything of the
//     program has run, when it will not run this program
//
// It knows no evaluator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: conformance COMMAND [flags] [-- CMD [ARGS]]
  gate -- CMD                 all of the following but fuzz; exit status 1 when one of its conditions does not hold
  run [-o FILE.tsv] -- CMD    Go's test programs
  everyday -- CMD             the everyday lines
  boundary -- CMD             the cells of the native boundary, as programs
  boundary -rewrite           compile those cells and write what they print into their files
  fuzz -n N -seed S -- CMD    generated programs against compiled ones; -cells: as notebooks that CMD executes in place
  corpus -n N -seed S         write generated programs with their outputs
  count FILE.tsv...           counts of earlier runs
  diff A.tsv B.tsv            what changed from one run to another
  eligible                    which of Go's test programs can be asked (needs ten minutes)
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(start(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

var (
	errUsage = errors.New("usage")
	errGate  = errors.New("the gate is closed")
)

// start returns the exit status: 0 when all is as it should be, 1 when it is
// not, 2 when nothing could be said.
func start(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	commands := map[string]func(context.Context, []string, io.Writer) error{
		"gate": gateCommand, "run": runCommand, "everyday": everydayCommand, "boundary": boundaryCommand,
		"fuzz": fuzzCommand, "corpus": corpusCommand, "count": countCommand, "diff": diffCommand, "eligible": eligibleCommand,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch err := commands[args[0]](ctx, args[1:], stdout); {
	case err == nil:
		return 0
	case errors.Is(err, errGate):
		fmt.Fprintln(stderr, "conformance:", err)
		return 1
	case errors.Is(err, flag.ErrHelp):
		return 2
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "conformance %s: %v\n%s", args[0], err, usage)
		return 2
	default:
		fmt.Fprintln(stderr, "conformance:", err)
		return 2
	}
}
