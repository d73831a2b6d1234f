package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/notebook"
)

// The README's pictures are drawn by make pictures, which notes what the
// pictured cells showed.
func TestThePicturesShowTheTourAsItIs(t *testing.T) {
	text, err := os.ReadFile("../../notebooks/pictures/shown.json")
	require.NoError(t, err)
	var pictured map[string]string
	require.NoError(t, json.Unmarshal(text, &pictured))
	nb, err := notebook.Read("../../notebooks/tour.ipynb")
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"tour":      shown(t, nb, "cmp := Compare(test, reference)", "PlotSubjects(cmp)"),
		"diagnosis": shown(t, nb, "Diagnose(cmp)", "Diagnose(cmp)"),
	}, pictured, "the pictures have aged: make pictures, and look at them")
}

// shown is a hash of the text of the outputs from the first cell to the last.
func shown(t *testing.T, nb *notebook.Notebook, first, last string) string {
	t.Helper()
	h := sha256.New()
	inside, found := false, false
	for _, c := range nb.Cells {
		inside = inside || strings.HasPrefix(c.Source, first)
		if !inside {
			continue
		}
		for _, o := range c.Outputs {
			text, _ := o.Data["text/plain"].(string)
			h.Write([]byte(text + "\x00"))
		}
		if strings.HasPrefix(c.Source, last) {
			found = true
			break
		}
	}
	require.True(t, found, "the tour has no cell %s", last)
	return hex.EncodeToString(h.Sum(nil))
}
