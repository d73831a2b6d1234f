package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// stepType returns the "type" of a normalizer, pre-tokenizer, post-processor
// or decoder.
func stepType(raw json.RawMessage) (string, error) {
	var step struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &step); err != nil {
		return "", err
	}
	return step.Type, nil
}

// maxNesting bounds Sequences within Sequences.
const maxNesting = 8

// flatten returns the steps that raw stands for: none for null, the steps of a
// Sequence in order, else raw alone. member is the Sequence's field.
func flatten(raw json.RawMessage, member string) ([]json.RawMessage, error) {
	return flattenNested(raw, member, 0)
}

func flattenNested(raw json.RawMessage, member string, depth int) ([]json.RawMessage, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("a Sequence is nested more than %d deep", maxNesting)
	}
	if isNull(raw) {
		return nil, nil
	}
	kind, err := stepType(raw)
	if err != nil {
		return nil, err
	}
	if kind != "Sequence" {
		return []json.RawMessage{raw}, nil
	}
	var sequence map[string]json.RawMessage
	if err := json.Unmarshal(raw, &sequence); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(sequence[member], &list); err != nil {
		return nil, fmt.Errorf("the %s of a Sequence: %w", member, err)
	}
	var steps []json.RawMessage
	for _, item := range list {
		inner, err := flattenNested(item, member, depth+1)
		if err != nil {
			return nil, err
		}
		steps = append(steps, inner...)
	}
	return steps, nil
}

