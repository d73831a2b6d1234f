package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/tokenizer"
)

// ordinaryTexts are what prompts and answers consist of, in many scripts.
var ordinaryTexts = []string{
	"The following are multiple choice questions (with answers) about abstract algebra.\n\nFind the degree for Q(sqrt(2), sqrt(3)) over Q.\nA. 0\nB. 4\nC. 2\nD. 6\nAnswer: B",
	"It's what they've said: we're here, I'm late, she'll come, he'd go, don't. IT'S WHAT THEY'VE SAID.",
	"In 1969, 12345 people spent $1,234.56 on 3.14159 pies; 2^10 = 1024 (±5 %).",
	"def f(x):\n    return [i ** 2 for i in range(x)]\n\n\tif x:\n\t\tpass\n",
	"a  b   c    d\n\n\n\nindented\n    text \t with runs",
	"carriage\r\nreturns\r\nand trailing space ",
	"Die Größe überprüfen, außerdem Äpfel und Öl. Déjà vu, naïve façade, señor.",
	"e\u0301 \u00e9 A\u030a \u00c5 \u212b, the ligature \ufb01, half \u00bd, \u2167, x\u00b2, full width \uff21\uff22",
	"Быстрая коричневая лиса прыгает через ленивую собаку. Ещё раз.",
	"東京は日本の首都です。机器学习模型的准确率下降了。한국어 문장입니다.",
	"مرحبا بالعالم. שלום עולם. नमस्ते दुनिया. สวัสดีชาวโลก",
	"emoji 😀 👩‍👩‍👧‍👦 ❤️ ✓ → ∑ ≤, nbsp\u00a0\u00a0two, zero\u200bwidth, \u201cquotes\u201d – dash…",
	"https://example.org/a_b?c=d&e=%20f#g {\"key\": [1, null, true]} <tag attr='x'/> \\frac{1}{2} snake_case camelCase",
	"!!!??? ... --- ;;; (((  ))) @#$%^&*",
}

// edgeTexts begin with a space. Releases of transformers rewrite how models of
// SentencePiece treat those, and what follows special tokens.
var edgeTexts = []string{" leading space", "  two", " A", "\n\nlines first", ""}

// judgeSteps decides what steps of two tokenizers mean that are written in
// different ways: nothing, if texts have the same ids, since releases of
// transformers and tokenizers write one step in several ways.
func judgeSteps(c *comparison, model, reference string, special []string, written []Difference) {
	if len(written) == 0 {
		return
	}
	if len(c.wrong) > 0 { // other ids in any case
		c.wrong = append(c.wrong, written...)
		return
	}
	var notes []string
	for _, d := range written {
		notes = append(notes, d.Finding)
	}
	got, err := tokenizer.Load(model)
	if err != nil {
		c.notes = append(append(c.notes, notes...), fmt.Sprintf("what that changes was not tried: %v", err))
		return
	}
	want, err := tokenizer.Load(reference)
	if err != nil {
		c.notes = append(append(c.notes, notes...), fmt.Sprintf("what that changes was not tried: %v", err))
		return
	}
	if finding := firstUnlike(got, want, ordinaryTexts); finding != "" {
		c.wrong = append(c.wrong, written...)
		c.wrong[len(c.wrong)-1].Finding += ": " + finding
		return
	}
	edges := slices.Clone(edgeTexts)
	for _, token := range special {
		edges = append(edges, token+" x "+token+"y")
	}
	if finding := firstUnlike(got, want, edges); finding != "" {
		notes[len(notes)-1] += ": ordinary texts have the same ids, but " + finding
	} else {
		notes[len(notes)-1] += fmt.Sprintf(": %d texts have the same ids", len(ordinaryTexts)+len(edges))
	}
	c.notes = append(c.notes, notes...)
}

// firstUnlike says of which text the ids differ, or what is decoded from them.
func firstUnlike(got, want *tokenizer.Tokenizer, texts []string) string {
	for _, text := range texts {
		a, b := got.Encode(text, true), want.Encode(text, true)
		if !slices.Equal(a, b) {
			at := alike(a, b)
			return fmt.Sprintf("%s has the ids %s, in the reference %s", excerpt(text, 0), idsFrom(a, at), idsFrom(b, at))
		}
		for _, skip := range []bool{false, true} {
			if x, y := got.Decode(a, skip), want.Decode(b, skip); x != y {
				return fmt.Sprintf("the ids of %s are decoded to %s, in the reference to %s", excerpt(text, 0), excerpt(x, 0), excerpt(y, 0))
			}
		}
	}
	return ""
}

// idsFrom writes a few ids around number at.
func idsFrom(ids []int32, at int) string {
	first, last := max(0, at-2), min(len(ids), at+3)
	text := strings.Trim(fmt.Sprint(ids[first:last]), "[]")
	if first > 0 {
		text = "… " + text
	}
	if last < len(ids) {
		text += " …"
	}
	return "[" + text + "]"
}
