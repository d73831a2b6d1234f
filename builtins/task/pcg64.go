package task

import "math/bits"

// pcg64 is numpy.random.default_rng(seed): PCG XSL RR 128/64 (O'Neill, 2014),
// seeded by NumPy's SeedSequence. Datasets of Hugging Face are shuffled with it.
type pcg64 struct {
	high, low       uint64
	incHigh, incLow uint64
	half            uint32 // the upper half of the last word, when one is left
	hasHalf         bool
}

func newPCG64(seed uint32) *pcg64 {
	w := seedSequence(seed)
	p := &pcg64{incHigh: w[2]<<1 | w[3]>>63, incLow: w[3]<<1 | 1}
	p.step()
	var carry uint64
	p.low, carry = bits.Add64(p.low, w[1], 0)
	p.high, _ = bits.Add64(p.high, w[0], carry)
	p.step()
	return p
}

// step advances the 128-bit linear congruential generator.
func (p *pcg64) step() {
	const mulHigh, mulLow = 2549297995355413924, 4865540595714422341
	high, low := bits.Mul64(p.low, mulLow)
	high += p.high*mulLow + p.low*mulHigh
	var carry uint64
	p.low, carry = bits.Add64(low, p.incLow, 0)
	p.high, _ = bits.Add64(high, p.incHigh, carry)
}

func (p *pcg64) uint64() uint64 {
	p.step()
	return bits.RotateLeft64(p.high^p.low, -int(p.high>>58))
}

// uint32 gives the lower half of a word, then the upper one.
func (p *pcg64) uint32() uint32 {
	if p.hasHalf {
		p.hasHalf = false
		return p.half
	}
	w := p.uint64()
	p.half, p.hasHalf = uint32(w>>32), true
	return uint32(w)
}

// permutation is Generator.permutation(n).
func (p *pcg64) permutation(n int) []int {
	out := allRows(n)
	for i := n - 1; i > 0; i-- {
		j := interval(p.uint32, uint32(i))
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// seedSequence is numpy.random.SeedSequence(seed).generate_state(4, uint64).
func seedSequence(seed uint32) [4]uint64 {
	hash := uint32(0x43b0d7e5)
	mix := func(v uint32) uint32 {
		v ^= hash
		hash *= 0x931e8875
		v *= hash
		return v ^ v>>16
	}
	pool := [4]uint32{mix(seed), mix(0), mix(0), mix(0)}
	for from := range pool {
		for to := range pool {
			if from != to {
				v := 0xca01f9dd*pool[to] - 0x4973f715*mix(pool[from])
				pool[to] = v ^ v>>16
			}
		}
	}
	hash = 0x8b51f9dd
	var out [4]uint64
	for i := range 8 {
		v := pool[i%4] ^ hash
		hash *= 0x58f38ded
		v *= hash
		v ^= v >> 16
		out[i/2] |= uint64(v) << (32 * (i % 2))
	}
	return out
}
