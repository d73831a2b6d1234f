package magic

import (
	"go/ast"
	"go/parser"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"adkernel/internal/pattern"
)

type partKind int

const (
	goCode    partKind = iota
	shellLine          // !program arguments, or !!program
	lineMagic          // %name arguments
	cellMagic          // %%name arguments, and the rest of the cell
	question           // name?, ?name, name??
)

// A part is a stretch of a cell.
type part struct {
	kind         partKind
	start, end   int // bytes of the cell
	line, column int // of start, from 1
	name         string
	rest         string // what follows the name, up to the line's end
	restAt       int    // byte of the cell at which rest starts
	body         string // of a cell magic: the lines below
	bodyAt       int
	detail       int // of a question: 1 asks for the source as well
}

// parse cuts a cell into parts, in order. Blank stretches are left out. A cell
// without magics is one part, or none. isLive says whether a name is a variable
// that is alive: "!done" is Go where done is one.
func parse(source string, isLive func(string) bool) []part {
	if p, ok := wholeCell(source); ok {
		return []part{p}
	}
	var parts []part
	var state scan
	goStart := 0
	flush := func(end int) {
		if strings.TrimSpace(source[goStart:end]) != "" {
			parts = append(parts, at(source, part{kind: goCode, start: goStart, end: end}))
		}
	}
	for start := 0; start < len(source); {
		end := lineEnd(source, start)
		if !state.betweenStatements() {
			state.line(source[start:end])
			start = end
			continue
		}
		p, ok := magicAt(source, start, isLive)
		if !ok {
			state.line(source[start:end])
			start = end
			continue
		}
		flush(start)
		parts = append(parts, p)
		start, goStart = p.end, p.end
	}
	flush(len(source))
	return parts
}

// lineEnd is the byte after the line that contains start.
func lineEnd(source string, start int) int {
	if i := strings.IndexByte(source[start:], '\n'); i >= 0 {
		return start + i + 1
	}
	return len(source)
}

// at fills in the position of a part that starts at p.start.
func at(source string, p part) part {
	before := source[:p.start]
	p.line = 1 + strings.Count(before, "\n")
	p.column = 1 + p.start - (strings.LastIndexByte(before, '\n') + 1)
	return p
}

// wholeCell finds a cell magic, which must come first.
func wholeCell(source string) (part, bool) {
	start := len(source) - len(strings.TrimLeft(source, " \t\r\n"))
	if !strings.HasPrefix(source[start:], "%%") {
		return part{}, false
	}
	end := lineEnd(source, start)
	if _, asks := questionAt(source, start, end); asks { // %%bash?
		return part{}, false
	}
	p := named(source, part{kind: cellMagic, start: start}, start+2, end)
	p.end, p.body, p.bodyAt = len(source), source[end:], end
	return at(source, p), true
}

