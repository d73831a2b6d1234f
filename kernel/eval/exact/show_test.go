package exact

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/display"
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
	require.Equal(t, "main.P cannot be shown: x", display.Text(s.run("type P struct{}\nfunc (P) String() string { panic(\"x\") }\nP{}")))
	require.Equal(t, "main.Q cannot be shown: encoding/xml.Marshal would look into a value of type main.Q, and does not know that type",
		display.Text(s.run("type Q struct{}\nfunc (q Q) String() string { _, err := xml.Marshal([]any{[]any{q}}); return err.Error() }\nQ{}")))
}
