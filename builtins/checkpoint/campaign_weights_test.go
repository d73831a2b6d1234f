package checkpoint

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/stretchr/testify/require"
)

// A mutation changes a checkpoint made from a model, and says what the audit
// has to find where.
type mutation struct {
	name  string
	of    string // the deployment
	where string
	want  string // parts of the finding, between dots (…)
	edit  func(*mutant)
}

const (
	layer0, layer1, layer2 = "model.layers.0.", "model.layers.1.", "model.layers.2."
	q1, k1, v1, o1         = layer1 + "self_attn.q_proj", layer1 + "self_attn.k_proj", layer1 + "self_attn.v_proj", layer1 + "self_attn.o_proj"
	gate1, up1, down1      = layer1 + "mlp.gate_proj", layer1 + "mlp.up_proj", layer1 + "mlp.down_proj"
	norm1                  = layer1 + "input_layernorm.weight"
	embed                  = "model.embed_tokens.weight"
	expert3                = layer1 + "mlp.experts.3."
)

// interleaved is the row of half-split rotary heads that row i of interleaved
// ones is.
func interleaved(i int) int {
	const head = 32
	return i/head*head + i%head/2 + i%2*head/2
}

func swap(a, b string) func(*mutant) {
	return func(m *mutant) {
		before := *m
		before.tensors = map[string]Tensor{}
		for name, t := range m.tensors {
			before.tensors[name] = t
		}
		m.move(a, b)
		for _, suffix := range []string{weightName, scaleName, inverseName, globalName, inputName} {
			if t, ok := before.tensors[a+suffix]; ok {
				m.set(b+suffix, t)
			}
		}
	}
}

// columns puts the column from(i) of a matrix of 1 or 2 bytes an element in the
// place of column i.
func columns(name string, from func(i int) int) func(*mutant) {
	return func(m *mutant) {
		old, t := m.tensors[name].Data, m.tensor(name)
		n, k := t.Shape[0], t.Shape[1]
		size := len(old) / n / k
		for row := range n {
			for i := range k {
				copy(t.Data[(row*k+i)*size:(row*k+i+1)*size], old[(row*k+from(i))*size:])
			}
		}
	}
}

