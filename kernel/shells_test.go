package kernel

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/wire"
)

// subshell creates one and returns its id.
func (f *front) subshell() string {
	f.t.Helper()
	id := f.send(f.control, "create_subshell_request", "{}")
	return f.reply(f.control, id)["subshell_id"].(string)
}

const looping = `import "fmt"; fmt.Println("looping"); for {}`

// askEverything asks what evaluates nothing, and checks the answers.
func (f *front) askEverything(subshell string) {
	f.t.Helper()
	for kind, content := range map[string]string{
		"complete_request":    `{"code": "answ", "cursor_pos": 4}`,
		"inspect_request":     `{"code": "answer", "cursor_pos": 2}`,
		"is_complete_request": `{"code": "for {"}`,
		"history_request":     `{"hist_access_type": "tail", "n": 1}`,
		"comm_info_request":   `{}`,
		"kernel_info_request": `{}`,
	} {
		id := f.sendTo(subshell, f.shell, kind, content)
		f.shown(id) // busy and idle
		answer := f.reply(f.shell, id)
		switch kind {
		case "complete_request":
			require.Equal(f.t, []any{"answer"}, answer["matches"])
		case "inspect_request":
			require.Equal(f.t, true, answer["found"])
		case "is_complete_request":
			require.Equal(f.t, "incomplete", answer["status"])
		case "history_request":
			require.Len(f.t, answer["history"], 1)
		default:
			require.Equal(f.t, "ok", answer["status"], kind)
		}
	}
}

func TestWhatEvaluatesNothingIsAnsweredBesideACellThatTakesLong(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("answer := 42")
	cell := f.execute(looping)
	f.waitForText("looping")
	behind := f.execute("answer + 1")
	f.askEverything("")
	f.send(f.control, "interrupt_request", "{}")
	require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, cell)["ename"])
	require.Equal(t, "aborted", f.reply(f.shell, behind)["status"])
}

// A question is about what the cells before it leave, as long as they are quick.
func TestAQuestionWaitsForAQuickCell(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("answer := 41") // and the worker has started
	for begun := time.Now(); ; begun = time.Now() {
		cell := f.execute(`import "time"; time.Sleep(20 * time.Millisecond); answer = 42`)
		id := f.send(f.shell, "complete_request", `{"code": "answ", "cursor_pos": 4}`)
		first, second := f.next(f.shell), f.next(f.shell)
		if time.Since(begun) >= keptWaiting {
			continue // a busy machine: the cell was not quick
		}
		require.Equal(t, cell, parentOf(t, first))
		require.Equal(t, id, parentOf(t, second))
		require.Equal(t, []any{"answer"}, contentOf(t, second)["matches"])
		return
	}
}

func TestASubshellAnswersBesideARunningCell(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("answer := 42")
	sub := f.subshell()
	cell := f.execute(looping)
	f.waitForText("looping")
	f.askEverything(sub)

	// A cell of a subshell waits for the one that runs, and is not aborted with it.
	behind := f.sendTo(sub, f.shell, "execute_request", `{"code": "answer + 1"}`)
	f.send(f.control, "interrupt_request", "{}")
	require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, cell)["ename"])
	answer := f.reply(f.shell, behind)
	require.Equal(t, "ok", answer["status"])
	require.Equal(t, 3., answer["execution_count"])
}

func TestSubshellsAreCreatedListedAndDeleted(t *testing.T) {
	f := startKernel(t, Options{})
	first, second := f.subshell(), f.subshell()
	list := func() any { return f.reply(f.control, f.send(f.control, "list_subshell_request", "{}"))["subshell_id"] }
	require.Equal(t, []any{first, second}, list())

	content := fmt.Sprintf(`{"subshell_id": %q}`, first)
	require.Equal(t, "ok", f.reply(f.control, f.send(f.control, "delete_subshell_request", content))["status"])
	require.Equal(t, "error", f.reply(f.control, f.send(f.control, "delete_subshell_request", content))["status"])
	require.Equal(t, []any{second}, list())

	id := f.sendTo(first, f.shell, "execute_request", `{"code": "1"}`)
	require.Empty(t, f.shown(id), "busy and idle, nothing else")
	answer := f.reply(f.shell, id)
	require.Equal(t, "UnknownSubshellError", answer["ename"])
	require.Empty(t, f.shown(f.sendTo(first, f.shell, "comm_msg", `{"comm_id": "c", "data": {}}`)))
}

