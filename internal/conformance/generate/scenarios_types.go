package generate

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
