package pythonre

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Members of Python's classes, which take in what those of regexp2, which are
// .NET's, do not: digits such as ½ are of words, combining marks are not, and the
// four information separators are white space.
const (
	wordMembers  = `\p{L}\p{N}_`
	spaceMembers = `\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`
	otherMembers = `\x00-\x08\x0e-\x1b!-\x84\x86-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-` + "\U0010ffff"

	word, notWord = `[` + wordMembers + `]`, `[^` + wordMembers + `]`
	boundary      = `(?:(?<=` + word + `)(?!` + word + `)|(?<!` + word + `)(?=` + word + `))`
	noBoundary    = `(?:(?<=` + word + `)(?=` + word + `)|(?<!` + word + `)(?!` + word + `))`
)

// translate writes a pattern of Python as .NET has it.
func translate(pattern string) (string, error) {
	if !utf8.ValidString(pattern) {
		return "", errors.New("not valid UTF-8")
	}
	t := translator{rest: pattern}
	for t.rest != "" {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

type translator struct {
	rest    string
	out     strings.Builder
	inClass bool
}

func (t *translator) next() error {
	switch {
	case t.rest[0] == '\\':
		return t.escape()
	case t.inClass && t.rest[0] == '[': // which would begin another, or what is taken from it
		t.take(1, `\[`)
	case t.inClass:
		t.inClass = t.rest[0] != ']'
		t.take(1, t.rest[:1])
	case t.rest[0] == '[':
		t.inClass = true
		t.take(1, "[")
		if strings.HasPrefix(t.rest, "^") {
			t.take(1, "^")
		}
		if strings.HasPrefix(t.rest, "]") {
			t.take(1, `\]`)
		}
	case strings.HasPrefix(t.rest, "{,"):
		t.take(1, "{0")
		if end := strings.IndexByte(t.rest, '}'); end < 0 || strings.Trim(t.rest[1:end], "0123456789") != "" {
			return errors.New("{, that is no repetition: write \\{")
		}
	case strings.HasPrefix(t.rest, "(?"):
		return t.group()
	default:
		t.take(1, t.rest[:1])
	}
	return nil
}

// take writes text in place of the next n bytes.
func (t *translator) take(n int, text string) {
	t.out.WriteString(text)
	t.rest = t.rest[n:]
}

// group is a parenthesis that says more than that what is in it is a group.
func (t *translator) group() error {
	if strings.HasPrefix(t.rest, "(?P<") {
		end := strings.IndexByte(t.rest, '>')
		if end < 0 {
			return errors.New("a group's name has no end")
		}
		t.take(end+1, "(") // numbered in order: .NET numbers named groups behind the others
		return nil
	}
	for _, as := range []string{"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?#"} {
		if strings.HasPrefix(t.rest, as) {
			t.take(len(as), as)
			if as == "(?#" { // a comment, in which nothing is special
				end := max(0, strings.IndexByte(t.rest, ')'))
				t.take(end, t.rest[:end])
			}
			return nil
		}
	}
	end := strings.IndexAny(t.rest, ":)")
	if end < 0 || strings.Trim(t.rest[2:end], "imsu-") != "" {
		return fmt.Errorf("%.6q: a group of this kind is not known here", t.rest)
	}
	flags := strings.ReplaceAll(t.rest[:end], "u", "") // which is so anyway
	if flags == "(?" && t.rest[end] == ')' {
		t.take(end+1, "")
		return nil
	}
	t.take(end, flags)
	return nil
}

// escape is what a backslash begins.
func (t *translator) escape() error {
	if len(t.rest) < 2 {
		return errors.New("it ends with a backslash")
	}
	outside, within := "", "" // of a class; "" where that is not known
	switch c := t.rest[1]; c {
	case 'w':
		outside, within = word, wordMembers
	case 'W':
		outside = notWord
	case 's':
		outside, within = `[`+spaceMembers+`]`, spaceMembers
	case 'S':
		outside, within = `[^`+spaceMembers+`]`, otherMembers
	case 'b':
		outside, within = boundary, `\x08`
	case 'B':
		outside = noBoundary
	case 'A':
		outside = `\A`
	case 'Z':
		outside = `\z`
	case 'd', 'D', 'a', 'f', 'n', 'r', 't', 'v', 'x', 'u':
		outside, within = t.rest[:2], t.rest[:2]
	case 'U':
		if len(t.rest) >= 10 {
			if r, err := strconv.ParseUint(t.rest[2:10], 16, 31); err == nil {
				t.take(10, escaped(rune(r)))
				return nil
			}
		}
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		n := 2
		if len(t.rest) > 2 && t.rest[2] >= '0' && t.rest[2] <= '9' {
			n = 3
		}
		if t.inClass || n == 3 && len(t.rest) > 3 && t.rest[1] <= '3' && t.rest[2] <= '7' && t.rest[3] >= '0' && t.rest[3] <= '7' {
			break // octal
		}
		t.take(n, "(?:"+t.rest[:n]+")") // which a digit behind it does not join, and a repetition takes whole
		return nil
	default:
		r := []rune(t.rest[1:])[0]
		if c == '0' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			break
		}
		t.take(1+len(string(r)), escaped(r))
		return nil
	}
	text := outside
	if t.inClass {
		text = within
	}
	if text == "" {
		return fmt.Errorf("%q is not known here", t.rest[:2])
	}
	t.take(2, text)
	return nil
}

// escaped is a character that stands for itself.
func escaped(r rune) string {
	if r < 0x80 && !(r >= '0' && r <= '9') && !(r >= 'a' && r <= 'z') && !(r >= 'A' && r <= 'Z') && r != '_' {
		return `\` + string(r)
	}
	return string(r)
}
