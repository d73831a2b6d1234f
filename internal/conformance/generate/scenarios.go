package generate

import (
	"fmt"
	"strings"
)

// scenario writes one of the shapes that random statements do not reach.
func (g *generator) scenario() {
	list := []func(*generator){
		deferRecover, namedResult, rePanic, closureCounter, loopClosures, evaluationOrder, genericFunction, genericType,
		goroutines, channels, selects, labels, gotoLoop, rangeFunc, rangeFuncEscapes, methodValues, interfaces, embedding,
		aliasing, arrayValues, pointers, structPointers, conversions, constantGroups, shifts, stringBytes, mapWork, clearAndCopy,
		deferOrder, runtimePanics, errorsWrapped, multipleAssignment, recursion, variadics, functionTypes, comparisons, linkedList,
		switchOnTypes, complexNumbers, floatRounding, closuresOverParameters, sortedValues, structCopies, genericConstraints,
		packageVariables, anonymousStructs, shadowing, genericAlias, pulledIterators, operatorAssignments, methodsOfCollections,
		forwardedResults, channelsOfFunctions, genericNumbers, invalidText, selectLoop, nilValues, embeddedInterfaces, mutualTypes, callsThatAssign,
	}
	g.line("{")
	g.scoped(func() { list[g.rand.IntN(len(list))](g) })
	g.line("}")
}

// write is line for templates: $name stands for a name of the scenario's own,
// and %s for what is generated.
func (g *generator) write(template string, args ...any) {
	g.line("%s", g.fill(template, args...))
}

// toplevel writes declarations.
func (g *generator) toplevel(template string, args ...any) {
	g.top.WriteString(g.fill(template, args...) + "\n\n")
}

func (g *generator) fill(template string, args ...any) string {
	return fmt.Sprintf(strings.TrimSpace(template), args...)
}

// argument is a basic value for a parameter that is an interface.
func (g *generator) argument() string {
	t := g.basic()
	return g.typed(t, g.expr(t, 1))
}

// small is a small number, not constant.
func (g *generator) small(high int) string { return fmt.Sprintf("id(%d)", g.rand.IntN(high+1)) }

// panicking is a statement that may panic, by what it is given.
func (g *generator) panicking() string { return "{\n" + g.maybePanic() + "\n}" }

func (g *generator) maybePanic() string {
	switch g.rand.IntN(9) {
	case 0:
		return fmt.Sprintf("panic(%s)", g.argument())
	case 1:
		return fmt.Sprintf("panic(fmt.Errorf(\"e%%d\", %s))", g.small(9))
	case 2:
		return fmt.Sprintf("_ = 10 / %s", g.small(1))
	case 3:
		return fmt.Sprintf("_ = []int{1, 2}[%s]", g.small(3))
	case 4:
		return fmt.Sprintf("var m map[string]int\nif %s { m = map[string]int{} }\nm[\"a\"] = 1", g.operand(boolType, 1))
	case 5:
		return fmt.Sprintf("var p *struct{ x int }\nif %s { p = &struct{ x int }{1} }\np.x++", g.operand(boolType, 1))
	case 6:
		return fmt.Sprintf("var a any = %s\n_ = a.(%s)", g.argument(), g.basic().name)
	case 7:
		return fmt.Sprintf("s := make([]int, 2, 4)\n_ = s[%s:%s]", g.small(3), g.small(5))
	default:
		return fmt.Sprintf("panic(%s)", g.expr(stringType, 1))
	}
}

func deferRecover(g *generator) {
	f := g.local("f")
	g.write(`%s := func(n int) (out string) {
	defer func() {
		if r := recover(); r != nil {
			out = fmt.Sprint("recovered ", describe(r))
		}
	}()
	if n > %d {
		%s
	}
	return "fine"
}
for i := range 3 { fmt.Println(%s(i)) }`, f, g.rand.IntN(3), g.panicking(), f)
}

