package main

import (
	"errors"
	"fmt"
	"math"
)

type node struct {
	next *node
	v    int
	name string
}

func swap(n int) (int, int, int) {
	a, b, c := 1, 2, 3
	for i := 0; i < n; i++ {
		a, b, c = b, c, a
	}
	return c, a, b
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func last(n int) (previous, current int) {
	x := 0
	for i := 0; i < n; i++ {
		y := x
		x = i * i
		previous, current = y, x
	}
	return
}

// lostCopy returns the value before the last.
func lostCopy(n int) int {
	x, kept := 0, -1
	for i := range n {
		kept = x
		x = x + i
	}
	return kept
}

func collatz(n int) (steps int) {
	for n != 1 {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
		steps++
	}
	return steps
}

func nested(n int) (s int) {
outer:
	for i := range n {
		for j := 0; ; j++ {
			switch {
			case j > i:
				continue outer
			case i*j > 50:
				break outer
			}
			s += i ^ j
		}
	}
	return s
}

func strings(n int) string {
	s, t := "", "x"
	for i := 0; i < n; i++ {
		s, t = t, s+t
	}
	return s
}

func slices(n int) []int {
	var s, t []int
	for i := range n {
		s = append(s, i)
		s, t = t, s
	}
	return append(s, t...)
}

func list(n int) *node {
	var head *node
	for i := range n {
		head = &node{head, i, fmt.Sprint("n", i)}
	}
	return head
}

func reverse(l *node) *node {
	var done *node
	for l != nil {
		l.next, done, l = done, l, l.next
	}
	return done
}

func names(l *node) (s string) {
	for p := l; p != nil; p = p.next {
		s += p.name
	}
	return s
}

func values(p node) (n node) {
	for n = p; n.next != nil; {
		n = *n.next
	}
	return n
}

func narrow(n int) (a int8, b uint8, c uint16, d float32) {
	for i := range n {
		a += int8(i)
		b -= uint8(i)
		c = c*31 + uint16(i)
		d = d/2 + float32(i)
	}
	return
}

func nan(xs ...float64) (less, notLess, eq, ne, le, gt, ge int) {
	for _, x := range xs {
		if x < 1 {
			less++
		} else {
			notLess++
		}
		if x == x {
			eq++
		}
		if !(x != x) {
			ne++
		}
		for i := 0; x <= 1 && i < 1; i++ {
			le++
		}
		if x > 1 {
			gt++
		}
		if !(x >= 1) {
			ge++
		}
	}
	return
}

func recovered(n int) (s int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("after %d: %v", s, r)
		}
	}()
	xs := []int{1, 2, 3}
	for i := 0; i < n; i++ {
		s += xs[i]
	}
	return s, nil
}

func plain(n int) int {
	defer func() { recover() }()
	s := 100
	for i := range n {
		s /= 3 - i
	}
	return s
}

func closures(n int) (out []int) {
	var fs []func() int
	for i := 0; i < n; i++ {
		fs = append(fs, func() int { i *= 10; return i })
	}
	for _, f := range fs {
		f()
		out = append(out, f())
	}
	return out
}

func multiple(n int) (int, string, error, float64) {
	s, t, f := 0, "", 0.5
	var err error
	for i := range n {
		s, t, f = s+i, t+string(rune('a'+i)), f*2
		if i == 3 {
			err = errors.New(t)
		}
	}
	return s, t, err, f
}

func arguments(n int) string {
	x, y := n+1, n*2
	return fmt.Sprint(sum(x, y, sum(x-1, y-1, 3), 4), sum(n-1), sum(sum(n+1), n-2))
}

func sum(xs ...int) (s int) {
	for _, x := range xs {
		s += x
	}
	return
}

func three(a, b, c int) int { return a*100 + b*10 + c }

func inner(n int) int { return three(n-1, three(n+1, n, n-2)%7, n*2) }

func matrix(n int) (s float64) {
	var m [4][4]float64
	for i := range m {
		for j := range m[i] {
			m[i][j] = float64(i*n + j)
		}
	}
	for i := 0; i < len(m); i++ {
		for j := len(m) - 1; j >= 0; j-- {
			s += m[i][j] * m[j][i]
			m[j][i] += s
		}
	}
	return s
}

var global, limit = 0, 20
var ratio float64

func globals() (int, float64) {
	for i := 0; i < limit; i++ {
		global += i
		global++
		ratio += float64(i)
		if i == 10 {
			limit = 15
		}
	}
	for i := limit; i > 0; i -= 2 {
		global -= i
		global = i + global
	}
	return global, ratio
}

func texts(s string) (vowels, bytes int) {
	for _, r := range s {
		switch r {
		case 'a', 'e', 'i', 'o', 'u', 'é':
			vowels++
		}
	}
	for i := 0; i < len(s); i++ {
		bytes += int(s[i])
	}
	return
}

func bubble(xs []int) []int {
	for again := true; again; {
		again = false
		for i := 1; i < len(xs); i++ {
			if xs[i-1] > xs[i] {
				xs[i-1], xs[i] = xs[i], xs[i-1]
				again = true
			}
		}
	}
	return xs
}

func pointers(n int) int {
	a, b := 1, 2
	p, q := &a, &b
	for range n {
		p, q = q, p
		*p += *q
	}
	return *p*1000 + *q
}

func jumps(n int) (s int) {
	i := 0
loop:
	if i < n {
		s = s*2 + i
		i++
		goto loop
	}
	return s
}

func same(n int) (int, int) {
	x := n
	for x > 10 {
		x /= 2
	}
	return x, x
}

func crossed(n int) (a, b int) {
	x, y := 1, 2
	if n > 0 {
		x, y = y, x
	}
	return y, x
}

func main() {
	fmt.Println(swap(0))
	fmt.Println(swap(4))
	fmt.Println(gcd(1071, 462), lostCopy(0), lostCopy(6), collatz(27))
	fmt.Println(last(5))
	fmt.Println(nested(12), strings(6), slices(7))
	fmt.Println(names(reverse(list(5))), names(list(3)), values(*list(4)).name)
	fmt.Println(narrow(300))
	fmt.Println(nan(0, 1, 2, math.NaN(), math.Inf(1), math.Inf(-1)))
	fmt.Println(recovered(2))
	fmt.Println(recovered(5))
	fmt.Println(plain(2), plain(5), closures(4))
	fmt.Println(multiple(6))
	fmt.Println(arguments(5), inner(5), matrix(3))
	fmt.Println(globals())
	fmt.Println(texts("a réel sentence"))
	fmt.Println(bubble([]int{5, 2, 8, 1, 9, 3}), pointers(5), jumps(7))
	fmt.Println(same(1000))
	fmt.Println(crossed(0))
	fmt.Println(crossed(1))
}

// Output:
// 3 1 2
// 1 2 3
// 21 -1 10 111
// 9 16
// 189 xxxxxxxx [1 3 5 0 2 4 6]
// n0n1n2n3n4 n2n1n0 n0
// 50 206 40086 596
// 2 4 5 5 3 2 3
// 3 <nil>
// 6 after 6: runtime error: index out of range [3] with length 3
// 16 0 [0 100 200 300]
// 15 abcdef abcd 32
// 37 4 9 430 4867
// 120 105
// 6 1701
// [1 2 3 5 8 9] 18011 120
// 7 7
// 2 1
// 1 2
