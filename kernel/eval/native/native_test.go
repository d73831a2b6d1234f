package native

import (
	"bytes"
	"go/token"
	"go/types"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/gcexportdata"
)

func TestEveryPackageHasReadableTypes(t *testing.T) {
	fset, imports := token.NewFileSet(), map[string]*types.Package{}
	require.Greater(t, len(Packages()), 150)
	for _, path := range Packages() {
		data, err := ExportData(path)
		require.NoError(t, err)
		p, err := gcexportdata.Read(bytes.NewReader(data), fset, imports, path)
		require.NoError(t, err, path)
		require.Equal(t, path, p.Path())
	}
}

func TestTypesAreThoseOfGo126(t *testing.T) {
	data, err := ExportData("errors")
	require.NoError(t, err)
	p, err := gcexportdata.Read(bytes.NewReader(data), token.NewFileSet(), map[string]*types.Package{}, "errors")
	require.NoError(t, err)
	require.NotNil(t, p.Scope().Lookup("AsType"))
}

func TestAnUnknownPackageIsAnErrorWithItsName(t *testing.T) {
	_, err := ExportData("no/such")
	require.EqualError(t, err, "package no/such is not available in cells")
}
