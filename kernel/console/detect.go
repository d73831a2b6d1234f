package console

import (
	"context"
	"image"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"adkernel/internal/pattern"
)

// picturesVariable names the protocol for pictures where the user knows better
// than the terminal tells: kitty, iterm2, sixel, blocks (of characters), or text
// for none.
const picturesVariable = "ADKERNEL_PICTURES"

// What a terminal is asked: whether it knows kitty's graphics (which only
// those answer that do), the size of a character, and what it is, which every
// terminal answers.
const (
	askKitty = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
	askCell  = "\x1b[16t"
	askWhat  = "\x1b[c"
)

// answerTime is how long an answer is waited for; it may come from afar.
const answerTime = 500 * time.Millisecond

// detect finds out how the terminal shows pictures. The environment says what
// it can where no other program stands between: within tmux and screen only
// what those answer counts. What was typed meanwhile is returned.
func detect(in, out *os.File, env func(string) string) (s screen, typed []byte) {
	size, err := unix.IoctlGetWinsize(int(out.Fd()), unix.TIOCGWINSZ)
	if err == nil {
		s.columns = int(size.Col)
		if size.Col > 0 && size.Row > 0 {
			s.cell = image.Pt(int(size.Xpixel)/int(size.Col), int(size.Ypixel)/int(size.Row))
		}
	}
	chosen, isChosen := byName(env(picturesVariable))
	switch {
	case isChosen && chosen == noPictures && env(picturesVariable) != "blocks", isDumb(env):
		return s, nil
	case isChosen && chosen == noPictures:
		s.palette = max(paletteOf(env), colours256)
		return s, nil
	}
	s.palette = paletteOf(env)
	within := env("TMUX") != "" || env("STY") != "" || hasPrefix(env("TERM"), "screen", "tmux")
	question := askCell + askWhat
	if !within {
		question = askKitty + question
	}
	reply := ask(in, out, question)
	if s.cell.X == 0 || s.cell.Y == 0 {
		s.cell = reply.cell
	}
	switch {
	case isChosen:
		s.protocol = chosen
	case !within && (reply.kitty || env("KITTY_WINDOW_ID") != "" || hasPrefix(env("TERM"), "xterm-kitty", "xterm-ghostty")):
		s.protocol = kittyGraphics
	case !within && isITerm(env):
		s.protocol = itermImages
	case reply.sixel:
		s.protocol = sixelGraphics
	}
	return s, reply.typed
}

func byName(name string) (p protocol, ok bool) {
	switch strings.ToLower(name) {
	case "kitty":
		return kittyGraphics, true
	case "iterm", "iterm2":
		return itermImages, true
	case "sixel":
		return sixelGraphics, true
	case "text", "none", "blocks":
		return noPictures, true
	}
	return noPictures, false
}

// isDumb tells terminals that would print the questions.
func isDumb(env func(string) string) bool {
	return slices.Contains([]string{"", "dumb", "linux", "emacs"}, env("TERM")) || env("TERM_PROGRAM") == "Apple_Terminal"
}

// isITerm tells terminals with iTerm2's protocol that do not answer what they
// can. LC_TERMINAL also arrives at the other end of ssh.
func isITerm(env func(string) string) bool {
	return slices.Contains([]string{"iTerm.app", "WezTerm", "mintty"}, env("TERM_PROGRAM")) || env("LC_TERMINAL") == "iTerm2"
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// answers are what a terminal has said.
type answers struct {
	kitty, sixel bool
	cell         image.Point
	complete     bool
	typed        []byte // what is none of it
}

var (
	kittyAnswer = pattern.New(`\x1b_Gi=31;([^\x1b]*)\x1b\\`)
	cellAnswer  = pattern.New(`\x1b\[6;(\d+);(\d+)t`)
	whatAnswer  = pattern.New(`\x1b\[\?([\d;]*)c`)
)

// parseAnswers reads what a terminal sent.
func parseAnswers(text []byte) answers {
	var a answers
	if m := kittyAnswer().FindSubmatch(text); m != nil {
		a.kitty = string(m[1]) == "OK"
	}
	if m := cellAnswer().FindSubmatch(text); m != nil {
		y, _ := strconv.Atoi(string(m[1])) // digits; too many are none
		x, _ := strconv.Atoi(string(m[2]))
		if x > 0 && y > 0 && x < 1000 && y < 1000 {
			a.cell = image.Pt(x, y)
		}
	}
	if m := whatAnswer().FindSubmatch(text); m != nil {
		a.complete = true
		attributes := strings.Split(string(m[1]), ";")
		a.sixel = slices.Contains(attributes[1:], "4") // the first is the terminal's class
	}
	for _, r := range []*regexp.Regexp{kittyAnswer(), cellAnswer(), whatAnswer()} {
		text = r.ReplaceAll(text, nil)
	}
	a.typed = text
	return a
}

// ask sends a question and reads until the terminal has said what it is, or
// too much time has passed.
func ask(in, out *os.File, question string) answers {
	return parseAnswers(converse(in, out, question, answerTime, func(reply []byte) bool { return parseAnswers(reply).complete }))
}

// converse sends a question and returns what is read then, until that is done
// or the time is over. What is typed is not shown meanwhile.
func converse(in, out *os.File, question string, within time.Duration, done func([]byte) bool) []byte {
	fd := int(in.Fd())
	was, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil
	}
	silent := *was
	silent.Lflag &^= unix.ECHO | unix.ICANON
	silent.Cc[unix.VMIN], silent.Cc[unix.VTIME] = 0, 0
	if err := unix.IoctlSetTermios(fd, setTermios, &silent); err != nil {
		return nil
	}
	defer func() { _ = unix.IoctlSetTermios(fd, setTermios, was) }() // it could be set a moment ago
	if _, err := out.WriteString(question); err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var text []byte
	for {
		more, err := readWithin(ctx, fd)
		text = append(text, more...)
		if err != nil || len(more) == 0 || done(text) {
			return text
		}
	}
}

// readWithin reads what is there of fd, or will be before ctx ends.
func readWithin(ctx context.Context, fd int) ([]byte, error) {
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	if left <= 0 {
		return nil, ctx.Err()
	}
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, int(left.Milliseconds())+1)
	if err == unix.EINTR {
		return readWithin(ctx, fd)
	}
	if err != nil || n == 0 {
		return nil, err
	}
	buffer := make([]byte, 1024)
	n, err = unix.Read(fd, buffer)
	return buffer[:max(n, 0)], err
}
