// Package parquetfile opens Parquet files of others, which may be damaged.
package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// footerEnd is what a file ends with: the length of its metadata as uint32, and
// the magic (parquet-format, "File format").
const footerEnd = 4 + len(magic)

const magic = "PAR1"

// pointer is what Git LFS leaves in the place of a file that it did not fetch.
const pointer = "version https://git-lfs"

// Open opens a file of size bytes. parquet-go takes the length of the metadata as
// the file says it, and so up to 4 GiB of memory for a file with one wrong byte:
// a length that the file has no place for is refused before.
func Open(r io.ReaderAt, size int64) (*parquet.File, error) {
	start := make([]byte, len(pointer))
	if n, _ := r.ReadAt(start, 0); string(start[:n]) == pointer {
		return nil, errors.New("it is a pointer of Git LFS, and the file itself was not fetched: git lfs pull")
	}
	if size >= int64(footerEnd) {
		var end [footerEnd]byte
		if _, err := r.ReadAt(end[:], size-int64(footerEnd)); err != nil && err != io.EOF {
			return nil, err
		}
		metadata := int64(binary.LittleEndian.Uint32(end[:]))
		if string(end[4:]) == magic && metadata > size-int64(footerEnd)-int64(len(magic)) {
			return nil, fmt.Errorf("its metadata would have %d bytes, and the file has %d: it is damaged", metadata, size)
		}
	}
	return parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}

// Damaged makes an error of a panic, as parquet-go has on some damaged files. It
// is deferred.
func Damaged(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is damaged: %v", p)
	}
}
