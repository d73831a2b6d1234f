package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A result is one program's row: name, class, milliseconds, detail.
type result struct {
	name, class string
	ms          int64
	detail      string
}

func (r result) row() string {
	return fmt.Sprintf("%s\t%s\t%d\t%s\n", r.name, r.class, r.ms, r.detail)
}

func writeResults(file string, list []result) error {
	var b strings.Builder
	for _, r := range list {
		b.WriteString(r.row())
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func readResults(file string) ([]result, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []result
	for _, row := range rows(string(b)) {
		if len(row) < 3 || !slices.Contains(classes, row[1]) {
			return nil, fmt.Errorf("%s: %q is no row of name, class, milliseconds", file, strings.Join(row, "\t"))
		}
		ms, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, row[0], err)
		}
		out = append(out, result{row[0], row[1], ms, strings.Join(row[3:], " ")})
	}
	return out, nil
}

// rows are the tab-separated lines of a list, without empty ones and comments.
func rows(text string) [][]string {
	var out [][]string
	for l := range strings.Lines(text) {
		if l = strings.TrimRight(l, "\r\n"); l != "" && l[0] != '#' {
			out = append(out, strings.Split(l, "\t"))
		}
	}
	return out
}

func tally(list []result) map[string]int {
	n := map[string]int{}
	for _, r := range list {
		n[r.class]++
	}
	return n
}

// printCounts writes one row of the table that printHeader begins.
func printCounts(w io.Writer, name string, list []result) {
	n := tally(list)
	fmt.Fprintf(w, "| %s | %d |", name, len(list))
	for _, c := range classes {
		fmt.Fprintf(w, " %d |", n[c])
	}
	fmt.Fprintf(w, " %.1f %% |\n", percent(n[right], len(list)))
}

func printHeader(w io.Writer) {
	fmt.Fprintf(w, "| | programs | %s | right |\n|---|%s---|\n", strings.Join(classes, " | "), strings.Repeat("---|", len(classes)+1))
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

func countCommand(_ context.Context, files []string, stdout io.Writer) error {
	if len(files) == 0 {
		return fmt.Errorf("%w: name result files", errUsage)
	}
	printHeader(stdout)
	for _, f := range files {
		list, err := readResults(f)
		if err != nil {
			return err
		}
		printCounts(stdout, strings.TrimSuffix(filepath.Base(f), ".tsv"), list)
	}
	return nil
}

func diffCommand(_ context.Context, files []string, stdout io.Writer) error {
	if len(files) != 2 {
		return fmt.Errorf("%w: name two result files", errUsage)
	}
	before, err := readResults(files[0])
	if err != nil {
		return err
	}
	after, err := readResults(files[1])
	if err != nil {
		return err
	}
	was := map[string]string{}
	for _, r := range before {
		was[r.name] = r.class
	}
	moved := map[[2]string][]result{}
	for _, r := range after {
		if w, ok := was[r.name]; ok && w != r.class {
			moved[[2]string{w, r.class}] = append(moved[[2]string{w, r.class}], r)
		}
	}
	for _, from := range classes {
		for _, to := range classes {
			if m := moved[[2]string{from, to}]; len(m) > 0 {
				fmt.Fprintf(stdout, "%s -> %s: %d\n", from, to, len(m))
				for _, r := range m {
					fmt.Fprintf(stdout, "\t%s\t%s\n", r.name, r.detail)
				}
			}
		}
	}
	return nil
}
