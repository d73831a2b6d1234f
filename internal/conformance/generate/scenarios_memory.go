package generate

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
