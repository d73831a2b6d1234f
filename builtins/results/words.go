package results

import (
	"fmt"

	"adkernel/builtins/tokenizer"
)

// openWords reads a tokenizer; "" gives ids without texts.
func openWords(path string) (*words, error) {
	if path == "" {
		return &words{}, nil
	}
	t, err := tokenizer.Load(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return &words{
		decode: func(ids []int32) string { return t.Decode(ids, true) },
		encode: func(text string, special bool) ([]int32, error) { return t.Encode(text, special), nil },
		known:  map[int32]bool{},
	}, nil
}
