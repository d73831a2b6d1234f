package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/builtins/engine/internal/modelfolder"
)

// An architecture is what config.json says about the network: every number
// that the forward pass needs, read and never assumed.
type architecture struct {
	name   string // "LlamaForCausalLM"
	format compute.Format

	hidden, layers, vocab int
	heads, kvHeads        int
	headDim               int
	intermediate          int
	maxPositions          int
	normEpsilon           float32
	tied                  bool // the head is the embedding
	rope                  rope

	qkvBias, outputBias, mlpBias bool

	experts *expertLayout // nil in a dense network

	stop []int32 // ids that end a generation
}

// An expertLayout describes the mixture-of-experts layers of Qwen2-MoE.
type expertLayout struct {
	count, perToken    int
	intermediate       int
	sharedIntermediate int
	normalize          bool  // weights of the chosen experts sum to 1
	every              int   // each every-th layer is a mixture
	dense              []int // layers that are not, though it is their turn
}

// isSparse reports whether the MLP of a layer is a mixture of experts.
func (a *architecture) isSparse(layer int) bool {
	e := a.experts
	return e != nil && (layer+1)%e.every == 0 && !slices.Contains(e.dense, layer)
}

// configFile mirrors the fields of config.json that matter. Pointers tell an
// absent field from a zero.
type configFile struct {
	Architectures []string `json:"architectures"`
	DType         string   `json:"dtype"`
	TorchDType    string   `json:"torch_dtype"` // its name before transformers 5

	HiddenSize       int     `json:"hidden_size"`
	Layers           int     `json:"num_hidden_layers"`
	Vocab            int     `json:"vocab_size"`
	Heads            int     `json:"num_attention_heads"`
	KVHeads          *int    `json:"num_key_value_heads"`
	HeadDim          *int    `json:"head_dim"`
	IntermediateSize int     `json:"intermediate_size"`
	MaxPositions     int     `json:"max_position_embeddings"`
	RMSNormEps       float64 `json:"rms_norm_eps"`
	Tied             *bool   `json:"tie_word_embeddings"`
	Activation       string  `json:"hidden_act"`

	AttentionBias *bool `json:"attention_bias"`
	MLPBias       *bool `json:"mlp_bias"`
	QKVBias       *bool `json:"qkv_bias"`

	RopeTheta      *float64        `json:"rope_theta"`
	RopeScaling    *ropeParameters `json:"rope_scaling"`
	RopeParameters *ropeParameters `json:"rope_parameters"` // both, since transformers 5

	SlidingWindow    *int     `json:"sliding_window"`
	UseSlidingWindow *bool    `json:"use_sliding_window"`
	LayerTypes       []string `json:"layer_types"`

	Experts                      int   `json:"num_experts"`
	ExpertsPerToken              int   `json:"num_experts_per_tok"`
	MoEIntermediateSize          int   `json:"moe_intermediate_size"`
	SharedExpertIntermediateSize int   `json:"shared_expert_intermediate_size"`
	NormTopKProb                 bool  `json:"norm_topk_prob"`
	DecoderSparseStep            *int  `json:"decoder_sparse_step"`
	MLPOnlyLayers                []int `json:"mlp_only_layers"`

	EOS tokenIDs `json:"eos_token_id"`
}

// tokenIDs is one id or a list of them.
type tokenIDs []int32

func (t *tokenIDs) UnmarshalJSON(text []byte) error {
	var one *int32
	if err := json.Unmarshal(text, &one); err == nil {
		if one != nil {
			*t = tokenIDs{*one}
		}
		return nil
	}
	return json.Unmarshal(text, (*[]int32)(t))
}

// readArchitecture reads config.json, and the ids that end a generation from
// generation_config.json where there is one.
func readArchitecture(dir string) (*architecture, error) {
	if err := modelfolder.Check(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "config.json")
	var c configFile
	if err := readJSON(path, &c); err != nil {
		return nil, err
	}
	a, err := c.architecture()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var generation struct {
		EOS tokenIDs `json:"eos_token_id"`
	}
	path = filepath.Join(dir, "generation_config.json")
	if err := readJSON(path, &generation); err == nil && generation.EOS != nil {
		a.stop = generation.EOS
	} else if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return a, nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	err = json.Unmarshal(text, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: %s is a %s: want %s", path, wrong.Field, wrong.Value, wrong.Type)
	case err != nil:
		return fmt.Errorf("%s: not JSON: %w", path, err)
	}
	return nil
}

