package run

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

const (
	logitsDir  = "logits"
	headerFile = "header.json"
	rowsFile   = "rows.f32"

	// maxVocab bounds what a damaged header can make a reader allocate.
	maxVocab = 1 << 24
)

// rowHeader describes the file of logit rows.
type rowHeader struct {
	DType RowType `json:"dtype"`
	Cols  int     `json:"cols"` // logits of a row: the vocabulary's size
	File  string  `json:"file"`
}

func readRowHeader(dir string) (rowHeader, error) {
	path := filepath.Join(dir, logitsDir, headerFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return rowHeader{}, err
	}
	var header rowHeader
	if err := json.Unmarshal(text, &header); err != nil {
		return rowHeader{}, fmt.Errorf("%s: %w; remove it and resume the run, which writes it again", path, err)
	}
	codec, err := header.DType.codec()
	if err != nil {
		return rowHeader{}, fmt.Errorf("%s: %w", path, err)
	}
	if header.File != codec.file || header.Cols < 1 || header.Cols > maxVocab {
		return rowHeader{}, fmt.Errorf("%s: %d columns of %s in %q: want 1 to %d, in %q", path, header.Cols, header.DType, header.File, maxVocab, codec.file)
	}
	return header, nil
}

func readLogitRow(dir string, row int, crc uint32) ([]float32, error) {
	header, err := readRowHeader(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, logitsDir, header.File)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, header.DType.Size(header.Cols))
	if err := readRow(f, data, row, crc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	logits := make([]float32, header.Cols)
	header.DType.Decode(data, logits)
	return logits, nil
}

// readRow fills data with the bytes of a row and checks them.
func readRow(r io.ReaderAt, data []byte, row int, crc uint32) error {
	if int64(row) > math.MaxInt64/int64(len(data))-1 {
		return fmt.Errorf("row %d is beyond any file", row)
	}
	if _, err := r.ReadAt(data, int64(row)*int64(len(data))); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file ends before it does")
		}
		return fmt.Errorf("row %d: %w", row, err)
	}
	if got := crc32.ChecksumIEEE(data); got != crc {
		return fmt.Errorf("row %d has CRC32 %08x, its sample's record says %08x: the file was damaged", row, got, crc)
	}
	return nil
}

func rowBytes(logits []float32, buffer []byte) []byte {
	buffer = buffer[:0]
	for _, x := range logits {
		buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(x))
	}
	return buffer
}

// A RowReader reads logit rows of one run, one after the other, into the same
// memory. It is not for several goroutines.
type RowReader struct {
	run    *Run
	header rowHeader
	file   *os.File
	data   []byte
	row    []float32
}

// OpenRows opens the run's logits. What an import lacks is not available.
func (r *Run) OpenRows() (*RowReader, error) {
	header, err := readRowHeader(r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, r.notAvailable(TheLogits, "the engine returned none")
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	f, err := os.Open(filepath.Join(r.dir, logitsDir, header.File))
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	return &RowReader{run: r, header: header, file: f, data: make([]byte, header.DType.Size(header.Cols)), row: make([]float32, header.Cols)}, nil
}

// Read returns the logits of a sample. They are valid until the next call.
func (r *RowReader) Read(s Sample) ([]float32, error) {
	if s.Row < 0 {
		return nil, r.run.notAvailableFor(s.Index, TheLogits, "the engine returned none")
	}
	if err := readRow(r.file, r.data, s.Row, s.CRC32); err != nil {
		return nil, fmt.Errorf("run %s: sample %d: %s: %w", r.run.Name(), s.Index, r.file.Name(), err)
	}
	r.header.DType.Decode(r.data, r.row)
	return r.row, nil
}

// Close closes the file.
func (r *RowReader) Close() error { return r.file.Close() }
