package frame

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// Joining says how Join puts two frames together. On makes one; the zero value
// names no columns and is refused.
type Joining struct {
	keys       []string
	keepLeft   bool // rows of the left frame without a match
	keepRight  bool
	leftSuffix string
	suffix     string
}

// On joins where the named columns, which both frames must have, are equal. A
// null equals nothing. Only rows with a match are kept; Left and Outer keep
// more. Other columns that both frames have get the suffixes "" and "_right".
func On(names ...string) Joining { return Joining{keys: slices.Clone(names), suffix: "_right"} }

// Left keeps rows of the left frame that have no match, with nulls in the
// columns of the right one.
func (j Joining) Left() Joining {
	j.keepLeft = true
	return j
}

// Outer keeps the rows of both frames that have no match.
func (j Joining) Outer() Joining {
	j.keepLeft, j.keepRight = true, true
	return j
}

// Suffixes sets what is appended to the names of columns that both frames
// have and that are no keys.
func (j Joining) Suffixes(left, right string) Joining {
	j.leftSuffix, j.suffix = left, right
	return j
}

// Join puts matching rows of f and right side by side: the keys, f's other
// columns, right's other columns. Rows are in the order of f, then of right;
// rows of right without a match come last.
func (f *Frame) Join(right *Frame, how Joining) *Frame {
	left, right := f.orEmpty(), right.orEmpty()
	if len(how.keys) == 0 && left.err == nil && right.err == nil {
		return failed(errors.New("join: name the columns that must be equal: On(\"subject\", ...)"))
	}
	leftKeys, err := left.lookupAll("join: left frame", how.keys)
	if err != nil {
		return failed(err)
	}
	rightKeys, err := right.lookupAll("join: right frame", how.keys)
	if err != nil {
		return failed(err)
	}
	for i, l := range leftKeys {
		if r := rightKeys[i]; l.kind != r.kind {
			return failed(fmt.Errorf("join: column %q is %s on the left and %s on the right: convert one with With, as in With(%q, \"float(%s)\")",
				l.name, l.kind, r.kind, l.name, l.name))
		}
	}
	leftRows, rightRows, err := matchRows(leftKeys, rightKeys, left.rows, right.rows, how)
	if err != nil {
		return failed(err)
	}
	joined := New(how.assemble(left, right, leftRows, rightRows)...)
	if joined.err != nil {
		return failed(fmt.Errorf("join: %w; give other suffixes with Suffixes", joined.err))
	}
	return joined
}

// matchRows returns the pairs of rows to put side by side; -1 stands for none.
func matchRows(leftKeys, rightKeys []*Column, leftLen, rightLen int, how Joining) (leftRows, rightRows []int32, err error) {
	chains := chainRows(leftKeys, rightKeys, leftLen, rightLen)
	leftNull, rightNull := anyNull(leftKeys, leftLen), anyNull(rightKeys, rightLen)

	heads := make([]int32, leftLen) // first match of each left row, -1 without
	var counted atomic.Int64
	parallel(leftLen, func(low, high int) {
		pairs := 0
		for i := low; i < high; i++ {
			heads[i] = -1
			if leftNull == nil || !leftNull[i] {
				heads[i] = chains.head(chains.leftKeys[i])
			}
			if heads[i] >= 0 {
				pairs += int(chains.length[heads[i]])
			} else if how.keepLeft {
				pairs++
			}
		}
		counted.Add(int64(pairs))
	})
	pairs := int(counted.Load())
	if pairs+rightLen > maxRows {
		return nil, nil, fmt.Errorf("join: %d rows; a frame holds at most %d. Many rows on both sides have the same key", pairs, maxRows)
	}
	leftRows, rightRows = make([]int32, 0, pairs), make([]int32, 0, pairs)
	for i, head := range heads {
		if head < 0 && how.keepLeft {
			leftRows, rightRows = append(leftRows, int32(i)), append(rightRows, -1)
		}
		for r := head; r >= 0; r = chains.next[r] {
			leftRows, rightRows = append(leftRows, int32(i)), append(rightRows, r)
		}
	}
	if how.keepRight {
		matched := make([]bool, rightLen)
		for _, r := range rightRows {
			if r >= 0 {
				matched[r] = true
			}
		}
		for r := range rightLen {
			if !matched[r] || rightNull != nil && rightNull[r] {
				leftRows, rightRows = append(leftRows, -1), append(rightRows, int32(r))
			}
		}
	}
	return leftRows, rightRows, nil
}

