package host

import (
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

func TestAnUpdateCoversTheLinesThatTheTerminalBroke(t *testing.T) {
	shown, terminal, err := pty.Open()
	require.NoError(t, err)
	defer shown.Close()
	defer terminal.Close()
	require.NoError(t, pty.Setsize(terminal, &pty.Winsize{Rows: 24, Cols: 80}))
	h := NewTerminal(t.Context(), terminal).Display(Text(strings.Repeat("字", 41) + "\n" + strings.Repeat("b", 80)))
	h.Update(Text("short"))
	h.Update(Text("done"))
	got := make([]byte, 4096)
	var all string
	for !strings.HasSuffix(all, "done\r\n") {
		n, err := shown.Read(got)
		require.NoError(t, err)
		all += string(got[:n])
	}
	require.Contains(t, all, "b\r\n\x1b[3F\x1b[Jshort\r\n\x1b[1F\x1b[Jdone\r\n")
}
