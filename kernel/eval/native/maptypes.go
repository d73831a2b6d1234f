package native

import (
	"bufio"
	"encoding"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"reflect"
)

// mapTypes tells yaegi which interfaces a function looks for in its arguments
// of type any, and which richer wrappers there are for an interface's: what
// yaegi's own package stdlib tells it. The poorer come later.
func mapTypes() map[reflect.Value][]reflect.Type {
	out := map[reflect.Value][]reflect.Type{}
	set := func(types []reflect.Type, functions ...any) {
		for _, f := range functions {
			out[reflect.ValueOf(f)] = types
		}
	}
	set([]reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[fmt.Stringer]()},
		fmt.Errorf, fmt.Fprint, fmt.Fprintf, fmt.Fprintln, fmt.Print, fmt.Printf, fmt.Println, fmt.Sprint, fmt.Sprintf, fmt.Sprintln,
		log.Fatal, log.Fatalf, log.Fatalln, log.Panic, log.Panicf, log.Panicln)
	set([]reflect.Type{reflect.TypeFor[fmt.Scanner]()}, fmt.Scan, fmt.Scanf, fmt.Scanln)
	set([]reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}, json.Marshal)
	set([]reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}, json.Unmarshal)
	set([]reflect.Type{reflect.TypeFor[xml.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}, xml.Marshal)
	set([]reflect.Type{reflect.TypeFor[xml.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}, xml.Unmarshal)
	for path, t := range map[[2]string]reflect.Type{
		{"net/http", "_ResponseWriter"}: reflect.TypeFor[hijackableWriter](),
		{"io", "_Reader"}:               reflect.TypeFor[readerWriterTo](),
		{"io", "_Writer"}:               reflect.TypeFor[writerReaderFrom](),
	} {
		if w, ok := value(path[0], path[1]); ok {
			set([]reflect.Type{t}, w)
		}
	}
	return out
}

// readerWriterTo is an io.Reader that io.Copy lets write.
type readerWriterTo struct {
	IValue   any
	WRead    func(p []byte) (n int, err error)
	WWriteTo func(w io.Writer) (n int64, err error)
}

func (w readerWriterTo) Read(p []byte) (n int, err error)          { return w.WRead(p) }
func (w readerWriterTo) WriteTo(to io.Writer) (n int64, err error) { return w.WWriteTo(to) }

// writerReaderFrom is an io.Writer that io.Copy lets read.
type writerReaderFrom struct {
	IValue    any
	WWrite    func(p []byte) (n int, err error)
	WReadFrom func(r io.Reader) (n int64, err error)
}

func (w writerReaderFrom) Write(p []byte) (n int, err error)         { return w.WWrite(p) }
func (w writerReaderFrom) ReadFrom(r io.Reader) (n int64, err error) { return w.WReadFrom(r) }

// hijackableWriter is an http.ResponseWriter and http.Hijacker.
type hijackableWriter struct {
	IValue       any
	WHeader      func() http.Header
	WWrite       func(p []byte) (int, error)
	WWriteHeader func(statusCode int)
	WHijack      func() (net.Conn, *bufio.ReadWriter, error)
}

func (w hijackableWriter) Header() http.Header                          { return w.WHeader() }
func (w hijackableWriter) Write(p []byte) (int, error)                  { return w.WWrite(p) }
func (w hijackableWriter) WriteHeader(statusCode int)                   { w.WWriteHeader(statusCode) }
func (w hijackableWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.WHijack() }