func namedResult(g *generator) {
	f, t := g.local("f"), g.integer()
	g.write(`%s := func(a %s) (n %s, err error) {
	defer func() { n += %s(len(fmt.Sprint(err))) }()
	defer func() {
		if r := recover(); r != nil { err = fmt.Errorf("caught: %%v", describe(r)) }
	}()
	n = a
	if n%%2 == 0 { return n * 3, errors.New("even") }
	%s
	return
}`, f, t.name, t.name, t.name, g.panicking())
	g.write(`fmt.Println(%s(%s))
fmt.Println(%s(%s))`, f, g.expr(t, 1), f, g.expr(t, 1))
}

func rePanic(g *generator) {
	g.write(`func() {
	defer func() { fmt.Println("outer", describe(recover())) }()
	defer func() {
		r := recover()
		fmt.Println("inner", describe(r))
		if %s { panic(fmt.Sprint("again ", describe(r))) }
	}()
	defer fmt.Println("deferred", %s)
	%s
}()`, g.operand(boolType, 1), g.argument(), g.panicking())
	if g.chance(40) {
		g.write(`func() {
	defer func() { fmt.Println(describe(recover())) }()
	defer func() { panic("second") }()
	panic("first")
}()`)
	}
}

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

func genericFunction(g *generator) {
	f := g.global("g")
	g.toplevel(`func %s[S ~[]E, E any, R any](s S, f func(int, E) R) []R {
	var out []R
	for i, e := range s { out = append(out, f(i, e)) }
	return out
}`, f)
	t, r := g.typ(1), g.basic()
	i, e := g.local("i"), g.local("e")
	var value string
	g.apart([]variable{{name: i, t: intType}, {name: e, t: t}}, func() { g.risk = 0; value = g.expr(r, 2) })
	g.write(`fmt.Println(%s([]%s{%s}, func(%s int, %s %s) %s { return %s }))`, f, t.name, g.list(g.between(1, 3), t, 1), i, e, t.name, r.name, value)
	h := g.global("g")
	g.toplevel(`func %s[T number](list ...T) (sum T, kind string) {
	for _, x := range list { sum += x }
	return sum, fmt.Sprintf("%%T", sum)
}`, h)
	for range 2 {
		n := pick(g, g.integer(), pick(g, floats...))
		g.write("fmt.Println(%s[%s](%s))", h, n.name, g.list(g.between(0, 3), n, 1))
	}
}

func genericType(g *generator) {
	s, k, v := g.global("G"), g.keyType(), g.typ(1)
	g.toplevel(`type %[1]s[K comparable, V any] struct {
	list []K
	m    map[K]V
}

func (s *%[1]s[K, V]) Put(k K, v V) *%[1]s[K, V] {
	if s.m == nil { s.m = map[K]V{} }
	if _, ok := s.m[k]; !ok { s.list = append(s.list, k) }
	s.m[k] = v
	return s
}

func (s %[1]s[K, V]) Each(yield func(K, V) bool) {
	for _, k := range s.list {
		if !yield(k, s.m[k]) { return }
	}
}

func (s %[1]s[K, V]) Len() int { return len(s.list) }`, s)
	x := g.local("x")
	g.write("%s := %s[%s, %s]{}", x, s, k.name, v.name)
	for range g.between(1, 4) {
		g.write("%s.Put(%s, %s)", x, g.expr(k, 1), g.expr(v, 1))
	}
	g.write(`for k, v := range %s.Each {
	fmt.Println(k, v)
	if %s.Len() > %d { break }
}
fmt.Printf("%%T %%d\n", %s, %s.Len())`, x, x, g.rand.IntN(4), x, x)
}

func genericConstraints(g *generator) {
	n := g.global("N")
	t := g.integer()
	g.toplevel(`type %[1]s[T number] struct{ v T }

func (n %[1]s[T]) Plus(m %[1]s[T]) %[1]s[T] { return %[1]s[T]{n.v + m.v} }

func (n %[1]s[T]) String() string { return fmt.Sprintf("%%T:%%v", n.v, n.v) }

func sum%[1]s[A interface { Plus(A) A; fmt.Stringer }](first A, rest ...A) string {
	for _, a := range rest { first = first.Plus(a) }
	return first.String()
}`, n)
	g.write("fmt.Println(sum%s(%s[%s]{%s}, %s[%s]{%s}), %s[float32]{0.1})", n, n, t.name, g.expr(t, 1), n, t.name, g.expr(t, 1), n)
}

