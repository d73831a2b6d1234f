package casebook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"adkernel/notebooks/demo"
)

// files is the demo on disk.
type files struct {
	root             string
	dense, moe, task string
}

// unpack writes the demo's files below the cache directory, once for each
// content, so that programs of different versions do not meet.
func unpack() (*files, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	sum, err := contentHash(demo.Files)
	if err != nil {
		return nil, err
	}
	root := filepath.Join(cache, "demo-"+sum[:12])
	if err := once(root, func(dir string) error { return os.CopyFS(dir, demo.Files) }); err != nil {
		return nil, fmt.Errorf("unpack to %s: %w", root, err)
	}
	return &files{
		root:  root,
		dense: filepath.Join(root, "dense"),
		moe:   filepath.Join(root, "moe"),
		task:  filepath.Join(root, "task"),
	}, nil
}

// cacheDir is $ADKERNEL_CACHE, or adkernel in the user's cache directory.
func cacheDir() (string, error) {
	if dir := os.Getenv("ADKERNEL_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory (set ADKERNEL_CACHE): %w", err)
	}
	return filepath.Join(dir, "adkernel"), nil
}

// once fills dir by make unless it is there. It is filled under another name
// and renamed, so that dir is whole whenever it exists, whoever else tries.
func once(dir string, make func(dir string) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".tmp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	if err := make(filepath.Join(temporary, "new")); err != nil {
		return err
	}
	err = os.Rename(filepath.Join(temporary, "new"), dir)
	if errors.Is(err, fs.ErrExist) || isDir(dir) {
		return nil // another process was first
	}
	return err
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// contentHash is the SHA-256 of all names and contents, in hexadecimal.
func contentHash(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", path, len(content))
		h.Write(content)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
