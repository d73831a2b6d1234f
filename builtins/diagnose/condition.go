package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/scanner"
)

// A condition is a typed expression over facts:
//
//	position1.excess < 3 and (loaded.wrong == 0 or not deployment.quantized)
//	loaded.cause == "wrong block size"
//
// Numbers are compared with < <= > >= == !=, texts with == and !=, and a bool
// stands for itself. A fact that is unknown makes what depends on it unknown
// (Kleene's three-valued logic), and an unknown condition supports nothing.
type condition struct {
	source string
	root   node
	facts  []string // named by it, in order of appearance
}

// truth is a value of Kleene's logic.
type truth int

const (
	unknown truth = iota
	no
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

type node interface{ eval(Facts) truth }

type (
	andNode    struct{ left, right node }
	orNode     struct{ left, right node }
	notNode    struct{ inner node }
	boolNode   struct{ fact string }
	numberNode struct {
		fact, operator string
		value          float64
	}
	textNode struct{ fact, operator, value string }
)

func (n andNode) eval(f Facts) truth {
	a, b := n.left.eval(f), n.right.eval(f)
	switch {
	case a == no || b == no:
		return no
	case a == unknown || b == unknown:
		return unknown
	}
	return yes
}

func (n orNode) eval(f Facts) truth {
	a, b := n.left.eval(f), n.right.eval(f)
	switch {
	case a == yes || b == yes:
		return yes
	case a == unknown || b == unknown:
		return unknown
	}
	return no
}

func (n notNode) eval(f Facts) truth {
	switch n.inner.eval(f) {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

func (n boolNode) eval(f Facts) truth {
	v, ok := f[n.fact].Value.(bool)
	if !ok {
		return unknown
	}
	return truthOf(v)
}

func (n numberNode) eval(f Facts) truth {
	v, ok := f.number(n.fact)
	if !ok {
		return unknown
	}
	switch n.operator {
	case "<":
		return truthOf(v < n.value)
	case "<=":
		return truthOf(v <= n.value)
	case ">":
		return truthOf(v > n.value)
	case ">=":
		return truthOf(v >= n.value)
	case "==":
		return truthOf(v == n.value)
	}
	return truthOf(v != n.value)
}

func (n textNode) eval(f Facts) truth {
	v, ok := f[n.fact].Value.(string)
	if !ok {
		return unknown
	}
	return truthOf((v == n.value) == (n.operator == "=="))
}

// maxCondition bounds the length of a condition, and so its depth.
const maxCondition = 1000

// parseCondition reads a condition and checks the names and kinds in it.
func parseCondition(source string) (*condition, error) {
	if len(source) > maxCondition {
		return nil, fmt.Errorf("condition of %d bytes: want at most %d", len(source), maxCondition)
	}
	tokens, err := tokenize(source)
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w", source, err)
	}
	p := &conditionParser{tokens: tokens}
	root, err := p.or()
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("unexpected %q after a whole condition", p.peek())
	}
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w", source, err)
	}
	return &condition{source: source, root: root, facts: p.facts}, nil
}

// tokenize splits into names (with dots), numbers, quoted texts, operators
// and parentheses.
func tokenize(source string) ([]string, error) {
	var s scanner.Scanner
	var problem error
	s.Init(strings.NewReader(source))
	s.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanFloats | scanner.ScanStrings
	s.IsIdentRune = func(r rune, i int) bool {
		return r == '_' || 'a' <= r && r <= 'z' || i > 0 && (r == '.' || '0' <= r && r <= '9')
	}
	s.Error = func(_ *scanner.Scanner, message string) {
		problem = fmt.Errorf("%s at %d", message, s.Offset)
	}
	var tokens []string
	for t := s.Scan(); t != scanner.EOF; t = s.Scan() {
		text := s.TokenText()
		if strings.Contains("<>=!", text) && s.Peek() == '=' {
			s.Scan()
			text += "="
		}
		tokens = append(tokens, text)
	}
	return tokens, problem
}

type conditionParser struct {
	tokens []string
	facts  []string
}

func (p *conditionParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *conditionParser) next() string {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *conditionParser) or() (node, error) {
	left, err := p.and()
	for err == nil && p.peek() == "or" {
		p.next()
		var right node
		right, err = p.and()
		left = orNode{left, right}
	}
	return left, err
}

func (p *conditionParser) and() (node, error) {
	left, err := p.not()
	for err == nil && p.peek() == "and" {
		p.next()
		var right node
		right, err = p.not()
		left = andNode{left, right}
	}
	return left, err
}

func (p *conditionParser) not() (node, error) {
	switch p.peek() {
	case "not":
		p.next()
		inner, err := p.not()
		return notNode{inner}, err
	case "(":
		p.next()
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		if t := p.next(); t != ")" {
			return nil, fmt.Errorf("want ) where %q stands", t)
		}
		return inner, nil
	}
	return p.comparison()
}

func (p *conditionParser) comparison() (node, error) {
	name := p.next()
	d, ok := definitions[name]
	if !ok {
		return nil, fmt.Errorf("%q is not a fact", name)
	}
	if !slices.Contains(p.facts, name) {
		p.facts = append(p.facts, name)
	}
	if d.kind == Bool {
		return boolNode{name}, nil
	}
	operator := p.next()
	if !slices.Contains([]string{"<", "<=", ">", ">=", "==", "!="}, operator) {
		return nil, fmt.Errorf("%s is a %s: want a comparison after it, not %q", name, d.kind, operator)
	}
	value := p.next()
	if d.kind == Number {
		sign := 1.0
		if value == "-" {
			sign, value = -1, p.next()
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is a number: want a number after %s, not %q", name, operator, value)
		}
		return numberNode{name, operator, sign * v}, nil
	}
	text, err := strconv.Unquote(value)
	if err != nil || operator != "==" && operator != "!=" {
		return nil, fmt.Errorf("%s is a text: want == or != and a quoted text, not %s %s", name, operator, value)
	}
	return textNode{name, operator, text}, nil
}
