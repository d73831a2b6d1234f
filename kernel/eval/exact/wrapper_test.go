package exact

import (
	goruntime "runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneValueHasOneWrapper(t *testing.T) {
	s := newSession(t, Options{})
	s.run("type W struct{ n int }\nfunc (w *W) Write(p []byte) (int, error) { return len(p), nil }\ntype E struct{}\nfunc (E) Write(p []byte) (int, error) { return len(p), nil }\nw := &W{}\ncmd := exec.Command(\"true\")\ncmd.Stdout = w")
	s.run("type W2 struct{}")
	s.run("cmd.Stderr = w")
	v, ok := s.Value("cmd")
	require.True(t, ok)
	type streams struct{ out, err any }
	of := func() streams {
		c := v.Elem()
		return streams{c.FieldByName("Stdout").Interface(), c.FieldByName("Stderr").Interface()}
	}
	both := of()
	require.True(t, both.out == both.err, "set in two cells")
	s.run("cmd.Stderr = &W{}")
	require.False(t, of().err == both.out)
	s.run("cmd.Stdout, cmd.Stderr = E{}, E{}")
	both = of()
	require.True(t, both.out == both.err, "equal values without pointers")
}

func TestWrappersAreForgotten(t *testing.T) {
	s := newSession(t, Options{})
	s.run("type W struct{ n int }\nfunc (w *W) Write(p []byte) (int, error) { w.n++; return len(p), nil }\nfor range 1000 { fmt.Fprint(&W{}, 1) }")
	rt := s.Evaluator.(*evaluator).rt
	require.Eventually(t, func() bool {
		goruntime.GC()
		n := 0
		rt.wrappers.Range(func(_, _ any) bool { n++; return true })
		return n < 10
	}, longEnough, 10*time.Millisecond, "a busy machine takes seconds for a collection")
}

func TestAMethodOfALaterCellIsInTheWrapper(t *testing.T) {
	s := newSession(t, Options{})
	s.run("type W struct{ log []string }\nfunc (w *W) Write(p []byte) (int, error) { w.log = append(w.log, \"Write\"); return len(p), nil }\nw := &W{}\n_, _ = io.WriteString(w, \"a\")")
	s.run("func (w *W) WriteString(s string) (int, error) { w.log = append(w.log, \"WriteString\"); return len(s), nil }")
	require.Equal(t, "[Write WriteString]", s.run("_, _ = io.WriteString(w, \"b\")\nfmt.Sprint(w.log)"))
}

func TestAWrapperThatCannotBeMadeIsRefused(t *testing.T) {
	s := newSession(t, Options{})
	e := s.fails("type S struct{}\nfunc (S) Public() crypto.PublicKey { return nil }\nfunc (S) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }\nfunc (S) SignMessage(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }\nvar signer crypto.Signer = S{}\ncrypto.SignMessage(signer, nil, nil, crypto.SHA256)")
	require.Contains(t, e.Message, "a value of type main.S cannot be given to native code as crypto.Signer, which may find that it is also crypto.MessageSigner")
}
