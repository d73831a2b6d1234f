package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"adkernel/internal/conformance/generate"
)

// unitsOfAProgram is how many units are compiled and run together: enough that
// starting the linker is cheap, few enough that a refusal costs little.
const unitsOfAProgram = 40

// compiledLimit is for a compiled program, which takes milliseconds unless
// dropping a statement has made it endless.
const compiledLimit = 10 * time.Second

// fuzzCommand runs generated programs with go run and with a command, and
// narrows every difference down to a small program.
func fuzzCommand(ctx context.Context, args []string, stdout io.Writer) error {
	var f fuzzer
	flags := flag.NewFlagSet("fuzz", flag.ContinueOnError)
	f.runner.flags(flags)
	n := flags.Int("n", 1000, "how many functions to generate")
	seed := flags.Uint64("seed", 0, "of the generator (default: one that is printed)")
	flags.StringVar(&f.to, "o", "build/fuzz", "the `folder` for programs that come out wrong")
	second := flags.String("second", "", "another `command`, whose disagreements with the first are listed with who was right")
	flags.IntVar(&f.shrinks, "shrink", 60, "how many programs to compile to make one small")
	flags.BoolVar(&f.cells, "cells", false, "as notebooks, which the command executes in place")
	flags.IntVar(&f.most, "most", 20, "stop after this many differences")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := f.command(flags.Args()); err != nil {
		return err
	}
	var err error
	if f.goCommand, err = exec.LookPath("go"); err != nil {
		return err
	}
	if *second != "" {
		f.second = f.runner
		if err := f.second.command(strings.Fields(*second)); err != nil {
			return err
		}
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	fmt.Fprintf(stdout, "seed %d\n", *seed)
	if f.dir, err = os.MkdirTemp("", "fuzz-"); err != nil {
		return err
	}
	defer os.RemoveAll(f.dir)
	f.stdout = stdout
	for first := 0; first < *n && len(f.wrong) < f.most; first += unitsOfAProgram {
		var units []generate.Unit
		for i := first; i < min(first+unitsOfAProgram, *n); i++ {
			if u := generate.New(*seed, i); !f.cells || generate.HasCells(u) {
				units = append(units, u)
			}
		}
		if err := f.compare(ctx, units); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%d functions as go run, %d refused, %d different, %d that do not compile\n", f.same, f.refused, len(f.wrong), f.broken)
	if f.second.argv != nil {
		fmt.Fprintf(stdout, "%d disagreements: the first right %d times, the second %d times, neither %d times\n",
			f.disagreed, f.firstRight, f.secondRight, f.disagreed-f.firstRight-f.secondRight)
	}
	if len(f.wrong) > 0 {
		return fmt.Errorf("%w: generated programs differ, in %s: %s", errGate, f.to, strings.Join(f.wrong, " "))
	}
	return nil
}

// A fuzzer compares a command with the compiler.
type fuzzer struct {
	runner
	second    runner
	goCommand string
	dir       string // for programs on their way
	to        string // for what came out wrong
	stdout    io.Writer
	cells     bool // units are notebooks for the command

	same, refused, broken              int
	wrong                              []string // units, in the order they were found
	disagreed, firstRight, secondRight int
	most                               int // differences to find
	shrinks                            int // programs compiled for one difference, at most
	tries                              int // programs written
}

// compare runs the units in one program each way. Units that differ, or that a
// refusal or an early end hides, are run alone.
func (f *fuzzer) compare(ctx context.Context, units []generate.Unit) error {
	want, err := f.compiled(ctx, units)
	if errors.Is(err, errDoesNotCompile) { // one function of the generator is no Go: the others count
		if len(units) == 1 {
			f.broken++
			fmt.Fprintf(f.stdout, "%s: %v\n", units[0].Name, err)
			return nil
		}
		half := len(units) / 2
		return errors.Join(f.compare(ctx, units[:half]), f.compare(ctx, units[half:]))
	}
	if err != nil {
		return err
	}
	got, err := f.evaluated(ctx, &f.runner, units)
	if err != nil {
		return err
	}
	var other outcome
	if f.second.argv != nil {
		if other, err = f.evaluated(ctx, &f.second, units); err != nil {
			return err
		}
	}
	wantOf, gotOf, otherOf := f.wanted(want), sections(got.out), sections(other.out)
	for _, u := range units {
		if len(f.wrong) >= f.most {
			return nil
		}
		if f.cells && strings.ContainsAny(wantOf[u.Name], "\b\r") {
			continue // a notebook keeps what they leave on the screen
		}
		alone := got
		if gotOf[u.Name] != wantOf[u.Name] {
			if alone, err = f.evaluated(ctx, &f.runner, []generate.Unit{u}); err != nil {
				return err
			}
			gotOf[u.Name] = sections(alone.out)[u.Name]
		}
		if f.second.argv != nil && otherOf[u.Name] != wantOf[u.Name] {
			o, err := f.evaluated(ctx, &f.second, []generate.Unit{u})
			if err != nil {
				return err
			}
			otherOf[u.Name] = sections(o.out)[u.Name]
		}
		f.judge(u.Name, wantOf[u.Name], gotOf[u.Name], otherOf[u.Name])
		switch {
		case gotOf[u.Name] == wantOf[u.Name]:
			f.same++
		case alone.code == exitRefused:
			f.refused++
			fmt.Fprintf(f.stdout, "%s refused: %s\n", u.Name, firstLine(alone.out))
		default:
			if err := f.report(ctx, u, wantOf[u.Name], alone); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge lists a disagreement of the two commands.
func (f *fuzzer) judge(name, want, first, second string) {
	if f.second.argv == nil || first == second {
		return
	}
	f.disagreed++
	switch {
	case first == want:
		f.firstRight++
		fmt.Fprintf(f.stdout, "%s: the first is right; the second: %s\n", name, difference([]byte(second), []byte(want)))
	case second == want:
		f.secondRight++
		fmt.Fprintf(f.stdout, "%s: the second is right; the first: %s\n", name, difference([]byte(first), []byte(want)))
	}
}

// report narrows a difference down and writes the program with its outputs.
func (f *fuzzer) report(ctx context.Context, u generate.Unit, want string, got outcome) error {
	fmt.Fprintf(f.stdout, "%s differs: %s\n", u.Name, difference([]byte(sections(got.out)[u.Name]), []byte(want)))
	small, err := f.shrink(ctx, u)
	if err != nil {
		return err
	}
	program, err := generate.Program([]generate.Unit{small})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.to, 0o755); err != nil {
		return err
	}
	out, err := f.compiled(ctx, []generate.Unit{small})
	if err != nil {
		return err
	}
	wrong, err := f.evaluated(ctx, &f.runner, []generate.Unit{small})
	if err != nil {
		return err
	}
	f.wrong = append(f.wrong, u.Name)
	for ext, text := range map[string][]byte{".go": program, ".want": out, ".got": wrong.out} {
		if err := os.WriteFile(filepath.Join(f.to, u.Name+ext), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sections splits an output by unit.
func sections(out []byte) map[string]string {
	list := map[string]string{}
	for _, part := range strings.Split("\n"+string(out), "\n== ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		list[name] = text
	}
	return list
}

// wanted is what the units should print.
func (f *fuzzer) wanted(compiled []byte) map[string]string {
	list := sections(compiled)
	if f.cells {
		for name, out := range list {
			list[name] = inNotebook(out)
		}
	}
	return list
}

var errDoesNotCompile = errors.New("the generated program does not compile")

// compiled is the output of the compiled program.
func (f *fuzzer) compiled(ctx context.Context, units []generate.Unit) ([]byte, error) {
	file, err := f.file(units)
	if err != nil {
		return nil, err
	}
	binary := strings.TrimSuffix(file, ".go")
	o, err := execute(ctx, []string{f.goCommand, "build", "-o", binary, file}, filepath.Dir(file), nil, 30*f.limit, 0)
	if err != nil {
		return nil, err
	}
	if o.code != 0 {
		return nil, fmt.Errorf("%w: %s", errDoesNotCompile, bytes.TrimSpace(o.out))
	}
	o, err = execute(ctx, []string{binary}, filepath.Dir(file), nil, compiledLimit, 0)
	if err != nil {
		return nil, err
	}
	if o.code != 0 || o.timeout {
		return nil, fmt.Errorf("the compiled program in %s ended with status %d: %s", file, o.code, panicLine(o.out))
	}
	return o.out, os.RemoveAll(filepath.Dir(file))
}

func (f *fuzzer) evaluated(ctx context.Context, by *runner, units []generate.Unit) (outcome, error) {
	if f.cells {
		return f.inCells(ctx, by, units)
	}
	file, err := f.file(units)
	if err != nil {
		return outcome{}, err
	}
	o, err := by.run(ctx, file, filepath.Dir(file))
	if err != nil {
		return outcome{}, err
	}
	return o, os.RemoveAll(filepath.Dir(file))
}

// file writes a program into a folder of its own.
func (f *fuzzer) file(units []generate.Unit) (string, error) {
	text, err := generate.Program(units)
	if err != nil {
		return "", err
	}
	f.tries++
	dir := filepath.Join(f.dir, fmt.Sprint(f.tries))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "main.go")
	return file, os.WriteFile(file, text, 0o644)
}
