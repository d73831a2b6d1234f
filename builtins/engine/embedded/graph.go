package embedded

import (
	"sync"

	"adkernel/builtins/engine/embedded/internal/compute"
)

// A batch is the input of one forward pass: rows of tokens, those of a
// sequence together and in order.
type batch struct {
	ids       []int32 // [rows]
	positions []int   // [rows]
	spans     []span
	last      []int // rows whose logits are wanted
}

// A span is the rows of one sequence in a batch: count tokens whose first has
// position start. Their keys and values go into the sequence's blocks.
type span struct {
	first, count int
	start        int
	blocks       []int
}

// add appends the next tokens of a sequence. The logits of the last wanted of
// them are computed.
func (b *batch) add(tokens []int32, start int, blocks []int, wanted int) {
	b.spans = append(b.spans, span{first: len(b.ids), count: len(tokens), start: start, blocks: blocks})
	for i, id := range tokens {
		b.ids = append(b.ids, id)
		b.positions = append(b.positions, start+i)
	}
	for row := len(b.ids) - wanted; row < len(b.ids); row++ {
		b.last = append(b.last, row)
	}
}

// isDecode reports whether every sequence has one token, whose logits are
// wanted: the shape that is captured.
func (b *batch) isDecode() bool {
	return len(b.ids) == len(b.spans) && len(b.ids) == len(b.last)
}

// An op is one operation on buffers that were fixed when it was made.
type op struct {
	name string
	run  func()
}

// A graph is a forward pass as a list of operations for each rank. Its shape
// is fixed; its input may be replaced between runs.
type graph struct {
	inputs batch
	ranks  [][]op
	logits []float32 // [len(inputs.last), vocab]
}

// trace makes the operations of a forward pass over rows tokens that yields
// the logits of some of them.
func (m *model) trace(rows, logitRows int, spaces []*workspace) *graph {
	g := &graph{logits: make([]float32, logitRows*m.arch.vocab)}
	for i, r := range m.ranks {
		spaces[i].grow(rows)
		g.ranks = append(g.ranks, r.trace(&g.inputs, spaces[i], rows, g.logits))
	}
	return g
}

// run computes the logits of the graph's inputs. Each rank is a goroutine;
// they meet in the all-reduces.
func (g *graph) run() {
	if len(g.ranks) == 1 {
		runOps(g.ranks[0])
		return
	}
	var wait sync.WaitGroup
	for _, ops := range g.ranks {
		wait.Go(func() { runOps(ops) })
	}
	wait.Wait()
}

func runOps(ops []op) {
	for _, o := range ops {
		o.run()
	}
}

// An executor runs forward passes: step by step, or by replaying what it
// captured.
type executor struct {
	model    *model
	spaces   []*workspace // of passes that are not captured
	capture  bool
	captured map[int]*graph // by number of sequences
}

func newExecutor(m *model, capture bool) *executor {
	return &executor{model: m, spaces: m.workspaces(), capture: capture, captured: map[int]*graph{}}
}

// forward returns the logits [len(b.last), vocab]; they are valid until the
// next call.
func (x *executor) forward(b batch) []float32 {
	if x.capture && b.isDecode() {
		return x.replay(b)
	}
	g := x.model.trace(len(b.ids), len(b.last), x.spaces)
	g.inputs = b
	g.run()
	return g.logits
}

// replay runs the captured graph of the next larger power of two, over buffers
// of its own. Rows beyond the batch belong to no sequence: they are computed
// and dropped.
func (x *executor) replay(b batch) []float32 {
	size := 1
	for size < len(b.ids) {
		size *= 2
	}
	g, ok := x.captured[size]
	if !ok {
		g = x.model.trace(size, size, x.model.workspaces())
		g.inputs = batch{ids: make([]int32, size), positions: make([]int, size), spans: make([]span, 0, size), last: make([]int, size)}
		for i := range g.inputs.last {
			g.inputs.last[i] = i
		}
		x.captured[size] = g
	}
	in := &g.inputs
	clear(in.ids[copy(in.ids, b.ids):])
	clear(in.positions[copy(in.positions, b.positions):])
	in.spans = append(in.spans[:0], b.spans...)
	g.run()
	return g.logits[:len(b.last)*x.model.arch.vocab]
}

// workspace holds the activations of one rank, [rows, ...] each. Ops keep
// pointers to the fields' owner, not to the slices, so that it may grow
// between passes.
type workspace struct {
	widths workspaceWidths
	rows   int

	hidden, normed, projected []float32 // [rows, hidden]
	q, attended               []float32 // [rows, heads·headDim]
	k, v                      []float32 // [rows, kvHeads·headDim]
	gate, up                  []float32 // [rows, widest intermediate]
	routing                   []float32 // [rows, experts], then weights
	chosen                    []int     // [rows, experts per token]
	gathered, expert, shared  []float32 // [rows, hidden], in mixtures
}

type workspaceWidths struct {
	hidden, q, kv, intermediate int
	experts, perToken           int
}

func (w *workspace) grow(rows int) {
	if rows <= w.rows {
		return
	}
	w.rows = rows
	n := w.widths
	for _, b := range []struct {
		buffer *[]float32
		width  int
	}{
		{&w.hidden, n.hidden}, {&w.normed, n.hidden}, {&w.projected, n.hidden},
		{&w.q, n.q}, {&w.attended, n.q}, {&w.k, n.kv}, {&w.v, n.kv},
		{&w.gate, n.intermediate}, {&w.up, n.intermediate},
	} {
		*b.buffer = make([]float32, rows*b.width)
	}
	if n.experts == 0 {
		return
	}
	w.routing = make([]float32, rows*n.experts)
	w.chosen = make([]int, rows*n.perToken)
	for _, buffer := range []*[]float32{&w.gathered, &w.expert, &w.shared} {
		*buffer = make([]float32, rows*n.hidden)
	}
}

func (m *model) workspaces() []*workspace {
	var out []*workspace
	for _, r := range m.ranks {
		out = append(out, &workspace{widths: r.widths()})
	}
	return out
}

// eachRow calls f for every row, in parallel.
func eachRow(rows int, f func(i int)) {
	const band = 16
	compute.Parallel((rows+band-1)/band, func(b int) {
		for i := b * band; i < min((b+1)*band, rows); i++ {
			f(i)
		}
	})
}
