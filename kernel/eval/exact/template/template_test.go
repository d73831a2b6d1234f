package template_test

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/exact/template"
	"adkernel/kernel/eval/exact/view/viewtest"
)

//go:embed shapes_test.go
var source string

// host lets native copies run the methods and funcs.
type host struct{ *viewtest.World }

func (h host) Method(v any, name string) (template.Func, bool) {
	sig, call, ok := h.World.Method(v, name)
	return template.Func{Signature: sig, Call: call}, ok
}

func (h host) Func(v any) template.Func {
	sig, call := h.World.Func(v)
	return template.Func{Signature: sig, Call: call}
}

func (h host) Wrap(v any) any { return h.Native(v) }

func newHost(t testing.TB) host {
	natives := map[string]reflect.Type{}
	for _, r := range []reflect.Type{
		reflect.TypeFor[id](), reflect.TypeFor[label](), reflect.TypeFor[rate](), reflect.TypeFor[names](), reflect.TypeFor[op](), reflect.TypeFor[plain](), reflect.TypeFor[row](),
		reflect.TypeFor[fault](), reflect.TypeFor[level](), reflect.TypeFor[base](), reflect.TypeFor[page](),
	} {
		natives[r.Name()] = r
	}
	return host{viewtest.New(t, "adkernel/kernel/eval/exact/template_test", source, natives, reflect.TypeFor[fmt.Stringer]())}
}

var funcs = texttemplate.FuncMap{
	"upper": strings.ToUpper, "show": func(v any) string { return fmt.Sprintf("%v", v) }, "count": func(v ...any) int { return len(v) }, "fails": func() (int, error) { return 0, errors.New("sorry") },
	"kind": func(v reflect.Value) string { return v.Kind().String() }, "describe": func(s fmt.Stringer) string { return s.String() }, "seq": func(n int) []int { return make([]int, n) }, "nothing": func() any { return nil },
}

