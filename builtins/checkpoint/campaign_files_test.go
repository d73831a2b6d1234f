package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

func unchanged(map[string]any) {}

var fileMutations = []mutation{
	{"a shard that the index names is not there", "fp8", refused, "model-00002-of-00002.safetensors", func(m *mutant) {
		m.sharded(unchanged)
		m.remove("model-00002-of-00002.safetensors")
	}},
	{"an index that names a shard of another export", "fp8", refused, "different exports", func(m *mutant) {
		m.sharded(func(index map[string]any) {
			inside(index, "weight_map")[embed] = "model-00002-of-00002.safetensors"
		})
	}},
	{"an index that counts other bytes", "fp8", note, "total_size", func(m *mutant) {
		m.sharded(func(index map[string]any) { inside(index, "metadata")["total_size"] = 12345 })
	}},
	{"an index that leaves a tensor out", "fp8", note, q1, func(m *mutant) {
		m.sharded(func(index map[string]any) { delete(inside(index, "weight_map"), q1+weightName) })
	}},
	{"a tensor in two shards", "fp8", refused, "already in another shard", func(m *mutant) {
		m.sharded(unchanged)
		c := m.tensors[embed]
		c.Name = embed
		file := m.dir + "/model-00002-of-00002.safetensors"
		second, _ := parseSafetensors([]byte(m.read("model-00002-of-00002.safetensors")))
		tensors := []Tensor{c}
		for _, t := range second {
			tensors = append(tensors, t)
		}
		if err := Write(file, tensors); err != nil {
			panic(err)
		}
	}},
	{"an index of shards beside the whole file", "fp8", note, "followed by vLLM", func(m *mutant) {
		whole := m.read(singleFile)
		m.sharded(unchanged)
		m.write(singleFile, whole)
	}},
	{"a shard of an older export beside the whole file", "fp8", note, "model-00001-of-00002.safetensors", func(m *mutant) {
		m.write("model-00001-of-00002.safetensors", m.read(singleFile))
	}},
	{"a truncated file", "fp8", refused, "truncated", func(m *mutant) { m.raw(func(b []byte) []byte { return b[:len(b)-1000] }) }},
	{"a file truncated in its header", "fp8", refused, "truncated", func(m *mutant) { m.raw(func(b []byte) []byte { return b[:100] }) }},
	{"an empty file", "fp8", refused, "truncated", func(m *mutant) { m.raw(func([]byte) []byte { return nil }) }},
	{"a pointer of Git LFS in the place of the weights", "fp8", refused, "Git LFS", func(m *mutant) {
		m.raw(func([]byte) []byte {
			return []byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 1234\n")
		})
	}},
	{"tensors that overlap", "fp8", refused, "overlaps", func(m *mutant) {
		m.raw(func(b []byte) []byte {
			n := binary.LittleEndian.Uint64(b)
			header := b[8 : 8+n]
			i := bytes.Index(header, []byte(layer2+"input_layernorm.weight"))
			j := bytes.Index(header, []byte(norm1))
			from := func(i int) (int, int) {
				start := i + bytes.Index(header[i:], []byte(`"data_offsets":[`)) + len(`"data_offsets":[`)
				return start, start + bytes.IndexByte(header[start:], ']')
			}
			s1, e1 := from(i)
			s2, e2 := from(j)
			value := slices.Clone(header[s2:e2])
			for len(value) < e1-s1 {
				value = append(value, ' ')
			}
			copy(header[s1:e1], value[:e1-s1])
			return b
		})
	}},
}

func inConfig(key string, value any) func(*mutant) {
	return func(m *mutant) { m.json(configFile, func(c map[string]any) { c[key] = value }) }
}

func inModelopt(key string, value any) func(*mutant) {
	return func(m *mutant) {
		m.json(modeloptFile, func(c map[string]any) { inside(c, "quantization")[key] = value })
	}
}

