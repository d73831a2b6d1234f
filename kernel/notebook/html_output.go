package notebook

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"adkernel/internal/pattern"
)

func newPageOutput(o *Output) pageOutput {
	switch o.Type {
	case Stream:
		return pageOutput{Class: "text " + streamClass(o.Name), Body: preformatted(o.Text)}
	case Error:
		return pageOutput{Class: "text error", Body: preformatted(joinLines(o.Traceback))}
	}
	p := pageOutput{Class: "data", Number: o.ExecutionCount}
	p.Body = renderBundle(o)
	return p
}

func streamClass(name string) string {
	if name == "stderr" {
		return "stderr"
	}
	return "stdout"
}

func preformatted(text string) template.HTML {
	return "<pre>" + ansiHTML(text) + "</pre>"
}

// pictures are MIME types of images, the sharpest first.
var pictures = []string{"image/svg+xml", "image/png", "image/webp", "image/jpeg", "image/gif"}

// renderBundle shows the richest of an output's forms that lies still.
func renderBundle(o *Output) template.HTML {
	if text, ok := o.Data["text/html"].(string); ok && !active().MatchString(text) {
		return template.HTML(text) // as the cell made it; the page's policy stops what would run
	}
	for _, mime := range pictures {
		if data, ok := o.Data[mime].(string); ok {
			return picture(o, mime, data)
		}
	}
	if text, ok := o.Data["text/markdown"].(string); ok {
		return renderMarkdown(text, nil)
	}
	if text, ok := o.Data["text/plain"].(string); ok {
		return preformatted(text)
	}
	names := strings.Join(slices.Sorted(maps.Keys(o.Data)), ", ")
	return preformatted(fmt.Sprintf("not shown here: %s", names))
}

// active finds the elements of HTML that are not shown but do something: a script,
// without which what it draws would be missing, and those that take the reader
// to another page or connect ahead, of which the page's policy cannot say no.
var active = pattern.New(`(?i)<(?:script|meta|link)[\s/>]`)

func picture(o *Output, mime, data string) template.HTML {
	if mime == "image/svg+xml" { // the only one that notebooks keep as text
		data = base64.StdEncoding.EncodeToString([]byte(data))
	}
	alternative, _ := o.Data["text/plain"].(string)
	return template.HTML(fmt.Sprintf(`<img src="data:%s;base64,%s" alt="%s"%s>`,
		mime, template.HTMLEscapeString(strings.Join(strings.Fields(data), "")),
		template.HTMLEscapeString(alternative), pictureSize(o.Metadata, mime)))
}

// pictureSize is the size in CSS pixels that the metadata ask for.
func pictureSize(metadata map[string]any, mime string) string {
	size, _ := metadata[mime].(map[string]any)
	var attributes strings.Builder
	for _, name := range []string{"width", "height"} {
		switch n := size[name].(type) {
		case json.Number:
			if n, err := n.Float64(); err == nil {
				fmt.Fprintf(&attributes, ` %s="%.0f"`, name, n)
			}
		case float64:
			fmt.Fprintf(&attributes, ` %s="%.0f"`, name, n)
		}
	}
	return attributes.String()
}
