// Soak holds a kernel under what is meant to break it, for minutes: a million
// malformed messages, ten thousand connections, a gigabyte of output, workers
// killed at random moments, ten thousand cells. It prints what it measured
// beside what is allowed, and exits with 1 when something is not.
//
//	go run ./internal/soak -adkernel bin/adkernel [-only cells,kills] [-scale 0.1]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A trial is one way to break a kernel. It returns what it measured.
type trial struct {
	name string
	run  func(*soak) ([]measure, error)
}

var trials = []trial{
	{"malformed", malformed},
	{"connections", connections},
	{"output", output},
	{"kills", kills},
	{"displays", displays},
	{"cells", cells},
	{"kinds", kinds},
}

// A measure is a number beside what it may be.
type measure struct {
	what    string
	is      float64
	allowed float64 // at most
	unit    string
}

type soak struct {
	ctx      context.Context
	adkernel string
	folder   string
	scale    float64
}

// times is n, scaled, and at least one.
func (s *soak) times(n int) int { return max(1, int(float64(n)*s.scale)) }

// with starts a kernel for f.
func (s *soak) with(f func(*kernel) error) error {
	k, err := startKernel(s.ctx, s.adkernel, s.folder)
	if err != nil {
		return fmt.Errorf("the kernel does not start: %w", err)
	}
	defer k.close()
	if _, err := k.value("1"); err != nil {
		return err
	}
	return f(k)
}

func main() { os.Exit(run()) }

func run() int {
	adkernel := flag.String("adkernel", "bin/adkernel", "the command")
	only := flag.String("only", "", "names of trials, separated by commas")
	scale := flag.Float64("scale", 1, "of the numbers of messages, cells and rounds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	path, err := filepath.Abs(*adkernel)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	failed := false
	for _, t := range trials {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), t.name) {
			continue
		}
		folder, err := os.MkdirTemp("", "adkernel-soak-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		began := time.Now()
		measures, err := t.run(&soak{ctx, path, folder, *scale})
		fmt.Printf("%s (%.0f s)\n", t.name, time.Since(began).Seconds())
		for _, m := range measures {
			verdict := "met"
			if m.is > m.allowed {
				verdict, failed = "NOT MET", true
			}
			fmt.Printf("  %-60s %10.4g %-6s at most %-8.4g %s\n", m.what, m.is, m.unit, m.allowed, verdict)
		}
		if err != nil {
			failed = true
			fmt.Printf("  FAILED: %v (the kernel's log: %s)\n", err, filepath.Join(folder, "kernel.log"))
			continue
		}
		os.RemoveAll(folder)
	}
	if failed {
		return 1
	}
	return 0
}
