package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// tokenizerJSON is what of tokenizer.json decides the ids of a text, and the
// text of ids.
type tokenizerJSON struct {
	Truncation    map[string]any `json:"truncation"`
	Added         []addedToken   `json:"added_tokens"`
	Normalizer    any            `json:"normalizer"`
	PreTokenizer  any            `json:"pre_tokenizer"`
	PostProcessor any            `json:"post_processor"`
	Decoder       any            `json:"decoder"`
	Model         map[string]any `json:"model"`
}

type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Special    bool   `json:"special"`
}

// compareTokenizers compares the tokenizers, however their files are written:
// releases of the tokenizers library write merges, defaults and steps that do
// nothing in different ways.
func compareTokenizers(c *comparison, model, reference string) error {
	a, errA := os.ReadFile(filepath.Join(model, tokenizerFile))
	b, errB := os.ReadFile(filepath.Join(reference, tokenizerFile))
	if errA == nil && errB == nil && bytes.Equal(a, b) {
		return nil // most are copies, and decoding takes a second
	}
	var got, want tokenizerJSON
	there, err := readJSON(filepath.Join(model, tokenizerFile), &got)
	if err != nil {
		return err
	}
	known, err := readJSON(filepath.Join(reference, tokenizerFile), &want)
	if err != nil || !known {
		return err
	}
	if !there {
		c.note("it is not in the model, and was not compared")
		return nil
	}
	if len(got.Model) == 0 || len(want.Model) == 0 {
		return errors.New("there is no model in it, here or in the reference")
	}
	compareVocabularies(c, got.ids(), want.ids())
	compareAdded(c, got.Added, want.Added)
	compareScores(c, got.Model["vocab"], want.Model["vocab"])
	compareMerges(c, mergesOf(got.Model["merges"]), mergesOf(want.Model["merges"]))
	var special []string
	for _, token := range want.Added {
		special = append(special, token.Content)
	}
	judgeSteps(c, model, reference, special, c.steps(got, want))
	if length := got.Truncation["max_length"]; length != nil && !reflect.DeepEqual(length, want.Truncation["max_length"]) {
		c.note("truncation to %s tokens is stored, in the reference not: what takes the file as it is loses the rest of a prompt", inJSON(length))
	}
	return nil
}

// steps lists the steps and the settings of the model that are not written as
// in the reference.
func (c *comparison) steps(got, want tokenizerJSON) []Difference {
	of := comparison{file: c.file}
	keys := maps.Clone(got.Model)
	maps.Copy(keys, want.Model)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		a, b := got.Model[key], want.Model[key]
		if key != "vocab" && key != "merges" && key != "dropout" && !saysNothing(a, b) && !reflect.DeepEqual(a, b) {
			of.differs(key, "%s of the model is %s, in the reference %s", key, inJSON(a), inJSON(b))
		}
	}
	compareStep(&of, "normalizer", steps(got.Normalizer), steps(want.Normalizer))
	compareStep(&of, "pre_tokenizer", steps(got.PreTokenizer), steps(want.PreTokenizer))
	compareStep(&of, "post_processor", framing(got.PostProcessor), framing(want.PostProcessor))
	compareStep(&of, "decoder", decoding(got.Decoder), decoding(want.Decoder))
	return of.wrong
}

// saysNothing reports that both are a default written out or not: null, false
// or an empty text.
func saysNothing(values ...any) bool {
	for _, value := range values {
		if value != nil && value != false && value != "" {
			return false
		}
	}
	return true
}

// ids are those of all tokens, added ones included.
func (f tokenizerJSON) ids() map[string]int {
	ids := map[string]int{}
	switch vocab := f.Model["vocab"].(type) {
	case map[string]any:
		for token, id := range vocab {
			if id, ok := id.(float64); ok {
				ids[token] = int(id)
			}
		}
	case []any: // Unigram's pairs of token and score
		for id, entry := range vocab {
			if pair, ok := entry.([]any); ok && len(pair) == 2 {
				if token, ok := pair[0].(string); ok {
					ids[token] = id
				}
			}
		}
	}
	for _, token := range f.Added {
		ids[token.Content] = token.ID
	}
	return ids
}

// compareVocabularies says what tokens of the reference are not there or have
// other ids. Further ones, which exporters add for padding, are a note.
func compareVocabularies(c *comparison, got, want map[string]int) {
	var missing, moved []string
	for _, token := range slices.Sorted(maps.Keys(want)) {
		if id, ok := got[token]; !ok {
			missing = append(missing, fmt.Sprintf("%q", token))
		} else if id != want[token] {
			moved = append(moved, fmt.Sprintf("%q is %d, in the reference %d", token, id, want[token]))
		}
	}
	if len(missing) > 0 {
		c.differs("vocab", "%d of %d tokens of the reference's vocab are not there (first: %s)", len(missing), len(want), missing[0])
	}
	if len(moved) > 0 {
		c.differs("vocab", "%d of %d tokens of the reference's vocab have other ids (first: %s)", len(moved), len(want), moved[0])
	}
	if more := len(got) - len(want) + len(missing); more > 0 {
		c.note("%d tokens are not in the reference's vocab of %d", more, len(want))
	}
}

