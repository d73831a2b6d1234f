package exact

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/cell"
)

// keysAt are the keys that are proposed at the | of a source, as the cell has
// them from where the completion starts.
func keysAt(s *session, marked string) []string {
	at := strings.IndexByte(marked, '|')
	out := []string{}
	for _, item := range s.Complete(marked[:at]+marked[at+1:], at).Items {
		if item.Kind == "key" {
			out = append(out, item.Text)
		}
	}
	return out
}

func TestKeysOfLiveMapsAreProposed(t *testing.T) {
	s := newSession(t, Options{})
	for _, source := range []string{
		"type Name string\ntype Set struct { Of map[Name][]int; inner *Set }\ntype Outer struct { Set }",
		`m := map[string]int{"beta": 1, "alpha": 2, "say \"x\"": 3, "日本": 4, "日報": 5}`,
		`named := Outer{Set{map[Name][]int{"n1": nil, "n2": nil}, &Set{Of: map[Name][]int{"deep": nil}}}}`,
		`nested := map[string]map[string]any{"a": {"x": 1, "y": 2}, "b": nil}`,
		`var none map[string]int; numbers := map[int]int{1: 2}; lines := map[string]bool{"a\nb": true, "a\xff": true}`,
		`var empty *Set`,
		`func called() map[string]int { panic("evaluated") }`,
	} {
		_, err := s.evaluate(t.Context(), source)
		require.NoError(t, err)
	}
	for marked, want := range map[string][]string{
		`m["|`:                                 {"alpha", "beta", `say \"x\"`, "日報", "日本"},
		`m["|"]`:                               {"alpha", "beta", `say \"x\"`, "日報", "日本"},
		`é := m["日|`:                           {"日報", "日本"},
		`fmt.Println(m["al|"] + 1)`:            {"alpha"},
		"m[`be|":                               {"beta"},
		`v, ok := m["s|`:                       {`say \"x\"`},
		`delete(m, "b|`:                        {"beta"},
		`m[|`:                                  {`"alpha"`, `"beta"`, `"say \"x\""`, `"日報"`, `"日本"`},
		`m[|]`:                                 {`"alpha"`, `"beta"`, `"say \"x\""`, `"日報"`, `"日本"`},
		`m[al|`:                                {},
		`m["x" + "|`:                           {},
		`named.Of["|`:                          {"n1", "n2"},
		`named.inner.Of["|`:                    {"deep"},
		`nested["a"]["|`:                       {"x", "y"},
		`nested["b"]["|`:                       {},
		`nested["c"]["|`:                       {},
		`none["|`:                              {},
		`numbers["|`:                           {},
		`lines["|`:                             {`a\nb`},
		"lines[`|":                             {},
		`empty.Of["|`:                          {},
		`empty.inner.Of["|`:                    {},
		`called()["|`:                          {},
		`func() { m := map[string]int{}; m["|`: {},
	} {
		require.Equal(t, want, keysAt(s, marked), marked)
	}
}

func TestKeysOfALargeMapAreCut(t *testing.T) {
	s := newSession(t, Options{})
	_, err := s.evaluate(t.Context(), `m := map[string]int{}; for i := range 200_000 { m[fmt.Sprint(i)] = i }`)
	require.NoError(t, err)
	require.Len(t, keysAt(s, `m["|`), cell.MaxKeys)
}

// Go's runtime would end the process.
func TestKeysAreNotReadBesideWrites(t *testing.T) {
	s := newSession(t, Options{})
	_, err := s.evaluate(t.Context(), `m := map[string]int{"a": 1}; var stop, ticks = false, 0`)
	require.NoError(t, err)
	write := "for i := range 200_000 { m[fmt.Sprint(i % 100)] = i }"
	var cells sync.WaitGroup
	cells.Go(func() {
		_, err = s.evaluate(t.Context(), write)
	})
	for done := false; !done; {
		keysAt(s, `m["|`)
		ended := make(chan struct{})
		go func() { cells.Wait(); close(ended) }()
		select {
		case <-ended:
			done = true
		case <-time.After(time.Millisecond):
		}
	}
	require.NoError(t, err)
	_, err = s.evaluate(t.Context(), "import \"time\"\nvar timer *time.Timer\ntimer = time.AfterFunc(time.Hour, func() { for i := range 100 { m[fmt.Sprint(i)]++ }; ticks++; timer.Reset(0) })\ntimer.Reset(0)")
	require.NoError(t, err)
	for range 200 {
		keysAt(s, `m["|`)
	}
	_, err = s.evaluate(t.Context(), "timer.Stop()")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(keysAt(s, `m["|`)) == 101 }, longEnough, time.Millisecond)
	require.Empty(t, s.err.String())
	_, err = s.evaluate(t.Context(), "go func() { select {} }()")
	require.NoError(t, err)
	require.Empty(t, keysAt(s, `m["|`), "a goroutine may write to it")
}
