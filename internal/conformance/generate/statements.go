package generate

import (
	"fmt"
	"strings"
)

// declareFunctions writes pure functions, of which later ones call earlier ones.
func (g *generator) declareFunctions() {
	for range g.between(1, 3) {
		f := function{name: g.global("f"), result: g.typ(1)}
		var params []string
		var vars []variable
		for range g.rand.IntN(4) {
			t := g.typ(1)
			name := g.local("p")
			params = append(params, name+" "+t.name)
			vars = append(vars, variable{name: name, t: t})
			f.params = append(f.params, t)
		}
		named := g.chance(30)
		g.body = &strings.Builder{}
		g.apart(vars, func() {
			g.risk = 0
			result := f.result.name
			if named {
				result = "(r " + result + ")"
				g.vars = append(g.vars, variable{name: "r", t: f.result})
			}
			g.line("func %s(%s) %s {", f.name, strings.Join(params, ", "), result)
			for range g.rand.IntN(3) {
				g.statement(1)
			}
			if named && g.chance(50) {
				g.line("r = %s", g.expr(f.result, 2))
				g.line("return")
			} else {
				g.line("return %s", g.expr(f.result, 2))
			}
			g.line("}\n")
		})
		g.top.WriteString(g.body.String())
		g.functions = append(g.functions, f)
	}
}

// declareEntry writes the function that the unit runs.
func (g *generator) declareEntry() {
	g.body = &strings.Builder{}
	g.line("func %s() {", g.entry())
	for range g.between(2, 4) {
		g.declare(g.typ(2))
	}
	for range g.between(2, 5) {
		g.risk = g.rand.IntN(2)
		if g.chance(55) {
			g.scenario()
		} else {
			g.statement(3)
		}
		if g.chance(30) {
			g.show()
		}
	}
	for _, v := range g.vars {
		g.print(v)
	}
	g.line("}")
	g.top.WriteString(g.body.String())
}

// show prints some variables.
func (g *generator) show() {
	for range g.between(1, 2) {
		if len(g.vars) > 0 {
			g.print(pick(g, g.vars...))
		}
	}
}

// verbs by kind: whatever prints, prints alike.
var verbs = map[kind][]string{
	boolean:       {"%v", "%t", "%6v", "%q"},
	signed:        {"%v", "%d", "%x", "%+d", "%08d", "%-6d|", "%b", "%o", "%#x", "%#v", "%T", "%s"},
	unsigned:      {"%v", "%d", "%X", "%08d", "%b", "%#o", "%#v", "%T", "%U"},
	float:         {"%v", "%g", "%e", "%.3f", "%8.2f", "%+v", "%#v", "%T", "%x"},
	complexNumber: {"%v", "%.2f", "%g", "%#v", "%T"},
	text:          {"%v", "%q", "%x", "%+q", "%10s|", "%.2s", "%#v", "%T"},
	slice:         {"%v", "%+v", "%#v", "%T", "%d", "%q", "%3v"},
	array:         {"%v", "%+v", "%#v", "%T", "%x"},
	mapping:       {"%v", "%+v", "%#v", "%T"},
	structure:     {"%v", "%+v", "%#v", "%T", "%d", "%s"},
	empty:         {"%v", "%+v", "%#v", "%T", "%d", "%s"},
}

func (g *generator) print(v variable) {
	g.line("fmt.Printf(%q, %s, %s)", v.name+" "+pick(g, verbs[v.t.kind]...)+" %v\n", v.name, v.name)
}

// statement writes one statement, with depth left for the blocks in it.
func (g *generator) statement(depth int) {
	if depth <= 0 || g.deep > 5 {
		g.assign()
		return
	}
	switch g.rand.IntN(16) {
	case 0, 1, 2, 3:
		g.assign()
	case 4, 5:
		g.declare(g.typ(2))
	case 6, 7:
		g.ifStatement(depth)
	case 8, 9, 10:
		g.forStatement(depth)
	case 11, 12:
		g.switchStatement(depth)
	case 13:
		g.typeSwitch(depth)
	case 14:
		g.swap()
	default:
		g.block(depth)
	}
}

func (g *generator) block(depth int) {
	g.line("{")
	g.inside(depth)
	g.line("}")
}

