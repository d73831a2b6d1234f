package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The reviewed lists: the name of one of Go's test programs and, behind a tab,
// why an evaluator may refuse it, or why its output depends on the
// implementation and not on the language. A program may be in both.
var (
	//go:embed lists/refused.txt
	refusedList string
	//go:embed lists/observes.txt
	observesList string
)

// What the gate asks for.
const (
	minRight    = 95.0 // percent, of the programs outside of the list of refusals
	maxRefusals = 80   // entries of that list
)

// gateCommand runs all yardsticks and says whether an evaluator passes. Where
// there are no test programs it runs the others, and is no pass.
func gateCommand(ctx context.Context, args []string, stdout io.Writer) error {
	var p programs
	f := p.flags("gate")
	to := f.String("o", "", "write the rows of Go's test programs to this `file`")
	folder := f.String("boundary", defaultBoundary, "the `folder` of boundary cells")
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := p.command(f.Args()); err != nil {
		return err
	}
	list, err := p.results(ctx)
	var closed error
	switch {
	case errors.Is(err, errNoPrograms):
		closed = err
	case err != nil:
		return err
	default:
		if *to != "" {
			if err := writeResults(*to, list); err != nil {
				return err
			}
		}
		closed = judge(list, stdout)
		if closed != nil && !errors.Is(closed, errGate) {
			return closed
		}
	}
	for _, yardstick := range []func() error{
		func() error { return everyday(ctx, &p.runner, stdout) },
		func() error { return boundary(ctx, &p.runner, *folder, "", stdout) },
	} {
		if err := yardstick(); errors.Is(err, errGate) {
			closed = errors.Join(closed, err)
		} else if err != nil {
			return err
		}
	}
	return closed
}

// judge holds the results to the gate's conditions and names every program
// that breaks one.
func judge(list []result, stdout io.Writer) error {
	mayRefuse, err := reasons("refused.txt", refusedList)
	if err != nil {
		return err
	}
	observes, err := reasons("observes.txt", observesList)
	if err != nil {
		return err
	}
	if len(mayRefuse) > maxRefusals {
		return fmt.Errorf("lists/refused.txt has %d entries, at most %d are allowed", len(mayRefuse), maxRefusals)
	}
	var asked, broken, refusals []result
	for _, r := range list {
		_, ignored := observes[r.name]
		_, listed := mayRefuse[r.name]
		if !listed {
			asked = append(asked, r)
		}
		switch {
		case r.class == crash || r.class == timeout, (r.class == selfcheck || r.class == silent) && !ignored:
			broken = append(broken, r)
		case r.class == refused && !listed:
			refusals = append(refusals, r)
		}
	}
	printHeader(stdout)
	printCounts(stdout, "Go's test programs", list)
	printCounts(stdout, "without those that may be refused", asked)
	printEach(stdout, "refused, and not listed", refusals)
	printEach(stdout, "not as Go", broken)
	n := tally(list)
	share := percent(tally(asked)[right], len(asked))
	fmt.Fprintf(stdout, "right %.1f %% of %d (at least %.0f %%); silently wrong %d, crash %d, timeout %d (none, but for %d that observe the implementation)\n",
		share, len(asked), minRight, n[selfcheck]+n[silent], n[crash], n[timeout], len(observes))
	if len(broken) > 0 || share < minRight {
		return fmt.Errorf("%w: Go's test programs", errGate)
	}
	return nil
}

func printEach(w io.Writer, title string, list []result) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "%s: %d\n", title, len(list))
	for _, r := range list {
		fmt.Fprintf(w, "\t%s\t%s\t%s\n", r.name, r.class, r.detail)
	}
}

// reasons reads a reviewed list. Each entry names an eligible program and says
// why it is there.
func reasons(file, text string) (map[string]string, error) {
	var known []string
	for _, row := range rows(eligibleList) {
		known = append(known, row[0])
	}
	out := map[string]string{}
	for _, row := range rows(text) {
		switch {
		case len(row) != 2 || row[1] == "":
			return nil, fmt.Errorf("lists/%s: %q has no reason", file, row[0])
		case !slices.Contains(known, row[0]):
			return nil, fmt.Errorf("lists/%s: %s is not in lists/eligible.tsv", file, row[0])
		case out[row[0]] != "":
			return nil, fmt.Errorf("lists/%s: %s is there twice", file, row[0])
		}
		out[row[0]] = row[1]
	}
	return out, nil
}
