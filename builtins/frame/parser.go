package frame

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"adkernel/internal/suggest"
)

// Limits of expressions, which keep recursion shallow.
const (
	deepest = 200     // parentheses and signs within each other
	longest = 1 << 16 // bytes of source
)

type parser struct {
	tokens []token
	next   int
	depth  int
}

// parse reads a whole expression by recursive descent; each method below reads
// what binds tighter than the one above it.
func parse(source string) (expression, error) {
	if len(source) > longest {
		return nil, wrong(0, "the expression has %d bytes; at most %d are read", len(source), longest)
	}
	tokens, err := tokenize(source)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 1 {
		return nil, wrong(0, "the expression is empty")
	}
	p := &parser{tokens: tokens}
	e, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != endToken {
		return nil, wrong(t.at, "unexpected %s after a whole expression", t.describe())
	}
	return e, nil
}

func (p *parser) peek() token { return p.tokens[p.next] }

// accept reads the next token when it is one of these symbols or keywords, and
// returns which.
func (p *parser) accept(words ...string) (word string, at int) {
	t := p.peek()
	text := t.text
	switch t.kind {
	case nameToken:
		text = strings.ToLower(text)
	case symbolToken:
	default:
		return "", t.at
	}
	if !slices.Contains(words, text) {
		return "", t.at
	}
	p.next++
	return text, t.at
}

func (p *parser) expect(symbol, why string) error {
	if word, at := p.accept(symbol); word == "" {
		return wrong(at, "expected %q %s, not %s", symbol, why, p.peek().describe())
	}
	return nil
}

// enter counts nesting; the caller defers leave.
func (p *parser) enter() error {
	if p.depth++; p.depth > deepest {
		return wrong(p.peek().at, "the expression nests more than %d deep", deepest)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// leftAssociative reads operands joined by any of the operators.
func (p *parser) leftAssociative(operand func() (expression, error), operators ...string) (expression, error) {
	left, err := operand()
	for err == nil {
		operator, at := p.accept(operators...)
		if operator == "" {
			return left, nil
		}
		var right expression
		right, err = operand()
		left = call{at, operator, []expression{left, right}}
	}
	return nil, err
}

func (p *parser) disjunction() (expression, error) {
	return p.leftAssociative(p.conjunction, "or")
}

func (p *parser) conjunction() (expression, error) {
	return p.leftAssociative(p.negation, "and")
}

func (p *parser) negation() (expression, error) {
	word, at := p.accept("not")
	if word == "" {
		return p.comparison()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	e, err := p.negation()
	return call{at, "not", []expression{e}}, err
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

func (p *parser) comparison() (expression, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	operator, at := p.accept(comparisons...)
	if operator == "" {
		return p.test(left)
	}
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	if again, at := p.accept(comparisons...); again != "" {
		return nil, wrong(at, "comparisons do not chain: write a %s b and b %s c", operator, again)
	}
	return call{at, operator, []expression{left, right}}, nil
}

// test reads what may follow an operand instead of a comparison.
func (p *parser) test(left expression) (expression, error) {
	if word, at := p.accept("is"); word != "" {
		negated, _ := p.accept("not")
		if err := p.expect("null", "after \"is\""); err != nil {
			return nil, err
		}
		return negateIf(negated != "", at, call{at, "is null", []expression{left}}), nil
	}
	start := p.next
	negated, _ := p.accept("not")
	word, at := p.accept("in", "contains", "startswith", "endswith")
	switch word {
	case "":
		p.next = start // "not" belongs to nobody: the caller says so
		return left, nil
	case "in":
		list, err := p.list()
		return negateIf(negated != "", at, call{at, "in", append([]expression{left}, list...)}), err
	default:
		right, err := p.sum()
		return negateIf(negated != "", at, call{at, word, []expression{left, right}}), err
	}
}

func negateIf(negated bool, at int, e expression) expression {
	if negated {
		return call{at, "not", []expression{e}}
	}
	return e
}

// list reads one or more expressions in parentheses.
func (p *parser) list() ([]expression, error) {
	if err := p.expect("(", "before a list"); err != nil {
		return nil, err
	}
	var items []expression
	for {
		item, err := p.disjunction()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if comma, _ := p.accept(","); comma == "" {
			return items, p.expect(")", "or a comma in a list")
		}
	}
}

func (p *parser) sum() (expression, error) {
	return p.leftAssociative(p.product, "+", "-")
}

func (p *parser) product() (expression, error) {
	return p.leftAssociative(p.sign, "*", "/", "%")
}

func (p *parser) sign() (expression, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if sign, at := p.accept("-"); sign != "" {
		if t := p.peek(); t.kind == numberToken { // the least int64 is no negated int64
			p.next++
			return number(token{numberToken, at, "-" + t.text})
		}
		e, err := p.sign()
		return call{at, "negate", []expression{e}}, err
	}
	return p.primary()
}

func (p *parser) primary() (expression, error) {
	if open, _ := p.accept("("); open != "" {
		e, err := p.disjunction()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")", "to close the parenthesis")
	}
	t := p.peek()
	p.next = min(p.next+1, len(p.tokens)-1)
	switch t.kind {
	case quotedNameToken:
		return reference{t.at, t.text}, nil
	case stringToken:
		return literal{t.at, Strings("", []string{t.text})}, nil
	case numberToken:
		return number(t)
	case nameToken:
		return p.name(t)
	}
	return nil, wrong(t.at, "expected a value, not %s", t.describe())
}

// keywords cannot be column names outside of backquotes.
var keywords = []string{"or", "and", "not", "in", "is", "null", "contains", "startswith", "endswith"}

// name reads a column, a call, true or false.
func (p *parser) name(t token) (expression, error) {
	word := strings.ToLower(t.text)
	if following := p.peek(); following.kind == symbolToken && following.text == "(" {
		if isFunction(word) {
			arguments, err := p.list()
			return call{t.at, word, arguments}, err
		}
		if !slices.Contains(keywords, word) {
			return nil, wrong(t.at, "no function %q%s", t.text, didYouMean(t.text, functionNames()))
		}
	}
	switch {
	case word == "true" || word == "false":
		return literal{t.at, Bools("", []bool{word == "true"})}, nil
	case word == "null":
		return nil, wrong(t.at, "nothing is equal to null: write \"is null\" or \"is not null\"")
	case slices.Contains(keywords, word):
		return nil, wrong(t.at, "expected a value, not %q; a column of that name stands in backquotes", t.text)
	}
	return reference{t.at, t.text}, nil
}

func number(t token) (expression, error) {
	if strings.ContainsAny(t.text, "_xXpP") {
		return nil, wrong(t.at, "%q is not a number", t.text)
	}
	v, err := strconv.ParseInt(t.text, 10, 64)
	switch {
	case err == nil:
		return literal{t.at, Ints("", []int64{v})}, nil
	case errors.Is(err, strconv.ErrRange):
		return nil, wrong(t.at, "%s does not fit int64: write it with a decimal point for a float64", t.text)
	}
	return float(t)
}

// float reads a number with a decimal point or an exponent.
func float(t token) (expression, error) {
	v, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		return nil, wrong(t.at, "%q is not a number", t.text)
	}
	return literal{t.at, Floats("", []float64{v})}, nil
}

func didYouMean(name string, candidates []string) string {
	if near := suggest.Nearest(name, candidates); near != "" {
		return "; did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}
