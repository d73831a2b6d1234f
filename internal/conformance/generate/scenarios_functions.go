package generate

import (
	"fmt"
	"strings"
)

func closureCounter(g *generator) {
	n, inc, get, t := g.local("n"), g.local("inc"), g.local("get"), g.integer()
	g.write(`%s := %s
%s := func(d %s) %s { %s += d; return %s }
%s := func() %s { return %s * 2 }
for range %d { %s(%s) }
fmt.Println(%s, %s())
%s = %s
last := %s(1)
fmt.Println(last, %s)`, n, g.typed(t, g.expr(t, 1)), inc, t.name, t.name, n, n, get, t.name, n, g.between(1, 4), inc, g.expr(t, 1), n, get, n, g.expr(t, 1), inc, n)
}

func loopClosures(g *generator) {
	fs := g.local("fs")
	loop := pick(g, "for i := 0; i < 4; i++ {", "for i := range 4 {", "for _, i := range []int{5, 6, 7} {", "for i := 0; i < 5; i += 2 {")
	extra := ""
	if strings.Contains(loop, "i++") {
		extra = pick(g, "", "if i == 1 { i++ }", "i += 0")
	}
	g.write(`var %s []func(int) int
%s
	%s = append(%s, func(d int) int { i += d; return i })
	%s
}
for j, f := range %s { fmt.Print(f(0), " ", f(j), " ", f(1), "; ") }
fmt.Println()`, fs, loop, fs, fs, extra, fs)
}

func closuresOverParameters(g *generator) {
	t := g.typ(1)
	g.write(`make2 := func(x %[1]s) (func() %[1]s, func(%[1]s)) {
	return func() %[1]s { return x }, func(y %[1]s) { x = y }
}
get, set := make2(%[2]s)
get2, _ := make2(%[3]s)
set(%[4]s)
fmt.Println(get(), get2())
func(x *%[1]s) { *x = get2(); set(*x) }(new(%[1]s))
fmt.Println(get())`, t.name, g.expr(t, 1), g.expr(t, 1), g.expr(t, 1))
}

func evaluationOrder(g *generator) {
	t := g.integer()
	a := func(n int) string { return fmt.Sprintf("tr(%d, %s)", n, g.operand(t, 0)) }
	b := func(n int) string { return fmt.Sprintf("tr(%d, %s)", n, g.operand(boolType, 0)) }
	r := g.local("r")
	switch g.rand.IntN(6) {
	case 0:
		g.write("%s := %s + %s*%s - (%s ^ %s)", r, a(1), a(2), a(3), a(4), a(5))
	case 1:
		g.write("%s := %s && (%s || %s) && !%s", r, b(1), b(2), b(3), b(4))
	case 2:
		g.write("%s := []any{%s, %s, [2]%s{%s, %s}}", r, a(1), b(2), t.name, a(3), a(4))
	case 3:
		g.write("%s := [4]%s{}\n%s[tr(1, %d)], %s[tr(2, %d)] = %s, %s", r, t.name, r, g.rand.IntN(4), r, g.rand.IntN(4), a(3), a(4))
	case 4:
		g.write("%s := map[string]%s{\"a\": %s, \"b\": %s}\n%s[tr(3, \"c\")] += %s", r, t.name, a(1), a(2), r, a(4))
	default:
		g.write(`%s := func(x, y %s, z ...bool) string { return fmt.Sprint(x, y, z) }(%s, %s, %s, %s)`, r, t.name, a(1), a(2), b(3), b(4))
	}
	g.write("fmt.Println(%s)\nshowTrace()", r)
	if g.chance(50) {
		g.write(`switch tr(1, %s) {
case tr(2, %s), tr(3, %s):
	fmt.Println("first")
case tr(4, %s):
	fmt.Println("second")
}
showTrace()`, g.small(2), g.small(2), g.small(2), g.small(2))
	}
}

func packageVariables(g *generator) {
	v, t := g.global("V"), g.integer()
	g.toplevel(`var (
	%[1]sA = %[1]sB*2 + note%[1]s("A", 1)
	%[1]sB = note%[1]s("B", %[1]sC[1])
	%[1]sC = []%[2]s{note%[1]s("C", 4), %[3]d, %[1]sD}
	%[1]sD, %[1]sE = both%[1]s()
)

var %[1]sLog []string

func note%[1]s(s string, x %[2]s) %[2]s {
	%[1]sLog = append(%[1]sLog, s)
	return x
}

func both%[1]s() (%[2]s, string) { return note%[1]s("D", %[4]d), fmt.Sprint(%[1]sF) }

var %[1]sF = note%[1]s("F", 7)

func init() { %[1]sLog = append(%[1]sLog, "init") }`, v, t.name, g.rand.IntN(100), g.rand.IntN(100))
	g.write("fmt.Println(%[1]sA, %[1]sB, %[1]sC, %[1]sD, %[1]sE, %[1]sF, %[1]sLog)", v)
}

