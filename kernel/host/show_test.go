package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
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
		"lines":          {[]any{"a\nb", 2}, map[string]any{"text/plain": "a\nb\n2"}},
		"error":          {[]any{errors.New("no such file")}, map[string]any{"text/plain": "no such file"}},
		"plain bytes":    {[]any{[]byte("ab")}, map[string]any{"text/plain": "[97 98]"}},
		"JPEG":           {[]any{[]byte("\xff\xd8\xff.")}, map[string]any{"text/plain": "JPEG image, 4 bytes", "image/jpeg": []byte("\xff\xd8\xff.")}},
		"methods":        {[]any{rich{}}, map[string]any{"text/plain": "rich", "text/html": "<b>rich</b>", "image/svg+xml": "<svg/>", "text/markdown": "**rich**", "image/png": []byte("png")}},
		"failed picture": {[]any{unpainted{}}, map[string]any{"text/plain": "{}\nno PNG: no canvas"}},
		"bundler":        {[]any{bundler{map[string]any{"text/plain": "t", "text/html": "h"}}}, map[string]any{"text/plain": "t", "text/html": "h"}},
		"map bundle":     {[]any{mapBundler{}}, map[string]any{"text/plain": "m", "application/json": 1}},
		"JSON and LaTeX": {[]any{formula{}}, map[string]any{"text/plain": "{}", "text/latex": "$x$", "application/json": []int{1}}},
		"fields":         {[]any{pointed{"n"}}, map[string]any{"text/plain": "{name:n}"}},
		"a table":        {[]any{[]pointed{{"a"}, {"b"}}}, map[string]any{"text/plain": "   name\n0  a\n1  b", "text/html": tableOfPointed}},
		"error causes":   {[]any{fmt.Errorf("outer: %w", errors.New("inner"))}, map[string]any{"text/plain": "outer: inner\n  *errors.errorString: inner", "text/html": "<details><summary>outer: inner</summary>\n<div style=\"margin-left: 1em\"><code>*errors.errorString</code> inner</div>\n</details>\n"}},
		"GIF":            {[]any{[]byte("GIF89a")}, map[string]any{"text/plain": "GIF image, 6 bytes", "image/gif": []byte("GIF89a")}},
		"no text":        {[]any{bundler{map[string]any{"text/html": "h"}}}, map[string]any{"text/plain": "host.bundler", "text/html": "h"}},
		"panic":          {[]any{panicking{}}, map[string]any{"text/plain": "{}\nno HTML: half a table"}},
		"nil pointer":    {[]any{(*pointed)(nil)}, map[string]any{"text/plain": "<nil>"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, Show(test.values...).Data) })
	}
}

type mapBundler struct{}

func (mapBundler) MimeBundle() map[string]any {
	return map[string]any{"text/plain": "m", "application/json": 1}
}

type formula struct{}

func (formula) LaTeX() string { return "$x$" }
func (formula) JSON() any     { return []int{1} }

const tableOfPointed = "<table>\n<thead>\n<tr><th style=\"text-align: right\"></th><th style=\"text-align: left\">name</th></tr>\n</thead>\n<tbody>\n" +
	"<tr><th style=\"text-align: right\">0</th><td style=\"text-align: left\">a</td></tr>\n<tr><th style=\"text-align: right\">1</th><td style=\"text-align: left\">b</td></tr>\n</tbody>\n</table>\n"

func TestPlotsOfGonumAreDrawn(t *testing.T) {
	p := plot.New()
	p.Title.Text = "accuracy"
	b := Show(p)
	require.Equal(t, "*plot.Plot, 6 x 4 inches", b.Plain())
	require.Contains(t, b.Data["image/svg+xml"], "<svg")
	_, err := png.Decode(bytes.NewReader(b.Data["image/png"].([]byte)))
	require.NoError(t, err)
}

// held is a value whose methods are seen through Method alone.
type held struct{ is rich }

func (h held) Method(name string, want reflect.Type) (any, bool) {
	m := reflect.ValueOf(h.is).MethodByName(name)
	if !m.IsValid() || m.Type() != want {
		return nil, false
	}
	return m.Interface(), true
}

func TestMethodsOfCellsTypesAreFound(t *testing.T) {
	b := Show(held{})
	require.Equal(t, "<b>rich</b>", b.Data["text/html"])
	require.Equal(t, []byte("png"), b.Data["image/png"])
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
