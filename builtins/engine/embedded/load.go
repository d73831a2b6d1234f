package embedded

import (
	"fmt"
	"strings"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/builtins/engine/embedded/internal/fault"
)

// A loader builds the ranks of a model from its files.
type loader struct {
	files    *checkpoint.Checkpoint
	arch     *architecture
	settings *config
	fault    fault.Fault

	rank      int      // whose shards are being loaded
	quantized []string // modules with quantized weights, in order
}

// A division says how ranks share a linear layer.
type division int

const (
	whole    division = iota // every rank has all of it
	byOutput                 // column-parallel: each rank computes some outputs
	byInput                  // row-parallel: each rank sums over some inputs
)

func (l *loader) load() (*model, error) {
	if err := l.checkDivisible(); err != nil {
		return nil, err
	}
	world := l.settings.worldSize
	embedding, err := l.vector("model.embed_tokens.weight", l.arch.vocab, l.arch.hidden)
	if err != nil {
		return nil, err
	}
	reducer := newAllReducer(world, l.arch.format)
	m := &model{arch: l.arch}
	for l.rank = range world {
		r := &rank{index: l.rank, arch: l.arch, format: l.arch.format, embedding: embedding, reducer: reducer}
		if err := l.loadRank(r); err != nil {
			return nil, err
		}
		r.cache = newCache(l.arch.layers, l.arch.kvHeads/world, l.arch.headDim, l.settings.cacheBlocks(), l.settings.tokensPerBlock)
		m.ranks = append(m.ranks, r)
	}
	// After the weights have confirmed the sizes in config.json.
	rotation := l.arch.rope.rotation(l.settings.maxSeqLen, l.arch.format)
	for _, r := range m.ranks {
		r.rotation = rotation
	}
	return m, nil
}

// checkDivisible refuses a world size that cuts through a head or leaves the
// ranks with unequal shares.
func (l *loader) checkDivisible() error {
	world := l.settings.worldSize
	check := func(what string, n int) error {
		if n%world == 0 {
			return nil
		}
		return fmt.Errorf("world_size %d does not divide %s %d: choose one that does", world, what, n)
	}
	a := l.arch
	if err := check("num_key_value_heads", a.kvHeads); err != nil {
		return err
	}
	if err := check("intermediate_size", a.intermediate); err != nil {
		return err
	}
	if a.experts == nil {
		return nil
	}
	if err := check("moe_intermediate_size", a.experts.intermediate); err != nil {
		return err
	}
	return check("shared_expert_intermediate_size", a.experts.sharedIntermediate)
}

func (l *loader) loadRank(r *rank) error {
	for i := range l.arch.layers {
		layer, err := l.layer(i)
		if err != nil {
			return err
		}
		r.layers = append(r.layers, layer)
	}
	var err error
	if r.norm, err = l.vector("model.norm.weight", l.arch.hidden); err != nil {
		return err
	}
	if l.rank != 0 {
		return nil
	}
	if l.arch.tied {
		r.head = l.plain("lm_head", r.embedding, l.arch.vocab, l.arch.hidden)
		return nil
	}
	r.head, err = l.linear("lm_head", l.arch.vocab, l.arch.hidden, whole, false)
	return err
}

func (l *loader) layer(i int) (*layer, error) {
	prefix := fmt.Sprintf("model.layers.%d.", i)
	out := &layer{}
	var err error
	if out.attentionNorm, err = l.vector(prefix+"input_layernorm.weight", l.arch.hidden); err != nil {
		return nil, err
	}
	if out.attention, err = l.attention(prefix + "self_attn."); err != nil {
		return nil, err
	}
	if out.mlpNorm, err = l.vector(prefix+"post_attention_layernorm.weight", l.arch.hidden); err != nil {
		return nil, err
	}
	if l.arch.isSparse(i) {
		out.sparse, err = l.mixture(prefix + "mlp.")
		return out, err
	}
	out.dense, err = l.mlp(prefix+"mlp.", l.arch.intermediate)
	return out, err
}

func (l *loader) attention(prefix string) (*attention, error) {
	a, world := l.arch, l.settings.worldSize
	out := &attention{
		heads: a.heads / world, kvHeads: a.kvHeads / world, headDim: a.headDim,
		scale:  scoreScale(a.headDim, l.fault),
		format: a.format,
		paged:  l.settings.paged,
	}
	q, kv := a.heads*a.headDim, a.kvHeads*a.headDim
	err := l.linears(
		wanted{&out.q, prefix + "q_proj", q, a.hidden, byOutput, a.qkvBias},
		wanted{&out.k, prefix + "k_proj", kv, a.hidden, byOutput, a.qkvBias},
		wanted{&out.v, prefix + "v_proj", kv, a.hidden, byOutput, a.qkvBias},
		wanted{&out.o, prefix + "o_proj", a.hidden, q, byInput, a.outputBias},
	)
	if err != nil || !l.settings.cacheFP8 {
		return out, err
	}
	if out.keyScale, err = l.cacheScale(prefix + "k_proj.k_scale"); err != nil {
		return nil, err
	}
	out.valueScale, err = l.cacheScale(prefix + "v_proj.v_scale")
	return out, err
}

// cacheScale reads a calibrated scale of an FP8 cache.
func (l *loader) cacheScale(name string) (float32, error) {
	scale, err := l.vector(name, 1)
	if err != nil {
		return 0, fmt.Errorf("an FP8 cache needs calibrated scales: %w; set kv_cache_config.dtype: %s, or quantize with them", err, l.arch.format)
	}
	if scale[0] <= 0 {
		return 0, fmt.Errorf("%s: tensor %s is %v: a scale is positive", l.files.Dir(), name, scale[0])
	}
	return scale[0], nil
}