func multipleAssignment(g *generator) {
	t := g.integer()
	g.write(`i, a := %s, []%s{%s}
i, a[i] = 2, %s
fmt.Println(i, a)
a[0], a[1], a[2] = a[2], a[0], a[1]
x, y := a[0], a[1]
x, y = y, x+y
m := map[string]%s{}
k := "a"
k, m[k] = "b", x
fmt.Println(a, x, y, k, m)
f := func() (%s, string, error) { return x * y, k, nil }
p, q, err := f()
p, r := y, q+"!"
_, q, _ = f()
fmt.Println(p, q, r, err)`, g.small(2), t.name, g.list(3, t, 1), g.expr(t, 1), t.name, t.name)
}

func forwardedResults(g *generator) {
	t, u := g.basic(), g.basic()
	g.write(`two := func() (%[1]s, %[2]s) { return %[3]s, %[4]s }
show := func(list ...any) string { return fmt.Sprint(len(list), list) }
swap := func(a %[1]s, b %[2]s) (%[2]s, %[1]s) { return b, a }
fmt.Println(two())
fmt.Println(show(two()), show(swap(two())))
x, _ := two()
_, y := swap(two())
fmt.Println(x == x || x != x, y)
var z struct { a %[1]s; b %[2]s }
z.a, z.b = two()
list := []%[1]s{x}
list[0], _ = two()
fmt.Printf("%%+v %%v\n", z, list)`, t.name, u.name, g.expr(t, 1), g.expr(u, 1))
}

func recursion(g *generator) {
	f, t := g.global("rec"), g.integer()
	g.toplevel(`func %[1]s(n int, acc %[2]s) %[2]s {
	if n <= 0 { return acc }
	if n%%%[3]d == 0 { return %[1]s(n-2, acc^%[2]s(n)) + %[2]s(n) }
	return %[1]s(n-1, acc*3+%[2]s(n))
}`, f, t.name, g.between(2, 4))
	g.write(`fmt.Println(%[1]s(%[2]d, %[3]s))
var fib func(int) int
fib = func(n int) int {
	if n < 2 { return n }
	return fib(n-1) + fib(n-2)
}
fmt.Println(fib(%[4]d))`, f, g.between(3, 30), g.expr(t, 1), g.between(3, 12))
}

func variadics(g *generator) {
	t := g.typ(1)
	g.write(`f := func(head string, rest ...%s) string {
	if rest == nil { return head + " nil" }
	rest[0] = %s
	return fmt.Sprint(head, len(rest), rest)
}
s := []%s{%s}
fmt.Println(f("a"), f("b", %s), f("c", s...), f("d", s[:1]...), s)
fmt.Println(append([]any{1}, []any{"x", nil}...)...)`, t.name, g.expr(t, 1), t.name, g.list(2, t, 1), g.expr(t, 1))
}

func functionTypes(g *generator) {
	f := g.global("F")
	g.toplevel(`type %[1]s func(int) int

func (f %[1]s) Then(h %[1]s) %[1]s { return func(n int) int { return h(f(n)) } }
func (f %[1]s) Times(n int) %[1]s {
	out := f
	for range n - 1 { out = out.Then(f) }
	return out
}`, f)
	g.write(`inc := %[1]s(func(n int) int { return n + %[2]d })
double := func(n int) int { return n * 2 }
fmt.Println(inc.Then(double).Times(%[3]d)(%[4]s), %[1]s(double).Then(inc)(3), inc != nil)
table := map[string]func(int) int{"inc": inc, "double": double, "nil": nil}
for _, k := range keys(table) {
	if h := table[k]; h != nil { fmt.Println(k, h(5)) }
}`, f, g.between(1, 5), g.between(1, 4), g.small(9))
}

func methodValues(g *generator) {
	k := g.kinds[0]
	x := g.local("x")
	g.write(`%s := %s(%s)
bound := %s.Twice
free := %s.Twice
fmt.Println(bound(), free(%s))
%s++
fmt.Println(bound(), %s.Twice(), free(%s), (*%s).Twice(&%s))
var any1 interface{ Twice() int } = %s
viaInterface := any1.Twice
any1 = nil
type twicer interface{ Twice() int }
fmt.Println(viaInterface(), twicer.Twice(%s))`, x, k.name, g.operand(k, 1), x, k.name, x, x, x, x, k.name, x, x, x)
}
