package jinja

import "slices"

// tuple reads an expression, or several with commas between them: a tuple.
// stops are names that end it; whole allows "a if b else c" in it.
func (p *parser) tuple(stops []string, whole bool) expression {
	var items []expression
	comma := false
	for {
		if t := p.now(); t.kind == endOutput || t.kind == endTag || t.is(operator, ")") || t.kind == name && slices.Contains(stops, t.text) {
			break
		}
		items = append(items, p.expression(whole))
		if !p.skip(operator, ",") {
			break
		}
		comma = true
	}
	switch {
	case comma:
		return &listOf{items, true}
	case len(items) == 1:
		return items[0]
	}
	p.fail("expected an expression, got %v", p.now())
	return nil
}

// expression reads one; whole allows "a if b else c".
func (p *parser) expression(whole bool) expression {
	defer p.nest()()
	e := p.or()
	for whole && p.skip(name, "if") {
		c := &conditional{test: p.or(), then: e}
		if p.skip(name, "else") {
			c.otherwise = p.expression(true)
		}
		e = c
	}
	return e
}

func (p *parser) or() expression {
	e := p.and()
	for p.skip(name, "or") {
		e = &logical{true, e, p.and()}
	}
	return e
}

func (p *parser) and() expression {
	e := p.not()
	for p.skip(name, "and") {
		e = &logical{false, e, p.not()}
	}
	return e
}

func (p *parser) not() expression {
	if p.skip(name, "not") {
		defer p.nest()()
		return &negation{p.not()}
	}
	return p.compare()
}

func (p *parser) compare() expression {
	c := &compare{first: p.sum()}
	for {
		t := p.now()
		switch {
		case t.kind == operator && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, t.text):
			p.at++
		case t.is(name, "in"):
			p.at++
		case t.is(name, "not") && p.tokens[p.at+1].is(name, "in"):
			p.at += 2
			t.text = "not in"
		default:
			if len(c.rest) == 0 {
				return c.first
			}
			return c
		}
		c.rest = append(c.rest, comparison{t.text, p.sum()})
	}
}

// chain reads operators of one strength, which bind to the left.
func (p *parser) chain(operand func() expression, operators ...string) expression {
	e := operand()
	for p.now().kind == operator && slices.Contains(operators, p.now().text) {
		op := p.next().text
		e = &binary{op, e, operand()}
	}
	return e
}

func (p *parser) sum() expression { return p.chain(p.concat, "+", "-") }

func (p *parser) concat() expression {
	c := &concat{[]expression{p.product()}}
	for p.skip(operator, "~") {
		c.parts = append(c.parts, p.product())
	}
	if len(c.parts) == 1 {
		return c.parts[0]
	}
	return c
}

func (p *parser) product() expression { return p.chain(p.power, "*", "/", "//", "%") }
func (p *parser) power() expression {
	return p.chain(func() expression { return p.unary(true) }, "**")
}

func (p *parser) unary(filters bool) expression {
	defer p.nest()()
	var e expression
	if t := p.now(); t.is(operator, "-") || t.is(operator, "+") {
		p.at++
		e = &unary{t.text, p.unary(false)}
	} else {
		e = p.primary()
	}
	e = p.postfix(e)
	if filters {
		e = p.filtered(e)
	}
	return e
}

func (p *parser) primary() expression {
	switch t := p.next(); t.kind {
	case name:
		if value, ok := constants[t.text]; ok {
			return &literal{value}
		}
		for _, reads := range p.reads {
			reads[t.text] = true
		}
		return &variable{t.text, t.line}
	case text:
		s := t.text
		for p.now().kind == text {
			s += p.next().text
		}
		return &literal{s}
	case integer, float:
		return &literal{t.value}
	case operator:
		switch t.text {
		case "(":
			if p.skip(operator, ")") {
				return &listOf{nil, true}
			}
			e := p.tuple(nil, true)
			p.expect(operator, ")")
			return e
		case "[":
			l := &listOf{}
			p.until("]", func() { l.items = append(l.items, p.expression(true)) })
			return l
		case "{":
			d := &dictOf{}
			p.until("}", func() {
				key := p.expression(true)
				p.expect(operator, ":")
				d.pairs = append(d.pairs, pair{key, p.expression(true)})
			})
			return d
		}
	}
	p.at--
	p.fail("unexpected %v", p.now())
	return nil
}

