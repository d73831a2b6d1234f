package kernel

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
	"adkernel/kernel/wire"
	"adkernel/kernel/worker"
)

// waitForText reads iopub until a cell has printed text.
func (f *front) waitForText(text string) {
	f.t.Helper()
	for printed := ""; !strings.Contains(printed, text); {
		if m := f.next(f.iopub); m.Header.Type == "stream" {
			printed += contentOf(f.t, m)["text"].(string)
		}
	}
}

// waitForLog waits until the kernel has logged text.
func (f *front) waitForLog(text string) {
	f.t.Helper()
	require.Eventually(f.t, func() bool { return strings.Contains(f.log.String(), text) }, patience, time.Millisecond)
}

func TestMessagesToAllFrontEndsHaveTheKernelAndTheirTypeAsTopic(t *testing.T) {
	f := startKernel(t, Options{})
	f.send(f.shell, "kernel_info_request", "{}")
	status := f.next(f.iopub)
	require.Equal(t, "status", status.Header.Type)
	require.Equal(t, "kernel."+status.Header.Session+".status", string(status.Identities[0]))
}

func TestAnInterruptedLoopEndsAndTheStateStays(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("import \"fmt\"\nx := 1\nnext := func() int { x++; return x }")
	looping := f.execute(`fmt.Println("looping"); for { x++ }`)
	behind := f.execute("1")
	f.waitForText("looping")
	f.send(f.control, "interrupt_request", "{}")
	require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, looping)["ename"])
	require.Equal(t, "aborted", f.reply(f.shell, behind)["status"])
	reply, _ := f.run("before := x; next() == before+1 && x > 2")
	require.Equal(t, "ok", reply["status"], "closures of before still work")
}

func TestAKilledWorkerCostsItsCellAndTheVariables(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("import \"os\"\nx := 1\nfunc seven() int { return 7 }")
	reply, shown := f.run("p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}")
	require.Equal(t, "WorkerDied", reply["ename"])
	require.Contains(t, reply["evalue"], "was killed by SIGKILL")
	require.Contains(t, reply["evalue"], "lost variables: ")
	require.Equal(t, "error", shown[len(shown)-1].Header.Type)
	_, shown = f.run("seven()")
	require.Equal(t, map[string]any{"text/plain": "7"}, contentOf(t, shown[1])["data"])
}

func TestAStackOverflowCostsItsCellAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a gigabyte of stack")
	}
	f := startKernel(t, Options{})
	f.run("x := 1")
	reply, shown := f.run("func f() { f() }\nf()")
	require.Contains(t, reply["evalue"], "stack overflow")
	require.Len(t, shown, 2, "execute_input and error: no stacks in the output")
	reply, _ = f.run("x")
	require.Equal(t, "ok", reply["status"])
}

func TestACrashIsReportedInOneLine(t *testing.T) {
	f := startKernel(t, Options{})
	reply, shown := f.run("//crash native code")
	require.Contains(t, reply["evalue"], "panic: native code")
	require.Len(t, shown, 2, "execute_input and error: no stacks in the output")
	require.Contains(t, f.log.String(), "the worker crashed")
}

func TestACellThatIgnoresTheInterruptIsKilled(t *testing.T) {
	f := startKernel(t, Options{Worker: worker.Options{Grace: 50 * time.Millisecond}})
	f.run("import (\"fmt\"; \"os\"; \"syscall\")")
	_, shown := f.run("fmt.Print(os.Getpid())")
	pid := contentOf(t, shown[1])["text"].(string)
	id := f.execute("syscall.Kill(os.Getpid(), syscall.SIGSTOP); select {}")
	require.Eventually(t, func() bool {
		state, err := exec.Command("ps", "-o", "state=", "-p", pid).Output()
		return err == nil && strings.HasPrefix(string(state), "T")
	}, patience, time.Millisecond)
	f.send(f.control, "interrupt_request", "{}")
	require.Contains(t, f.reply(f.shell, id)["evalue"], "did not stop within 50ms")
}

