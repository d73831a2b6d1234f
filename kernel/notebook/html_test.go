package notebook

import (
	"bytes"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func render(t *testing.T, nb *Notebook) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, nb.writePage(&out))
	return out.String()
}

func TestPagesOfNotebooks(t *testing.T) {
	for _, name := range []string{"outputs.executed", "stops.executed", "kept"} {
		_, body, found := strings.Cut(render(t, read(t, name+".ipynb")), "<body>\n")
		require.True(t, found)
		matchesGolden(t, name+".html", []byte(body))
	}
}

func TestWriteHTMLReplacesTheFileOrLeavesItAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, code("1").WriteHTML(path))
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(first), "</html>")

	blocked := filepath.Join(path, "page.html") // below a file
	require.ErrorContains(t, code("1").WriteHTML(blocked), "page "+blocked+" cannot be written")
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing temporary stays")
}

func TestThePageRunsNoScriptsAndLoadsNothing(t *testing.T) {
	nb := code("1")
	nb.Cells = append(nb.Cells, &Cell{Type: Markdown, Source: "a <script>alert(1)</script> b"})
	nb.Cells[0].Outputs = []*Output{{Type: DisplayData, Data: map[string]any{
		"text/html": "<SCRIPT src='https://example.com/plot.js'></SCRIPT>", "text/plain": "a <plot>"}}}
	content := render(t, nb)
	require.NotContains(t, strings.ToLower(content), "<script")
	require.Contains(t, content, "default-src 'none'", "what a cell's own HTML would load is not loaded")
	require.Contains(t, content, "<pre>a &lt;plot&gt;</pre>", "text stands for what only a script can draw")
}

// The page's policy has no word against a redirection.
func TestThePageTakesNobodyElsewhere(t *testing.T) {
	for _, html := range []string{
		`<meta http-equiv="refresh" content="0; url=https://example.com">`, "<p>a</p><META/http-equiv=refresh content=0;https://example.com>",
		"<link\nrel=preconnect href=https://example.com>",
	} {
		nb := code("1")
		nb.Cells[0].Outputs = []*Output{{Type: DisplayData, Data: map[string]any{"text/html": html, "text/plain": "plain"}}}
		nb.Cells = append(nb.Cells, &Cell{Type: Markdown, Source: "text\n\n" + html})
		_, body, _ := strings.Cut(strings.ToLower(render(t, nb)), "<body>")
		require.NotRegexp(t, "<(meta|link)", body)
		require.Contains(t, body, "<pre>plain</pre>")
	}
	page := render(t, code("1"))
	require.Contains(t, page, "form-action 'none'")
	require.Contains(t, page, "base-uri 'none'")
	drawing := "<svg><metadata>by a plotting library</metadata></svg>"
	require.Equal(t, drawing, string(renderBundle(&Output{Type: DisplayData, Data: map[string]any{"text/html": drawing}})))
}

func TestTheRichestFormIsShown(t *testing.T) {
	data := map[string]any{"application/x-unknown": "?"}
	for _, test := range []struct{ mime, value, want string }{
		{"", "", "<pre>not shown here: application/x-unknown</pre>"},
		{"text/plain", "<text>", "<pre>&lt;text&gt;</pre>"},
		{"text/markdown", "**bold**", "<p><strong>bold</strong></p>\n"},
		{"image/png", "AQ\nID\n", `<img src="data:image/png;base64,AQID" alt="&lt;text&gt;">`},
		{"image/svg+xml", "<svg/>", `<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="&lt;text&gt;">`},
		{"text/html", "<b>b</b>", "<b>b</b>"},
	} {
		if test.mime != "" {
			data[test.mime] = test.value
		}
		require.Equal(t, test.want, string(renderBundle(&Output{Type: DisplayData, Data: data})))
	}
}

func TestPicturesHaveTheSizeOfTheirMetadata(t *testing.T) {
	o := &Output{Type: DisplayData, Data: map[string]any{"image/png": "AQID"},
		Metadata: map[string]any{"image/png": map[string]any{"width": 400.0, "height": `1" onload="`}}}
	require.Equal(t, `<img src="data:image/png;base64,AQID" alt="" width="400">`, string(renderBundle(o)))
}

