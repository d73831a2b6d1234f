"""What stands between a kernel and its users: Jupyter Kernel Gateway, whose clients
speak over a websocket, and jupytext, which turns notebooks into Go files.

    cd internal/python; ADKERNEL_BIN=../../bin/adkernel ../../.venv/bin/python -m unittest front_ends
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import jupytext
import nbformat
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from tornado.websocket import websocket_connect

from kernelspec import write_adkernel

ROOT = Path(__file__).resolve().parents[2]
KERNEL = "adkernel-served"
TIMEOUT = 60  # seconds, for a machine that is busy with other things
V1 = "v1.kernel.websocket.jupyter.org"


def setUpModule():
    """Installs a kernelspec for the command into a data directory of its own, and starts a gateway."""
    global data, gateway, address
    data = tempfile.mkdtemp()
    write_adkernel(data, KERNEL, os.environ["ADKERNEL_BIN"])
    port = 20000 + os.getpid() % 10000
    address = f"127.0.0.1:{port}"
    with open(os.path.join(data, "log"), "w") as log:
        gateway = subprocess.Popen(
            [sys.executable, "-m", "kernel_gateway", "--ip=127.0.0.1", f"--port={port}", "--KernelGatewayApp.port_retries=0"],
            env={**os.environ, "JUPYTER_PATH": data, "XDG_DATA_HOME": data}, stdout=log, stderr=log)
    deadline = time.monotonic() + TIMEOUT
    while not answers():
        if gateway.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the gateway does not start:\n" + Path(data, "log").read_text())
        time.sleep(0.1)


def answers():
    try:
        api("GET", "/api")
        return True
    except URLError:
        return False


def tearDownModule():
    gateway.terminate()
    gateway.wait(TIMEOUT)
    shutil.rmtree(data, ignore_errors=True)


def api(method, path, content=None):
    body = None if content is None else json.dumps(content).encode()
    with urlopen(Request(f"http://{address}{path}", body, method=method), timeout=TIMEOUT) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Client:
    """A client of the gateway, as JupyterLab's, that stays connected when the kernel is restarted."""

    def __init__(self, socket, kernel):
        self.socket, self.kernel = socket, kernel
        self.v1 = socket.selected_subprotocol == V1

    async def send(self, kind, content, channel="shell", parent=None):
        message = {
            "header": {"msg_id": uuid.uuid4().hex, "session": "s", "username": "u", "date": "", "msg_type": kind, "version": "5.3"},
            "parent_header": parent or {}, "metadata": {}, "content": content,
        }
        if self.v1:
            parts = [json.dumps(message[k]).encode() for k in ("header", "parent_header", "metadata", "content")]
            await self.socket.write_message(serialize_msg_to_ws_v1(parts, channel), binary=True)
        else:
            await self.socket.write_message(json.dumps({**message, "channel": channel, "buffers": []}))
        return message["header"]["msg_id"]

    async def receive(self):
        text = await asyncio.wait_for(self.socket.read_message(), TIMEOUT)
        if not self.v1:
            return json.loads(text)
        channel, parts = deserialize_msg_from_ws_v1(text)
        names = ("header", "parent_header", "metadata", "content")
        return {"channel": channel, **{name: json.loads(bytes(part)) for name, part in zip(names, parts)}}

    async def run(self, code, on=None):
        """Runs a cell; returns its status and what it showed as text."""
        cell = await self.send("execute_request", {"code": code, "allow_stdin": True})
        status, idle, shown = None, False, []
        while not (status and idle):
            message = await self.receive()
            if message["parent_header"].get("msg_id") != cell:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "execute_reply":
                status = content["status"]
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind in ("stream", "execute_result", "error"):
                shown.append(content.get("text") or content.get("ename") or content["data"]["text/plain"])
            if on:
                await on(self, message)
        return status, shown


async def answer(client, message):
    if message["header"]["msg_type"] == "input_request":
        await client.send("input_reply", {"value": "Ada"}, "stdin", message["header"])


async def interrupt(client, message):
    if message["header"]["msg_type"] == "stream" and "looping" in message["content"]["text"]:
        await asyncio.to_thread(api, "POST", f"/api/kernels/{client.kernel}/interrupt", {})


class GatewayTests(unittest.IsolatedAsyncioTestCase):
    async def connect(self, protocols):
        kernel = (await asyncio.to_thread(api, "POST", "/api/kernels", {"name": KERNEL}))["id"]
        self.addCleanup(api, "DELETE", f"/api/kernels/{kernel}")
        socket = await websocket_connect(f"ws://{address}/api/kernels/{kernel}/channels?session_id=s", subprotocols=protocols)
        self.addCleanup(socket.close)
        return Client(socket, kernel)

    async def test_cells_questions_and_interrupts(self):
        for protocols in ([V1], None):
            with self.subTest(protocols):
                client = await self.connect(protocols)
                self.assertEqual(client.v1, protocols is not None)
                self.assertEqual(await client.run("1 + 1"), ("ok", ["2"]))
                self.assertEqual(await client.run('Input("name? ")', answer), ("ok", ["Ada"]))
                status, shown = await client.run('import "fmt"; fmt.Println("looping"); for {}', interrupt)
                self.assertEqual((status, shown[-1]), ("error", "KeyboardInterrupt"))

    async def test_the_first_cell_after_a_restart_is_shown(self):
        client = await self.connect([V1])
        for _ in range(5):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(api, "POST", f"/api/kernels/{client.kernel}/restart", {})
            self.assertEqual(await asyncio.wait_for(client.run("6 * 7"), TIMEOUT), ("ok", ["42"]))


class JupytextTests(unittest.TestCase):
    def test_notebooks_become_go_files_and_come_back(self):
        magics = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (
            "!ls {x}\n%cd /tmp\nn := 3\nn?", "%%bash\necho hi", "//go:build x\nalpha := 0.5", '%time f()\nimport "fmt"')])
        magics.metadata.kernelspec = {"name": "adkernel", "display_name": "Go (adkernel)", "language": "go"}
        notebooks = {path.name: nbformat.read(path, 4) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
        for name, notebook in {"magics": magics, **notebooks}.items():
            with self.subTest(name):
                back = jupytext.reads(jupytext.writes(notebook, fmt="go:percent"), fmt="go:percent")
                self.assertEqual([(c.cell_type, c.source) for c in back.cells], [(c.cell_type, c.source) for c in notebook.cells])
                self.assertEqual(back.metadata.kernelspec.name, "adkernel")


if __name__ == "__main__":
    unittest.main()
