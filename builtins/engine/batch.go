package engine

import "context"

// A BatchTokenizer encodes and decodes many texts at once: worth having where
// a call is a round trip to another process. When ctx is done it stops, and an
// engine that cannot do so otherwise ends with it.
type BatchTokenizer interface {
	EncodeAll(ctx context.Context, texts []string, special bool) ([][]int32, error)
	DecodeAll(ctx context.Context, ids [][]int32) ([]string, error)
}

// EncodeAll is Engine.Encode of every text, in as few calls as e allows.
func EncodeAll(ctx context.Context, e Engine, texts []string, special bool) ([][]int32, error) {
	if b, ok := e.(BatchTokenizer); ok {
		return b.EncodeAll(ctx, texts, special)
	}
	out := make([][]int32, len(texts))
	for i, text := range texts {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var err error
		if out[i], err = e.Encode(text, special); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DecodeAll is Engine.Decode of every list, in as few calls as e allows.
func DecodeAll(ctx context.Context, e Engine, ids [][]int32) ([]string, error) {
	if b, ok := e.(BatchTokenizer); ok {
		return b.DecodeAll(ctx, ids)
	}
	out := make([]string, len(ids))
	for i := range ids {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		out[i] = e.Decode(ids[i])
	}
	return out, nil
}
