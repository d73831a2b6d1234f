package embedded

import (
	"math"

	"adkernel/builtins/engine/embedded/internal/compute"
)

// A model is a loaded network, divided among ranks.
type model struct {
	arch  *architecture
	ranks []*rank
}

// A rank is one shard of the network: its heads, its columns of the MLPs, and
// what is replicated.
type rank struct {
	index     int
	arch      *architecture
	format    compute.Format
	embedding []float32 // [vocab, hidden]
	layers    []*layer
	norm      []float32
	head      *linear // rank 0 only: the logits are computed once
	rotation  *rotation
	cache     *cache
	reducer   *allReducer
}

type layer struct {
	attentionNorm []float32
	attention     *attention
	mlpNorm       []float32
	dense         *mlp     // or
	sparse        *mixture // one of the two
}

// mlp is SwiGLU: down(silu(gate(x)) · up(x)).
type mlp struct {
	gate, up, down *linear
}

func (r *rank) widths() workspaceWidths {
	a := r.layers[0].attention
	w := workspaceWidths{hidden: r.arch.hidden, q: a.heads * a.headDim, kv: a.kvHeads * a.headDim}
	for _, l := range r.layers {
		if l.dense != nil {
			w.intermediate = max(w.intermediate, l.dense.gate.n)
			continue
		}
		w.intermediate = max(w.intermediate, l.sparse.experts[0].gate.n, l.sparse.shared.gate.n)
		w.experts, w.perToken = len(l.sparse.experts), l.sparse.perToken
	}
	return w
}

// trace lists the operations of a forward pass over rows tokens. The inputs
// are read when an operation runs; the shape is fixed now.
func (r *rank) trace(in *batch, w *workspace, rows int, logits []float32) []op {
	var ops []op
	do := func(name string, run func()) { ops = append(ops, op{name, run}) }

	do("embed", func() { r.embed(w.hidden, in.ids) })
	for i, l := range r.layers {
		do("attention_norm", func() { r.normalize(w.normed, w.hidden, l.attentionNorm, rows) })
		do("q_proj", func() { l.attention.q.forward(w.q, w.normed, rows) })
		do("k_proj", func() { l.attention.k.forward(w.k, w.normed, rows) })
		do("v_proj", func() { l.attention.v.forward(w.v, w.normed, rows) })
		do("rope", func() { l.attention.rotate(r.rotation, w, in.positions, rows) })
		do("update_cache", func() { l.attention.store(r.cache, i, w, in.spans) })
		do("attention", func() { l.attention.attend(r.cache, i, w, in.spans, rows) })
		do("o_proj", func() { l.attention.o.forward(w.projected, w.attended, rows) })
		do("all_reduce", func() { r.allReduce(w.projected, rows) })
		do("residual", func() { r.addResidual(w.hidden, w.projected, rows) })

		do("mlp_norm", func() { r.normalize(w.normed, w.hidden, l.mlpNorm, rows) })
		if l.sparse != nil {
			ops = append(ops, l.sparse.trace(r, w, rows)...)
		} else {
			do("gate_proj", func() { l.dense.gate.forward(w.gate, w.normed, rows) })
			do("up_proj", func() { l.dense.up.forward(w.up, w.normed, rows) })
			do("silu_mul", func() { r.gateUp(w.gate, w.up, l.dense.gate.n, rows) })
			do("down_proj", func() { l.dense.down.forward(w.projected, w.gate, rows) })
		}
		do("all_reduce", func() { r.allReduce(w.projected, rows) })
		do("residual", func() { r.addResidual(w.hidden, w.projected, rows) })
	}
	if r.head != nil && len(logits) > 0 {
		do("gather_last", func() { r.gatherLast(w, in.last) })
		do("norm", func() { r.normalize(w.normed, w.projected, r.norm, len(in.last)) })
		do("lm_head", func() { r.head.forward(logits, w.normed, len(in.last)) })
	}
	return ops
}

func (r *rank) embed(hidden []float32, ids []int32) {
	n := r.arch.hidden
	for i, id := range ids {
		copy(hidden[i*n:(i+1)*n], r.embedding[int(id)*n:])
	}
}

// normalize is RMSNorm in float32 (Zhang and Sennrich, 2019), rounded before
// and after the multiplication with the weight.
func (r *rank) normalize(y, x, weight []float32, rows int) {
	n := r.arch.hidden
	eachRow(rows, func(i int) {
		out := y[i*n : (i+1)*n]
		copy(out, x[i*n:])
		mean := compute.SumSquares(out) / float32(n)
		compute.Scale(out, float32(1/math.Sqrt(float64(mean+r.arch.normEpsilon))))
		r.format.Round(out)
		compute.Multiply(out, weight)
		r.format.Round(out)
	})
}

// gateUp replaces gate [rows, n] by silu(gate)·up.
func (r *rank) gateUp(gate, up []float32, n, rows int) {
	eachRow(rows, func(i int) {
		g := gate[i*n : (i+1)*n]
		compute.SiLU(g)
		r.format.Round(g)
		compute.Multiply(g, up[i*n:(i+1)*n])
		r.format.Round(g)
	})
}

func (r *rank) addResidual(hidden, x []float32, rows int) {
	n := r.arch.hidden
	eachRow(rows, func(i int) {
		h := hidden[i*n : (i+1)*n]
		compute.Add(h, x[i*n:(i+1)*n])
		r.format.Round(h)
	})
}

func (r *rank) allReduce(x []float32, rows int) {
	r.reducer.sum(r.index, x[:rows*r.arch.hidden])
}

// gatherLast copies the hidden states whose logits are wanted.
func (r *rank) gatherLast(w *workspace, last []int) {
	n := r.arch.hidden
	for i, row := range last {
		copy(w.projected[i*n:(i+1)*n], w.hidden[row*n:])
	}
}