func TestAFailedCellOfASubshellAbortsOnlyThere(t *testing.T) {
	f := startKernel(t, Options{})
	sub := f.subshell()
	running := f.execute(looping)
	f.waitForText("looping")
	failing := f.sendTo(sub, f.shell, "execute_request", `{"code": "undefinedName"}`)
	aborted := f.sendTo(sub, f.shell, "execute_request", `{"code": "1"}`)
	f.send(f.control, "interrupt_request", "{}")
	require.Equal(t, "error", f.reply(f.shell, running)["status"])
	require.Equal(t, "error", f.reply(f.shell, failing)["status"])
	require.Equal(t, map[string]any{"status": "aborted"}, f.reply(f.shell, aborted))
	answer, _ := f.run("1")
	require.Equal(t, "ok", answer["status"])
}

func TestACellCanWaitForAMessageOfItsComm(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("//serve echo")
	f.shown(f.send(f.shell, "comm_open", `{"comm_id": "c", "target_name": "echo", "data": {}}`))
	cell := f.execute("//wait")
	f.waitForText("waiting")
	f.sendTo("", f.shell, "comm_msg", `{"comm_id": "c", "data": {"big": 1}}`, []byte{1, 2}, []byte{})
	require.Equal(t, "busy", contentOf(t, f.next(f.iopub))["execution_state"])
	answer := f.next(f.iopub)
	require.Equal(t, "comm_msg", answer.Header.Type)
	require.Equal(t, cell, parentOf(t, answer))
	require.JSONEq(t, `{"comm_id": "c", "data": {"big": 1}}`, string(answer.Content))
	require.Equal(t, [][]byte{{1, 2}, {}}, answer.Buffers)
	require.Equal(t, "ok", f.reply(f.shell, cell)["status"])
}

// Front ends send a comm's next message when the one before is answered, and
// show the state that came last.
func TestACommsMessageIsAnsweredWithStatesBesideARunningCell(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("//serve echo")
	f.shown(f.send(f.shell, "comm_open", `{"comm_id": "c", "target_name": "echo", "data": {}}`))
	cell := f.execute(looping)
	f.waitForText("looping")
	states := func(n int) (all []string) {
		for len(all) < n {
			if m := f.next(f.iopub); m.Header.Type == "status" {
				all = append(all, fmt.Sprint(parentOf(t, m), " ", contentOf(t, m)["execution_state"]))
			}
		}
		return all
	}
	for range 2 {
		id := f.send(f.shell, "comm_msg", `{"comm_id": "c", "data": 1}`)
		require.Equal(t, []string{id + " busy", id + " idle", cell + " busy"}, states(3))
	}
	usage := f.send(f.control, "usage_request", "{}")
	require.Equal(t, []string{usage + " busy", usage + " idle", cell + " busy"}, states(3))
	interrupt := f.send(f.control, "interrupt_request", "{}")
	require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, cell)["ename"])
	var last string
	for range 4 {
		last = states(1)[0]
		if last == cell+" idle" {
			break
		}
	}
	require.Contains(t, []string{cell + " idle", interrupt + " idle"}, last)
	answer, shown := f.run("1")
	require.Equal(t, "ok", answer["status"])
	require.Len(t, shown, 2)
}

// A front end may interrupt what the kernel has just said that it works on.
func TestAnInterruptAtOnceEndsTheWaitForACommsFunction(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("//serve echo")
	f.shown(f.send(f.shell, "comm_open", `{"comm_id": "c", "target_name": "echo", "data": {}}`))
	for range 50 {
		id := f.send(f.shell, "comm_msg", `{"comm_id": "c", "data": "forever"}`)
		require.Equal(t, "busy", contentOf(t, f.next(f.iopub))["execution_state"])
		interrupt := f.send(f.control, "interrupt_request", "{}")
		f.idle(id, interrupt)
	}
	answer, _ := f.run("1")
	require.Equal(t, "ok", answer["status"])
}

