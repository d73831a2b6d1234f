package embedded

import (
	"fmt"
	"math"

	"adkernel/builtins/engine/embedded/internal/compute"
)

// ropeParameters are rope_scaling of config.json, or transformers 5's
// rope_parameters.
type ropeParameters struct {
	Type   string   `json:"rope_type"`
	OldKey string   `json:"type"` // rope_type in old files
	Theta  *float64 `json:"rope_theta"`

	Factor           float64  `json:"factor"`
	LowFreqFactor    float64  `json:"low_freq_factor"`
	HighFreqFactor   float64  `json:"high_freq_factor"`
	OriginalContext  float64  `json:"original_max_position_embeddings"`
	PartialRotary    *float64 `json:"partial_rotary_factor"`
	AttentionScaling *float64 `json:"attention_factor"`
}

// rope is rotary position embedding (Su et al., RoFormer, 2021) with the two
// halves of a head rotated against each other, as Hugging Face lays Llama out.
type rope struct {
	frequencies []float32 // [headDim/2], radians a position
}

func newRope(p ropeParameters, headDim int) (rope, error) {
	kind := p.Type
	if kind == "" {
		kind = p.OldKey
	}
	if p.PartialRotary != nil && *p.PartialRotary != 1 {
		return rope{}, fmt.Errorf("partial_rotary_factor %v is not supported: want 1", *p.PartialRotary)
	}
	if p.AttentionScaling != nil && *p.AttentionScaling != 1 {
		return rope{}, fmt.Errorf("rope attention_factor %v is not supported: want 1", *p.AttentionScaling)
	}
	r := rope{frequencies: make([]float32, headDim/2)}
	for i := range r.frequencies {
		// In float32, step by step, as PyTorch computes inv_freq.
		exponent := float32(2*i) / float32(headDim)
		r.frequencies[i] = 1 / float32(math.Pow(*p.Theta, float64(exponent)))
	}
	switch kind {
	case "", "default":
	case "linear":
		return r, r.slowDown(p)
	case "llama3":
		return r, r.stretch(p)
	default:
		return rope{}, fmt.Errorf("rope_type %q is not supported: want default, linear or llama3", kind)
	}
	return r, nil
}

func (r rope) slowDown(p ropeParameters) error {
	if !(p.Factor >= 1) {
		return fmt.Errorf("rope factor %v: want 1 or more", p.Factor)
	}
	for i := range r.frequencies {
		r.frequencies[i] /= float32(p.Factor)
	}
	return nil
}

// stretch is Llama 3.1's scaling: wavelengths beyond the original context are
// slowed by factor, short ones left alone, and those between interpolated.
func (r rope) stretch(p ropeParameters) error {
	if !(p.Factor >= 1) || !(p.LowFreqFactor > 0) || !(p.HighFreqFactor > p.LowFreqFactor) || !(p.OriginalContext > 0) {
		return fmt.Errorf("rope_type llama3 with factor %v, low_freq_factor %v, high_freq_factor %v, original_max_position_embeddings %v: "+
			"want factor >= 1, 0 < low < high, a positive context", p.Factor, p.LowFreqFactor, p.HighFreqFactor, p.OriginalContext)
	}
	for i, f := range r.frequencies {
		wavelength := 2 * math.Pi / float64(f)
		switch {
		case wavelength < p.OriginalContext/p.HighFreqFactor:
		case wavelength > p.OriginalContext/p.LowFreqFactor:
			r.frequencies[i] = f / float32(p.Factor)
		default:
			smooth := (p.OriginalContext/wavelength - p.LowFreqFactor) / (p.HighFreqFactor - p.LowFreqFactor)
			r.frequencies[i] = float32((1-smooth)*float64(f)/p.Factor + smooth*float64(f))
		}
	}
	return nil
}

// A rotation holds cosines and sines for every position, [positions,
// headDim/2] each, rounded to the activation format as transformers rounds
// them.
type rotation struct {
	half     int
	cos, sin []float32
}

func (r rope) rotation(positions int, format compute.Format) *rotation {
	half := len(r.frequencies)
	t := &rotation{half: half, cos: make([]float32, positions*half), sin: make([]float32, positions*half)}
	for p := range positions {
		for i, f := range r.frequencies {
			sin, cos := math.Sincos(float64(float32(p) * f))
			t.cos[p*half+i], t.sin[p*half+i] = float32(cos), float32(sin)
		}
	}
	format.Round(t.cos)
	format.Round(t.sin)
	return t
}

// apply rotates every head of x, a row of heads, for a token at position.
// Products and sum are rounded one by one, as PyTorch's separate operations do.
func (t *rotation) apply(x []float32, position int, format compute.Format) {
	cos, sin := t.cos[position*t.half:][:t.half], t.sin[position*t.half:][:t.half]
	defer format.Round(x)
	compute.WithScratch(4*t.half, func(products []float32) {
		h := t.half
		ac, bs, bc, as := products[:h], products[h:2*h], products[2*h:3*h], products[3*h:4*h]
		for head := x; len(head) > 0; head = head[2*h:] {
			a, b := head[:h], head[h:2*h]
			for i, c := range cos {
				s := sin[i]
				ac[i], bs[i], bc[i], as[i] = a[i]*c, b[i]*s, b[i]*c, a[i]*s
			}
			format.Round(products)
			for i := range a {
				a[i], b[i] = ac[i]-bs[i], bc[i]+as[i]
			}
		}
	})
}
