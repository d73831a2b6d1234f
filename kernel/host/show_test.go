package host

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

type rich struct{}

func (rich) String() string       { return "rich" }
func (rich) HTML() string         { return "<b>rich</b>" }
func (rich) SVG() string          { return "<svg/>" }
func (rich) Markdown() string     { return "**rich**" }
func (rich) PNG() ([]byte, error) { return []byte("png"), nil }

type unpainted struct{}

func (unpainted) PNG() ([]byte, error) { return nil, errors.New("no canvas") }

type bundler struct{ data map[string]any }

func (b bundler) MimeBundle() Bundle { return Bundle{Data: b.data} }

type panicking struct{}

func (panicking) HTML() string { panic("half a table") }

type pointed struct{ name string }

func (p *pointed) HTML() string { return p.name }

func TestValuesAreShownByTheirRichestMeans(t *testing.T) {
	for name, test := range map[string]struct {
		values []any
		want   map[string]any
	}{
		"number":         {[]any{42}, map[string]any{"text/plain": "42"}},
		"nil":            {[]any{nil}, map[string]any{"text/plain": "<nil>"}},
		"several":        {[]any{1, "a", nil}, map[string]any{"text/plain": "1 a <nil>"}},
		"error":          {[]any{errors.New("no such file")}, map[string]any{"text/plain": "no such file"}},
		"plain bytes":    {[]any{[]byte("ab")}, map[string]any{"text/plain": "[97 98]"}},
		"JPEG":           {[]any{[]byte("\xff\xd8\xff.")}, map[string]any{"text/plain": "JPEG image, 4 bytes", "image/jpeg": []byte("\xff\xd8\xff.")}},
		"methods":        {[]any{rich{}}, map[string]any{"text/plain": "rich", "text/html": "<b>rich</b>", "image/svg+xml": "<svg/>", "text/markdown": "**rich**", "image/png": []byte("png")}},
		"failed picture": {[]any{unpainted{}}, map[string]any{"text/plain": "{}\nno picture: no canvas"}},
		"bundler":        {[]any{bundler{map[string]any{"text/plain": "t", "text/html": "h"}}}, map[string]any{"text/plain": "t", "text/html": "h"}},
		"no text":        {[]any{bundler{map[string]any{"text/html": "h"}}}, map[string]any{"text/plain": "host.bundler", "text/html": "h"}},
		"panic":          {[]any{panicking{}}, map[string]any{"text/plain": "host.panicking cannot be shown: half a table"}},
		"nil pointer":    {[]any{(*pointed)(nil)}, map[string]any{"text/plain": "<nil>"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, Show(test.values...).Data) })
	}
}

type errored struct {
	bundler
	err error
}

func (e errored) Err() error { return e.err }

func TestAValueThatCarriesAnErrorHasFailed(t *testing.T) {
	broken := errored{err: errors.New(`no column "detla"`)}
	require.ErrorIs(t, Failed(1, broken), broken.err)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, Failed(errored{}, (*errored)(nil), nil, ended), "only what shows itself carries errors")
}

func TestImagesAreShownAsPNG(t *testing.T) {
	b := Show(image.NewGray(image.Rect(0, 0, 3, 2)))
	require.Equal(t, "*image.Gray, 3 x 2 pixels", b.Plain())
	decoded, err := png.Decode(bytes.NewReader(b.Data["image/png"].([]byte)))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 3, 2), decoded.Bounds())
	require.Equal(t, b.Data["image/png"], Show(b.Data["image/png"]).Data["image/png"], "bytes of a PNG file are a picture too")
	require.Contains(t, Show(image.NewGray(image.Rectangle{})).Plain(), "cannot be shown")
}
