// Package wholefile writes files that are whole or not there at all.
package wholefile

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write makes path, or the file that it links to, hold what write writes, by a
// new file beside it that takes its place once all is on the disk. An error
// leaves what was there before. A file that was there keeps its permissions;
// what is no regular file is refused.
func Write(path string, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	was, statErr := os.Stat(path)
	mode := os.FileMode(0o666) // less the umask
	if statErr == nil {
		if !was.Mode().IsRegular() {
			return errors.New("it is not a regular file")
		}
		mode = was.Mode().Perm()
	}
	temporary := fmt.Sprintf("%s.%s.tmp", path, rand.Text()[:8])
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary)
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<18)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil && statErr == nil { // the umask may have taken some of the mode
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
