package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
)

func (t *Tokenizer) readPostProcessor(raw json.RawMessage) error {
	frames, err := readSteps(raw, "processors", readPostProcessorStep)
	for _, f := range frames {
		t.frame.before = append(f.before, t.frame.before...)
		t.frame.after = append(t.frame.after, f.after...)
	}
	return err
}

func readPostProcessorStep(kind string, raw json.RawMessage) (frame, error) {
	switch kind {
	case "ByteLevel": // changes offsets, not ids
		return frame{}, nil
	case "TemplateProcessing":
		return readTemplate(raw)
	}
	return frame{}, errUnsupported
}

// readTemplate reads the template for a single text: special tokens, the text
// once, special tokens.
func readTemplate(raw json.RawMessage) (frame, error) {
	type reference struct {
		ID string `json:"id"`
	}
	var s struct {
		Single []struct {
			SpecialToken *reference `json:"SpecialToken"`
			Sequence     *reference `json:"Sequence"`
		} `json:"single"`
		SpecialTokens map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return frame{}, err
	}
	var f frame
	texts := 0
	for i, item := range s.Single {
		switch {
		case item.Sequence != nil:
			texts++
		case item.SpecialToken != nil:
			special, ok := s.SpecialTokens[item.SpecialToken.ID]
			if !ok {
				return frame{}, fmt.Errorf("special token %q has no ids", item.SpecialToken.ID)
			}
			if texts == 0 {
				f.before = append(f.before, special.IDs...)
			} else {
				f.after = append(f.after, special.IDs...)
			}
		default:
			return frame{}, fmt.Errorf("item %d of single is not supported", i)
		}
	}
	if texts != 1 {
		return frame{}, fmt.Errorf("the template holds the text %d times, want once", texts)
	}
	return f, nil
}

func (t *Tokenizer) readDecoder(raw json.RawMessage) (err error) {
	t.decode, err = readSteps(raw, "decoders", readDecoderStep)
	return err
}

func readDecoderStep(kind string, raw json.RawMessage) (decoder, error) {
	switch kind {
	case "ByteLevel":
		return decodeByteLevel, nil
	case "ByteFallback":
		return decodeByteFallback, nil
	case "Fuse":
		return decodeFuse, nil
	case "Replace":
		old, new, err := readReplace(raw)
		if err != nil {
			return nil, err
		}
		return decodeReplace(old, new), nil
	case "Metaspace":
		s, err := readMetaspaceStep(raw)
		if err != nil {
			return nil, err
		}
		return decodeMetaspace(s.Replacement, s.PrependScheme != "never"), nil
	case "Strip":
		var s struct {
			Type    string `json:"type"`
			Content string `json:"content"`
			Start   int    `json:"start"`
			Stop    int    `json:"stop"`
		}
		if err := strict(raw, &s); err != nil {
			return nil, err
		}
		if s.Content == "" {
			return nil, errors.New("content is empty")
		}
		return decodeStrip(s.Content, s.Start, s.Stop), nil
	}
	return nil, errUnsupported
}
