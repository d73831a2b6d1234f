// Package composed has the struct types through which values of an
// interpreter's types implement interfaces of the standard library together
// with the methods that Go's own code asks such values for beside. A type is
// made of parts, each for one or two methods: for each method M it has a field
// WM of M's signature. What is wrapped is in a field IValue.
package composed

import (
	"bufio"
	"image"
	"image/color"
	"io"
	"io/fs"
	"net"
	"net/http"
	"time"
)

// Readers and writers.
type (
	reads struct {
		WRead func(p []byte) (n int, err error)
	}
	writes struct {
		WWrite func(p []byte) (n int, err error)
	}
	closes struct{ WClose func() error }
	seeks  struct {
		WSeek func(offset int64, whence int) (int64, error)
	}
	writesTo struct {
		WWriteTo func(w io.Writer) (n int64, err error)
	}
	readsFrom struct {
		WReadFrom func(r io.Reader) (n int64, err error)
	}
	readsByte  struct{ WReadByte func() (byte, error) }
	peeks      struct{ WPeek func(n int) ([]byte, error) }
	scansRunes struct {
		WReadRune   func() (r rune, size int, err error)
		WUnreadRune func() error
	}
	writesString struct {
		WWriteString func(s string) (n int, err error)
	}
	writesByte struct{ WWriteByte func(c byte) error }
	flushes    struct{ WFlush func() error }
)

func (w reads) Read(p []byte) (n int, err error)               { return w.WRead(p) }
func (w writes) Write(p []byte) (n int, err error)             { return w.WWrite(p) }
func (w closes) Close() error                                  { return w.WClose() }
func (w seeks) Seek(offset int64, whence int) (int64, error)   { return w.WSeek(offset, whence) }
func (w writesTo) WriteTo(to io.Writer) (n int64, err error)   { return w.WWriteTo(to) }
func (w readsFrom) ReadFrom(r io.Reader) (n int64, err error)  { return w.WReadFrom(r) }
func (w readsByte) ReadByte() (byte, error)                    { return w.WReadByte() }
func (w peeks) Peek(n int) ([]byte, error)                     { return w.WPeek(n) }
func (w scansRunes) ReadRune() (r rune, size int, err error)   { return w.WReadRune() }
func (w scansRunes) UnreadRune() error                         { return w.WUnreadRune() }
func (w writesString) WriteString(s string) (n int, err error) { return w.WWriteString(s) }
func (w writesByte) WriteByte(c byte) error                    { return w.WWriteByte(c) }
func (w flushes) Flush() error                                 { return w.WFlush() }

// Files.
type (
	opens struct {
		WOpen func(name string) (fs.File, error)
	}
	readsFile struct {
		WReadFile func(name string) ([]byte, error)
	}
	globs struct {
		WGlob func(pattern string) ([]string, error)
	}
	statsName struct {
		WStat func(name string) (fs.FileInfo, error)
	}
	subs struct {
		WSub func(dir string) (fs.FS, error)
	}
	readsDir struct {
		WReadDir func(name string) ([]fs.DirEntry, error)
	}
	stats        struct{ WStat func() (fs.FileInfo, error) }
	readsEntries struct {
		WReadDir func(n int) ([]fs.DirEntry, error)
	}
	readsInfos struct {
		WReaddir func(count int) ([]fs.FileInfo, error)
	}
	followsNoLink struct {
		WReadLink func(name string) (string, error)
		WLstat    func(name string) (fs.FileInfo, error)
	}
)

func (w opens) Open(name string) (fs.File, error)              { return w.WOpen(name) }
func (w readsFile) ReadFile(name string) ([]byte, error)       { return w.WReadFile(name) }
func (w globs) Glob(pattern string) ([]string, error)          { return w.WGlob(pattern) }
func (w statsName) Stat(name string) (fs.FileInfo, error)      { return w.WStat(name) }
func (w subs) Sub(dir string) (fs.FS, error)                   { return w.WSub(dir) }
func (w readsDir) ReadDir(name string) ([]fs.DirEntry, error)  { return w.WReadDir(name) }
func (w stats) Stat() (fs.FileInfo, error)                     { return w.WStat() }
func (w readsEntries) ReadDir(n int) ([]fs.DirEntry, error)    { return w.WReadDir(n) }
func (w readsInfos) Readdir(count int) ([]fs.FileInfo, error)  { return w.WReaddir(count) }
func (w followsNoLink) ReadLink(name string) (string, error)   { return w.WReadLink(name) }
func (w followsNoLink) Lstat(name string) (fs.FileInfo, error) { return w.WLstat(name) }