// compareAdded compares how added tokens are found in a text.
func compareAdded(c *comparison, got, want []addedToken) {
	for _, w := range want {
		i := slices.IndexFunc(got, func(g addedToken) bool { return g.Content == w.Content })
		if i < 0 {
			c.differs("added_tokens", "%q is not among the added tokens, which are found in a text before all others", w.Content)
			continue
		}
		g := got[i]
		if g.LStrip != w.LStrip || g.RStrip != w.RStrip || g.SingleWord != w.SingleWord {
			c.differs("added_tokens", "added token %q has lstrip %t, rstrip %t, single_word %t, in the reference %t, %t, %t",
				w.Content, g.LStrip, g.RStrip, g.SingleWord, w.LStrip, w.RStrip, w.SingleWord)
		}
		if g.Special != w.Special {
			c.note("added token %q has special %t, in the reference %t: it is left out of outputs in only one of them", w.Content, g.Special, w.Special)
		}
	}
}

// compareScores compares Unigram's.
func compareScores(c *comparison, got, want any) {
	pairs, ok := want.([]any)
	others, same := got.([]any)
	if !ok || !same || len(pairs) != len(others) {
		return // a difference of tokens, if at all
	}
	for i := range pairs {
		if !reflect.DeepEqual(pairs[i], others[i]) {
			c.differs("vocab", "entry %d of vocab is %s, in the reference %s", i, inJSON(others[i]), inJSON(pairs[i]))
			return
		}
	}
}

// mergesOf reads merges in either spelling: "a b", or the pair ["a", "b"].
func mergesOf(value any) []string {
	list, _ := value.([]any)
	merges := make([]string, 0, len(list))
	for _, entry := range list {
		if pair, ok := entry.([]any); ok && len(pair) == 2 {
			entry = fmt.Sprint(pair[0], " ", pair[1])
		}
		merges = append(merges, fmt.Sprint(entry))
	}
	return merges
}

func compareMerges(c *comparison, got, want []string) {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	switch {
	case at == len(got) && at == len(want):
	case at < min(len(got), len(want)):
		c.differs("merges", "of %d merges, number %d is %q, in the reference %q of %d", len(got), at, got[at], want[at], len(want))
	default:
		c.differs("merges", "there are %d merges, in the reference %d", len(got), len(want))
	}
}

func compareStep(c *comparison, name string, got, want []any) {
	if !reflect.DeepEqual(got, want) {
		c.differs(name, "%s is %s, in the reference %s", name, shortJSON(got), shortJSON(want))
	}
}

func shortJSON(steps []any) string {
	const most = 160
	if len(steps) == 0 {
		return "none"
	}
	var parts []string
	for _, step := range steps {
		parts = append(parts, inJSON(step))
	}
	text := []rune(strings.Join(parts, ", "))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// stepDefaults are what a field of a step of tokenizer.json is where it is not
// written (tokenizers 0.22), and fields that change no token.
var stepDefaults = map[string]map[string]any{
	"ByteLevel": {"add_prefix_space": true, "use_regex": true},
	"Metaspace": {"replacement": "▁", "prepend_scheme": "always", "split": true},
	"Split":     {"invert": false},
	"Digits":    {"individual_digits": false},
}

// steps lists the steps of a normalizer or pre-tokenizer with sequences
// unfolded and defaults written out.
func steps(value any) []any {
	step, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	for _, list := range []string{"normalizers", "pretokenizers", "processors", "decoders"} {
		if inner, ok := step[list].([]any); ok && step["type"] == "Sequence" {
			var all []any
			for _, s := range inner {
				all = append(all, steps(s)...)
			}
			return all
		}
	}
	full := map[string]any{}
	kind, _ := step["type"].(string)
	maps.Copy(full, stepDefaults[kind])
	for key, field := range step {
		switch key {
		case "trim_offsets", "str_rep": // offsets alone; the replacement again
		case "add_prefix_space":
			if kind == "Metaspace" { // of releases before prepend_scheme
				if _, newer := step["prepend_scheme"]; field == false && !newer {
					full["prepend_scheme"] = "never"
				}
				continue
			}
			full[key] = field
		default:
			full[key] = field
		}
	}
	return []any{full}
}

// framing lists what a post-processor puts around one text: no offsets, pairs
// or type ids, which decoder models do not have.
func framing(value any) []any {
	var list []any
	for _, step := range steps(value) {
		full := step.(map[string]any)
		switch full["type"] {
		case "ByteLevel":
			continue
		case "TemplateProcessing":
			tokens, _ := full["special_tokens"].(map[string]any)
			single, _ := full["single"].([]any)
			for _, piece := range single {
				p, _ := piece.(map[string]any)
				if special, ok := p["SpecialToken"].(map[string]any); ok {
					name, _ := special["id"].(string)
					entry, _ := tokens[name].(map[string]any)
					list = append(list, map[string]any{"token": name, "ids": entry["ids"]})
				} else if _, ok := p["Sequence"]; ok {
					list = append(list, "text")
				}
			}
			if len(list) == 1 && list[0] == "text" {
				list = nil
			}
			continue
		}
		list = append(list, full)
	}
	return list
}

// decoding lists the steps of a decoder; those of bytes have no settings.
func decoding(value any) []any {
	list := steps(value)
	for i, step := range list {
		if full := step.(map[string]any); full["type"] == "ByteLevel" {
			list[i] = map[string]any{"type": "ByteLevel"}
		}
	}
	return list
}
