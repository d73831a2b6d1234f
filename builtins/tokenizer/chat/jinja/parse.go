package jinja

import (
	"fmt"
	"slices"
)

// deepest is how deep expressions and tags may be nested.
const deepest = 100

// parser reads tokens by Jinja's grammar. Its methods panic with *Error.
type parser struct {
	tokens []token
	at     int
	depth  int
	loops  int // around, within the innermost function
	fors   int // around

	soft   bool      // within an if tag, where Jinja looks for filters and tests as it comes to them
	barred bool      // break would leave a block whose text is kept
	reads  []nameSet // of the macros around: the names they read
}

type nameSet map[string]bool

func parse(tokens []token) (b body, err error) {
	p := &parser{tokens: tokens}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			err = e
		default:
			panic(e)
		}
	}()
	return p.body(), nil
}

func (p *parser) fail(format string, a ...any) {
	panic(&Error{p.now().line, fmt.Errorf(format, a...)})
}

func (p *parser) now() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) skip(k kind, text string) bool {
	if p.now().is(k, text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(k kind, text string) {
	if !p.now().is(k, text) {
		p.fail("expected %q, got %v", text, p.now())
	}
	p.next()
}

func (p *parser) expectName() string {
	if p.now().kind != name {
		p.fail("expected a name, got %v", p.now())
	}
	return p.next().text
}

func (p *parser) expectKind(k kind) {
	if p.now().kind != k {
		p.fail("expected %v, got %v", token{kind: k}, p.now())
	}
	p.at++
}

// nest guards against templates that are nested without end.
func (p *parser) nest() func() {
	if p.depth++; p.depth > deepest {
		p.fail("the template is nested more than %d levels deep", deepest)
	}
	return func() { p.depth-- }
}

// body reads up to a tag of the given names, whose name is the next token, or
// to the end of the template where there are none.
func (p *parser) body(ends ...string) body {
	defer p.nest()()
	var b body
	for {
		switch t := p.now(); t.kind {
		case data:
			b = append(b, &dataText{p.next().text})
		case beginOutput:
			p.at++
			b = append(b, &output{p.tuple(nil, true), t.line})
			p.expectKind(endOutput)
		case beginTag:
			p.at++
			if p.now().kind == name && slices.Contains(ends, p.now().text) {
				return b
			}
			b = append(b, p.statement())
			p.expectKind(endTag)
		default:
			if len(ends) > 0 {
				p.fail("the template ends before %q", ends[len(ends)-1])
			}
			return b
		}
	}
}

// within is block, within an if tag or not.
func (p *parser) within(soft bool, ends ...string) body {
	before := p.soft
	p.soft = soft
	b := p.block(ends...)
	p.soft = before
	return b
}

// block is the body of a tag up to its end tag, whose name it reads.
func (p *parser) block(ends ...string) body {
	p.skip(operator, ":") // as Python writes it
	p.expectKind(endTag)
	return p.body(ends...)
}

func (p *parser) statement() statement {
	line := p.now().line
	if p.now().kind != name {
		p.fail("expected the name of a tag, got %v", p.now())
	}
	switch tag := p.next().text; tag {
	case "if":
		return p.ifElse()
	case "for":
		return p.forIn(line)
	case "set":
		return p.set(line)
	case "print":
		return &output{p.tuple(nil, true), line}
	case "with":
		return p.with(line)
	case "macro":
		m := &macro{name: p.newName(), line: line}
		p.signature(m)
		p.function(m, "endmacro")
		return m
	case "call":
		c := &callBlock{caller: &macro{name: "caller", line: line}, line: line}
		if p.now().is(operator, "(") {
			p.signature(c.caller)
		}
		var ok bool
		if c.call, ok = p.expression(true).(*call); !ok {
			p.fail("expected a call")
		}
		p.function(c.caller, "endcall")
		return c
	case "filter":
		b := &filterBlock{filtered{filters: p.filters(nil, true), line: line}}
		b.body = p.kept("endfilter")
		return b
	case "generation": // transformers notes which tokens it made, which changes no text
		m := &macro{line: line}
		p.function(m, "endgeneration")
		return &scoped{body: m.body}
	case "break", "continue":
		if p.loops == 0 {
			p.fail("%s outside of a loop", tag)
		}
		if p.barred {
			p.fail("%s within a set or filter block is not supported", tag)
		}
		return &jump{map[string]signal{"break": breakLoop, "continue": continueLoop}[tag]}
	case "include", "import", "from", "extends", "block", "autoescape":
		p.fail("the tag %s is not supported in a chat template here", tag)
	default:
		p.fail("unknown tag %q", tag)
	}
	return nil
}

func (p *parser) ifElse() statement {
	n := &ifElse{}
	for {
		line := p.now().line
		test := p.tuple(nil, false)
		n.branches = append(n.branches, branch{test, p.within(true, "elif", "else", "endif"), line})
		switch p.next().text {
		case "elif":
			continue
		case "else":
			n.branches = append(n.branches, branch{nil, p.within(true, "endif"), line})
			p.at++
		}
		return n
	}
}

func (p *parser) forIn(line int) statement {
	p.fors++ // Jinja lets nothing in the tag assign to "loop"
	n := &forIn{target: p.targets("in", false), line: line}
	p.expect(name, "in")
	n.items = p.tuple([]string{"recursive"}, false)
	if p.skip(name, "if") {
		before := p.at
		n.test = p.expression(true)
		for _, t := range p.tokens[before:p.at] {
			if t.is(name, "loop") {
				p.fail("the condition of a for tag reads loop, which is not supported")
			}
		}
	}
	n.recursive = p.skip(name, "recursive")
	barred := p.barred
	p.loops, p.barred = p.loops+1, false
	n.body = p.within(false, "endfor", "else")
	p.loops, p.barred = p.loops-1, barred
	if n.hasElse = p.next().text == "else"; n.hasElse {
		n.otherwise = p.within(false, "endfor")
		p.at++
	}
	p.fors--
	return n
}

func (p *parser) set(line int) statement {
	to := p.targets("", true)
	if p.skip(operator, "=") {
		return &set{to, p.tuple(nil, true), line}
	}
	n := &setBlock{to, filtered{filters: p.filters(nil, false), line: line}}
	n.body = p.kept("endset")
	return n
}

// kept is a body whose text is not written but used.
func (p *parser) kept(end string) body {
	barred := p.barred
	p.barred = true
	b := p.within(false, end)
	p.barred = barred
	p.at++
	return b
}

func (p *parser) with(line int) statement {
	n := &with{line: line}
	for p.now().kind != endTag {
		if len(n.targets) > 0 {
			p.expect(operator, ",")
		}
		n.targets = append(n.targets, p.target(false))
		p.expect(operator, "=")
		n.values = append(n.values, p.expression(true))
	}
	n.body = p.within(false, "endwith")
	p.at++
	return n
}
