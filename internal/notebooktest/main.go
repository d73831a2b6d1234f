// Command notebooktest executes notebooks and compares every output with what
// is committed: text to the letter, but for what no two executions share
// (durations, rates, times, paths, names of runs), and pictures by their
// pixels. With -update it commits what it finds to the files instead.
//
//	notebooktest -adkernel bin/adkernel notebooks/*.ipynb
//
// Sums depend on the processor's instruction set in their last digits. Where
// the engines are not those of the committed notebook, the cells must still
// run and show outputs of the same kinds, and it says that numbers were not
// compared.
//
// A notebook may need what few machines have, such as a GPU (see recording). It
// is executed where that is, with -record, which also keeps what its runs
// answered, and compared there with -here. Everywhere else its outputs are
// computed again from these records, and the cells that launch and probe are
// compiled and not evaluated.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"adkernel/kernel/notebook"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 0 when all notebooks are as committed, 1 when
// one is not, 2 when nothing could be said.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("notebooktest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	program := flags.String("adkernel", "", "the adkernel `command` that executes the notebooks")
	evaluator := flags.String("evaluator", "", "the `evaluator` of the cells (default: the command's)")
	update := flags.Bool("update", false, "write outputs that differ to the notebooks")
	here := flags.Bool("here", false, "this machine has what recorded notebooks need: execute and compare them as others")
	again := flags.Bool("record", false, "execute notebooks that need more than this test asks for, and write outputs and records")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *program == "" || flags.NArg() == 0 {
		fmt.Fprintln(stderr, "usage: notebooktest -adkernel BIN [-evaluator NAME] [-update | -record] [-here] NOTEBOOK...")
		return 2
	}
	e, err := newExecutor(*program, *evaluator, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "notebooktest:", err)
		return 2
	}
	defer e.close()
	passed, failed := 0, 0
	for _, path := range flags.Args() {
		if ctx.Err() != nil {
			break
		}
		start := time.Now()
		word, err := test(ctx, e, path, mode{*update, *again, *here})
		if err != nil {
			failed++
			fmt.Fprintf(stdout, "FAIL %s\n%v\n", path, err)
			continue
		}
		passed++
		fmt.Fprintf(stdout, "%s %s (%.1f s)\n", word, path, time.Since(start).Seconds())
	}
	fmt.Fprintf(stdout, "%d passed, %d failed\n", passed, failed)
	if failed > 0 || ctx.Err() != nil {
		return 1
	}
	return 0
}

// mode is what is done with notebooks and what differs.
type mode struct{ update, record, here bool }

// test executes the notebook at path and compares it, updates it or records it.
// The word says what became of it.
func test(ctx context.Context, e *executor, path string, m mode) (word string, err error) {
	committed, err := notebook.Read(path)
	if err != nil {
		return "", err
	}
	recorded, err := recordingOf(committed)
	switch {
	case err != nil:
		return "", err
	case m.record && recorded == nil:
		return "", errors.New("  it is not a notebook to record: it has no metadata.adkernel.recorded")
	case m.record:
		return record(ctx, e, path, recorded)
	case recorded != nil && !m.here:
		return testRecorded(ctx, e, path, committed, recorded, m.update)
	}
	fresh, engines, err := e.execute(ctx, path)
	if err != nil {
		return "", err
	}
	was := enginesOf(committed)
	numbers := was == engines || was == "" // executed by hand: by whichever
	differences := compare(committed, fresh, numbers)
	switch {
	case m.update && (len(differences) > 0 || was != engines):
		setEngines(fresh, engines)
		return "updated", fresh.Write(path)
	case len(differences) > 0:
		return "", fmt.Errorf("%s", report(differences))
	case !numbers:
		return fmt.Sprintf("ok, but numbers not compared: executed with %s, committed with %s:", engines, was), nil
	}
	return "ok  ", nil
}

// enginesOf are those that the outputs of a committed notebook were computed
// with.
func enginesOf(nb *notebook.Notebook) string {
	program, _ := nb.Metadata["adkernel"].(map[string]any)
	engines, _ := program["engines"].(string)
	return engines
}

func setEngines(nb *notebook.Notebook, engines string) {
	program, ok := nb.Metadata["adkernel"].(map[string]any)
	if !ok {
		program = map[string]any{}
	}
	program["engines"] = engines
	nb.Metadata["adkernel"] = program
}

// absolute is path from the root; a program without a slash is looked up.
func absolute(path string) (string, error) {
	if filepath.Base(path) == path {
		return path, nil
	}
	return filepath.Abs(path)
}
