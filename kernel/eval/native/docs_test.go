package native

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDoc(t *testing.T) {
	tests := []struct{ path, name, prefix string }{
		{"strings", "", "Package strings implements"},
		{"strings", "ToUpper", "ToUpper returns s with"},
		{"strings", "Builder.Grow", "Grow grows b's capacity"},
		{"net/http", "Server.ReadTimeout", "ReadTimeout is the maximum duration"},
		{"time", "Second", ""},
		{"math", "Pi", "Mathematical constants."},
		{"builtin", "len", "func len(v Type) int\n\nThe len built-in function"},
		{"builtin", "error", "type error interface {"},
		{"builtin", "iota", "const iota = 0"},
		{"strings", "Nothing", ""},
		{"no/such", "Thing", ""},
		{docsLicense, "", ""},
	}
	for _, tt := range tests {
		got := Doc(tt.path, tt.name)
		require.True(t, strings.HasPrefix(got, tt.prefix), "%s.%s: %s", tt.path, tt.name, got)
		require.Equal(t, tt.prefix == "" && tt.name != "Second", got == "", "%s.%s: %s", tt.path, tt.name, got)
	}
	for _, path := range Packages() {
		require.NotEmpty(t, Doc(path, ""), "package %s", path)
	}
}

func TestTheLicenceOfTheCommentsComesWithThem(t *testing.T) {
	text, err := contents(docs()[docsLicense])
	require.NoError(t, err)
	require.Contains(t, string(text), "The Go Authors")
	require.Contains(t, string(text), "Redistributions in binary form")
}
