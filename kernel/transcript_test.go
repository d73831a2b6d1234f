package kernel

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/wire"
)

var update = flag.Bool("update", false, "rewrite the transcripts")

// A transcript is what goes to and fro between a front end and a kernel. A
// line ">>> execute_request" or ">>> interrupt_request on control" begins a
// request, whose content follows: the code of a cell as it stands, or JSON.
// "<<< channel type" and the content as JSON are what the kernel sent for it;
// the test writes them with -update, identifiers replaced by what they are.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			was, err := os.ReadFile(file)
			require.NoError(t, err)
			is := play(startKernel(t, Options{}), string(was))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(is), 0o644))
				return
			}
			require.Equal(t, string(was), is, "run with -update to accept what the kernel sends now")
		})
	}
}

// play sends the requests of a transcript, one after the other, and returns
// the transcript with what came for them.
func play(f *front, transcript string) string {
	var out strings.Builder
	for i, part := range strings.Split(transcript, ">>> ") {
		if i == 0 { // what stands before the first request is a comment
			out.WriteString(part)
			continue
		}
		head, body, _ := strings.Cut(part, "\n")
		body, _, _ = strings.Cut(body, "\n<<< ")
		body = strings.TrimRight(body, "\n")
		fmt.Fprintf(&out, ">>> %s\n%s\n", head, body)
		kind, channel, _ := strings.Cut(head, " on ")
		to := f.shell
		if channel == "control" {
			to = f.control
		}
		f.exchange(&out, to, kind, body)
		out.WriteString("\n") // a blank line between requests
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// exchange sends one request and writes down what it brings about.
func (f *front) exchange(out *strings.Builder, to *zmq4.Conn, kind, body string) {
	f.t.Helper()
	var id string
	if kind == "execute_request" && !strings.HasPrefix(body, "{\"code\"") {
		id = f.execute(body)
	} else {
		id = f.send(to, kind, body)
	}
	for _, m := range f.shown(id) {
		writeMessage(f.t, out, "iopub", m)
	}
	if strings.HasSuffix(kind, "_request") {
		m := f.next(to)
		require.Equal(f.t, id, parentOf(f.t, m))
		writeMessage(f.t, out, "reply", m)
	}
}

var variable = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`"version": "1\.[^"]*"`), `"version": "GO"`},
	{regexp.MustCompile(`Go 1\.[0-9.]+[^"]*"`), `Go GO"`},
}

func writeMessage(t *testing.T, out *strings.Builder, channel string, m *wire.Message) {
	var content bytes.Buffer
	require.NoError(t, json.Indent(&content, m.Content, "", "  "))
	text := strings.NewReplacer(`\u001b`, "ESC", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(content.String())
	for _, v := range variable {
		text = v.pattern.ReplaceAllString(text, v.name)
	}
	fmt.Fprintf(out, "<<< %s %s\n%s\n", channel, m.Header.Type, text)
}