// magicAt finds what is no Go in the line that starts at start. A backslash at
// the end of such a line continues it.
func magicAt(source string, start int, isLive func(string) bool) (part, bool) {
	end := lineEnd(source, start)
	line := source[start:end]
	begin := start + len(line) - len(strings.TrimLeft(line, " \t"))
	if begin == end {
		return part{}, false
	}
	if p, ok := questionAt(source, begin, end); ok {
		return p, true
	}
	switch source[begin] {
	case '%', '!':
		for strings.HasSuffix(strings.TrimRight(source[start:end], "\r\n"), `\`) && end < len(source) {
			end = lineEnd(source, end)
		}
	}
	switch {
	case source[begin] == '!':
		p := part{kind: shellLine, start: begin, end: end, name: "!"}
		p.restAt = begin + 1
		if strings.HasPrefix(source[begin:], "!!") {
			p.name, p.restAt = "!!", begin+2
		}
		p.rest = joined(source[p.restAt:end])
		above := source[:start]
		if p.name == "!" && isGo(p.rest, func(name string) bool { return isLive(name) || declares(above, name) }) {
			return part{}, false
		}
		return at(source, p), true
	case source[begin] == '%':
		p := named(source, part{kind: lineMagic, start: begin, end: end}, begin+1, end)
		return at(source, p), true
	}
	return part{}, false
}

// named reads the name and the rest of a magic.
func named(source string, p part, nameAt, end int) part {
	i := nameAt
	for i < end {
		r, size := utf8.DecodeRuneInString(source[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
			break
		}
		i += size
	}
	p.name, p.restAt = source[nameAt:i], i
	p.rest = joined(source[i:end])
	p.restAt += len(source[i:end]) - len(strings.TrimLeft(source[i:end], " \t"))
	return p
}

// joined is the text of a line that backslashes may continue.
func joined(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", "")
	return strings.TrimSpace(text)
}

var (
	asksBefore = pattern.New(`^(\?\??)\s*([%\pL_][\pL\pN_.%]*)?\s*$`)
	asksAfter  = pattern.New(`^(%{0,2}[\pL_][\pL\pN_.]*)\s*(\?\??)\s*$`)
)

func questionAt(source string, begin, end int) (part, bool) {
	text := strings.TrimRight(source[begin:end], "\r\n")
	if !strings.Contains(text, "?") { // most lines
		return part{}, false
	}
	p := part{kind: question, start: begin, end: end}
	if m := asksBefore().FindStringSubmatch(text); m != nil {
		p.name, p.detail = m[2], len(m[1])-1
		return at(source, p), true
	}
	if m := asksAfter().FindStringSubmatch(text); m != nil {
		p.name, p.detail = m[1], len(m[2])-1
		return at(source, p), true
	}
	return part{}, false
}

// declares says whether the Go above in the cell makes a variable of the name.
func declares(above, name string) bool {
	for line := range strings.Lines(above) {
		left, _, ok := strings.Cut(line, ":=")
		if after, isVar := strings.CutPrefix(strings.TrimSpace(line), "var "); isVar {
			left, ok = after, true
		}
		words := strings.FieldsFunc(left, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if ok && slices.Contains(words, name) {
			return true
		}
	}
	return false
}

// isGo says whether what follows an exclamation mark is an expression of Go
// and no command: a call, which no shell runs, or made of variables alone.
func isGo(text string, isLive func(string) bool) bool {
	x, err := parser.ParseExpr(text)
	if err != nil {
		return false
	}
	if _, ok := ast.Unparen(x).(*ast.CallExpr); ok {
		return true
	}
	some, all := false, true
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ast.Inspect(n.X, func(m ast.Node) bool {
				if id, ok := m.(*ast.Ident); ok {
					some, all = true, all && isLive(id.Name)
				}
				return true
			})
			return false
		case *ast.Ident:
			some, all = true, all && isLive(n.Name)
		}
		return true
	})
	return some && all
}

// isCommand says whether a line can be nothing but a command of the shell: what
// follows the exclamation mark is no operand of Go.
func isCommand(line string) bool {
	rest, ok := strings.CutPrefix(line, "!")
	x, err := parser.ParseExpr(strings.TrimSuffix(strings.TrimSpace(rest), ","))
	_, isLiteral := x.(*ast.CompositeLit) // as "echo {i}" reads
	return ok && (err != nil || isLiteral)
}

// goOf is the Go of all parts, everything else blank. The Go that magics such
// as %time run is part of it.
func goOf(source string, parts []part) string {
	b := []byte(blank(source))
	for _, p := range parts {
		switch {
		case p.kind == goCode:
			copy(b[p.start:p.end], source[p.start:p.end])
		case p.kind == lineMagic && magics[p.name].runsGo:
			start, end := codeOf(source, p)
			inner := keep(source, start, end)
			copy(b[start:end], goOf(inner, parse(inner, neverLive))[start:end])
			if isValue(source[start:end]) && start-len(unused) >= p.start {
				copy(b[start-len(unused):], unused)
			}
		case p.kind == cellMagic && magics[p.name].runsGo:
			if p.name == "timeit" { // the code before the loop
				start, end := codeOf(source, part{name: p.name, restAt: p.restAt, end: p.bodyAt})
				copy(b[start:end], source[start:end])
			}
			inner := keep(source, p.bodyAt, p.end)
			copy(b[p.bodyAt:p.end], goOf(inner, parse(inner, neverLive))[p.bodyAt:p.end])
		}
	}
	return string(b)
}

func neverLive(string) bool { return false }

// keep blanks everything but source[start:end].
func keep(source string, start, end int) string {
	return blank(source[:start]) + source[start:end] + blank(source[end:])
}

// blank is as long as text, in bytes and in lines.
func blank(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}
