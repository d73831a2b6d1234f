package worker

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoOutputIsLostToTheCrashFilter(t *testing.T) {
	var shown strings.Builder
	c := crashFilter{deliver: func(text string) { shown.WriteString(text) }}
	c.add("before\npanic: a\n")
	require.Equal(t, "before\n", shown.String())
	require.Equal(t, "panic: a", c.message())
	c.add("stack\n")
	c.release()
	require.Equal(t, "before\npanic: a\nstack\n", shown.String())

	c.add("fatal error: b\n")
	long := strings.Repeat("x", crashBytes)
	c.add(long)
	require.Equal(t, "before\npanic: a\nstack\nfatal error: b\n"+long, shown.String())
}

func TestACrashIsNotPrintedIntoLaterCells(t *testing.T) {
	var shown strings.Builder
	c := crashFilter{deliver: func(text string) { shown.WriteString(text) }}
	c.add("fatal error: b\nstack\n")
	c.keep()
	c.release() // as the timer does, which may have fired before
	require.Empty(t, shown.String())
	require.Equal(t, "fatal error: b", c.message())
	require.Equal(t, "fatal error: b\nstack\n", c.text())
}
