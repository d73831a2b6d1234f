"""The engine's end of the channel to adkernel.

A frame is a line of JSON with an "event" and, where its "bytes" is not 0, that
many bytes behind it: token ids as int32, logits as float32, little endian.
Requests come from descriptor 3, answers go to descriptor 4; standard output
and standard error are the log.
"""
import array
import contextlib
import fcntl
import gc
import importlib.machinery
import json
import os
import queue
import signal
import sys
import threading
import traceback

# Bytes that are on their way at a time, so that neither side waits for the other
# to be given a processor: a pipe holds 64 KiB otherwise, and requests are megabytes.
ON_THEIR_WAY = 1 << 20

INT32 = next(code for code in "il" if array.array(code).itemsize == 4)


class Unkept(importlib.machinery.SourceFileLoader):
    """Loads a module without keeping its bytecode: beside the record of a run is
    what ran and nothing else, and a patch may be written again within a second."""

    def set_data(self, path, data, **_):
        pass


# The libraries keep theirs, unless the user says otherwise: to compile torch and
# transformers again takes longer than all that an engine may be asked.
sys.path_importer_cache[sys.path[0]] = importlib.machinery.FileFinder(sys.path[0], (Unkept, [".py"]))
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)


class Refusal(Exception):
    """What a user can do something about: told in one line, without a traceback."""


class Channel:
    def __init__(self):
        for descriptor in (3, 4):
            os.set_inheritable(descriptor, False)
            widen(descriptor)
        self._in = os.fdopen(3, "rb", ON_THEIR_WAY)
        self._out = os.fdopen(4, "wb", ON_THEIR_WAY)
        self._requests = queue.Queue()
        # Pieces on their way: few, since each may be a batch's logits.
        self._pieces = queue.Queue(maxsize=2)
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._write, daemon=True).start()

    def _listen(self):
        """Reads requests. The end of the pipe is the end of the other side,
        however it died: nothing of this side may stay on a GPU."""
        while line := self._in.readline():
            request = json.loads(line)
            payload = self._in.read(request.get("bytes") or 0)
            self._requests.put((request, payload))
        self._die()

    def _write(self):
        """Sends what is to be sent, beside the model: the other side takes its time
        to store a batch, and the pipe holds less."""
        while True:
            frames = self._pieces.get()
            try:
                for event, payload, fields in frames:
                    self._out.write(json.dumps({"event": event, "bytes": len(payload), **fields}).encode() + b"\n")
                    self._out.write(payload)
                self._out.flush()
            except OSError:
                self._die()  # nobody reads
            self._pieces.task_done()

    def _die(self):
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(1)

    def receive(self):
        """Returns the next request and its payload."""
        return self._requests.get()

    def send(self, event, payload=b"", **fields):
        self.send_all([(event, payload, fields)])

    def send_all(self, frames):
        """Sends frames (event, payload, fields) in one piece: each piece wakes the
        other side, which takes its processor from the model."""
        self._pieces.put(frames)

    def flush(self):
        """Waits until all that was sent is written."""
        self._pieces.join()

    def log(self, text):
        self.send("log", message=text)

    def doing(self, text):
        self.send("doing", message=text)

    def fail(self, error):
        """Tells why a request, or loading, failed."""
        if isinstance(error, Refusal):
            message = str(error)
        else:
            traceback.print_exception(error)
            text = str(error).strip().split("\n")[0]
            message = f"{type(error).__name__}: {text} (its traceback is in {log_path()})"
        self.send("error", message=message)


def widen(pipe):
    """Lets a pipe hold more, where the system and the user's share of it allow."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, ON_THEIR_WAY)
        except OSError:
            pass


def log_path():
    return os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "log.txt")


def read_spec():
    with open(sys.argv[1], encoding="utf-8") as f:
        return json.load(f)


def require(*packages):
    """Imports packages, or says which one this Python lacks and how to get it."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise Refusal(
                f"{sys.executable} has no package {error.name}, which this engine needs: install it "
                f"({sys.executable} -m pip install {package}), or name another interpreter (Python of the deployment, $ADKERNEL_PYTHON)"
            ) from None


@contextlib.contextmanager
def importing():
    """Looks for no garbage while libraries are imported, nor ever among what they
    made: there is none, and looking takes a fifth of the time that they need."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def ids(payload):
    """Returns the token ids of a payload as an array."""
    out = array.array(INT32)
    out.frombytes(payload)
    if sys.byteorder == "big":
        out.byteswap()
    return out


def cut(payload, counts):
    """Cuts the token ids of a payload into arrays of the given lengths: as lists of
    Python's integers those of a whole MMLU take seconds and hundreds of megabytes."""
    every, out, at = ids(payload), [], 0
    for n in counts:
        out.append(every[at:at + n])
        at += n
    return out


def serve(load):
    """Loads an engine and answers requests until the other side is gone. The
    engine has a method for each event that it can answer."""
    channel = Channel()
    channel.send("hello")
    channel.flush()  # whatever happens now, this began
    try:
        engine = load(channel, read_spec())
        # Of what is loaded nothing is garbage: looking through it again and again,
        # a third of a second each time, would take that from the model.
        gc.freeze()
        channel.send("ready", info=engine.info(), pieces=engine.pieces())
    except BaseException as error:
        channel.fail(error)
        channel.flush()
        sys.exit(1)
    while True:
        request, payload = channel.receive()
        try:
            method = getattr(engine, "on_" + request["event"], None)
            if method is None:
                raise Refusal(f"this engine cannot answer {request['event']!r}")
            method(channel, request, payload)
        except Exception as error:
            channel.fail(error)