func inGeneration(key string, value any) func(*mutant) {
	return func(m *mutant) { m.json(generationFile, func(c map[string]any) { c[key] = value }) }
}

var settingMutations = []mutation{
	{"rope_theta", "fp8", beside, "rope_theta", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { inside(c, "rope_parameters")["rope_theta"] = 500000. })
	}},
	{"rope_scaling of another kind", "fp8", beside, "rope_type", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { inside(c, "rope_parameters")["rope_type"] = "yarn" })
	}},
	{"rope_scaling with a factor", "fp8", beside, "factor", inConfig("rope_scaling", map[string]any{"rope_type": "linear", "factor": 4.})},
	{"rms_norm_eps", "fp8", beside, "rms_norm_eps", inConfig("rms_norm_eps", 1e-6)},
	{"num_attention_heads", "fp8", beside, "num_attention_heads", inConfig("num_attention_heads", 3)},
	{"num_key_value_heads", "fp8", beside, "num_key_value_heads", inConfig("num_key_value_heads", 1)},
	{"head_dim", "fp8", beside, "head_dim", inConfig("head_dim", 64)},
	{"tie_word_embeddings", "fp8", beside, "tie_word_embeddings", inConfig("tie_word_embeddings", false)},
	{"max_position_embeddings", "fp8", beside, "max_position_embeddings", inConfig("max_position_embeddings", 128)},
	{"hidden_act", "fp8", beside, "hidden_act", inConfig("hidden_act", "gelu")},
	{"num_hidden_layers", "fp8", beside, "num_hidden_layers", inConfig("num_hidden_layers", 3)},
	{"architectures", "fp8", beside, "architectures", inConfig("architectures", []string{"MistralForCausalLM"})},
	{"a sliding_window that the reference has not", "fp8", beside, "sliding_window", inConfig("sliding_window", 128)},
	{"layer_types that the reference has not", "fp8", beside, "layer_types", inConfig("layer_types", []string{"sliding_attention", "full_attention", "sliding_attention", "full_attention"})},
	{"a softcap that the reference has not", "fp8", beside, "attn_logit_softcapping", inConfig("attn_logit_softcapping", 50.)},
	{"attention_bias", "fp8", beside, "attention_bias", inConfig("attention_bias", true)},
	{"num_experts_per_tok", "moe", beside, "num_experts_per_tok", inConfig("num_experts_per_tok", 1)},
	{"norm_topk_prob", "moe", beside, "norm_topk_prob", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { v, _ := c["norm_topk_prob"].(bool); c["norm_topk_prob"] = !v })
	}},
	{"eos_token_id of config.json", "fp8", beside, "eos_token_id", inConfig("eos_token_id", 2)},
	{"config.json is not there", "fp8", note, "config.json", func(m *mutant) { m.remove(configFile) }},
	{"quant_algo of another format", "fp8", note, "declares", inModelopt("quant_algo", "NVFP4")},
	{"config.json and hf_quant_config.json say different formats", "fp8", note, "hf_quant_config.json", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { inside(c, "quantization_config")["quant_algo"] = "NVFP4" })
	}},
	{"only config.json declares a quantized KV cache", "fp8", note, "hf_quant_config.json", func(m *mutant) {
		kvScales(m, 1)
		declareKV(m)
		inModelopt("kv_cache_quant_algo", nil)(m)
	}},
	{"config.json excludes other modules", "fp8", note, q1 + " is excluded from quantization only by config.json", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { inside(c, "quantization_config")["ignore"] = []string{"lm_head", q1} })
	}},
	{"a scale a channel is declared", "fp8", refused, "FP8_PER_CHANNEL_PER_TOKEN", inModelopt("quant_algo", "FP8_PER_CHANNEL_PER_TOKEN")},
	{"weight_block_size of another number", "block", note, "weight_block_size [64 64]", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { inside(c, "quantization_config")["weight_block_size"] = []int{64, 64} })
	}},
	{"weight_block_size of another number, in config.json alone", "block", refused, "weight_block_size [64 64]", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { inside(c, "quantization_config")["weight_block_size"] = []int{64, 64} })
		m.remove(modeloptFile)
	}},
	{"group_size of another number", "nvfp4", note, "group_size", inModelopt("group_size", 32)},
	{"no quantization is declared", "fp8", beside, "declares no quantization", func(m *mutant) {
		m.remove(modeloptFile)
		m.json(configFile, func(c map[string]any) { delete(c, "quantization_config") })
	}},
	{"a declaration in config.json only for FP8", "bf16", note, "declares", inConfig("quantization_config", map[string]any{"quant_method": "modelopt", "quant_algo": "FP8"})},
	{"an excluded module is quantized", "fp8", note, q1 + " is excluded from quantization", func(m *mutant) {
		inModelopt("exclude_modules", []string{"lm_head", "model.embed_tokens", q1})(m)
		m.json(configFile, func(c map[string]any) {
			inside(c, "quantization_config")["ignore"] = []string{"lm_head", "model.embed_tokens", q1}
		})
	}},
	{"a module that is not quantized is not excluded", "fp8", note, q1 + " is stored as bf16", func(m *mutant) {
		bf16 := copyOf(m.t, m.reference)
		m.set(q1+weightName, bf16.tensors[q1+weightName])
		m.delete(q1+scaleName, q1+inputName)
	}},
	{"a head that is not excluded", "fp8", note, "lm_head", func(m *mutant) {
		m.set("lm_head.weight", m.tensors[embed])
		inModelopt("exclude_modules", []string{"model.embed_tokens"})(m)
		m.json(configFile, func(c map[string]any) { inside(c, "quantization_config")["ignore"] = []string{"model.embed_tokens"} })
	}},
	{"another end of generation", "fp8", asked, "eos_token_id", inGeneration("eos_token_id", 2)},
	{"one of two ends of generation", "fp8", asked, "eos_token_id", inGeneration("eos_token_id", []int{1})},
	{"a penalty", "fp8", asked, "repetition_penalty", inGeneration("repetition_penalty", 1.2)},
	{"another temperature", "fp8", asked, "temperature", inGeneration("temperature", 1.)},
	{"no generation_config.json", "fp8", asked, "eos_token_id", func(m *mutant) { m.remove(generationFile) }},
}

