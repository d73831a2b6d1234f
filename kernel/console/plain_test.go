package console

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Within an editor, or played by a program, a terminal draws nothing, or does
// not answer.
func TestLinesAreReadFromTerminalsOnWhichNothingIsDrawn(t *testing.T) {
	silent := map[string]string{askCursor: "", askWhat: "", askCell: ""}
	for name, variable := range map[string]string{"dumb": "TERM=dumb", "no answer": "TERM=xterm-256color"} {
		t.Run(name, func(t *testing.T) {
			c := start(t, "", silent, variable)
			enter := func(keys, prompt string) string {
				c.write(keys + "\r")
				return c.expect(prompt)
			}
			shows(t, c.expect("In [1]: "), "Nothing can be drawn on this terminal")
			shows(t, enter("40+2", "In [2]: "), "\n42\r\n")
			enter("func f() int {", "   ...: ")
			enter("return 7", "   ...: ")
			enter("}", "In [3]: ")
			shows(t, enter("fmt.Print(f()); panic(1)", "In [4]: "), "7\r\nimported \"fmt\"\r\nPanic: 1\r\n")

			enter("f(", "   ...: ")
			c.write("\x03")
			c.expect("KeyboardInterrupt")
			c.expect("In [4]: ")
			enter("fmt.Println(\"began\"); for {}", "began\r\n")
			c.write("\x03")
			c.expect("KeyboardInterrupt: interrupted")
			c.expect("In [5]: ")

			enter("var n int; fmt.Print(\"number? \"); fmt.Scan(&n); n*2", "\nnumber? ")
			shows(t, enter("21", "In [6]: "), "42\r\n")
			enter("//password token: ", "\ntoken: ") // not what is typed
			shown := enter("hunter", "In [7]: ")
			shows(t, shown, `"hunter", <nil>`)
			require.Equal(t, 1, strings.Count(shown, "hunter"))
			require.NotContains(t, strings.ReplaceAll(c.out.String(), askCursor, ""), "\x1b")

			enter("exit := 1", "In [8]: ")
			shows(t, enter("exit", "In [9]: "), "\n1\r\n")

			sign := filepath.Join(t.TempDir(), "print now")
			enter(fmt.Sprintf("import \"os\"; go func() { for os.Remove(%q) != nil { runtime.Gosched() }; fmt.Print(\"later\") }()", sign), "In [10]: ")
			require.NoError(t, os.WriteFile(sign, nil, 0o600))
			c.expect("\nlater\r\nIn [10]: ")
			c.write("quit()\r")
			<-c.done
			require.NoError(t, c.cmd.Wait())
		})
	}
}

func TestWhatLeavesOtherConsolesLeavesThisOne(t *testing.T) {
	for _, word := range []string{"exit", "quit()"} {
		c := open(t, "", nil)
		c.write(word + "\r")
		<-c.done
		require.NoError(t, c.cmd.Wait())
	}
}
