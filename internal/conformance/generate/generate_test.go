package generate

import (
	"fmt"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/internal/program"
	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
)

// TestUnitsAreGo type-checks many units as the compiler would.
func TestUnitsAreGo(t *testing.T) {
	n := 150
	if testing.Short() {
		n = 30
	}
	for i := range n {
		u := New(1, i)
		text, err := Program([]Unit{u})
		require.NoError(t, err, u.Source)
		_, err = program.Parse(fmt.Sprintf("u%d.go", i), text)
		require.NoError(t, err, string(text))
	}
}

func TestSeedsDetermineUnits(t *testing.T) {
	require.Equal(t, New(5, 3), New(5, 3))
	require.NotEqual(t, New(5, 3).Source, New(6, 3).Source)
	require.NotEqual(t, New(5, 3).Source, New(5, 4).Source)
	require.Equal(t, "u3", New(5, 3).Name)
}

// TestCellsAreCells checks every cell as a session does, after those before it.
func TestCellsAreCells(t *testing.T) {
	n, cut := 60, 0
	if testing.Short() {
		n = 10
	}
	for i := range n {
		u := New(1, i)
		if !HasCells(u) {
			continue
		}
		cells, err := Cells(u)
		require.NoError(t, err)
		again, err := Cells(u)
		require.NoError(t, err)
		require.Equal(t, cells, again)
		fset := token.NewFileSet()
		session, err := cell.NewSession(cell.Options{FileSet: fset, Importer: cell.NewImporter(native.Packages, native.NewImporter(fset))})
		require.NoError(t, err)
		for n, source := range append([]string{HelperCell()}, cells...) {
			p, err := session.Check(eval.Cell{N: n + 1, Source: source})
			require.NoError(t, err, source)
			session.Commit(p)
		}
		if len(cells) > 3 {
			cut++
		}
	}
	require.Greater(t, cut, n/2)
}

// What depends on each other stands in one cell, what others need before them.
func TestCellsOfDeclarations(t *testing.T) {
	cells, err := Cells(Unit{Name: "u", Source: `func even(n int) bool { return n == 0 || odd(n-1) }

func show(s fmt.Stringer) { fmt.Println(s, even(2)) }

func u() {
	defer show(T(1))
}

type T int

func odd(n int) bool { return n > 0 && even(n-1) }

func (t T) String() string { return "T" }
`})
	require.NoError(t, err)
	all := strings.Join(cells, "\n\n")
	require.Regexp(t, `func even\(n int\) bool \{.*\}\n\nfunc odd\(`, all)
	for _, ordered := range [][2]string{{"func odd", "func show"}, {"type T", "func (t T)"}, {"func (t T)", "func u()"}, {"func show", "func u()"}} {
		require.Less(t, strings.Index(all, ordered[0]), strings.Index(all, ordered[1]), ordered)
	}
	require.Equal(t, "trace = nil\nu()", cells[len(cells)-1], "a function that defers is called")
}

func TestConstants(t *testing.T) {
	for _, s := range []string{"0", "-7", "1e10", "-1e-7", `"a"`, `""`, "(1+2i)", "(3i)", "true"} {
		require.True(t, isLiteral(s), s)
	}
	for _, s := range []string{"v1", "id[int](3)", "(v1 + 3)", "(-v2)", `clip("a" + v1)`, "uint8(v1)", "S1_2{A0: 1}", "[]int{1}"} {
		require.False(t, isLiteral(s), s)
	}
}
