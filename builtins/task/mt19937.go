package task

// mt19937 is the Mersenne Twister (Matsumoto and Nishimura, 1998), 32-bit, as
// numpy.random.seed sets it up and numpy.random's legacy functions draw from
// it.
type mt19937 struct {
	state [stateWords]uint32
	next  int // index of the next word to hand out
}

const (
	stateWords = 624
	shiftWords = 397
)

// newMT19937 is numpy.random.seed(seed).
func newMT19937(seed uint32) *mt19937 {
	m := &mt19937{next: stateWords}
	for i := range m.state {
		m.state[i] = seed
		seed = 1812433253*(seed^seed>>30) + uint32(i) + 1
	}
	return m
}

func (m *mt19937) uint32() uint32 {
	if m.next == stateWords {
		m.twist()
	}
	y := m.state[m.next]
	m.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// twist makes the next 624 words.
func (m *mt19937) twist() {
	for i := range m.state {
		y := m.state[i]&0x80000000 | m.state[(i+1)%stateWords]&0x7fffffff
		word := m.state[(i+shiftWords)%stateWords] ^ y>>1
		if y&1 != 0 {
			word ^= 0x9908b0df
		}
		m.state[i] = word
	}
	m.next = 0
}

// interval draws uniformly from 0..limit: words are masked to the bits of
// limit and rejected above it (random_interval in numpy's distributions.c).
func interval(word func() uint32, limit uint32) uint32 {
	mask := limit
	for shift := 1; shift < 32; shift *= 2 {
		mask |= mask >> shift
	}
	for {
		if value := word() & mask; value <= limit {
			return value
		}
	}
}

// sample draws count of the rows 0..rows-1 without replacement, in the order
// of pandas.DataFrame.sample: the first of numpy.random.permutation(rows).
func (m *mt19937) sample(rows, count int) []int {
	permutation := allRows(rows)
	for i := rows - 1; i > 0; i-- {
		j := interval(m.uint32, uint32(i))
		permutation[i], permutation[j] = permutation[j], permutation[i]
	}
	return permutation[:count]
}