func TestManyLinesTakeFewMessages(t *testing.T) {
	f := startKernel(t, Options{})
	_, shown := f.run("import \"fmt\"\nfor i := 0; i < 20000; i++ { fmt.Println(\"line\", i) }")
	var text strings.Builder
	for _, m := range shown[1:] {
		text.WriteString(contentOf(t, m)["text"].(string))
	}
	require.True(t, strings.HasSuffix(text.String(), "line 19999\n"))
	require.Equal(t, 20000, strings.Count(text.String(), "\n"))
	require.Less(t, len(shown), 100)
}

func TestMessagesThatAreNoneAreDroppedAndLogged(t *testing.T) {
	f := startKernel(t, Options{})
	frames, err := f.codec.Encode(rawRequest{"kernel_info_request", []byte("{}")}, nil)
	require.NoError(t, err)
	forged := append([][]byte{}, frames...)
	forged[5] = []byte(`{"code": "forged"}`)
	for _, bad := range [][][]byte{
		{[]byte("hello")},
		frames[:4],
		forged,
	} {
		require.NoError(t, f.shell.SendMsg(zmq4.NewMsgFrom(bad...)))
	}
	f.send(f.shell, "execute_request", `{"code": 7}`)
	require.NoError(t, f.shell.SendMsg(zmq4.NewMsgFrom(frames...)))
	require.Equal(t, "kernel_info_reply", f.next(f.shell).Header.Type)
	require.NoError(t, f.shell.SendMsg(zmq4.NewMsgFrom(frames...))) // a replay

	reply, _ := f.run("1")
	require.Equal(t, "ok", reply["status"])
	for _, reason := range []string{"no <IDS|MSG> frame", "frames after <IDS|MSG>", "wrong signature", "came before", "content of execute_request"} {
		require.Contains(t, f.log.String(), reason)
	}
}

func TestPeersThatStallKeepNobodyWaiting(t *testing.T) {
	f := startKernel(t, Options{})
	at := f.connection.Endpoint(f.connection.ShellPort)
	silent, err := net.Dial(at.Network, at.Address)
	require.NoError(t, err)
	defer silent.Close()
	stalled := f.dial(f.connection.IOPubPort, zmq4.Sub, "")
	require.NoError(t, stalled.SendMsg(zmq4.NewMsg([]byte{1})))
	reply, _ := f.run("1 + 1")
	require.Equal(t, "ok", reply["status"])
}

func TestACellReadsALineOfTheFrontEndThatSentIt(t *testing.T) {
	f := startKernel(t, Options{})
	f.send(f.stdin, "input_reply", `{"value": "stale"}`)
	f.run("1") // by then it has arrived
	id := f.execute("//read")
	asked := f.next(f.stdin)
	require.Equal(t, "input_request", asked.Header.Type)
	require.Equal(t, id, parentOf(t, asked))
	f.send(f.stdin, "comm_msg", `{}`)
	f.send(f.stdin, "input_reply", `{"value": "word"}`)
	shown := f.shown(id)
	require.Equal(t, map[string]any{"text/plain": "word <nil>"}, contentOf(t, shown[1])["data"])
	require.Equal(t, "ok", f.reply(f.shell, id)["status"])

	id = f.send(f.shell, "execute_request", `{"code": "//read"}`)
	shown = f.shown(id)
	require.Equal(t, map[string]any{"text/plain": " " + host.ErrNoInput.Error()}, contentOf(t, shown[1])["data"])
}

func TestAQuestionEndsWithTheInterrupt(t *testing.T) {
	f := startKernel(t, Options{})
	id := f.execute("//read")
	require.Equal(t, "input_request", f.next(f.stdin).Header.Type)
	f.send(f.control, "interrupt_request", "{}")
	shown := f.shown(id)
	require.Equal(t, map[string]any{"text/plain": " context canceled"}, contentOf(t, shown[1])["data"])
}

// JupyterLab says which question it answers: an answer that was on its way when its
// question was interrupted answers no other.
func TestALateAnswerIsNoneToTheNextQuestion(t *testing.T) {
	f := startKernel(t, Options{})
	id := f.execute("//read")
	first := f.next(f.stdin)
	f.send(f.control, "interrupt_request", "{}")
	f.shown(id)
	require.Equal(t, "ok", f.reply(f.shell, id)["status"])

	id = f.execute("//read")
	second := f.next(f.stdin)
	f.answer(first, "late")
	f.waitForLog("an answer to another question")
	f.answer(second, "word")
	shown := f.shown(id)
	require.Equal(t, map[string]any{"text/plain": "word <nil>"}, contentOf(t, shown[1])["data"])
}

