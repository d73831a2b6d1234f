package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// lists/everyday.go.txt is a program of lines as people write them in
// notebooks, each of which some interpreter of Go gets wrong;
// lists/everyday.out is what the compiled program prints.
var (
	//go:embed lists/everyday.go.txt
	everydayProgram []byte
	//go:embed lists/everyday.out
	everydayOutput []byte
)

func everydayCommand(ctx context.Context, args []string, stdout io.Writer) error {
	var r runner
	f := flag.NewFlagSet("everyday", flag.ContinueOnError)
	r.flags(f)
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := r.command(f.Args()); err != nil {
		return err
	}
	return everyday(ctx, &r, stdout)
}

// everyday runs the everyday lines with go run and with the command.
func everyday(ctx context.Context, r *runner, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "everyday-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "everyday.go")
	if err := os.WriteFile(file, everydayProgram, 0o644); err != nil {
		return err
	}
	path, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	compiled := *r
	compiled.argv, compiled.memory = []string{path, "run"}, 0
	compiled.limit *= 10
	wrong := 0
	for _, by := range []*runner{&compiled, r} {
		o, err := by.run(ctx, file, dir)
		if err != nil {
			return err
		}
		class, detail := classify(o, everydayOutput)
		fmt.Fprintf(stdout, "everyday lines, %s: %s\n", strings.Join(append([]string{filepath.Base(by.argv[0])}, by.argv[1:]...), " "), class)
		if class == right {
			continue
		}
		wrong++
		if class != silent {
			fmt.Fprintf(stdout, "\t%s\n", detail)
			continue
		}
		got := bytes.Split(o.out, []byte("\n"))
		for i, want := range bytes.Split(everydayOutput, []byte("\n")) {
			if i >= len(got) {
				fmt.Fprintf(stdout, "\tno line %q\n", want)
			} else if !bytes.Equal(got[i], want) {
				fmt.Fprintf(stdout, "\tgot %q want %q\n", got[i], want)
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%w: everyday lines", errGate)
	}
	return nil
}
