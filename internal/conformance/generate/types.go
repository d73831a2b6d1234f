package generate

import (
	"fmt"
	"strings"
)

type kind int

const (
	boolean kind = iota
	signed
	unsigned
	float
	complexNumber
	text
	slice
	array
	mapping
	structure
	empty // any
)

// A typ is a type of the generated program, as the source writes it.
type typ struct {
	kind   kind
	name   string
	bits   int // of numbers
	elem   *typ
	key    *typ
	length int // of arrays
	fields []field
	// comparable values only, which never panic when compared.
	comparable bool
	method     string // of a named type: func() int, pure
}

type field struct {
	name string
	t    *typ
}

var (
	boolType   = &typ{kind: boolean, name: "bool", comparable: true}
	intType    = &typ{kind: signed, name: "int", bits: 64, comparable: true}
	stringType = &typ{kind: text, name: "string", comparable: true}
	anyType    = &typ{kind: empty, name: "any"}
	byteType   = &typ{kind: unsigned, name: "uint8", bits: 8, comparable: true}
	runeType   = &typ{kind: signed, name: "int32", bits: 32, comparable: true}

	integers = []*typ{
		intType, intType, byteType, runeType,
		{kind: signed, name: "int8", bits: 8, comparable: true}, {kind: signed, name: "int16", bits: 16, comparable: true},
		{kind: signed, name: "int64", bits: 64, comparable: true}, {kind: unsigned, name: "uint", bits: 64, comparable: true},
		{kind: unsigned, name: "uint16", bits: 16, comparable: true}, {kind: unsigned, name: "uint32", bits: 32, comparable: true},
		{kind: unsigned, name: "uint64", bits: 64, comparable: true}, {kind: unsigned, name: "uintptr", bits: 64, comparable: true},
	}
	floats    = []*typ{{kind: float, name: "float64", bits: 64, comparable: true}, {kind: float, name: "float32", bits: 32, comparable: true}}
	complexes = []*typ{{kind: complexNumber, name: "complex128", bits: 128, comparable: true}, {kind: complexNumber, name: "complex64", bits: 64, comparable: true}}
)

func (t *typ) isInteger() bool { return t.kind == signed || t.kind == unsigned }

func sliceOf(t *typ) *typ { return &typ{kind: slice, name: "[]" + t.name, elem: t} }

func arrayOf(n int, t *typ) *typ {
	return &typ{kind: array, name: fmt.Sprintf("[%d]%s", n, t.name), elem: t, length: n, comparable: t.comparable}
}

func mapOf(k, v *typ) *typ {
	return &typ{kind: mapping, name: "map[" + k.name + "]" + v.name, key: k, elem: v}
}

// basic is a type without elements.
func (g *generator) basic() *typ {
	switch g.rand.IntN(12) {
	case 0, 1:
		return boolType
	case 2, 3:
		return stringType
	case 4, 5:
		return pick(g, floats...)
	case 6:
		return pick(g, complexes...)
	default:
		return g.integer()
	}
}

// integer is an integer type, or a named one of the unit.
func (g *generator) integer() *typ {
	if g.chance(25) {
		for _, t := range g.kinds {
			if t.isInteger() {
				return t
			}
		}
	}
	return pick(g, integers...)
}

// any type, with depth left for its elements.
func (g *generator) typ(depth int) *typ {
	if depth <= 0 || g.chance(50) {
		return g.basic()
	}
	switch g.rand.IntN(7) {
	case 0, 1:
		return sliceOf(g.typ(depth - 1))
	case 2:
		return arrayOf(g.between(1, 4), g.typ(depth-1))
	case 3:
		return mapOf(g.keyType(), g.typ(depth-1))
	case 4:
		return anyType
	default:
		if len(g.structs) > 0 {
			return pick(g, g.structs...)
		}
		return sliceOf(intType)
	}
}

// keyType is a type whose values print in one order and are never NaN.
func (g *generator) keyType() *typ {
	switch g.rand.IntN(6) {
	case 0:
		return arrayOf(2, g.integer())
	case 1, 2:
		return stringType
	case 3:
		return boolType
	default:
		return g.integer()
	}
}

// declareTypes writes the unit's named types: a number with a method, and
// structs of which later ones hold or embed earlier ones.
func (g *generator) declareTypes() {
	base := pick(g, integers...)
	named := &typ{kind: base.kind, name: g.global("K"), bits: base.bits, comparable: true, method: "Twice"}
	fmt.Fprintf(&g.top, "type %s %s\n\nfunc (k %s) Twice() int { return int(k) * 2 }\n\n", named.name, base.name, named.name)
	if g.chance(40) {
		fmt.Fprintf(&g.top, "func (k %s) String() string { return fmt.Sprintf(\"<%%d>\", %s(k)) }\n\n", named.name, base.name)
	}
	g.kinds = append(g.kinds, named)
	for range g.between(1, 3) {
		g.declareStruct()
	}
}

func (g *generator) declareStruct() {
	s := &typ{kind: structure, name: g.global("S"), comparable: true}
	var b strings.Builder
	if len(g.structs) > 0 && g.chance(40) {
		embedded := pick(g, g.structs...)
		fmt.Fprintf(&b, "\t%s\n", embedded.name)
		s.fields = append(s.fields, field{embedded.name, embedded})
	}
	for i := range g.between(1, 4) {
		f := field{fmt.Sprintf("%s%d", pick(g, "A", "b"), i), g.typ(1)}
		fmt.Fprintf(&b, "\t%s %s\n", f.name, f.t.name)
		s.fields = append(s.fields, f)
	}
	for _, f := range s.fields {
		s.comparable = s.comparable && f.t.comparable
	}
	fmt.Fprintf(&g.top, "type %s struct {\n%s}\n\n", s.name, b.String())
	g.structs = append(g.structs, s)
	if g.chance(60) {
		s.method = "Sum"
		var sum strings.Builder
		for _, f := range s.fields {
			switch {
			case f.t.isInteger():
				fmt.Fprintf(&sum, "\tn += int(s.%s)\n", f.name)
			case f.t.kind == slice, f.t.kind == mapping, f.t.kind == text, f.t.kind == array:
				fmt.Fprintf(&sum, "\tn += len(s.%s)\n", f.name)
			case f.t.kind == boolean:
				fmt.Fprintf(&sum, "\tif s.%s {\n\t\tn++\n\t}\n", f.name)
			}
		}
		fmt.Fprintf(&g.top, "func (s %s) Sum() (n int) {\n%s\treturn n\n}\n\n", s.name, sum.String())
	}
	for _, f := range s.fields {
		if f.t.isInteger() {
			fmt.Fprintf(&g.top, "func (s *%s) Add(n int) int {\n\ts.%s += %s(n)\n\treturn int(s.%s)\n}\n\n", s.name, f.name, f.t.name, f.name)
			break
		}
	}
}
