package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"adkernel/internal/partial"
)

// A Writer makes a run directory of results that were computed elsewhere. The
// directory takes its place when everything is written; until Finish nothing
// is there.
type Writer struct {
	spec    Spec
	dir     string          // where the run will be
	partial string          // where it is until then
	folder  *partial.Folder // in which that is

	records, prompts, texts, rows *appendFile

	dtype  RowType
	cols   int
	done   int
	right  int
	none   int // have no verdict
	asked  *hashing
	seen   map[int]bool
	tokens map[int32]string
}

const importMark = ".import-"

// hashing counts and hashes what was asked, as Prompts says it.
type hashing struct{ texts, ids hashWriter }

type hashWriter interface {
	io.Writer
	Sum([]byte) []byte
}

// NewWriter starts the run that options name. Of spec, Deployment, Task and
// Import are read; Import must be there.
func NewWriter(spec Spec, options Options) (*Writer, error) {
	if spec.Import == nil {
		return nil, errors.New("a run that this program did not compute must say where it comes from")
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	spec.Format, spec.Created, spec.Prompts, spec.Limits, spec.Engine = format, now, nil, nil, nil
	root, name, err := options.place(now, spec.Deployment.Label())
	if err != nil {
		return nil, err
	}
	partial.Sweep(root, importMark) // one may hold the name
	dir, err := makeDir(root, name, options.Name == "")
	if err != nil {
		return nil, err
	}
	folder, err := partial.Make(filepath.Dir(dir), "", importMark, filepath.Base(dir))
	if err != nil {
		os.Remove(dir)
		return nil, err
	}
	w := &Writer{spec: spec, dir: dir, partial: folder.New(), folder: folder, asked: &hashing{sha256.New(), sha256.New()}, seen: map[int]bool{}, tokens: map[int32]string{}}
	err = os.Mkdir(w.partial, 0o755)
	for _, f := range []struct {
		file **appendFile
		name string
	}{{&w.records, samplesFile}, {&w.prompts, promptsFile}, {&w.texts, textsFile}} {
		if err == nil {
			*f.file, err = openAppend(filepath.Join(w.partial, f.name))
		}
	}
	if err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// Rows says how the logits of every sample are stored, before the first Add
// that has some.
func (w *Writer) Rows(t RowType, cols int) error {
	codec, err := t.codec()
	if err != nil {
		return err
	}
	if cols < 1 || cols > maxVocab {
		return fmt.Errorf("logits of %d tokens: want 1 to %d", cols, maxVocab)
	}
	folder := filepath.Join(w.partial, logitsDir)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(folder, headerFile), rowHeader{DType: t, Cols: cols, File: codec.file}); err != nil {
		return err
	}
	w.dtype, w.cols = t, cols
	w.rows, err = openAppend(filepath.Join(folder, codec.file))
	return err
}

// Sequence stores token ids that prompts begin with, and returns the place of
// the first.
func (w *Writer) Sequence(ids []int32) (int64, error) {
	at := w.prompts.size / 4
	data := idBytes(ids)
	w.asked.ids.Write(data)
	return at, w.prompts.append(data)
}

// Token says what the text of a token is.
func (w *Writer) Token(id int32, text string) { w.tokens[id] = text }

// Add appends a sample. text is its prompt, "" when it is not known. row is
// its logits as Rows said, nil when there are none. What Sample says of text
// and row is filled in; of the prompt's ids it must say so itself.
func (w *Writer) Add(s Sample, text string, row []byte) error {
	if w.seen[s.Index] {
		return fmt.Errorf("sample %d is there twice", s.Index)
	}
	w.seen[s.Index] = true
	if text != "" {
		sum := sha256.Sum256([]byte(text))
		s.TextAt, s.TextBytes, s.TextSHA256 = w.texts.size, len(text), hex.EncodeToString(sum[:])
		if err := w.texts.append([]byte(text)); err != nil {
			return err
		}
	}
	io.WriteString(w.asked.texts, text)
	w.asked.texts.Write([]byte{0})
	s.Row, s.CRC32 = -1, 0
	s.settle()
	if row != nil {
		if w.rows == nil || len(row) != w.dtype.Size(w.cols) {
			return fmt.Errorf("sample %d: %d bytes of logits, want those of %d tokens as %s", s.Index, len(row), w.cols, w.dtype)
		}
		s.Row, s.CRC32 = int(w.rows.size/int64(len(row))), crc32.ChecksumIEEE(row)
		if err := w.rows.append(row); err != nil {
			return err
		}
	}
	line, err := s.line()
	if err != nil {
		return err
	}
	w.done++
	if s.Correct {
		w.right++
	}
	if s.Unjudged != "" {
		w.none++
	}
	return w.records.append(line)
}

// Missing adds to what the import lacks, Note to its notes.
func (w *Writer) Missing(what, why string) {
	w.spec.Import.Missing = append(w.spec.Import.Missing, Missing{what, why})
}

// Note adds what a reader of the results should know.
func (w *Writer) Note(format string, args ...any) {
	w.spec.Import.Notes = append(w.spec.Import.Notes, fmt.Sprintf(format, args...))
}

// Generated says how answers of a subject were generated.
func (w *Writer) Generated(subject, how string) {
	if w.spec.Import.Generation == nil {
		w.spec.Import.Generation = map[string]string{}
	}
	w.spec.Import.Generation[subject] = how
}

// Counted is how many samples were added, and how many of them were right.
func (w *Writer) Counted() (samples, right int) { return w.done, w.right }

// Finish puts the run in its place and attaches to it.
func (w *Writer) Finish() (*Run, error) {
	if err := w.finish(); err != nil {
		w.Abort()
		return nil, err
	}
	w.folder.Remove() // empty by now
	return Attach(w.dir)
}

func (w *Writer) finish() error {
	if w.done == 0 {
		return errors.New("there is not one sample")
	}
	w.spec.Prompts = &Prompts{
		Count:      w.done,
		TextSHA256: hex.EncodeToString(w.asked.texts.Sum(nil)),
		IDsSHA256:  hex.EncodeToString(w.asked.ids.Sum(nil)),
	}
	if err := w.closeFiles(); err != nil {
		return err
	}
	if len(w.tokens) > 0 {
		if err := writeJSON(filepath.Join(w.partial, tokensFile), w.tokens); err != nil {
			return err
		}
	}
	if err := writeSpec(w.partial, w.spec); err != nil {
		return err
	}
	state := State{Status: Done, Started: w.spec.Created, Finished: w.spec.Created, Done: w.done, Total: w.done, Correct: w.right, Unjudged: w.none}
	if err := writeState(w.partial, state.listed(w.spec)); err != nil {
		return err
	}
	return syscall.Rename(w.partial, w.dir) // over the empty directory that holds the name, which os.Rename refuses
}

func (w *Writer) closeFiles() error {
	var errs []error
	for _, f := range []**appendFile{&w.records, &w.prompts, &w.texts, &w.rows} {
		if *f != nil {
			errs = append(errs, (*f).Close())
			*f = nil
		}
	}
	return errors.Join(errs...)
}

// Abort takes everything back that was written. It does nothing after Finish.
func (w *Writer) Abort() {
	w.closeFiles()
	w.folder.Remove()
}
