package magic

import (
	"reflect"
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

func TestTheListOfMagicsFitsIntoATerminal(t *testing.T) {
	for name, m := range magics {
		text := entry(m.title(name), m.doc)
		for line := range strings.Lines(text) {
			require.LessOrEqual(t, len(strings.TrimRight(line, "\n")), helpWidth, line)
		}
		require.Equal(t, strings.Fields(m.title(name)+" "+m.doc), strings.Fields(text))
	}
}
