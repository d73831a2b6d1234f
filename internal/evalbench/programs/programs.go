// Package programs is what evaluators are measured with. Its text is a cell,
// and its functions, compiled, are what Go itself takes for them.
package programs

import (
	"math"
	"strings"
)

// Loop is the cost of an iteration.
func Loop(n int) int {
	s := 0
	for i := 0; i < n; i++ {
		s += i & 7
	}
	return s
}

// Fib is the cost of a call.
func Fib(n int) int {
	if n < 2 {
		return n
	}
	return Fib(n-1) + Fib(n-2)
}

// Floats is arithmetic and a comparison of floats.
func Floats(n int) float64 {
	x := 0.0
	for i := range n {
		x = x*0.5 + float64(i)
		if x > 1000 {
			x -= 1000
		}
	}
	return x
}

// Sum ranges over a slice.
func Sum(n int) float64 {
	xs := make([]float64, 1000)
	for i := range xs {
		xs[i] = float64(i)
	}
	s := 0.0
	for range n / len(xs) {
		for _, x := range xs {
			s += x
		}
	}
	return s
}

// Sieve indexes and assigns elements.
func Sieve(n int) int {
	composite := make([]bool, n)
	count := 0
	for i := 2; i < n; i++ {
		if composite[i] {
			continue
		}
		count++
		for j := i * i; j < n; j += i {
			composite[j] = true
		}
	}
	return count
}

// Map updates entries.
func Map(n int) int {
	m := map[int]int{}
	for i := range n {
		m[i%1000] += i
	}
	return m[7]
}

// Words counts words in a text.
func Words(n int) int {
	counts := map[string]int{}
	words := strings.Fields("the cost of a call is the cost of a frame and of its arguments")
	for i := range n {
		counts[words[i%len(words)]]++
	}
	return counts["cost"]
}

// Build builds a string.
func Build(n int) int {
	var b strings.Builder
	for range n {
		b.WriteString("ab")
		b.WriteByte('c')
	}
	return len(b.String())
}

type shape interface{ area() float64 }

type square struct{ side float64 }

type disc struct{ r float64 }

func (s square) area() float64 { return s.side * s.side }
func (d *disc) area() float64  { return 3 * d.r * d.r }

// Methods calls through an interface.
func Methods(n int) float64 {
	shapes := []shape{square{2}, &disc{1}}
	s := 0.0
	for i := range n {
		s += shapes[i&1].area()
	}
	return s
}

// Closures calls a func value that captured a variable.
func Closures(n int) int {
	s := 0
	add := func(x int) { s += x }
	for i := range n {
		add(i)
	}
	return s
}

// Native calls compiled functions.
func Native(n int) float64 {
	s := 0.0
	for i := range n {
		s += math.Mod(float64(i), 3)
	}
	return s
}

// NativeString passes a string to a compiled function.
func NativeString(n int) int {
	s := 0
	for range n {
		s += strings.Index("a call of native code", "native")
	}
	return s
}
