package exact

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// What a cell may be busy with when the user interrupts it. The cells before
// it are separated by ---.
var endless = map[string]string{
	"loop":                "for {}",
	"loop with a body":    "n := 0\nfor { n++; state = n }",
	"goto":                "again:\nstate++\ngoto again",
	"calls":               "func f() {}\nfor { f() }",
	"recursion":           "func f(n int) int { if n > 20 { return 0 }; return f(n+1) + f(n+1) }\nfor { f(0) }",
	"method calls":        "type T struct{}\nfunc (T) M() {}\nvar x interface{ M() } = T{}\nfor { x.M() }",
	"closures":            "f := func() {}\nfor { f() }",
	"range over func":     "for range func(yield func() bool) { for yield() {} } {}",
	"range over integers": "for i := range 1 << 62 { state = i }",
	"native calls":        "for { strings.ToUpper(\"a\") }",
	"printing":            "for { fmt.Sprintln(1, 2) }",

	"receive":              "<-make(chan int)",
	"receive from nil":     "var c chan int\n<-c",
	"send":                 "make(chan int) <- 1",
	"send to nil":          "var c chan int\nc <- 1",
	"select":               "select {}",
	"select on cases":      "a, b := make(chan int), make(chan int)\nselect {\ncase <-a:\ncase b <- 1:\n}",
	"select with default":  "c := make(chan int)\nfor { select { case <-c: default: } }",
	"range over a channel": "for range make(chan int) {}",
	"busy channel":         "c := make(chan int)\ngo func() { for { c <- 1 } }()\nfor range c {}",

	"Sleep":              "time.Sleep(time.Hour)",
	"After":              "<-time.After(time.Hour)",
	"Ticker":             "for range time.Tick(time.Millisecond) {}",
	"Mutex":              "var mu sync.Mutex\nmu.Lock()\nmu.Lock()",
	"RWMutex":            "var mu sync.RWMutex\nmu.Lock()\nmu.RLock()",
	"RWMutex for write":  "var mu sync.RWMutex\nmu.RLock()\nmu.Lock()",
	"Locker":             "var mu sync.Mutex\nvar l sync.Locker = &mu\nl.Lock()\nl.Lock()",
	"embedded Mutex":     "var x struct{ sync.Mutex }\nx.Lock()\nx.Lock()",
	"WaitGroup":          "var wg sync.WaitGroup\nwg.Add(1)\nwg.Wait()",
	"Cond":               "c := sync.NewCond(&sync.Mutex{})\nc.L.Lock()\ndefer c.L.Unlock()\nc.Wait()",
	"Once":               "var o sync.Once\no.Do(func() { select {} })",
	"context":            "ctx, cancel := context.WithCancel(context.Background())\ndefer cancel()\n<-ctx.Done()",
	"pipe":               "r, _ := io.Pipe()\nr.Read(make([]byte, 1))",
	"accept":             "l, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\nif err != nil { panic(err) }\nl.Accept()",
	"deferred function":  "func() {\n\tdefer func() { for {} }()\n}()",
	"deferred by panic":  "func() {\n\tdefer func() { recover(); for {} }()\n\tpanic(1)\n}()",
	"deferred receive":   "func() {\n\tdefer func() { <-make(chan int) }()\n}()",
	"sort.Slice":         "sort.Slice([]int{2, 1}, func(i, j int) bool { for {} })",
	"slices.SortFunc":    "slices.SortFunc([]int{2, 1}, func(i, j int) int { for {} })",
	"strings.Map":        "strings.Map(func(r rune) rune { time.Sleep(time.Hour); return r }, \"abc\")",
	"sort.Sort":          "type L []int\nfunc (l L) Len() int { return len(l) }\nfunc (l L) Swap(i, j int) {}\nfunc (l L) Less(i, j int) bool { for {} }\nsort.Sort(L{1, 2})",
	"String method":      "type T struct{}\nfunc (T) String() string { for {} }\nfmt.Println(T{})",
	"an older callback":  "loop := func(i, j int) bool { for {} }\n---\nsort.Slice([]int{2, 1}, loop)",
	"an older func":      "f := strings.NewReplacer\nloop := func(r rune) rune { for {} }\nm := func() { strings.Map(loop, \"ab\") }\n---\nm()",
	"http client":        "s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { time.Sleep(300 * time.Millisecond) }))\n---\nhttp.Get(s.URL)",
	"http handler":       "s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { for {} }))\n---\nhttp.Get(s.URL)",
	"a program":          "exec.Command(\"sleep\", \"1\").Run()",
	"growing":            "l := []int{}\nfor { l = append(l[:0], 1) }",
	"map iteration":      "m := map[int]int{1: 1}\nfor { for k := range m { state = k } }",
	"string iteration":   "for { for _, r := range \"abc\" { state = int(r) } }",
	"arithmetic loop":    "x := 1.0\nfor x != 0 { x = x*1.5 + 1; if x > 1e9 { x = 1 } }",
	"switch in a loop":   "x := 0\nfor { switch x { case 0: x = 1; default: x = 0 } }",
	"goroutine and wait": "done := make(chan bool)\ngo func() { time.Sleep(time.Second); close(done) }()\n<-done",
}

