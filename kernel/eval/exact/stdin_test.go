package exact

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// lines gives a line at a time, as a terminal does.
type lines struct{ list []string }

func (l *lines) Read(p []byte) (int, error) {
	if len(l.list) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.list[0])
	if l.list[0] = l.list[0][n:]; l.list[0] == "" {
		l.list = l.list[1:]
	}
	return n, nil
}

func TestCellsReadStandardInput(t *testing.T) {
	for name, c := range map[string]struct {
		input  []string
		source string
		want   any
	}{
		"Scan":          {[]string{"7\n"}, "var n int\nfmt.Scan(&n)\nn", 7},
		"two lines":     {[]string{"7\n", "8\n"}, "var n, k int\nfmt.Scan(&n, &k)\nn + k", 15},
		"Scanln":        {[]string{"7 x\n"}, "var n int\nvar s string\nfmt.Scanln(&n, &s)\ns", "x"},
		"Scanf":         {[]string{"7:x\n"}, "var n int\nvar s string\nfmt.Scanf(\"%d:%s\", &n, &s)\ns", "x"},
		"Fscan":         {[]string{"7\n"}, "var n int\nfmt.Fscan(os.Stdin, &n)\nn", 7},
		"a cell's type": {[]string{"7\n"}, "type N int\nvar n N\nfmt.Scan(&n)\nint(n)", 7},
		"no number":     {[]string{"x\n"}, "var n int\n_, err := fmt.Scan(&n)\nerr.Error()", "expected integer"},
		"at the end":    {nil, "var n int\n_, err := fmt.Scan(&n)\nerr == io.EOF", true},
		"Reader":        {[]string{"one\n", "two\n"}, "r := bufio.NewReader(os.Stdin)\nr.ReadString('\\n')\nline, _ := r.ReadString('\\n')\nline", "two\n"},
		"Scanner":       {[]string{"one\n", "two\n"}, "s := bufio.NewScanner(os.Stdin)\nn := 0\nfor s.Scan() { n++ }\nn", 2},
		"ReadAll":       {[]string{"one\n", "two\n"}, "b, _ := io.ReadAll(os.Stdin)\nstring(b)", "one\ntwo\n"},
		"Copy":          {[]string{"one\n"}, "var b strings.Builder\nio.Copy(&b, os.Stdin)\nb.String()", "one\n"},
		"Decoder":       {[]string{"{\"a\": 1}\n"}, "var m map[string]int\njson.NewDecoder(os.Stdin).Decode(&m)\nm[\"a\"]", 1},
		"Read":          {[]string{"one\n"}, "b := make([]byte, 9)\nn, _ := os.Stdin.Read(b)\nstring(b[:n])", "one\n"},
		"io.Reader":     {[]string{"one\n"}, "b := make([]byte, 9)\nvar r io.Reader = os.Stdin\nn, _ := r.Read(b)\nstring(b[:n])", "one\n"},
		"a closer":      {[]string{"one\n"}, "func all(r io.ReadCloser) string { defer r.Close(); b, _ := io.ReadAll(r); return string(b) }\nall(io.NopCloser(os.Stdin))", "one\n"},
		"still a file":  {nil, "var r io.Reader = os.Stdin\nf, ok := r.(*os.File)\nok && f == os.Stdin", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{Stdin: &lines{c.input}})
			require.Equal(t, c.want, s.run(c.source))
		})
	}
}

func TestACellMaySetStandardInput(t *testing.T) {
	was := os.Stdin
	defer func() { os.Stdin = was }()
	file := filepath.Join(t.TempDir(), "input")
	require.NoError(t, os.WriteFile(file, []byte("7 8"), 0o600))
	s := newSession(t, Options{Stdin: &lines{[]string{"1\n"}}})
	s.run("was := os.Stdin\nos.Stdin, _ = os.Open(\"" + file + "\")")
	require.Equal(t, 7, s.run("var n int\nfmt.Fscan(os.Stdin, &n)\nn"))
	require.Equal(t, 1, s.run("os.Stdin = was\nfmt.Scan(&n)\nn"))
}

var errNobody = errors.New("nobody can be asked")

type nobody struct{}

func (nobody) Read([]byte) (int, error) { return 0, errNobody }

// A variable that a scan did not set looks like a result.
func TestInputThatCannotBeHad(t *testing.T) {
	s := newSession(t, Options{Stdin: nobody{}})
	e := s.fails("var n int\nfmt.Scan(&n)\nn")
	require.Equal(t, eval.Failure, e.Kind)
	require.ErrorIs(t, e, errNobody)
	require.Equal(t, "os.Stdin cannot be read: nobody can be asked", e.Message)

	require.Equal(t, 0, s.run("s := bufio.NewScanner(os.Stdin)\nn := 0\nfor s.Scan() { n++ }\nfor s.Scan() { n++ }\nn"))
	require.Equal(t, "os.Stdin cannot be read: nobody can be asked\n", s.err.String())
	require.Equal(t, true, s.run("_, err := bufio.NewReader(os.Stdin).ReadString('\\n')\nstrings.Contains(err.Error(), \"nobody\")"))
	require.Equal(t, 2, strings.Count(s.err.String(), "nobody"), "once a cell")
}

// patient gives nothing until it is told to stop, as the worker's input does.
type patient struct{ ctx context.Context }

func (p patient) Read([]byte) (int, error) {
	<-p.ctx.Done()
	return 0, p.ctx.Err()
}

func TestInterruptOfACellThatWaitsForInput(t *testing.T) {
	for name, source := range map[string]string{
		"Scan":   "var n int\nfmt.Scan(&n)",
		"Reader": "bufio.NewReader(os.Stdin).ReadString('\\n')",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := newSession(t, Options{Stdin: patient{ctx}})
			time.AfterFunc(20*time.Millisecond, cancel)
			_, err := s.evaluate(ctx, source)
			var e *eval.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, eval.Interrupt, e.Kind)
			require.Empty(t, s.err.String())
			require.Equal(t, 2, s.run("1 + 1"))
		})
	}
}
