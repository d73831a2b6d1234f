package embedded

import (
	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/builtins/engine/embedded/internal/fault"
)

// A mixture is the MLP of a mixture-of-experts layer as in Qwen2-MoE: a router
// sends every token to a few experts, and a shared expert, weighted by a gate
// of its own, sees all of them. Every rank holds a slice of every expert, and
// the whole router.
type mixture struct {
	router     *linear // [experts, hidden]
	experts    []*mlp
	shared     *mlp
	sharedGate *linear // [1, hidden]
	perToken   int
	normalize  bool // the chosen experts' weights sum to 1
	fault      fault.Fault
}

// trace lists the operations that turn w.normed into w.projected, this rank's
// part of the output.
func (m *mixture) trace(r *rank, w *workspace, rows int) []op {
	ops := []op{
		{"router", func() { m.router.forward(w.routing, w.normed, rows) }},
		{"top_k", func() { m.choose(w, r.format, rows) }},
		{"experts", func() { m.runExperts(r, w, rows) }},
		{"shared_expert", func() { m.runShared(r, w, rows) }},
	}
	if m.fault == fault.ReducePerBranch {
		ops = append(ops,
			op{"all_reduce", func() { r.allReduce(w.projected, rows) }},
			op{"all_reduce", func() { r.allReduce(w.shared, rows) }})
	}
	return append(ops, op{"add_branches", func() { r.addResidual(w.projected, w.shared, rows) }})
}

// choose replaces the router's logits by probabilities, picks the largest
// ones, and leaves their weights in the first perToken columns of the row.
// Equal probabilities go to the lower expert.
func (m *mixture) choose(w *workspace, format compute.Format, rows int) {
	n, k := len(m.experts), m.perToken
	eachRow(rows, func(i int) {
		p := w.routing[i*n : (i+1)*n]
		compute.Softmax(p)
		chosen := w.chosen[i*k : (i+1)*k]
		compute.WithScratch(k, func(weights []float32) {
			var sum float32
			for j := range chosen {
				chosen[j] = largest(p)
				weights[j] = p[chosen[j]]
				sum += weights[j]
				p[chosen[j]] = -1
			}
			if m.normalize {
				compute.Scale(weights, 1/sum)
			}
			format.Round(weights)
			copy(p, weights)
		})
	})
}

// largest returns the index of the largest element; NaN counts as larger than
// every number, as in PyTorch's topk, so that experts chosen one after the
// other are never the same.
func largest(x []float32) int {
	at := 0
	for i, v := range x {
		if v > x[at] || (v != v && x[at] == x[at]) {
			at = i
		}
	}
	return at
}

// runExperts adds up the weighted outputs of the chosen experts, expert by
// expert in order, rounding after each as transformers does.
func (m *mixture) runExperts(r *rank, w *workspace, rows int) {
	n, hidden := len(m.experts), r.arch.hidden
	clear(w.projected[:rows*hidden])
	type visit struct {
		row    int
		weight float32
	}
	visits := make([][]visit, n)
	for i := range rows {
		for j, expert := range w.chosen[i*m.perToken : (i+1)*m.perToken] {
			visits[expert] = append(visits[expert], visit{i, w.routing[i*n+j]})
		}
	}
	for e, tokens := range visits {
		for i, v := range tokens {
			copy(w.gathered[i*hidden:(i+1)*hidden], w.normed[v.row*hidden:])
		}
		m.experts[e].forward(r, w.expert, w.gathered, w, len(tokens))
		eachRow(len(tokens), func(i int) {
			out := w.expert[i*hidden : (i+1)*hidden]
			compute.Scale(out, tokens[i].weight)
			r.format.Round(out)
			sum := w.projected[tokens[i].row*hidden:][:hidden]
			compute.Add(sum, out)
			r.format.Round(sum)
		})
	}
}

// runShared computes sigmoid(gate(x)) · shared(x).
func (m *mixture) runShared(r *rank, w *workspace, rows int) {
	hidden := r.arch.hidden
	m.shared.forward(r, w.shared, w.normed, w, rows)
	compute.WithScratch(rows, func(gate []float32) {
		m.sharedGate.forward(gate, w.normed, rows)
		eachRow(rows, func(i int) {
			out := w.shared[i*hidden : (i+1)*hidden]
			compute.Scale(out, r.format.RoundOne(compute.Sigmoid(gate[i])))
			r.format.Round(out)
		})
	})
}

// forward computes y [rows, hidden] from x, with the workspace's gate and up
// buffers in between.
func (m *mlp) forward(r *rank, y, x []float32, w *workspace, rows int) {
	m.gate.forward(w.gate, x, rows)
	m.up.forward(w.up, x, rows)
	r.gateUp(w.gate, w.up, m.gate.n, rows)
	m.down.forward(y, w.gate, rows)
}