func (c *configFile) architecture() (*architecture, error) {
	if len(c.Architectures) != 1 {
		return nil, fmt.Errorf("architectures: want one name, have %v", c.Architectures)
	}
	a := &architecture{
		name:   c.Architectures[0],
		hidden: c.HiddenSize, layers: c.Layers, vocab: c.Vocab,
		heads: c.Heads, kvHeads: c.Heads,
		intermediate: c.IntermediateSize, maxPositions: c.MaxPositions,
		normEpsilon: float32(c.RMSNormEps),
		stop:        c.EOS,
	}
	switch a.name {
	case "LlamaForCausalLM":
		a.qkvBias = isTrue(c.AttentionBias)
		a.outputBias, a.mlpBias = a.qkvBias, isTrue(c.MLPBias)
	case "Qwen2MoeForCausalLM":
		a.qkvBias = c.QKVBias == nil || *c.QKVBias // the class's default
		a.experts = c.expertLayout()
	default:
		return nil, fmt.Errorf("architecture %q is not supported: want LlamaForCausalLM or Qwen2MoeForCausalLM", a.name)
	}
	a.tied = isTrue(c.Tied)
	if c.KVHeads != nil {
		a.kvHeads = *c.KVHeads
	}
	if err := a.checkSizes(); err != nil {
		return nil, err
	}
	a.headDim = a.hidden / a.heads
	if c.HeadDim != nil {
		a.headDim = *c.HeadDim
	} else if a.hidden%a.heads != 0 {
		return nil, fmt.Errorf("hidden_size %d is not divisible by num_attention_heads %d, and there is no head_dim", a.hidden, a.heads)
	}
	if a.headDim < 2 || a.headDim > maxHeadDim || a.headDim%2 != 0 {
		return nil, fmt.Errorf("head_dim %d: want an even number from 2 to %d", a.headDim, maxHeadDim)
	}
	if err := c.checkUnsupported(); err != nil {
		return nil, err
	}
	return a, c.complete(a)
}

func isTrue(b *bool) bool { return b != nil && *b }

func (c *configFile) expertLayout() *expertLayout {
	e := &expertLayout{
		count: c.Experts, perToken: c.ExpertsPerToken,
		intermediate: c.MoEIntermediateSize, sharedIntermediate: c.SharedExpertIntermediateSize,
		normalize: c.NormTopKProb, every: 1, dense: c.MLPOnlyLayers,
	}
	if c.DecoderSparseStep != nil {
		e.every = *c.DecoderSparseStep
	}
	return e
}

// maxSize bounds every dimension, so that products of two fit an int and a
// hostile file cannot ask for all memory.
const (
	maxSize    = 1 << 24
	maxHeadDim = 1 << 16
)

func (a *architecture) checkSizes() error {
	type field struct {
		name  string
		value int
	}
	fields := []field{
		{"hidden_size", a.hidden}, {"num_hidden_layers", a.layers}, {"vocab_size", a.vocab},
		{"num_attention_heads", a.heads}, {"num_key_value_heads", a.kvHeads},
		{"intermediate_size", a.intermediate}, {"max_position_embeddings", a.maxPositions},
	}
	if e := a.experts; e != nil {
		fields = append(fields, field{"num_experts", e.count}, field{"num_experts_per_tok", e.perToken},
			field{"moe_intermediate_size", e.intermediate}, field{"decoder_sparse_step", e.every},
			field{"shared_expert_intermediate_size", e.sharedIntermediate})
	}
	for _, f := range fields {
		if f.value < 1 || f.value > maxSize {
			return fmt.Errorf("%s is %d: want 1 to %d", f.name, f.value, maxSize)
		}
	}
	if a.heads%a.kvHeads != 0 {
		return fmt.Errorf("num_attention_heads %d is not divisible by num_key_value_heads %d", a.heads, a.kvHeads)
	}
	if e := a.experts; e != nil && e.perToken > e.count {
		return fmt.Errorf("num_experts_per_tok %d is more than num_experts %d", e.perToken, e.count)
	}
	return nil
}

// checkUnsupported refuses what would change the result and is not computed
// here.
func (c *configFile) checkUnsupported() error {
	if c.Activation != "silu" {
		return fmt.Errorf("hidden_act %q is not supported: want silu", c.Activation)
	}
	window := c.SlidingWindow != nil && *c.SlidingWindow != 0
	if c.UseSlidingWindow != nil {
		window = *c.UseSlidingWindow
	}
	if window {
		return fmt.Errorf("sliding-window attention is not supported (sliding_window, use_sliding_window)")
	}
	for i, kind := range c.LayerTypes {
		if kind != "full_attention" {
			return fmt.Errorf("layer_types: layer %d is %q: want full_attention", i, kind)
		}
	}
	return nil
}

// complete fills in what needs the checked sizes.
func (c *configFile) complete(a *architecture) error {
	if !(c.RMSNormEps > 0 && c.RMSNormEps < 1) {
		return fmt.Errorf("rms_norm_eps is %v: want a small positive number", c.RMSNormEps)
	}
	dtype := c.DType
	if dtype == "" {
		dtype = c.TorchDType
	}
	if dtype == "" { // versions of transformers disagree about what that means
		return fmt.Errorf("neither dtype nor torch_dtype is there: add the type that the model was trained in")
	}
	var err error
	if a.format, err = compute.ParseFormat(dtype); err != nil {
		return err
	}
	a.rope, err = c.rope(a)
	return err
}

func (c *configFile) rope(a *architecture) (rope, error) {
	p := ropeParameters{}
	if c.RopeScaling != nil {
		p = *c.RopeScaling
	}
	if c.RopeParameters != nil {
		p = *c.RopeParameters
	}
	if p.Theta == nil {
		p.Theta = c.RopeTheta
	}
	if p.Theta == nil {
		theta := 10000.0 // both architectures' default
		p.Theta = &theta
	}
	if !(*p.Theta > 0 && *p.Theta <= math.MaxFloat32) {
		return rope{}, fmt.Errorf("rope_theta is %v: want a positive number", *p.Theta)
	}
	return newRope(p, a.headDim)
}
