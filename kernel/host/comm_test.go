package host

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	patience = time.Minute
	tick     = time.Millisecond
)

// frontHost keeps what cells send to the front end.
type frontHost struct {
	Host
	mu   sync.Mutex
	sent []CommEvent
}

func (h *frontHost) Ask(q Question) (string, error) { return "answer to " + q.Prompt, nil }
func (h *frontHost) ClearOutput(bool)               {}
func (h *frontHost) AddPayload(Payload)             {}
func (h *frontHost) Reset()                         {}

func (h *frontHost) SendComm(e CommEvent) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent = append(h.sent, e)
	return nil
}

func withFront(t *testing.T) *frontHost {
	h := &frontHost{Host: NewTerminal(context.Background(), t.Output())}
	previous := Set(h)
	t.Cleanup(func() { Set(previous) })
	return h
}

// receive waits until the functions of the comm have returned.
func receive(t *testing.T, e CommEvent) bool {
	t.Helper()
	done := make(chan struct{})
	known := ReceiveComm(e, func() { close(done) })
	if known {
		<-done
	}
	return known
}

func TestACommOfTheFrontEndReachesItsTarget(t *testing.T) {
	h := withFront(t)
	var got []string
	HandleComm("echo", func(c *Comm, first CommMessage) {
		got = append(got, fmt.Sprint("open ", first.Data))
		c.OnMessage(func(m CommMessage) {
			got = append(got, fmt.Sprint("msg ", m.Data))
			require.NoError(t, c.Send(m))
		})
		c.OnClose(func(m CommMessage) { got = append(got, fmt.Sprint("close ", m.Data)) })
	})
	t.Cleanup(func() { HandleComm("echo", nil) })

	require.False(t, receive(t, CommEvent{Kind: CommOpened, ID: "0", Target: "unheard of"}))
	require.False(t, receive(t, CommEvent{Kind: CommSent, ID: "0"}))
	require.True(t, receive(t, CommEvent{CommOpened, "1", "echo", CommMessage{Data: 0}}))
	require.False(t, receive(t, CommEvent{CommOpened, "1", "echo", CommMessage{}}), "it is open")
	require.True(t, receive(t, CommEvent{CommSent, "1", "", CommMessage{Data: 1, Buffers: [][]byte{{1}}}}))
	require.True(t, receive(t, CommEvent{CommClosed, "1", "", CommMessage{Data: 2}}))
	require.False(t, receive(t, CommEvent{Kind: CommSent, ID: "1"}), "it is closed")
	require.Equal(t, []string{"open 0", "msg 1", "close 2"}, got)
	require.Equal(t, []CommEvent{{CommSent, "1", "", CommMessage{Data: 1, Buffers: [][]byte{{1}}}}}, h.sent)
}

func TestMessagesOfOneCommComeInOrder(t *testing.T) {
	withFront(t)
	c, err := OpenComm("slider", CommMessage{Data: map[string]any{"value": 1}})
	require.NoError(t, err)
	const n = 200
	var wait sync.WaitGroup
	wait.Add(n)
	var got []any
	for i := range n {
		if i == n/2 { // what came before is not lost
			c.OnMessage(func(m CommMessage) { got = append(got, m.Data) })
		}
		require.True(t, ReceiveComm(CommEvent{CommSent, c.ID(), "", CommMessage{Data: i}}, wait.Done))
	}
	wait.Wait()
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return !c.working
	}, patience, tick)
	require.Len(t, got, n)
	require.NoError(t, c.Close(CommMessage{}))
	require.ErrorIs(t, c.Send(CommMessage{}), errCommClosed)
}

func TestAHandlerThatPanicsEndsNothing(t *testing.T) {
	withFront(t)
	c, err := OpenComm("t", CommMessage{})
	require.NoError(t, err)
	c.OnMessage(func(m CommMessage) { panic(m.Data) })
	require.True(t, receive(t, CommEvent{CommSent, c.ID(), "", CommMessage{Data: "boom"}}))
	require.True(t, receive(t, CommEvent{CommSent, c.ID(), "", CommMessage{Data: "again"}}))
}

func TestWithoutAFrontEndThereIsNobodyToTalkTo(t *testing.T) {
	_, err := OpenComm("t", CommMessage{})
	require.ErrorIs(t, err, errNoFront)
	_, err = Input("name: ")
	require.ErrorIs(t, err, ErrNoInput)
	require.ErrorIs(t, Reset(), errNoFront)
	withFront(t)
	line, err := Password("token: ")
	require.NoError(t, err)
	require.Equal(t, "answer to token: ", line)
}
