package program

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/yaegi"
)

func TestRefusesWhatTheCompilerWouldRefuse(t *testing.T) {
	tests := []struct {
		name, src, want string
	}{
		{"syntax", "package main\nfunc main() { x := }\n", "p.go:2:20: expected operand, found '}'"},
		{"undefined", "package main\nfunc main() { f() }\n", "p.go:2:15: undefined: f"},
		{"missing import", "package main\nfunc main() { fmt.Println() }\n", "p.go:2:15: undefined: fmt"},
		{"unused variable", "package main\nfunc main() { x := 1 }\n", "p.go:2:15: declared and not used: x"},
		{"unused import", "package main\nimport \"os\"\nfunc main() {}\n", `p.go:2:8: "os" imported and not used`},
		{"unused value", "package main\nfunc main() { 1 + 1 }\n", "p.go:2:15: 1 + 1 (untyped int constant 2) is not used"},
		{"no main", "package main\n", "p.go:1:9: function main is undeclared in the main package"},
		{"a library", "package p\nfunc main() {}\n", "p.go:1:9: package p is not a program: its name is not main"},
		{"a package that is not there", "package main\nimport _ \"example.com/x\"\nfunc main() {}\n",
			"p.go:2:10: could not import example.com/x (package example.com/x is not available in cells)"},
		{"cgo", "package main\nimport \"C\"\nfunc main() {}\n", "p.go:2:8: could not import C (package C is not available in cells)"},
		{"embedded files", "package main\nimport _ \"embed\"\n//go:embed x\nvar x string\nfunc main() { println(x) }\n",
			"p.go:3:1: //go:embed is not available"},
		{"assembly", "package main\nfunc f()\nfunc main() { f() }\n", "p.go:2:1: f has no body, and assembly is not available"},
		{"two errors", "package main\nfunc main() { f(); g() }\n", "p.go:2:15: undefined: f\np.go:2:20: undefined: g"},
		{"statements outside of functions", "package main\nx := 1\nfunc main() {}\n",
			"p.go:2:1: expected declaration, found x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("p.go", []byte(test.src))
			require.EqualError(t, err, test.want)
		})
	}
}

// run evaluates a program and returns what it wrote.
func run(t *testing.T, src string) (string, error) {
	t.Helper()
	cell, err := Parse("p.go", []byte(src))
	require.NoError(t, err)
	var out bytes.Buffer
	evaluator, err := yaegi.New(eval.Vocabulary{}, yaegi.Options{Stdout: &out, Stderr: &out})
	require.NoError(t, err)
	_, err = evaluator.Evaluate(context.Background(), cell)
	return out.String(), err
}

func TestInitializesInTheOrderOfTheSpecification(t *testing.T) {
	tests := []struct {
		name, src, want string
	}{
		{"by dependency", `
var a = b + 1
var b = c + 1
var c = 1
func main() { fmt.Println(a, b, c) }`, "3 2 1\n"},
		{"a function's dependencies count", `
var a = f()
func f() int { return b }
var b = 4
func main() { fmt.Println(a) }`, "4\n"},
		{"what an initialization assigns stays", `
var a = f()
var b int
func f() int { b = 5; return 1 }
func main() { fmt.Println(a, b) }`, "1 5\n"},
		{"init functions come after the variables, in order", `
func init() { fmt.Print("first ", a, " ") }
func init() { fmt.Print("second ") }
var a = 2
func main() { fmt.Println("main") }`, "first 2 second main\n"},
		{"several names and groups", `
var (
	a, b   = f()
	x, y T = 2, T(c)
	c      = 7
	d      int
)
type T int
func f() (int, string) { return c, "s" }
func main() { fmt.Println(a, b, c, d, x, y) }`, "7 s 7 0 2 7\n"},
		{"blank variables and functions", `
var _ = fmt.Sprint(say("blank "))
func _() {}
func say(s string) string { fmt.Print(s); return s }
func main() { fmt.Println("main") }`, "blank main\n"},
		{"a method may be called init", `
type T struct{}
func (T) init() { fmt.Println("method") }
func main() { T{}.init() }`, "method\n"},
		{"a name like the new one of init", `
var init1 = 3
func init() { init1++ }
func main() { fmt.Println(init1) }`, "4\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := run(t, "package main\nimport \"fmt\"\n"+test.src)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestKeepsThePositionsOfTheFile(t *testing.T) {
	tests := []struct {
		name, src string
		line      int
	}{
		{"in main", "package main\n\nvar a = 1\n\nfunc main() {\n\tpanic(a)\n}\n", 6},
		{"in an initial value", "package main\n\nvar s []int\n\nvar a = s[1]\n\nfunc main() { println(a) }\n", 5},
		{"in init", "package main\n\nvar a = 1\n\nfunc init() {\n\tpanic(a)\n}\n\nfunc main() {}\n", 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := run(t, test.src)
			var problem *eval.Error
			require.ErrorAs(t, err, &problem)
			require.Equal(t, eval.Panic, problem.Kind)
			var lines []int
			for _, f := range problem.Trace {
				lines = append(lines, f.Line)
			}
			require.Contains(t, lines, test.line)
		})
	}
}
