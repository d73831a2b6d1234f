package template_test

import (
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/exact/template"
)

var pagesOfHTML = []string{
	"<p>{{.}}</p>", "<a href=\"/x?q={{.Name}}&t={{.Title}}\" title='{{.Title}}' id={{.Name}}>{{.Name}} {{.Title}}</a>", "<script>var x = {{.}}; var y = {{.Title}}, z = \"{{.Title}}\", n = {{.Count}}, r = {{.Rate}}, t = {{.Tags}};</script>",
	"<script>var l = {{.Level}}, e = {{.Err}}, m = {{.ByName}}, p = {{.Ptrs}}, a = {{.Any}}, n = {{.Nil}}, s = {{.Str}};</script>", "<style>p { color: {{.Name}}; width: {{.Count}}px }</style>", "<ul>{{range .Rows}}<li>{{.Name}}: {{.Title}}</li>{{else}}none{{end}}</ul>",
	"{{define \"row\"}}<b>{{.Title}}</b>{{end}}{{range .Rows}}{{template \"row\" .}}{{end}}", "{{.Level}} {{.Err}} {{.Str}} {{.Nil}} {{range .Ptrs}}{{.}}{{end}}", "<!-- {{.Name}} --><img src=\"{{.Title}}\" onclick=\"f({{.Name}}, {{.Rows}})\">", "{{.Title | html}} {{printf \"%v<\" .Name}} {{print .Name .Title}} {{html .Name .Title}}",
	"<a href=\"{{.Name", "<a {{if .Rows}}href='{{end}}>", "{{.Missing}}", "", "<textarea>{{.Title}}</textarea><title>{{.Name}}</title>", "{{$x := .Title}}{{$x}}", "<script>`${ {{.Name}} }` /{{.Name}}/</script>", "<div style=\"background: url('{{.Name}}')\">", "{{with .Any}}{{.Title}}{{end}}",
}

func TestExecuteHTML(t *testing.T) {
	h := newHost(t)
	for _, text := range pagesOfHTML {
		for i := range pages() {
			// Two templates, since the first execution escapes one.
			parsed, err := htmltemplate.New("page").Parse(text)
			if err != nil {
				continue
			}
			ours := htmltemplate.Must(htmltemplate.New("page").Parse(text))
			native := pages()[i]
			for range 2 { // escaped and not yet
				var want, got strings.Builder
				h.Forget()
				cell := h.Cell(native)
				wantErr := parsed.Execute(&want, native)
				err = template.ExecuteHTML(h.Table, h, ours, &got, cell)
				about := fmt.Sprintf("%s of %d (%T)", text, i, native)
				if wantErr == nil {
					assert.NoError(t, err, about)
				} else {
					assert.EqualError(t, err, wantErr.Error(), about)
					assert.IsType(t, wantErr, err, about)
				}
				assert.Equal(t, h.Mask(want.String()), h.Mask(got.String()), about)
			}
			_, err = ours.Parse("more")
			assert.EqualError(t, err, "html/template: cannot Parse after Execute")
		}
	}
}

func TestExecuteTemplateHTML(t *testing.T) {
	h := newHost(t)
	parsed := htmltemplate.Must(htmltemplate.New("page").Parse(`{{define "row"}}<i>{{.Title}}</i>{{end}}`))
	var got strings.Builder
	require.NoError(t, template.ExecuteTemplateHTML(h.Table, h, parsed, &got, "row", h.Cell(row{Name: "x"})))
	assert.Equal(t, "<i>&lt;x&gt;</i>", got.String())
	assert.EqualError(t, template.ExecuteTemplateHTML(h.Table, h, parsed, io.Discard, "none", h.Cell(row{})), parsed.ExecuteTemplate(io.Discard, "none", nil).Error())
}
