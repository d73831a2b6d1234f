//go:build unix

package checkpoint

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A mapping is a file's bytes, read as they are touched. The file must not be
// truncated while it is mapped.
type mapping struct {
	data []byte
}

func mapFile(path string) (mapping, error) {
	f, err := os.Open(path)
	if err != nil {
		return mapping{}, fmt.Errorf("checkpoint: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return mapping{}, fmt.Errorf("checkpoint: %w", err)
	}
	if !st.Mode().IsRegular() {
		return mapping{}, fmt.Errorf("%s: not a regular file", path)
	}
	if st.Size() == 0 {
		return mapping{}, nil // an empty file cannot be mapped; the parser says what is wrong with it
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return mapping{}, fmt.Errorf("%s: map %d bytes: %w", path, st.Size(), err)
	}
	return mapping{data}, nil
}

func (m mapping) unmap() error {
	if m.data == nil {
		return nil
	}
	return unix.Munmap(m.data)
}