func TestAnInterruptAtOnceEndsTheCell(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("1")
	for range 50 {
		cell := f.execute("for {}")
		require.Equal(t, "busy", contentOf(t, f.next(f.iopub))["execution_state"])
		interrupt := f.send(f.control, "interrupt_request", "{}")
		require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, cell)["ename"])
		f.idle(cell, interrupt)
	}
}

// The cell itself takes the interrupt for an answer, and succeeds.
func TestAnInterruptEndsTheExpressionsThatFollowItsCell(t *testing.T) {
	f := startKernel(t, Options{})
	cell := f.send(f.shell, "execute_request", `{"code": "//input what? ", "allow_stdin": true, "user_expressions": {"a": "func() int { for {} }()"}}`)
	f.next(f.stdin)
	interrupt := f.send(f.control, "interrupt_request", "{}")
	answer := f.reply(f.shell, cell)
	require.Equal(t, "ok", answer["status"])
	require.Equal(t, "KeyboardInterrupt", answer["user_expressions"].(map[string]any)["a"].(map[string]any)["ename"])
	f.idle(cell, interrupt)
}

// A front end sends a cell and the message that it waits for, while the kernel
// still does something else.
func TestACellCanWaitForAMessageThatCameBeforeItBegan(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("//serve echo")
	for _, id := range []string{"c", "busy"} {
		f.shown(f.send(f.shell, "comm_open", fmt.Sprintf(`{"comm_id": %q, "target_name": "echo", "data": {}}`, id)))
	}
	first := f.send(f.shell, "comm_msg", `{"comm_id": "busy", "data": "forever"}`)
	require.Equal(t, "busy", contentOf(t, f.next(f.iopub))["execution_state"])
	cell := f.execute("//wait")
	second := f.send(f.shell, "comm_msg", `{"comm_id": "c", "data": 1}`)
	third := f.send(f.shell, "comm_msg", `{"comm_id": "c", "data": 2}`)
	interrupt := f.send(f.control, "interrupt_request", "{}")
	var sent []any
	for state := map[string]any{}; len(sent) < 2 || slices.ContainsFunc([]string{first, cell, second, third, interrupt}, func(id string) bool { return state[id] != "idle" }); {
		switch m := f.next(f.iopub); m.Header.Type {
		case "status":
			state[parentOf(t, m)] = contentOf(t, m)["execution_state"]
		case "comm_msg":
			sent = append(sent, contentOf(t, m)["data"])
		}
	}
	require.Equal(t, []any{1., 2.}, sent, "in their order")
	require.Equal(t, "ok", f.reply(f.shell, cell)["status"])
}

func TestCommsEndWithTheirWorker(t *testing.T) {
	f := startKernel(t, Options{})
	_, shown := f.run("//open slider")
	opened := contentOf(t, shown[len(shown)-1])
	f.shown(f.send(f.shell, "comm_msg", fmt.Sprintf(`{"comm_id": %q, "data": 2}`, opened["comm_id"])))
	_, shown = f.run("import \"os\"; p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}")
	var closed *wire.Message
	for _, m := range shown {
		if m.Header.Type == "comm_close" {
			closed = m
		}
	}
	require.NotNil(t, closed)
	require.Equal(t, opened["comm_id"], contentOf(t, closed)["comm_id"])
	id := f.send(f.shell, "comm_info_request", "{}")
	require.Empty(t, f.reply(f.shell, id)["comms"])
}

