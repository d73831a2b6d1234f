package exact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a cell says of the functions that go on with what it redefined.
func TestNotesOfARedefinition(t *testing.T) {
	for name, c := range map[string]struct {
		cells []string
		want  string
	}{
		"another parameter": {
			[]string{"func f(x int) int { return x }\nfunc g() int { return f(1) }\nfunc other() int { return 3 }", "func f(s string) string { return s }"},
			"g (In[1]) does not compile with the new f and still calls the older one; define it again: In[1]:2:23: cannot use f(1) (value of type string) as int value in return statement",
		},
		"still compiles": {
			[]string{"func f(x int) int { return x }", "func g() int { return f(1) }", "func f(x int, more ...int) int { return x }"},
			"g (In[2]) still calls the older f; define it again to change that",
		},
		"the same signature": {[]string{"func f(x int) int { return x }\nfunc g() int { return f(1) }", "func f(y int) int { return y + 1 }"}, ""},
		"after the same signature": {
			[]string{"func f(x int) int { return x }\nfunc g() int { return f(1) }", "func f(y int) int { return y + 1 }", "func f() {}"},
			"g (In[1]) does not compile with the new f and still calls the older one; define it again: In[1]:2:23: f(1) (no value) used as value",
		},
		"the caller comes along": {[]string{"func f(x int) int { return x }\nfunc g() int { return f(1) }", "func f() {}\nfunc g() { f() }"}, ""},
		"a method": {
			[]string{"func f(x int) int { return x }\ntype T struct{}\nfunc (T) M() int { return f(1) }", "func f() {}"},
			"T.M (In[1]) does not compile with the new f and still calls the older one; define it again: In[1]:3:27: f(1) (no value) used as value",
		},
		"a late method": {
			[]string{"func f(x int) int { return x }\ntype T struct{}", "func (T) M() int { return f(1) }", "func f(s string) {}"},
			"T.M (In[2]) does not compile with the new f and still calls the older one; define it again: In[2]:1:27: f(1) (no value) used as value",
		},
		"a method defined again": {
			[]string{"func f(x int) int { return x }\ntype T struct{}\nfunc (T) M() int { return f(1) }", "func (T) M() int { return 2 }", "func f() {}"}, "",
		},
		"a variable of another type": {
			[]string{"x := 1\nfunc g() int { return x }", "x := \"s\""},
			"g (In[1]) does not compile with the new x and still uses the older one; define it again: In[1]:2:23: cannot use x (variable of type string) as int value in return statement",
		},
		"another constant": {
			[]string{"const c = 1\nfunc g() int { return c }", "const c = 2"},
			"g (In[1]) still uses the older c; define it again to change that",
		},
		"a constant of another type": {
			[]string{"const c = 1\nfunc g() int { return c }", "const c = \"s\""},
			"g (In[1]) does not compile with the new c and still uses the older one; define it again: In[1]:2:23: cannot use c (untyped string constant \"s\") as int value in return statement",
		},
		"the same constants": {[]string{"const (\n\ta = iota\n\tc\n)\nfunc g() int { return c }", "const (\n\ta = iota\n\tc\n)"}, ""},
		"a variable again":   {[]string{"x := 1\nfunc g() int { return x }", "x := 2"}, ""},
		"a function becomes a variable": {
			[]string{"func f() int { return 1 }\nfunc g() int { return f() }", "f := func() int { return 2 }"},
			"g (In[1]) still calls the older f; define it again to change that",
		},
		"a local of that name": {[]string{"func f() int { return 1 }\nfunc g() int { f := 2; return f }", "func f(x int) {}"}, ""},
		"recursion":            {[]string{"func f(n int) int { return f(n) }", "func f() {}"}, ""},
		"a generic function": {
			[]string{"func f[T any](x T) T { return x }\nfunc g() int { return f(1) }", "func f[T any](x T) T { return x }"},
			"g (In[1]) still calls the older f; define it again to change that",
		},
		"two callers, in order": {
			[]string{"func f() {}\nfunc b() { f() }\nfunc a() { f() }", "func f(int) {}"},
			"b (In[1]) does not compile with the new f and still calls the older one; define it again: In[1]:2:14: not enough arguments in call to f: have (), want (int)\n" +
				"a (In[1]) does not compile with the new f and still calls the older one; define it again: In[1]:3:14: not enough arguments in call to f: have (), want (int)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			notes := ""
			for _, c := range c.cells {
				r, err := s.evaluate(t.Context(), c)
				require.NoError(t, err)
				notes = strings.Join(r.Notes, "\n")
			}
			require.Equal(t, c.want, notes)
		})
	}
}

func TestAGenericCellAgain(t *testing.T) {
	const declared = "type Stack[T any] struct{ l []T }\nfunc (s *Stack[T]) Push(v T) { s.l = append(s.l, v) }\n"
	s := newSession(t, Options{})
	s.run(declared + "var s Stack[int]\ns.Push(1)")
	s.run(declared + "s.Push(2)")
	require.Equal(t, "[1 2]", s.run("fmt.Sprint(s.l)"))
	// Another method makes it another type, which the messages tell apart.
	s.run("type Stack[T any] struct{ l []T }\nfunc (s *Stack[T]) Push(v T) { s.l = append(s.l, v, v) }\nvar u Stack[int]\nu.Push(3)")
	require.Equal(t, "[3 3] [1 2]", s.run("fmt.Sprint(u.l, s.l)"))
	require.Contains(t, s.fails("u = s").Message, "cannot use s (variable of struct type In[1].Stack[int]) as In[4].Stack[int] value in assignment")
}