func TestTerminalColoursBecomeStyles(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a<b", "a&lt;b"},
		{"\x1b[31mred\x1b[0m x", `<span style="color:var(--ansi-1)">red</span> x`},
		{"\x1b[1;94mb\x1b[22mc", `<span style="color:var(--ansi-12);font-weight:bold">b</span><span style="color:var(--ansi-12)">c</span>`},
		{"\x1b[38;5;208ma\x1b[39mb", `<span style="color:rgb(255,135,0)">a</span>b`},
		{"\x1b[48;5;244ma\x1b[m", `<span style="background:rgb(128,128,128)">a</span>`},
		{"\x1b[38;2;1;2;3ma", `<span style="color:rgb(1,2,3)">a</span>`},
		{"\x1b[107ma", `<span style="background:var(--ansi-15)">a</span>`},
		{"\x1b[38;5ma", "a"},
		{"\x1b[38;5;999ma", "a"},
		{"\x1b[2K\x1b]0;title\x07a\x1b[?25l", "a"},
		{"\x1b[31", "\x1b[31"},
	} {
		require.Equal(t, test.want, string(ansiHTML(test.text)), "%q", test.text)
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

func FuzzHighlightingKeepsTheSource(f *testing.F) {
	for _, source := range []string{"x := 1 // one\n\tf(\"a\", 'b', `c`)", "not Go: \x00 § \" unclosed", "/* open", "a;b;\n", "`a\rb`", "x...y\n}"} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if strings.ContainsAny(source, "\r\x00") {
			t.Skip("carriage returns are dropped, and HTML has no NUL")
		}
		require.Equal(t, source, html.UnescapeString(tags.ReplaceAllString(string(highlightGo(source)), "")))
	})
}

// FuzzPage: whatever cells hold and show, the page has no script, and of a
// terminal's text all that is no escape sequence.
func FuzzPage(f *testing.F) {
	f.Add("# a\n\n| b | c |\n|---|---|\n| ~~d~~ | <b>e</b> |\n\n```go\nx := 1\n```\n\n- [ ] https://example.com")
	f.Add("![](attachment:a.png) [x](javascript:alert(1)) <scr<script>ipt>")
	f.Add("\x1b[1;38;5;208mred\x1b[0m\x1b[48;2;1;2;3m \x1b]0;title\x07\x1b[?25l\x1b[31")
	f.Add("<SCRIPT src=x>\x00&lt;script&gt;")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) {
			t.Skip("HTML has no NUL")
		}
		outputs := []*Output{{Type: Stream, Name: "stdout", Text: text}, {Type: Error, Traceback: []string{text}}}
		for _, mime := range append(pictures, "text/html", "text/markdown", "text/plain") {
			outputs = append(outputs, &Output{Type: DisplayData, Data: map[string]any{mime: text}})
		}
		nb := &Notebook{Cells: []*Cell{
			{Type: Markdown, Source: text, Attachments: map[string]map[string]any{"a.png": {"image/png": text}}},
			{Type: Code, Source: text, Outputs: outputs},
			{Type: Raw, Source: text},
		}}
		var page bytes.Buffer
		require.NoError(t, nb.writePage(&page))
		require.NotContains(t, strings.ToLower(page.String()), "<script")
		want := escapeSequence().ReplaceAllString(text, "")
		require.Equal(t, want, html.UnescapeString(tags.ReplaceAllString(string(ansiHTML(text)), "")))
	})
}

func TestHighlightingColoursTokens(t *testing.T) {
	require.Equal(t, `<span class="keyword">if</span> <span class="call">f</span>(<span class="string">&#34;a&#34;</span>) &lt; <span class="number">1.5</span> { <span class="comment">// why</span>`,
		string(highlightGo(`if f("a") < 1.5 { // why`)))
}

func TestTitles(t *testing.T) {
	nb := read(t, "outputs.ipynb")
	require.Equal(t, "Outputs", nb.title())
	nb = code("1")
	require.Equal(t, "Notebook", nb.title())
	nb.path = "a/b.ipynb"
	require.Equal(t, "b", nb.title())
	nb.Cells = append(nb.Cells, &Cell{Type: Markdown, Source: "text\n# Heading \n"})
	require.Equal(t, "Heading", nb.title())
}

func TestAttachmentsAreInThePage(t *testing.T) {
	require.Contains(t, render(t, read(t, "kept.ipynb")), `<p><img src="data:image/png;base64,iVBORw0`)
}
