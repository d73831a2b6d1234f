package run

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unique"
)

const samplesFile = "samples.jsonl"

// recordReader follows a samples.jsonl that may grow: each call of advance
// reads what is new. A line without its newline is not there yet.
type recordReader struct {
	path    string
	info    os.FileInfo // of the file read so far
	offset  int64
	lines   int
	samples []Sample    // in the order in which they finished
	at      map[int]int // index in the task -> place in samples
	correct int

	unjudged int // that have no verdict
	waiting  int // of these, for the function that judges
}

func (r *recordReader) advance() error {
	f, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no sample has finished
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if r.info != nil && (!os.SameFile(info, r.info) || info.Size() < r.offset) {
		*r = recordReader{path: r.path} // repaired by a resumed run: start over
	}
	r.info = info
	// Line by line, so that what is held is the samples and not the file too.
	lines := bufio.NewReaderSize(io.NewSectionReader(f, r.offset, info.Size()-r.offset), 1<<18)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil // what is left, if anything, is torn or being written
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.path, err)
		}
		if err := r.add(line[:len(line)-1]); err != nil {
			return fmt.Errorf("%s: line %d: %w; resume the run to compute the sample again", r.path, r.lines+1, err)
		}
		r.offset += int64(len(line))
		r.lines++
	}
}

func (r *recordReader) add(line []byte) error {
	var sample Sample
	if err := json.Unmarshal(line, &sample); err != nil {
		return fmt.Errorf("not the record of a sample: %w", err)
	}
	if _, ok := r.at[sample.Index]; ok {
		return fmt.Errorf("sample %d is recorded twice", sample.Index)
	}
	if r.at == nil {
		r.at = map[int]int{}
	}
	sample.share()
	r.at[sample.Index] = len(r.samples)
	r.samples = append(r.samples, sample)
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
