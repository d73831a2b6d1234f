package task

import "math/bits"

// pythonRandom is Python's random.Random(seed): the Mersenne Twister, seeded by
// an array (init_by_array of CPython's _randommodule.c).
type pythonRandom struct{ *mt19937 }

func newPythonRandom(seed uint32) pythonRandom {
	m := newMT19937(19650218)
	at := 1
	step := func(factor, add uint32) {
		m.state[at] = (m.state[at] ^ (m.state[at-1]^m.state[at-1]>>30)*factor) + add
		if at++; at == stateWords {
			m.state[0], at = m.state[stateWords-1], 1
		}
	}
	for range stateWords {
		step(1664525, seed)
	}
	for range stateWords - 1 {
		step(1566083941, -uint32(at))
	}
	m.state[0] = 0x80000000
	return pythonRandom{m}
}

// below draws from 0..n-1 (Random._randbelow).
func (r pythonRandom) below(n int) int {
	width := bits.Len(uint(n))
	for {
		if v := int(r.uint32() >> (32 - width)); v < n {
			return v
		}
	}
}

// sample draws count of 0..n-1 without replacement, in Random.sample's order.
func (r pythonRandom) sample(n, count int) []int {
	size := 21 // above it a set of the chosen is smaller than a list of all
	if count > 5 {
		for power := 1; ; power *= 4 {
			if power >= count*3 {
				size += power
				break
			}
		}
	}
	out := make([]int, count)
	if n <= size {
		pool := allRows(n)
		for i := range out {
			j := r.below(n - i)
			out[i], pool[j] = pool[j], pool[n-i-1]
		}
		return out
	}
	chosen := map[int]bool{}
	for i := range out {
		j := r.below(n)
		for chosen[j] {
			j = r.below(n)
		}
		chosen[j], out[i] = true, j
	}
	return out
}

// shuffle is Random.shuffle.
func (r pythonRandom) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, r.below(i+1))
	}
}