func (l *loader) mlp(prefix string, intermediate int) (*mlp, error) {
	out, hidden, bias := &mlp{}, l.arch.hidden, l.arch.mlpBias
	return out, l.linears(
		wanted{&out.gate, prefix + "gate_proj", intermediate, hidden, byOutput, bias},
		wanted{&out.up, prefix + "up_proj", intermediate, hidden, byOutput, bias},
		wanted{&out.down, prefix + "down_proj", hidden, intermediate, byInput, bias},
	)
}

func (l *loader) mixture(prefix string) (*mixture, error) {
	e, hidden := l.arch.experts, l.arch.hidden
	out := &mixture{perToken: e.perToken, normalize: e.normalize, fault: l.fault}
	err := l.linears(
		wanted{&out.router, prefix + "gate", e.count, hidden, whole, false},
		wanted{&out.sharedGate, prefix + "shared_expert_gate", 1, hidden, whole, false},
	)
	if err != nil {
		return nil, err
	}
	for i := range e.count {
		expert, err := l.mlp(fmt.Sprintf("%sexperts.%d.", prefix, i), e.intermediate)
		if err != nil {
			return nil, err
		}
		out.experts = append(out.experts, expert)
	}
	out.shared, err = l.mlp(prefix+"shared_expert.", e.sharedIntermediate)
	return out, err
}

// wanted is a linear layer to load, and where to put it.
type wanted struct {
	into   **linear
	module string
	n, k   int
	divide division
	bias   bool
}

func (l *loader) linears(list ...wanted) error {
	for _, w := range list {
		loaded, err := l.linear(w.module, w.n, w.k, w.divide, w.bias)
		if err != nil {
			return err
		}
		*w.into = loaded
	}
	return nil
}

// linear loads this rank's part of a linear layer whose whole weight is
// [n, k].
func (l *loader) linear(module string, n, k int, divide division, bias bool) (*linear, error) {
	weight, err := l.files.Linear(module)
	if err != nil {
		return nil, err
	}
	if weight.N != n || weight.K != k {
		return nil, fmt.Errorf("%s: tensor %s.weight is [%d, %d]: config.json asks for [%d, %d]", l.files.Dir(), module, weight.N, weight.K, n, k)
	}
	s := l.shard(n, k, divide)
	var out *linear
	if weight.Format.Quantized() {
		if l.rank == 0 {
			l.quantized = append(l.quantized, module)
		}
		out, err = quantizedLinear(weight, s, l.arch.format, l.fused(module, weight.Format), l.fault)
	} else {
		out, err = l.plainShard(module, n, k, s)
	}
	if err != nil {
		return nil, err
	}
	if !bias || (divide == byInput && l.rank != 0) { // a row-parallel bias is added once
		return out, nil
	}
	all, err := l.vector(module+".bias", n)
	if err != nil {
		return nil, err
	}
	out.bias = all[s.top:s.bottom]
	return out, nil
}

func (l *loader) shard(n, k int, divide division) shard {
	s := shard{bottom: n, right: k}
	world := l.settings.worldSize
	switch divide {
	case byOutput:
		s.top, s.bottom = l.rank*n/world, (l.rank+1)*n/world
	case byInput:
		s.left, s.right = l.rank*k/world, (l.rank+1)*k/world
	}
	return s
}

// fused reports whether the low-precision kernel of a module is switched on.
func (l *loader) fused(module string, format checkpoint.Format) bool {
	kind := "linear"
	if strings.Contains(module, ".experts.") {
		kind = "moe"
	}
	return l.settings.fused[fuseTransform(format, kind)]
}

func (l *loader) plainShard(module string, n, k int, s shard) (*linear, error) {
	all, err := l.vector(module+".weight", n, k)
	if err != nil {
		return nil, err
	}
	width := s.right - s.left
	part := make([]float32, 0, (s.bottom-s.top)*width)
	for row := s.top; row < s.bottom; row++ {
		part = append(part, all[row*k+s.left:row*k+s.right]...)
	}
	return l.plain(module, part, s.bottom-s.top, width), nil
}

// plain is a linear layer with weights in the activation format.
func (l *loader) plain(module string, weight []float32, n, k int) *linear {
	return &linear{
		module: module, n: n, k: k, format: l.arch.format, scale: 1,
		segments: []segment{{to: k, weight: compute.Pack(weight, n, k)}},
	}
}

// vector reads a tensor of the given shape, rounded to the activation format.
// A single number may have any shape.
func (l *loader) vector(name string, shape ...int) ([]float32, error) {
	t, ok := l.files.Tensor(name)
	if !ok {
		return nil, fmt.Errorf("%s: tensor %s is missing", l.files.Dir(), name)
	}
	want := 1
	fits := len(t.Shape) == len(shape)
	for i, n := range shape {
		want *= n
		fits = fits && t.Shape[i] == n
	}
	if !fits && !(want == 1 && t.Len() == 1) {
		return nil, fmt.Errorf("%s: tensor %s has shape %v: config.json asks for %v", l.files.Dir(), name, t.Shape, shape)
	}
	values, err := t.Float32()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.files.Dir(), err)
	}
	if want > 1 {
		l.arch.format.Round(values)
	}
	return values, nil
}
