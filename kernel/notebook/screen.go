package notebook

import "strings"

// A screen is what a stream's text looks like: a carriage return goes back to
// the start of the line, whose characters are then overwritten, and a
// backspace deletes the character before it. JupyterLab stores streams so
// (processText in its output area), which keeps progress bars to one line.
type screen struct {
	above strings.Builder // lines that are over
	line  []rune          // the last one
	at    int             // where the next character goes
}

func (s *screen) write(text string) {
	for _, r := range text {
		switch r {
		case '\n':
			s.above.WriteString(string(s.line))
			s.above.WriteByte('\n')
			s.line, s.at = s.line[:0], 0
		case '\r':
			s.at = 0
		case '\b':
			if s.at > 0 {
				s.line = append(s.line[:s.at-1], s.line[s.at:]...)
				s.at--
			}
		default:
			if s.at < len(s.line) {
				s.line[s.at] = r
			} else {
				s.line = append(s.line, r)
			}
			s.at++
		}
	}
}

func (s *screen) text() string { return s.above.String() + string(s.line) }
