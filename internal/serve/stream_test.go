package serve

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAStreamHearsOfEveryEnd(t *testing.T) {
	o := demoOptions(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 20_000 {
		a := newAnswer(ctx, o.Tokenizer, nil)
		go a.end(nil)
		finish := ""
		require.NoError(t, follow([]*answer{a}, func(p part) { finish = p.finish }))
		require.Equal(t, "length", finish)
	}
}
