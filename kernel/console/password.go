package console

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// errInterrupted ends a hidden line at the key that interrupts.
var errInterrupted = errors.New("interrupted")

// readHidden reads a line from a terminal that does not show what is typed.
// The key that interrupts ends the line, with errInterrupted, instead of
// sending a signal: with that, the cell would end while the line is still
// read, beside whatever is typed next.
func readHidden(in, out *os.File, prompt string) (string, error) {
	was, err := unix.IoctlGetTermios(int(in.Fd()), getTermios)
	if err != nil {
		return "", fmt.Errorf("the terminal cannot hide what is typed: %w", err)
	}
	hidden := *was
	hidden.Lflag = hidden.Lflag&^(unix.ECHO|unix.ISIG) | unix.ICANON
	hidden.Iflag |= unix.ICRNL
	interrupt := was.Cc[unix.VINTR]
	hidden.Cc[unix.VEOL] = interrupt
	if err := unix.IoctlSetTermios(int(in.Fd()), setTermios, &hidden); err != nil {
		return "", fmt.Errorf("the terminal cannot hide what is typed: %w", err)
	}
	defer func() { _ = unix.IoctlSetTermios(int(in.Fd()), setTermios, was) }() // it could be set a moment ago
	fmt.Fprint(out, prompt)
	defer fmt.Fprintln(out)
	var line []byte
	buffer := make([]byte, 4096)
	for {
		n, err := in.Read(buffer) // up to the end of a line, or what precedes Ctrl-D
		if err != nil {
			return "", err
		}
		line = append(line, buffer[:n]...)
		switch line[len(line)-1] {
		case '\n':
			return strings.TrimRight(string(line), "\r\n"), nil
		case interrupt:
			return "", errInterrupted
		}
	}
}