var texts = []string{
	"{{.}}", "{{.Name}} {{.Count}} {{.Rate}}", "{{.Title}}", "{{.Bump 3}}", "{{range .Ptrs}}{{with .}}{{.Bump 3}} {{.Count}}{{end}}{{end}}", "{{.Join \", \" .Name \"lit\"}}", "{{.Fail false}}", "{{.Fail true}}", "{{.Panic}}", "{{.PanicError}}", "{{.Two}}", "{{.Any 3}} {{.Any .}} {{.Any nil}}",
	"{{.Of .}}", "{{.Of .Next}}", "{{.Ptr .}}", "{{.Self.Name}} {{.Self.Self.Title}}", "{{.Err}}", "{{.Next.Name}}", "{{.Next.Next.Name}}", "{{.hide}}", "{{.Missing}}", "{{.Name.Foo}}", "{{.Title 1}}", "{{.Name 1}}", "{{.Any}}", "{{.Join}}", "{{.Join 1}}", "{{.Any 1 2}}",
	"{{range .}}[{{.}}]{{end}}", "{{range $i, $r := .Rows}}{{$i}}:{{$r.Name}}/{{.Title}} {{end}}", "{{range .Rows}}{{.Bump 1}}{{.Count}}{{else}}none{{end}}", "{{range .Ptrs}}{{with .}}{{.Name}}{{else}}nil{{end}},{{end}}", "{{range $k, $v := .Map}}{{$k}}={{$v.Title}};{{end}}", "{{range .ByName}}{{.}}{{end}}",
	"{{.ByName.one}} {{.ByName.none}} {{.Map.a}}", "{{(index .Map \"a\").Name}}", "{{index .ByName \"two\"}} {{index .ByName \"x\"}}", "{{(index .Rows 0).Name}} {{index .Array 1}} {{(index .Ptrs 1)}}", "{{index .Rows 5}}", "{{index .Rows -1}}", "{{index .Name 0}} {{index . 0}}", "{{index .Level 0}}", "{{index .Rows \"x\"}}", "{{index .Map 1}}", "{{index .Rows 2}}",
	"{{len .Rows}} {{len .Map}} {{len .Name}} {{len .Array}}", "{{len .Level}}", "{{len .Nil}}", "{{slice .Rows 1}} {{slice .Name 0 1}} {{slice .Tags 0 1}}", "{{slice .Array 1}}", "{{slice .Rows 2 1}}", "{{slice .Rows 0 9}}", "{{slice .Level}}", "{{slice .Rows 0 1 2}}", "{{slice .Name 0 1 1}}",
	"{{if .Rows}}yes{{else}}no{{end}} {{if .Nil}}yes{{else}}no{{end}} {{if .Level}}y{{end}} {{if .Err}}e{{end}} {{if .F}}f{{end}} {{if .Array}}a{{end}} {{if .Str}}s{{end}} {{if .Any}}any{{end}}", "{{with .Any}}{{.Name}}{{end}}", "{{with $x := .Level}}{{$x}}{{end}}", "{{if not .Rows}}none{{end}}",
	"{{.Hello}} {{.ID}} {{.base.ID}}", "{{.Any.Name}} {{.Any.Title}}", "{{.Nil.Name}}", "{{.Nil.Title}}", "{{.Err.Code}} {{.Err.Error}} {{.Err}}", "{{.Level}} {{.Level.String}} {{.Str}} {{.Str.String}}", "{{call .Op 1 \"a\" .Name}}", "{{call .Op 1}} {{call .F}}", "{{call .Op -1}}", "{{call .Op \"x\"}}", "{{call .Op}}", "{{call .NoF}}", "{{call .Level}}", "{{call nil}}", "{{.F}}", "{{.Op}}", "{{.Ch}}", "{{.NoF}}",
	"{{and .Rows .Level}} {{or .Nil .Name}} {{and 1 0}} {{or 0 \"\"}}", "{{eq .Level 1}} {{eq .Name \"r\" \"q\"}} {{ne .Count 2}} {{lt .Count 5}} {{le .Rate 0.5}} {{gt .Name \"a\"}} {{ge .Count .Count}}", "{{eq .Name 1}}", "{{eq .Rows .Rows}}", "{{eq .Nil nil}} {{eq .Any .Any}}", "{{lt .Rows 1}}", "{{eq (index .Rows 0) (index .Rows 0)}}", "{{lt .Name 1}}", "{{eq .Self .Self}}", "{{eq .base .base}}",
	"{{print .Name .Count .Level}} {{println .Level}}{{printf \"%v %d %s %T %q\" . .Count .Name .Level .Name}}", "{{printf \"%+v\" .Rows}}", "{{printf \"%T\" .}}", "{{html .Title}} {{js .Title}} {{urlquery .Title .Name}}", "{{.Title | printf \"%s|%s\" .Name}}", "{{.Name | upper}}", "{{.Title | upper}}", "{{show .Name}} {{show .Level}}", "{{count .Name 1}}", "{{fails}}", "{{describe .Level}} {{describe .Str}}", "{{describe .Name}}", "{{kind 3}}",
	"{{$x := .Name}}{{$x}} {{$x = \"new\"}}{{$x}}", "{{$.Name}}", "{{define \"t\"}}<{{.Name}} {{$.Count}}>{{end}}{{template \"t\" .}}{{range .Rows}}{{template \"t\" .}}{{end}}", "{{template \"none\" .}}", "{{range .Rows}}{{break}}{{end}}{{range $i, $_ := .Rows}}{{if $i}}{{continue}}{{end}}{{$i}}{{end}}", "{{range $i := .Count}}{{$i}}{{end}}", "{{range 3}}{{.}}{{end}}", "{{range .Level}}{{.}}{{else}}x{{end}}", "{{range $i, $j := .Count}}{{end}}", "{{range .Name}}{{.}}{{end}}", "{{range .Any}}{{end}}", "{{range .Nil}}x{{else}}empty{{end}}",
	"{{.row}} {{.n}} {{.x}}", "{{.row.Name}} {{.row.Title}} {{.x.y}}", "{{range .}}{{.Name}}{{end}}", "{{1.5}} {{'a'}} {{0x10}} {{true}} {{\"s\"}} {{1i}}", "{{nil}}", "{{(.Self).Name}}", "{{range seq 2}}{{.}}{{end}}", "{{nothing}} {{nothing | show}}", "{{. | .Any}}", "{{with .Next}}{{.Name}}{{$.Name}}{{end}}", "{{break}}", "{{.Rows.Name}}", "{{(index .Rows 0).Bump 2}}", "{{.Tags}} {{index .Tags 1}}", "{{not .Level}}", "{{3 | call .Op}}", "{{.Name | call .Op 2}}",
}

