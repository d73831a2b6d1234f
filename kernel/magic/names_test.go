package magic

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

type ownWords struct{}

func (ownWords) MimeBundle() host.Bundle { return host.Text("\nserved fp8: 68.4 %\nmore") }

func TestAValueThatShowsItselfIsBriefInItsOwnWords(t *testing.T) {
	require.Equal(t, "served fp8: 68.4 %", brief(reflect.ValueOf(ownWords{})))
	require.LessOrEqual(t, utf8.RuneCountInString(brief(reflect.ValueOf(strings.Repeat("é", 200)))), briefWidth)
}

func TestNamesStandInColumns(t *testing.T) {
	require.Equal(t, "a   bb", columns([]string{"a", "bb"}))
	lines := strings.Split(columns(slices.Repeat([]string{"a_name_of_20_letters"}, 7)), "\n")
	require.Len(t, lines, 3)
	require.Equal(t, strings.Repeat("a_name_of_20_letters  ", 2)+"a_name_of_20_letters", lines[0])
	require.Equal(t, "a_name_of_20_letters", lines[2])
	require.Equal(t, strings.Repeat("x", 200), columns([]string{strings.Repeat("x", 200)}))
}

func TestTheListOfMagicsFitsIntoATerminal(t *testing.T) {
	for name, m := range magics {
		text := entry(m.title(name), m.doc)
		for line := range strings.Lines(text) {
			require.LessOrEqual(t, len(strings.TrimRight(line, "\n")), helpWidth, line)
		}
		require.Equal(t, strings.Fields(m.title(name)+" "+m.doc), strings.Fields(text))
	}
}
