package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// The classes of an outcome, from good to bad. A refusal costs the user a
// feature. From selfcheck on, the evaluator computed something other than Go
// does: selfcheck was noticed by the program's own test, silent by nobody but
// the expected output.
const (
	right     = "right"     // status 0 and the expected output
	refused   = "refused"   // status 3
	crash     = "crash"     // ended by an error that Go would not give
	timeout   = "timeout"   // still running at the limit
	selfcheck = "selfcheck" // the program compared a value with what Go says and complained
	silent    = "silent"    // status 0 and other output
)

var classes = []string{right, refused, crash, timeout, selfcheck, silent}

var (
	fatal = regexp.MustCompile(`(?m)^(goroutine \d+ |fatal error: )`)
	loud  = regexp.MustCompile(`(?i)runtime error|reflect[.:]|interface conversion|fatal error|sigsegv|stack exceeds|` +
		`unexpected fault|internal error|not implemented|unreachable|all goroutines are asleep|cannot use type|` +
		`call of .* on .* Value|out of memory|signal: `)
)

// classify says what an outcome means for a program that should have written
// want and ended with status 0. Crash and selfcheck are told apart by the text
// of the panic; judge single programs by hand.
func classify(o outcome, want []byte) (class, detail string) {
	switch {
	case o.timeout:
		return timeout, ""
	case o.code == exitRefused:
		return refused, firstLine(o.out)
	case o.code == 0 && bytes.Equal(o.out, want):
		return right, ""
	case o.code == 0:
		return silent, difference(o.out, want)
	}
	d := panicLine(o.out)
	if killed := o.code == -1 || o.code > 128; killed || loud.MatchString(d) || fatal.Match(o.out) && loud.Match(o.out) {
		return crash, d
	}
	return selfcheck, d
}

// firstLine is the first line that says anything.
func firstLine(out []byte) string {
	for l := range strings.Lines(string(out)) {
		if l = strings.TrimSpace(l); l != "" {
			return short(l)
		}
	}
	return ""
}

// panicLine is the line that says what ended the program, or else the last one.
func panicLine(out []byte) string {
	last := ""
	for l := range strings.Lines(string(out)) {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "panic: ") || strings.HasPrefix(l, "fatal error: ") {
			return short(l)
		}
		if l != "" {
			last = l
		}
	}
	return short(last)
}

// difference is the first line in which two outputs differ.
func difference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d: got %q want %q", i+1, short(a), short(b))
		}
	}
	return ""
}

// short makes one line of at most 200 bytes, as a cell of a table.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}
