package exact

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/display"
	"adkernel/kernel/host"
)

func TestAVariableOfAGenericTypeIsShownByItsMethods(t *testing.T) {
	s := newSession(t, Options{})
	s.run("type Opt[T any] struct{ v T }\nfunc (o Opt[T]) String() string { return fmt.Sprint(\"Opt \", o.v) }\no := Opt[int]{7}")
	v, ok := s.Value("o")
	require.True(t, ok)
	require.Equal(t, "Opt 7", display.Text(v.Interface()))
	require.Equal(t, "Opt 7", fmt.Sprint(v.Interface()))
}

func TestWhatAValuesMethodPanicsWithIsSaid(t *testing.T) {
	s := newSession(t, Options{})
	require.Equal(t, "main.P cannot be shown: x\nIn[1]:2:28 in (P).String\n    func (P) String() string { panic(\"x\") }\n                               ^", display.Text(s.run("type P struct{}\nfunc (P) String() string { panic(\"x\") }\nP{}")))
	require.Equal(t, "main.Q cannot be shown: encoding/asn1.Marshal would look into a value of type main.Q, and does not know that type",
		display.Text(s.run("type Q struct{}\nfunc (q Q) String() string { _, err := asn1.Marshal([]any{[]any{q}}); return err.Error() }\nQ{}")))
}

func TestAMethodThatPanicsWhileItShowsNamesItsPlace(t *testing.T) {
	s := newSession(t, Options{})
	v := s.run("type H struct{ rows []int }\nfunc (h H) HTML() string {\n\treturn fmt.Sprint(h.rows[3])\n}\nH{}")
	require.Equal(t, "{rows:[]}\nno HTML: runtime error: index out of range [3] with length 0\nIn[1]:3:26 in (H).HTML\n    \treturn fmt.Sprint(h.rows[3])\n    \t                        ^\n    h = H{rows:nil}\n    h.rows = nil",
		host.Show(v).Plain())
	require.Equal(t, "PANIC=String method: x", s.run("type P struct{}\nfunc (P) String() string { panic(\"x\") }\nstrings.Trim(fmt.Sprint(P{}), \"%!v()\")"), "to a cell it is what the method panicked with")
}
