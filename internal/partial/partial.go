// Package partial makes folders under another name until they are whole, and
// sweeps what programs that were killed have left of theirs.
package partial

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"adkernel/internal/filelock"
)

// A Folder is one that is being filled. Who makes it moves what it has made
// out of it, and removes it.
type Folder struct {
	Dir   string // to make things in; not whole, and nobody else's
	lock  *os.File
	place string
}

const lockFile = "lock"

// forgotten is after how long without a change a folder is a leftover whose
// program cannot be asked for: it ran on another machine, where locks may not be
// seen, or was of an earlier version.
const forgotten = 24 * time.Hour

// Make makes a folder in parent whose name is name, mark and a number, after it
// has swept the leftovers of that mark. place, if it is not "", names an empty
// folder of parent that keeps the result's place: it is removed with the folder,
// unless something is in it by then.
func Make(parent, name, mark, place string) (*Folder, error) {
	Sweep(parent, mark)
	dir, err := os.MkdirTemp(parent, name+mark)
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir, place: place}
	if err := f.claim(); err != nil {
		f.Remove()
		return nil, err
	}
	return f, nil
}

// claim takes the folder's lock, which is free when this process is gone,
// however it ended, and then signs: a lock that nobody holds tells nothing
// before. Where files cannot be locked, the folder's age must tell.
func (f *Folder) claim() (err error) {
	f.lock, err = os.OpenFile(filepath.Join(f.Dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if filelock.Flock(f.lock, syscall.LOCK_EX) != nil {
		return nil
	}
	_, err = fmt.Fprintf(f.lock, "%s\n%s", hostname(), f.place)
	return err
}

// New is where the result is made where it is a folder itself, which is then moved
// as one: not there yet, and beside what is the Folder's own.
func (f *Folder) New() string { return filepath.Join(f.Dir, "new") }

// Remove removes the folder and what is left in it.
func (f *Folder) Remove() error {
	err := discard(f.Dir, f.place)
	if f.lock != nil {
		f.lock.Close()
	}
	return err
}

func discard(dir, place string) error {
	err := os.RemoveAll(dir)
	if place != "" {
		syscall.Rmdir(filepath.Join(filepath.Dir(dir), filepath.Base(place))) // fails, as it should, when the result is in it
	}
	return err
}

// Sweep removes the leftovers in parent whose names have the mark, and what keeps
// the places of their results. That one cannot be removed is no reason not to
// make another.
func Sweep(parent, mark string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		at := strings.LastIndex(e.Name(), mark)
		if at < 0 || !e.IsDir() || strings.Trim(e.Name()[at+len(mark):], "0123456789") != "" {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		if place, left := leftover(dir); left {
			discard(dir, place)
		}
	}
}

// leftover reports whether nobody fills dir any more, and what keeps its place.
func leftover(dir string) (place string, left bool) {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil { // of an earlier version, or made just now
		return "", errors.Is(err, fs.ErrNotExist) && old(dir)
	}
	defer f.Close()
	if filelock.Flock(f, syscall.LOCK_SH|syscall.LOCK_NB) == syscall.EWOULDBLOCK {
		return "", false
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return "", false
	}
	host, place, signed := strings.Cut(string(text), "\n")
	return place, signed && host == hostname() || old(dir)
}

// old reports whether nothing in dir was changed for long.
func old(dir string) bool {
	recent := errors.New("changed not long ago")
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && time.Since(info.ModTime()) < forgotten {
			err = recent
		}
		return err
	}) == nil
}

func hostname() string {
	name, _ := os.Hostname()
	return name
}