// inside writes the statements of a block.
func (g *generator) inside(depth int) {
	g.scoped(func() {
		for range g.between(1, 2) {
			g.statement(depth - 1)
		}
	})
}

func (g *generator) assignable() []variable {
	return g.of(func(v variable) bool { return !v.frozen })
}

func (g *generator) assign() {
	vars := g.assignable()
	if len(vars) == 0 {
		g.declare(g.basic())
		return
	}
	v := pick(g, vars...)
	switch {
	case v.t.isInteger() && g.chance(40):
		if g.chance(40) {
			g.line("%s%s", v.name, pick(g, "++", "--"))
		} else {
			g.line("%s %s= %s", v.name, pick(g, "+", "-", "*", "&", "|", "^", "&^"), g.expr(v.t, 2))
		}
	case v.t.kind == float && g.chance(40):
		g.line("%s %s= %s", v.name, pick(g, "+", "-", "*"), g.expr(v.t, 2))
	case v.t.kind == text && g.chance(40):
		g.line("%s = clip(%s + %s)", v.name, v.name, g.expr(v.t, 2))
	case v.t.kind == slice && g.chance(70):
		g.assignSlice(v)
	case v.t.kind == array && g.chance(60):
		g.line("%s[mod(%s, %d)] = %s", v.name, g.expr(intType, 1), v.t.length, g.expr(v.t.elem, 2))
	case v.t.kind == mapping && g.chance(70):
		g.assignMap(v)
	case v.t.kind == structure && g.chance(60):
		f := pick(g, v.t.fields...)
		g.line("%s.%s = %s", v.name, f.name, g.expr(f.t, 2))
	default:
		value := g.expr(v.t, 3)
		if value == v.name {
			value = g.literal(v.t)
		}
		g.line("%s = %s", v.name, value)
	}
}

// assignSlice bounds the slice, and its capacity: how far append grows it is
// nobody's business.
func (g *generator) assignSlice(v variable) {
	switch g.rand.IntN(4) {
	case 0:
		g.line("if len(%s) > 0 {\n%s[mod(%s, len(%s))] = %s\n}", v.name, v.name, g.expr(intType, 1), v.name, g.expr(v.t.elem, 2))
	case 1:
		if g.takeRisk(50) {
			g.line("%s[%s] = %s", v.name, g.operand(intType, 1), g.leaf(v.t.elem))
			return
		}
		g.line("%s = %s[:mod(%s, len(%s)+1)]", v.name, v.name, g.expr(intType, 1), v.name)
	case 2:
		g.line("if len(%s) < 12 {\n%s = append(%s, %s)\n}", v.name, v.name, v.name, g.expr(v.t.elem, 2))
		g.line("%s = %s[:len(%s):len(%s)]", v.name, v.name, v.name, v.name)
	default:
		g.line("if n := len(%s); n > 1 {\ncopy(%s[1:], %s)\n}", v.name, v.name, v.name)
	}
}

func (g *generator) assignMap(v variable) {
	switch g.rand.IntN(5) {
	case 0:
		g.line("delete(%s, %s)", v.name, g.expr(v.t.key, 1))
	case 1:
		if v.t.elem.isInteger() {
			g.line("%s[%s] += %s", v.name, g.expr(v.t.key, 1), g.expr(v.t.elem, 1))
			return
		}
		fallthrough
	default:
		g.line("%s[%s] = %s", v.name, g.expr(v.t.key, 1), g.expr(v.t.elem, 2))
	}
}

func (g *generator) ifStatement(depth int) {
	if g.chance(25) {
		name := g.local("c")
		t := g.integer()
		g.line("if %s := %s; %s > %s {", name, g.typed(t, g.expr(t, 1)), name, g.expr(t, 1))
		g.scoped(func() {
			g.vars = append(g.vars, variable{name: name, t: t})
			g.statement(depth - 1)
		})
	} else {
		g.line("if %s {", g.expr(boolType, 2))
		g.inside(depth)
	}
	if g.chance(50) {
		g.line("} else {")
		g.inside(depth)
	}
	g.line("}")
}

