package tokenizer

import "strings"

// GPT-2 spells every byte as a printable character in its vocabulary: the
// printable bytes of Latin-1 as themselves, the others, in order, as U+0100
// and up (bytes_to_unicode in OpenAI's encoder.py).
var (
	byteRunes [256]rune
	runeBytes = map[rune]byte{}
)

func init() {
	next := rune(256)
	for b := range byteRunes {
		r := rune(b)
		printable := r >= '!' && r <= '~' || r >= 0xa1 && r <= 0xac || r >= 0xae
		if !printable {
			r = next
			next++
		}
		byteRunes[b] = r
		runeBytes[r] = byte(b)
	}
}

// spelledBytes returns the bytes that a byte-level token stands for; ok is
// false if s has a character that spells none.
func spelledBytes(s string) (bytes string, ok bool) {
	var b strings.Builder
	for _, r := range s {
		c, ok := runeBytes[r]
		if !ok {
			return "", false
		}
		b.WriteByte(c)
	}
	return b.String(), true
}
