package generate

import (
	"strings"
)

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
