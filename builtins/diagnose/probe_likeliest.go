package diagnose

import (
	"context"
	"errors"
	"fmt"
	"math"

	"adkernel/builtins/engine"
)

// leastLikeliest is of how many tokens an engine must give log-probabilities
// after a prompt, where it gives no logits: fewer leave too little once a shift
// is taken out.
const leastLikeliest = 5

// fewerRows is what an engine gives in the place of rows: ids[i] are the tokens
// that row i is of. Log-probabilities are logits less a constant, which no error
// counts (relativeError), so that rows of the same tokens can be compared.
type fewerRows struct {
	rows rows
	ids  [][]int32
}

// of returns the same tokens of whole rows.
func (f fewerRows) of(whole rows) (rows, error) {
	out := make(rows, len(whole))
	for i, row := range whole {
		for _, id := range f.ids[i] {
			if int(id) >= len(row) {
				return nil, fmt.Errorf("token %d, where there are logits of %d: the vocabularies are not the same", id, len(row))
			}
			out[i] = append(out[i], row[id])
		}
	}
	return out, nil
}

// likeliest asks an engine that gives log-probabilities of the likeliest tokens
// and no rows. Prompts must be continued as they are: a server of chats alone
// would answer to another text.
func likeliest(ctx context.Context, e engine.Engine, prompts [][]int32) (fewerRows, error) {
	if c, ok := e.(engine.Conversational); ok && c.InTurns() {
		return fewerRows{}, errors.New("this server has chat completions alone, which continue no prompt")
	}
	f := fewerRows{make(rows, len(prompts)), make([][]int32, len(prompts))}
	err := generate(ctx, e, prompts, func(r engine.Response) error {
		for _, p := range r.LogProbs {
			if p.ID >= 0 && !math.IsInf(float64(p.LogProb), 0) { // a probability of 0 is said where it is too small to be written
				f.rows[r.ID], f.ids[r.ID] = append(f.rows[r.ID], p.LogProb), append(f.ids[r.ID], p.ID)
			}
		}
		return nil
	})
	if err != nil {
		return fewerRows{}, err
	}
	for i, row := range f.rows {
		if len(row) < leastLikeliest {
			return fewerRows{}, fmt.Errorf("no logits after probe prompt %d, and log-probabilities of %d tokens by their ids: %d would do", i, len(row), leastLikeliest)
		}
	}
	return f, nil
}
