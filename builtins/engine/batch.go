package engine

// A BatchTokenizer encodes and decodes many texts at once: worth having where
// a call is a round trip to another process.
type BatchTokenizer interface {
	EncodeAll(texts []string, special bool) ([][]int32, error)
	DecodeAll(ids [][]int32) ([]string, error)
}

// EncodeAll is Engine.Encode of every text, in as few calls as e allows.
func EncodeAll(e Engine, texts []string, special bool) ([][]int32, error) {
	if b, ok := e.(BatchTokenizer); ok {
		return b.EncodeAll(texts, special)
	}
	out := make([][]int32, len(texts))
	for i, text := range texts {
		var err error
		if out[i], err = e.Encode(text, special); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DecodeAll is Engine.Decode of every list, in as few calls as e allows.
func DecodeAll(e Engine, ids [][]int32) ([]string, error) {
	if b, ok := e.(BatchTokenizer); ok {
		return b.DecodeAll(ids)
	}
	out := make([]string, len(ids))
	for i := range ids {
		out[i] = e.Decode(ids[i])
	}
	return out, nil
}
