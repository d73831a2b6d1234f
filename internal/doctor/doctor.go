// Package doctor says what a machine has of what adkernel can use, and for
// what is missing what it would give and how to get it. It looks at files,
// environment variables and the program itself, and asks Python,
// nvidia-smi and Slurm's commands what only they know. It changes nothing.
package doctor

import (
	"fmt"
	"strings"

	"adkernel/internal/monospace"
	"adkernel/kernel/host"
)

// A State says how a finding is.
type State string

// States.
const (
	OK      State = "ok"
	Missing State = "missing" // the program works without
	Broken  State = "broken"  // something that is there does not work
)

// A Finding is one thing that was looked for.
type Finding struct {
	What   string `json:"what"`
	State  State  `json:"state"`
	Detail string `json:"detail"`
	Gives  string `json:"gives,omitempty"` // what it is good for, unless OK
	Fix    string `json:"fix,omitempty"`   // a command, or what to do, unless OK
}

// A Report is all that was found, in reading order.
type Report struct {
	Findings []Finding `json:"findings"`
}

// Facts are what the program knows about itself.
type Facts struct {
	Version    string
	Executable string
	Evaluators []string
	Backends   []string
}

// Examine looks at this machine.
func Examine(f Facts) Report {
	findings := []Finding{
		program(f),
		vectors(),
		{What: "evaluators", State: OK, Detail: strings.Join(f.Evaluators, ", ")},
		{What: "backends", State: OK, Detail: strings.Join(f.Backends, ", ")},
		demo(),
		jupyter(),
		kernelspec(f.Executable),
	}
	findings = append(findings, python()...)
	findings = append(findings, gpus(), slurm(), ssh(), mmlu())
	findings = append(findings, datasets()...)
	return Report{Findings: append(findings, runs(), cache())}
}

// Broken says whether something that is there does not work.
func (r Report) Broken() bool {
	for _, f := range r.Findings {
		if f.State == Broken {
			return true
		}
	}
	return false
}

// MimeBundle implements host.Bundler: a table, and below it what is missing.
func (r Report) MimeBundle() host.Bundle {
	var text strings.Builder
	r.table(&text)
	for _, f := range r.Findings {
		if f.State != OK {
			fmt.Fprintf(&text, "\n%s: %s. For: %s\n    %s\n", f.What, f.State, f.Gives, f.Fix)
		}
	}
	return host.Text(strings.TrimRight(text.String(), "\n"))
}

// table writes a line for each finding. Its details go on below where they began
// when they are longer than a terminal's line.
func (r Report) table(text *strings.Builder) {
	const gap = 2
	what, state := 0, 0
	for _, f := range r.Findings {
		what, state = max(what, monospace.Width(f.What)+gap), max(state, monospace.Width(string(f.State))+gap)
	}
	for _, f := range r.Findings {
		head := monospace.Left(f.What, what) + monospace.Left(string(f.State), state)
		for _, part := range monospace.Wrap(oneLine(f.Detail), host.LineWidth()-what-state) {
			fmt.Fprintln(text, strings.TrimRight(head+part, " "))
			head = strings.Repeat(" ", what+state)
		}
	}
}

// oneLine keeps a text of several lines, as programs complain, in its row.
func oneLine(text string) string {
	return strings.ReplaceAll(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; "), "\t", " ")
}
