package checkpoint

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// computesNothing lists the keys of config.json that do not change what a
// checkpoint computes: how it is stored, loaded or trained, and the ids of
// tokens that an evaluation takes from the tokenizer.
var computesNothing = []string{
	"quantization_config", "compression_config", "dtype", "torch_dtype", "transformers_version", "use_cache", "auto_map",
	"initializer_range", "attention_dropout", "hidden_dropout", "residual_dropout", "dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop",
	"classifier_dropout", "output_router_logits", "router_aux_loss_coef", "output_attentions", "output_hidden_states", "return_dict",
	"pretraining_tp", "bos_token_id", "pad_token_id",
}

// settings compares what config.json says in the two checkpoints. A setting
// that the reference has and the model not may have another name in another
// release of transformers, whose defaults it then has: where the two were
// written by different ones it is a note. Settings that only the model has are
// mostly such defaults written out; those that decide what is computed are
// treated in the same way.
func settings(model, reference *Checkpoint) (differences []Difference, notes []string) {
	got, release, err := settingsOf(model.dir)
	if err != nil {
		return nil, []string{fmt.Sprintf("settings were not compared: %v", err)}
	}
	want, written, err := settingsOf(reference.dir)
	if err != nil {
		return nil, []string{fmt.Sprintf("settings were not compared: %v", err)}
	}
	if len(want) > 0 && !exists(filepath.Join(model.dir, configFile)) {
		return nil, []string{fmt.Sprintf("%s is not in the model, and its settings were not compared", configFile)}
	}
	if len(got) == 0 || len(want) == 0 {
		return nil, nil
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		value, ok := got[key]
		if ok && reflect.DeepEqual(value, want[key]) {
			continue
		}
		if !ok && release != written {
			notes = append(notes, fmt.Sprintf("config.json says nothing of %s, the reference's %s", key, inJSON(want[key])))
			continue
		}
		finding := fmt.Sprintf("config.json: %s is %s, in the reference %s", key, inJSON(value), inJSON(want[key]))
		if !ok {
			finding = fmt.Sprintf("config.json says nothing of %s, which is %s in the reference", key, inJSON(want[key]))
		}
		differences = append(differences, Difference{Name: key, Setting: true, Finding: finding})
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; ok || !decides(key, got) {
			continue
		}
		finding := fmt.Sprintf("%s: %s is %s, of which the reference's says nothing", configFile, key, inJSON(got[key]))
		if release != written {
			notes = append(notes, finding)
			continue
		}
		differences = append(differences, Difference{Name: key, Setting: true, Finding: finding})
	}
	return differences, notes
}

// neutral are settings that change what is computed, with the value at which
// they do not; nil where any does.
var neutral = map[string]any{
	"rope_type": nil, "rope_theta": 10000., "factor": 1., "partial_rotary_factor": 1.,
	"sliding_window": nil, "attention_chunk_size": nil, "layer_types": nil,
	"attn_logit_softcapping": nil, "final_logit_softcapping": nil, "clip_qkv": nil,
	"logit_scale": 1., "logits_scaling": 1., "embedding_multiplier": 1., "residual_multiplier": 1., "attention_multiplier": nil,
	"attention_bias": false, "mlp_bias": false, "qkv_bias": false, "qk_norm": false, "use_qk_norm": false,
}

// decides reports whether the setting key of values changes what is computed,
// when others say nothing of it.
func decides(key string, values map[string]any) bool {
	at, known := neutral[lastElement(key)]
	value := values[key]
	switch {
	case !known || reflect.DeepEqual(value, at):
		return false
	case lastElement(key) == "sliding_window":
		return values[parentModule(key)+"use_sliding_window"] != false
	case lastElement(key) == "layer_types":
		list, _ := value.([]any)
		return slices.ContainsFunc(list, func(kind any) bool { return kind != "full_attention" })
	}
	return true
}

// inJSON writes a setting as config.json may, and numbers as people do.
func inJSON(value any) string {
	if number, ok := value.(float64); ok && number != math.Trunc(number) {
		return strconv.FormatFloat(number, 'g', -1, 64)
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(text.String())
}

// settingsOf reads the settings of a checkpoint's config.json that decide what
// it computes, nested ones under names with dots, and the release of
// transformers that wrote it. There are none without the file.
func settingsOf(dir string) (values map[string]any, release string, err error) {
	var config map[string]any
	if _, err := readJSON(filepath.Join(dir, configFile), &config); err != nil {
		return nil, "", err
	}
	release, _ = config["transformers_version"].(string)
	values = map[string]any{}
	flatten(values, "", config)
	return values, release, nil
}

// renamed are settings that transformers 5 holds in rope_parameters, or under
// another name.
var renamed = map[string]string{
	"rope_theta": "rope_parameters.rope_theta", "rotary_emb_base": "rope_parameters.rope_theta",
	"partial_rotary_factor": "rope_parameters.partial_rotary_factor", "rotary_pct": "rope_parameters.partial_rotary_factor",
	"rope_scaling":                                 "rope_parameters",
	"rope_parameters.full_attention":               "rope_parameters", // of Gemma 3, by kind of layer
	"rope_parameters.sliding_attention.rope_theta": "rope_local_base_freq",
	"num_experts":                                  "num_local_experts",
}

// flatten writes the settings of config into values, under the names of
// transformers 5.
func flatten(values map[string]any, prefix string, config map[string]any) {
	for key, value := range config {
		if value == nil || strings.HasPrefix(key, "_") || slices.Contains(computesNothing, key) {
			continue
		}
		name, rope := prefix+key, strings.Contains(prefix, "rope_parameters.")
		if rope && (key == "type" || key == "rope_type") {
			if value == "default" {
				continue
			}
			name = prefix + "rope_type"
		} else if to, ok := renamed[key]; ok && !rope {
			name = prefix + to
		} else if i := strings.LastIndex(name, "rope_parameters."); i >= 0 {
			if to, ok := renamed[name[i:]]; ok {
				name = name[:i] + to
			}
		}
		if nested, ok := value.(map[string]any); ok {
			flatten(values, name+".", nested)
			continue
		}
		values[name] = value
	}
}
