package generate

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
