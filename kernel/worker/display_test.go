package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/host"
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

func (b bundler) MimeBundle() host.Bundle { return host.Bundle{Data: b.data} }

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
		"no text":        {[]any{bundler{map[string]any{"text/html": "h"}}}, map[string]any{"text/plain": "worker.bundler", "text/html": "h"}},
		"panic":          {[]any{panicking{}}, map[string]any{"text/plain": "worker.panicking cannot be shown: half a table"}},
		"nil pointer":    {[]any{(*pointed)(nil)}, map[string]any{"text/plain": "<nil>"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, show(test.values).Data) })
	}
}

type errored struct {
	bundler
	err error
}

func (e errored) Err() error { return e.err }

func TestAValueThatCarriesAnErrorEndsTheCell(t *testing.T) {
	broken := errored{err: errors.New(`no column "detla"`)}
	got := carried([]any{1, broken})
	require.NotNil(t, got)
	require.Equal(t, eval.Failure, got.Kind)
	require.Equal(t, `no column "detla"`, got.Message)
	require.ErrorIs(t, got, broken.err)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.Nil(t, carried([]any{errored{}, (*errored)(nil), nil, ended}), "only what shows itself carries errors")
}

func TestImagesAreShownAsPNG(t *testing.T) {
	b := showValue(image.NewGray(image.Rect(0, 0, 3, 2)))
	require.Equal(t, "*image.Gray, 3 x 2 pixels", b.Plain())
	decoded, err := png.Decode(bytes.NewReader(b.Data["image/png"].([]byte)))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 3, 2), decoded.Bounds())
	require.Equal(t, b.Data["image/png"], showValue(b.Data["image/png"]).Data["image/png"], "bytes of a PNG file are a picture too")
	require.Contains(t, showValue(image.NewGray(image.Rectangle{})).Plain(), "cannot be shown")
}

func TestBundlesCrossThePipeUnchanged(t *testing.T) {
	b := host.Bundle{
		Data:     map[string]any{"text/plain": "t", "image/png": []byte{1, 2}, "application/json": map[string]any{"a": 1}},
		Metadata: map[string]any{"image/png": map[string]any{"width": 640.0}},
	}
	got := encodeBundle(b).decode()
	require.Equal(t, "t", got.Plain())
	require.Equal(t, []byte{1, 2}, got.Data["image/png"])
	require.JSONEq(t, `{"a":1}`, string(got.Data["application/json"].(json.RawMessage)))
	require.Equal(t, b.Metadata, got.Metadata)
}

func TestWhatCannotBeEncodedIsNamedInTheText(t *testing.T) {
	b := host.Text("t")
	b.Data["application/json"] = func() {}
	got := encodeBundle(b).decode()
	require.Equal(t, map[string]any{"text/plain": "t\napplication/json cannot be shown: json: unsupported type: func()"}, got.Data)
}
