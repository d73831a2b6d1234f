package generate

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
