package generate

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

func anonymousStructs(g *generator) {
	s, t := g.global("T"), g.basic()
	g.toplevel("type %s struct {\n\tX %s `json:\"x\"`\n\tY []int\n}", s, t.name)
	g.write(`a := struct {
	X %[1]s
	Y []int
}{%[2]s, []int{1}}
b := %[3]s(a)
b.X, b.Y[0] = %[4]s, 5
c := struct {
	X %[1]s
	Y []int
}(b)
fmt.Printf("%%v %%+v %%#v %%T %%T\n", a, b, c, b, c)
pairs := []struct{ k string; v any }{{"a", a.X}, {"b", nil}, {v: c.X}}
for _, p := range pairs { fmt.Printf("%%v %%+v ", p, p) }
type local struct{ n, m int }
m := map[local]*struct{ hits int }{{1, 2}: {3}}
m[local{1, 2}].hits++
m[local{}] = &struct{ hits int }{%[5]s}
fmt.Println(m[local{1, 2}].hits, *m[local{}], len(m), m[local{9, 9}] == nil)`, t.name, g.expr(t, 1), s, g.expr(t, 1), g.small(9))
}

func shadowing(g *generator) {
	g.write(`x := %s
y := x
{
	x := x + 1
	if x := x * 2; x > %d {
		y += x
	} else if y := x; y%%2 == 0 {
		x += y
		fmt.Println("else", x, y)
	}
	for x := x; x < 100; x *= 3 { y++; if x == 0 { break } }
	x++
	y += x
}
func(x int) { x++; y -= x }(x)
len := func(s string) int { return -1 }
fmt.Println(x, y, len("abc"))`, g.small(9), g.between(5, 15))
}

func genericAlias(g *generator) {
	a, t := g.global("Al"), g.basic()
	g.toplevel(`type Pair%[1]s[A, B any] struct { First A; Second B }

type %[1]s[T any] = Pair%[1]s[T, []T]

func (p Pair%[1]s[A, B]) Swap() Pair%[1]s[B, A] { return Pair%[1]s[B, A]{p.Second, p.First} }

func make%[1]s[T any](list ...T) (out %[1]s[T]) {
	if len(list) > 0 { out.First = list[0] }
	out.Second = list
	return out
}`, a)
	g.write(`p := make%[1]s[%[2]s](%[3]s)
var q %[1]s[%[2]s] = p
s := q.Swap().Swap()
fmt.Printf("%%v %%+v %%T %%T\n", p, s, q, q.Swap())`, a, t.name, g.list(g.rand.IntN(3), t, 1))
}

func pulledIterators(g *generator) {
	f, t := g.global("zip"), g.basic()
	g.toplevel(`func %[1]s[A, B any](a iter.Seq[A], b iter.Seq[B]) iter.Seq2[A, B] {
	return func(yield func(A, B) bool) {
		next, stop := iter.Pull(b)
		defer stop()
		for x := range a {
			y, ok := next()
			if !ok || !yield(x, y) { return }
		}
	}
}`, f)
	g.write(`for x, y := range %s(slices.Values([]%s{%s}), slices.Values([]int{1, 2, 3})) {
	if y == %d { break }
	fmt.Print(x, " ", y, "; ")
}
fmt.Println()`, f, t.name, g.list(g.between(1, 4), t, 1), g.between(2, 4))
}

func operatorAssignments(g *generator) {
	t := g.integer()
	g.write(`type cell struct { n %[1]s; l [2]%[1]s; m map[string]%[1]s }
a := []cell{{n: %[2]s}, {m: map[string]%[1]s{"x": 1}}}
a[0].n += %[3]s
a[0].l[1] -= a[0].n
a[0].l[0]++
a[1].m["x"] *= 3
a[1].m["y"] |= %[4]s
p := &a[0].l[1]
*p ^= %[2]s
(*p)--
grid := [2][3]%[1]s{}
for i := range grid { for j := range grid[i] { grid[i][j] += %[1]s(i*3+j); grid[i][j] <<= j } }
q := &grid[1]
q[2] &^= 3
m := map[int][]%[1]s{1: {1, 2}}
m[1][0] %%= nz[%[1]s](%[3]s)
m[2] = append(m[2], m[1]...)
fmt.Println(a, grid, m, *p, len(m[3]))`, t.name, g.expr(t, 1), g.expr(t, 1), g.expr(t, 1))
}