var weightMutations = []mutation{
	{"a weight is missing", "fp8", fault, "no tensor " + q1, func(m *mutant) { m.delete(q1 + weightName) }},
	{"a layer is missing", "nvfp4", fault, "no tensor " + q1, func(m *mutant) {
		for name := range m.tensors {
			if len(name) > len(layer1) && name[:len(layer1)] == layer1 {
				delete(m.tensors, name)
			}
		}
		m.edited = true
	}},
	{"a norm is missing", "fp8", beside, norm1, func(m *mutant) { m.delete(norm1) }},
	{"a norm of ones", "fp8", beside, norm1, func(m *mutant) {
		t := m.tensor(norm1)
		for i := range t.Len() {
			binary.LittleEndian.PutUint16(t.Data[2*i:], Float32ToBF16(1))
		}
	}},
	{"a norm with 1 taken off, as Gemma stores it", "fp8", beside, norm1, func(m *mutant) {
		t := m.tensor(norm1)
		values, _ := t.Float32()
		for i, v := range values {
			binary.LittleEndian.PutUint16(t.Data[2*i:], Float32ToBF16(v-1))
		}
	}},
	{"a norm of another layer", "fp8", beside, norm1, func(m *mutant) { m.set(norm1, m.tensors[layer2+"input_layernorm.weight"]) }},
	{"a norm in bf16 said to be f16", "fp8", beside, norm1 + " holds BF16 and is said to be F16", func(m *mutant) {
		t := m.tensor(norm1)
		t.DType = DTypeF16
		m.set(norm1, t)
	}},
	{"the embeddings in bf16 said to be f16", "fp8", fault, "wrong element type: …bf16", func(m *mutant) {
		t := m.tensor(embed)
		t.DType = DTypeF16
		m.set(embed, t)
	}},
	{"a weight in bf16 said to be f16", "bf16", fault, "wrong element type: …bf16", func(m *mutant) {
		t := m.tensor(up1 + weightName)
		t.DType = DTypeF16
		m.set(up1+weightName, t)
	}},
	{"a shape transposed, the data not", "fp8", fault, "[192, 576]", func(m *mutant) {
		t := m.tensor(up1 + weightName)
		t.Shape = []int{t.Shape[1], t.Shape[0]}
		m.set(up1+weightName, t)
	}},
	{"a square weight transposed", "fp8", fault, "transposed", func(m *mutant) {
		t := m.tensor(o1 + weightName)
		old := slices.Clone(t.Data)
		for i := range old {
			t.Data[i] = old[i%192*192+i/192]
		}
	}},
	{"a square weight transposed, not quantized", "bf16", fault, "transposed", func(m *mutant) {
		t := m.tensor(o1 + weightName)
		old := slices.Clone(t.Data)
		for i := range len(old) / 2 {
			copy(t.Data[2*i:2*i+2], old[2*(i%192*192+i/192):])
		}
	}},
	{"rotary halves of q interleaved", "fp8", fault, "another order: …interleaved", func(m *mutant) { m.rows(q1, interleaved) }},
	{"rotary halves of k interleaved, NVFP4", "nvfp4", fault, "another order: …interleaved", func(m *mutant) { m.rows(k1, interleaved) }},
	{"rotary halves of q split twice", "bf16", fault, "another order: …interleaved", func(m *mutant) {
		back := make([]int, 192)
		for i := range back {
			back[interleaved(i)] = i
		}
		m.rows(q1, func(i int) int { return back[i] })
	}},
	{"heads of q in another order", "fp8", fault, "row", func(m *mutant) {
		m.rows(q1, func(i int) int { return []int{0, 2, 4, 1, 3, 5}[i/32]*32 + i%32 })
	}},
	{"columns of o in another order of heads", "fp8", fault, "column", columns(o1+weightName, func(i int) int { return []int{0, 2, 4, 1, 3, 5}[i/32]*32 + i%32 })},
	{"rows of the embeddings shifted by one", "nvfp4", fault, "row", func(m *mutant) {
		m.rows("model.embed_tokens", func(i int) int { return max(i-1, 0) })
	}},
	{"the two halves of a weight exchanged", "nvfp4", fault, "halves", func(m *mutant) { m.rows(up1, func(i int) int { return (i + 288) % 576 }) }},
	{"a shard of rows never written", "fp8", fault, "all zeros: …row 96", func(m *mutant) { clear(m.tensor(q1 + weightName).Data[96*192:]) }},
	{"gate and up exchanged", "fp8", fault, "the weight of " + up1, swap(gate1, up1)},
	{"k and v exchanged, blocks", "block", fault, "the weight of " + v1, swap(k1, v1)},
	{"q and o exchanged, not quantized", "bf16", fault, "the weight of " + o1, swap(q1, o1)},
	{"a weight of another layer", "fp8", fault, "another layer's weight: …the weight of " + layer2 + "mlp.up_proj", func(m *mutant) { m.move(up1, layer2+"mlp.up_proj") }},
	{"a weight of another layer, NVFP4", "nvfp4", fault, "another layer's weight: …the weight of " + layer0 + "mlp.down_proj", func(m *mutant) { m.move(down1, layer0+"mlp.down_proj") }},
	{"a weight of another layer, not quantized", "bf16", fault, "another layer's weight: …the weight of " + layer2 + "self_attn.k_proj", func(m *mutant) { m.move(k1, layer2+"self_attn.k_proj") }},
	{"two experts exchanged", "moe", fault, "another layer's weight: …the weight of " + layer1 + "mlp.experts.5.up_proj", swap(expert3+"up_proj", layer1+"mlp.experts.5.up_proj")},
	{"a router of another layer", "moe", fault, "another layer's weight: …the weight of " + layer0 + "mlp.gate", func(m *mutant) { m.move(layer1+"mlp.gate", layer0+"mlp.gate") }},
	{"an expert is missing", "moe", fault, "no tensor " + expert3, func(m *mutant) { m.delete(expert3+"up_proj.weight", expert3+"up_proj.weight_scale") }},
	{"a weight times 2", "bf16", fault, "2 times", func(m *mutant) {
		t := m.tensor(up1 + weightName)
		values, _ := t.Float32()
		for i, v := range values {
			binary.LittleEndian.PutUint16(t.Data[2*i:], Float32ToBF16(2*v))
		}
	}},
	{"a NaN among the weights", "bf16", fault, "NaN", func(m *mutant) {
		binary.LittleEndian.PutUint16(m.tensor(up1 + weightName).Data[20:], Float32ToBF16(float32(math.NaN())))
	}},
	{"an infinity among the weights", "bf16", fault, up1, func(m *mutant) {
		binary.LittleEndian.PutUint16(m.tensor(up1 + weightName).Data[20:], Float32ToBF16(float32(math.Inf(1))))
	}},
	{"an infinity in a norm", "fp8", beside, norm1, func(m *mutant) {
		binary.LittleEndian.PutUint16(m.tensor(norm1).Data[20:], Float32ToBF16(float32(math.Inf(1))))
	}},
	{"a head that is not the embeddings it is tied to", "fp8", fault, "lm_head…ties the head", func(m *mutant) {
		t := m.tensor(embed)
		old := slices.Clone(t.Data)
		copy(t.Data, old[2*192:])
		m.set("lm_head.weight", t)
		t.Data = old
		m.set(embed, t)
	}},
	{"a bias that the reference has not", "fp8", note, q1 + ".bias", func(m *mutant) { m.set(q1+".bias", m.tensors[norm1]) }},
	{"a zero-point of symmetric weights", "fp8", note, q1 + ".weight_zero_point", func(m *mutant) {
		m.set(q1+".weight_zero_point", Tensor{DType: "I8", Shape: []int{1}, Data: []byte{0}})
	}},
	{"factors that smooth activations, of another algorithm", "nvfp4", note, down1 + ".pre_quant_scale", func(m *mutant) {
		m.set(down1+".pre_quant_scale", m.tensors[norm1])
	}},
}

