package kernel

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/wire"
)

// sentAt is a request that was sent and received so long after the epoch.
func sentAt(kind string, sent, received time.Duration) *request {
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	header := wire.Header{Type: kind, Date: epoch.Add(sent).Format(time.RFC3339Nano)}
	return &request{Message: &wire.Message{Header: header}, received: epoch.Add(received)}
}

func bySignal(handled time.Duration) *request { return signalled(sentAt("", 0, handled).received) }

func TestAFailedCellAbortsTheCellsBehindIt(t *testing.T) {
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		interrupt *request
		waiting   *request
		aborted   bool
	}{
		"a cell":                                   {nil, sentAt("execute_request", 0, 0), true},
		"another request":                          {nil, sentAt("complete_request", 0, 0), false},
		"a cell before the interrupt":              {sentAt("", 5*ms, 6*ms), sentAt("execute_request", 1*ms, 2*ms), true},
		"a cell after the interrupt":               {sentAt("", 5*ms, 6*ms), sentAt("execute_request", 7*ms, 8*ms), false},
		"a cell that overtook the interrupt":       {sentAt("", 5*ms, 9*ms), sentAt("execute_request", 7*ms, 8*ms), false},
		"a cell whose sender's clock is too fast":  {sentAt("", 5000*ms, 5001*ms), sentAt("execute_request", 9000*ms, 2*ms), true},
		"a cell after it whose sender's is slow":   {sentAt("", 5000*ms, 5001*ms), sentAt("execute_request", 2*ms, 5002*ms), false},
		"a cell of a sender who writes no date":    {sentAt("", 5*ms, 6*ms), undated(sentAt("execute_request", 0, 2*ms)), true},
		"a cell just sent when a signal comes":     {bySignal(150 * ms), sentAt("execute_request", 100*ms, 149*ms), false},
		"a cell before a signal":                   {bySignal(150 * ms), sentAt("execute_request", 1*ms, 2*ms), true},
		"a cell, the interrupt being without date": {undated(sentAt("", 0, 6*ms)), sentAt("execute_request", 1*ms, 2*ms), true},
	} {
		t.Run(name, func(t *testing.T) {
			var q queue
			q.add(sentAt("execute_request", 0, 0))
			running := q.next()
			q.add(test.waiting)
			if test.interrupt != nil {
				q.interrupted(test.interrupt)
			}
			q.abort()
			require.False(t, running.aborted)
			require.Equal(t, test.aborted, test.waiting.aborted)
			require.Same(t, test.waiting, q.next())
			require.False(t, q.wasInterrupted(), "the interrupt was another cell's")
		})
	}
}

func undated(r *request) *request {
	r.Header.Date = "yesterday"
	return r
}

// A comm's messages that came under a cell wait for each other beside it; one
// that comes when the cell has ended waits for them.
func TestCommsMessagesKeepTheirOrderWhenACellEnds(t *testing.T) {
	var mu sync.Mutex
	var order []string
	note := func(r *request) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, r.Header.ID)
	}
	began, end := make(chan bool), make(chan bool)
	slow, ended := make(chan bool), make(chan bool)
	s := shells{
		answer: func(r *request) {
			switch r.Header.ID {
			case "cell":
				began <- true
				<-end
			case "v3":
				note(r)
				close(ended)
			default:
				<-slow
				note(r)
			}
		},
	}
	s.start()
	add := func(kind, id string) {
		r := sentAt(kind, 0, 0)
		r.Header.ID = id
		require.True(t, s.add(r))
	}
	add("execute_request", "cell")
	<-began
	add("comm_msg", "v1")
	add("comm_msg", "v2")
	end <- true
	s.main.awaitEmpty()
	add("comm_msg", "v3")
	time.Sleep(20 * time.Millisecond) // in which it would overtake the others
	close(slow)
	<-ended
	require.Equal(t, []string{"v1", "v2", "v3"}, order)
	s.close()
	s.wait()
}

func TestAClosedQueueGivesOutWhatWaitsAndTakesNothing(t *testing.T) {
	var q queue
	waiting := sentAt("execute_request", 0, 0)
	require.True(t, q.add(waiting))
	q.close()
	require.False(t, q.add(sentAt("execute_request", 0, 0)))
	require.Same(t, waiting, q.next())
	require.Nil(t, q.next())
}

// startShells answers with answer, until the test ends.
func startShells(t *testing.T, answer func(*request)) *shells {
	s := &shells{answer: answer}
	s.start()
	t.Cleanup(func() {
		s.close()
		s.wait()
	})
	return s
}

// forShell is a cell for the main shell or a subshell.
func forShell(subshell string) *request {
	r := sentAt("execute_request", 0, 0)
	r.Header.SubshellID = subshell
	return r
}

// A front end interrupts what it has been told that still runs.
func TestAnInterruptIsOfTheCellThatHasWaitedOnceTheOtherHasEnded(t *testing.T) {
	began, end := make(chan *request), make(chan bool)
	s := startShells(t, func(r *request) {
		began <- r
		<-end
	})
	defer close(end)
	require.True(t, s.add(forShell("")))
	runs := <-began
	require.True(t, s.add(forShell(s.create())))
	waits := <-began

	s.interrupted(bySignal(0))
	require.True(t, runs.queue.wasInterrupted())
	s.cellEnds(runs.queue)
	require.False(t, waits.queue.wasInterrupted(), "it was the other's")
	s.interrupted(bySignal(0))
	require.True(t, waits.queue.wasInterrupted())
}

func TestACellOfADeletedSubshellIsInterrupted(t *testing.T) {
	began, end := make(chan *request), make(chan bool)
	s := startShells(t, func(r *request) {
		began <- r
		<-end
	})
	defer close(end)
	id := s.create()
	require.True(t, s.add(forShell(id)))
	r := <-began
	require.True(t, s.delete(id))
	require.False(t, s.add(forShell(id)))
	s.interrupted(bySignal(0))
	require.True(t, r.queue.wasInterrupted())
	end <- true
	require.Eventually(t, func() bool { return len(s.all()) == 3 }, patience, time.Millisecond, "once nothing of it is left, it is forgotten")
}