// forStatement writes a loop of a few rounds.
func (g *generator) forStatement(depth int) {
	if g.loops > 1 {
		g.block(depth)
		return
	}
	g.loops++
	label := ""
	if g.chance(30) {
		label = g.local("L")
		g.line("%s:", label)
	}
	i := g.local("i")
	loop := []variable{{name: i, t: intType, frozen: true}}
	switch g.rand.IntN(6) {
	case 0:
		g.line("for %s := 0; %s < %d; %s++ {", i, i, g.between(1, 5), i)
	case 1:
		g.line("for %s := range %d {", i, g.between(1, 5))
	case 2:
		g.line("for %s := %d; %s > 0; %s -= %d {", i, g.between(1, 9), i, i, g.between(1, 3))
	case 3:
		r := g.local("r")
		g.line("for %s, %s := range %s {", i, r, g.stringHeader())
		loop = append(loop, variable{name: r, t: runeType})
	default:
		vars := g.of(func(v variable) bool { return v.t.kind == slice || v.t.kind == array })
		if len(vars) == 0 {
			g.line("for %s := range %d {", i, g.between(1, 4))
			break
		}
		v, e := pick(g, vars...), g.local("e")
		g.line("for %s, %s := range %s {", i, e, v.name)
		loop = append(loop, variable{name: e, t: v.t.elem})
	}
	g.scoped(func() {
		for _, v := range loop {
			g.line("_ = %s", v.name)
		}
		g.vars = append(g.vars, loop...)
		g.statement(depth - 1)
		if label != "" || g.chance(30) {
			g.line("if %s {\n%s %s\n}", g.expr(boolType, 2), pick(g, "break", "continue"), label)
		}
		g.statement(depth - 1)
	})
	g.line("}")
	g.loops--
}

// stringHeader is a string that a loop can range over.
func (g *generator) stringHeader() string {
	return fmt.Sprintf("clip(%s)", g.expr(stringType, 1))
}

func (g *generator) switchStatement(depth int) {
	t := pick(g, intType, stringType, g.integer())
	if g.chance(30) {
		g.line("switch {")
		for range g.between(1, 3) {
			g.line("case %s:", g.operand(boolType, 1))
			g.inside(depth)
			if g.chance(15) {
				g.line("fallthrough")
			}
		}
		g.line("default:")
		g.inside(depth)
		g.line("}")
		return
	}
	g.line("switch %s {", g.operand(t, 1))
	for range g.between(1, 3) {
		g.line("case %s, %s:", g.operand(t, 1), g.operand(t, 1))
		g.inside(depth)
	}
	if g.chance(60) {
		g.line("default:")
		g.inside(depth)
	}
	g.line("}")
}

func (g *generator) typeSwitch(depth int) {
	vars := g.of(func(v variable) bool { return v.t == anyType })
	value := g.local("x")
	from := "any(" + g.operandValue() + ")"
	if len(vars) > 0 && g.chance(70) {
		from = pick(g, vars...).name
	}
	g.line("switch %s := %s.(type) {", value, from)
	seen := map[string]bool{}
	for range g.between(2, 4) {
		t := g.basic()
		if seen[t.name] {
			continue
		}
		seen[t.name] = true
		g.line("case %s:", t.name)
		g.scoped(func() {
			g.line("_ = %s", value)
			g.vars = append(g.vars, variable{name: value, t: t})
			g.statement(depth - 1)
			g.line("fmt.Println(%q, %s)", value, value)
		})
	}
	g.line("case nil:\nfmt.Println(%q)", value+" is nil")
	if g.chance(60) {
		g.line("case fmt.Stringer, error:\nfmt.Printf(\"%%v %%T\\n\", %s, %s)", value, value)
	}
	g.line("default:\nfmt.Printf(\"%%v %%T\\n\", %s, %s)", value, value)
	g.line("}")
}

// operandValue is some value that is no constant.
func (g *generator) operandValue() string {
	t := g.typ(1)
	return g.operand(t, 1)
}

// swap assigns several variables at once.
func (g *generator) swap() {
	vars := g.assignable()
	if len(vars) < 2 {
		g.assign()
		return
	}
	a := pick(g, vars...)
	for _, b := range vars {
		if b.name != a.name && b.t.name == a.t.name {
			g.line("%s, %s = %s, %s", a.name, b.name, b.name, a.name)
			return
		}
	}
	b := pick(g, vars...)
	if a.name == b.name {
		g.assign()
		return
	}
	g.line("%s, %s = %s, %s", a.name, b.name, g.expr(a.t, 1), g.expr(b.t, 1))
}
