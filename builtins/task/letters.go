package task

import "strings"

// MaxLetters is how many answers can have a letter each.
const MaxLetters = 26

// LettersIn is how many answers a prompt offers by letters, as MMLU's do: the
// lines "A. ...", "B. ..." and so on in front of its last line, "Answer:". It
// is 0 for a prompt that does not end so.
func LettersIn(prompt string) int {
	const end = "\nAnswer:"
	rest, ok := strings.CutSuffix(strings.TrimRightFunc(prompt, isPythonSpace), end)
	rest = rest[max(0, strings.LastIndex(rest, "\nA. ")):]
	if !ok || strings.Contains(rest, end) { // of a worked example, and the question offers none
		return 0
	}
	for n := range MaxLetters {
		_, behind, found := strings.Cut(rest, "\n"+string(rune('A'+n))+". ")
		if !found {
			return n
		}
		rest = behind
	}
	return MaxLetters
}
