package kernel

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/wire"
)

// A witness notes what front ends ask and what the kernel says, and knows what
// it owes them.
type witness struct {
	test  *testing.T
	begun time.Time

	mu       sync.Mutex
	sequence []string // what was sent, for a failure's report
	all      []string // ids, in the order in which they were sent
	asked    map[string]*asked
	stored   int  // execution count that was shown last
	keeps    bool // what was declared, whatever happens
	wrongs   []string
}

// asked is a request, and what came of it.
type asked struct {
	id, kind, by string // by: client and channel
	main         bool   // for the main shell
	text         string
	replies      []*wire.Message
	shown        []string // types of what was published, states for status
	idle         bool     // said last
}

func (w *witness) init(t *testing.T) {
	w.test, w.begun, w.asked = t, time.Now(), map[string]*asked{}
}

// replyType is the reply that the request is owed, or empty.
func (a *asked) replyType() string {
	kind, ok := strings.CutSuffix(a.kind, "_request")
	if !ok {
		return ""
	}
	return kind + "_reply"
}

func (a *asked) ended() bool { return a.idle && (a.replyType() == "" || len(a.replies) > 0) }

// interruptible says whether an interrupt must end the request: the kernel has
// said that it works on it, and an end may never come otherwise.
func (a *asked) interruptible() bool {
	switch {
	case a.idle || len(a.shown) == 0:
		return false
	case a.kind == "execute_request":
		return len(a.replies) == 0 && slices.Contains(a.shown, "execute_input")
	default:
		return a.replyType() == "" // of a comm
	}
}

func (w *witness) expect(a *asked) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[a.id] = a
	w.all = append(w.all, a.id)
	w.sequence = append(w.sequence, fmt.Sprintf("%v %s: %s %s %s (main: %v)", time.Since(w.begun).Round(10*time.Microsecond), a.by, a.id, a.kind, a.text, a.main))
}

func (w *witness) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("r%d", len(w.all)+1)
}

func (w *witness) happened(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sequence = append(w.sequence, fmt.Sprintf("%v %s", time.Since(w.begun).Round(10*time.Microsecond), what))
}

// wrong notes what must not be.
func (w *witness) wrong(format string, a ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongs = append(w.wrongs, fmt.Sprintf(format, a...))
}

// noteReplies reads a channel of a client until it ends.
func (w *witness) noteReplies(f *front, from *zmq4.Conn, by string) {
	for {
		m, err := from.RecvMsg()
		if err != nil {
			return
		}
		decoded, err := f.codec.Decode(m.Frames)
		if err != nil {
			w.wrong("%s: %v", by, err)
			continue
		}
		w.mu.Lock()
		a := w.asked[parentOf(w.test, decoded)]
		w.mu.Unlock()
		switch {
		case a == nil:
			w.wrong("%s: %s answers nothing that was asked", by, decoded.Header.Type)
			continue
		case a.by != by:
			w.wrong("%s: has the reply to %s of %s", by, a.id, a.by)
		case a.replyType() != decoded.Header.Type:
			w.wrong("%s: %s answers %s %s", by, decoded.Header.Type, a.kind, a.id)
		}
		w.mu.Lock()
		a.replies = append(a.replies, decoded)
		w.sequence = append(w.sequence, fmt.Sprintf("%v   reply to %s: %.100s", time.Since(w.begun).Round(10*time.Microsecond), a.id, decoded.Content))
		if strings.Contains(string(decoded.Content), "did not stop within") {
			w.wrongs = append(w.wrongs, fmt.Sprintf("%s %s %s: %s", a.kind, a.id, a.text, decoded.Content))
		}
		if len(a.replies) > 1 {
			w.wrongs = append(w.wrongs, fmt.Sprintf("%s %s has %d replies", a.kind, a.id, len(a.replies)))
		}
		w.mu.Unlock()
	}
}

// noteShown reads iopub until it ends.
func (w *witness) noteShown(f *front) {
	for {
		m, err := f.iopub.RecvMsg()
		if err != nil {
			return
		}
		decoded, err := f.codec.Decode(m.Frames)
		if err != nil {
			w.wrong("iopub: %v", err)
			continue
		}
		w.mu.Lock()
		w.noteShownLocked(decoded)
		w.mu.Unlock()
	}
}

