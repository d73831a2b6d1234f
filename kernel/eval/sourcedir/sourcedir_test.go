package sourcedir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// tree writes files, by name, and returns where.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		text := "package p\n"
		switch filepath.Base(name) {
		case "go.mod":
			text = "module example.com/m\n\ngo 1.21\n"
		case "modules.txt":
			text = "# a.org/old v1.0.0\n## explicit\na.org/old\n# a.org/new v1.0.0\n## explicit; go 1.23.4\na.org/new/sub\n"
		case "grouped.go":
			text = "package p\n\nimport (\n\t\"fmt\"\n\n\t\"C\"\n)\n"
		case "other_plan9.go":
			text = "package p\n\nvar help = `import \"C\"`\n"
		case "cgo.go":
			text = "package p\n\nimport \"C\"\n"
		}
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

func TestPackagesAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		want  []string
	}{
		"a module":          {[]string{"go.mod", "m.go", "sub/a.go", "sub/b.go", "internal/x/x.go", "docs/README"}, []string{"example.com/m", "example.com/m/internal/x", "example.com/m/sub"}},
		"its vendor folder": {[]string{"go.mod", "sub/a.go", "vendor/modules.txt", "vendor/a.org/old/o.go"}, []string{"a.org/old", "example.com/m/sub"}},
		"a vendor folder":   {[]string{"modules.txt", "a.org/old/o.go", "a.org/new/sub/n.go"}, []string{"a.org/new/sub", "a.org/old"}},
		"a workspace":       {[]string{"src/a.org/x/x.go", "src/y/y.go", "pkg/z/z.go"}, []string{"a.org/x", "y"}},
		"what is no part":   {[]string{"go.mod", "sub/a.go", "sub/testdata/t.go", "_old/o.go", ".git/g.go", "tests/t_test.go", "other/go.mod", "other/o.go"}, []string{"example.com/m/sub"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(tree(t, test.files...))
			require.NoError(t, err)
			require.Equal(t, test.want, r.Packages)
			for _, path := range r.Packages {
				p, err := r.Read(path)
				require.NoError(t, err)
				require.NotEmpty(t, p.Files)
			}
		})
	}
}

func TestPackagesHaveTheirLanguageVersions(t *testing.T) {
	r, err := Open(tree(t, "go.mod", "sub/a.go", "vendor/modules.txt", "vendor/a.org/old/o.go", "vendor/a.org/new/sub/n.go", "vendor/a.org/unlisted/u.go"))
	require.NoError(t, err)
	for path, want := range map[string]string{"example.com/m/sub": "1.21", "a.org/old": "1.16", "a.org/new/sub": "1.23.4", "a.org/unlisted": ""} {
		p, err := r.Read(path)
		require.NoError(t, err)
		require.Equal(t, want, p.Version, path)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	r, err := Open(tree(t, "go.mod", "sub/a.go", "sub/a_test.go", "sub/a_plan9.go", "sub/cgo.go", "sub/grouped.go", "sub/other_plan9.go", "tests/x_test.go"))
	require.NoError(t, err)
	for _, path := range []string{"", "fmt", "example.com/m", "example.com/m/tests", "example.com/mm/sub", "example.com/m/../m/sub", "/example.com/m/sub", "example.com/m/sub/"} {
		_, err := r.Read(path)
		require.ErrorIs(t, err, ErrNotFound, path)
	}
	p, err := r.Read("example.com/m/sub")
	require.NoError(t, err)
	require.Equal(t, []string{"a.go"}, []string{filepath.Base(p.Files[0])})
	require.Equal(t, []string{"cgo.go", "grouped.go"}, p.LeftOut)

	_, err = Open(tree(t, "README"))
	require.ErrorContains(t, err, "there is no Go package below")
	_, err = Open("/nonexistent")
	require.Error(t, err)
}
