package generate

import (
	"fmt"
	"regexp"
	"strings"
)

// callsThatAssign writes statements that read variables and call functions that
// change them. The specification leaves open which comes first; programs rely
// on what the compiler does.
func callsThatAssign(g *generator) {
	t := g.global("O")
	g.toplevel(`type %[1]s struct { n int; list []int }

func (t %[1]s) get(k int) int { return t.n*10 + k }
func (t *%[1]s) add(k int) int { t.n += k; return t.n }`, t)
	o := ordering{g, t}
	state := fmt.Sprintf(`a, b, s, r, fl = 1, 2, []int{1, 2, 3}, [3]int{4, 5, 6}, 0.5
	m, me, mk = map[int]int{0: 7, 1: 8}, map[any]int{}, map[[1]int]int{}
	t, p = %[1]s{n: 1}, &%[1]s{n: 2}
	str, ok, e = "q", false, 1`, t)
	vars := fmt.Sprintf(`var (
	a, b int
	s []int
	r [3]int
	m map[int]int
	me map[any]int
	mk map[[1]int]int
	t %[1]s
	p *%[1]s
	str string
	ok bool
	e any
	fl float64
)`, t)
	// The deferred call keeps the compiler from inlining the function, which
	// would leave variables in registers: those it reads earlier.
	change := fmt.Sprintf(`f := func(k int) int {
	defer func() {}()
	a, b = a+k, a
	s = append([]int{k, a}, s...)[:3]
	r[k&1] = a
	m = map[int]int{k & 3: a, 5: b}
	t.n, p = a, &%[1]s{n: k}
	str, ok, e, fl = clip(str+"x"), !ok, k, fl+1
	return k + 1
}
two := func(k int) (int, int) { return f(k), f(k + 1) }
give := func(k int) chan int { c := make(chan int, 1); c <- f(k); return c }
show := func() { fmt.Println(a, b, s, r, m, me, mk, t, *p, str, ok, e, fl) }
%[2]s
_, _ = two, give`, t, state)
	if g.chance(50) {
		// Package variables have names of their own: the local ones refer to them.
		own := g.global("g")
		g.toplevel("%s", rename(vars, own))
		g.write("%s", rename(change, own))
		for range g.between(3, 6) {
			g.write("%s", rename(o.statement()+"\nshow()", own))
		}
		return
	}
	g.write("%s\n%s", vars, change)
	for range g.between(3, 6) {
		g.write("%s\nshow()", o.statement())
	}
}

// An ordering writes statements with the variables of callsThatAssign.
type ordering struct {
	*generator
	t string
}

func (o ordering) pick(list ...func() string) string { return list[o.rand.IntN(len(list))]() }

func (o ordering) int(depth int) string {
	if depth <= 0 || o.chance(15) {
		return pick(o.generator, "a", "b", "t.n", "p.n", "s[a&1]", "r[b&1]", "m[a&3]", "len(s)", "len(str)", "(*p).n", "*(&a)", "int(str[0])", fmt.Sprint(o.rand.IntN(5)))
	}
	x := func() string { return o.int(depth - 1) }
	formats := []string{
		"f(%s)", "f(%s)", "f(%s)", "t.get(%s)", "t.add(%s)", "p.get(%s)", "p.add(%s)", "func() int { return %s }()",
		"(%s + %s)", "(%s - %s)", "(%s ^ %s)", "(%s * %s)", "min(%s, %s)", "-(%s)", "id(%s)",
		"[]int{%s, %s}[%s&1]", "[2]int{%s, %s}[%s&1]", "(" + o.t + "{n: %s}).n", "map[int]int{1: %s, 2: %s}[1]", "len([]int{%s})",
		"s[%s&1:][0]", "s[b&1 : 2+%s&1][0]", "any(%s).(int)", "<-give(%s)", "append(s[:1:1], %s)[1]", "(%s / nz(%s))",
		o.t + ".get(t, %s)", "(*" + o.t + ").add(p, %s)", "int(float64(%s))", "*new(%s)", "s[%s&1]", "r[%s&1]", "m[%s&3]",
	}
	if o.chance(10) {
		return fmt.Sprintf("choose(%s, %s, %s)", o.bool(depth-1), x(), x())
	}
	return filled(pick(o.generator, formats...), x)
}

func (o ordering) bool(depth int) string {
	if depth <= 0 || o.chance(10) {
		return pick(o.generator, "ok", "(a == b)", "(e == any(1))", "(fl < 3)")
	}
	switch o.rand.IntN(7) {
	case 0:
		return fmt.Sprintf("(%s && %s)", o.bool(depth-1), o.bool(depth-1))
	case 1:
		return fmt.Sprintf("(%s || %s)", o.bool(depth-1), o.bool(depth-1))
	case 2:
		return "!" + o.bool(depth-1)
	case 3:
		return filled("([2]int{%s, %s} == [2]int{%s, %s})", func() string { return o.int(depth - 1) })
	case 4:
		return fmt.Sprintf("(e == any(%s))", o.int(depth-1))
	default:
		return fmt.Sprintf("(%s %s %s)", o.int(depth-1), pick(o.generator, "<", "==", ">="), o.int(depth-1))
	}
}

