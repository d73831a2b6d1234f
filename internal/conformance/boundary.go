package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/kernel/eval/evaltest"
)

// defaultBoundary is the folder of the boundary cells, from the repository's root.
const defaultBoundary = "kernel/eval/testdata/boundary"

func boundaryCommand(ctx context.Context, args []string, stdout io.Writer) error {
	var r runner
	f := flag.NewFlagSet("boundary", flag.ContinueOnError)
	r.flags(f)
	folder := f.String("dir", defaultBoundary, "the `folder` of the cells")
	only := f.String("only", "", "only the files and cells whose names (fmt/stringer-in-map) contain this")
	rewrite := f.Bool("rewrite", false, "compile the cells and write what they print into their files")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *rewrite {
		return rewriteBoundary(ctx, &r, *folder, *only, stdout)
	}
	if err := r.command(f.Args()); err != nil {
		return err
	}
	return boundary(ctx, &r, *folder, *only, stdout)
}

// A boundaryCell is a cell of the table, as a program.
type boundaryCell struct {
	name      string // file/cell
	program   []byte
	want      string // with a newline, unless it is empty
	mayRefuse bool   // an evaluator may refuse it
}

// boundary runs every cell as a program with the command, and compares what it
// prints with what the compiled program printed.
func boundary(ctx context.Context, r *runner, folder, only string, stdout io.Writer) error {
	cells, err := readBoundary(folder, only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "boundary-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	list := make([]result, len(cells))
	err = each(len(cells), r.jobs, func(i int) error {
		c := cells[i]
		own := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(own, 0o755); err != nil {
			return err
		}
		file := filepath.Join(own, "cell.go")
		if err := os.WriteFile(file, c.program, 0o644); err != nil {
			return err
		}
		o, err := r.run(ctx, file, own)
		if err != nil {
			return err
		}
		o.out = []byte(normal(o.out))
		class, detail := classify(o, []byte(c.want))
		list[i] = result{c.name, class, o.took.Milliseconds(), detail}
		return nil
	})
	if err != nil {
		return err
	}
	var broken []result
	for i, r := range list {
		if r.class != right && !(r.class == refused && cells[i].mayRefuse) {
			broken = append(broken, r)
		}
	}
	printHeader(stdout)
	printCounts(stdout, "cells of the native boundary", list)
	printEach(stdout, "not as compiled", broken)
	if len(broken) > 0 {
		return fmt.Errorf("%w: the native boundary", errGate)
	}
	return nil
}

// normal is an output as the files hold it: no space around it, one newline.
func normal(out []byte) string {
	s := strings.TrimSpace(string(out))
	if s == "" {
		return ""
	}
	return s + "\n"
}

func readBoundary(folder, only string) ([]boundaryCell, error) {
	files, err := evaltest.TableFiles(folder)
	if err != nil {
		return nil, err
	}
	var out []boundaryCell
	for _, file := range files {
		list, err := evaltest.Read(file)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			name := evaltest.TableName(file) + "/" + s.Name
			if !strings.Contains(name, only) {
				continue
			}
			text, err := cellProgram(s.Cells)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out = append(out, boundaryCell{name, text, normal([]byte(s.Want)), evaltest.MayRefuse(file)})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no cells called %q in %s", only, folder)
	}
	return out, nil
}

// rewriteBoundary compiles the cells of every file, each as a program of its
// own because all are package main to fmt's %T, runs them twice, and writes
// what they print behind them.
func rewriteBoundary(ctx context.Context, r *runner, folder, only string, stdout io.Writer) error {
	files, err := evaltest.TableFiles(folder)
	if err != nil {
		return err
	}
	var failed error
	for _, file := range files {
		list, err := evaltest.Read(file)
		if err != nil {
			return err
		}
		changed := 0
		err = compiled(ctx, r, evaltest.TableName(file), only, list, func(i int, out string) {
			if out = strings.TrimSpace(out); list[i].Want != out {
				list[i].Want = out
				changed++
			}
		})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s:\n%w", file, err))
		}
		fmt.Fprintf(stdout, "%s: %d cells, %d changed\n", file, len(list), changed)
		if changed == 0 {
			continue
		}
		head, err := fileHead(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, append(head, evaltest.Format(list)...), 0o644); err != nil {
			return err
		}
	}
	return failed
}

// fileHead is what a file says before its first cell.
func fileHead(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil || bytes.HasPrefix(b, []byte("=== ")) {
		return nil, err
	}
	head, _, _ := bytes.Cut(b, []byte("\n=== "))
	return append(head, '\n'), nil
}

// compiled calls got for every cell whose name contains only, with what the
// compiled program printed.
func compiled(ctx context.Context, r *runner, group, only string, list []evaltest.Sequence, got func(i int, out string)) error {
	dir, err := os.MkdirTemp("", "boundary-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module boundary\n\ngo 1.26\n"), 0o644); err != nil {
		return err
	}
	var chosen []int
	for i, s := range list {
		if !strings.Contains(group+"/"+s.Name, only) {
			continue
		}
		text, err := cellProgram(s.Cells)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		folder := filepath.Join(dir, fmt.Sprintf("cell%03d", i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "main.go"), text, 0o644); err != nil {
			return err
		}
		chosen = append(chosen, i)
	}
	if len(chosen) == 0 {
		return nil
	}
	build, err := execute(ctx, []string{"go", "build", "-ldflags=-s -w", "-o", "bin/", "./..."}, dir, nil, 60*r.limit, 0)
	if err != nil {
		return err
	}
	if build.code != 0 {
		return fmt.Errorf("%s", build.out)
	}
	outs := make([]string, len(chosen))
	var wrong []string
	err = each(len(chosen), r.jobs, func(k int) error {
		s := list[chosen[k]]
		binary := filepath.Join(dir, "bin", fmt.Sprintf("cell%03d", chosen[k]))
		var twice [2]string
		for n := range twice {
			own, err := os.MkdirTemp(dir, "run-")
			if err != nil {
				return err
			}
			o, err := execute(ctx, []string{binary}, own, nil, r.limit, 0)
			if err != nil {
				return err
			}
			if o.code != 0 || o.timeout {
				return fmt.Errorf("%s: exit status %d: %s", s.Name, o.code, o.out)
			}
			twice[n] = string(o.out)
		}
		if twice[0] != twice[1] {
			return fmt.Errorf("%s: prints something else each time: %s", s.Name, difference([]byte(twice[0]), []byte(twice[1])))
		}
		outs[k] = twice[0]
		return nil
	})
	if err != nil {
		return err
	}
	for k, i := range chosen {
		if slices.ContainsFunc(strings.Split(outs[k], "\n"), func(l string) bool {
			return strings.HasPrefix(l, ">>>") || strings.HasPrefix(l, "=== ") || strings.HasPrefix(l, "---")
		}) {
			wrong = append(wrong, list[i].Name+": prints a line that means something in the file")
			continue
		}
		got(i, outs[k])
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	return nil
}
