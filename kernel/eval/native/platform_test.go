package native

import (
	"bytes"
	"go/constant"
	"go/token"
	"go/types"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/gcexportdata"
)

func constantIn(t *testing.T, path string, data []byte, name string) constant.Value {
	p, err := gcexportdata.Read(bytes.NewReader(data), token.NewFileSet(), map[string]*types.Package{}, path)
	require.NoError(t, err)
	return p.Scope().Lookup(name).(*types.Const).Val()
}

func TestConstantsAreTheRunningPlatforms(t *testing.T) {
	for name, want := range map[string]constant.Value{
		"O_APPEND": constant.MakeInt64(int64(os.O_APPEND)), "DevNull": constant.MakeString(os.DevNull), "PathSeparator": constant.MakeInt64(os.PathSeparator),
	} {
		data, err := ExportData("os")
		require.NoError(t, err)
		require.Equal(t, want, constantIn(t, "os", data, name))
	}
	data, err := ExportData("runtime")
	require.NoError(t, err)
	require.Equal(t, constant.MakeString(runtime.GOARCH), constantIn(t, "runtime", data, "GOARCH"))
}

func TestReplacedConstantsLeaveTheRestAsItIs(t *testing.T) {
	data, err := ExportData("os")
	require.NoError(t, err)
	changed, err := withConstants("os", data, func(name string) constant.Value {
		switch name {
		case "O_APPEND":
			return constant.MakeInt64(8)
		case "DevNull":
			return constant.MakeString("NUL")
		}
		return constant.MakeUnknown()
	})
	require.NoError(t, err)
	before, err := gcexportdata.Read(bytes.NewReader(data), token.NewFileSet(), map[string]*types.Package{}, "os")
	require.NoError(t, err)
	after, err := gcexportdata.Read(bytes.NewReader(changed), token.NewFileSet(), map[string]*types.Package{}, "os")
	require.NoError(t, err)
	require.Equal(t, before.Scope().Names(), after.Scope().Names())
	for _, name := range before.Scope().Names() {
		a, b := before.Scope().Lookup(name).String(), after.Scope().Lookup(name).String()
		switch name {
		case "O_APPEND":
			require.Equal(t, "const os.O_APPEND int", b[:len("const os.O_APPEND int")])
			require.Equal(t, constant.MakeInt64(8), constantIn(t, "os", changed, name))
		case "DevNull":
			require.Equal(t, constant.MakeString("NUL"), constantIn(t, "os", changed, name))
		default:
			require.Equal(t, a, b)
		}
	}
}
