package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSuspectsOfTheSameEvidenceShareALine(t *testing.T) {
	evidence := func(words string, bits float64) []Evidence {
		return []Evidence{{Words: words, Bits: bits, N: 8, Source: "the two runs"}}
	}
	require.Equal(t, []string{
		"inverted (-9 bits); missing (-7 bits): Scales are right. [-6 to -8 bits; n = 8, the two runs]",
		"truncated (-5 bits): Prompts are short. [-5 bits; n = 8, the two runs]",
		"untested (-3 bits)",
	}, shortItems([]Suspect{
		{Title: "inverted", Bits: -9, Standing: Excluded, Against: evidence("Scales are right.", -8)},
		{Title: "truncated", Bits: -5, Standing: Excluded, Against: evidence("Prompts are short.", -5)},
		{Title: "missing", Bits: -7, Standing: Excluded, Against: evidence("Scales are right.", -6)},
		{Title: "untested", Bits: -3, Standing: Open},
	}))
}
