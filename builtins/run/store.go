package run

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// store appends finished samples to a run directory. Only the process that
// holds the run's lock has one.
type store struct {
	records *appendFile
	rows    *appendFile
	cols    int
	buffer  []byte // of one row
	correct int    // of the samples that are there

	unanswered int // of them
}

// openStore repairs what a killed process left and returns the samples that
// are whole, by index. A sample is whole when its record is a complete line,
// its prompt is the one that would be sent now, its output is an answer of the
// model, and its logit row is there with the right checksum; all else is cut off
// or dropped, and told to warn.
func openStore(dir string, cols int, prompts []prompt, warn func(format string, args ...any)) (*store, map[int]Sample, error) {
	if err := os.MkdirAll(filepath.Join(dir, logitsDir), 0o755); err != nil {
		return nil, nil, err
	}
	if err := claimHeader(dir, cols); err != nil {
		return nil, nil, err
	}
	rows, err := openAppend(filepath.Join(dir, logitsDir, rowsFile))
	if err != nil {
		return nil, nil, err
	}
	s := &store{rows: rows, cols: cols, buffer: make([]byte, 4*cols)}
	whole, lines, damaged, err := s.readWhole(filepath.Join(dir, samplesFile), prompts, warn)
	if err == nil && damaged {
		err = replaceFile(filepath.Join(dir, samplesFile), lines)
	}
	if err == nil {
		s.records, err = openAppend(filepath.Join(dir, samplesFile))
	}
	if err == nil {
		err = s.records.cut(int64(len(lines)))
	}
	if err == nil {
		err = s.rows.cut(int64(rowsOf(whole)) * int64(len(s.buffer)))
	}
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, whole, nil
}

// claimHeader writes the header of the logit rows, or checks the one that an
// earlier execution wrote.
func claimHeader(dir string, cols int) error {
	if cols < 0 || cols > maxVocab {
		return fmt.Errorf("the engine says that its vocabulary has %d tokens: want 1 to %d, or 0 when it gives no logits", cols, maxVocab)
	}
	header, err := readRowHeader(dir)
	if errors.Is(err, fs.ErrNotExist) && cols == 0 {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return writeJSON(filepath.Join(dir, logitsDir, headerFile), rowHeader{DType: Float32, Cols: cols, File: rowsFile})
	}
	if err == nil && header.DType != Float32 {
		err = fmt.Errorf("the run's logit rows are %s, and engines write %s", header.DType, Float32)
	}
	if err == nil && header.Cols != cols {
		err = fmt.Errorf("the run's logit rows have %d columns, the engine's vocabulary has %d tokens: it is not the engine that the run began with", header.Cols, cols)
	}
	return err
}

// readWhole returns the whole samples, their lines, and whether a complete
// line was dropped.
func (s *store) readWhole(path string, prompts []prompt, warn func(string, ...any)) (whole map[int]Sample, lines []byte, damaged bool, err error) {
	whole = map[int]Sample{}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return whole, nil, false, nil
	}
	if err != nil {
		return nil, nil, false, err
	}
	defer f.Close()
	reader := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF { // the last line, empty or torn
			if len(line) > 0 {
				warn("%s: line %d is torn: cut off", samplesFile, n)
			}
			return whole, lines, damaged, nil
		}
		if err != nil { // what follows is not lost, and must not be cut off
			return nil, nil, false, fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		sample, err := s.check(line, prompts)
		if _, repeated := whole[sample.Index]; err == nil && repeated {
			err = fmt.Errorf("sample %d is there already", sample.Index)
		}
		if err != nil {
			warn("%s: line %d dropped, its sample is computed again: %v", samplesFile, n, err)
			damaged = true
			continue
		}
		whole[sample.Index] = sample
		if sample.Correct {
			s.correct++
		}
		lines = append(lines, line...)
	}
}

func (s *store) check(line []byte, prompts []prompt) (Sample, error) {
	var sample Sample
	if err := json.Unmarshal(bytes.TrimSuffix(line, []byte("\n")), &sample); err != nil {
		return Sample{}, err
	}
	if sample.Index >= len(prompts) {
		return Sample{}, fmt.Errorf("sample %d of a task with %d", sample.Index, len(prompts))
	}
	if p := prompts[sample.Index]; sample.PromptSHA256 != p.sha256 || sample.PromptAt != p.at || sample.PromptTokens != len(p.ids) {
		return Sample{}, fmt.Errorf("sample %d had another prompt", sample.Index)
	}
	if why := unanswered(sample.Finish); why != "" {
		return Sample{}, fmt.Errorf("sample %d has %s", sample.Index, why)
	}
	if sample.Row < 0 {
		return sample, nil
	}
	if s.cols == 0 {
		return Sample{}, fmt.Errorf("sample %d has logits, which this engine does not give", sample.Index)
	}
	return sample, readRow(s.rows.file, s.buffer, sample.Row, sample.CRC32)
}

// rowsOf is how many logit rows the samples need.
func rowsOf(samples map[int]Sample) int {
	n := 0
	for _, s := range samples {
		n = max(n, s.Row+1)
	}
	return n
}

// add appends a sample and its logits, the row first. When it fails nothing
// of the sample stays.
func (s *store) add(sample Sample, logits []float32) error {
	sample.Row = -1
	if logits != nil {
		if len(logits) != s.cols {
			return fmt.Errorf("the engine returned %d logits for sample %d: its vocabulary has %d tokens", len(logits), sample.Index, s.cols)
		}
		s.buffer = rowBytes(logits, s.buffer)
		sample.Row, sample.CRC32 = int(s.rows.size/int64(len(s.buffer))), crc32.ChecksumIEEE(s.buffer)
		if err := s.rows.append(s.buffer); err != nil {
			return err
		}
	}
	line, err := sample.line()
	if err != nil {
		return err
	}
	if err := s.records.append(line); err != nil {
		return err
	}
	if sample.Correct {
		s.correct++
	}
	if unanswered(sample.Finish) != "" {
		s.unanswered++
	}
	return nil
}

// line is the sample as a line of samples.jsonl.
func (s Sample) line() ([]byte, error) {
	r := s.record()
	if err := r.check(); err != nil { // whoever reads the run would refuse it
		return nil, fmt.Errorf("sample %d: %w", s.Index, err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("sample %d: %w", s.Index, err)
	}
	return append(text, '\n'), nil
}

// Close makes what was added durable.
func (s *store) Close() error {
	err := s.rows.Close()
	if s.records != nil {
		err = errors.Join(err, s.records.Close())
	}
	return err
}

// appendFile is a file that grows by whole pieces.
type appendFile struct {
	file *os.File
	size int64
}

func openAppend(path string) (*appendFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &appendFile{file: f, size: info.Size()}, nil
}

// append writes all of data at the end, or nothing.
func (a *appendFile) append(data []byte) error {
	if _, err := a.file.WriteAt(data, a.size); err != nil {
		return errors.Join(err, a.file.Truncate(a.size))
	}
	a.size += int64(len(data))
	return nil
}

func (a *appendFile) cut(size int64) error {
	a.size = size
	return a.file.Truncate(size)
}

func (a *appendFile) Close() error {
	return errors.Join(a.file.Sync(), a.file.Close())
}
