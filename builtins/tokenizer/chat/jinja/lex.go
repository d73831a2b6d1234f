package jinja

import (
	"fmt"
	"strconv"
	"strings"

	"adkernel/internal/pattern"
)

// A kind of token. Operators are of kind operator, with their text.
type kind int

const (
	end kind = iota
	data
	beginOutput
	endOutput
	beginTag
	endTag
	name
	integer
	float
	text
	operator
)

// A token is a piece of the template: data between tags, or a word within one.
type token struct {
	kind  kind
	text  string // of a string: without quotes, escapes resolved
	value any    // of a number
	line  int
}

func (t token) is(k kind, text string) bool { return t.kind == k && t.text == text }

// String names the token in errors.
func (t token) String() string {
	switch t.kind {
	case end:
		return "the end of the template"
	case endOutput, endTag, beginOutput, beginTag:
		return "the end of the tag"
	}
	return strconv.Quote(t.text)
}

// The space of Python's \s, which str.strip() removes too.
const spaces = "\t-\r\x1c-\x20\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

var (
	begins     = pattern.New(`\{%[-+]?[` + spaces + `]*raw[` + spaces + `]*(?:-%\}[` + spaces + `]*|%\})|\{\{[-+]?|\{%[-+]?|\{#[-+]?`)
	endRaw     = pattern.New(`\{%([-+]?)[` + spaces + `]*endraw[` + spaces + `]*(?:\+%\}|-%\}[` + spaces + `]*|%\}\n?)`)
	endComment = pattern.New(`\+#\}|-#\}[` + spaces + `]*|#\}\n?`)
	endTags    = pattern.New(`^(?:\+%\}|-%\}[` + spaces + `]*|%\}\n?)`)
	endOutputs = pattern.New(`^(?:-\}\}[` + spaces + `]*|\}\})`)
	space      = pattern.New(`^[` + spaces + `]+`)
	floats     = pattern.New(`(?i)^(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)`)
	integers   = pattern.New(`(?i)^(?:0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*)`)
	names      = pattern.New(`^[\pL_][\pL\pN\pM_]*`)
	quoted     = pattern.New(`(?s)^(?:'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")`)
	operators  = pattern.New(`^(?:\*\*|//|==|!=|>=|<=|[-+/*%~\[\](){}<>=.:|,;])`)
)

// lexer cuts a template into tokens. trim_blocks and lstrip_blocks are on, as
// transformers has them: a tag takes the line end behind it, and the space
// before it on its line.
type lexer struct {
	source    string
	at, line  int
	lineStart bool // the template so far ends with a line
	tokens    []token
}

// lex returns the tokens of a template, and a last one of kind end.
func lex(source string) ([]token, error) {
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	l := &lexer{source: strings.TrimSuffix(lines, "\n"), line: 1, lineStart: true}
	for l.at < len(l.source) {
		if err := l.outside(); err != nil {
			return nil, &Error{l.line, err}
		}
	}
	l.add(end, "")
	return l.tokens, nil
}

func (l *lexer) add(k kind, text string) {
	l.tokens = append(l.tokens, token{kind: k, text: text, line: l.line})
}

// take moves behind n bytes.
func (l *lexer) take(n int) {
	s := l.source[l.at : l.at+n]
	l.at += n
	l.line += strings.Count(s, "\n")
	if n > 0 {
		l.lineStart = s[n-1] == '\n'
	}
}

// outside reads text up to a tag, and the tag.
func (l *lexer) outside() error {
	found := begins().FindStringIndex(l.source[l.at:])
	if found == nil {
		l.add(data, l.source[l.at:])
		l.take(len(l.source) - l.at)
		return nil
	}
	begin := l.source[l.at+found[0] : l.at+found[1]]
	l.before(l.source[l.at:l.at+found[0]], begin)
	l.take(found[1])
	switch {
	case len(begin) > 3:
		return l.raw()
	case begin[1] == '#':
		finish := endComment().FindStringIndex(l.source[l.at:])
		if finish == nil {
			return fmt.Errorf("the comment does not end with #}")
		}
		l.take(finish[1])
		return nil
	case begin[1] == '{':
		return l.inside(beginOutput, endOutput)
	}
	return l.inside(beginTag, endTag)
}

// before adds the data before a tag, less the space that the tag takes.
func (l *lexer) before(s, begin string) {
	switch sign := begin[2:]; {
	case strings.HasPrefix(sign, "-"):
		s = strings.TrimRightFunc(s, isSpace)
	case strings.HasPrefix(sign, "+"), begin[1] == '{':
	default:
		line := strings.LastIndexByte(s, '\n') + 1
		if (line > 0 || l.lineStart) && strings.TrimFunc(s[line:], isSpace) == "" {
			s = s[:line]
		}
	}
	if s != "" {
		l.add(data, s)
	}
}

