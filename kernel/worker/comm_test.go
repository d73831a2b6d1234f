package worker

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

// opening is what a front end that opens a comm does.
func opening(target string) Comm {
	return Comm{Kind: host.CommOpened, ID: "c", Target: target, Data: []byte("{}")}
}

func TestCommsAreListedWhileTheyAreOpen(t *testing.T) {
	open := map[string]string{"c": "willing"}
	for target, test := range map[string]struct {
		known  bool
		listed map[string]string
	}{
		"willing":  {true, open},
		"refusing": {true, map[string]string{}},
		"unknown":  {false, map[string]string{}},
	} {
		t.Run(target, func(t *testing.T) {
			s := start(t, Options{})
			_, _, err := execute(t, s, 1, "serve willing\nserve refusing")
			require.NoError(t, err)
			known, err := s.Comm(t.Context(), opening(target), func(Event) {})
			require.NoError(t, err)
			require.Equal(t, test.known, known)
			require.Equal(t, test.listed, s.Comms())
			known, err = s.Comm(t.Context(), opening("willing"), func(Event) {})
			require.NoError(t, err)
			require.Equal(t, !test.known || target == "refusing", known, "one that is open is not opened again")
			require.Equal(t, open, s.Comms())
			_, err = s.Comm(t.Context(), Comm{Kind: host.CommClosed, ID: "c"}, func(Event) {})
			require.NoError(t, err)
			require.Empty(t, s.Comms())
		})
	}
}

// closings are the comms of which the front end was told that they ended.
func (r *recorder) closings() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if c, ok := e.(Comm); ok && c.Kind == host.CommClosed {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func TestACommWhoseOpeningNobodyWaitedForEndsWithItsWorker(t *testing.T) {
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "serve endless")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Comm(ctx, opening("endless"), func(Event) {})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, map[string]string{"c": "endless"}, s.Comms())
	r := newRecorder()
	_, err = s.Execute(t.Context(), Request{N: 2, Source: "kill"}, r.add)
	require.ErrorContains(t, err, "the worker was killed")
	require.Equal(t, []string{"c"}, r.closings())
	require.Empty(t, s.Comms())
}

func TestACommThatIsOpenedToADeadWorkerIsNotKnown(t *testing.T) {
	for name, cell := range map[string]string{"of use": "serve willing", "of no use": ""} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			if cell != "" {
				_, _, err := execute(t, s, 1, cell)
				require.NoError(t, err)
			}
			p := processOf(s)
			p.killGroup()
			<-p.dead
			known, err := s.Comm(t.Context(), opening("willing"), func(Event) {})
			require.NoError(t, err)
			require.False(t, known)
			require.Empty(t, s.Comms())
		})
	}
}

func TestWhatTheFunctionsOfACommPrintIsLimited(t *testing.T) {
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "serve chatty")
	require.NoError(t, err)
	r := newRecorder()
	_, err = s.Comm(t.Context(), opening("chatty"), r.add)
	require.NoError(t, err)
	lines := r.lines()
	require.Len(t, lines, 2)
	require.Len(t, strings.TrimPrefix(lines[0], "stdout: "), DefaultMaxText)
	require.Contains(t, lines[1], "2.0 MiB of output were left out")
}