func TestAQuestionReachesTheFrontEndThatSentTheCell(t *testing.T) {
	f := startKernel(t, Options{})
	stranger := f.dialAs(f.connection.StdinPort, "stranger")
	id := f.execute("//password token: ")
	asked := f.next(f.stdin)
	require.Equal(t, map[string]any{"prompt": "token: ", "password": true}, contentOf(t, asked))
	f.send(stranger, "input_reply", `{"value": "guess"}`)
	f.waitForLog("a front end that was not asked")
	f.send(f.stdin, "input_reply", `{"value": "secret"}`)
	shown := f.shown(id)
	require.Equal(t, map[string]any{"text/plain": "secret <nil>"}, contentOf(t, shown[1])["data"])
	f.reply(f.shell, id)

	id = f.execute("//input more: ")
	f.next(f.stdin)
	f.send(f.stdin, "input_reply", `{"value": "\u0004"}`)
	shown = f.shown(id)
	require.Equal(t, map[string]any{"text/plain": " EOF"}, contentOf(t, shown[1])["data"], "Ctrl-D")
}

func TestAQuestionWaitsForAFrontEndThatConnectsToStdinLater(t *testing.T) {
	f := startKernel(t, Options{})
	late := f.dialAs(f.connection.ShellPort, "late")
	id := f.send(late, "execute_request", `{"code": "//input name: ", "allow_stdin": true}`)
	f.waitForLog("its front end is not on the stdin channel")
	stdin := f.dialAs(f.connection.StdinPort, "late")
	require.Equal(t, map[string]any{"prompt": "name: ", "password": false}, contentOf(t, f.next(stdin)))
	f.send(stdin, "input_reply", `{"value": "Ada"}`)
	require.Equal(t, map[string]any{"text/plain": "Ada <nil>"}, contentOf(t, f.shown(id)[1])["data"])
}

func TestUsageCountsTheWorkerAsWell(t *testing.T) {
	f := startKernel(t, Options{})
	usage := func() map[string]any { return f.reply(f.control, f.send(f.control, "usage_request", "{}")) }
	first := usage()
	hostname, err := os.Hostname()
	require.NoError(t, err)
	require.Equal(t, hostname, first["hostname"])
	require.EqualValues(t, os.Getpid(), first["pid"])
	require.Positive(t, first["cpu_count"])
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip("the system is not asked for memory")
	}
	cell := f.execute(looping)
	f.waitForText("looping")
	before := usage()
	var busy map[string]any
	require.Eventually(t, func() bool {
		busy = usage()
		return busy["kernel_cpu"].(float64) > 10
	}, patience, 50*time.Millisecond)
	require.Greater(t, before["kernel_memory"], 10e6, "the kernel and its worker")
	memory := busy["host_virtual_memory"].(map[string]any)
	require.Greater(t, memory["total"], memory["available"])
	f.send(f.control, "interrupt_request", "{}")
	f.reply(f.shell, cell)
}

func TestRepliesTellWhenTheCellStarted(t *testing.T) {
	f := startKernel(t, Options{})
	f.execute("1")
	m := f.next(f.shell)
	var metadata struct{ Started, Status string }
	require.NoError(t, json.Unmarshal(m.Metadata, &metadata))
	require.Equal(t, "ok", metadata.Status)
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, metadata.Started)
}

func TestWhatACellPrintsIsLimited(t *testing.T) {
	f := startKernel(t, Options{})
	f.run(`import ("bytes"; "os")`)
	_, shown := f.run(`block := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16); for i := 0; i < 64; i++ { os.Stdout.Write(block) }`)
	size, last := 0, ""
	for _, m := range shown[1:] {
		last = contentOf(t, m)["text"].(string)
		size += len(last)
	}
	require.Less(t, size, 17<<20)
	require.Greater(t, size, 16<<20)
	require.Contains(t, last, "48.0 MiB of output were left out")
	_, shown = f.run(`os.Stdout.WriteString("next\n")`)
	require.Equal(t, "next\n", contentOf(t, shown[1])["text"])
}

// dialAs connects to one of the kernel's channels under an identity of its own.
func (f *front) dialAs(port wire.Port, identity string) *zmq4.Conn {
	f.t.Helper()
	return f.dial(port, zmq4.Dealer, identity)
}
