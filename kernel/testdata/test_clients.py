"""The kernel as Jupyter's own clients see it: jupyter_kernel_test and jupyter_client.

ADKERNEL_BIN names the command. Run with: python -m unittest test_clients
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import jupyter_kernel_test
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager, start_new_kernel

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "internal" / "python"))
from kernelspec import write_adkernel  # noqa: E402

TIMEOUT = 60  # seconds, for a machine that is busy with other things
jupyter_kernel_test.TIMEOUT = TIMEOUT

KERNEL = "adkernel-under-test"


def setUpModule():
    """Installs a kernelspec for the command into a data directory of its own."""
    global data
    data = tempfile.mkdtemp()
    write_adkernel(data, KERNEL, os.environ["ADKERNEL_BIN"])
    os.environ["JUPYTER_PATH"] = data
    os.environ["XDG_DATA_HOME"] = data  # where history is kept


def tearDownModule():
    shutil.rmtree(data, ignore_errors=True)


class ConformanceTests(jupyter_kernel_test.KernelTests):
    kernel_name = KERNEL
    language_name = "go"
    file_extension = ".go"

    code_hello_world = 'import "fmt"\nfmt.Println("hello, world")'
    code_stderr = 'import ("fmt"; "os")\nfmt.Fprintln(os.Stderr, "oops")'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"a" + "b"', "result": "ab"},
        {"code": "[]int{1, 2}", "result": "[1 2]"},
    ]
    code_generate_error = "undefinedName"
    code_history_pattern = "6 ? 7"
    supported_history_operations = ("tail", "range", "search")
    completion_samples = [{"text": "strings.TrimPre", "matches": {"TrimPrefix"}}]
    complete_code_samples = ["x := 1", "func f() int { return 1 }", 'import "fmt"']
    incomplete_code_samples = ["func f() {", "for {", "x := (1 +"]
    invalid_code_samples = ["x := )", "func f() { return ] }"]
    code_inspect_sample = "len"
    code_page_something = "len?"
    code_clear_output = "ClearOutput(false)"
    code_display_data = [
        {"code": 'Display(HTML("<b>x</b>", "x"))', "mime": "text/html"},
        {"code": 'Display(Markdown("**x**"))', "mime": "text/markdown"},
        {"code": 'import "image"\nDisplay(image.NewGray(image.Rect(0, 0, 1, 1)))', "mime": "image/png"},
    ]


class WelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = KERNEL
    support_iopub_welcome = True


class ClientTests(unittest.TestCase):
    def setUp(self):
        self.manager, self.client = start_new_kernel(kernel_name=KERNEL, startup_timeout=TIMEOUT)

    def tearDown(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run_cell(self, code, **arguments):
        """Executes code; returns the reply's content and the outputs on iopub."""
        return self.outcome(self.client.execute(code, **arguments))

    def outcome(self, msg_id):
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind not in ("status", "execute_input"):
                outputs.append((kind, content))
        return self.reply(msg_id), outputs

    def reply(self, msg_id):
        while True:
            message = self.client.get_shell_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") == msg_id:
                return message["content"]

    def wait_for_text(self, text):
        """Waits until a cell has printed text."""
        printed = ""
        while text not in printed:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]

    def test_state_lives_across_cells(self):
        self.run_cell("x := 20\nfunc double(n int) int { return 2 * n }")
        reply, outputs = self.run_cell("double(x) + 2")
        self.assertEqual(reply["status"], "ok")
        self.assertEqual([o[1]["data"]["text/plain"] for o in outputs], ["42"])

    def test_an_interrupted_loop_ends_and_keeps_the_state(self):
        self.run_cell('import "fmt"\nx := 1')
        msg_id = self.client.execute('fmt.Println("looping"); for { x++ }')
        self.wait_for_text("looping")
        self.manager.interrupt_kernel()
        reply, outputs = self.outcome(msg_id)
        self.assertEqual(reply["ename"], "KeyboardInterrupt")
        self.assertEqual([o[0] for o in outputs if o[0] == "error"], ["error"])
        reply, outputs = self.run_cell("x > 1")
        self.assertEqual(outputs[0][1]["data"]["text/plain"], "true")

    def test_a_request_interrupts_as_a_signal_does(self):
        self.run_cell('import "fmt"')
        msg_id = self.client.execute('fmt.Println("looping"); for {}')
        self.wait_for_text("looping")
        request = self.client.session.msg("interrupt_request", {})
        self.client.control_channel.send(request)
        self.assertEqual(self.client.get_control_msg(timeout=TIMEOUT)["content"]["status"], "ok")
        self.assertEqual(self.reply(msg_id)["ename"], "KeyboardInterrupt")

    def test_a_killed_worker_is_reported_and_replaced(self):
        self.run_cell('import "os"\nx := 1\nfunc f() int { return 7 }')
        reply, outputs = self.run_cell("p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}")
        self.assertEqual(reply["ename"], "WorkerDied")
        self.assertIn("lost variables: x", reply["evalue"])
        reply, outputs = self.run_cell("f()")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertEqual(outputs[0][1]["data"]["text/plain"], "7")

    def test_an_error_aborts_the_cells_behind_it(self):
        first = self.client.execute("undefinedName")
        second = self.client.execute("1 + 1")
        self.assertEqual(self.reply(first)["status"], "error")
        self.assertEqual(self.reply(second)["status"], "aborted")
        reply, _ = self.run_cell("1 + 1")
        self.assertEqual(reply["status"], "ok")

    def test_without_stop_on_error_the_cells_behind_run(self):
        first = self.client.execute("undefinedName", stop_on_error=False)
        second = self.client.execute("1 + 1")
        self.assertEqual(self.reply(first)["status"], "error")
        self.assertEqual(self.reply(second)["status"], "ok")

    def test_a_worker_killed_between_cells_is_replaced_at_once(self):
        self.run_cell('import "os"\nHandleComm("echo", func(c *Comm, first CommMessage) {})\nx := 1')
        session, shell = self.client.session, self.client.shell_channel
        shell.send(session.msg("comm_open", {"comm_id": "c4", "target_name": "echo", "data": {}}))
        reply, _ = self.run_cell("", user_expressions={"pid": "os.Getpid()"})
        os.kill(int(reply["user_expressions"]["pid"]["data"]["text/plain"]), signal.SIGKILL)
        self.assertEqual(self.next_of("comm_close")["content"]["comm_id"], "c4")
        self.assertEqual(self.reply(self.client.complete("strings.TrimPre"))["matches"], ["TrimPrefix"])
        reply, outputs = self.run_cell("2")
        self.assertEqual(reply["status"], "ok")
        self.assertIn("lost variables: x", outputs[0][1]["text"])

    def test_a_cell_sent_after_an_interrupt_runs(self):
        self.run_cell('import "fmt"')
        first = self.client.execute('fmt.Println("looping"); for {}')
        self.wait_for_text("looping")
        self.manager.interrupt_kernel()
        second = self.client.execute("1 + 1")
        self.assertEqual(self.reply(first)["status"], "error")
        self.assertEqual(self.reply(second)["status"], "ok")

    def test_silent_cells_and_the_counter(self):
        self.assertEqual(self.run_cell("1")[0]["execution_count"], 1)
        reply, outputs = self.run_cell("2", silent=True)
        self.assertEqual((reply["execution_count"], outputs), (1, []))
        self.assertEqual(self.run_cell("3", store_history=False)[0]["execution_count"], 1)
        self.assertEqual(self.run_cell("4")[0]["execution_count"], 2)

    def test_user_expressions_fail_one_by_one(self):
        reply, _ = self.run_cell("x := 3", user_expressions={"good": "x * 2", "bad": "y"})
        self.assertEqual(reply["user_expressions"]["good"]["data"]["text/plain"], "6")
        self.assertEqual(reply["user_expressions"]["bad"]["status"], "error")

    def test_output_is_batched_and_complete(self):
        code = 'import "fmt"\nfor i := 0; i < 100000; i++ { fmt.Println("line", i) }'
        _, outputs = self.run_cell(code)
        text = "".join(content["text"] for _, content in outputs)
        self.assertEqual(text, "".join(f"line {i}\n" for i in range(100000)))
        self.assertLess(len(outputs), 200)

    def test_restart_forgets(self):
        self.run_cell("x := 1")
        self.manager.restart_kernel(now=False)
        self.client.wait_for_ready(timeout=TIMEOUT)
        self.assertEqual(self.run_cell("x")[0]["status"], "error")

    def test_cursors_count_code_points(self):
        code = 's := "é𝒳"; strings.TrimPre'
        msg_id = self.client.complete(code)
        reply = self.reply(msg_id)
        self.assertEqual(reply["matches"], ["TrimPrefix"])
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (len(code) - 7, len(code)))


    def test_comms_go_both_ways(self):
        self.run_cell("HandleComm(\"echo\", func(c *Comm, first CommMessage) {\n\tc.OnMessage(func(m CommMessage) { c.Send(m) })\n})")
        session, shell = self.client.session, self.client.shell_channel
        shell.send(session.msg("comm_open", {"comm_id": "c1", "target_name": "echo", "data": {}}))
        message = session.msg("comm_msg", {"comm_id": "c1", "data": {"n": 1}})
        message["buffers"] = [b"\x00\xff"]
        session.send(shell.socket, message, buffers=message["buffers"])
        answer = self.next_of("comm_msg")
        self.assertEqual(answer["content"], {"comm_id": "c1", "data": {"n": 1}})
        self.assertEqual([bytes(b) for b in answer["buffers"]], [b"\x00\xff"])
        shell.send(session.msg("comm_open", {"comm_id": "c2", "target_name": "nobody", "data": {}}))
        self.assertEqual(self.next_of("comm_close")["content"]["comm_id"], "c2")

    def test_functions_of_comms_run_to_their_end_between_cells(self):
        self.run_cell("HandleComm(\"count\", func(c *Comm, first CommMessage) {\n"
                      "\tfmt.Println(\"opened\")\n\tfmt.Println(\"with\", first.Data)\n"
                      "\tc.OnMessage(func(m CommMessage) {\n\t\tfmt.Println(\"got\", m.Data)\n\t\tc.Send(m)\n\t\tfmt.Println(\"sent\")\n\t})\n})")
        session, shell = self.client.session, self.client.shell_channel
        shell.send(session.msg("comm_open", {"comm_id": "c3", "target_name": "count", "data": {}}))
        for n in range(2):
            shell.send(session.msg("comm_msg", {"comm_id": "c3", "data": {"n": n}}))
        text = ""
        while text.count("sent") < 2:
            content = self.next_of("stream")["content"]
            self.assertEqual(content["name"], "stdout", content["text"])
            text += content["text"]
        self.assertEqual(text, "opened\nwith map[]\ngot map[n:0]\nsent\ngot map[n:1]\nsent\n")

    def next_of(self, kind):
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["msg_type"] == kind:
                return message

    def test_input_is_asked_of_the_client(self):
        msg_id = self.client.execute('name := Input("name: ")\nsecret := Password("token: ")\nname + secret', allow_stdin=True)
        for prompt, password, answer in (("name: ", False, "Ada"), ("token: ", True, "1815")):
            asked = self.client.get_stdin_msg(timeout=TIMEOUT)["content"]
            self.assertEqual(asked, {"prompt": prompt, "password": password})
            self.client.input(answer)
        _, outputs = self.outcome(msg_id)
        self.assertEqual(outputs[0][1]["data"]["text/plain"], "Ada1815")
        reply, _ = self.run_cell('Input("")', allow_stdin=False)
        self.assertIn("nobody can be asked", reply["evalue"])

    def test_a_subshell_completes_beside_a_running_cell(self):
        session = self.client.session
        request = session.msg("create_subshell_request", {})
        self.client.control_channel.send(request)
        subshell = self.client.get_control_msg(timeout=TIMEOUT)["content"]["subshell_id"]
        self.run_cell('import "fmt"')
        cell = self.client.execute('fmt.Println("looping"); for {}')
        self.wait_for_text("looping")
        message = session.msg("complete_request", {"code": "strings.TrimPre", "cursor_pos": 15})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        self.assertEqual(self.reply(message["header"]["msg_id"])["matches"], ["TrimPrefix"])
        self.manager.interrupt_kernel()
        self.assertEqual(self.reply(cell)["ename"], "KeyboardInterrupt")

    def test_usage_is_told(self):
        self.client.control_channel.send(self.client.session.msg("usage_request", {}))
        usage = self.client.get_control_msg(timeout=TIMEOUT)["content"]
        self.assertGreater(usage["kernel_memory"], 1 << 20)
        self.assertGreater(usage["host_virtual_memory"]["total"], usage["kernel_memory"])

    def test_magics_beside_go(self):
        _, outputs = self.run_cell("x := 3\n!echo {x} programs\n%who\nx")
        self.assertEqual(outputs[0][1]["text"], "3 programs\nx\n")
        self.assertEqual(outputs[1][1]["data"]["text/plain"], "3")