func TestInterrupt(t *testing.T) {
	for name, source := range endless {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{})
			s.run("state, calls := 0, 0\nkept := func() int { calls++; return calls }")
			cells := strings.Split(source, "\n---\n")
			for _, c := range cells[:len(cells)-1] {
				s.run(c)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			time.AfterFunc(30*time.Millisecond, func() { at = time.Now(); cancel() })
			_, err := s.evaluate(ctx, cells[len(cells)-1])
			took := time.Since(at)
			var e *eval.Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.Equal(t, eval.Interrupt, e.Kind, "%v", err)
			require.Less(t, took, longEnough)
			if took > 20*time.Millisecond {
				t.Logf("%s took %v", name, took)
			}
			require.Equal(t, 1, s.run("kept()"))
			s.run("state = 5\nfor i := range 1000 { state += i }")
			require.Equal(t, "[1 2 3]", s.run("l3 := []int{3, 1, 2}\nsort.Slice(l3, func(i, j int) bool { return l3[i] < l3[j] })\nfmt.Sprint(l3)"))
			require.Equal(t, 2, s.run("kept()"))
		})
	}
}

func TestDeferredCallsOfAnInterruptedCellRun(t *testing.T) {
	s := newSession(t, Options{})
	s.run("var mu sync.Mutex\nvar log []string")
	err := s.interrupted(`func() {
	mu.Lock()
	defer mu.Unlock()
	defer func() { for i := range 1000 { _ = i }; log = append(log, fmt.Sprint("deferred ", recover())) }()
	fmt.Println("begun")
	for {}
}()`)
	require.EqualError(t, err, "interrupted")
	require.Equal(t, "[deferred <nil>] true", s.run("fmt.Sprint(log, mu.TryLock())"))
}

func TestDeferredCallsOfAnInterruptedCellMayNotGoOnForever(t *testing.T) {
	s := newSession(t, Options{})
	err := s.interrupted(`func() { defer func() { for {} }(); fmt.Println("begun"); for {} }()`)
	require.EqualError(t, err, "interrupted")
}

func TestACondThatIsInterruptedHoldsItsLock(t *testing.T) {
	s := newSession(t, Options{})
	s.run("var mu sync.Mutex\nc := sync.NewCond(&mu)\nvar woken atomic.Int64")
	err := s.interrupted(`func() { mu.Lock(); defer mu.Unlock(); fmt.Println("begun"); for { c.Wait() } }()`)
	require.EqualError(t, err, "interrupted")
	require.Equal(t, true, s.run("mu.TryLock()"))
	s.run("mu.Unlock()\nvar wg sync.WaitGroup\nwg.Go(func() { mu.Lock(); defer mu.Unlock(); c.Wait(); woken.Add(1) })")
	s.run("for woken.Load() == 0 { c.Signal(); time.Sleep(time.Millisecond) }\nwg.Wait()")
}

func TestNativeCodeThatDoesNotReturnIsLeftBehind(t *testing.T) {
	s := newSession(t, Options{})
	s.run("r, w := io.Pipe()\ngot := \"nothing\"")
	err := s.interrupted("b := make([]byte, 1)\nfmt.Println(\"begun\")\nn, err := r.Read(b)\ngot = string(b[:n])")
	require.ErrorContains(t, err, "interrupted; (*io.PipeReader).Read goes on in the background")
	s.run("w.Write([]byte(\"x\"))\ntime.Sleep(20 * time.Millisecond)")
	require.Equal(t, "nothing", s.run("got"), "the interrupted cell went on")
}

func TestASessionAfterAnInterruptShowsValues(t *testing.T) {
	s := newSession(t, Options{})
	s.run("type T struct{ n int }\nfunc (t T) String() string { return fmt.Sprint(\"T\", t.n) }")
	require.EqualError(t, s.interrupted("v := T{3}\nfmt.Println(\"begun\")\nfor {}"), "interrupted")
	v, ok := s.Value("v")
	require.True(t, ok)
	require.Equal(t, "T3", fmt.Sprint(v.Interface()))
}

func TestInterruptWhileAValueIsShown(t *testing.T) {
	s := newSession(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := s.evaluate(ctx, "type T struct{}\nfunc (T) String() string { for {} }\nT{}")
	require.NoError(t, err)
	time.AfterFunc(20*time.Millisecond, cancel)
	func() {
		defer func() { _ = recover() }()
		_ = fmt.Sprint(r.Values[0])
	}()
	require.Equal(t, 2, s.run("1 + 1"))
}

func TestStepBudget(t *testing.T) {
	s := newSession(t, Options{Steps: 10_000})
	e := s.fails("n := 0\nfor { n++ }")
	require.Equal(t, "stopped after 10000 calls and loop iterations", e.Message)
	require.Equal(t, eval.Interrupt, e.Kind)
	require.Equal(t, 9900, s.run("k := 0\nfor range 9900 { k++ }\nk"))
	s.fails("func f() { f2() }\nfunc f2() { f() }\nf()")
}