// readSteps reads each of the steps that raw stands for, by its type; member is
// as flatten takes it.
func readSteps[S any](raw json.RawMessage, member string, read func(kind string, raw json.RawMessage) (S, error)) ([]S, error) {
	steps, err := flatten(raw, member)
	if err != nil {
		return nil, err
	}
	var out []S
	for _, step := range steps {
		kind, err := stepType(step)
		if err != nil {
			return nil, err
		}
		s, err := read(kind, step)
		if err != nil {
			return nil, fmt.Errorf("type %q: %w", kind, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// pattern is how the library spells what is looked for.
type pattern struct {
	String string `json:"String"`
	Regex  string `json:"Regex"`
}

type replaceStep struct {
	Type    string  `json:"type"`
	Pattern pattern `json:"pattern"`
	Content string  `json:"content"`
}

func readReplace(raw json.RawMessage) (old, new string, err error) {
	var s replaceStep
	if err := strict(raw, &s); err != nil {
		return "", "", err
	}
	if s.Pattern.String == "" {
		return "", "", fmt.Errorf("pattern %q is not supported, only strings are", s.Pattern.Regex)
	}
	return s.Pattern.String, s.Content, nil
}

func (t *Tokenizer) readNormalizer(raw json.RawMessage) (err error) {
	t.normalize, err = readSteps(raw, "normalizers", readNormalizerStep)
	return err
}

// errUnsupported says that the package knows no step of this type.
var errUnsupported = errors.New("not supported")

func readNormalizerStep(kind string, raw json.RawMessage) (func(string) string, error) {
	switch kind {
	case "NFC":
		return nfc, nil
	case "Prepend":
		var s struct {
			Type    string `json:"type"`
			Prepend string `json:"prepend"`
		}
		if err := strict(raw, &s); err != nil {
			return nil, err
		}
		return prepend(s.Prepend), nil
	case "Replace":
		old, new, err := readReplace(raw)
		if err != nil {
			return nil, err
		}
		return func(s string) string { return strings.ReplaceAll(s, old, new) }, nil
	}
	return nil, errUnsupported
}

// prepend puts prefix before every text that is not empty.
func prepend(prefix string) func(string) string {
	return func(s string) string {
		if s == "" {
			return s
		}
		return prefix + s
	}
}

// readPreTokenizer reports as well whether the pieces are spelled in bytes.
func (t *Tokenizer) readPreTokenizer(raw json.RawMessage) (byteLevel bool, err error) {
	steps, err := flatten(raw, "pretokenizers")
	if err != nil {
		return false, err
	}
	for i, step := range steps {
		kind, err := stepType(step)
		if err != nil {
			return false, err
		}
		if kind == "ByteLevel" && i != len(steps)-1 {
			return false, errors.New("ByteLevel before the end of a Sequence is not supported")
		}
		stages, err := readPreTokenizerStep(kind, step)
		if err != nil {
			return false, fmt.Errorf("type %q: %w", kind, err)
		}
		t.stages = append(t.stages, stages...)
		byteLevel = kind == "ByteLevel"
	}
	return byteLevel, nil
}

func readPreTokenizerStep(kind string, raw json.RawMessage) ([]stage, error) {
	switch kind {
	case "ByteLevel":
		return readByteLevel(raw)
	case "Split":
		return readSplit(raw)
	case "Digits":
		return readDigits(raw)
	case "Metaspace":
		return readMetaspace(raw)
	}
	return nil, errUnsupported
}

func readByteLevel(raw json.RawMessage) ([]stage, error) {
	var s struct {
		Type           string `json:"type"`
		AddPrefixSpace bool   `json:"add_prefix_space"`
		TrimOffsets    bool   `json:"trim_offsets"`
		UseRegex       *bool  `json:"use_regex"`
	}
	if err := strict(raw, &s); err != nil {
		return nil, err
	}
	var stages []stage
	if s.AddPrefixSpace {
		stages = append(stages, prefixSpace)
	}
	if s.UseRegex == nil || *s.UseRegex {
		stages = append(stages, cut(nextGPT2))
	}
	return stages, nil
}

func readSplit(raw json.RawMessage) ([]stage, error) {
	var s struct {
		Type     string  `json:"type"`
		Pattern  pattern `json:"pattern"`
		Behavior string  `json:"behavior"`
		Invert   bool    `json:"invert"`
	}
	if err := strict(raw, &s); err != nil {
		return nil, err
	}
	// A pattern that matches everywhere splits alike whether what it matches
	// is isolated or, inverted, removed; the second is how some converters
	// write the first.
	isolated := s.Behavior == "Isolated" && !s.Invert || s.Behavior == "Removed" && s.Invert
	if !isolated {
		return nil, fmt.Errorf("behavior %q (invert %t) is not supported", s.Behavior, s.Invert)
	}
	next, ok := splitPatterns[s.Pattern.Regex]
	if !ok {
		return nil, fmt.Errorf("pattern %q is not supported", s.Pattern.Regex+s.Pattern.String)
	}
	return []stage{cut(next)}, nil
}

func readDigits(raw json.RawMessage) ([]stage, error) {
	var s struct {
		Type       string `json:"type"`
		Individual bool   `json:"individual_digits"`
	}
	if err := strict(raw, &s); err != nil {
		return nil, err
	}
	if s.Individual {
		return []stage{cut(nextDigit)}, nil
	}
	return []stage{cut(nextNumber)}, nil
}

// metaspaceStep is the pre-tokenizer and the decoder of the same name.
type metaspaceStep struct {
	Type           string `json:"type"`
	Replacement    string `json:"replacement"`
	StrRep         string `json:"str_rep"` // a copy of Replacement in old files
	AddPrefixSpace *bool  `json:"add_prefix_space"`
	PrependScheme  string `json:"prepend_scheme"`
	Split          *bool  `json:"split"`
}

func readMetaspaceStep(raw json.RawMessage) (metaspaceStep, error) {
	var s metaspaceStep
	if err := strict(raw, &s); err != nil {
		return s, err
	}
	if s.Replacement == "" {
		return s, errors.New("replacement is empty")
	}
	if s.PrependScheme == "" {
		s.PrependScheme = "always"
		if s.AddPrefixSpace != nil && !*s.AddPrefixSpace {
			s.PrependScheme = "never"
		}
	}
	switch s.PrependScheme {
	case "always", "first", "never":
		return s, nil
	}
	return s, fmt.Errorf("prepend_scheme %q is not supported", s.PrependScheme)
}

func readMetaspace(raw json.RawMessage) ([]stage, error) {
	s, err := readMetaspaceStep(raw)
	if err != nil {
		return nil, err
	}
	return []stage{metaspace(s.Replacement, s.PrependScheme, s.Split == nil || *s.Split)}, nil
}