func TestExecute(t *testing.T) {
	for _, text := range texts {
		for _, option := range []string{"missingkey=default", "missingkey=zero", "missingkey=error"} {
			parsed, err := texttemplate.New("page").Option(option).Funcs(funcs).Parse(text)
			if err != nil {
				continue // of parsing, which is not ours
			}
			h := newHostOnce(t)
			for i := range pages() {
				native := pages()[i]
				var want, got strings.Builder
				h.Forget()
				cell := h.Cell(native)
				wantErr := parsed.Execute(&want, native)
				err := template.Execute(h.Table, h, parsed, &got, cell)
				about := fmt.Sprintf("%s of %d (%T), %s", text, i, native, option)
				if wantErr == nil {
					assert.NoError(t, err, about)
				} else if assert.Error(t, err, about) {
					assert.Equal(t, addresses(h, wantErr.Error()), addresses(h, err.Error()), about)
					assert.IsType(t, wantErr, err, about)
				}
				assert.Equal(t, addresses(h, want.String()), addresses(h, got.String()), about)
			}
		}
	}
}

var shared *host

func newHostOnce(t *testing.T) host {
	if shared == nil {
		h := newHost(t)
		shared = &h
	}
	return *shared
}

// addresses masks addresses of values, also of those that the template made.
func addresses(h host, s string) string { return h.Mask(s) }

func TestExecuteTemplate(t *testing.T) {
	h := newHost(t)
	parsed := texttemplate.Must(texttemplate.New("page").Parse(`{{define "row"}}{{.Name}}!{{end}}`))
	var got strings.Builder
	require.NoError(t, template.ExecuteTemplate(h.Table, h, parsed, &got, "row", h.Cell(row{Name: "x"})))
	assert.Equal(t, "x!", got.String())
	var data any = row{}
	assert.EqualError(t, template.ExecuteTemplate(h.Table, h, parsed, &got, "none", h.Cell(data)), parsed.ExecuteTemplate(&got, "none", data).Error())
}

func TestWhatNativeFuncsMustNotSee(t *testing.T) {
	h := newHost(t)
	for text, want := range map[string]string{
		"{{kind .}}": "a value of type []interface {} that holds values of cells' types cannot be given to native code", "{{show .}}": "a value of type []interface {} that holds values of cells' types cannot be given to native code",
		"{{kind (index . 0)}}": "a value of type template_test.row cannot be given to native code that wants reflect.Value",
	} {
		parsed := texttemplate.Must(texttemplate.New("page").Funcs(funcs).Parse(text))
		assert.ErrorContains(t, template.Execute(h.Table, h, parsed, io.Discard, h.Cell([]any{row{}})), want)
	}
	for text, want := range map[string]string{"{{range .Ch}}{{end}}": "range over a chan template_test.id of a cell", "{{range .F}}{{end}}": "range over a template_test.plain of a cell"} {
		parsed := texttemplate.Must(texttemplate.New("page").Parse(text))
		assert.ErrorContains(t, template.Execute(h.Table, h, parsed, io.Discard, h.Cell(page{Ch: make(chan id), F: func() string { return "" }})), want)
	}
}

func TestValuesOfCellsFromFuncs(t *testing.T) {
	h := newHost(t)
	parsed := texttemplate.Must(texttemplate.New("page").Funcs(texttemplate.FuncMap{"rows": func() any { return h.Cell([]row{{Name: "a"}, {Name: "b"}}) }}).Parse("{{.}}{{range rows}}{{.Title}}{{end}}"))
	var got strings.Builder
	require.NoError(t, template.Execute(h.Table, h, parsed, &got, "native"))
	assert.Equal(t, "native<a><b>", got.String())
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestErrorsOfTheWriter(t *testing.T) {
	h := newHost(t)
	for _, text := range []string{"text", "{{.}}"} {
		err := template.Execute(h.Table, h, texttemplate.Must(texttemplate.New("x").Parse(text)), brokenWriter{}, h.Cell(row{}))
		assert.EqualError(t, err, "disk full")
	}
}
