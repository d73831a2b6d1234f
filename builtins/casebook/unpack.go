package casebook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"adkernel/builtins/checkpoint"
	"adkernel/internal/cache"
	"adkernel/notebooks/demo"
)

// files is the demo on disk.
type files struct {
	root             string
	dense, moe, task string
}

// unpack writes the demo's files below the cache directory, once for each
// content and quantizer, so that programs of different versions do not meet.
func unpack() (*files, error) {
	folder, err := cache.Dir()
	if err != nil {
		return nil, err
	}
	sum, err := identity(demo.Files, checkpoint.QuantizerVersion)
	if err != nil {
		return nil, err
	}
	root := filepath.Join(folder, "demo-"+sum[:12])
	if err := cache.Once(root, func(dir string) error { return os.CopyFS(dir, demo.Files) }); err != nil {
		return nil, fmt.Errorf("unpack to %s: %w", root, err)
	}
	return &files{
		root:  root,
		dense: filepath.Join(root, "dense"),
		moe:   filepath.Join(root, "moe"),
		task:  filepath.Join(root, "task"),
	}, nil
}

// identity is the SHA-256 of the quantizer's version, which makes the variants,
// and of all names and contents, in hexadecimal.
func identity(files fs.FS, quantizer string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "quantizer %s\n", quantizer)
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