func goroutines(g *generator) {
	t := g.integer()
	i := g.local("i")
	var value string
	g.apart([]variable{{name: i, t: intType}}, func() { g.risk = 0; value = g.expr(t, 2) })
	switch g.rand.IntN(3) {
	case 0:
		g.write(`var mu sync.Mutex
var wg sync.WaitGroup
var sum %[1]s
for %[2]s := range %[3]d {
	_ = %[2]s
	wg.Go(func() {
		mu.Lock()
		defer mu.Unlock()
		sum += %[4]s
	})
}
wg.Wait()
fmt.Println(sum)`, t.name, i, g.between(2, 6), value)
	case 1:
		g.write(`out := make([]%s, %d)
var wg sync.WaitGroup
for %s := range out {
	wg.Add(1)
	go func(n int) {
		defer wg.Done()
		defer func() { recover() }()
		out[n] = %s
		_ = out[n+%d]
		out[n]++
	}(%s)
}
wg.Wait()
fmt.Println(out)`, t.name, g.between(2, 5), i, value, 10, i)
	default:
		g.write(`done := make(chan string)
go func() {
	defer close(done)
	defer func() { done <- describe(recover()) }()
	%s
	done <- "fine"
}()
for s := range done { fmt.Println(s) }`, g.panicking())
	}
}

func channels(g *generator) {
	g.risk = 0 // nobody recovers in the goroutine
	t := g.typ(1)
	g.write(`c := make(chan %s, %d)
go func() {
	defer close(c)
	for _, x := range []%s{%s} { c <- x }
}()
for x := range c { fmt.Println(x) }
x, ok := <-c
fmt.Println(x, ok, len(c), cap(c))`, t.name, g.rand.IntN(3), t.name, g.list(g.between(1, 3), t, 1))
	if g.chance(40) {
		g.write(`func() {
	defer func() { fmt.Println(describe(recover())) }()
	d := make(chan int, 1)
	close(d)
	%s
}()`, pick(g, "close(d)", "d <- 1", "var e chan int; close(e)"))
	}
}

func selects(g *generator) {
	t := g.basic()
	g.write(`a, b := make(chan %s, 1), make(chan bool)
var never chan int
a <- %s
for range 3 {
	select {
	case x := <-a:
		fmt.Printf("%%v %%T\n", x, x)
	case x := <-never:
		fmt.Println(x)
	case b <- true:
		fmt.Println("sent")
	default:
		fmt.Println("default")
	}
}
close(b)
select {
case x, ok := <-b:
	fmt.Println(x, ok)
case never <- 1:
}`, t.name, g.expr(t, 1))
}

func labels(g *generator) {
	l := g.local("L")
	g.write(`n := 0
%s:
for i := range 4 {
	for j := 0; j < 4; j++ {
		switch {
		case (i+j)%%%d == 3:
			continue %s
		case i*j > %d:
			break %s
		case j == 2:
			break
		default:
			n += i*10 + j
		}
	}
	n++
}
fmt.Println(n)`, l, g.between(4, 6), l, g.between(1, 6), l)
}

func gotoLoop(g *generator) {
	l, m := g.local("L"), g.local("M")
	g.write(`func() {
	i, s := 0, ""
%s:
	if i > %d { goto %s }
	s += fmt.Sprint(i, ",")
	i++
	if i%%2 == 0 { goto %s }
	i += %d
	goto %s
%s:
	fmt.Println(s, i)
}()`, l, g.between(2, 6), m, l, g.between(1, 2), l, m)
}

