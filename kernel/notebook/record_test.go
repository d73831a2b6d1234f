package notebook

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

func TestClearedOutputsAreNotKept(t *testing.T) {
	out := func(text string) worker.Event { return worker.Stream{Name: "stdout", Text: text} }
	for name, test := range map[string]struct {
		events []worker.Event
		want   string
	}{
		"at once":                   {[]worker.Event{out("a"), worker.Clear{}, out("b")}, "b"},
		"with the next":             {[]worker.Event{out("a"), worker.Clear{Wait: true}, out("b"), out("c")}, "bc"},
		"with the next, never seen": {[]worker.Event{out("a"), worker.Clear{Wait: true}}, "a"},
		"at once after all":         {[]worker.Event{out("a"), worker.Clear{Wait: true}, worker.Clear{}}, ""},
		"an update is no output": {[]worker.Event{
			worker.Display{ID: "1", Bundle: host.Text("0 %")}, worker.Clear{Wait: true}, worker.Update{ID: "1", Bundle: host.Text("1 %")},
		}, "1 %"},
	} {
		t.Run(name, func(t *testing.T) {
			r, c := newRecorder(), &Cell{}
			for _, e := range test.events {
				r.record(c, e)
			}
			r.close()
			text := ""
			for _, o := range c.Outputs {
				text += o.Plain()
			}
			require.Equal(t, test.want, text)
		})
	}
}

func TestAPageIsKeptAsADisplay(t *testing.T) {
	r, c := newRecorder(), &Cell{}
	r.payload(c, &host.NextInput{Text: "x"})
	r.payload(c, &host.Page{Bundle: host.Text("func len(v Type) int")})
	require.Len(t, c.Outputs, 1)
	require.Equal(t, DisplayData, c.Outputs[0].Type)
	require.Equal(t, "func len(v Type) int", c.Outputs[0].Plain())
}

func TestWhatACellShowsAfterItsEndStaysWithIt(t *testing.T) {
	r, first, second := newRecorder(), &Cell{Type: Code}, &Cell{Type: Code}
	out := func(text string) worker.Event { return worker.Stream{Name: "stdout", Text: text} }
	r.record(first, out("a"))
	r.record(first, out("b, later"))
	r.record(second, out("c"))
	r.record(second, worker.Clear{Wait: true})
	third := &Cell{Type: Code}
	r.result(third, 3, host.Text("7"))
	r.close()
	texts := func(c *Cell) (all []string) {
		for _, o := range c.Outputs {
			all = append(all, o.Plain())
		}
		return all
	}
	require.Equal(t, []string{"ab, later"}, texts(first))
	require.Equal(t, []string{"c"}, texts(second))
	require.Equal(t, []string{"7"}, texts(third))
}
