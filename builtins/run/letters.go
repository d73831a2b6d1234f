package run

import (
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/engine"
)

const answerLetters = "ABCD"

// letterTokens returns the token with which each of the answers A to D starts
// after "Answer:". It fails when the tokenizer gives two of them the same
// token, or joins one with the colon: then no single logit stands for a letter.
//
// In a chat, the answer begins the assistant's turn, and so without a space.
func letterTokens(e engine.Engine, chat bool) ([]int32, error) { return letterIDs(e.Encode, chat) }

// LetterTokens is letterTokens for a tokenizer: encode returns the token ids
// of a text, with special tokens around it when special is true.
func LetterTokens(encode func(text string, special bool) ([]int32, error)) ([]int32, error) {
	return letterIDs(encode, false)
}

func letterIDs(encode func(text string, special bool) ([]int32, error), chat bool) ([]int32, error) {
	before, space := "Answer:", letterSpelling(chat)
	if chat {
		before = ""
	}
	prefix, err := encode(before, false)
	if err != nil {
		return nil, err
	}
	var tokens []int32
	for _, letter := range strings.Split(answerLetters, "") {
		ids, err := encode(before+space+letter, false)
		if err != nil {
			return nil, err
		}
		if len(ids) <= len(prefix) || !slices.Equal(ids[:len(prefix)], prefix) {
			return nil, fmt.Errorf("the tokenizer joins the answer %q with %q", letter, before)
		}
		first := ids[len(prefix)]
		if slices.Contains(tokens, first) {
			return nil, fmt.Errorf("the tokenizer starts two answers with token %d", first)
		}
		tokens = append(tokens, first)
	}
	return tokens, nil
}

// letterSpelling is what stands before a letter in its token's text.
func letterSpelling(chat bool) string {
	if chat {
		return ""
	}
	return " "
}
