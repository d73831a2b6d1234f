package magic

import (
	"strings"
	"unicode"

	"adkernel/internal/pattern"
)

// statements says how to write what Python has words for and Go has not.
var statements = map[string]string{
	"def": "func f(x int) int { return x }", "lambda": "func(x int) int { return x }", "class": "type T struct { X int }",
	"while": "for x < 3 { }", "with": "defer f.Close()", "del": "delete(m, key)", "not": "!", "and": "&&", "or": "||", "is": "==",
	"try": "a second result, x, err := f()", "except": "if err != nil { }", "raise": "panic(\"text\"), or an error as the last result",
	"assert": "if !ok { panic(\"text\") }", "from": "import \"path\", which may be left out", "elif": "else if",
	"in": "_, ok := m[key] of a map, slices.Contains(xs, x) of a slice",
}

// names says what to write for what Python and IPython predeclare.
var names = map[string]string{
	"None": "nil", "pass": "an empty block, { }",
	"help": "name? describes a name", "dir": "Tab behind a dot lists members, %who what is alive",
	"isinstance": "_, ok := x.(T)", "str": "fmt.Sprint(x)", "repr": "fmt.Sprintf(\"%#v\", x)", "float": "float64(x), or strconv.ParseFloat",
	"list": "[]int{1, 2}", "tuple": "struct{ A, B int }", "dict": "map[string]int{\"a\": 1}", "set": "map[string]bool{}",
	"input": "fmt.Scanln(&x)", "open": "os.ReadFile(\"name\")", "sleep": "time.Sleep(time.Second)", "sorted": "slices.Sorted, slices.Sort",
	"sum": "for _, x := range xs { total += x }", "enumerate": "for i, x := range xs { }", "zip": "for i := range xs { }",
	"exit": leave, "quit": leave, "In": "%history and %load bring back cells that ran", "Out": retain, "__": retain, "___": retain,
}

const (
	retain = "x := 1 + 1 keeps a value for later cells"
	leave  = "the front end ends the kernel, %reset forgets what is alive"
)

// elsewhere says why there is no such magic as IPython's.
var elsewhere = map[string]string{
	"matplotlib": "figures are shown as they are", "pylab": "figures are shown as they are",
	"load_ext": "there are no extensions, and %gopath imports packages of your own", "reload_ext": "there are no extensions",
	"autoreload": "%gopath FOLDER reads changed packages again", "config": "there is nothing to configure so",
	"pip": "cells import Go packages, by %gopath; !pip runs pip", "conda": "cells import Go packages, by %gopath; !conda runs conda",
	"debug": "there is no debugger, but a panic shows the values on its line", "pdb": "there is no debugger, but a panic shows the values on its line",
	"prun": "%timeit measures", "lprun": "%timeit measures", "memit": "%doctor says what memory there is",
	"capture": "a semicolon at the end hides a value", "xmode": "a panic shows all its calls",
}

var (
	undefinedName = pattern.New(`^undefined: (\w+)(?:;|$)`)
	outputName    = pattern.New(`^_\d+$`)
	operator      = pattern.New(`^expected .*, found (and|or|is|in|not)$`)
	assigned      = pattern.New(`^(\w+)\s*=[^=]`)
)

// python says, in a clause, how Go has what a line has of Python; text is the
// line from its first word on, and the error in it is at byte at of it.
func python(text string, at int, message string) string {
	if m := undefinedName().FindStringSubmatch(message); m != nil {
		return undefined(text, m[1])
	}
	at = max(0, min(at, len(text)))
	first := text[:len(text)-len(strings.TrimLeftFunc(text, isWord))]
	before, is := strings.TrimSpace(text[:at]), func(start string) bool { return strings.HasPrefix(message, start) }
	switch {
	case is("cannot use _ as value"):
		return "Go has no _: " + retain
	case is("illegal character U+0023"):
		return "Go has no #: // begins a comment"
	case is("illegal rune literal"), is("more than one character in rune literal"):
		return "strings stand between double quotes"
	case is("missing ','") && (strings.HasSuffix(before, "f") || strings.HasSuffix(before, "r")) && strings.HasPrefix(text[at:], `"`):
		return `Go has no f"{x}": fmt.Sprint(x)`
	case is("invalid operation: cannot indirect") && strings.HasSuffix(before, "**"):
		return "Go has no **: math.Pow(x, y)"
	case is("expected '==', found '='"):
		return "fields are named with a colon, T{Name: x}, and arguments of calls have no names"
	case is("illegal character U+003F"), strings.HasSuffix(message, "found 'if'") && strings.Contains(text, " else "):
		return "Go has no conditional expression: if … { } else { }"
	case is("expected ']', found 'for'"):
		return "Go has no [x for x in xs]: a loop that appends"
	case strings.Contains(message, "untyped rune constant") && strings.Contains(message, "as string value"):
		return "strings stand between double quotes"
	case is("unexpected comma; expecting ]"):
		return "Go has no [1, 2]: []int{1, 2}"
	case is("illegal label declaration") && first == "", is("expected operand, found '{'"):
		return `a literal begins with its type, map[string]int{"a": 1}`
	case first == "for" && strings.Contains(text, " in ") && (strings.HasSuffix(message, "found in") || strings.HasSuffix(text, ":")):
		return "Go has no for x in xs: for i, x := range xs { }"
	case first == "import" && !strings.Contains(text, `"`):
		return `a package's path stands between quotes, import "os", and may be left out`
	case (first == "if" || first == "for" || first == "else") && strings.HasSuffix(text, ":"):
		return "Go has no block behind a colon: " + first + " … { }"
	case first == "type" && strings.HasPrefix(text, "type("):
		return `Go has no type(x): fmt.Printf("%T", x)`
	case statements[first] != "" && (at == len(first)+1 && is("expected ';'") || is("label "+first+" ")):
		return "Go has no " + first + ": " + statements[first]
	}
	if m := operator().FindStringSubmatch(message); m != nil {
		return "Go has no " + m[1] + ": " + statements[m[1]]
	}
	return ""
}

// undefined is the clause for a name that is not defined, in the line text.
func undefined(text, name string) string {
	switch m := assigned().FindStringSubmatch(text); {
	case names[name] != "":
		return "Go has no " + name + ": " + names[name]
	case outputName().MatchString(name):
		return "Go has no " + name + ": " + retain
	case m != nil && m[1] == name:
		return name + " := declares it"
	}
	return ""
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
