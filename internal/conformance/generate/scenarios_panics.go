package generate

import (
	"fmt"
)

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
