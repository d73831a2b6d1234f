package frame

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"adkernel/internal/wholefile"
)

// writeFile writes path whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	if err := wholefile.Write(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// appendLine appends the next line of r, with its end; io.EOF after the last
// one, unless there is something in the buffer already.
func appendLine(buffer []byte, r *bufio.Reader) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		buffer = append(buffer, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(buffer) > 0:
			return buffer, nil
		default:
			return buffer, err
		}
	}
}
