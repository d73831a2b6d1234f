package symbols

import (
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
)

// given declares what the examples take for given.
const given = `var bf16, fp8, d Deployment
var task Task
var base, test *Evaluation
var tests []*Evaluation
var cmp = Compare(test, base)
var left, right = NewFrame(), NewFrame()
var names, files []string
var drawing string
var models []Deployment
var accuracies []float64
var run = base
var f func(answer string, q Question) bool
const DIR = "/models/m"
`

// inReadme finds the calls and literals in the README's sentences and tables, and
// leftOut puts something in the place of what they leave out.
var (
	inReadme = regexp.MustCompile("`([A-Z]\\w*[({][^`\n]*)`")
	leftOut  = strings.NewReplacer("..., ", "", "{...}", "{ return true }", "(...)", `("FILE")`)
)

// TestExamplesAreCells checks what the README and the comments that Shift-Tab
// shows have the user type.
func TestExamplesAreCells(t *testing.T) {
	v, err := Vocabulary()
	require.NoError(t, err)
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok)
	text, _, _ = strings.Cut(text, "```")
	examples := map[string]string{"README": text}
	for _, call := range inReadme.FindAllStringSubmatch(string(readme), -1) {
		examples["README, "+call[1]] = leftOut.Replace(call[1])
	}
	require.Contains(t, examples, `README, GSM8K(Multiturn(""))`)
	for name, doc := range v.Docs() {
		room, _, _ := strings.Cut(strings.TrimPrefix(name, "adkernel/"), ".")
		if code := codeOf(doc.Text); code != "" && (room == "builtins" || room == "kernel/host") {
			examples[name] = code
		}
	}
	require.Contains(t, examples, "adkernel/builtins.MMLU")
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		t.Run(name, func(t *testing.T) {
			data := func(path string) ([]byte, error) {
				if b, ok := v.Types[path]; ok {
					return b, nil
				}
				return native.ExportData(path)
			}
			fset := token.NewFileSet()
			s, err := cell.NewSession(cell.Options{
				FileSet: fset, Importer: cell.NewImporter(native.Packages, cell.NewExportData(fset, data)), Vocabulary: v, Docs: native.Doc,
			})
			require.NoError(t, err)
			for i, source := range []string{given, examples[name]} {
				p, err := s.Check(eval.Cell{N: i + 1, Source: source})
				require.NoError(t, err, source)
				s.Commit(p)
			}
		})
	}
}

// codeOf is the code block of a doc comment.
func codeOf(doc string) string {
	var code []string
	for _, line := range strings.Split(doc, "\n") {
		if text, ok := strings.CutPrefix(line, "\t"); ok {
			code = append(code, text)
		}
	}
	return strings.Join(code, "\n")
}
