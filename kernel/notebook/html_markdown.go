package notebook

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is GitHub's, with raw HTML as Jupyter allows it.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(html.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(codeBlocks{}, 100))),
)

// renderMarkdown renders markdown whose images may be attachments of its cell.
func renderMarkdown(source string, attachments map[string]map[string]any) template.HTML {
	content := []byte(source)
	document := markdown.Parser().Parse(text.NewReader(content))
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if image, ok := n.(*ast.Image); ok && entering {
			if name, ok := strings.CutPrefix(string(image.Destination), "attachment:"); ok {
				image.Destination = []byte(dataURL(attachments[name]))
			}
		}
		return ast.WalkContinue, nil // never an error
	})
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, content, document); err != nil {
		return preformatted(source)
	}
	if active().Match(out.Bytes()) {
		return preformatted(source)
	}
	return template.HTML(out.String())
}

func dataURL(data map[string]any) string {
	for _, mime := range pictures {
		if content, ok := data[mime].(string); ok && mime != "image/svg+xml" {
			return "data:" + mime + ";base64," + strings.Join(strings.Fields(content), "")
		}
	}
	return ""
}

// codeBlocks renders fenced code blocks: Go is coloured.
type codeBlocks struct{}

func (codeBlocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		block := n.(*ast.FencedCodeBlock)
		code := string(block.Lines().Value(source))
		rendered := template.HTML(template.HTMLEscapeString(code))
		if language := string(block.Language(source)); language == "go" {
			rendered = highlightGo(code)
		}
		_, err := fmt.Fprintf(w, "<pre><code>%s</code></pre>\n", rendered)
		return ast.WalkContinue, err
	})
}
