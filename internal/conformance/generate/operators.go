package generate

import (
	"fmt"
)

func (g *generator) condition(depth int) string {
	switch g.rand.IntN(6) {
	case 0:
		return fmt.Sprintf("(%s && %s)", g.operand(boolType, depth-1), g.expr(boolType, depth-1))
	case 1:
		return fmt.Sprintf("(%s || %s)", g.operand(boolType, depth-1), g.expr(boolType, depth-1))
	case 2:
		return "!" + g.operand(boolType, depth-1)
	case 3:
		t := g.typ(1)
		if t.comparable && t.kind != empty {
			return fmt.Sprintf("(%s %s %s)", g.operand(t, depth-1), pick(g, "==", "!="), g.operand(t, depth-1))
		}
		fallthrough
	case 4:
		vars := g.of(func(v variable) bool { return v.t == anyType })
		if len(vars) > 1 {
			return fmt.Sprintf("(%s == %s)", pick(g, vars...).name, pick(g, vars...).name)
		}
		fallthrough
	default:
		t := pick(g, g.integer(), g.integer(), pick(g, floats...), stringType)
		return fmt.Sprintf("(%s %s %s)", g.operand(t, depth-1), pick(g, "<", "<=", ">", ">=", "==", "!="), g.operand(t, depth-1))
	}
}

func (g *generator) integerExpr(t *typ, depth int) string {
	switch g.rand.IntN(11) {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", g.operand(t, depth-1), pick(g, "+", "-", "*", "&", "|", "^", "&^"), g.operand(t, depth-1))
	case 3:
		if g.takeRisk(40) {
			return fmt.Sprintf("(%s %s %s)", g.operand(t, depth-1), pick(g, "/", "%"), g.operand(t, depth-1))
		}
		return fmt.Sprintf("(%s %s nz(%s))", g.operand(t, depth-1), pick(g, "/", "%"), g.operand(t, depth-1))
	case 4:
		if g.takeRisk(30) {
			return fmt.Sprintf("(%s %s %s)", g.operand(t, depth-1), pick(g, "<<", ">>"), g.operand(g.integer(), depth-1))
		}
		return fmt.Sprintf("(%s %s (uint8(%s) %% 70))", g.operand(t, depth-1), pick(g, "<<", ">>"), g.operand(g.integer(), depth-1))
	case 5:
		return fmt.Sprintf("(%s%s)", pick(g, "-", "^", "+"), g.operand(t, depth-1))
	case 6, 7:
		return fmt.Sprintf("%s(%s)", t.name, g.operand(g.integer(), depth-1))
	case 8:
		f := pick(g, floats...)
		return fmt.Sprintf("%s(small(%s))", t.name, g.operand(f, depth-1))
	case 9:
		vars := g.of(func(v variable) bool {
			return v.t.kind == slice || v.t.kind == text || v.t.kind == mapping || v.t.kind == array
		})
		if len(vars) > 0 {
			return fmt.Sprintf("%s(id(len(%s)))", t.name, pick(g, vars...).name)
		}
		fallthrough
	default:
		return fmt.Sprintf("%s(%s, %s)", pick(g, "min", "max"), g.operand(t, depth-1), g.operand(t, depth-1))
	}
}

func (g *generator) floatExpr(t *typ, depth int) string {
	switch g.rand.IntN(8) {
	case 0, 1, 2:
		if g.chance(30) { // the conversion keeps compilers from fusing it with an addition
			return fmt.Sprintf("%s(%s * %s)", t.name, g.operand(t, depth-1), g.operand(t, depth-1))
		}
		return fmt.Sprintf("(%s %s %s)", g.operand(t, depth-1), pick(g, "+", "-", "/"), g.operand(t, depth-1))
	case 3:
		return fmt.Sprintf("(-%s)", g.operand(t, depth-1))
	case 4, 5:
		return fmt.Sprintf("%s(%s)", t.name, g.operand(pick(g, g.integer(), pick(g, floats...)), depth-1))
	case 6:
		c := complexes[0]
		if t.bits == 32 {
			c = complexes[1]
		}
		if t.name == "float64" || t.name == "float32" {
			return fmt.Sprintf("%s(%s)", pick(g, "real", "imag"), g.operand(c, depth-1))
		}
		fallthrough
	default:
		return fmt.Sprintf("%s(%s, %s)", pick(g, "min", "max"), g.operand(t, depth-1), g.operand(t, depth-1))
	}
}

func (g *generator) complexExpr(t *typ, depth int) string {
	f := floats[0]
	if t.bits == 64 {
		f = floats[1]
	}
	switch g.rand.IntN(5) {
	case 0:
		return fmt.Sprintf("complex(%s, %s)", g.operand(f, depth-1), g.operand(f, depth-1))
	case 1:
		return fmt.Sprintf("%s(%s)", t.name, g.operand(pick(g, complexes...), depth-1))
	default:
		return fmt.Sprintf("(%s %s %s)", g.operand(t, depth-1), pick(g, "+", "-", "*", "/"), g.operand(t, depth-1))
	}
}

func (g *generator) textExpr(t *typ, depth int) string {
	switch g.rand.IntN(8) {
	case 0, 1:
		return fmt.Sprintf("clip(%s + %s)", g.operand(t, depth-1), g.operand(t, depth-1))
	case 2:
		return fmt.Sprintf("part(%s, %s, %s)", g.operand(t, depth-1), g.expr(intType, depth-1), g.expr(intType, depth-1))
	case 3:
		if g.takeRisk(50) {
			return fmt.Sprintf("%s[%s:]", g.operand(t, 0), g.operand(intType, depth-1))
		}
		return fmt.Sprintf("string(rune(%s))", g.operand(g.integer(), depth-1))
	case 4:
		return fmt.Sprintf("string([]rune(%s))", g.operand(t, depth-1))
	case 5:
		return fmt.Sprintf("string([]byte(%s))", g.operand(t, depth-1))
	case 6:
		of := g.basic()
		return fmt.Sprintf("fmt.Sprint(%s)", g.typed(of, g.expr(of, depth-1)))
	default:
		return fmt.Sprintf("clip(strings.%s(%s))", pick(g, "ToUpper", "ToLower", "TrimSpace"), g.operand(t, depth-1))
	}
}