class LifeTests(unittest.TestCase):
    def test_ipc_transport(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        manager = KernelManager(kernel_name=KERNEL, transport="ipc", ip=os.path.join(folder, "k"))
        manager.start_kernel()
        self.addCleanup(manager.shutdown_kernel, now=True)
        client = manager.blocking_client()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(timeout=TIMEOUT)
        self.assertEqual(client.execute_interactive("1 + 1", timeout=TIMEOUT)["content"]["status"], "ok")

    def test_shutdown_ends_the_process(self):
        manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=TIMEOUT)
        client.stop_channels()
        manager.shutdown_kernel(now=False)
        self.assertFalse(manager.is_alive())

    def test_the_worker_dies_with_the_kernel(self):
        manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=TIMEOUT)
        self.addCleanup(client.stop_channels)
        reply = client.execute_interactive(
            'import "os"', user_expressions={"pid": "os.Getpid()"}, timeout=TIMEOUT)
        worker = int(reply["content"]["user_expressions"]["pid"]["data"]["text/plain"])
        os.kill(manager.provisioner.pid, signal.SIGKILL)
        manager.shutdown_kernel(now=True)
        deadline = time.monotonic() + TIMEOUT
        while process_runs(worker) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertFalse(process_runs(worker))


    def test_programs_die_with_the_kernel_and_its_worker(self):
        def kill_kernel(manager, client, worker):
            os.kill(manager.provisioner.pid, signal.SIGKILL)

        def kill_worker(manager, client, worker):
            os.kill(worker, signal.SIGKILL)

        def shut_down(manager, client, worker):
            manager.shutdown_kernel(now=False)

        for end, script in ((kill_kernel, "echo $$; exec sleep 1000"),
                            (kill_worker, "sleep 1000 & echo $! $$; wait"),
                            (shut_down, "sleep 1000 & echo $! $$; wait"),
                            (shut_down, "trap '' INT; echo $$; sleep 1000; sleep 1000")):
            with self.subTest(end.__name__, script=script):
                manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=TIMEOUT)
                self.addCleanup(manager.shutdown_kernel, now=True)
                self.addCleanup(client.stop_channels)
                reply = client.execute_interactive(
                    'import "os"', user_expressions={"pid": "os.Getpid()"}, timeout=TIMEOUT)
                worker = int(reply["content"]["user_expressions"]["pid"]["data"]["text/plain"])
                client.execute("%%bash\n" + script)
                while True:
                    message = client.get_iopub_msg(timeout=TIMEOUT)
                    if message["msg_type"] == "stream":
                        break
                programs = [int(pid) for pid in message["content"]["text"].split()]
                self.assertTrue(all(map(process_runs, programs)))
                end(manager, client, worker)
                deadline = time.monotonic() + TIMEOUT
                while any(map(process_runs, programs)) and time.monotonic() < deadline:
                    time.sleep(0.01)
                self.assertFalse([pid for pid in programs if process_runs(pid)])


    def test_a_run_outlives_a_kernel_that_ends_with_all_its_descendants(self):
        """As VS Code ends it: SIGTERM for every descendant, and then for the kernel."""
        with tempfile.TemporaryDirectory() as runs:
            environment = {**os.environ, "ADKERNEL_RUNS": runs}

            def adkernel(*arguments):
                return subprocess.run([os.environ["ADKERNEL_BIN"], *arguments], env=environment, check=True, capture_output=True).stdout

            def status():
                return json.loads(adkernel("runs", "--json"))[0]["status"]

            manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=TIMEOUT, env=environment)
            self.addCleanup(client.stop_channels)
            reply = client.execute_interactive('deploy, _, task := Case("fp8-drop")\nr := Launch(deploy, task)', timeout=TIMEOUT)
            self.assertEqual(reply["content"]["status"], "ok")
            deadline = time.monotonic() + TIMEOUT
            while status() != "running" and time.monotonic() < deadline:
                time.sleep(0.01)
            kernel = manager.provisioner.pid
            for pid in [*descendants(kernel), kernel]:
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass  # ended with its parent
            manager.provisioner.process.wait(TIMEOUT)
            time.sleep(0.2)  # in which a run that has been ended says so
            self.assertEqual(status(), "running")
            adkernel("cancel", os.listdir(runs)[0])