func (l *lexer) raw() error {
	finish := endRaw().FindStringSubmatchIndex(l.source[l.at:])
	if finish == nil {
		return fmt.Errorf("the raw block does not end with {%% endraw %%}")
	}
	l.before(l.source[l.at:l.at+finish[0]], "{%"+l.source[l.at+finish[2]:l.at+finish[3]])
	l.take(finish[1])
	return nil
}

// inside reads the words of a tag.
func (l *lexer) inside(begin, finish kind) error {
	l.add(begin, "")
	closes := endTags
	if finish == endOutput {
		closes = endOutputs
	}
	var open []byte // brackets, which hide what would end the tag
	for l.at < len(l.source) {
		rest := l.source[l.at:]
		if m := closes().FindString(rest); m != "" && len(open) == 0 {
			l.add(finish, "")
			l.take(len(m))
			return nil
		}
		if m := space().FindString(rest); m != "" {
			l.take(len(m))
			continue
		}
		m, err := l.word(rest)
		if err != nil {
			return err
		}
		if l.tokens[len(l.tokens)-1].kind == operator {
			if open, err = balance(open, m); err != nil {
				return err
			}
		}
		l.take(len(m))
	}
	return fmt.Errorf("the tag is not closed")
}

func (l *lexer) word(rest string) (string, error) {
	t := token{line: l.line}
	var err error
	var m string
	// Not behind a dot: "a.1.2" is an item of an item.
	if m = floats().FindString(rest); m != "" && !(l.at > 0 && l.source[l.at-1] == '.') {
		t.kind = float
		t.value, err = strconv.ParseFloat(strings.ReplaceAll(m, "_", ""), 64)
		if err != nil {
			err = fmt.Errorf("the number %s is out of range", m)
		}
	} else if m = integers().FindString(rest); m != "" {
		t.kind = integer
		if t.value, err = strconv.ParseInt(strings.ReplaceAll(m, "_", ""), 0, 64); err != nil {
			err = fmt.Errorf("the number %s has more than 64 bits, which is not supported", m)
		}
	} else if m = names().FindString(rest); m != "" {
		t.kind = name
		if !isASCII(m) {
			err = fmt.Errorf("the name %s is not of ASCII letters, which is not supported", m)
		}
	} else if m = quoted().FindString(rest); m != "" {
		t.kind = text
		t.text, err = unescape(m[1 : len(m)-1])
	} else if m = operators().FindString(rest); m != "" {
		t.kind = operator
	} else {
		return "", fmt.Errorf("unexpected character %q", []rune(rest)[0])
	}
	if t.kind != text {
		t.text = m
	}
	l.tokens = append(l.tokens, t)
	return m, err
}

var brackets = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// balance notes in open, by what closes them, the brackets that are open.
func balance(open []byte, operator string) ([]byte, error) {
	switch c := operator[0]; c {
	case '(', '[', '{':
		return append(open, brackets[c]), nil
	case ')', ']', '}':
		if len(open) == 0 || open[len(open)-1] != c {
			return nil, fmt.Errorf("unexpected %q", c)
		}
		return open[:len(open)-1], nil
	}
	return open, nil
}

var escapes = map[byte]string{'\n': "", '\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

// unescape resolves the escapes of a Python string.
func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++ // a backslash is never last
		c := s[i]
		if short, ok := escapes[c]; ok {
			b.WriteString(short)
			continue
		}
		digits, base := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c], 16
		switch {
		case c == 'N':
			return "", fmt.Errorf(`the escape \N{...} is not supported: write \u and the code`)
		case c >= '0' && c <= '7':
			digits, base = 1, 8
			for digits < 3 && i+digits < len(s) && s[i+digits] >= '0' && s[i+digits] <= '7' {
				digits++
			}
			i--
		case digits == 0: // Python keeps what it does not know
			b.WriteByte('\\')
			b.WriteByte(c)
			continue
		}
		if i+digits >= len(s) {
			return "", fmt.Errorf(`the escape \%c is cut off`, c)
		}
		code, err := strconv.ParseUint(s[i+1:i+1+digits], base, 32)
		if err != nil || code > 0x10ffff || code >= 0xd800 && code < 0xe000 {
			return "", fmt.Errorf(`the escape \%c%s is not a character`, c, s[i+1:i+1+digits])
		}
		b.WriteRune(rune(code))
		i += digits
	}
	return b.String(), nil
}
