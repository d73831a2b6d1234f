package generate

import (
	"fmt"
	"regexp"
	"strings"
)

// expr is an expression of type t that assigns nothing, calls nothing that
// does, and is no constant unless it is a literal.
func (g *generator) expr(t *typ, depth int) string {
	if depth <= 0 || g.chance(20) {
		return g.leaf(t)
	}
	if s := g.common(t, depth); s != "" {
		return s
	}
	switch t.kind {
	case boolean:
		return g.condition(depth)
	case signed, unsigned:
		return g.integerExpr(t, depth)
	case float:
		return g.floatExpr(t, depth)
	case complexNumber:
		return g.complexExpr(t, depth)
	case text:
		return g.textExpr(t, depth)
	default:
		return g.composite(t, depth)
	}
}

// leaf is a variable or a literal.
func (g *generator) leaf(t *typ) string {
	if vars := g.of(func(v variable) bool { return v.t == t || v.t.name == t.name }); len(vars) > 0 && g.chance(80) {
		return pick(g, vars...).name
	}
	return g.literal(t)
}

// operand is an expression that is no constant: constants overflow when the
// program is compiled.
func (g *generator) operand(t *typ, depth int) string {
	s := g.expr(t, depth)
	if isLiteral(s) {
		return fmt.Sprintf("id[%s](%s)", t.name, s)
	}
	return s
}

// constants of literal's forms. Nothing else that expr writes is a constant.
var constants = regexp.MustCompile(`^(-?\d[\d.e+-]*|"[^"]*"|\([-\d.+]*i\)|true|false)$`)

func isLiteral(s string) bool { return constants.MatchString(s) }

// typed converts a literal, where an assignment would not give it its type.
func (g *generator) typed(t *typ, s string) string {
	if t.kind == empty || isLiteral(s) {
		return fmt.Sprintf("%s(%s)", t.name, s)
	}
	return s
}

func (g *generator) literal(t *typ) string {
	switch t.kind {
	case boolean:
		return pick(g, "true", "false")
	case signed:
		high := int64(1)<<(t.bits-1) - 1
		switch g.rand.IntN(6) {
		case 0:
			return fmt.Sprint(high)
		case 1:
			return fmt.Sprint(-high - 1)
		case 2:
			return fmt.Sprint(-1 - int64(g.rand.IntN(9)))
		case 3:
			return fmt.Sprint(g.rand.Int64N(high))
		default:
			return fmt.Sprint(g.rand.IntN(12))
		}
	case unsigned:
		high := ^uint64(0) >> (64 - t.bits)
		switch g.rand.IntN(5) {
		case 0:
			return fmt.Sprint(high)
		case 1:
			return fmt.Sprint(g.rand.Uint64() & high)
		default:
			return fmt.Sprint(g.rand.IntN(12))
		}
	case float:
		return pick(g, "0.0", "1.5", "-2.25", "0.1", "1e10", "3.0", "-1e-7", "16777217.0", "123456.789")
	case complexNumber:
		return pick(g, "(1+2i)", "(0.5-1i)", "(3i)", "(-2+0i)", "(0.1+0.1i)")
	case text:
		return pick(g, `"a"`, `""`, `"héllo"`, `"日本"`, `"x\ty"`, `"zz\xff"`, `"Go 1.26"`)
	case empty:
		return g.typed(anyType, g.boxed(1))
	default:
		return g.composite(t, 1)
	}
}

// boxed is a value for an interface.
func (g *generator) boxed(depth int) string {
	t := g.basic()
	if g.chance(25) && len(g.structs) > 0 {
		t = pick(g, g.structs...)
		if !t.comparable {
			t = stringType
		}
	}
	return fmt.Sprintf("id[%s](%s)", t.name, g.expr(t, depth-1))
}

// common are the expressions of every type: calls, elements, fields, choices.
// It returns "" when none fits.
func (g *generator) common(t *typ, depth int) string {
	switch g.rand.IntN(12) {
	case 0:
		return fmt.Sprintf("choose(%s, %s, %s)", g.expr(boolType, depth-1), g.typed(t, g.expr(t, depth-1)), g.typed(t, g.expr(t, depth-1)))
	case 1:
		return fmt.Sprintf("func() %s { return %s }()", t.name, g.expr(t, depth-1))
	case 2, 3:
		return g.element(t, depth)
	case 4, 5:
		return g.call(t, depth)
	case 6, 7:
		return g.field(t)
	case 8:
		return g.assertion(t)
	}
	return ""
}

