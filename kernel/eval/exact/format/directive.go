package format

import (
	"reflect"
	"slices"
	"unicode/utf8"

	"adkernel/kernel/eval/exact/view"
)

// doPrint puts spaces between operands of which neither is a string.
func (p *printer) doPrint(args []any) {
	previous := false
	for i, a := range args {
		v := p.cells.Value(a)
		isString := v.IsValid() && v.Kind() == reflect.String
		if i > 0 && !isString && !previous {
			p.byte(' ')
		}
		p.printArg(a, 'v')
		previous = isString
	}
}

// doPrintln puts a space between all operands.
func (p *printer) doPrintln(args []any) {
	for i, a := range args {
		if i > 0 {
			p.byte(' ')
		}
		p.printArg(a, 'v')
	}
	p.byte('\n')
}

// scanner is the state of reading a format.
type scanner struct {
	*printer
	format string
	at     int // the next byte
	args   []any
	next   int  // the next operand
	index  bool // what was read last is an index such as [3]
}

// maxNumber bounds widths, precisions and indices.
const maxNumber = 1e6

func tooLarge(n int) bool { return n > maxNumber || n < -maxNumber }

func (p *printer) doPrintf(format string, args []any) {
	p.reordered = false
	s := &scanner{printer: p, format: format, args: args}
	for s.at < len(format) {
		start := s.at
		for s.at < len(format) && format[s.at] != '%' {
			s.at++
		}
		p.str(format[start:s.at])
		if s.at < len(format) {
			s.at++
			s.directive()
		}
	}
	if !p.reordered && s.next < len(args) {
		p.extra(args[s.next:])
	}
}

// extra reports operands that no directive used.
func (p *printer) extra(args []any) {
	p.flags = flags{}
	p.str("%!(EXTRA ")
	for i, a := range args {
		if i > 0 {
			p.str(", ")
		}
		if v := p.cells.Value(a); v.IsValid() {
			p.str(v.TypeName())
			p.byte('=')
			p.printArg(a, 'v')
		} else {
			p.str("<nil>")
		}
	}
	p.byte(')')
}

func (s *scanner) more() bool { return s.at < len(s.format) }

func (s *scanner) peek(c byte) bool { return s.more() && s.format[s.at] == c }

// directive reads and obeys one directive; the % is read.
func (s *scanner) directive() {
	s.goodArgNum, s.index, s.flags = true, false, flags{}
	s.readFlags()
	s.readIndex()
	s.readWidth()
	s.readPrecision()
	if !s.index {
		s.readIndex()
	}
	if !s.more() {
		s.str("%!(NOVERB)")
		return
	}
	verb, size := utf8.DecodeRuneInString(s.format[s.at:])
	s.at += size
	switch {
	case verb == '%':
		s.byte('%')
	case !s.goodArgNum:
		s.str("%!")
		s.rune(verb)
		s.str("(BADINDEX)")
	case s.next >= len(s.args):
		s.str("%!")
		s.rune(verb)
		s.str("(MISSING)")
	default:
		if verb == 'w' {
			s.wrapped = append(s.wrapped, s.next)
		}
		if verb == 'w' || verb == 'v' {
			s.forV()
		}
		s.printArg(s.args[s.next], verb)
		s.next++
	}
}

func (s *scanner) readFlags() {
	for ; s.more(); s.at++ {
		switch s.format[s.at] {
		case '#':
			s.sharp = true
		case '0':
			s.zero = true
		case '+':
			s.plus = true
		case '-':
			s.minus = true
		case ' ':
			s.space = true
		default:
			return
		}
	}
}

func (s *scanner) readWidth() {
	if s.peek('*') {
		s.at++
		s.wid, s.widPresent = s.intOperand()
		if !s.widPresent {
			s.str("%!(BADWIDTH)")
		}
		if s.wid < 0 {
			s.wid, s.minus = -s.wid, true
			s.zero = false // no zeros to the right
		}
		s.index = false
		return
	}
	s.wid, s.widPresent = s.number()
	if s.index && s.widPresent { // "%[3]2d"
		s.goodArgNum = false
	}
}

func (s *scanner) readPrecision() {
	if s.at+1 >= len(s.format) || !s.peek('.') {
		return
	}
	s.at++
	if s.index { // "%[3].2d"
		s.goodArgNum = false
	}
	s.readIndex()
	if s.peek('*') {
		s.at++
		s.prec, s.precPresent = s.intOperand()
		if s.prec < 0 {
			s.prec, s.precPresent = 0, false
		}
		if !s.precPresent {
			s.str("%!(BADPREC)")
		}
		s.index = false
		return
	}
	s.prec, s.precPresent = s.number()
	if !s.precPresent {
		s.prec, s.precPresent = 0, true
	}
}

// number reads a decimal number, if there is one.
func (s *scanner) number() (int, bool) {
	n, ok, at := parseNumber(s.format, s.at, len(s.format))
	s.at = at
	return n, ok
}

func parseNumber(s string, start, end int) (n int, ok bool, at int) {
	if start >= end {
		return 0, false, end
	}
	for at = start; at < end && '0' <= s[at] && s[at] <= '9'; at++ {
		if tooLarge(n) {
			return 0, false, end
		}
		n, ok = n*10+int(s[at]-'0'), true
	}
	return n, ok, at
}

// readIndex reads an operand's index such as [3], if there is one.
func (s *scanner) readIndex() {
	s.index = false
	if !s.peek('[') {
		return
	}
	s.reordered = true
	n, width, ok := parseIndex(s.format[s.at:])
	s.at += width
	s.index = ok
	if ok && 0 <= n && n < len(s.args) {
		s.next = n
		return
	}
	s.goodArgNum = false
}

// parseIndex reads an index, counted from 1 in s and from 0 in the result, and
// how many bytes it takes.
func parseIndex(s string) (n, width int, ok bool) {
	for i := 1; i < len(s) && len(s) >= 3; i++ {
		if s[i] == ']' {
			n, ok, at := parseNumber(s, 1, i)
			if !ok || at != i {
				return 0, i + 1, false
			}
			return n - 1, i + 1, true
		}
	}
	return 0, 1, false
}

// intOperand takes an operand as width or precision.
func (s *scanner) intOperand() (n int, ok bool) {
	if s.next >= len(s.args) {
		return 0, false
	}
	v := s.cells.Value(s.args[s.next])
	s.next++
	if !v.IsValid() {
		return 0, false
	}
	switch k := v.Kind(); {
	case k >= reflect.Int && k <= reflect.Int64:
		i := v.Basic().Int()
		n, ok = int(i), int64(int(i)) == i
	case k >= reflect.Uint && k <= reflect.Uintptr:
		u := v.Basic().Uint()
		n, ok = int(u), int64(u) >= 0 && uint64(int(u)) == u
	}
	if !ok || tooLarge(n) {
		return 0, false
	}
	return n, true
}

// wrappedErrors are the errors of several %w, each operand once.
func (p *printer) wrappedErrors(args []any) []error {
	if p.reordered {
		slices.Sort(p.wrapped)
	}
	var errs []error
	for i, n := range p.wrapped {
		if i > 0 && p.wrapped[i-1] == n {
			continue
		}
		if err, ok := view.As[error](p.cells.Value(args[n])); ok {
			errs = append(errs, err)
		}
	}
	return errs
}