// The network.
type (
	responds struct {
		WHeader      func() http.Header
		WWriteHeader func(statusCode int)
	}
	flushesNow struct{ WFlush func() }
	hijacks    struct {
		WHijack func() (net.Conn, *bufio.ReadWriter, error)
	}
	unwrapsWriter struct{ WUnwrap func() http.ResponseWriter }
	connects      struct {
		WLocalAddr        func() net.Addr
		WRemoteAddr       func() net.Addr
		WSetDeadline      func(t time.Time) error
		WSetReadDeadline  func(t time.Time) error
		WSetWriteDeadline func(t time.Time) error
	}
	closesWrite struct{ WCloseWrite func() error }
	roundTrips  struct {
		WRoundTrip func(*http.Request) (*http.Response, error)
	}
	closesIdle struct{ WCloseIdleConnections func() }
)

func (w responds) Header() http.Header                                 { return w.WHeader() }
func (w responds) WriteHeader(statusCode int)                          { w.WWriteHeader(statusCode) }
func (w flushesNow) Flush()                                            { w.WFlush() }
func (w hijacks) Hijack() (net.Conn, *bufio.ReadWriter, error)         { return w.WHijack() }
func (w unwrapsWriter) Unwrap() http.ResponseWriter                    { return w.WUnwrap() }
func (w connects) LocalAddr() net.Addr                                 { return w.WLocalAddr() }
func (w connects) RemoteAddr() net.Addr                                { return w.WRemoteAddr() }
func (w connects) SetDeadline(t time.Time) error                       { return w.WSetDeadline(t) }
func (w connects) SetReadDeadline(t time.Time) error                   { return w.WSetReadDeadline(t) }
func (w connects) SetWriteDeadline(t time.Time) error                  { return w.WSetWriteDeadline(t) }
func (w closesWrite) CloseWrite() error                                { return w.WCloseWrite() }
func (w roundTrips) RoundTrip(r *http.Request) (*http.Response, error) { return w.WRoundTrip(r) }
func (w closesIdle) CloseIdleConnections()                             { w.WCloseIdleConnections() }

// Images, random numbers, contexts.
type (
	pictures struct {
		WColorModel func() color.Model
		WBounds     func() image.Rectangle
		WAt         func(x, y int) color.Color
	}
	sets       struct{ WSet func(x, y int, c color.Color) }
	isOpaque   struct{ WOpaque func() bool }
	atRGBA64   struct{ WRGBA64At func(x, y int) color.RGBA64 }
	setsRGBA64 struct {
		WSetRGBA64 func(x, y int, c color.RGBA64)
	}
	indexesColor struct{ WColorIndexAt func(x, y int) uint8 }
	randomizes   struct {
		WInt63 func() int64
		WSeed  func(seed int64)
	}
	randomizes64 struct{ WUint64 func() uint64 }
	cancels      struct {
		WDeadline func() (deadline time.Time, ok bool)
		WDone     func() <-chan struct{}
		WErr      func() error
		WValue    func(key any) any
	}
	runsAfter struct{ WAfterFunc func(f func()) func() bool }
	hasText   struct{ WString func() string }
)

func (w pictures) ColorModel() color.Model                { return w.WColorModel() }
func (w pictures) Bounds() image.Rectangle                { return w.WBounds() }
func (w pictures) At(x, y int) color.Color                { return w.WAt(x, y) }
func (w sets) Set(x, y int, c color.Color)                { w.WSet(x, y, c) }
func (w isOpaque) Opaque() bool                           { return w.WOpaque() }
func (w atRGBA64) RGBA64At(x, y int) color.RGBA64         { return w.WRGBA64At(x, y) }
func (w setsRGBA64) SetRGBA64(x, y int, c color.RGBA64)   { w.WSetRGBA64(x, y, c) }
func (w indexesColor) ColorIndexAt(x, y int) uint8        { return w.WColorIndexAt(x, y) }
func (w randomizes) Int63() int64                         { return w.WInt63() }
func (w randomizes) Seed(seed int64)                      { w.WSeed(seed) }
func (w randomizes64) Uint64() uint64                     { return w.WUint64() }
func (w cancels) Deadline() (deadline time.Time, ok bool) { return w.WDeadline() }
func (w cancels) Done() <-chan struct{}                   { return w.WDone() }
func (w cancels) Err() error                              { return w.WErr() }
func (w cancels) Value(key any) any                       { return w.WValue(key) }
func (w runsAfter) AfterFunc(f func()) func() bool        { return w.WAfterFunc(f) }
func (w hasText) String() string                          { return w.WString() }

// Texts of values.
type (
	unmarshalsText struct{ WUnmarshalText func(text []byte) error }
	marshalsText   struct {
		WMarshalText func() (text []byte, err error)
	}
)

func (w unmarshalsText) UnmarshalText(text []byte) error     { return w.WUnmarshalText(text) }
func (w marshalsText) MarshalText() (text []byte, err error) { return w.WMarshalText() }
