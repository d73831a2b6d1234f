package task

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"adkernel/internal/pythonre"
)

// A choiceFinder is multi_choice_regex: it finds which of its document's choices an
// output names, as "(A)". A pattern looks for that; where it finds nothing, the
// choices' own texts are looked for, and then a letter behind a colon.
type choiceFinder struct {
	pattern  *pythonre.Regexp
	at       int // group_select
	fallback string

	// Of these texts are left out, of the choices' and of the output's.
	ignore            []*pythonre.Regexp
	fold, punctuation bool
}

func choicesStep(settings map[string]any) (step, error) {
	var f choiceFinder
	var err error
	if f.pattern, f.at, f.fallback, err = regexOf(settings); err != nil {
		return nil, err
	}
	for name, flag := range map[string]*bool{"ignore_case": &f.fold, "ignore_punctuation": &f.punctuation} {
		if *flag, err = flagOf(settings[name]); err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
	}
	if f.ignore, err = patternsOf(settings["regexes_to_ignore"]); err != nil {
		return nil, fmt.Errorf("regexes_to_ignore: %w", err)
	}
	return f.find, nil
}

func (f *choiceFinder) find(q Question, outputs []string) ([]string, error) {
	switch {
	case q.options == nil:
		return nil, errors.New("its document has no choices to look for")
	case len(q.options) > MaxLetters:
		return nil, fmt.Errorf("its document has %d choices, and there are %d letters", len(q.options), MaxLetters)
	}
	names := map[string]string{} // "(A)" by the text of the choice
	var texts, letters []string
	for i, option := range q.options {
		text, err := f.compared(strings.TrimFunc(option, isPythonSpace))
		if err != nil {
			return nil, err
		}
		letter := string(rune('A' + i))
		texts, letters = append(texts, pythonre.Escape(text)), append(letters, letter)
		names[text] = "(" + letter + ")"
	}
	// A choice may begin another one.
	slices.SortStableFunc(texts, func(a, b string) int { return cmp.Compare(utf8.RuneCountInString(b), utf8.RuneCountInString(a)) })
	byText, err := pythonre.Compile(strings.Join(texts, "|"))
	if err != nil {
		return nil, err
	}
	byLetter, err := pythonre.Compile(`:[\s]*(` + strings.Join(letters, "|") + ")")
	if err != nil {
		return nil, err
	}
	return each(func(output string) (string, error) {
		answer, _, err := pick(f.pattern, f.at, output)
		if err != nil || answer != "" {
			return answer, err
		}
		text, err := f.compared(output)
		if err != nil {
			return "", err
		}
		if answer, _, err = pick(byText, f.at, text); err != nil || answer != "" {
			return cmp.Or(names[answer], answer), err
		}
		if answer, _, err = pick(byLetter, f.at, output); err != nil || answer != "" {
			return "(" + answer + ")", err
		}
		return f.fallback, nil
	})(q, outputs)
}

// compared is a text without what is ignored.
func (f *choiceFinder) compared(text string) (string, error) {
	text, err := reduced(text, f.ignore, f.fold)
	if err == nil && f.punctuation {
		text = without(text, unicode.IsPunct)
	}
	return text, err
}
