package checkpoint

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
)

// generationDefaults are the settings of generation that change an output,
// with what transformers takes where nothing is said (GenerationConfig of 4.57).
var generationDefaults = []struct {
	key     string
	neutral any
}{
	{"do_sample", false}, {"temperature", 1.}, {"top_k", 50.}, {"top_p", 1.}, {"min_p", 0.}, {"typical_p", 1.},
	{"repetition_penalty", 1.}, {"encoder_repetition_penalty", 1.}, {"presence_penalty", 0.}, {"frequency_penalty", 0.},
	{"no_repeat_ngram_size", 0.}, {"num_beams", 1.}, {"max_new_tokens", nil}, {"min_new_tokens", nil},
	{"suppress_tokens", nil}, {"begin_suppress_tokens", nil}, {"bad_words_ids", nil}, {"forced_bos_token_id", nil}, {"forced_eos_token_id", nil},
}

// compareGeneration compares generation_config.json, which vLLM, SGLang and
// transformers take the end of an output and the settings of sampling from
// where a request does not give them.
func compareGeneration(c *comparison, model, reference string) error {
	if !exists(filepath.Join(model, generationFile)) && !exists(filepath.Join(reference, generationFile)) {
		return nil // what config.json says is compared with the other settings
	}
	got, err := generationOf(model)
	if err != nil {
		return err
	}
	want, err := generationOf(reference)
	if err != nil {
		return err
	}
	if !slices.Equal(got.ends, want.ends) && len(want.ends) > 0 {
		name := "eos_token_id is %s"
		if !got.there {
			name = "it is not there, and eos_token_id of config.json is %s"
		}
		c.differs("eos_token_id", name+", in the reference %s: outputs end at other tokens", inJSON(got.ends), inJSON(want.ends))
	}
	for _, setting := range generationDefaults {
		a, b := got.setting(setting.key, setting.neutral), want.setting(setting.key, setting.neutral)
		if !reflect.DeepEqual(a, b) {
			c.differs(setting.key, "%s is %s, in the reference %s", setting.key, inJSON(a), inJSON(b))
		}
	}
	return nil
}

// A generation is what a checkpoint says of outputs.
type generation struct {
	there bool // generation_config.json
	ends  []int
	said  map[string]any
}

func generationOf(dir string) (generation, error) {
	var g generation
	var err error
	if g.there, err = readJSON(filepath.Join(dir, generationFile), &g.said); err != nil {
		return g, err
	}
	var ends struct {
		EOS  json.RawMessage `json:"eos_token_id"`
		Text struct {
			EOS json.RawMessage `json:"eos_token_id"`
		} `json:"text_config"`
	}
	for _, file := range []string{generationFile, configFile} {
		if _, err := readJSON(filepath.Join(dir, file), &ends); err != nil {
			return g, err
		}
		if g.ends = tokenIDs(cmp.Or(string(ends.EOS), string(ends.Text.EOS))); len(g.ends) > 0 {
			return g, nil
		}
	}
	return g, nil
}

// tokenIDs reads one id or a list of them, sorted; none from what is neither.
func tokenIDs(text string) []int {
	var one *int
	if json.Unmarshal([]byte(text), &one) == nil && one != nil {
		return []int{*one}
	}
	var several []int
	if json.Unmarshal([]byte(text), &several) != nil {
		return nil
	}
	slices.Sort(several)
	return slices.Compact(several)
}

func (g generation) setting(key string, neutral any) any {
	if value, ok := g.said[key]; ok && value != nil {
		return value
	}
	return neutral
}
