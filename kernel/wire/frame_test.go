package wire

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readerConn is a connection of which only Read works.
type readerConn struct {
	net.Conn
	r io.Reader
}

func (c readerConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// throughLimit reads stream, after a greeting, through a limitedConn.
func throughLimit(stream []byte, limit uint64, wrap func(io.Reader) io.Reader) ([]byte, error) {
	c := newLimitedConn(readerConn{r: wrap(bytes.NewReader(append(make([]byte, greeting), stream...)))})
	c.limit = limit
	read, err := io.ReadAll(c)
	return read[min(greeting, len(read)):], err
}

func encode(frames ...[]byte) []byte {
	var out []byte
	for _, b := range appendFrames(nil, frames) {
		out = append(out, b...)
	}
	return out
}

func TestMessagesWithinTheLimitPassUnchanged(t *testing.T) {
	stream := append(encode([]byte("a"), nil, make([]byte, maxShort+1)), encode(make([]byte, 600))...)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader,
	} {
		read, err := throughLimit(stream, 1000, wrap)
		require.NoError(t, err, name)
		require.Equal(t, stream, read, name)
	}
}

func TestMessagesOverTheLimitEndTheConnection(t *testing.T) {
	huge := binary.BigEndian.AppendUint64([]byte{flagLong}, 1<<62)
	overflowing := binary.BigEndian.AppendUint64([]byte{flagLong}, 1<<64-1)
	many := bytes.Repeat([]byte{flagMore, 0}, 100)
	for name, stream := range map[string][]byte{
		"long frame": encode(make([]byte, 1001)), "sum of frames": encode(make([]byte, 500), make([]byte, 500)),
		"huge": huge, "overflowing": overflowing, "empty frames without end": many,
	} {
		_, err := throughLimit(stream, 1000, iotest.OneByteReader)
		require.ErrorContains(t, err, "longer than 1000 bytes", name)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(encode([]byte("a"), []byte("b")))
	f.Add(encode(make([]byte, 300)))
	f.Add([]byte{flagLong | flagMore, 0, 0, 0, 0, 0, 0, 0, 255})
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, wholeErr := throughLimit(stream, 1000, func(r io.Reader) io.Reader { return r })
		torn, tornErr := throughLimit(stream, 1000, iotest.OneByteReader)
		require.Equal(t, wholeErr == nil, tornErr == nil, "the verdict does not depend on how bytes arrive")
		if wholeErr == nil {
			require.Equal(t, stream, whole)
			require.Equal(t, stream, torn)
		}
	})
}
