package run

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"unique"
)

const samplesFile = "samples.jsonl"

// recordReader follows a samples.jsonl that may grow: each call of advance
// reads what is new. A line without its newline is not there yet. What it keeps
// of a record is where it stands (about 60 bytes a sample), so that a run of any
// length may be watched, and is read again by who wants its samples.
type recordReader struct {
	path    string
	info    os.FileInfo // of the file read so far
	offset  int64
	places  []place     // in the order in which the samples finished
	at      map[int]int // index in the task -> place in places
	correct int

	unjudged int // that have no verdict
	waiting  int // of these, for the function that judges

	restarts int
}

// A place is that of one record's line in the file.
type place struct {
	index int // in the task
	at    int64
	size  int32
	crc   uint32 // of the line
}

// errChanged is what reading a record says whose line is another by now.
var errChanged = errors.New("a record was changed since it was first read")

func (r *recordReader) advance() error {
	f, err := r.open()
	if f != nil {
		f.Close()
	}
	return err
}

// open is advance, and returns the file that it read; nil where no sample has
// finished.
func (r *recordReader) open() (*os.File, error) {
	f, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		r.restart()
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = r.follow(f, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (r *recordReader) follow(f *os.File, info os.FileInfo) error {
	if r.info != nil && (!os.SameFile(info, r.info) || info.Size() < r.offset) {
		r.restart() // repaired by a resumed run
	}
	r.info = info
	if info.Size() == r.offset {
		return nil
	}
	if n := len(r.places); n > 0 {
		if _, _, err := r.places[n-1].read(f, nil); err != nil {
			r.restart() // somebody wrote into it
			r.info = info
		}
	}
	// Line by line, so that what is held is not the file.
	lines := bufio.NewReaderSize(io.NewSectionReader(f, r.offset, info.Size()-r.offset), int(min(info.Size()-r.offset, 1<<18)))
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil // what is left, if anything, is torn or being written
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.path, err)
		}
		if err := r.add(line[:len(line)-1]); err != nil {
			return fmt.Errorf("%s: line %d: %w; resume the run to compute the sample again", r.path, len(r.places)+1, err)
		}
		r.offset += int64(len(line))
	}
}

// restart forgets what was read.
func (r *recordReader) restart() { *r = recordReader{path: r.path, restarts: r.restarts + 1} }

func (r *recordReader) add(line []byte) error {
	sample, err := parseRecord(line)
	if err != nil {
		return err
	}
	if _, ok := r.at[sample.Index]; ok {
		return fmt.Errorf("sample %d is recorded twice", sample.Index)
	}
	if r.at == nil {
		r.at = map[int]int{}
	}
	r.at[sample.Index] = len(r.places)
	r.places = append(r.places, place{index: sample.Index, at: r.offset, size: int32(len(line)), crc: crc32.ChecksumIEEE(line)})
	if sample.Correct {
		r.correct++
	}
	if sample.Unjudged != "" {
		r.unjudged++
	}
	if sample.Unjudged == NotJudged {
		r.waiting++
	}
	return nil
}

// read reads the record at p again, into buffer, which it returns.
func (p place) read(f io.ReaderAt, buffer []byte) (Sample, []byte, error) {
	if cap(buffer) < int(p.size) {
		buffer = make([]byte, p.size, 2*p.size)
	}
	buffer = buffer[:p.size]
	if _, err := f.ReadAt(buffer, p.at); err != nil && err != io.EOF {
		return Sample{}, buffer, err
	}
	if crc32.ChecksumIEEE(buffer) != p.crc {
		return Sample{}, buffer, errChanged
	}
	sample, err := parseRecord(buffer)
	return sample, buffer, err
}

func parseRecord(line []byte) (Sample, error) {
	var sample Sample
	if err := sample.UnmarshalJSON(line); err != nil {
		return Sample{}, fmt.Errorf("not the record of a sample: %w", err)
	}
	sample.share()
	return sample, nil
}

// share lets texts that many samples have be held once.
func (s *Sample) share() {
	for _, text := range []*string{&s.Subject, &s.Ref, &s.Finish} {
		*text = unique.Make(*text).Value()
	}
	if len(s.Tokens) < 4 { // an answer, and not a text of its own
		s.Output = unique.Make(s.Output).Value()
	}
	for i := range s.Top {
		s.Top[i].Text = unique.Make(s.Top[i].Text).Value()
	}
}
