package native

import (
	"bytes"
	"go/constant"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExitAndFatalEndTheCell(t *testing.T) {
	var log bytes.Buffer
	s := Symbols(&log)
	require.PanicsWithError(t, "exit status 3", func() { s["os/os"]["Exit"].Interface().(func(int))(3) })
	require.PanicsWithError(t, "exit status 1", func() { s["log/log"]["Fatal"].Interface().(func(...any))("gone") })
	require.Contains(t, log.String(), "gone")
}

func TestSymbolsAreTheCallers(t *testing.T) {
	a, b := Symbols(io.Discard), Symbols(io.Discard)
	delete(a["os/os"], "Exit")
	require.True(t, b["os/os"]["Exit"].IsValid())
}

func TestSymbolsHaveYaegisForm(t *testing.T) {
	s := Symbols(io.Discard)
	require.Contains(t, s, "math/rand/v2/rand", "the key ends in the package's name")
	require.Contains(t, s["io/io"], "_Reader")
	require.True(t, s["os/os"]["Args"].CanSet())
	require.Len(t, s["."]["MapTypes"].Interface(), 26)
	pi, exact := constant.Float64Val(s["math/math"]["Pi"].Interface().(constant.Value))
	require.Equal(t, math.Pi, pi)
	require.False(t, exact, "an untyped constant keeps its precision")
	require.Equal(t, "-9223372036854775808", s["math/math"]["MinInt64"].Interface().(constant.Value).ExactString())
}
