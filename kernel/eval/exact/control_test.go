package exact

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest"
)

func TestControlTranscripts(t *testing.T) {
	files, err := filepath.Glob("../testdata/control/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	evaltest.Run(t, start, nil, files...)
}

func TestExitFromAnywhere(t *testing.T) {
	for name, source := range map[string]string{
		"statement":          "os.Exit(3)\nran = true",
		"call":               "func f() { os.Exit(3) }\nf()\nran = true",
		"deferred":           "func() { defer os.Exit(3); panic(1) }()\nran = true",
		"deferred closure":   "func() { defer func() { os.Exit(3) }() }()\nran = true",
		"callback":           "sort.Slice([]int{2, 1}, func(i, j int) bool { os.Exit(3); return true })\nran = true",
		"method":             "type T struct{}\nfunc (T) String() string { os.Exit(3); return \"\" }\nfmt.Sprint(T{})\nran = true",
		"goroutine":          "go os.Exit(3)\nselect {}",
		"goroutine's call":   "go func() { func() { os.Exit(3) }() }()\nfor {}",
		"timer":              "time.AfterFunc(time.Millisecond, func() { os.Exit(3) })\nselect {}",
		"WaitGroup":          "var wg sync.WaitGroup\nwg.Go(func() { os.Exit(3) })\nselect {}",
		"not recovered":      "func() { defer func() { recover(); ran = true }(); os.Exit(3) }()",
		"no deferred calls":  "func() { defer func() { ran = true }(); os.Exit(3) }()",
		"log.Fatal":          "log.SetOutput(io.Discard)\nfunc() { defer func() { ran = true }(); log.Fatalf(\"x\") }()",
		"logger":             "log.New(io.Discard, \"\", 0).Fatalln(1)\nran = true",
		"through sort.Sort":  "type L []int\nfunc (l L) Len() int { return len(l) }\nfunc (l L) Swap(i, j int) {}\nfunc (l L) Less(i, j int) bool { os.Exit(3); return true }\nsort.Sort(L{1, 2})\nran = true",
		"range over a func":  "for range func(yield func() bool) { os.Exit(3) } {}\nran = true",
		"while recursing":    "func f(n int) { if n == 0 { os.Exit(3) }; f(n - 1) }\nf(10000)\nran = true",
		"template":           "template.Must(template.New(\"\").Funcs(template.FuncMap{\"f\": func() string { os.Exit(3); return \"\" }}).Parse(`{{f}}`)).Execute(io.Discard, nil)\nran = true",
		"inside a recovered": "func() { defer func() { recover(); os.Exit(3) }(); panic(1) }()\nran = true",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			s.run("ran := false")
			e := s.fails(source)
			require.Equal(t, eval.Exit, e.Kind, e.Message)
			want := 3
			if name == "log.Fatal" || name == "logger" {
				want = 1
			}
			require.Equal(t, want, e.Status)
			require.Equal(t, false, s.run("ran"))
		})
	}
}

func TestExitInAGoroutineAfterItsCell(t *testing.T) {
	s := newSession(t, Options{})
	s.run("go func() { time.Sleep(20 * time.Millisecond); os.Exit(3) }()")
	require.Eventually(t, func() bool { return strings.Contains(s.err.String(), "exit status 3") }, longEnough, time.Millisecond)
	require.Equal(t, 2, s.run("1 + 1"))
}

// A panic in a goroutine ends neither the process nor the session: it is the
// error of the cell, or told beside it when the cell was faster.
func TestPanicsInGoroutines(t *testing.T) {
	for name, source := range map[string]string{
		"WaitGroup.Go":      "var wg sync.WaitGroup\nwg.Go(func() {\n\tpanic(\"lost\")\n})\nwg.Wait()",
		"time.AfterFunc":    "time.AfterFunc(0, func() {\n\t_ = 0\n\tpanic(\"lost\")\n})",
		"context.AfterFunc": "ctx, cancel := context.WithCancel(context.Background())\ncontext.AfterFunc(ctx, func() { panic(\"lost\") })\ncancel()",
		"goroutine":         "go func() { panic(\"lost\") }()",
		"method value":      "type T struct{}\nfunc (T) M() { panic(\"lost\") }\ngo T{}.M()",
		"deferred":          "go func() { defer func() { panic(\"lost\") }() }()",
		"interface":         "type W struct{}\nfunc (W) Write([]byte) (int, error) { panic(\"lost\") }\ncmd := exec.Command(\"echo\", \"x\")\ncmd.Stdout = W{}\n_ = cmd.Start()",
		"callback":          "go sort.Slice([]int{2, 1}, func(i, j int) bool { panic(\"lost\") })",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			s.run("1")
			if _, err := s.evaluate(t.Context(), source); err != nil {
				require.Contains(t, err.Error(), "lost, in a goroutine")
				require.Equal(t, 2, err.(*eval.Error).Trace[0].Cell)
			} else {
				require.Eventually(t, func() bool { return strings.Contains(s.err.String(), "lost") }, longEnough, time.Millisecond)
				require.Contains(t, s.err.String(), "In[2]:")
			}
			require.Equal(t, 2, s.run("1 + 1"))
		})
	}
}

