package native

import (
	"bufio"
	"bytes"
	"image"
	"image/draw"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestAskedFollowsWhatAnInterfaceIsMadeOf(t *testing.T) {
	closer := reflect.TypeFor[io.Closer]()
	require.Contains(t, Asked(reflect.TypeFor[io.Reader]()), closer)
	require.NotContains(t, Asked(reflect.TypeFor[io.ReadCloser]()), closer, "it has that method")
	require.Contains(t, Asked(reflect.TypeFor[http.File]()), reflect.TypeFor[fs.ReadDirFile]())
	require.Contains(t, Asked(reflect.TypeFor[net.Conn]()), reflect.TypeFor[io.ReaderFrom]())
	require.Empty(t, Asked(reflect.TypeFor[io.Closer]()))
	list := Asked(reflect.TypeFor[fs.File]())
	for i, a := range list {
		require.NotContains(t, list[i+1:], a)
	}
}

func TestComposedHasTheMethodsAndNoOthers(t *testing.T) {
	for _, c := range [][]reflect.Type{
		{is[io.Reader](), is[io.WriterTo]()},
		{is[io.Reader](), is[io.ByteReader](), is[io.RuneScanner](), is[io.Closer]()},
		{is[io.Writer](), is[io.StringWriter](), is[io.ReaderFrom]()},
		{is[fs.FS](), is[fs.ReadFileFS](), is[fs.GlobFS](), is[fs.StatFS](), is[fs.SubFS](), is[fs.ReadDirFS](), is[fs.ReadLinkFS]()},
		{is[http.ResponseWriter](), is[http.Flusher](), is[http.Hijacker]()},
		{is[draw.Image](), is[draw.RGBA64Image]()},
	} {
		w, ok := Composed(c...)
		require.True(t, ok, "%v", c)
		methods := map[string]bool{}
		for _, i := range c {
			require.True(t, reflect.PointerTo(w).Implements(i), "%v: %v", w, i)
			for m := range i.NumMethod() {
				methods[i.Method(m).Name] = true
			}
		}
		require.Equal(t, len(methods), w.NumMethod(), "%v", w)
	}
	_, ok := Composed(is[io.Reader](), is[interface{ Strange() }]())
	require.False(t, ok)
}

// What a file, a buffer, or a part of net/http has can be embedded in a cell's
// struct, which then goes where the interface is wanted.
func TestWhatIsOftenEmbeddedCanBeComposed(t *testing.T) {
	for _, c := range []struct {
		embedded reflect.Type
		want     []reflect.Type
	}{
		{is[*os.File](), []reflect.Type{is[io.Reader](), is[io.Writer](), is[io.ReadWriteCloser](), is[io.ReadSeeker](), is[io.ReadWriteSeeker]()}},
		{is[*bytes.Buffer](), []reflect.Type{is[io.Reader](), is[io.Writer](), is[io.ReadWriter]()}},
		{is[*strings.Reader](), []reflect.Type{is[io.Reader](), is[io.ReadSeeker]()}},
		{is[*bufio.Reader](), []reflect.Type{is[io.Reader]()}},
		{is[*bufio.Writer](), []reflect.Type{is[io.Writer]()}},
		{is[*net.TCPConn](), []reflect.Type{is[io.Reader](), is[io.Writer](), is[net.Conn](), is[io.ReadWriteCloser]()}},
		{is[*image.RGBA](), []reflect.Type{is[draw.Image]()}},
		{is[*httptest.ResponseRecorder](), []reflect.Type{is[http.ResponseWriter]()}},
		{is[fstest.MapFS](), []reflect.Type{is[fs.FS](), is[fs.ReadFileFS]()}},
	} {
		for _, want := range c.want {
			all := []reflect.Type{want}
			for _, i := range Asked(want) {
				if c.embedded.Implements(i) {
					all = append(all, i)
				}
			}
			if len(all) > 1 {
				_, ok := Composed(all...)
				require.True(t, ok, "%v as %v: %v", c.embedded, want, all)
			}
		}
	}
}
