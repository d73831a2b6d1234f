package run

import (
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

// answerLetters are the answers that a question may offer, from the first on.
const answerLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// offered is how many letters the question that offers most of them does.
func offered(t *task.Task) int {
	n := 0
	for _, q := range t.Questions {
		n = max(n, q.Letters)
	}
	return n
}

// rightLetter is the place of an answer among the n letters that its question
// offers; -1 where it is none of them.
func rightLetter(ref string, n int) int {
	if len(ref) != 1 {
		return -1
	}
	return strings.Index(answerLetters[:min(n, len(answerLetters))], ref)
}

// letterTokens returns the token with which each of the first n answers, from A
// on, starts after "Answer:". It fails when the tokenizer gives two of them the
// same token, or joins one with the colon: then no single logit stands for a
// letter.
//
// In a chat, the answer begins the assistant's turn, and so without a space.
func letterTokens(e engine.Engine, n int, chat bool) ([]int32, error) {
	return letterIDs(e.Encode, n, chat)
}

// LetterTokens is letterTokens for a tokenizer: encode returns the token ids
// of a text, with special tokens around it when special is true.
func LetterTokens(encode func(text string, special bool) ([]int32, error), n int) ([]int32, error) {
	return letterIDs(encode, n, false)
}

func letterIDs(encode func(text string, special bool) ([]int32, error), n int, chat bool) ([]int32, error) {
	if n < 0 || n > len(answerLetters) {
		return nil, fmt.Errorf("%d letters: want %d at most", n, len(answerLetters))
	}
	before, space := "Answer:", letterSpelling(chat)
	if chat {
		before = ""
	}
	prefix, err := encode(before, false)
	if err != nil {
		return nil, err
	}
	var tokens []int32
	for _, letter := range strings.Split(answerLetters[:n], "") {
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
