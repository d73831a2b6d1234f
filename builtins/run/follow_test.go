package run

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestFollowEndsInOneLine(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 20), nil), testOptions(t))
	var out bytes.Buffer
	require.NoError(t, r.Follow(host.NewTerminal(deadline(t), &out)))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := lines[len(lines)-1]
	require.Regexp(t, `^hash engine: [\d.]+ %, 95 % interval [\d.]+ to [\d.]+, n = 40, [\d.]+ s \(/.*\)$`, last)
}

func TestARunThatFailedBeforeItsFirstPromptCountsNone(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 10), map[string]any{"no_such_setting": 1}), testOptions(t))
	require.Error(t, r.Wait(deadline(t)))
	require.Regexp(t, `^hash engine: failed, no sample finished(, [\d.]+ s)? \(/.*\)$`, r.MimeBundle().Plain())
}

func TestInterruptingTheCellCancelsTheRun(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), testOptions(t))
	until(t, r, 10)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	require.ErrorIs(t, r.Follow(host.NewTerminal(ctx, &bytes.Buffer{})), context.Canceled)
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Cancelled, state.Status)
}

func TestProgressReadsWell(t *testing.T) {
	for name, p := range map[string]Progress{
		"loading":  {Left: -1},
		"first":    {Total: 4104, Left: -1},
		"underway": {Done: 1234, Total: 4104, Correct: 842, Rate: 61.5, Left: 47 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			b := progressBundle("llama-3.1-8b <fp8>", p)
			golden(t, name+".txt", b.Plain())
			golden(t, name+".html", b.Data["text/html"].(string))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got = strings.TrimRight(got, "\n") + "\n"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestDurationsReadWell(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"?":          -1,
		"3 s":        3 * time.Second,
		"2.5 s":      2500 * time.Millisecond,
		"47 s":       47 * time.Second,
		"3 min 05 s": 185 * time.Second,
		"2 h 03 min": 123 * time.Minute,
	} {
		require.Equal(t, want, duration(d))
	}
}

func TestPromptsAreCutOnTheLeftBehindTheirSpecialTokens(t *testing.T) {
	e := &hashEngine{}
	cut := func(text string, limit int) ([]int32, error) {
		ids, err := e.Encode(text, true)
		require.NoError(t, err)
		return cutPrompt(e, text, ids, limit)
	}
	ids, err := cut("abcdef", 4)
	require.NoError(t, err)
	require.Equal(t, []int32{tokenBOS, 'd', 'e', 'f'}, ids)
	ids, err = cut("abc", 4)
	require.NoError(t, err)
	require.Equal(t, []int32{tokenBOS, 'a', 'b', 'c'}, ids)
	_, err = cut("abc", 1)
	require.ErrorContains(t, err, "cannot be cut to 1")
}

func TestTheEndOfAProcessThatThisOneStartedIsSeenAtOnce(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 10), map[string]any{"delay": 20}), testOptions(t))

	require.NoError(t, r.poll(deadline(t), time.Hour, nil))

	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, Done, state.Status)
}
