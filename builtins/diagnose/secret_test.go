package diagnose_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/casebook"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
)

// What is wrong with a deployment is known to the engine alone. These tests
// hold that nothing here could have looked it up.

func TestDiagnosisImportsNeitherAnEngineNorTheCasebook(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	packages := strings.Fields(string(out))
	require.Contains(t, packages, "adkernel/builtins/diagnose")
	for _, p := range packages {
		require.NotContains(t, p, "builtins/engine/", "engines are handed in")
		require.NotContains(t, p, "casebook")
	}
}

func TestDiagnosisNeverReadsABuildOrAName(t *testing.T) {
	forbidden := []string{}
	for _, c := range casebook.Cases() {
		forbidden = append(forbidden, c.Name)
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	data, err := filepath.Glob("catalogue/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, data)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				require.NotEqual(t, "Build", n.Sel.Name, "%s: a deployment's build is only ever copied with it", file)
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok {
					require.NotEqual(t, "Build", key.Name, file)
				}
			case *ast.BasicLit:
				for _, name := range forbidden {
					require.NotContains(t, n.Value, name, file)
				}
				require.NotRegexp(t, `r20\d\d\.\d\d-`, n.Value, "%s: a build's name", file)
			}
			return true
		})
	}
	for _, file := range data {
		text := readFile(t, file)
		for _, name := range forbidden {
			require.NotContains(t, text, name, file)
		}
		require.NotRegexp(t, `r20\d\d\.\d\d-|\bbuild:`, text, file)
	}
}

// A case under the names of another one, from a folder of another name, is
// diagnosed the same; only the arithmetic differs.
func TestNamesDoNotChangeTheRanking(t *testing.T) {
	c := openCase(t, "bf16-drop")
	plain := diagnosed(t, "bf16-drop", c.Deploy, c.Base)

	other := openCase(t, "fp8-drop")
	renamed := c.Deploy
	renamed.Name = other.Deploy.Name
	renamed.Model = filepath.Join(t.TempDir(), "dense-fp8-block")
	copyModel(t, c.Deploy.Model, renamed.Model)
	base := c.Base
	base.Name, base.Model = "", renamed.Model
	again := diagnosed(t, "renamed", renamed, base)
	require.Equal(t, summary(plain), summary(again))
}

func diagnosed(t *testing.T, key string, deploy, base engine.Deployment) *diagnose.Diagnosis {
	t.Helper()
	d, err := diagnose.Run(t.Context(), compared(t, key, caseSamples, deploy, base), diagnose.Options{Open: backend.Open})
	require.NoError(t, err)
	return d
}

// summary is a ranking without names of deployments.
func summary(d *diagnose.Diagnosis) map[string]float64 {
	out := map[string]float64{}
	for _, s := range d.Suspects {
		out[s.Name] = s.Bits
	}
	return out
}
