package magic

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"adkernel/kernel/eval"
)

// misplaced explains an error in a line that begins as a magic or a command of
// the shell does, or as Python. Magics and commands do not stand within braces,
// where a cell is Go, and do not go without their signs.
func (e *evaluator) misplaced(source string, err error) error {
	var failed *eval.Error
	if !errors.As(err, &failed) || failed.Kind != eval.Syntax && failed.Kind != eval.Check || len(failed.At) == 0 {
		return err
	}
	d := failed.At[0]
	lines := strings.Split(source, "\n")
	if d.Line < 1 || d.Line > len(lines) {
		return err
	}
	line := lines[d.Line-1]
	text := strings.TrimSpace(line)
	here := strings.Index(line, text) == d.Column-1
	rest := strings.TrimLeft(text, "%")
	p := named(rest, part{}, 0, len(rest))
	_, isMagic := magics[p.name]
	switch percents := len(text) - len(rest); {
	case isMagic && here && percents == 2:
		d.Message = "%%" + p.name + " stands in the first line of a cell"
	case isMagic && here && percents == 1:
		d.Message = "%" + p.name + " stands between statements, and not within braces"
	case isCommand(text):
		d.Message = "a command of the shell stands between statements, and not within braces"
	default:
		at := d.Column - 1 - strings.Index(line, text)
		clause := python(text, at, d.Message)
		if sign, word := e.unsigned(text, at, d.Message); sign != "" {
			clause = fmt.Sprintf("%s%s runs what is called so beside Go", sign, word)
		}
		if clause == "" {
			return err
		}
		message, _, _ := strings.Cut(d.Message, "; did you mean ")
		d.Message = message + " (" + clause + ")"
	}
	return &eval.Error{Kind: failed.Kind, Message: d.Message, At: []eval.Diagnostic{d}}
}

// unsigned is the sign that a line lacks, % or !, and the word behind it: "ls
// -l" and "pip install torch" are no Go, because of their first word or what
// follows it. The error is at byte at of the line.
func (e *evaluator) unsigned(text string, at int, message string) (sign, word string) {
	word = named(text, part{}, 0, len(text)).name
	rest := text[len(word):]
	isUndefined := at == 0 && (message == "undefined: "+word || strings.HasPrefix(message, "undefined: "+word+"; "))
	isFollowed := (at == len(word)+1 || strings.HasPrefix(rest, " -")) && (strings.HasPrefix(message, "expected ';'") || strings.HasPrefix(message, "illegal character"))
	if word == "" || rest != "" && rest[0] != ' ' || !isUndefined && !isFollowed {
		return "", ""
	}
	if m, ok := magics[word]; ok && m.line {
		return "%", word
	}
	if _, err := exec.LookPath(word); err == nil {
		return "!", word
	}
	return "", ""
}
