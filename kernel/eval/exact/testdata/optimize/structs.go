package main

import "fmt"

type point struct{ x, y int }

type box struct {
	min, max point
	name     string
	weight   float32
	flags    uint8
}

func (p point) add(q point) point { return point{p.x + q.x, p.y + q.y} }
func (p point) swap() point       { p.x, p.y = p.y, p.x; return p }
func (b box) area() int           { return (b.max.x - b.min.x) * (b.max.y - b.min.y) }

func (b box) grown(n int) box {
	b.max.x += n
	b.max = b.max.add(point{0, n})
	b.name += "+"
	b.weight /= 3
	b.flags += 200
	return b
}

func fresh(n int) (out []point) {
	for i := range n {
		var p point // zero in every round
		p.x += i
		if i%2 == 0 {
			p.y = i
		}
		out = append(out, p)
	}
	return out
}

func copies() (point, point, point) {
	a := point{1, 2}
	b := a
	b.x = 10
	c := b
	b.y, a.y = 20, 30
	return a, b, c
}

func swapped(a, b point) (point, point) {
	a, b = b, a
	a = point{a.y, a.x}
	return a, b
}

func kept(ps []point) (s int) {
	for i, p := range ps {
		ps[i].x = 100
		q := p
		p = ps[i]
		s += q.x + p.x*p.y
	}
	return s
}

func loop(n int) point {
	p := point{0, 1}
	for range n {
		q := p
		p.x = q.y
		p.y = q.x + q.y
	}
	return p
}

func later(flag bool) (b box) {
	var c box
	if flag {
		c = box{max: point{3, 4}, name: "c"}
	}
	d := c
	c.name = "changed"
	return d
}

func named(fail bool) (p point, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	local := point{7, 8}
	p = local
	if fail {
		local.x = 9
		panic(local)
	}
	p.y++
	return p, nil
}

func arguments(p point) string {
	q := p
	p.x = 5
	return fmt.Sprint(q.x, p.x, sum(q.x, p.x, q.add(p).x))
}

func sum(a, b, c int) int { return a*10000 + b*100 + c }

type converted int

func convert(xs []int) (s converted) {
	for _, x := range xs {
		y := converted(x)
		s += y
		s += y
	}
	return s
}

func zeroed(n int) (s int) {
	i := 0
again:
	var p point
	s += p.x
	p.x = 1
	if i++; i < n {
		goto again
	}
	return s + p.x
}

func equal(a, b box) bool { c := a; c.flags = b.flags; return c == b }

type pair struct {
	a any
	e error
	f func() int
	s []int
}

func pairs() string {
	p := pair{a: 1, s: []int{1, 2}}
	q := p
	q.a, q.s = "two", append(q.s, 3)
	p.f = func() int { return len(q.s) }
	r := p
	return fmt.Sprint(p.a, q.a, len(p.s), len(q.s), r.f(), r.e == nil)
}

func main() {
	b := box{point{1, 1}, point{3, 4}, "b", 1, 100}
	fmt.Println(b.area(), b.grown(2), b, b.grown(1).area(), point{1, 2}.swap())
	fmt.Println(fresh(4))
	fmt.Println(copies())
	fmt.Println(swapped(point{1, 2}, point{3, 4}))
	fmt.Println(kept([]point{{1, 2}, {3, 4}}), loop(10))
	fmt.Println(later(true), later(false))
	fmt.Println(named(false))
	fmt.Println(named(true))
	fmt.Println(arguments(point{1, 2}), convert([]int{1, 2, 3}), zeroed(5))
	fmt.Println(equal(b, b.grown(0)), equal(b, b), pairs())
}

// Output:
// 6 {{1 1} {5 6} b+ 0.33333334 44} {{1 1} {3 4} b 1 100} 12 {2 1}
// [{0 0} {1 0} {2 2} {3 0}]
// {1 30} {10 20} {10 2}
// {4 3} {1 2}
// 604 {55 89}
// {{0 0} {3 4} c 0 0} {{0 0} {0 0}  0 0}
// {7 9} <nil>
// {7 8} {9 8}
// 1 5 10506 12 1
// false true 1two2 3 3 true