func methodsOfCollections(g *generator) {
	l, m := g.global("L"), g.global("M")
	g.toplevel(`type %[1]s []string

func (l *%[1]s) Add(s ...string) *%[1]s { *l = append(*l, s...); return l }
func (l %[1]s) First() string           { return l[0] }
func (l %[1]s) Len() int                { return len(l) }
func (l %[1]s) Less(i, j int) bool      { return l[i] < l[j] }
func (l %[1]s) Swap(i, j int)           { l[i], l[j] = l[j], l[i] }

type %[2]s map[string]%[1]s

func (m %[2]s) Put(k, v string) %[2]s { x := m[k]; x.Add(v); m[k] = x; return m }`, l, m)
	g.write(`var l %[1]s
l.Add("c", "a").Add(%[3]s)
sort.Sort(l)
m := %[2]s{}
m.Put("k", l[0]).Put("k", "z").Put("j", l[len(l)-1])
sort.Sort(sort.Reverse(m["k"]))
fmt.Printf("%%q %%q %%v %%d\n", l, map[string]%[1]s(m), l.First(), (%[1]s).Len(l))
if %[4]s { fmt.Println(%[1]s(nil).First()) }`, l, m, g.expr(stringType, 1), g.operand(boolType, 1))
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

func channelsOfFunctions(g *generator) {
	g.write(`type request struct { n int; reply chan<- string }
work, quit := make(chan request), make(chan struct{})
go func() {
	defer close(quit)
	served := 0
	for r := range work {
		served++
		r.reply <- strings.Repeat("x", r.n) + fmt.Sprint(served)
	}
}()
reply := make(chan string, 1)
for i := range %d {
	work <- request{i * %d, reply}
	fmt.Print(<-reply, " ")
}
close(work)
<-quit
calls := make(chan func() int, 3)
for i := range cap(calls) { calls <- func() int { i *= 10; return i } }
close(calls)
for f := range calls { fmt.Print(f(), f(), " ") }
fmt.Println()`, g.between(1, 4), g.between(1, 3))
}

func genericNumbers(g *generator) {
	f := g.global("conv")
	g.toplevel(`func %[1]s[To, From number](list []From) (out []To) {
	for _, x := range list { out = append(out, To(x)+1) }
	return out
}

type list%[1]s[T number] []T

func (l list%[1]s[T]) Fold(f func(T, T) T) (acc T) {
	for i, x := range l {
		if i == 0 { acc = x; continue }
		acc = f(acc, x)
	}
	return acc
}`, f)
	from, to := g.integer(), g.integer()
	g.write(`l := list%[1]s[%[2]s]{%[3]s}
fmt.Println(%[1]s[%[4]s](l), %[1]s[float32](l), l.Fold(func(a, b %[2]s) %[2]s { return a*3 - b }), l.Fold(func(a, b %[2]s) %[2]s { return max(a, b) }))
fmt.Printf("%%T %%T\n", l, %[1]s[%[4]s, %[2]s])`, f, from.name, g.list(g.between(1, 4), from, 1), to.name)
}

func invalidText(g *generator) {
	g.write(`s := "a\xffb\xc3" + %s
n := 0
for i, r := range s { n += i * int(r); if r == 0xFFFD { fmt.Print(i, " ") } }
r := []rune(s)
b := []byte(string(r))
fmt.Printf("%%d %%d %%d %%q %%+q %%x\n", n, len(r), len(b), s, string(r), s)
fmt.Println(string(rune(%s)), s[1] == 0xff, s == string([]byte(s)), strings.ToUpper(s) == s)
switch c := s[%s]; {
case c >= 'a' && c <= 'z', c == 0xff:
	fmt.Println("low", c)
case c < 0x80:
	fmt.Println("ascii", string(c))
}`, g.typed(stringType, g.expr(stringType, 1)), g.operand(runeType, 1), g.small(3))
}

func selectLoop(g *generator) {
	l := g.local("L")
	g.write(`in, done := make(chan int), make(chan bool)
go func() {
	for i := range %d { in <- i }
	close(done)
}()
sum := 0
%s:
for {
	select {
	case v := <-in:
		if v%%2 == 1 { continue %s }
		sum += v
	case <-done:
		break %s
	}
	sum *= 2
}
fmt.Println(sum)`, g.between(2, 6), l, l, l)
}

func nilValues(g *generator) {
	e := g.global("Nil")
	g.toplevel(`type %[1]s struct{ n int }

func (p *%[1]s) Error() string { if p == nil { return "nil %[1]s" }; return fmt.Sprint(p.n) }
func (p *%[1]s) Value() int    { return p.n }`, e)
	g.write(`var p *%[1]s
var err error = p
var none error
fmt.Println(err == nil, none == nil, err, p == nil, err == (*%[1]s)(nil), p.Error())
var m map[string][]int
var s []map[string]int
var f func() error = p2%[1]s(p)
fmt.Println(m["a"], len(m["a"]), len(s), f != nil, append(s, nil), append(m["x"], 1))
for range s { fmt.Println("never") }
defer func() { fmt.Println(describe(recover())) }()
if %[2]s { p = &%[1]s{4} }
fmt.Println(p.Value(), err)`, e, g.operand(boolType, 1))
	g.toplevel(`func p2%[1]s(p *%[1]s) func() error { return func() error { return p } }`, e)
}

func embeddedInterfaces(g *generator) {
	n := g.global("W")
	g.toplevel(`type Named%[1]s interface{ Name() string }

type Sized%[1]s interface { Named%[1]s; Size() int }

type file%[1]s string

func (f file%[1]s) Name() string { return string(f) }
func (f file%[1]s) Size() int    { return len(f) }

type wrap%[1]s struct { Sized%[1]s; extra int }

func (w wrap%[1]s) Size() int { return w.Sized%[1]s.Size() + w.extra }`, n)
	g.write(`var s Sized%[1]s = wrap%[1]s{wrap%[1]s{file%[1]s(%[2]s), 1}, %[3]s}
var named Named%[1]s = s
back, ok := named.(Sized%[1]s)
_, isFile := named.(file%[1]s)
name := named.Name
fmt.Println(s.Size(), named.Name(), back.Size(), ok, isFile, name(), s == back, named == Named%[1]s(s))
inner := s.(wrap%[1]s).Sized%[1]s.(wrap%[1]s).Sized%[1]s
fmt.Printf("%%v %%T %%+v\n", inner, inner, s)
if %[4]s { fmt.Println(wrap%[1]s{}.Size()) }`, n, g.expr(stringType, 1), g.small(9), g.operand(boolType, 1))
}

func mutualTypes(g *generator) {
	n := g.global("X")
	op := pick(g, "+", "-", "*")
	g.toplevel(`type %[1]s interface{ Eval(env%[1]s) int }

type env%[1]s map[string]%[1]s

type num%[1]s int

type ref%[1]s string

type bin%[1]s struct { op byte; l, r %[1]s }

func (n num%[1]s) Eval(env%[1]s) int   { return int(n) }
func (r ref%[1]s) Eval(e env%[1]s) int { return e[string(r)].Eval(e) }
func (b *bin%[1]s) Eval(e env%[1]s) int {
	l, r := b.l.Eval(e), b.r.Eval(e)
	switch b.op {
	case '+':
		return l + r
	case '-':
		return l - r
	case '*':
		return l * r
	}
	panic(fmt.Sprintf("op %%c", b.op))
}`, n)
	g.write(`e := env%[1]s{"a": num%[1]s(%[2]s)}
e["b"] = &bin%[1]s{'%[3]s', ref%[1]s("a"), num%[1]s(%[4]s)}
fmt.Println(e["b"].Eval(e), (&bin%[1]s{'*', e["b"], ref%[1]s("a")}).Eval(e))
func() {
	defer func() { fmt.Println(describe(recover())) }()
	fmt.Println((&bin%[1]s{%[5]s, e["a"], ref%[1]s(%[6]s)}).Eval(e))
}()`, n, g.small(20), op, g.small(20), pick(g, "'/'", "'+'"), pick(g, `"a"`, `"none"`))
}
