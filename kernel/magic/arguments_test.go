package magic

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestArgumentsAreSplitAsAShellSplitsThem(t *testing.T) {
	for text, want := range map[string][]string{
		``:                        nil,
		`a  b`:                    {"a", "b"},
		`"a b" 'c d'`:             {"a b", "c d"},
		`a\ b "c\"d" 'e\f'`:       {"a b", `c"d`, `e\f`},
		`x"y z"w ''`:              {"xy zw", ""},
		"\tü \u00a0 \"\u00a0\"\n": {"ü", "\u00a0"},
	} {
		got, err := words(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{`"a`, `a'`, `a\`} {
		_, err := words(text)
		require.Error(t, err, text)
	}
}

func TestOptionsComeFirst(t *testing.T) {
	given, rest, err := options([]string{"-f", "-n", "10", "-r3", "file", "-a"}, "fa", "nr")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"f": "", "n": "10", "r": "3"}, given)
	require.Equal(t, []string{"file", "-a"}, rest)
	for want, all := range map[string][]string{"unknown option -x": {"-x"}, "-n wants a value": {"-n"}} {
		_, _, err := options(all, "f", "n")
		require.ErrorContains(t, err, want)
	}
}

func TestRangesOfCells(t *testing.T) {
	got, err := spans([]string{"3", "2-5"})
	require.NoError(t, err)
	require.Equal(t, []span{{3, 3}, {2, 5}}, got)
	for _, text := range []string{"", "0", "5-2", "a", "1-", "-1"} {
		_, err := spans([]string{text})
		require.ErrorContains(t, err, "no range of cells", text)
	}
}

func TestTimesAreWrittenAsIPythonWritesThem(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 ns": 0, "1 ns": 1, "999 ns": 999, "1.5 µs": 1500, "12.3 µs": 12345, "123 ms": 123 * time.Millisecond, "59.9 s": 59900 * time.Millisecond, "1m1s": 61 * time.Second,
	} {
		require.Equal(t, want, duration(d))
	}
	require.Equal(t, "1 loop", count(1, "loop"))
	require.Equal(t, "1,000,000 loops", count(1000000, "loop"))
	mean, deviation := moments([]float64{1, 3})
	require.Equal(t, []float64{2, 1}, []float64{mean, deviation})
}
