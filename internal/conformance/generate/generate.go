// Package generate writes Go programs that every correct implementation of Go
// runs alike: well-typed, terminating, and without what the specification
// leaves open. It never lets two operations of one statement panic, converts a
// float that does not fit, depends on how far append grows, ranges over a map
// in order, or selects among channels that are ready. One scenario is not of
// that kind: callsThatAssign orders a variable's use against a call that
// assigns it, where only the compiler says which comes first. Products of
// complex numbers may be fused where the processor can: compare on one machine.
// Programs are made of units that share nothing but the helpers, so that a
// difference can be narrowed down to one.
package generate

import (
	_ "embed"
	"fmt"
	"go/format"
	"math/rand/v2"
	"regexp"
	"strings"
)

// A Unit is a group of declarations with an entry, the function Name.
type Unit struct {
	Name   string
	Source string
}

//go:embed helpers.go.txt
var helpers string

// New returns the unit that belongs to a seed and a number.
func New(seed uint64, n int) Unit {
	g := &generator{rand: rand.New(rand.NewPCG(seed, uint64(n))), n: n}
	g.declareTypes()
	g.declareFunctions()
	g.declareEntry()
	return Unit{g.entry(), g.top.String()}
}

// Program is a whole file: the helpers and a main that runs the units in order.
// What one prints is preceded by "== " and its name; a panic is printed and
// ends its unit only.
func Program(units []Unit) ([]byte, error) {
	var b strings.Builder
	b.WriteString(helpers)
	b.WriteString("\nfunc main() {\n")
	for _, u := range units {
		fmt.Fprintf(&b, "\trun(%q, %s)\n", u.Name, u.Name)
	}
	b.WriteString("}\n")
	for _, u := range units {
		b.WriteString("\n" + u.Source)
	}
	var used []string
	for _, name := range packages {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(b.String()) {
			used = append(used, name)
		}
	}
	text, err := format.Source([]byte("package main\n\n" + importsOf(used) + b.String()))
	if err != nil {
		return nil, fmt.Errorf("units %s to %s: %w", units[0].Name, units[len(units)-1].Name, err)
	}
	return text, nil
}

// packages are those that units and helpers may use.
var packages = []string{"errors", "fmt", "iter", "runtime", "slices", "sort", "strings", "sync"}

func importsOf(names []string) string {
	return fmt.Sprintf("import (\n\t\"%s\"\n)\n\n", strings.Join(names, "\"\n\t\""))
}

// A generator writes one unit.
type generator struct {
	rand *rand.Rand
	n    int

	top  strings.Builder // declarations
	body *strings.Builder
	vars []variable // in scope, innermost last
	next int        // number of the next name
	risk int        // operations that may still panic in this statement
	deep int        // nesting of blocks

	kinds     []*typ // named types of the unit
	functions []function
	structs   []*typ
	loops     int // nesting of loops
}

type variable struct {
	name   string
	t      *typ
	frozen bool // not to be assigned: a loop's own
}

// A function is a pure function of the unit.
type function struct {
	name   string
	params []*typ
	result *typ
}

func (g *generator) entry() string { return fmt.Sprintf("u%d", g.n) }

// global is a top-level name of the unit.
func (g *generator) global(prefix string) string {
	g.next++
	return fmt.Sprintf("%s%d_%d", prefix, g.n, g.next)
}

func (g *generator) local(prefix string) string {
	g.next++
	return fmt.Sprintf("%s%d", prefix, g.next)
}

func (g *generator) chance(percent int) bool { return g.rand.IntN(100) < percent }

func (g *generator) between(low, high int) int { return low + g.rand.IntN(high-low+1) }

func pick[T any](g *generator, list ...T) T { return list[g.rand.IntN(len(list))] }

// line writes to the function being written.
func (g *generator) line(f string, args ...any) { fmt.Fprintf(g.body, f+"\n", args...) }

// scoped runs f with a scope of its own.
func (g *generator) scoped(f func()) {
	n := len(g.vars)
	g.deep++
	f()
	g.deep--
	g.vars = g.vars[:n]
}

// apart runs f with no variable in scope but those given: a function literal
// that reads nothing around it, or a function.
func (g *generator) apart(vars []variable, f func()) {
	old, loops, risk := g.vars, g.loops, g.risk
	g.vars, g.loops = vars, 0
	f()
	g.vars, g.loops, g.risk = old, loops, risk
}

// declare writes a variable with a value of its type, used.
func (g *generator) declare(t *typ) {
	name := g.local("v")
	if g.chance(50) {
		g.line("var %s %s = %s", name, t.name, g.expr(t, 2))
	} else {
		g.line("%s := %s", name, g.typed(t, g.expr(t, 2)))
	}
	g.line("_ = %s", name)
	g.vars = append(g.vars, variable{name: name, t: t})
}

// of lists the variables in scope for which ok holds.
func (g *generator) of(ok func(variable) bool) []variable {
	var out []variable
	for _, v := range g.vars {
		if ok(v) {
			out = append(out, v)
		}
	}
	return out
}
