package exact

import (
	"io"
	"math"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// limited is a session that may use 64 MiB more than the process does.
func limited(t *testing.T) *session {
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	return newSession(t, Options{MaxMemory: live() + 64<<20})
}

func TestMemoryLimit(t *testing.T) {
	for name, source := range map[string]string{
		"many small":      "var l []*[100]int\nfor { l = append(l, new([100]int)) }",
		"growing slice":   "var l []int\nfor { l = append(l, 1) }",
		"map":             "m := map[int][]byte{}\nfor i := 0; ; i++ { m[i] = make([]byte, 1000) }",
		"one slice":       "l := make([]byte, 200<<20)\nl[5] = 1",
		"some slices":     "var l [][]byte\nfor { l = append(l, make([]byte, 20<<20)) }",
		"string":          "s := \"x\"\nfor { s += s }",
		"Repeat":          "s := strings.Repeat(\"x\", 1<<40)\n_ = s",
		"Repeat bytes":    "s := bytes.Repeat([]byte(\"x\"), 1<<40)\n_ = s",
		"channel":         "c := make(chan int, 1<<33)\n_ = c",
		"native callback": "var l [][]int\nfor { strings.Map(func(r rune) rune { l = append(l, make([]int, 1000)); return r }, \"abc\") }",
		"one array":       "println(len(make([]byte, 1<<45)))",
		"array variable":  "var a [1 << 40]byte\na[5] = 1",
		"Builder":         "var b strings.Builder\nb.Grow(1 << 45)",
		"Buffer":          "var b bytes.Buffer\nb.Grow(1 << 45)",
		"an interface":    "var g interface{ Grow(int) } = new(bytes.Buffer)\ng.Grow(1 << 45)",
		"method value":    "g := new(bytes.Buffer).Grow\ng(1 << 45)",
		"reader":          "bufio.NewReaderSize(strings.NewReader(\"\"), 1<<45)",
		"picture":         "image.NewRGBA(image.Rect(0, 0, 1<<20, 1<<20))",
		"large picture":   "image.NewRGBA64(image.Rect(-1<<40, -1<<40, 1<<40, 1<<40))",
		"permutation":     "rand.Perm(1 << 42)",
		"big number":      "new(big.Int).Lsh(big.NewInt(1), 1<<50)",
		"big power":       "new(big.Int).Exp(big.NewInt(10), big.NewInt(1<<45), nil)",
		"digits":          "strconv.FormatFloat(1, 'f', 1<<40, 64)",
		"Grow":            "slices.Grow([]byte{}, 1<<45)",
		"slices.Repeat":   "slices.Repeat([]byte{1}, 1<<45)",
		"recursion":       "func f(l []int) { k := make([]int, 1000); f(k); _ = l }\nf(nil)",
	} {
		t.Run(name, func(t *testing.T) {
			s := limited(t)
			e := s.fails(source)
			require.Contains(t, e.Message, "out of memory: the")
			require.Contains(t, e.Message, "the limit is ")
			require.Equal(t, 2, s.run("1 + 1"))
			s.run("kept := make([]int, 1000)\nfor range 1000 { kept = append(kept[:0], 1) }\ntime.Sleep(3 * time.Millisecond)")
		})
	}
}

func TestWhatVariablesHoldCanBeFreed(t *testing.T) {
	s := limited(t)
	require.Contains(t, s.fails("var keep [][]byte\nfor { keep = append(keep, make([]byte, 100_000)) }").Message, "what variables hold is freed when they are set to nil")
	s.run("time.Sleep(50 * time.Millisecond)\nn := 0\nfor range 100000 { n++ }\nkeep = nil")
	s.run("keep = [][]byte{make([]byte, 40<<20)}\ntime.Sleep(50 * time.Millisecond)")
}

func TestGarbageIsNoUse(t *testing.T) {
	s := limited(t)
	s.run("n := 0\nfor range 20000 { n += len(make([]byte, 100_000)) }")
}

func TestMemoryOfGoroutines(t *testing.T) {
	s := limited(t)
	s.run("go func() { var l [][]byte; for { l = append(l, make([]byte, 100_000)) } }()")
	require.Eventually(t, func() bool { return s.err.String() != "" }, longEnough, time.Millisecond)
	require.Contains(t, s.err.String(), "out of memory: the session uses")
	require.Equal(t, 2, s.run("1 + 1"))
}

func TestMemoryShare(t *testing.T) {
	require.Greater(t, MemoryShare(), uint64(128<<20))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(5 << 30))
	require.Equal(t, uint64(5<<30), MemoryShare())
}

func TestNativeCodeThatDoesNotStopAllocating(t *testing.T) {
	told := make(chan error, 1)
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	stop := make(chan struct{})
	var once sync.Once // it may be told until the memory is free
	s := newSession(t, Options{
		MaxMemory: live() + 64<<20,
		Stdin:     flood{stop},
		Exhausted: func(err error) {
			once.Do(func() {
				told <- err
				close(stop)
			})
		},
	})
	require.Contains(t, s.fails("all, err := io.ReadAll(os.Stdin)\nprintln(len(all), err)").Message, "out of memory: the session uses")
	require.ErrorContains(t, <-told, "native code that could not be stopped goes on to allocate")
	require.Equal(t, 2, s.run("1 + 1"))
}

// flood is a reader without an end, as fast as a disk, until it is closed.
type flood struct{ stop chan struct{} }

func (e flood) Read(p []byte) (int, error) {
	select {
	case <-e.stop:
		return 0, io.EOF
	case <-time.After(2 * time.Millisecond):
		return min(len(p), 1<<20), nil
	}
}
