package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

// runScript executes what it reads, a cell at a time: a cell ends with the
// line after which it could run as it stands, one of a cell magic with a blank
// line.
func runScript(ctx context.Context, s *worker.Session, in io.Reader, p *printer) error {
	lines := bufio.NewReader(in)
	var cell strings.Builder
	n := 0
	for ctx.Err() == nil {
		text, err := line(ctx, func() (string, error) { return lines.ReadString('\n') })
		if ctx.Err() != nil {
			break
		}
		cell.WriteString(text)
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return fmt.Errorf("standard input: %w", err)
		}
		ready, err := isReady(ctx, s, cell.String(), end)
		if err != nil {
			return err
		}
		if ready {
			n++
			next, err := execute(ctx, s, p, worker.Request{N: n, Source: cell.String()})
			if err != nil {
				return fmt.Errorf("%s; what comes after it was not run", firstLine(err))
			}
			p.page(host.Text(next)) // nobody types
			cell.Reset()
		}
		if end {
			return nil
		}
	}
	return context.Cause(ctx)
}

func isReady(ctx context.Context, s *worker.Session, source string, end bool) (bool, error) {
	if strings.TrimSpace(source) == "" {
		return false, nil
	}
	if end {
		return true, nil
	}
	// As a person would ask who is about to end the line: ended, it would be
	// a blank one that follows.
	c, err := s.IsComplete(ctx, strings.TrimSuffix(source, "\n"))()
	return c.Status != "incomplete", err
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
