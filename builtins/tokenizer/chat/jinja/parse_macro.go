package jinja

import "slices"

// signature reads the parameters of a macro.
func (p *parser) signature(m *macro) {
	p.expect(operator, "(")
	for !p.now().is(operator, ")") {
		if len(m.params) > 0 {
			p.expect(operator, ",")
		}
		one := parameter{name: p.newName()}
		if p.skip(operator, "=") {
			one.fallback = p.expression(true)
		} else if len(m.params) > 0 && m.params[len(m.params)-1].fallback != nil {
			p.fail("the parameter %s without a default follows one that has one", one.name)
		}
		if slices.Contains([]string{"caller", "varargs", "kwargs"}, one.name) ||
			slices.ContainsFunc(m.params, func(other parameter) bool { return other.name == one.name }) {
			p.fail("a parameter of the name %q is not supported", one.name)
		}
		m.params = append(m.params, one)
	}
	p.at++
}

// function reads the body of a macro or of what works like one.
func (p *parser) function(m *macro, end string) {
	loops, barred := p.loops, p.barred
	p.loops, p.barred = 0, false
	reads := nameSet{}
	p.reads = append(p.reads, reads)
	m.body = p.within(false, end)
	p.reads = p.reads[:len(p.reads)-1]
	p.loops, p.barred = loops, barred
	m.varargs, m.kwargs, m.caller = reads["varargs"], reads["kwargs"], reads["caller"]
	p.at++
}

// targets reads what is assigned to, which may be several up to the name stop;
// spaces allows attributes of namespaces.
func (p *parser) targets(stop string, spaces bool) target {
	first := p.target(spaces)
	if !p.now().is(operator, ",") {
		return first
	}
	t := target{several: []target{first}}
	for p.skip(operator, ",") {
		if p.now().kind == endTag || p.now().kind == operator && p.now().text != "(" || stop != "" && p.now().is(name, stop) {
			break
		}
		t.several = append(t.several, p.target(spaces))
	}
	return t
}

// target reads one name, attribute of a namespace, or targets in brackets.
func (p *parser) target(spaces bool) target {
	defer p.nest()()
	if p.skip(operator, "(") {
		t := p.targets("", spaces)
		p.expect(operator, ")")
		return t
	}
	if spaces && p.tokens[min(p.at+1, len(p.tokens)-1)].is(operator, ".") {
		t := target{name: p.expectName()}
		p.at++
		t.attr = p.expectName()
		return t
	}
	return target{name: p.newName()}
}

var constants = map[string]any{"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil}

// newName reads a name that is assigned to.
func (p *parser) newName() string {
	n := p.expectName()
	if _, constant := constants[n]; constant {
		p.fail("%s cannot be assigned to", n)
	}
	if n == "loop" && p.fors > 0 {
		p.fail("loop cannot be assigned to within a for tag")
	}
	return n
}
