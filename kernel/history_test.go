package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/wire"
)

// codes lists what a request finds, as session:line code.
func codes(t *testing.T, h *history, r wire.HistoryRequest) []string {
	t.Helper()
	entries, err := h.find(r)
	require.NoError(t, err)
	found := []string{}
	for _, e := range entries {
		found = append(found, fmt.Sprintf("%d:%d %s", e.Session, e.Line, e.Code))
	}
	return found
}

func TestHistoryOutlivesSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "history.jsonl")
	first := newHistory(path)
	require.NoError(t, first.add(1, "a := 1", nil))
	require.NoError(t, first.add(2, "a/b\nc", nil))
	second := newHistory(path)
	output := "7"
	require.NoError(t, second.add(1, "a := 1", nil))
	require.NoError(t, second.add(2, "3 + 4", &output))
	two := 2
	for name, test := range map[string]struct {
		request wire.HistoryRequest
		want    []string
	}{
		"tail":              {wire.HistoryRequest{AccessType: "tail", N: 3}, []string{"1:2 a/b\nc", "2:1 a := 1", "2:2 3 + 4"}},
		"whole tail":        {wire.HistoryRequest{AccessType: "tail"}, []string{"1:1 a := 1", "1:2 a/b\nc", "2:1 a := 1", "2:2 3 + 4"}},
		"range":             {wire.HistoryRequest{AccessType: "range", Session: 1, Start: 1, Stop: &two}, []string{"1:1 a := 1"}},
		"this session":      {wire.HistoryRequest{AccessType: "range", Start: 2}, []string{"2:2 3 + 4"}},
		"the session back":  {wire.HistoryRequest{AccessType: "range", Session: -1}, []string{"1:1 a := 1", "1:2 a/b\nc"}},
		"search":            {wire.HistoryRequest{AccessType: "search", Pattern: "a*"}, []string{"1:1 a := 1", "1:2 a/b\nc", "2:1 a := 1"}},
		"search unique":     {wire.HistoryRequest{AccessType: "search", Pattern: "a*", Unique: true}, []string{"1:2 a/b\nc", "2:1 a := 1"}},
		"search n":          {wire.HistoryRequest{AccessType: "search", Pattern: "a*", N: 2}, []string{"1:2 a/b\nc", "2:1 a := 1"}},
		"one character":     {wire.HistoryRequest{AccessType: "search", Pattern: "3 ? 4"}, []string{"2:2 3 + 4"}},
		"search without":    {wire.HistoryRequest{AccessType: "search", N: 1}, []string{"2:2 3 + 4"}},
		"found nothing":     {wire.HistoryRequest{AccessType: "search", Pattern: "z"}, []string{}},
		"regexps are text":  {wire.HistoryRequest{AccessType: "search", Pattern: "(a"}, []string{}},
		"no such session":   {wire.HistoryRequest{AccessType: "range", Session: 9}, []string{}},
		"none this far ago": {wire.HistoryRequest{AccessType: "range", Session: -9}, []string{}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, codes(t, second, test.request)) })
	}
	entries, err := second.find(wire.HistoryRequest{AccessType: "tail", N: 1, Output: true})
	require.NoError(t, err)
	require.Equal(t, []wire.HistoryEntry{{Session: 2, Line: 2, Code: "3 + 4", WithOutput: true, Output: &output}}, entries)
	_, err = second.find(wire.HistoryRequest{AccessType: "all"})
	require.ErrorContains(t, err, `unknown access type "all"`)
}

func TestATornHistoryLosesTheTornLineOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	text := `{"session":4,"line":1,"code":"a"}` + "\nnot JSON\n" + `{"session":4,"line":2,"co`
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	h := newHistory(path)
	require.NoError(t, h.add(1, "b", nil))
	want := []string{"4:1 a", "5:1 b"}
	require.Equal(t, want, codes(t, h, wire.HistoryRequest{AccessType: "tail"}))
	require.Equal(t, want, codes(t, newHistory(path), wire.HistoryRequest{AccessType: "tail"}))
}

func TestALongHistoryIsShortenedToItsLatestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	var text strings.Builder
	for i := 1; text.Len() < maxHistoryFile; i++ {
		fmt.Fprintf(&text, "{\"session\":1,\"line\":%d,\"code\":%q}\n", i, strings.Repeat("x", 100_000))
	}
	lines := strings.Count(text.String(), "\n")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	h := newHistory(path)
	require.NoError(t, h.add(1, "new", nil))
	require.Equal(t, []int{lines, 1}, []int{h.entries[len(h.entries)-2].Line, h.entries[len(h.entries)-1].Line})
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(keepHistoryFile+1000))
}

// Another kernel may replace the file while this one waits for it.
func TestWhatIsAddedWhileTheFileIsReplacedIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	opened := newHistory(path)
	require.NoError(t, opened.add(1, "a", nil))
	for name, test := range map[string]struct {
		history *history
		want    []string
	}{
		"by a kernel that has read it": {opened, []string{"7:1 theirs", "1:2 b"}},
		"by one that reads it first":   {newHistory(path), []string{"7:1 theirs", "8:2 b"}},
	} {
		t.Run(name, func(t *testing.T) {
			theirs, err := (&history{path: path}).lock()
			require.NoError(t, err)
			added := make(chan error)
			go func() { added <- test.history.add(2, "b", nil) }()
			time.Sleep(20 * time.Millisecond) // in which it would not wait
			require.NoError(t, (&history{path: path}).replace([]byte(`{"session":7,"line":1,"code":"theirs"}`+"\n")))
			require.NoError(t, theirs.Close())
			require.NoError(t, <-added)
			require.Equal(t, test.want, codes(t, newHistory(path), wire.HistoryRequest{AccessType: "tail"}))
		})
	}
}

func TestAHistoryThatCannotBeWrittenIsKeptInMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	h := newHistory(filepath.Join(file, "history.jsonl"))
	require.Error(t, h.add(1, "a", nil))
	require.Equal(t, []string{"1:1 a"}, codes(t, h, wire.HistoryRequest{AccessType: "tail"}))
}
