package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/internal/suggest"
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
		return nil, fmt.Errorf("no run %s: neither a directory here nor the name of a run below %s%s", name, root, meant(name, root))
	}
	return Attach(dir)
}

// meant asks for the run below root that was meant by a name which none has: the
// latest whose name ends in it, as a deployment's label does, or the nearest.
func meant(name, root string) string {
	entries, err := os.ReadDir(root) // sorted, and names begin with the time
	if err != nil {
		return ""
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	for _, kept := range slices.Backward(names) {
		if strings.HasSuffix(kept, "-"+slug(name)) {
			return fmt.Sprintf("; did you mean %q?", kept)
		}
	}
	if near := suggest.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
