package frame

// stringBuilder collects a dictionary-coded column of strings.
type stringBuilder struct {
	codes []int32
	dict  []string
	code  map[string]int32
}

func newStringBuilder(capacity int) *stringBuilder {
	return &stringBuilder{codes: make([]int32, 0, capacity), code: map[string]int32{}}
}

func (b *stringBuilder) add(s string) { b.codes = append(b.codes, b.intern(s)) }

// addBytes adds a copy of s; without one when the string is known.
func (b *stringBuilder) addBytes(s []byte) {
	code, known := b.code[string(s)]
	if !known {
		code = b.intern(string(s))
	}
	b.codes = append(b.codes, code)
}

func (b *stringBuilder) intern(s string) int32 {
	code, known := b.code[s]
	if !known {
		code = int32(len(b.dict))
		b.dict = append(b.dict, s)
		b.code[s] = code
	}
	return code
}

// builder collects a column row by row, of a kind known beforehand.
type builder struct {
	column  *Column
	strings *stringBuilder
	nulls   []int32
}

func newBuilder(name string, kind Kind) *builder {
	b := &builder{column: blank(name, kind, 0)}
	if kind == String {
		b.strings = newStringBuilder(0)
	}
	return b
}

func (b *builder) len() int {
	if b.strings != nil {
		return len(b.strings.codes)
	}
	return b.column.Len()
}

func (b *builder) addFloat(v float64) { b.column.floats = append(b.column.floats, v) }
func (b *builder) addInt(v int64)     { b.column.ints = append(b.column.ints, v) }
func (b *builder) addBool(v bool)     { b.column.bools = append(b.column.bools, v) }
func (b *builder) addString(v string) { b.strings.add(v) }
func (b *builder) addBytes(v []byte)  { b.strings.addBytes(v) }

func (b *builder) addNull() {
	b.nulls = append(b.nulls, int32(b.len()))
	switch b.column.kind {
	case Float:
		b.addFloat(0)
	case Int:
		b.addInt(0)
	case Bool:
		b.addBool(false)
	case String:
		b.strings.codes = append(b.strings.codes, 0)
	}
}

// finish returns the column; the builder must not be used afterwards.
func (b *builder) finish() *Column {
	c := b.column
	if b.strings != nil {
		c.codes, c.dict = b.strings.codes, b.strings.dict
	}
	if len(b.nulls) > 0 {
		c.null = make([]bool, c.Len())
		for _, i := range b.nulls {
			c.null[i] = true
		}
	}
	return c
}