// element is an element of a variable in scope.
func (g *generator) element(t *typ, depth int) string {
	vars := g.of(func(v variable) bool { return v.t.elem != nil && v.t.elem.name == t.name })
	if len(vars) == 0 {
		return ""
	}
	v := pick(g, vars...)
	switch v.t.kind {
	case mapping:
		return fmt.Sprintf("%s[%s]", v.name, g.expr(v.t.key, depth-1))
	case array:
		if g.takeRisk(15) {
			return fmt.Sprintf("%s[%s]", v.name, g.operand(intType, depth-1))
		}
		return fmt.Sprintf("%s[mod(%s, %d)]", v.name, g.expr(intType, depth-1), v.t.length)
	default:
		if g.takeRisk(15) {
			return fmt.Sprintf("%s[%s]", v.name, g.operand(intType, depth-1))
		}
		return fmt.Sprintf("at(%s, %s)", v.name, g.expr(intType, depth-1))
	}
}

// takeRisk says whether the statement may contain one operation that panics.
func (g *generator) takeRisk(percent int) bool {
	if g.risk == 0 || !g.chance(percent) {
		return false
	}
	g.risk--
	return true
}

func (g *generator) call(t *typ, depth int) string {
	if t == intType && g.chance(40) {
		if vars := g.of(func(v variable) bool { return v.t.method != "" }); len(vars) > 0 {
			v := pick(g, vars...)
			if g.chance(20) {
				return fmt.Sprintf("%s.%s(%s)", v.t.name, v.t.method, v.name) // method expression
			}
			return fmt.Sprintf("%s.%s()", v.name, v.t.method)
		}
	}
	var fits []function
	for _, f := range g.functions {
		if f.result.name == t.name {
			fits = append(fits, f)
		}
	}
	if len(fits) == 0 {
		return ""
	}
	f := pick(g, fits...)
	args := make([]string, len(f.params))
	for i, p := range f.params {
		args[i] = g.expr(p, depth-1)
	}
	return fmt.Sprintf("%s(%s)", f.name, strings.Join(args, ", "))
}

func (g *generator) field(t *typ) string {
	var fits []string
	for _, v := range g.vars {
		if v.t.kind != structure {
			continue
		}
		for _, f := range v.t.fields {
			if f.t.name == t.name {
				fits = append(fits, v.name+"."+f.name)
			}
			if f.name == f.t.name { // embedded: what is deeper is found by both names
				for _, deeper := range f.t.fields {
					if deeper.t.name == t.name {
						fits = append(fits, v.name+"."+f.name+"."+deeper.name)
					}
				}
			}
		}
	}
	if len(fits) == 0 {
		return ""
	}
	return pick(g, fits...)
}

// assertion takes a value out of an interface, if it is of the type.
func (g *generator) assertion(t *typ) string {
	vars := g.of(func(v variable) bool { return v.t == anyType })
	if len(vars) == 0 || t.kind == empty {
		return ""
	}
	v := pick(g, vars...)
	if g.takeRisk(30) {
		return fmt.Sprintf("%s.(%s)", v.name, t.name)
	}
	return fmt.Sprintf("func() %s { x, ok := %s.(%s); if !ok { return %s }; return x }()", t.name, v.name, t.name, g.literal(t))
}

// composite is a literal of a type with elements, or a slice of a slice.
func (g *generator) composite(t *typ, depth int) string {
	switch t.kind {
	case slice:
		if g.chance(20) {
			if t.elem == byteType {
				return fmt.Sprintf("[]byte(%s)", g.expr(stringType, depth-1))
			}
			if t.elem == runeType {
				return fmt.Sprintf("[]rune(%s)", g.expr(stringType, depth-1))
			}
			return pick(g, fmt.Sprintf("%s(nil)", t.name), fmt.Sprintf("make(%s, %d, %d)", t.name, g.rand.IntN(3), g.between(3, 6)))
		}
		return t.name + "{" + g.list(g.rand.IntN(4), t.elem, depth-1) + "}"
	case array:
		return t.name + "{" + g.list(g.rand.IntN(t.length+1), t.elem, depth-1) + "}"
	case mapping:
		return t.name + "{" + g.entries(t, depth-1) + "}"
	case structure:
		var parts []string
		for _, f := range t.fields {
			if g.chance(80) {
				parts = append(parts, fmt.Sprintf("%s: %s", f.name, g.expr(f.t, depth-1)))
			}
		}
		return t.name + "{" + strings.Join(parts, ", ") + "}"
	default:
		return g.typed(anyType, g.boxed(depth))
	}
}

func (g *generator) list(n int, t *typ, depth int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = g.expr(t, depth)
	}
	return strings.Join(parts, ", ")
}

// entries have keys that differ: the order of equal ones is open.
func (g *generator) entries(t *typ, depth int) string {
	var parts []string
	for i := range g.rand.IntN(4) {
		var k string
		switch t.key.kind {
		case boolean:
			if i > 1 {
				continue
			}
			k = fmt.Sprint(i == 0)
		case text:
			k = fmt.Sprintf("%q", string(rune('p'+i)))
		case array:
			k = fmt.Sprintf("{%d, %d}", i, i+1)
		default:
			k = fmt.Sprint(i * 3)
		}
		parts = append(parts, fmt.Sprintf("%s: %s", k, g.expr(t.elem, depth)))
	}
	return strings.Join(parts, ", ")
}