func rangeFunc(g *generator) {
	t := g.typ(1)
	seq := g.local("seq")
	g.write(`%s := func(yield func(int, %s) bool) {
	defer fmt.Println("done")
	for i, x := range []%s{%s} {
		if !yield(i, x) {
			fmt.Println("stopped at", i)
			return
		}
	}
}
total := 0
for i, x := range %s {
	if i == %d { continue }
	if i == %d { break }
	total += i + len(fmt.Sprint(x))
	defer fmt.Println("deferred", i)
}
fmt.Println(total)
for i := range %s { total += i }
for range %s { total++ }
fmt.Println(total)`, seq, t.name, t.name, g.list(g.between(2, 4), t, 1), seq, g.rand.IntN(3), g.rand.IntN(4), seq, seq)
}

func rangeFuncEscapes(g *generator) {
	f := g.local("f")
	g.write(`count := func(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n { if !yield(i) { return } }
	}
}
%s := func(stop int) (found int) {
	defer func() { found *= 2 }()
outer:
	for i := range count(5) {
		for j := range count(5) {
			switch {
			case i*j == stop:
				return i*10 + j
			case j > i:
				continue outer
			case i+j == stop:
				break outer
			}
		}
	}
	return -1
}
for i := range 6 { fmt.Print(%s(i+%d), " ") }
fmt.Println()`, f, f, g.rand.IntN(4))
	if g.chance(40) {
		g.write(`func() {
	defer func() { fmt.Println(describe(recover())) }()
	for i := range count(4) {
		if i == %d { panic(fmt.Sprint("in the body ", i)) }
	}
}()`, g.rand.IntN(5))
	}
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

func interfaces(g *generator) {
	i, a, b := g.global("I"), g.global("A"), g.global("B")
	g.toplevel(`type %[1]s interface {
	Area() int
	Name() string
}

type %[2]s struct{ w, h int }

func (r %[2]s) Area() int    { return r.w * r.h }
func (r %[2]s) Name() string { return "rect" }

type %[3]s struct{ %[2]s; r *int }

func (c *%[3]s) Area() int   { *c.r++; return c.%[2]s.Area() + *c.r }
func (c *%[3]s) Grow(n int)  { c.w += n }`, i, a, b)
	g.write(`n := %s
list := []%s{%s{%s, %s}, &%s{%s{2, 3}, &n}, nil}
for _, s := range list {
	if s == nil { fmt.Println("nil"); continue }
	if w, ok := s.(interface{ Grow(int) }); ok { w.Grow(%d) }
	_, isA := s.(%s)
	area := s.Area()
	fmt.Println(area, s.Name(), isA, n)
}
fmt.Println(list[0] == %s(%s{%s, 1}), list[1] == list[1], list[2] == nil)`, g.small(5), i, a, g.small(9), g.small(9), b, a, g.between(1, 3), a, i, a, g.small(9))
	if g.chance(50) {
		g.write("fmt.Println(list[%s].Area())", g.small(2))
	}
}

func embedding(g *generator) {
	base, mid, top := g.global("Base"), g.global("Mid"), g.global("Top")
	g.toplevel(`type %[1]s struct{ ID int; tags []string }

func (b %[1]s) Describe() string  { return fmt.Sprint("base ", b.ID, b.tags) }
func (b *%[1]s) Tag(s string)     { b.tags = append(b.tags, s) }
func (b %[1]s) Who() string       { return "base" }

type %[2]s struct{ *%[1]s; Level int }

func (m %[2]s) Who() string { return "mid of " + m.%[1]s.Who() }

type %[3]s struct{ %[2]s; fmt.Stringer }`, base, mid, top)
	g.write(`t := %[3]s{%[2]s: %[2]s{&%[1]s{ID: %[4]s}, %[5]s}}
t.Tag("a")
u := t
u.Tag("b")
u.ID += 5
u.Level++
f := t.Describe
t.ID = 100
fmt.Println(t.Describe(), u.Who(), t.Level, u.Level, f(), t.Stringer == nil)`, base, mid, top, g.small(9), g.small(9))
	if g.chance(30) {
		g.write("fmt.Println(t.String())")
	}
}

func aliasing(g *generator) {
	t := g.basic()
	g.write(`base := make([]%[1]s, %[2]d, %[3]d)
for i := range base { base[i] = %[4]s }
window := base[1:%[5]d]
more := append(window, %[6]s)
limited := append(base[:1:1], %[7]s)
base[1] = %[8]s
fmt.Println(base, window, more, limited, len(window), cap(window), cap(base[:1:1]))
fmt.Println(base[:cap(base)])
clear(window)
fmt.Println(base, more)
arr := [4]%[1]s{}
view := arr[1:3]
view[0] = %[8]s
copyOf := arr
view[1] = %[6]s
fmt.Println(arr, copyOf, view, len(view), cap(view))`, t.name, g.between(2, 4), g.between(4, 7), g.expr(t, 1), g.between(1, 4), g.expr(t, 1), g.expr(t, 1), g.expr(t, 1))
}

func arrayValues(g *generator) {
	t := arrayOf(g.between(2, 3), g.basic())
	g.write(`a := %[1]s
b := a
p := &a
p[%[2]d] = %[3]s
m := map[string]%[4]s{"x": a}
c := m["x"]
c[0] = %[3]s
for i, x := range a {
	a[len(a)-1] = %[5]s
	fmt.Print(i, x, " ")
}
for i := range p { p[i] = b[0] }
fmt.Println(a, b, m, c, a == b, len(p))
f := func(x %[4]s) %[4]s { x[0] = b[1]; return x }
fmt.Println(f(b), b)`, g.typed(t, g.composite(t, 1)), g.rand.IntN(2), g.expr(t.elem, 1), t.name, g.expr(t.elem, 1))
}

func pointers(g *generator) {
	t := g.typ(1)
	g.write(`x := %s
p, q := &x, new(%s)
*q = *p
pp := &p
**pp = %s
fmt.Println(x, *p, *q, p == &x, p == q, *pp == p)
*pp = q
fmt.Println(*p, p == q, x)
f := func() *%s { y := x; return &y }
r, s := f(), f()
*r = %s
fmt.Println(*r, *s, r == s)`, g.typed(t, g.expr(t, 1)), t.name, g.expr(t, 1), t.name, g.expr(t, 1))
}

func structPointers(g *generator) {
	s := pick(g, g.structs...)
	g.write(`a := %s
p := &a
b := a
list := []*%s{p, &b, p}
for i, x := range list { fmt.Println(i, *x, x == p) }
values := []%s{a, b}
for _, v := range values { v = a; _ = v }`, g.composite(s, 1), s.name, s.name)
	f := pick(g, s.fields...)
	g.write(`p.%s = %s
values[1].%s = p.%s
(*list[1]).%s = %s
fmt.Printf("%%+v %%+v %%+v\n", a, b, values)
fmt.Printf("%%v %%+v %%T\n", p, p, p)`, f.name, g.expr(f.t, 1), f.name, f.name, f.name, g.expr(f.t, 1))
}

func conversions(g *generator) {
	from := g.integer()
	g.write("n := %s", g.typed(from, g.expr(from, 2)))
	var parts []string
	for _, t := range integers {
		parts = append(parts, t.name+"(n)")
	}
	g.write("fmt.Println(%s)", strings.Join(parts, ", "))
	g.write("fmt.Println(float32(n), float64(n), float32(float64(n)), %s(small(float64(n))), complex(float64(n), 0))", pick(g, integers...).name)
	f := pick(g, floats...)
	g.write("f := %s\nfmt.Println(float32(f), float64(f), int8(small(f)), uint16(small(f)), int64(small(f)))", g.typed(f, g.expr(f, 2)))
	if g.chance(50) {
		g.write("fmt.Printf(\"%%q %%q %%v\\n\", string(rune(n)), []rune(string(rune(n))), []byte(string(rune(n))))")
	}
}

func constantGroups(g *generator) {
	c, big := g.global("C"), g.between(60, 110)
	g.toplevel(`const (
	%[1]sBig    = 1 << %[2]d
	%[1]sF      = %[1]sBig / 3.0
	%[1]sA uint8 = iota * %[3]d
	%[1]sB
	_
	%[1]sD
	%[1]sS = "s" + "t"
	%[1]sR = 'a' + %[4]d
)`, c, big, g.between(1, 20), g.rand.IntN(20))
	g.write(`fmt.Println(%[1]sBig>>%[2]d, float32(%[1]sF), %[1]sA, %[1]sB, %[1]sD, %[1]sS, %[1]sR, string(rune(%[1]sR)), len(%[1]sS))
var f32 float32 = %[1]sBig >> 40
var i64 int64 = %[1]sBig >> %[2]d & 0xff
const local = %[1]sBig%%1000 + len(%[1]sS)
fmt.Printf("%%v %%v %%v %%T %%T %%T\n", f32, i64, local, %[1]sR, %[1]sA, 1.0*%[1]sB)`, c, g.between(big-62, big))
}

func shifts(g *generator) {
	t, u := g.integer(), g.integer()
	g.write(`x := %s
for _, s := range []uint{0, 1, 7, 8, 31, 63, 64, 200} { fmt.Print(x<<s, " ", x>>s, " ") }
fmt.Println()
s := %s
func() {
	defer func() {
		if r := recover(); r != nil { fmt.Println(describe(r)) }
	}()
	fmt.Println(x<<s, x>>s, 1<<(s&7), uint8(1)<<(s&7))
}()`, g.typed(t, g.operand(t, 1)), g.typed(u, g.operand(u, 1)))
}

func stringBytes(g *generator) {
	g.write(`s := %s
b, r := []byte(s), []rune(s)
if len(b) > 0 { b[0] = 'X' }
if len(r) > 1 { r[1] = 'é' }
fmt.Printf("%%q %%q %%q %%d %%d\n", s, b, string(r), len(s), len(r))
for i, c := range s { fmt.Print(i, ":", c, " ") }
for i := range len(s) { fmt.Print(s[i], " ") }
fmt.Println(strings.Repeat(s, 2), s < "h", s+s == strings.Repeat(s, 2), append([]byte("x"), s...))
switch s {
case "a", "b":
	fmt.Println("short")
case "":
	fmt.Println("none")
}`, g.typed(stringType, g.operand(stringType, 3)))
}

func mapWork(g *generator) {
	k, v := g.keyType(), g.typ(1)
	g.write("m := map[%s]%s{%s}", k.name, v.name, g.entries(mapOf(k, v), 1))
	g.write(`m[%s] = %s
x, ok := m[%s]
fmt.Println(len(m), x, ok)
for i, key := range keys(m) {
	if i%%2 == 0 { delete(m, key) } else { m[key] = x }
}
other := m
other[%s] = %s
fmt.Println(m, len(other), other == nil)
var none map[%s]%s
fmt.Println(none[%s], len(none))
delete(none, %s)
for key := range none { fmt.Println(key) }
clear(m)
fmt.Println(len(other))`, g.expr(k, 1), g.expr(v, 1), g.expr(k, 1), g.expr(k, 1), g.expr(v, 1), k.name, v.name, g.expr(k, 1), g.expr(k, 1))
}

func clearAndCopy(g *generator) {
	t := g.basic()
	g.write(`a := []%[1]s{%[2]s}
b := make([]%[1]s, %[3]d)
n := copy(b, a)
m := copy(a[1:], a)
fmt.Println(n, m, a, b, copy(b, b[:0]))
c := append([]%[1]s(nil), a...)
clear(a[:1])
fmt.Println(a, c, append(c[:1], c[2:]...), c)`, t.name, g.list(g.between(3, 4), t, 1), g.rand.IntN(5))
}

func deferOrder(g *generator) {
	g.write(`func() {
	x := %s
	defer fmt.Println("argument", x)
	defer func() { fmt.Println("captured", x) }()
	for i := range %d { defer func(n int) { x += n; fmt.Print("d", n, i, " ") }(i * 2) }
	x++
	if %s { return }
	defer fmt.Println("last")
	x++
}()`, g.small(9), g.between(1, 3), g.operand(boolType, 1))
}

func runtimePanics(g *generator) {
	g.write(`for i := range %d {
	func() {
		defer func() {
			r := recover()
			_, isError := r.(error)
			fmt.Println(i, isError, describe(r))
		}()`, g.between(1, 2))
	g.write("%s", g.panicking())
	g.write(`	}()
}`)
	g.write(`func() {
	defer func() { fmt.Println(describe(recover())) }()
	s := []int{1, 2, 3}
	i := %s
	_, _ = s, i
	%s
}()`, g.small(5), pick(g,
		"_ = s[i:]", "_ = s[:i]", "_ = s[2:i]", "_ = s[i]", "s[i]++", "_ = [4]int(s)", "_ = s[1:2:i]", "_ = make([]int, 2-i)",
		"var a, b any = s, s; _ = a == b && i > 0", "m := map[any]bool{}; m[s] = i > 0", "var e error; _ = e.Error()",
		"var f func(int); f(i)", "_ = any(i).(string)", "_ = any(i).(fmt.Stringer)", "_ = (*[2]int)(s[i%4:])", "var p *[3]int; p[i%3] = 1",
		"_ = \"abc\"[i]", "_ = \"abc\"[i:]", "_ = s[3-i]", "_ = 7 % (i - i)"))
}

func errorsWrapped(g *generator) {
	e := g.global("E")
	g.toplevel(`type %[1]s struct{ code int }

func (e %[1]s) Error() string { return fmt.Sprint("code ", e.code) }

type P%[1]s struct{ inner error }

func (p *P%[1]s) Error() string { return "p: " + p.inner.Error() }
func (p *P%[1]s) Unwrap() error { return p.inner }`, e)
	g.write(`base := error(%[1]s{%[2]s})
err := fmt.Errorf("outer: %%w", &P%[1]s{base})
var target %[1]s
var p *P%[1]s
fmt.Println(err, errors.Is(err, base), errors.Is(err, %[1]s{%[2]s}), errors.As(err, &target), target.code, errors.As(err, &p))
joined := errors.Join(err, nil, errors.New("x"))
fmt.Println(joined, errors.Is(joined, base), base == error(%[1]s{%[2]s}), errors.Unwrap(err) == error(p))
fmt.Printf("%%v %%+v %%q %%T %%T\n", base, base, base, base, err)`, e, fmt.Sprint(g.rand.IntN(9)))
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

func comparisons(g *generator) {
	t := g.basic()
	g.write(`a, b := %[1]s, %[2]s
type pair struct { x %[3]s; y any }
p, q := pair{a, b}, pair{b, a}
fmt.Println(a == b, p == q, p != pair{a, b}, [2]any{a, b} == [2]any{b, a}, any(a) == any(b), any(p) == any(q), any(a) == nil)
var e, f any = a, struct{}{}
fmt.Println(e == f, f == struct{}{}, &a == &b, e == any(a))
m := map[any]int{a: 1, p: 2, "k": 3, 1: 4, int8(1): 5, nil: 6}
fmt.Println(m[a] > 0, m[p], m["k"], m[1], m[int8(1)], m[int16(1)], m[nil], m[q] == 2)`, g.typed(t, g.operand(t, 1)), g.typed(t, g.operand(t, 1)), t.name)
}

func linkedList(g *generator) {
	n, t := g.global("Node"), g.typ(1)
	g.toplevel(`type %[1]s struct { v %[2]s; next *%[1]s }

func (n *%[1]s) push(v %[2]s) *%[1]s { return &%[1]s{v, n} }
func (n *%[1]s) len() (c int) { for ; n != nil; n = n.next { c++ }; return }
func (n *%[1]s) reverse() (out *%[1]s) {
	for n != nil { n.next, out, n = out, n, n.next }
	return
}`, n, t.name)
	g.write(`var l *%[1]s
for _, v := range []%[2]s{%[3]s} { l = l.push(v) }
fmt.Println(l.len())
for x := l.reverse(); x != nil; x = x.next { fmt.Println(x.v) }`, n, t.name, g.list(g.between(1, 3), t, 1))
}

func switchOnTypes(g *generator) {
	k := g.kinds[0]
	g.write(`for _, x := range []any{%s, %s, %s(%s), nil, []int{1}, errors.New("e"), func() int { return 1 }, struct{ a int }{2}, &struct{}{}} {
	switch v := x.(type) {
	case int, string:
		fmt.Printf("basic %%v\n", v)
	case %s:
		fmt.Println("kind", v.Twice(), v)
	case nil:
		fmt.Println("nil", v == nil)
	case error:
		fmt.Println("error", v)
	case func() int:
		fmt.Println("func", v())
	case struct{ a int }:
		fmt.Println("struct", v.a)
	case []int:
		fmt.Println("slice", len(v))
	default:
		fmt.Printf("other %%T\n", v)
	}
}`, g.boxed(1), g.boxed(1), k.name, g.operand(k, 1), k.name)
}

func complexNumbers(g *generator) {
	c := pick(g, complexes...)
	g.write(`a, b := %s, %s
fmt.Println(a+b, a-b, a*b, a/b, -a, a == b, real(a), imag(b))
fmt.Printf("%%.3f %%v %%T %%T\n", a*a, b*b*b, a, real(a))
a += b
a *= 1i
fmt.Println(a, complex128(a) == complex128(b))`, g.typed(c, g.operand(c, 1)), g.typed(c, g.operand(c, 1)))
}

func floatRounding(g *generator) {
	f := pick(g, floats...)
	g.write(`x, y := %s, %s
sum := %s(0)
for i := range 10 { sum += x / %s(i+1) }
fmt.Println(sum, %s(x*y)+x, x/y, x-y-x, float32(x)*float32(y), -x, x == y, x < y, x != x)
zero := sum - sum
fmt.Println(1/zero, -1/zero, zero/zero == zero/zero, max(x, zero), min(y, 1))
fmt.Printf("%%.20g %%x %%b\n", x, x, y)`, g.typed(f, g.operand(f, 2)), g.typed(f, g.operand(f, 2)), f.name, f.name, f.name)
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

func sortedValues(g *generator) {
	t := pick(g, g.integer(), stringType, floats[0])
	g.write(`l := []%[1]s{%[2]s}
s := slices.Clone(l)
slices.Sort(s)
type row struct { i int; v %[1]s }
var rows []row
for i, v := range l { rows = append(rows, row{i, v}) }
sort.SliceStable(rows, func(i, j int) bool { return rows[i].v > rows[j].v })
slices.SortStableFunc(rows, func(a, b row) int { return a.i%%2 - b.i%%2 })
fmt.Println(l, s, rows, slices.Max(l), slices.Index(l, s[0]), slices.Contains(s, %[3]s))`, t.name, g.list(g.between(2, 5), t, 1), g.expr(t, 0))
}

func structCopies(g *generator) {
	s := pick(g, g.structs...)
	f := pick(g, s.fields...)
	g.write(`a := %[1]s
b := a
m := map[int]%[2]s{1: a}
l := []%[2]s{a, b}
var boxed any = a
a.%[3]s = %[4]s
c := m[1]
c.%[3]s = a.%[3]s
l[0].%[3]s = %[5]s
for _, x := range l { x.%[3]s = a.%[3]s; _ = x }
g := func(x %[2]s, p *%[2]s) %[2]s { p.%[3]s = x.%[3]s; x = b; return x }
d := g(l[0], &b)
fmt.Printf("%%+v %%+v %%+v %%+v %%+v %%+v %%+v\n", a, b, c, d, m, l, boxed)`, g.composite(s, 2), s.name, f.name, g.expr(f.t, 1), g.expr(f.t, 1))
}