// answer sends the line that answers a question, and says which it answers.
func (f *front) answer(question *wire.Message, line string) {
	f.t.Helper()
	frames, err := f.codec.Encode(wire.InputReply{Value: line}, question)
	require.NoError(f.t, err)
	require.NoError(f.t, f.stdin.SendMsg(zmq4.NewMsgFrom(frames...)))
}

func TestTheHeartbeatAnswersBesideARunningCell(t *testing.T) {
	f := startKernel(t, Options{})
	f.execute(`import "fmt"; fmt.Println("looping"); for {}`)
	f.waitForText("looping")
	heart := f.dial(f.connection.HeartbeatPort, zmq4.Req, "")
	require.NoError(t, heart.SendMsg(zmq4.NewMsgFrom(nil, []byte("ping"))))
	m, err := heart.RecvMsg()
	require.NoError(t, err)
	require.Equal(t, "ping", string(m.Frames[1]))
}

func TestShutdownEndsARunningCellAndTheKernel(t *testing.T) {
	f := startKernel(t, Options{})
	cell := f.execute(`import "fmt"; fmt.Println("looping"); for {}`)
	f.waitForText("looping")
	id := f.send(f.control, "shutdown_request", `{"restart": false}`)
	require.Equal(t, map[string]any{"status": "ok", "restart": false}, f.reply(f.control, id))
	require.Equal(t, "aborted", f.reply(f.shell, cell)["status"])
	err := <-f.ended
	require.NoError(t, err)
	f.ended <- err // for the clean-up
}

// Whoever waits for an answer gets one, also of a kernel that ends.
func TestShutdownAnswersWhatWaits(t *testing.T) {
	f := startKernel(t, Options{})
	sub := f.subshell()
	running := f.execute(`import "fmt"; fmt.Println("looping"); for {}`)
	f.waitForText("looping")
	waiting := []string{
		running,
		f.execute("1"),
		f.send(f.shell, "complete_request", `{"code": "fmt.Pr", "cursor_pos": 6}`),
		f.send(f.shell, "is_complete_request", `{"code": "for {"}`),
		f.send(f.shell, "kernel_info_request", `{}`),
		f.execute("2"),
		f.sendTo(sub, f.shell, "execute_request", `{"code": "3"}`),
	}
	id := f.send(f.control, "shutdown_request", `{"restart": false}`)
	require.Equal(t, "ok", f.reply(f.control, id)["status"])
	statuses := map[string]any{}
	for range waiting {
		m := f.next(f.shell)
		statuses[parentOf(t, m)] = contentOf(t, m)["status"]
	}
	for i, id := range waiting {
		require.NotNil(t, statuses[id], "request %d", i)
	}
	for _, cell := range []int{0, 1, 5, 6} {
		require.Equal(t, "aborted", statuses[waiting[cell]], "cell %d", cell)
	}
	err := <-f.ended
	require.NoError(t, err)
	f.ended <- err // for the clean-up
}

func TestTheKernelEndsWithTheProcessThatStartedIt(t *testing.T) {
	parent, err := os.StartProcess("/bin/sleep", []string{"sleep", "1000"}, &os.ProcAttr{})
	require.NoError(t, err)
	t.Setenv("JPY_PARENT_PID", strconv.Itoa(parent.Pid))
	f := startKernel(t, Options{})
	f.run("1") // by then the kernel has looked for its parent
	require.NoError(t, parent.Kill())
	_, err = parent.Wait()
	require.NoError(t, err)
	err = <-f.ended
	require.NoError(t, err)
	f.ended <- err
}

func TestAConnectionThatCannotBeServedIsAnError(t *testing.T) {
	err := Run(t.Context(), t.TempDir()+"/no/such/folder.json", Options{})
	require.ErrorContains(t, err, "cannot write the connection file")
	err = Run(t.Context(), t.TempDir(), Options{})
	require.ErrorContains(t, err, "cannot read the connection file")
	c := &wire.Connection{Transport: "ipc", IP: t.TempDir() + "/no/such/folder", SignatureScheme: "hmac-sha256"}
	_, err = newServer(c, Options{})
	require.ErrorContains(t, err, "iopub: cannot listen")
}
