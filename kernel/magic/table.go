package magic

import (
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"

	"adkernel/internal/suggest"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// A magic is a command that begins with % in a line of its own, or with %% at
// the start of a cell.
type magic struct {
	usage string // without the name
	doc   string
	cell  bool // it may stand at the start of a cell
	line  bool // it may be a line

	runsGo bool // what follows, or the body of the cell, is Go
	paths  bool // the arguments are paths
	looks  bool // it changes nothing but what is shown
	run    func(*call) (eval.Result, error)
}

// magics is filled by init, because %help lists it.
var magics map[string]magic

func init() {
	magics = map[string]magic{
		"cd":         {line: true, paths: true, run: changeFolder, usage: "[FOLDER | -]", doc: "Change the working folder; home when none is named, the one before with -."},
		"pwd":        {looks: true, line: true, run: workingFolder, doc: "The working folder."},
		"env":        {line: true, run: environment, usage: "[NAME | NAME=VALUE | NAME VALUE]", doc: "Show the environment, or one variable of it, or set one. {x} is the value of the expression x of the cells."},
		"gopath":     {line: true, paths: true, run: sourceFolder, usage: "[FOLDER]", doc: "Import packages from source code. FOLDER is a module, its vendor folder, or holds folders that are named as import paths. Without FOLDER, list those that were named."},
		"time":       {line: true, cell: true, runsGo: true, run: timeOnce, usage: "CODE", doc: "Run code once and say how long it took."},
		"timeit":     {line: true, cell: true, runsGo: true, run: timeRepeated, usage: "[-n LOOPS] [-r RUNS] CODE", doc: "Run code many times and say how long one time takes. In a cell, CODE in the first line is run once before."},
		"who":        {looks: true, line: true, run: who, usage: "[var | const | func | type | package]", doc: "List the names that are alive."},
		"whos":       {looks: true, line: true, run: whos, usage: "[var | const | func | type | package]", doc: "List the names that are alive with their types and values."},
		"reset":      {line: true, run: reset, usage: "[-f]", doc: "Forget everything that is alive; -f does not ask first."},
		"history":    {looks: true, line: true, run: history, usage: "[-n] [-l COUNT | RANGE...]", doc: "Print the cells that ran, with numbers by -n: the last COUNT, or those of ranges such as 2-5 or 7."},
		"save":       {line: true, paths: true, run: save, usage: "[-f] [-a] FILE [RANGE...]", doc: "Write cells that ran to a file: all of them, or ranges such as 2-5 or 7. -a appends, -f overwrites."},
		"load":       {looks: true, line: true, paths: true, run: load, usage: "FILE | RANGE", doc: "Put a file, or cells that ran, into this cell in place of the magic."},
		"run":        {line: true, paths: true, run: runFile, usage: "FILE", doc: "Run a Go file, or the code cells of a notebook, here: what it declares is alive afterwards."},
		"bash":       {cell: true, run: program("bash"), usage: programUsage, doc: "Run the cell with bash."},
		"sh":         {cell: true, run: program("sh"), usage: programUsage, doc: "Run the cell with sh."},
		"python":     {cell: true, run: program("python3", "python"), usage: programUsage, doc: "Run the cell with Python, in a process of its own."},
		"python3":    {cell: true, run: program("python3"), usage: programUsage, doc: "Run the cell with Python 3, in a process of its own."},
		"script":     {cell: true, run: script, usage: "PROGRAM [ARGUMENTS]", doc: "Run the cell with a program that reads it from standard input."},
		"writefile":  {cell: true, paths: true, run: writeFile, usage: "[-a] FILE", doc: "Write the cell to a file; -a appends."},
		"html":       {looks: true, cell: true, run: asMIME("text/html"), doc: "Show the cell as HTML."},
		"markdown":   {looks: true, cell: true, run: asMIME("text/markdown"), doc: "Show the cell as Markdown."},
		"svg":        {looks: true, cell: true, run: asMIME("image/svg+xml"), doc: "Show the cell as a picture in SVG."},
		"latex":      {looks: true, cell: true, run: asMIME("text/latex"), doc: "Show the cell as LaTeX."},
		"javascript": {looks: true, cell: true, run: asMIME("application/javascript"), doc: "Run the cell in the browser."},
		"help":       {looks: true, line: true, run: help, usage: "[NAME]", doc: "Say what magics there are, or what one of them does."},
		"doctor":     {looks: true, line: true, run: doctor, doc: "Say what this machine has, and what is missing."},
	}
	magics["lsmagic"] = magics["help"]
	magics["set_env"] = magics["env"]
	magics["file"] = magics["writefile"]
	magics["hist"] = magics["history"]
	magics["js"] = magics["javascript"]
}

const programUsage = "[--no-raise-error] [ARGUMENTS]"

// aliases are IPython's; they are left out of listings.
var aliases = []string{"lsmagic", "set_env", "file", "hist", "js"}

// known says what is wrong with a part before anything runs, or nil.
func (e *evaluator) known(p part) error {
	switch p.kind {
	case lineMagic, cellMagic:
	default:
		return nil
	}
	prefix := "%"
	if p.kind == cellMagic {
		prefix = "%%"
	}
	m, ok := magics[p.name]
	switch {
	case p.name == "" && strings.HasPrefix(p.rest, "%"):
		return fmt.Errorf("%%%%%s stands in the first line of a cell", named(p.rest, part{}, 1, len(p.rest)).name)
	case p.name == "":
		return fmt.Errorf("the name of a magic is missing after %s (%%help lists them)", prefix)
	case ok && p.name == "doctor" && e.Doctor == nil:
		return fmt.Errorf("there is no %%doctor here")
	case ok && p.kind == cellMagic && !m.cell:
		return fmt.Errorf("%%%%%s works on a line, not on a cell: %%%s %s", p.name, p.name, m.usage)
	case ok && p.kind == lineMagic && !m.line:
		return fmt.Errorf("%%%s works on a whole cell: write %%%%%s in its first line", p.name, p.name)
	case ok:
		return nil
	}
	text := fmt.Sprintf("unknown magic %s%s", prefix, p.name)
	if why := elsewhere[p.name]; why != "" {
		return fmt.Errorf("%s: %s", text, why)
	}
	if near := suggest.Nearest(p.name, namesOf(p.kind)); near != "" {
		return fmt.Errorf("%s; did you mean %s%s?", text, prefix, near)
	}
	if _, err := exec.LookPath(p.name); err == nil {
		return fmt.Errorf("%s; !%s runs the program of that name", text, p.name)
	}
	return fmt.Errorf("%s (%%help lists them)", text)
}

// namesOf lists the magics that may stand there, sorted.
func namesOf(kind partKind) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(magics)) {
		m := magics[name]
		if kind == cellMagic && m.cell || kind == lineMagic && m.line {
			if !slices.Contains(aliases, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// title is how a magic is written.
func (m magic) title(name string) string {
	prefix := "%"
	if !m.line {
		prefix = "%%"
	}
	return strings.TrimSpace(prefix + name + " " + m.usage)
}

func help(c *call) (eval.Result, error) {
	name := strings.TrimLeft(c.part.rest, "%")
	if name != "" {
		m, ok := magics[name]
		if !ok {
			return eval.Result{}, fmt.Errorf("there is no magic %%%s%s", name, suggest.Clause(name, namesOf(lineMagic)))
		}
		host.ShowPage(host.Text(m.help(name)))
		return eval.Result{}, nil
	}
	c.say("Beside Go, a cell may hold:")
	c.say("%s", entry("!COMMAND", "Run a command of the shell; {x} is the value of the expression x of the cells, {{x}} is {x}. !!COMMAND gives its lines as a value."))
	c.say("%s", entry("NAME?  NAME??", "Describe a name; with its source."))
	for _, name := range slices.Sorted(maps.Keys(magics)) {
		if slices.Contains(aliases, name) {
			continue
		}
		m := magics[name]
		both := ""
		if m.line && m.cell {
			both = " Also for a whole cell: %%" + name + "."
		}
		c.say("%s", entry(m.title(name), m.doc+both))
	}
	c.say("Names that need no import are those that Tab offers where a line begins.")
	return eval.Result{}, nil
}

// Columns of the list of magics, which fits into a terminal.
const (
	usageWidth = 22
	helpWidth  = 80
)

// entry is a usage with what it does beside it, or below it where it is long.
func entry(usage, does string) string {
	indent := strings.Repeat(" ", usageWidth+4)
	var b strings.Builder
	if len(usage) > usageWidth {
		b.WriteString("  " + usage + "\n" + indent)
	} else {
		fmt.Fprintf(&b, "  %-*s  ", usageWidth, usage)
	}
	used := len(indent)
	for i, word := range strings.Fields(does) {
		switch {
		case i == 0:
		case used+1+len(word) > helpWidth:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += len(word)
	}
	return b.String()
}

func (m magic) help(name string) string { return m.title(name) + "\n\n" + m.doc }

func doctor(c *call) (eval.Result, error) {
	return eval.Result{Values: []any{c.e.Doctor()}}, nil
}
