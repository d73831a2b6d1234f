package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Find opens the run that a user names: by its directory, or by its name among
// the runs that are kept below Root, as their listing shows it.
func Find(name string) (*Run, error) {
	if filepath.Base(name) != name { // a path
		return Attach(name)
	}
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return Attach(name)
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, name)
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("no run %s: neither a directory here nor the name of a run below %s", name, root)
	}
	return Attach(dir)
}
