package kernel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"adkernel/internal/filelock"
	"adkernel/kernel/wire"
)

// history is the code that ran: that of earlier sessions in a file of JSON
// lines, one an entry, shared by all kernels of the user; outputs are known
// of this session only.
type history struct {
	mu      sync.Mutex
	path    string
	opened  bool
	session int
	entries []historyEntry
}

type historyEntry struct {
	Session int    `json:"session"`
	Line    int    `json:"line,omitempty"` // zero: the session began
	Code    string `json:"code,omitempty"`

	output *string
}

// The file is shortened to its latest part when it has grown.
const (
	maxHistoryFile  = 8 << 20
	keepHistoryFile = 4 << 20
)

func newHistory(path string) *history { return &history{path: path, session: 1} }

// remember adds a cell; a file that cannot be written costs the memory of
// later sessions only.
func (s *server) remember(n int, code string, output *string) {
	if err := s.history.add(n, code, output); err != nil {
		s.log.Warn("history is not kept", "error", err)
	}
}

func (s *server) answerHistory(r *request) {
	var content wire.HistoryRequest
	if s.malformed(r, &content) {
		return
	}
	entries, err := s.history.find(content)
	if err != nil {
		s.log.Warn("history", "error", err)
	}
	s.reply(r, wire.HistoryReply{Status: wire.StatusOK, History: entries})
}

func (h *history) add(line int, code string, output *string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.open()
	e := historyEntry{Session: h.session, Line: line, Code: code, output: output}
	h.entries = append(h.entries, e)
	if err != nil || h.path == "" {
		return err
	}
	return h.appendEntry(e)
}

func (h *history) find(r wire.HistoryRequest) ([]wire.HistoryEntry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.open()
	var found []historyEntry
	switch r.AccessType {
	case "tail":
		found = last(h.entries, r.N)
	case "range":
		found = h.between(r)
	case "search":
		found = h.search(r)
	default:
		err = errors.Join(err, fmt.Errorf("unknown access type %q", r.AccessType))
	}
	entries := make([]wire.HistoryEntry, len(found))
	for i, e := range found {
		entries[i] = wire.HistoryEntry{Session: e.Session, Line: e.Line, Code: e.Code, WithOutput: r.Output, Output: e.output}
	}
	return entries, err
}

// between lists lines of one session; not positive, it counts back from this one.
func (h *history) between(r wire.HistoryRequest) []historyEntry {
	session := r.Session
	if session <= 0 {
		session += h.session
	}
	var found []historyEntry
	for _, e := range h.entries {
		if e.Session == session && e.Line >= r.Start && (r.Stop == nil || e.Line < *r.Stop) {
			found = append(found, e)
		}
	}
	return found
}

// search lists code that matches a glob as a whole.
func (h *history) search(r wire.HistoryRequest) []historyEntry {
	glob := compileGlob(r.Pattern)
	seen := map[string]bool{}
	var found []historyEntry
	for _, e := range slices.Backward(h.entries) {
		if !glob.MatchString(e.Code) || r.Unique && seen[e.Code] {
			continue
		}
		seen[e.Code] = true
		found = append(found, e)
		if len(found) == r.N {
			break
		}
	}
	slices.Reverse(found)
	return found
}

// compileGlob knows * and ?; everything else stands for itself.
func compileGlob(pattern string) *regexp.Regexp {
	if pattern == "" {
		pattern = "*"
	}
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `.`)
	return regexp.MustCompile(`(?s)\A` + quoted + `\z`)
}

func last(entries []historyEntry, n int) []historyEntry {
	if n <= 0 || n > len(entries) {
		return entries
	}
	return entries[len(entries)-n:]
}

// open reads the file, and takes the next session's number, at first use.
func (h *history) open() error {
	if h.opened || h.path == "" {
		return nil
	}
	h.opened = true
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	f, err := h.lock()
	if err != nil {
		return err
	}
	defer f.Close() // which unlocks
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	long := len(text) >= maxHistoryFile
	if long {
		text = latest(text)
	}
	for _, e := range parseEntries(text) {
		h.session = max(h.session, e.Session+1)
		if e.Line > 0 {
			h.entries = append(h.entries, e)
		}
	}
	begun, err := json.Marshal(historyEntry{Session: h.session})
	if err != nil {
		return err
	}
	begun = append(begun, '\n')
	if torn := len(text) > 0 && text[len(text)-1] != '\n'; torn {
		begun = append([]byte{'\n'}, begun...)
	}
	if long {
		return h.replace(append(text, begun...))
	}
	_, err = f.Write(begun)
	return err
}

// lock opens the file for reading and appending, and keeps other kernels from
// it until it is closed. One that another kernel has replaced meanwhile is
// opened anew: what is written to the old one is lost.
func (h *history) lock() (*os.File, error) {
	for {
		f, err := os.OpenFile(h.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := filelock.Flock(f, syscall.LOCK_EX); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", h.path, err), f.Close())
		}
		locked, err := f.Stat()
		named, nameErr := os.Stat(h.path)
		if err == nil && nameErr == nil && os.SameFile(locked, named) {
			return f, nil
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		if nameErr != nil && !errors.Is(nameErr, fs.ErrNotExist) {
			return nil, nameErr
		}
	}
}

// parseEntries skips lines that are none: another program's, or torn.
func parseEntries(text []byte) []historyEntry {
	var entries []historyEntry
	for line := range bytes.Lines(text) {
		var e historyEntry
		if json.Unmarshal(line, &e) == nil && e.Session > 0 {
			entries = append(entries, e)
		}
	}
	return entries
}

func (h *history) appendEntry(e historyEntry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f, err := h.lock()
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// latest are the last lines of a file that has grown too long.
func latest(text []byte) []byte {
	text = text[len(text)-keepHistoryFile:]
	return text[bytes.IndexByte(text, '\n')+1:]
}

// replace puts another file, of that text, in place of the one that is locked.
func (h *history) replace(text []byte) error {
	next, err := os.CreateTemp(filepath.Dir(h.path), filepath.Base(h.path)+".*")
	if err != nil {
		return err
	}
	_, err = next.Write(text)
	err = errors.Join(err, next.Close())
	if err == nil {
		err = os.Rename(next.Name(), h.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return nil
}
