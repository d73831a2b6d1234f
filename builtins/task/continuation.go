package task

import "strings"

// Continuations are the requests of one document whose likelihoods are ranked,
// as texts that continue one prompt.
type Continuations struct {
	Prompt  string
	Choices []string // each continues Prompt
	Given   []string // what each choice begins with that is given as well, and not scored; nil where nothing is
}

// Continue takes contexts, and what was asked for behind each. Usually all
// contexts are one; where they are not, as in winogrande, whose contexts are the
// choices and are followed by one text, the prompt is what they begin with, up to
// a word's end. White space at the end of a context goes with what is behind it,
// as in lm-evaluation-harness.
func Continue(contexts, behind []string) Continuations {
	same, prompt := true, strings.TrimRightFunc(contexts[0], isPythonSpace)
	for _, context := range contexts {
		same = same && context == contexts[0]
		prompt = commonPrefix(prompt, context)
	}
	c := Continuations{Prompt: prompt, Choices: make([]string, len(behind))}
	if !same {
		c.Prompt = strings.TrimRightFunc(prompt[:max(0, strings.LastIndexFunc(prompt, isPythonSpace))], isPythonSpace)
		c.Given = make([]string, len(behind))
	}
	for i, text := range behind {
		c.Choices[i] = contexts[i][len(c.Prompt):] + text
		if !same {
			c.Given[i] = strings.TrimRightFunc(contexts[i], isPythonSpace)[len(c.Prompt):]
		}
	}
	return c
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
