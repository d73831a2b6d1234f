package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"adkernel/internal/conformance/generate"
)

// corpusCommand writes generated programs, one function each, with what they
// print when compiled: what unit tests run.
func corpusCommand(ctx context.Context, args []string, stdout io.Writer) error {
	var f fuzzer
	flags := flag.NewFlagSet("corpus", flag.ContinueOnError)
	f.flags(flags)
	n := flags.Int("n", 20, "how many programs")
	seed := flags.Uint64("seed", 1, "of the generator")
	to := flags.String("o", "kernel/eval/testdata/generated", "the `folder` to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if f.goCommand, err = exec.LookPath("go"); err != nil {
		return err
	}
	if f.dir, err = os.MkdirTemp("", "corpus-"); err != nil {
		return err
	}
	defer os.RemoveAll(f.dir)
	if err := os.MkdirAll(*to, 0o755); err != nil {
		return err
	}
	for i := range *n {
		units := []generate.Unit{generate.New(*seed, i)}
		text, err := generate.Program(units)
		if err != nil {
			return err
		}
		out, err := f.compiled(ctx, units)
		if err != nil {
			return err
		}
		base := filepath.Join(*to, fmt.Sprintf("seed%d_%02d", *seed, i))
		if err := os.WriteFile(base+".go.txt", text, 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(base+".out", out, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%d programs in %s\n", *n, *to)
	return nil
}
