package run

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
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

// rowHeader describes rows.f32.
type rowHeader struct {
	DType string `json:"dtype"` // "float32", little endian
	Cols  int    `json:"cols"`  // logits of a row: the vocabulary's size
	File  string `json:"file"`
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
	if header.DType != "float32" || header.File != rowsFile || header.Cols < 1 || header.Cols > maxVocab {
		return rowHeader{}, fmt.Errorf("%s: dtype %q, %d columns in %q: want float32, 1 to %d, in %q", path, header.DType, header.Cols, header.File, maxVocab, rowsFile)
	}
	return header, nil
}

func readLogitRow(dir string, row int, crc uint32) ([]float32, error) {
	header, err := readRowHeader(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, logitsDir, rowsFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, 4*header.Cols)
	if err := readRow(f, data, row, crc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	logits := make([]float32, header.Cols)
	for i := range logits {
		logits[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
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
