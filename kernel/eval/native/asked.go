package native

import (
	"context"
	"crypto"
	"crypto/cipher"
	"crypto/tls"
	"database/sql/driver"
	"encoding"
	"flag"
	gotypes "go/types"
	"hash"
	"image"
	"image/draw"
	"io"
	"io/fs"
	"math/rand"
	"net"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"adkernel/kernel/eval/native/internal/composed"
)

// question is what the standard library looks for in values of an interface, by
// type assertions and type switches.
type question struct {
	of     reflect.Type
	others []reflect.Type
}

// questions are those of Go 1.26. Left out are interfaces that only its own
// types have, those of package testing, what only makes a copy faster
// (syscall.Conn), and those of errors.
var questions = []question{
	ask[io.Reader](is[io.WriterTo](), is[io.ByteReader](), is[io.RuneScanner](), is[io.Closer](), is[io.Seeker](), is[interface{ Peek(int) ([]byte, error) }]()),
	ask[io.Writer](is[io.ReaderFrom](), is[io.StringWriter](), is[io.ByteWriter](), is[io.Closer](), is[io.Seeker](), is[interface {
		io.ByteWriter
		Flush() error
	}]()),
	ask[io.ReadCloser](is[io.Writer]()),
	ask[io.ReadWriter](is[interface{ CloseWrite() error }]()),
	ask[fs.FS](is[fs.ReadFileFS](), is[fs.GlobFS](), is[fs.StatFS](), is[fs.SubFS](), is[fs.ReadDirFS](), is[fs.ReadLinkFS]()),
	ask[fs.File](is[fs.ReadDirFile](), is[io.Seeker]()),
	ask[fs.FileInfo](is[interface {
		Uname() (string, error)
		Gname() (string, error)
	}]()),
	ask[net.Conn](is[interface{ CloseWrite() error }](), is[net.PacketConn](), is[interface{ ConnectionState() tls.ConnectionState }](), is[interface{ UnencryptedNetConn() net.Conn }]()),
	ask[http.ResponseWriter](
		is[http.Flusher](), is[interface{ FlushError() error }](), is[http.Hijacker](), is[http.Pusher](), is[interface{ CloseNotify() <-chan bool }](),
		is[interface{ Unwrap() http.ResponseWriter }](), is[interface{ EnableFullDuplex() error }](),
		is[interface{ SetReadDeadline(time.Time) error }](), is[interface{ SetWriteDeadline(time.Time) error }]()),
	ask[http.RoundTripper](is[interface{ CloseIdleConnections() }](), is[interface{ CancelRequest(*http.Request) }]()),
	ask[image.Image](is[image.PalettedImage](), is[image.RGBA64Image](), is[interface{ Opaque() bool }]()),
	ask[draw.Image](is[draw.RGBA64Image]()),
	ask[rand.Source](is[rand.Source64]()),
	ask[context.Context](is[interface{ AfterFunc(func()) func() bool }](), is[interface{ String() string }]()),
	ask[flag.Value](is[interface{ IsBoolFlag() bool }]()),
	ask[hash.Hash](is[hash.Cloner](), is[interface{ ConstantTimeSum([]byte) []byte }](), is[interface {
		encoding.BinaryMarshaler
		encoding.BinaryUnmarshaler
	}]()),
	ask[encoding.TextUnmarshaler](is[encoding.TextMarshaler]()),
	ask[crypto.Signer](is[crypto.MessageSigner]()),
	ask[cipher.Block](
		is[interface{ NewCBCDecrypter([]byte) cipher.BlockMode }](), is[interface{ NewCBCEncrypter([]byte) cipher.BlockMode }](),
		is[interface{ NewCTR([]byte) cipher.Stream }](), is[interface {
			NewGCM(int, int) (cipher.AEAD, error)
		}]()),
	ask[gotypes.Importer](is[gotypes.ImporterFrom]()),
	ask[driver.Driver](is[driver.DriverContext]()),
	ask[driver.Connector](is[io.Closer]()),
	ask[driver.Conn](
		is[driver.ConnBeginTx](), is[driver.NamedValueChecker](), is[driver.ExecerContext](), is[driver.Validator](), is[driver.Pinger](),
		is[driver.ConnPrepareContext](), is[driver.QueryerContext](), is[driver.SessionResetter](),
		is[interface {
			Exec(string, []driver.Value) (driver.Result, error)
		}](),
		is[interface {
			Query(string, []driver.Value) (driver.Rows, error)
		}]()),
	ask[driver.Stmt](is[driver.NamedValueChecker](), is[driver.StmtExecContext](), is[driver.StmtQueryContext](), is[interface {
		ColumnConverter(int) driver.ValueConverter
	}]()),
	ask[driver.Rows](
		is[driver.RowsColumnTypeDatabaseTypeName](), is[driver.RowsColumnTypeLength](), is[driver.RowsColumnTypeNullable](),
		is[driver.RowsColumnTypePrecisionScale](), is[driver.RowsColumnTypeScanType](), is[driver.RowsNextResultSet]()),
}

func ask[T any](others ...reflect.Type) question { return question{reflect.TypeFor[T](), others} }

func is[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Asked lists the interfaces for which Go's own code may look in a value that
// it gets as one of the interface type t. A value that has one of them must
// show it there: see Composed.
func Asked(t reflect.Type) []reflect.Type {
	if list, ok := asked.Load(t); ok {
		return list.([]reflect.Type)
	}
	var list []reflect.Type
	for _, q := range questions {
		if !t.Implements(q.of) {
			continue
		}
		for _, i := range q.others {
			if !t.Implements(i) && !slices.Contains(list, i) {
				list = append(list, i)
			}
		}
	}
	asked.Store(t, list)
	return list
}

var asked sync.Map // reflect.Type -> []reflect.Type

// Composed returns a struct type like those of Wrapper that has the methods of
// all the interfaces, and no others. Its fields WM lie in embedded structs.
func Composed(interfaces ...reflect.Type) (reflect.Type, bool) { return composed.Of(interfaces...) }
