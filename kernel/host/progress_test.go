package host

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// screenHost keeps every state of the displays.
type screenHost struct {
	mu     sync.Mutex
	states []Bundle
}

func (h *screenHost) Context() context.Context { return context.Background() }
func (h *screenHost) Cells() []Cell            { return nil }
func (h *screenHost) Running() Cell            { return Cell{} }

func (h *screenHost) Display(b Bundle) Handle {
	h.Update(b)
	return h
}

func (h *screenHost) Update(b Bundle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = append(h.states, b)
}

func (h *screenHost) texts() []string {
	var all []string
	for _, b := range h.states {
		all = append(all, b.Plain())
	}
	return all
}

func onScreen(t *testing.T) *screenHost {
	h := &screenHost{}
	previous := Set(h)
	t.Cleanup(func() { Set(previous) })
	return h
}

func TestProgressSaysHowFarAndHowLong(t *testing.T) {
	h := onScreen(t)
	now := time.Unix(0, 0)
	p := newProgress(4, "runs", func() time.Time { return now })
	for range 4 {
		now = now.Add(2 * time.Second)
		p.Add(1)
		p.Add(0) // at once: not shown
	}
	p.Close()
	p.Close()
	require.Equal(t, []string{
		"runs |                    | 0 of 4",
		"runs |█████               | 1 of 4, 2s, about 6s left",
		"runs |██████████          | 2 of 4, 4s, about 4s left",
		"runs |███████████████     | 3 of 4, 6s, about 2s left",
		"runs |████████████████████| 4 of 4, 8s",
		"runs |████████████████████| 4 of 4 in 8s",
	}, h.texts())
	require.Equal(t, `<div>runs <progress value="4" max="4" style="width: 16em; vertical-align: middle"></progress> 4 of 4 in 8s</div>`, h.states[5].Data["text/html"])
}

func TestProgressOfAnUnknownNumberCounts(t *testing.T) {
	h := onScreen(t)
	p := NewProgress(0, "<b>")
	p.Add(3)
	p.Close()
	require.Regexp(t, `^<b> 3 in \d+`, h.texts()[1])
	require.Regexp(t, `^<div>&lt;b&gt; 3 in`, h.states[1].Data["text/html"])
}

func TestStepsAreThoseOfARange(t *testing.T) {
	array := [3]int{}
	for name, test := range map[string]struct {
		of   any
		want int
	}{
		"int": {3, 3}, "small int": {int8(2), 2}, "negative": {-1, 0}, "slice": {[]string{"a", "b"}, 2}, "array": {array, 3}, "its pointer": {&array, 3}, "map": {map[int]int{1: 1}, 1}, "bytes of text": {"aé", 3},
	} {
		t.Run(name, func(t *testing.T) {
			onScreen(t)
			steps, err := Steps(test.of, "")
			require.NoError(t, err)
			var got []int
			for i := range steps {
				got = append(got, i)
			}
			require.Len(t, got, test.want)
			for i, g := range got {
				require.Equal(t, i, g)
			}
		})
	}
	for _, of := range []any{nil, 1.5, struct{}{}, func() {}, uint(3), make(chan int, 3)} {
		_, err := Steps(of, "")
		require.Error(t, err)
	}
}

func TestALoopThatIsLeftEarlySaysSo(t *testing.T) {
	h := onScreen(t)
	steps, err := Steps(10, "")
	require.NoError(t, err)
	for i := range steps {
		if i == 4 {
			break
		}
	}
	require.Regexp(t, `stopped at 4 of 10 after`, h.texts()[len(h.states)-1])
	require.NotContains(t, h.states[len(h.states)-1].Data["text/html"], "<progress")
}