// chains links the right rows of equal keys, in order.
type chains struct {
	leftKeys []uint64
	table    []int32    // first row + 1 by key, or
	numbers  *numbering // of keys, when there are too many for a table, and
	heads    []int32    // first row by number
	next     []int32    // next row of the same key, -1 at the end
	length   []int32    // of the chain, at its first row
}

func chainRows(leftKeys, rightKeys []*Column, leftLen, rightLen int) *chains {
	set := keysOf([][]*Column{leftKeys, rightKeys}, []int{leftLen, rightLen})
	null := anyNull(rightKeys, rightLen)
	c := &chains{leftKeys: set.keys[0], next: make([]int32, rightLen), length: make([]int32, rightLen)}
	if set.cardinality <= tableLimit(leftLen+rightLen) {
		c.table = make([]int32, set.cardinality)
	} else {
		c.numbers = newNumbering(rightLen)
		c.heads = make([]int32, 0, rightLen)
	}
	for r := rightLen - 1; r >= 0; r-- {
		c.next[r] = -1
		if null != nil && null[r] {
			continue
		}
		if previous := c.push(set.keys[1][r], int32(r)); previous >= 0 {
			c.next[r] = previous
			c.length[r] = c.length[previous]
		}
		c.length[r]++
	}
	return c
}

// push makes row the first one of key and returns the one before it, or -1.
func (c *chains) push(key uint64, row int32) (previous int32) {
	if c.table != nil {
		previous, c.table[key] = c.table[key]-1, row+1
		return previous
	}
	id, fresh := c.numbers.add(key)
	if fresh {
		c.heads = append(c.heads, row)
		return -1
	}
	previous, c.heads[id] = c.heads[id], row
	return previous
}

// head returns the first right row of key, or -1.
func (c *chains) head(key uint64) int32 {
	if c.table != nil {
		return c.table[key] - 1
	}
	if id := c.numbers.find(key); id >= 0 {
		return c.heads[id]
	}
	return -1
}

// anyNull returns in which rows one of the columns is null; nil when in none.
func anyNull(columns []*Column, n int) []bool {
	var result []bool
	for _, c := range columns {
		if c.null == nil {
			continue
		}
		if result == nil {
			result = make([]bool, n)
		}
		for i, isNull := range c.null {
			result[i] = result[i] || isNull
		}
	}
	return result
}

// assemble returns the joined columns.
func (j Joining) assemble(left, right *Frame, leftRows, rightRows []int32) []*Column {
	var columns []*Column
	for _, name := range j.keys {
		key := left.column(name).take(leftRows)
		if j.keepRight {
			key = firstPresent(key, right.column(name).take(rightRows), leftRows)
		}
		columns = append(columns, key)
	}
	side := func(f, other *Frame, rows []int32, suffix string) {
		for _, c := range f.columns {
			if slices.Contains(j.keys, c.name) {
				continue
			}
			taken := c.take(rows)
			if other.Has(c.name) {
				taken.name += suffix
			}
			columns = append(columns, taken)
		}
	}
	side(left, right, leftRows, j.leftSuffix)
	side(right, left, rightRows, j.suffix)
	return columns
}

// firstPresent returns a's row where leftRows has one, and b's elsewhere.
func firstPresent(a, b *Column, leftRows []int32) *Column {
	n := int32(a.Len())
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
		if leftRows[i] < 0 {
			rows[i] += n
		}
	}
	return concatColumns(a.name, []*Column{a, b}).take(rows)
}
