package frame

import "fmt"

// Grouped is a frame whose rows were put into groups by GroupBy.
type Grouped struct {
	frame *Frame
	keys  []*Column
	groups
	err error
}

// Err returns why there are no groups, or nil.
func (g *Grouped) Err() error { return g.err }

// String says how many groups there are.
func (g *Grouped) String() string {
	if g.err != nil {
		return "error: " + g.err.Error()
	}
	return fmt.Sprintf("%s in %s", plural(g.frame.rows, "row"), plural(g.count, "group"))
}

// groups says which group each row is in.
type groups struct {
	of    []int32 // group of each row
	first []int32 // first row of each group
	count int
}

// GroupBy puts rows with equal values in the named columns into one group;
// nulls equal each other. Without names all rows are one group. Results are
// ordered by the keys, ascending.
func (f *Frame) GroupBy(names ...string) *Grouped {
	f = f.orEmpty()
	keys, err := f.lookupAll("group by", names)
	if err != nil {
		return &Grouped{err: err}
	}
	g := group(keys, f.rows)
	if len(keys) == 0 {
		g.count = 1
	} else {
		g.sort(keys)
	}
	return &Grouped{frame: f, keys: keys, groups: g}
}

// group puts n rows into groups by their keys, in the order of their first rows.
func group(keys []*Column, n int) groups {
	set := keysOf([][]*Column{keys}, []int{n})
	g := groups{of: make([]int32, n)}
	if set.cardinality <= tableLimit(n) {
		table := make([]int32, set.cardinality) // group + 1 by key
		for i, key := range set.keys[0] {
			id := table[key]
			if id == 0 {
				g.first = append(g.first, int32(i))
				id = int32(len(g.first))
				table[key] = id
			}
			g.of[i] = id - 1
		}
	} else {
		numbers := newNumbering(n)
		for i, key := range set.keys[0] {
			id, fresh := numbers.add(key)
			if fresh {
				g.first = append(g.first, int32(i))
			}
			g.of[i] = id
		}
	}
	g.count = len(g.first)
	return g
}

// tableLimit is the cardinality up to which a table indexed by key is better
// than a hash table for n rows.
func tableLimit(n int) uint64 { return max(1<<12, min(1<<24, 4*uint64(n))) }

// sort renumbers the groups in ascending order of their keys.
func (g *groups) sort(keys []*Column) {
	heads := make([]*Column, len(keys))
	for i, k := range keys {
		heads[i] = k.take(g.first)
	}
	order := sortedRows(heads, make([]bool, len(keys)), g.count)
	first, rank := make([]int32, g.count), make([]int32, g.count)
	for position, id := range order {
		first[position] = g.first[id]
		rank[id] = int32(position)
	}
	g.first = first
	parallel(len(g.of), func(low, high int) {
		for i := low; i < high; i++ {
			g.of[i] = rank[g.of[i]]
		}
	})
}

// Agg returns one row for each group: the keys, then each aggregate.
func (g *Grouped) Agg(aggregates ...Aggregate) *Frame {
	if g.err != nil {
		return failed(g.err)
	}
	results := make([]*Column, len(aggregates))
	errs := make([]error, len(aggregates))
	each(len(aggregates), func(i int) {
		if !aggregates[i].callsBack {
			results[i], errs[i] = aggregates[i].over(g.frame, g.groups)
		}
	})
	for i, a := range aggregates {
		if a.callsBack {
			results[i], errs[i] = a.over(g.frame, g.groups)
		}
	}
	for _, err := range errs {
		if err != nil {
			return failed(err)
		}
	}
	columns := make([]*Column, 0, len(g.keys)+len(results))
	for _, k := range g.keys {
		columns = append(columns, k.take(g.first))
	}
	result := New(append(columns, results...)...)
	if result.err != nil {
		return failed(fmt.Errorf("agg: %w", result.err))
	}
	return result
}

// members returns the rows of each group, in order, leaving out rows where
// null is true: group i has rows[start[i]:start[i+1]].
func (g groups) members(null []bool) (rows, start []int32) {
	start = make([]int32, g.count+1)
	for i, id := range g.of {
		if null == nil || !null[i] {
			start[id+1]++
		}
	}
	for i := range g.count {
		start[i+1] += start[i]
	}
	rows = make([]int32, start[g.count])
	next := append([]int32(nil), start[:g.count]...)
	for i, id := range g.of {
		if null == nil || !null[i] {
			rows[next[id]] = int32(i)
			next[id]++
		}
	}
	return rows, start
}