class InstalledTests(unittest.TestCase):
    """The kernelspecs that adkernel install writes."""

    def test_each_starts_its_evaluator(self):
        for name, title, evaluator in (("adkernel", "Go (adkernel)", "exact"),
                                       ("adkernel-yaegi", "Go (adkernel, yaegi)", "yaegi")):
            with self.subTest(name), tempfile.TemporaryDirectory() as prefix:
                subprocess.run([os.environ["ADKERNEL_BIN"], "install", "--prefix", prefix, "--evaluator", evaluator],
                               check=True, stdout=subprocess.DEVNULL)
                specs = KernelSpecManager(kernel_dirs=[os.path.join(prefix, "share", "jupyter", "kernels")],
                                          ensure_native_kernel=False)
                self.assertEqual(list(specs.find_kernel_specs()), [name])
                self.assertEqual(specs.get_kernel_spec(name).display_name, title)
                manager = KernelManager(kernel_name=name, kernel_spec_manager=specs)
                manager.start_kernel()
                self.addCleanup(manager.shutdown_kernel, now=True)
                client = manager.blocking_client()
                client.start_channels()
                self.addCleanup(client.stop_channels)
                client.wait_for_ready(timeout=TIMEOUT)
                reply = client.execute_interactive(
                    'import "os"', user_expressions={"pid": "os.Getpid()"}, timeout=TIMEOUT)
                self.assertEqual(reply["content"]["status"], "ok")
                worker = int(reply["content"]["user_expressions"]["pid"]["data"]["text/plain"])
                with open(f"/proc/{worker}/cmdline", "rb") as f:
                    self.assertEqual(f.read().split(b"\0")[1:4], [b"worker", b"--evaluator", evaluator.encode()])


def descendants(pid):
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    parents = dict(map(int, line.split()) for line in listing.splitlines())
    found = [pid]
    for ancestor in found:
        found += [child for child, parent in parents.items() if parent == ancestor]
    return found[1:]


def process_runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()
