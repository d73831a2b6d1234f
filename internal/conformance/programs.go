package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// lists/eligible.tsv names the single-file programs of Go's test folder that
// are marked "// run" and that the real toolchain runs with status 0 and the
// expected output. Programs that need sibling packages, compiler flags or an
// error of the compiler are marked otherwise.
//
//go:embed lists/eligible.tsv
var eligibleList string

// runCommand runs Go's test programs and writes a row for each.
func runCommand(ctx context.Context, args []string, stdout io.Writer) error {
	var p programs
	f := p.flags("run")
	to := f.String("o", "", "write name, class, milliseconds and detail of every program to this `file`")
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := p.command(f.Args()); err != nil {
		return err
	}
	list, err := p.results(ctx)
	if err != nil {
		return err
	}
	if *to != "" {
		if err := writeResults(*to, list); err != nil {
			return err
		}
	}
	printHeader(stdout)
	printCounts(stdout, "Go's test programs", list)
	return nil
}

// programs is a run of Go's test programs.
type programs struct {
	runner
	root string // Go's test folder; "" is that of the installed toolchain
	only string
	keep string
}

func (p *programs) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	p.runner.flags(f)
	f.StringVar(&p.root, "root", "", "Go's test `folder` (default: the installed toolchain's)")
	f.StringVar(&p.only, "only", "", "only the programs whose names contain this")
	f.StringVar(&p.keep, "keep", "", "a `folder` for every program's output")
	return f
}

var errNoPrograms = errors.New("no test programs: there is no test folder of Go (archives from go.dev have one); name one with -root")

// results runs every eligible program in its own folder.
func (p *programs) results(ctx context.Context) ([]result, error) {
	root, err := testRoot(p.root)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, row := range rows(eligibleList) {
		if len(row) < 2 || row[1] != "eligible" || !strings.Contains(row[0], p.only) {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, row[0])); err == nil { // other releases of Go have other programs
			names = append(names, row[0])
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no program of lists/eligible.tsv whose name contains %q", root, p.only)
	}
	if p.keep != "" {
		if err := os.MkdirAll(p.keep, 0o755); err != nil {
			return nil, err
		}
	}
	p.env = []string{"GOROOT=" + filepath.Dir(root)} // what runtime.GOROOT says in a program of go run
	list := make([]result, len(names))
	err = each(len(names), p.jobs, func(i int) error {
		file := filepath.Join(root, names[i])
		o, err := p.run(ctx, file, filepath.Dir(file))
		if err != nil {
			return err
		}
		want, err := expected(file)
		if err != nil {
			return err
		}
		class, detail := classify(o, want)
		list[i] = result{names[i], class, o.took.Milliseconds(), detail}
		if p.keep == "" {
			return nil
		}
		return os.WriteFile(filepath.Join(p.keep, strings.ReplaceAll(names[i], "/", "_")+".txt"), o.out, 0o644)
	})
	return list, err
}

// testRoot is Go's test folder; errNoPrograms when there is none.
func testRoot(named string) (string, error) {
	if named == "" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return "", fmt.Errorf("go env GOROOT: %w", err)
		}
		named = filepath.Join(strings.TrimSpace(string(out)), "test")
	}
	root, err := filepath.Abs(named)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(root, "fixedbugs")); err != nil {
		return "", errNoPrograms
	}
	return root, nil
}

// expected is the output that a program must write: its .out file, or nothing.
func expected(file string) ([]byte, error) {
	b, err := os.ReadFile(strings.TrimSuffix(file, ".go") + ".out")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// eligibleCommand finds the programs that can be asked, by asking go run.
func eligibleCommand(ctx context.Context, args []string, stdout io.Writer) error {
	var p programs
	f := p.flags("eligible")
	to := f.String("o", "internal/conformance/lists/eligible.tsv", "the `file` to write")
	if err := f.Parse(args); err != nil {
		return err
	}
	root, err := testRoot(p.root)
	if err != nil {
		return err
	}
	names, err := marked(root, p.only)
	if err != nil {
		return err
	}
	list := make([]string, len(names))
	n := 0
	err = each(len(names), p.jobs, func(i int) error {
		file := filepath.Join(root, names[i])
		o, err := execute(ctx, []string{"go", "run", filepath.Base(file)}, filepath.Dir(file), nil, 3*p.limit, 0)
		if err != nil {
			return err
		}
		want, err := expected(file)
		if err != nil {
			return err
		}
		verdict := "eligible"
		switch {
		case o.timeout:
			verdict = "timeout"
		case o.code != 0:
			verdict = fmt.Sprintf("exit %d", o.code)
		case !bytes.Equal(o.out, want):
			verdict = "other output"
		}
		list[i] = fmt.Sprintf("%s\t%s\t%d\n", names[i], verdict, o.took.Milliseconds())
		return nil
	})
	if err != nil {
		return err
	}
	version, err := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	head := fmt.Sprintf("# Programs of Go's test folder: name, verdict, milliseconds of go run. Made with %s by\n"+
		"# go run ./internal/conformance eligible; only rows that say eligible are run.\n", strings.Join(strings.Fields(string(version)), " "))
	for _, row := range list {
		if strings.Contains(row, "\teligible\t") {
			n++
		}
	}
	fmt.Fprintf(stdout, "%d programs are marked // run, %d eligible\n", len(names), n)
	return os.WriteFile(*to, []byte(head+strings.Join(list, "")), 0o644)
}

// marked lists the programs whose first line is "// run", sorted.
func marked(root, only string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.Contains(path, ".dir/") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(string(b), "\n")
		name, err := filepath.Rel(root, path)
		if strings.TrimRight(first, "\r") == "// run" && strings.Contains(name, only) {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	return names, err
}
