package magic

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func shellValue(t *testing.T, command string) ([]string, error) {
	t.Helper()
	result, err := shell(&call{ctx: t.Context(), e: &evaluator{Options: Options{Out: io.Discard, Err: io.Discard}}, part: part{kind: shellLine, name: "!!", rest: command}})
	if err != nil {
		return nil, err
	}
	return result.Values[0].([]string), nil
}

func TestACommandThatPrintsWithoutEndIsNoValue(t *testing.T) {
	lines, err := shellValue(t, "seq 3")
	require.NoError(t, err)
	require.Equal(t, []string{"1", "2", "3"}, lines)

	began := time.Now()
	_, err = shellValue(t, "yes")
	require.EqualError(t, err, "the command prints more than 64 MiB, and !! keeps what it prints in memory: !yes > FILE writes it to a file")
	require.Less(t, time.Since(began), 30*time.Second)
}
