package frame

import (
	"math"
	"math/bits"
)

// Rows are compared by several columns at once through one integer per row:
// each column's values become codes below the column's cardinality, and the
// codes of a row become the digits of a number in that mixed base. Equal
// numbers mean equal rows; nothing else about them means anything.

// nullCode is the code of a null.
const nullCode = 0

// keyset holds the keys of one or more tables in one numbering.
type keyset struct {
	keys        [][]uint64 // by table, then by row
	cardinality uint64     // keys are below it
}

// keysOf numbers the rows of tables by their columns: tables[t][k] is the k-th
// key column of table t, of rows[t] rows. The k-th columns are of one kind.
func keysOf(tables [][]*Column, rows []int) keyset {
	set := keyset{keys: make([][]uint64, len(tables)), cardinality: 1}
	for t := range tables {
		set.keys[t] = make([]uint64, rows[t])
	}
	for k := range tables[0] {
		columns := make([]*Column, len(tables))
		for t := range tables {
			columns[t] = tables[t][k]
		}
		codes, cardinality := encode(columns)
		if high, _ := bits.Mul64(set.cardinality, cardinality); high != 0 {
			set.renumber()
		}
		for t, keys := range set.keys {
			parallel(len(keys), func(low, high int) {
				for i := low; i < high; i++ {
					keys[i] = keys[i]*cardinality + uint64(codes[t][i])
				}
			})
		}
		set.cardinality *= cardinality
	}
	return set
}

// renumber makes the keys dense, so that there is room for another column.
func (s *keyset) renumber() {
	total := 0
	for _, keys := range s.keys {
		total += len(keys)
	}
	numbers := newNumbering(total)
	for _, keys := range s.keys {
		for i, key := range keys {
			id, _ := numbers.add(key)
			keys[i] = uint64(id)
		}
	}
	s.cardinality = uint64(numbers.count) + 1
}

// encode gives equal values of the columns, which are of one kind, equal codes.
func encode(columns []*Column) (codes [][]uint32, cardinality uint64) {
	codes = make([][]uint32, len(columns))
	for i, c := range columns {
		codes[i] = make([]uint32, c.Len())
	}
	switch columns[0].kind {
	case String:
		cardinality = encodeStrings(columns, codes)
	case Bool:
		cardinality = encodeBools(columns, codes)
	case Int:
		cardinality = encodeInts(columns, codes)
	default:
		cardinality = encodeFloats(columns, codes)
	}
	for i, c := range columns {
		for row, isNull := range c.null {
			if isNull {
				codes[i][row] = nullCode
			}
		}
	}
	return codes, cardinality
}

func encodeStrings(columns []*Column, codes [][]uint32) uint64 {
	if len(columns) == 1 {
		for i, code := range columns[0].codes {
			codes[0][i] = uint32(code) + 1
		}
		return uint64(len(columns[0].dict)) + 1
	}
	union := newStringBuilder(0)
	for t, c := range columns {
		recoded := make([]uint32, max(1, len(c.dict)))
		for i, s := range c.dict {
			recoded[i] = uint32(union.intern(s)) + 1
		}
		out := codes[t]
		parallel(len(out), func(low, high int) {
			for i := low; i < high; i++ {
				out[i] = recoded[c.codes[i]]
			}
		})
	}
	return uint64(len(union.dict)) + 1
}

func encodeBools(columns []*Column, codes [][]uint32) uint64 {
	for t, c := range columns {
		for i, v := range c.bools {
			codes[t][i] = 1
			if v {
				codes[t][i] = 2
			}
		}
	}
	return 3
}

// encodeInts counts from the smallest value when the range is small, and
// numbers the values that occur otherwise.
func encodeInts(columns []*Column, codes [][]uint32) uint64 {
	const smallRange = 1 << 26
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for _, c := range columns {
		for _, v := range c.ints {
			least, most = min(least, v), max(most, v)
		}
	}
	if least > most { // no rows
		return 1
	}
	if span := uint64(most) - uint64(least); span < smallRange {
		for t, c := range columns {
			out := codes[t]
			parallel(len(out), func(low, high int) {
				for i := low; i < high; i++ {
					out[i] = uint32(c.ints[i]-least) + 1
				}
			})
		}
		return span + 2
	}
	return encodeSparse(columns, codes, func(c *Column, i int) uint64 { return uint64(c.ints[i]) })
}

// encodeFloats numbers the values that occur; all NaN are one value, and so
// are 0 and -0.
func encodeFloats(columns []*Column, codes [][]uint32) uint64 {
	return encodeSparse(columns, codes, func(c *Column, i int) uint64 {
		switch v := c.floats[i]; {
		case v == 0:
			return 0
		case v != v:
			return math.Float64bits(math.NaN())
		default:
			return math.Float64bits(v)
		}
	})
}

func encodeSparse(columns []*Column, codes [][]uint32, bits func(*Column, int) uint64) uint64 {
	total := 0
	for _, c := range columns {
		total += c.Len()
	}
	numbers := newNumbering(total)
	for t, c := range columns {
		for i := range codes[t] {
			id, _ := numbers.add(bits(c, i))
			codes[t][i] = uint32(id) + 1
		}
	}
	return uint64(numbers.count) + 1
}

// A numbering gives different integers consecutive numbers from 0, in the
// order in which they come. It is a hash table with open addressing.
type numbering struct {
	keys  []uint64
	ids   []int32 // number + 1; 0 is a free slot
	mask  uint64
	count int32
}

// newNumbering makes room for n different integers.
func newNumbering(n int) *numbering {
	size := 1 << bits.Len(uint(2*n))
	return &numbering{keys: make([]uint64, size), ids: make([]int32, size), mask: uint64(size - 1)}
}

// slot returns where key is or would be.
func (n *numbering) slot(key uint64) uint64 {
	hash := key ^ key>>32
	hash *= 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio
	at := (hash ^ hash>>29) & n.mask
	for n.ids[at] != 0 && n.keys[at] != key {
		at = (at + 1) & n.mask
	}
	return at
}

// add returns key's number; fresh is true when it is a new one.
func (n *numbering) add(key uint64) (id int32, fresh bool) {
	at := n.slot(key)
	if n.ids[at] == 0 {
		n.count++
		n.ids[at], n.keys[at] = n.count, key
		return n.count - 1, true
	}
	return n.ids[at] - 1, false
}

// find returns key's number, or -1.
func (n *numbering) find(key uint64) int32 { return n.ids[n.slot(key)] - 1 }
