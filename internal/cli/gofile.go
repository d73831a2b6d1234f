package cli

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"adkernel/internal/program"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
	"adkernel/kernel/eval/native"
	"adkernel/kernel/eval/yaegi"
)

type goCommand struct {
	Evaluator string   `enum:"exact,yaegi" default:"exact" help:"What evaluates it: ${enum}."`
	File      string   `arg:"" help:"One file of package main."`
	Arguments []string `arg:"" optional:"" passthrough:"" help:"Passed to the program."`
}

// Exit statuses of the go verb, beside the program's own.
const (
	exitPanicked = 2
	exitRefused  = 3
)

// Help says how the verb ends.
func (goCommand) Help() string {
	return `Exit status: the program's own; 2 when it panics; 3 when it is refused before anything of it ran, because it would not run as Go says.`
}

// Run ends as Help says.
func (c goCommand) Run() error {
	src, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	// The program ends by a signal as it would on its own, unless it asks for
	// signals itself.
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	os.Args = append([]string{c.File}, c.Arguments...)
	if c.Evaluator == "yaegi" {
		err = c.yaegi(src)
	} else {
		err = c.exact(src)
	}
	var problem *eval.Error
	if !errors.As(err, &problem) {
		return err
	}
	switch problem.Kind {
	case eval.Exit:
		return status(problem.Status)
	case eval.Syntax, eval.Check, eval.Refused:
		return refused(program.Describe(c.File, err))
	default:
		return status(panicked(problem))
	}
}

// yaegi runs the program as one cell.
func (c goCommand) yaegi(src []byte) error {
	cell, err := program.Parse(c.File, src)
	if err != nil {
		return refused(err)
	}
	evaluator, err := yaegi.New(ownProcess, yaegi.Options{Stdout: os.Stdout, Stderr: os.Stderr, GoroutinePanic: goroutinePanicked})
	if err != nil {
		return err
	}
	_, err = evaluator.Evaluate(context.Background(), cell)
	return err
}

func (c goCommand) exact(src []byte) error {
	options := exact.Options{Stdout: os.Stdout, Stderr: os.Stderr, GoroutinePanic: func(err *eval.Error) {
		if err.Kind == eval.Exit {
			os.Exit(err.Status)
		}
		os.Exit(panicked(err))
	}}
	var wrong error
	err := exact.RunProgram(context.Background(), ownProcess, options, func(fset *token.FileSet, imp types.Importer) (*types.Package, []*ast.File, *types.Info, error) {
		pkg, files, info, err := program.Check(c.File, src, fset, imp)
		wrong = err
		return pkg, files, info, err
	})
	if wrong != nil {
		return refused(wrong)
	}
	return err
}

// ownProcess gives a program what a cell must not have: the end of the process.
var ownProcess = eval.Vocabulary{Symbols: map[string]map[string]reflect.Value{
	"os/os": {"Exit": reflect.ValueOf(os.Exit)},
}}

// goroutinePanicked ends the process, as a panic in a goroutine does.
func goroutinePanicked(v any) {
	if exit, ok := v.(native.Exit); ok {
		os.Exit(exit.Status)
	}
	os.Exit(panicked(&eval.Error{Kind: eval.Panic, Message: fmt.Sprint(v)}))
}

func refused(err error) error {
	fmt.Fprintln(os.Stderr, "adkernel: refused:", err)
	return status(exitRefused)
}

// panicked says what ended the program, in the words of Go's runtime, and where.
func panicked(err *eval.Error) int {
	indent, again := "", false
	for _, o := range append(err.Earlier, eval.Overtaken{Message: err.Message}) {
		if !again { // the line before says that it was raised again
			fmt.Fprintf(os.Stderr, "%spanic: %s\n", indent, strings.ReplaceAll(o.String(), "\n", "\n\t"))
		}
		indent, again = "\t", o.Again
	}
	for _, f := range err.Trace {
		if f.Line > 0 {
			fmt.Fprintf(os.Stderr, "\tat line %d:%d %s\n", f.Line, f.Column, f.Func)
		}
	}
	return exitPanicked
}