func (w *witness) noteShownLocked(m *wire.Message) {
	fail := func(format string, a ...any) { w.wrongs = append(w.wrongs, fmt.Sprintf(format, a...)) }
	var content struct {
		State string `json:"execution_state"`
		Count int    `json:"execution_count"`
		Text  string
	}
	var parent wire.Header
	if err := json.Unmarshal(m.Parent, &parent); err != nil {
		fail("iopub: %v", err)
	}
	_ = json.Unmarshal(m.Content, &content) // other messages have other fields
	a := w.asked[parent.ID]
	if a == nil {
		if content.State != "starting" {
			fail("iopub: %s belongs to nothing", m.Header.Type)
		}
		return
	}
	what := m.Header.Type
	if what == "status" {
		what = content.State
	}
	again := len(a.shown) > 0
	switch {
	case what == "busy" && a.idle:
		fail("%s %s: busy after idle", a.kind, a.id)
	case what == "busy" && again && !a.main:
		fail("%s %s: busy a second time", a.kind, a.id)
	case what == "idle" && a.idle:
		fail("%s %s: idle a second time", a.kind, a.id)
	case what != "busy" && !again:
		fail("%s %s: %s before busy", a.kind, a.id, what)
	case what == "execute_input" && slices.Contains(a.shown, what):
		fail("%s %s: %s a second time", a.kind, a.id, what)
	case a.idle && slices.Contains([]string{"execute_input", "execute_result", "error"}, what):
		fail("%s %s: %s after idle", a.kind, a.id, what)
	case what == "execute_input" && content.Count != w.stored+1 && content.Count != w.stored:
		fail("%s %s: has number %d after %d", a.kind, a.id, content.Count, w.stored)
	}
	if what == "execute_input" {
		w.stored = content.Count
	}
	if lost := string(m.Content); w.keeps && (strings.Contains(lost, "not brought back") || strings.Contains(lost, "undefined: seven")) {
		fail("%s %s: %s", a.kind, a.id, lost)
	}
	a.idle = a.idle || what == "idle"
	a.shown = append(a.shown, what)
}

func (w *witness) of(id string, is func(*asked) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return is(w.asked[id])
}

func (w *witness) hasEnded(id string) bool { return w.of(id, (*asked).ended) }

func (w *witness) replied(id string) bool {
	return w.of(id, func(a *asked) bool { return len(a.replies) > 0 })
}

func (w *witness) has(id, shown string) bool {
	return w.of(id, func(a *asked) bool { return slices.Contains(a.shown, shown) })
}

// open is how many requests have not ended.
func (w *witness) open() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.asked {
		if !a.ended() {
			n++
		}
	}
	return n
}

// interruptible lists what an interrupt must end.
func (w *witness) interruptible() (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range w.all {
		if w.asked[id].interruptible() {
			ids = append(ids, id)
		}
	}
	return ids
}

func (w *witness) content(id string) map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return contentOf(w.test, w.asked[id].replies[0])
}

func (w *witness) describe(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.asked[id]
	return fmt.Sprintf("%s %s %s, of which came %v", a.kind, a.id, a.text, a.shown)
}

func (w *witness) waitFor(most time.Duration, done func() bool) bool {
	for end := time.Now().Add(most); !done(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// waitUntil fails the test when it takes too long.
func (w *witness) waitUntil(what string, done func() bool) {
	if !w.waitFor(patience/4, done) {
		require.Fail(w.test, "does not happen: "+what, "%s", w.report(what))
	}
}

// await waits for the end of a request.
func (w *witness) await(id string) {
	w.waitUntil("the end of "+w.describe(id), func() bool { return w.hasEnded(id) })
}

func (w *witness) requireStatus(id, status string) {
	require.Equal(w.test, status, w.content(id)["status"], "%s", w.report(id))
}

// A report tells how it came that a test fails: the sequence, what is open, and
// what the kernel's goroutines wait for. It is written where it is printed.
type report struct {
	w    *witness
	what string
}

func (w *witness) report(what string) fmt.Stringer { return report{w, what} }

func (r report) String() string {
	w := r.w
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	b.WriteString(r.what + "\n" + strings.Join(w.sequence, "\n") + "\n")
	for _, id := range w.all {
		if a := w.asked[id]; !a.ended() {
			fmt.Fprintf(&b, "open: %s %s %v, %d replies\n", a.id, a.kind, a.shown, len(a.replies))
		}
	}
	stacks := make([]byte, 1<<20)
	return b.String() + strings.Join(w.wrongs, "\n") + "\n" + string(stacks[:runtime.Stack(stacks, true)])
}

// check says what was wrong, once everything has ended.
func (w *witness) check() {
	w.mu.Lock()
	wrongs := slices.Clone(w.wrongs)
	w.mu.Unlock()
	if len(wrongs) > 0 {
		require.Fail(w.test, "wrong: "+strings.Join(wrongs, "; "), "%s", w.report(""))
	}
}
