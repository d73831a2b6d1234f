package main

import (
	"regexp"
	"strings"
)

// volatile is what no two executions share, by the word that stands for it.
// The order matters: a rate holds a duration's unit.
var volatile = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`\b\d{8}-\d{6}-([\w.-]*?)(-\d+)?([^\w.-]|$)`), "RUN-${1}${3}"}, // names of runs, numbered when two are of one second
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?\b`), "TIME"},
	// Paths keep their last element: two directories or more, after a space, a bracket or a quote.
	{regexp.MustCompile("(^|[\\s(\\[{\"'`=>:])~?(?:/[\\w.@+-]+)+/([\\w.@+-]+)"), "${1}PATH/${2}"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?(samples|tokens|questions|rows|[kMG]i?B|B)? ?/ ?s\b`), "RATE"},
	{regexp.MustCompile(`\b(\d+ h )?(\d+ min )?\d+(\.\d+)? (s|ms|µs|ns|min|h)\b`), "DURATION"},
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+(\.\d+)?(s|ms|µs|ns)\b`), "DURATION"},
	// Columns are as wide as what stands in them.
	{regexp.MustCompile(`[ \t\x{a0}]+`), " "},
	{regexp.MustCompile(`(─|-{3})[─-]*`), "─"},
}

// normalize replaces what differs between executions.
func normalize(text string) string {
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.word)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
