package native

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"reflect"
)

// Exit is what os.Exit, log.Fatal and their like panic with in a cell.
type Exit struct{ Status int }

func (e Exit) Error() string { return fmt.Sprintf("exit status %d", e.Status) }

func exit(status int) { panic(Exit{status}) }

// replacements are the functions that would end the process. Each has its
// original's signature.
var replacements = map[string]map[string]any{
	"flag": {"Parse": func() { parseFlags(flag.CommandLine, os.Args[1:]) }},
	"log": {
		"Fatal":   func(v ...any) { log.Print(v...); exit(1) },
		"Fatalf":  func(format string, v ...any) { log.Printf(format, v...); exit(1) },
		"Fatalln": func(v ...any) { log.Println(v...); exit(1) },
	},
	"os":      {"Exit": exit},
	"syscall": {"Exit": exit},
}

// methods are the methods that would end the process, as functions of the
// receiver.
var methods = map[reflect.Type]map[string]any{
	reflect.TypeFor[*log.Logger](): {
		"Fatal":   func(l *log.Logger, v ...any) { l.Print(v...); exit(1) },
		"Fatalf":  func(l *log.Logger, format string, v ...any) { l.Printf(format, v...); exit(1) },
		"Fatalln": func(l *log.Logger, v ...any) { l.Println(v...); exit(1) },
	},
	reflect.TypeFor[*flag.FlagSet](): {"Parse": parseFlags},
}

// Method returns what stands in for a method of a type of the standard library
// that would end the process: a function whose first argument is the receiver.
// An interpreter asks it before it calls a method, of a known or of a dynamic
// type.
func Method(t reflect.Type, name string) (reflect.Value, bool) {
	f, ok := methods[t][name]
	return reflect.ValueOf(f), ok
}

// parseFlags is (*flag.FlagSet).Parse, whose ExitOnError ends the cell.
func parseFlags(f *flag.FlagSet, arguments []string) error {
	if f.ErrorHandling() != flag.ExitOnError {
		return f.Parse(arguments)
	}
	f.Init(f.Name(), flag.ContinueOnError)
	defer f.Init(f.Name(), flag.ExitOnError)
	switch err := f.Parse(arguments); {
	case err == nil:
		return nil
	case errors.Is(err, flag.ErrHelp):
		panic(Exit{0})
	default:
		panic(Exit{2})
	}
}

// Refused returns why a cell may not use an exported name, if so. A process
// can be harmed in ways that no list knows, and the kernel survives its worker;
// these are the names that do nothing else, or that would break an interrupt.
func Refused(path, name string) (reason string, ok bool) {
	reason, ok = refused[path][name]
	return reason, ok
}

const (
	endsProcess = "it would end the process that evaluates cells"
	interrupts  = "it would take the interrupt away from the kernel"
	anySyscall  = "a system call by number can do anything to the process that evaluates cells"
	collector   = "when it runs depends on the garbage collector, which cells share with the kernel"
)

var refused = map[string]map[string]string{
	"os/signal": {"Ignore": interrupts, "Reset": interrupts},
	"runtime": {
		"AddCleanup":      collector,
		"Breakpoint":      endsProcess,
		"SetCgoTraceback": "cells have no cgo",
		"SetFinalizer":    collector,
	},
	"runtime/debug": {
		"SetMaxStack":   endsProcess,
		"SetMaxThreads": endsProcess,
	},
	"syscall": {
		"AllThreadsSyscall": anySyscall, "AllThreadsSyscall6": anySyscall,
		"RawSyscall": anySyscall, "RawSyscall6": anySyscall,
		"Syscall": anySyscall, "Syscall6": anySyscall,
		"Exec": "it would replace the process that evaluates cells",
	},
	"testing": {"Main": endsProcess},
}
