package logits

import "slices"

// A Token is one column of a row.
type Token struct {
	ID    int32
	Logit float32
}

// TopK returns the k tokens of the greatest logits, greatest first, the lower
// id first among equals. NaN is left out; +Inf comes first.
func TopK(row []float32, k int) []Token {
	if k <= 0 {
		return nil
	}
	top := make([]Token, 0, min(k, len(row))+1)
	for id, x := range row {
		full := len(top) == k
		if x != x || full && x <= top[k-1].Logit {
			continue
		}
		at := len(top)
		for at > 0 && top[at-1].Logit < x {
			at--
		}
		top = slices.Insert(top, at, Token{int32(id), x})
		if full {
			top = top[:k]
		}
	}
	return top
}