func TestAPanicInAnHTTPHandlerIsTheServers(t *testing.T) {
	s := newSession(t, Options{})
	s.run(`srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic("in the handler") }))
var logged strings.Builder
srv.Config.ErrorLog = log.New(&logged, "", 0)
srv.Start()
_, err := http.Get(srv.URL)`)
	require.Equal(t, true, s.run("err != nil"))
	s.run("srv.Close()")
	require.Regexp(t, `^http: panic serving [\d.:]+: in the handler
In\[1\]:1:100 in func1
    srv := [^\n]+
    +\^
$`, s.run("logged.String()"))
}

func TestExitInAnHTTPHandler(t *testing.T) {
	s := newSession(t, Options{})
	s.run("srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { os.Exit(3) }))")
	require.Equal(t, 3, s.fails("http.Get(srv.URL)\nselect {}").Status)
	s.run("srv.Close()")
}

// What ends a Go program for good is an error of the cell.
func TestWhatIsFatalInGo(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"recursion":              {"func f(n int) int { return f(n+1) + 1 }\nf(0)", "stack overflow"},
		"mutual recursion":       {"type I interface{ F(int) int }\ntype A struct{ b I }\ntype B struct{ a I }\nfunc (a *A) F(n int) int { return a.b.F(n+1) + 1 }\nfunc (b *B) F(n int) int { return b.a.F(n+1) + 1 }\na, b := &A{}, &B{}\na.b, b.a = b, a\na.F(0)", "stack overflow"},
		"recursive closure":      {"var f func(int) int\nf = func(n int) int { return f(n+1) + 1 }\nf(0)", "stack overflow"},
		"recursion with defer":   {"func f(n int) { defer func() { f(n + 1) }() }\nf(0)", "stack overflow"},
		"recursion in a defer":   {"func f(n int) { defer f(n + 1); panic(n) }\nf(0)", "stack overflow"},
		"recursion, callbacks":   {"func f(i, j int) bool { sort.Slice([]int{2, 1}, f); return true }\nf(0, 0)", "stack overflow"},
		"recursion, strings.Map": {"func f(r rune) rune { return []rune(strings.Map(f, \"a\"))[0] }\nf('a')", "stack overflow"},
		"recursion, String":      {"type T struct{ n int }\nfunc (t T) String() string { return fmt.Sprint(T{t.n + 1}) }\nfmt.Sprint(T{0})", "stack overflow"},
		"recursion, Error":       {"type E struct{}\nfunc (e E) Error() string { return fmt.Sprintf(\"%v\", e) }\nE{}.Error()", "stack overflow"},
		"recursion, sort.Sort":   {"type L []int\nfunc (l L) Len() int { sort.Sort(l); return 0 }\nfunc (l L) Swap(i, j int) {}\nfunc (l L) Less(i, j int) bool { return false }\nsort.Sort(L{1})", "stack overflow"},
		"recursion, generic":     {"func f[T any](x T) T { return f(x) }\nf(1)", "stack overflow"},
		"recursion, range":       {"func f(yield func() bool) { for range f { yield() } }\nfor range f {}", "stack overflow"},
		"a slice of itself":      {"s := []any{nil}\ns[0] = s\nfmt.Println(s)", "contains itself"},
		"a map of itself":        {"m := map[string]any{}\nm[\"a\"] = m\nfmt.Sprint(m)", "contains itself"},
		"a type of itself":       {"type T []T\nt := T{nil}\nt[0] = t\nfmt.Sprintf(\"%v\", t)", "contains itself"},
		"twice itself":           {"s := []any{nil, nil}\ns[0], s[1] = s, s\nfmt.Println(s)", "contains itself"},
		"itself for a log":       {"s := []any{1, nil}\ns[1] = s\nlog.New(&strings.Builder{}, \"\", 0).Println(s)", "contains itself"},
		"itself for slog":        {"m := map[string]any{}\nm[\"a\"] = m\nslog.Info(\"x\", \"m\", m)", "contains itself"},
		"itself in a template":   {"s := []any{nil}\ns[0] = s\ntemplate.Must(template.New(\"\").Parse(\"{{.}}\")).Execute(io.Discard, s)", "contains itself"},
		"unlock":                 {"var mu sync.Mutex\nmu.Unlock()", "unlock of unlocked mutex"},
		"unlock for write":       {"var mu sync.RWMutex\nmu.Unlock()", "Unlock of unlocked RWMutex"},
		"unlock of a reader":     {"var mu sync.RWMutex\nmu.RLock()\nmu.Unlock()", "Unlock of unlocked RWMutex"},
		"unlock for read":        {"var mu sync.RWMutex\nmu.RUnlock()", "RUnlock of unlocked RWMutex"},
		"unlock for read locked": {"var mu sync.RWMutex\nmu.Lock()\nmu.RUnlock()", "RUnlock of unlocked RWMutex"},
		"unlock a Locker":        {"var l sync.Locker = &sync.Mutex{}\nl.Unlock()", "unlock of unlocked mutex"},
		"unlock embedded":        {"var x struct{ sync.RWMutex }\nx.Unlock()", "Unlock of unlocked RWMutex"},
		"deferred unlock":        {"func() { var mu sync.Mutex; defer mu.Unlock() }()", "unlock of unlocked mutex"},
		"a method value":         {"var mu sync.Mutex\nf := mu.Unlock\nf()", "unlock of unlocked mutex"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			e := s.fails(c.source)
			require.Contains(t, e.Message, c.want)
			require.NotEmpty(t, e.Trace)
			require.Equal(t, 2, s.run("1 + 1"))
		})
	}
}