func times(module string, factor float32) func(*mutant) {
	return func(m *mutant) {
		name := module + scaleName
		if _, ok := m.tensors[module+globalName]; ok {
			name = module + globalName
		} else if _, ok := m.tensors[module+inverseName]; ok {
			name = module + inverseName
		}
		m.floats(name, func(v float32) float32 { return v * factor })
	}
}

func scaled(name string, value float32) func(*mutant) {
	return func(m *mutant) { m.floats(name, func(float32) float32 { return value }) }
}

var scaleMutations = []mutation{
	{"a scale of zero", "fp8", fault, q1, scaled(q1+scaleName, 0)},
	{"a scale that is NaN", "fp8", fault, "NaN", scaled(q1+scaleName, float32(math.NaN()))},
	{"a scale that is infinite", "nvfp4", fault, "+Inf", scaled(q1+globalName, float32(math.Inf(1)))},
	{"a negative scale", "block", fault, "not negative", scaled(q1+inverseName, -1)},
	{"a scale of 1", "fp8", fault, "no scale was stored", scaled(q1+scaleName, 1)},
	{"a scale inverted", "nvfp4", fault, "divided by weight_scale_2", func(m *mutant) {
		m.floats(q1+globalName, func(v float32) float32 { return 1 / v })
	}},
	{"a scale twice as large", "block", fault, "2 times", times(q1, 2)},
	{"a scale 2 % too large", "fp8", fault, "1.019 times", times(q1, 1.02)},
	{"a scale 2^-7 as large", "nvfp4", fault, "0.00", times(q1, 1./128)},
	{"a maximum for a scale", "fp8", fault, "divided by 448", times(q1, 448)},
	{"a maximum for a scale, NVFP4", "nvfp4", fault, "2688", times(q1, 2688)},
	{"one block's scale of zero", "block", fault, "row", func(m *mutant) { clear(m.tensor(q1 + inverseName).Data[:4]) }},
	{"a scale a channel where one a tensor is read", "fp8", fault, "shape [192]", func(m *mutant) {
		s, _ := m.tensors[q1+scaleName].Float32()
		m.set(q1+scaleName, Tensor{DType: DTypeF32, Shape: []int{192}, Data: float32Bytes(slices.Repeat(s, 192)...)})
	}},
	{"scales of blocks of 64", "block", fault, "does not fit a weight", func(m *mutant) {
		m.set(q1+inverseName, Tensor{DType: DTypeF32, Shape: []int{3, 3}, Data: make([]byte, 36)})
	}},
	{"scales of groups of 32 in the place of 16", "nvfp4", fault, "does not fit a weight", func(m *mutant) {
		t := m.tensors[q1+scaleName]
		m.set(q1+scaleName, Tensor{DType: DTypeE4M3, Shape: []int{192, 6}, Data: t.Data[:192*6]})
	}},
	{"E8M0 scales in the place of E4M3", "nvfp4", fault, "F8_E8M0", func(m *mutant) {
		t := m.tensor(q1 + scaleName)
		t.DType = "F8_E8M0"
		m.set(q1+scaleName, t)
	}},
	{"scales rounded to powers of two under codes that were not", "block", fault, q1, func(m *mutant) {
		m.floats(q1+inverseName, func(v float32) float32 { return float32(math.Exp2(math.Ceil(math.Log2(float64(v))))) })
	}},
	{"E8M0 bytes said to be E4M3", "nvfp4", fault, "wrong element type: …E8M0 scales", func(m *mutant) {
		// What a writer of MXFP4 does, in groups of 16: powers of two for scales.
		l, err := open(m.t, m.reference).Linear(q1)
		require.NoError(m.t, err)
		t := m.tensor(q1 + scaleName)
		powers, bytes := make([]byte, len(t.Data)), t.Data
		for i, code := range t.Data {
			exponent := math.Ceil(math.Log2(math.Max(float64(e4m3Values[code]), 1./64)))
			powers[i], bytes[i] = Float32ToE4M3(float32(math.Exp2(exponent))), byte(127+exponent)
		}
		global, _ := m.tensors[q1+globalName].Float32()
		w := m.tensors[q1+weightName]
		w.Data = encodeNVFP4(l, powers, global[0])
		m.set(q1+weightName, w)
	}},
	{"nibbles in the other order", "nvfp4", fault, "high nibble", func(m *mutant) {
		t := m.tensor(q1 + weightName)
		for i, b := range t.Data {
			t.Data[i] = b<<4 | b>>4
		}
	}},
	{"two's complement nibbles", "nvfp4", fault, q1, func(m *mutant) {
		t := m.tensor(q1 + weightName)
		for i, b := range t.Data {
			t.Data[i] = b ^ 0x88
		}
	}},
	{"an input_scale is missing", "fp8", fault, inputName, func(m *mutant) { m.delete(q1 + inputName) }},
	{"an input_scale of zero", "nvfp4", fault, inputName, scaled(q1+inputName, 0)},
	{"an input_scale that is NaN", "fp8", fault, inputName, scaled(q1+inputName, float32(math.NaN()))},
	{"an input_scale not divided by 448", "fp8", note, q1, times448(q1, k1, v1)},
	{"all input_scales not divided by 448", "fp8", note, inputName, func(m *mutant) {
		for name := range m.tensors {
			if len(name) > len(inputName) && name[len(name)-len(inputName):] == inputName {
				m.floats(name, func(v float32) float32 { return 448 * v })
			}
		}
	}},
	{"an expert that calibration never reached", "moe", note, expert3 + "down_proj", scaled(expert3+"down_proj.input_scale", 1e-4/448)},
	{"an expert's input_scale of zero", "moe", fault, expert3 + "up_proj", scaled(expert3+"up_proj.input_scale", 0)},
	{"siblings with different input_scale", "fp8", note, "different input_scale", times1(q1+inputName, 2)},
	{"siblings with different weight_scale_2", "nvfp4", note, "different weight_scale_2", func(m *mutant) {
		m.floats(q1+globalName, func(v float32) float32 { return v / 2 })
		t := m.tensor(q1 + scaleName)
		for i, code := range t.Data {
			t.Data[i] = Float32ToE4M3(2 * e4m3Values[code])
		}
	}},
	{"a KV cache declared without scales", "fp8", note, "no k_scale or v_scale", declareKV},
	{"KV scales without a declaration", "fp8", note, "no KV cache quantization is declared", func(m *mutant) { kvScales(m, .1) }},
	{"a KV scale missing of one layer", "fp8", note, k1, func(m *mutant) {
		kvScales(m, 1)
		declareKV(m)
		m.delete(k1 + ".k_scale")
	}},
	{"a KV scale of zero", "fp8", fault, k1 + ".k_scale", func(m *mutant) {
		kvScales(m, 1)
		declareKV(m)
		m.floats(k1+".k_scale", func(float32) float32 { return 0 })
	}},
	{"a KV scale that is NaN", "fp8", fault, v1 + ".v_scale", func(m *mutant) {
		kvScales(m, 1)
		declareKV(m)
		m.floats(v1+".v_scale", func(float32) float32 { return float32(math.NaN()) })
	}},
}

func times448(modules ...string) func(*mutant) {
	return func(m *mutant) {
		for _, module := range modules {
			m.floats(module+inputName, func(v float32) float32 { return 448 * v })
		}
	}
}

func times1(name string, factor float32) func(*mutant) {
	return func(m *mutant) { m.floats(name, func(v float32) float32 { return factor * v }) }
}

func declareKV(m *mutant) {
	m.json(modeloptFile, func(c map[string]any) { inside(c, "quantization")["kv_cache_quant_algo"] = "FP8" })
	m.json(configFile, func(c map[string]any) {
		inside(c, "quantization_config")["kv_cache_scheme"] = map[string]any{"dynamic": false, "num_bits": 8, "type": "float"}
	})
}

func kvScales(m *mutant, value float32) {
	for _, layer := range []string{layer0, layer1, layer2, "model.layers.3."} {
		m.set(layer+"self_attn.k_proj.k_scale", scalarTensor("", value))
		m.set(layer+"self_attn.v_proj.v_scale", scalarTensor("", value))
	}
}
