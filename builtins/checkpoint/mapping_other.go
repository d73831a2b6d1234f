//go:build !unix

package checkpoint

import (
	"fmt"
	"os"
)

// A mapping is a file's bytes; on this system they are read at once.
type mapping struct {
	data []byte
}

func mapFile(path string) (mapping, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return mapping{}, fmt.Errorf("checkpoint: %w", err)
	}
	return mapping{data}, nil
}

func (m mapping) unmap() error { return nil }
