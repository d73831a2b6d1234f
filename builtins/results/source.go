package results

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"adkernel/builtins/run"
)

// describe identifies a file that is imported.
func describe(path string) (run.Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return run.Source{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return run.Source{}, fmt.Errorf("%s: %w", path, err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return run.Source{}, err
	}
	return run.Source{Path: absolute, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// maxLine bounds a line of a JSON-lines file: a long context of 1 M tokens
// takes a few MB.
const maxLine = 256 << 20

// eachLine calls do with every line of a file that is not blank, without its
// end, and the line's number from 1. The bytes are valid until do returns.
func eachLine(path string, do func(n int, line []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return linesOf(f, path, do)
}

func linesOf(r io.Reader, path string, do func(n int, line []byte) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 1<<16), maxLine)
	n := 0
	for scanner.Scan() {
		n++
		line := scanner.Bytes()
		if blank(line) {
			continue
		}
		if err := do(n, line); err != nil {
			if errors.Is(err, errEnough) {
				return nil
			}
			return fmt.Errorf("%s: line %d: %w", path, n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("%s: line %d: %w", path, n+1, err)
	}
	return nil
}

// errEnough ends eachLine early, without an error.
var errEnough = errors.New("enough")

func blank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