func TestLocksThatAreHeldUnlock(t *testing.T) {
	s := newSession(t, Options{})
	s.run(`var mu sync.Mutex
var rw sync.RWMutex
for range 100 {
	mu.Lock(); mu.Unlock()
	rw.Lock(); rw.Unlock()
	rw.RLock(); rw.RLock(); rw.RUnlock(); rw.RUnlock()
	rl := rw.RLocker()
	rl.Lock(); rl.Unlock()
}
var wg sync.WaitGroup
n, k := 0, 0
for range 8 {
	wg.Go(func() {
		for range 500 { rw.Lock(); n++; rw.Unlock(); rw.RLock(); _ = n; rw.RUnlock(); mu.Lock(); k++; mu.Unlock() }
	})
}
wg.Wait()`)
}

// Map accesses that Go's runtime would end the process for.
func TestConcurrentMapAccess(t *testing.T) {
	for name, body := range map[string]string{
		"write":  "m[i%64] = i",
		"update": "m[i%64]++",
		"delete": "delete(m, i%64)",
		"clear":  "clear(m)",
		"range":  "for k, v := range m { _, _ = k, v }",
		"read":   "_ = m[i%64]",
		"ok":     "_, ok := m[i%64]; _ = ok",
		"len":    "_ = len(m)",
		"maps":   "for range maps.Keys(m) {}",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			_, err := s.evaluate(t.Context(), fmt.Sprintf(`m := map[int]int{}
for i := range 64 { m[i] = i }
var wg sync.WaitGroup
for range 3 {
	wg.Go(func() { for i := range 30000 { m[i%%64] = i } })
	wg.Go(func() { for i := range 30000 { %s } })
}
wg.Wait()`, body))
			if err != nil {
				require.Contains(t, err.Error(), "fatal error: concurrent map")
				require.Equal(t, 1, err.(*eval.Error).Trace[0].Cell)
			}
			require.Equal(t, 2, s.run("1 + 1"))
		})
	}
}

// What native code calls between cells goes on: the cell that left it there has
// ended by itself.
func TestCallbacksBetweenCellsGoOn(t *testing.T) {
	for name, source := range map[string]string{
		"timer":   "time.AfterFunc(30*time.Millisecond, func() { fmt.Println(\"one\"); fmt.Println(\"two\") })",
		"handler": "s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, \"one \"); fmt.Fprint(w, \"two\") }))\nfmt.Println(s.URL)",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			ctx, end := context.WithCancelCause(t.Context())
			_, err := s.evaluate(ctx, source)
			require.NoError(t, err)
			end(eval.ErrOver)
			if name == "timer" {
				require.Eventually(t, func() bool { return s.out.String() == "one\ntwo\n" }, longEnough, time.Millisecond, s.out.String())
				return
			}
			r, err := http.Get(strings.TrimSpace(s.out.String()))
			require.NoError(t, err)
			defer r.Body.Close()
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, "one two", string(body))
			s.run("s.Close()")
		})
	}
}
