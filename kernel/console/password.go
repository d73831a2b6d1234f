package console

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// readHidden reads a line from a terminal that does not show what is typed.
func readHidden(in, out *os.File, prompt string) (string, error) {
	was, err := unix.IoctlGetTermios(int(in.Fd()), getTermios)
	if err != nil {
		return "", fmt.Errorf("the terminal cannot hide what is typed: %w", err)
	}
	hidden := *was
	hidden.Lflag = hidden.Lflag&^unix.ECHO | unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(int(in.Fd()), setTermios, &hidden); err != nil {
		return "", fmt.Errorf("the terminal cannot hide what is typed: %w", err)
	}
	defer func() { _ = unix.IoctlSetTermios(int(in.Fd()), setTermios, was) }() // it could be set a moment ago
	fmt.Fprint(out, prompt)
	line, err := bufio.NewReader(in).ReadString('\n')
	fmt.Fprintln(out)
	return strings.TrimRight(line, "\r\n"), err
}
