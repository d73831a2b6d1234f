package tokenizer

import "container/heap"

// shortWord is the length up to which scanning for the best pair beats a heap.
const shortWord = 48

// mergePairs merges ids in place and returns what is left: at each step the
// adjacent pair of the lowest rank, the leftmost among equals.
func mergePairs(ids []int32, merges map[pair]merge) []int32 {
	if len(ids) <= shortWord {
		return mergeShort(ids, merges)
	}
	return mergeLong(ids, merges)
}

// mergeShort looks at all pairs at each step: O(n^2), without allocation of
// links.
func mergeShort(ids []int32, merges map[pair]merge) []int32 {
	var table [shortWord]merge // table[i] merges ids[i] and ids[i+1]
	lookUp := func(i int) {
		m, ok := merges[pair{ids[i], ids[i+1]}]
		if !ok {
			m.rank = -1
		}
		table[i] = m
	}
	for i := range len(ids) - 1 {
		lookUp(i)
	}
	for {
		best := -1
		for i := range len(ids) - 1 {
			if table[i].rank >= 0 && (best < 0 || table[i].rank < table[best].rank) {
				best = i
			}
		}
		if best < 0 {
			return ids
		}
		ids[best] = table[best].id
		copy(table[best:], table[best+1:len(ids)-1])
		ids = append(ids[:best+1], ids[best+2:]...)
		if best+1 < len(ids) {
			lookUp(best)
		}
		if best > 0 {
			lookUp(best - 1)
		}
	}
}

// A candidate is a pair that may be merged, unless one of its sides has
// changed since.
type candidate struct {
	merge
	at          int32 // index of the left side
	left, right int32
}

type candidates []candidate

func (c candidates) Len() int      { return len(c) }
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c candidates) Less(i, j int) bool {
	if c[i].rank != c[j].rank {
		return c[i].rank < c[j].rank
	}
	return c[i].at < c[j].at
}
func (c *candidates) Push(x any) { *c = append(*c, x.(candidate)) }
func (c *candidates) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

const merged = -1 // in ids: joined to the symbol on its left

// mergeLong keeps the candidates in a heap and the symbols in a doubly linked
// list: O(n log n).
func mergeLong(ids []int32, merges map[pair]merge) []int32 {
	n := int32(len(ids))
	previous, next := make([]int32, n), make([]int32, n)
	for i := range n {
		previous[i], next[i] = i-1, i+1
	}
	queue := &candidates{}
	add := func(i int32) {
		if i < 0 || next[i] >= n {
			return
		}
		left, right := ids[i], ids[next[i]]
		if m, ok := merges[pair{left, right}]; ok {
			heap.Push(queue, candidate{m, i, left, right})
		}
	}
	for i := range n {
		add(i)
	}
	for queue.Len() > 0 {
		c := heap.Pop(queue).(candidate)
		i := c.at
		j := next[i]
		if ids[i] != c.left || j >= n || ids[j] != c.right {
			continue
		}
		ids[i], ids[j] = c.id, merged
		next[i] = next[j]
		if next[i] < n {
			previous[next[i]] = i
		}
		add(i)
		add(previous[i])
	}
	out := ids[:0]
	for _, id := range ids {
		if id != merged {
			out = append(out, id)
		}
	}
	return out
}