func (o ordering) text(depth int) string {
	switch o.rand.IntN(5) {
	case 0:
		return fmt.Sprintf("(%s + str)", filled("fmt.Sprint(%s, %s)", func() string { return o.int(depth - 1) }))
	case 1:
		return fmt.Sprintf("string(rune('c'+%s&7))", o.int(depth-1))
	case 2:
		return "string([]byte(str))"
	case 3:
		return fmt.Sprintf("str[:%s&1]", o.int(depth-1))
	}
	return "str"
}

func (o ordering) argument(depth int) string {
	return o.pick(
		func() string { return o.int(depth) },
		func() string { return o.int(depth) },
		func() string { return o.bool(depth) },
		func() string { return o.text(depth) },
		func() string {
			return pick(o.generator, "t", "*p", "r", "s[0]", "fl", "fl+1", "e", "ok", "!ok", "str+str", "s[1:]")
		},
		func() string {
			return filled(pick(o.generator, "uint8(%s)", "int16(%s)", "complex(float64(%s), 1)", "any(%s)", "[]any{%s, ok, %s}",
				o.t+"{n: %s}", "struct{ A int }{%s}", "struct{ A, B int }{%s, %s}", "[]int{%s, %s}", "map[string]int{\"x\": %s, \"y\": %s}",
				"map[int]int{%s & 1: %s}"), func() string { return o.int(depth - 1) })
		},
	)
}

func (o ordering) list(n, depth int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = o.argument(depth)
	}
	return strings.Join(parts, ", ")
}

func (o ordering) place(depth int) string {
	x := func() string { return o.int(depth) }
	return filled(pick(o.generator, "a", "b", "t.n", "p.n", "s[%s&1]", "r[%s&1]", "m[%s&3]", "*(&a)", "s[a&1]", "r[a&1]", "m[a&3]",
		"me[%s&3]", "me[ok]", "mk[[1]int{%s & 3}]"), x)
}

func (o ordering) statement() string {
	x := func() string { return o.int(2) }
	switch o.rand.IntN(16) {
	case 0, 1, 2:
		return fmt.Sprintf("fmt.Println(%s)", o.list(o.between(1, 4), 2))
	case 3:
		return fmt.Sprintf("%s = %s", o.place(1), x())
	case 4:
		return fmt.Sprintf("%s %s= %s", o.place(1), pick(o.generator, "+", "-", "^"), x())
	case 5:
		return fmt.Sprintf("%s%s", o.place(2), pick(o.generator, "++", "--"))
	case 6:
		return fmt.Sprintf("%s, %s = %s, %s", o.place(1), o.place(1), x(), x())
	case 7:
		return fmt.Sprintf("%s, %s = two(%s)", o.place(1), o.place(1), x())
	case 8:
		return fmt.Sprintf("fmt.Println(func() (int, bool, any, any) { return %s, %s, %s, %s }())", x(), o.bool(2), o.argument(1), o.argument(1))
	case 9:
		return fmt.Sprintf("if %s { fmt.Println(1, %s) } else if %s { fmt.Println(2) }", o.bool(3), x(), o.bool(2))
	case 10:
		return fmt.Sprintf("for i := %s & 1; i < 3 && %s; i += 1 + %s&1 { fmt.Println(i, %s); if i == 1 { continue }; a++ }", x(), o.bool(2), x(), x())
	case 11:
		return fmt.Sprintf("switch x := %s; %s - x { case %s: fmt.Println(1); default: fmt.Println(x) }", x(), x(), o.int(0))
	case 12:
		return fmt.Sprintf("s = append(s[:2:2], %s, %s)", x(), x())
	case 13:
		return fmt.Sprintf("{ x, y := %s, %s; var z, w any = %s, %s; fmt.Println(x, y, z, w) }", x(), o.argument(2), o.argument(1), o.argument(1))
	case 14:
		return fmt.Sprintf("func() { defer fmt.Println(%s, %s); a = 3 }()", x(), x())
	default:
		return fmt.Sprintf("%s, ok = m[%s]", o.place(1), x())
	}
}

// filled fills every %s of a format.
func filled(format string, x func() string) string {
	for strings.Contains(format, "%s") {
		format = strings.Replace(format, "%s", x(), 1)
	}
	return format
}

var orderingNames = regexp.MustCompile(`\b(a|b|s|r|m|me|mk|t|p|str|ok|e|fl)\b`)

// rename gives the variables, but not fields and keys, names with a prefix.
func rename(text, prefix string) string {
	return orderingNames.ReplaceAllString(text, prefix+"_$1")
}