// until reads elements with commas between them up to a bracket.
func (p *parser) until(bracket string, one func()) {
	for first := true; !p.skip(operator, bracket); first = false {
		if !first {
			if p.expect(operator, ","); p.skip(operator, bracket) {
				return
			}
		}
		one()
	}
}

func (p *parser) postfix(e expression) expression {
	for {
		switch t := p.now(); {
		case t.is(operator, "."):
			p.at++
			if t := p.next(); t.kind == name {
				e = &attr{e, t.text}
			} else if t.kind == integer {
				e = &item{e, &literal{t.value}}
			} else {
				p.fail("expected a name or a number behind a dot")
			}
		case t.is(operator, "["):
			p.at++
			e = p.subscript(e)
		case t.is(operator, "("):
			e = &call{e, p.arguments()}
		default:
			return e
		}
	}
}

func (p *parser) subscript(of expression) expression {
	at := func(stops ...string) bool { return p.now().kind == operator && slices.Contains(stops, p.now().text) }
	s := &slice{of: of}
	if !at(":") {
		key := p.expression(true)
		if p.skip(operator, "]") {
			return &item{of, key}
		}
		if at(",") {
			p.fail("a subscript of several is not supported")
		}
		s.from = key
	}
	p.expect(operator, ":")
	if !at("]", ":") {
		s.to = p.expression(true)
	}
	if p.skip(operator, ":") && !at("]") {
		s.step = p.expression(true)
	}
	p.expect(operator, "]")
	return s
}

func (p *parser) arguments() arguments {
	p.expect(operator, "(")
	var a arguments
	p.until(")", func() {
		switch t := p.now(); {
		case p.skip(operator, "*"):
			if a.list != nil || a.dict != nil {
				p.fail("a second * in a call")
			}
			a.list = p.expression(true)
		case p.skip(operator, "**"):
			if a.dict != nil {
				p.fail("a second ** in a call")
			}
			a.dict = p.expression(true)
		case t.kind == name && p.tokens[p.at+1].is(operator, "="):
			if a.dict != nil {
				p.fail("an argument behind ** in a call")
			}
			p.at += 2
			if slices.ContainsFunc(a.keywords, func(k keyword) bool { return k.name == t.text }) {
				p.fail("the argument %s is given twice", t.text)
			}
			a.keywords = append(a.keywords, keyword{t.text, p.expression(true)})
		default:
			if a.list != nil || a.dict != nil || len(a.keywords) > 0 {
				p.fail("a positional argument behind others")
			}
			a.positional = append(a.positional, p.expression(true))
		}
	})
	return a
}

// filtered reads the filters and tests behind an operand.
func (p *parser) filtered(e expression) expression {
	for {
		switch t := p.now(); {
		case t.is(operator, "|"):
			e = p.filters(e, false)
		case t.is(name, "is"):
			e = p.test(e)
		case t.is(operator, "("):
			e = &call{e, p.arguments()}
		default:
			return e
		}
	}
}

// filters reads one after the other; bare says that the first has no "|".
func (p *parser) filters(of expression, bare bool) expression {
	for ; bare || p.now().is(operator, "|"); bare = false {
		if !bare {
			p.at++
		}
		f := &filter{of: of, name: p.expectName()}
		if _, ok := filterTable[f.name]; !ok && !unsupportedFilters[f.name] && !p.soft {
			p.fail("unknown filter %q", f.name)
		}
		if p.now().is(operator, "(") {
			f.args = p.arguments()
		}
		of = f
	}
	return of
}

func (p *parser) test(of expression) expression {
	p.at++
	negated := p.skip(name, "not")
	t := &test{of: of, name: p.expectName()}
	if _, ok := testTable[t.name]; !ok && !unsupportedTests[t.name] && !p.soft {
		p.fail("unknown test %q", t.name)
	}
	switch now := p.now(); {
	case now.is(operator, "("):
		t.args = p.arguments()
	case now.kind == text, now.kind == integer, now.kind == float, now.is(operator, "["), now.is(operator, "{"),
		now.kind == name && !slices.Contains([]string{"else", "or", "and"}, now.text):
		if now.text == "is" && now.kind == name {
			p.fail("tests with is cannot be chained")
		}
		t.args.positional = []expression{p.postfix(p.primary())}
	}
	if negated {
		return &negation{t}
	}
	return t
}