func inTokenizer(edit func(map[string]any)) func(*mutant) {
	return func(m *mutant) { m.json(tokenizerFile, edit) }
}

func inTokenizerConfig(key string, value any) func(*mutant) {
	return func(m *mutant) { m.json(tokenizerConfigFile, func(c map[string]any) { c[key] = value }) }
}

const template = `{% for m in messages %}<s>{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}A:{% endif %}`

var tokenizerMutations = []mutation{
	{"a token more", "fp8", note, "vocab", inTokenizer(func(c map[string]any) { inside(c, "model", "vocab")["zzz"] = 512 })},
	{"a vocabulary of another size", "fp8", asked, "10 of 512 tokens", inTokenizer(func(c map[string]any) {
		vocab := inside(c, "model", "vocab")
		for token, id := range vocab {
			if id.(float64) >= 502 {
				delete(vocab, token)
			}
		}
	})},
	{"two tokens exchanged", "fp8", asked, "vocab", inTokenizer(func(c map[string]any) {
		vocab := inside(c, "model", "vocab")
		vocab["a"], vocab["b"] = vocab["b"], vocab["a"]
	})},
	{"merges truncated", "fp8", asked, "merges", inTokenizer(func(c map[string]any) {
		model := inside(c, "model")
		merges := model["merges"].([]any)
		model["merges"] = merges[:len(merges)/2]
	})},
	{"two merges exchanged", "fp8", asked, "merges", inTokenizer(func(c map[string]any) {
		merges := inside(c, "model")["merges"].([]any)
		merges[3], merges[4] = merges[4], merges[3]
	})},
	{"an added token moved", "fp8", asked, "<pad>", inTokenizer(func(c map[string]any) {
		c["added_tokens"].([]any)[2].(map[string]any)["id"] = 511
	})},
	{"an added token missing", "fp8", asked, "<pad>", inTokenizer(func(c map[string]any) { c["added_tokens"] = c["added_tokens"].([]any)[:2] })},
	{"an added token that strips", "fp8", asked, "</s>", inTokenizer(func(c map[string]any) {
		c["added_tokens"].([]any)[1].(map[string]any)["rstrip"] = true
	})},
	{"a normalizer", "fp8", asked, "normalizer", inTokenizer(func(c map[string]any) { c["normalizer"] = map[string]any{"type": "NFC"} })},
	{"another pre-tokenizer", "fp8", asked, "pre_tokenizer", inTokenizer(func(c map[string]any) {
		c["pre_tokenizer"] = map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}
	})},
	{"no beginning of text", "fp8", asked, "post_processor", inTokenizer(func(c map[string]any) { c["post_processor"] = nil })},
	{"another decoder", "fp8", asked, "decoder", inTokenizer(func(c map[string]any) { c["decoder"] = map[string]any{"type": "Fuse"} })},
	{"prompts truncated", "fp8", note, "truncation", inTokenizer(func(c map[string]any) {
		c["truncation"] = map[string]any{"direction": "Right", "max_length": 512, "strategy": "LongestFirst", "stride": 0}
	})},
	{"no tokenizer.json", "fp8", note, tokenizerFile, func(m *mutant) { m.remove(tokenizerFile) }},
	{"a chat template without a generation prompt", "fp8", asked, "chat_template", inTokenizerConfig("chat_template", `{% for m in messages %}<s>{{ m.content }}</s>{% endfor %}`)},
	{"a chat template with a second BOS", "fp8", asked, "chat_template", inTokenizerConfig("chat_template", `<s>`+template)},
	{"no chat template", "fp8", asked, "chat_template", func(m *mutant) {
		m.json(tokenizerConfigFile, func(c map[string]any) { delete(c, "chat_template") })
	}},
	{"a template in a file that wins over the reference's", "fp8", asked, "chat_template", func(m *mutant) { m.write("chat_template.jinja", "{{ messages[0].content }}") }},
	{"special tokens exchanged", "fp8", asked, "eos_token", func(m *mutant) {
		inTokenizerConfig("eos_token", "<pad>")(m)
		inTokenizerConfig("pad_token", "</s>")(m)
	}},
	{"add_bos_token", "fp8", asked, "add_bos_token", inTokenizerConfig("add_bos_token", true)},
}

