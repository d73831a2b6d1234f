// Package cache keeps on disk what is expensive to make and can be made again:
// unpacked demos, imported and quantized checkpoints.
package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"adkernel/internal/partial"
)

// Dir is $ADKERNEL_CACHE, or adkernel in the user's cache directory.
func Dir() (string, error) {
	if dir := os.Getenv("ADKERNEL_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory (set ADKERNEL_CACHE): %w", err)
	}
	return filepath.Join(dir, "adkernel"), nil
}

// Once fills dir by make unless it is there. It is filled under another name
// and renamed, so that dir is whole whenever it exists, whoever else tries.
func Once(dir string, make func(dir string) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	err := os.MkdirAll(filepath.Dir(dir), 0o755)
	var temporary *partial.Folder
	if err == nil {
		temporary, err = partial.Make(filepath.Dir(dir), filepath.Base(dir), ".tmp-", "")
	}
	if err != nil {
		return fmt.Errorf("%w; set ADKERNEL_CACHE to a folder that can be written", err)
	}
	defer temporary.Remove()
	whole := temporary.New()
	if err := make(whole); err != nil {
		return err
	}
	err = os.Rename(whole, dir)
	if errors.Is(err, fs.ErrExist) || isDir(dir) {
		return nil // another process was first
	}
	return err
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