// harmless are changes that make no beside, and of which the audit says nothing.
var harmless = []mutation{
	{"shards", "fp8", clean, "", func(m *mutant) { m.sharded(unchanged) }},
	{"an index of one file", "fp8", clean, "", func(m *mutant) {
		weights := map[string]any{}
		for name := range m.tensors {
			weights[name] = singleFile
		}
		text, err := json.Marshal(map[string]any{"weight_map": weights})
		require.NoError(m.t, err)
		m.write(indexFile, string(text))
	}},
	{"an index without bytes", "fp8", clean, "", func(m *mutant) { m.sharded(func(i map[string]any) { delete(i, "metadata") }) }},
	{"another order of keys and other whitespace", "fp8", clean, "", func(m *mutant) {
		for _, file := range []string{configFile, modeloptFile, tokenizerFile, tokenizerConfigFile, generationFile} {
			m.json(file, unchanged)
		}
	}},
	{"metadata of the file", "fp8", clean, "", func(m *mutant) {
		m.raw(func(b []byte) []byte {
			require.Contains(m.t, string(b), `{"format":"pt"}`)
			return bytes.Replace(b, []byte(`{"format":"pt"}`), []byte(`{"format":"tf"}`), 1)
		})
	}},
	{"files that no engine reads", "fp8", clean, "", func(m *mutant) {
		m.write("README.md", "#")
		m.write("training_args.bin", "x")
		m.write("special_tokens_map.json", "{}")
	}},
	{"the tied head stored as well", "fp8", clean, "", func(m *mutant) { m.set("lm_head.weight", m.tensors[embed]) }},
	{"a type that is written otherwise", "fp8", clean, "", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { delete(c, "dtype"); c["torch_dtype"] = "bfloat16" })
	}},
	{"defaults written out", "fp8", clean, "", func(m *mutant) {
		m.json(configFile, func(c map[string]any) {
			c["transformers_version"], c["mlp_bias"], c["pretraining_tp"], c["sliding_window"] = "5.17.0", false, 1, nil
			c["layer_types"] = []string{"full_attention", "full_attention", "full_attention", "full_attention"}
		})
		m.json(generationFile, func(c map[string]any) { c["top_p"], c["repetition_penalty"], c["_from_model_config"] = 1., 1., true })
	}},
	{"rope_theta as transformers 4 writes it", "fp8", clean, "", func(m *mutant) {
		m.json(configFile, func(c map[string]any) { delete(c, "rope_parameters"); c["rope_theta"] = 10000. })
	}},
	{"merges as pairs", "fp8", clean, "", inTokenizer(func(c map[string]any) {
		merges := inside(c, "model")["merges"].([]any)
		for i, merge := range merges {
			if text, ok := merge.(string); ok {
				left, right, _ := strings.Cut(text, " ")
				merges[i] = []string{left, right}
			} else {
				pair := merge.([]any)
				merges[i] = pair[0].(string) + " " + pair[1].(string)
			}
		}
	})},
	{"a tokenizer as transformers 5 writes it", "fp8", clean, "", func(m *mutant) {
		m.json(tokenizerFile, func(c map[string]any) { c["padding"] = map[string]any{"strategy": "BatchLongest", "pad_id": 2} })
		m.json(tokenizerConfigFile, func(c map[string]any) {
			c["tokenizer_class"], c["backend"], c["model_max_length"] = "TokenizersBackend", "tokenizers", 1e30
			c["eos_token"] = map[string]any{"__type": "AddedToken", "content": "</s>", "lstrip": false}
		})
	}},
	{"the chat template in its own file", "fp8", clean, "", func(m *mutant) {
		m.json(tokenizerConfigFile, func(c map[string]any) { delete(c, "chat_template") })
		m.write("chat_template.jinja", template)
	}},
	{"the order of ends of generation", "fp8", clean, "", inGeneration("eos_token_id", []int{2, 1})},
	{"KV scales of 1", "fp8", clean, "", func(m *mutant) { kvScales(m, 1); declareKV(m) }},
	{"a weight kept in high precision and excluded", "fp8", clean, "", func(m *mutant) {
		bf16 := copyOf(m.t, m.reference)
		m.set(q1+weightName, bf16.tensors[q1+weightName])
		m.delete(q1+scaleName, q1+inputName)
		excluded := []string{"lm_head", "model.embed_tokens", q1}
		inModelopt("exclude_modules", excluded)(m)
		m.json(configFile, func(c map[string]any) { inside(c, "quantization_config")["ignore"] = excluded })
	}},
	{"scales of a quantizer that clips", "fp8", clean, "", func(m *mutant) {
		l, err := open(m.t, m.reference).Linear(q1)
		if err != nil {
			panic(err)
		}
		s, _ := m.tensors[q1+scaleName].Float32()
		m.set(q1+weightName, Tensor{DType: DTypeE4M3, Shape: []int{l.N, l.K}, Data: encodeFP8(l, s[0]*1.5)})
		m.floats(q1+scaleName, func(v float32) float32 { return v * 1.5 })
	}},
	{"an expert that saw inputs a tenth as large", "moe", clean, "", times1(expert3+"down_proj.input_scale", .1)},
}
