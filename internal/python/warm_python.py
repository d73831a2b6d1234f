"""A Python whose programs have torch and transformers imported when they start.

    warm_python.py serve SOCKET [MODEL ...]   imports them and the models' code, and waits
    warm_python.py run SOCKET PROGRAM ...     runs a program as python would, forked from there

Tests open engines by the dozen, and importing takes each of them longer than
all that it is asked. Every program is a process of its own, as it would be; it
ends by itself when its descriptor 3 does. Threads are one each: a pool of them
would not survive the fork, and tests run programs beside each other.
"""
import fcntl
import gc
import json
import os
import runpy
import signal
import socket
import sys
import traceback

DESCRIPTORS = range(5)  # standard ones, and an engine's channel
ABOVE = 100  # all that are open


def serve(path, models):
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import safetensors.torch  # noqa: F401
    import torch  # noqa: F401
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig, PreTrainedTokenizerFast  # noqa: F401

    for model in models:
        AutoModelForCausalLM._model_mapping[type(AutoConfig.from_pretrained(model, local_files_only=True))]
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forked
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path + ".new")
    listener.listen(64)
    os.rename(path + ".new", path)  # for those who wait for it
    while True:
        client, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setpgid(0, 0)
            become(client)
        client.close()


def become(client):
    """Runs what the client asks for, in this process, with its descriptors. The
    client sees the connection end when this process does."""
    try:
        head, received, _, _ = socket.recv_fds(client, 1 << 16, len(DESCRIPTORS))
        with client.makefile("rb") as rest:
            request = json.loads(head + rest.read())
        # Out of the way of their places first, as what else is open here.
        connection, *kept = [fcntl.fcntl(d, fcntl.F_DUPFD_CLOEXEC, ABOVE) for d in (client.detach(), *received)]
        os.closerange(3, ABOVE)
        for place, descriptor in zip(DESCRIPTORS, kept):
            os.dup2(descriptor, place)
            os.close(descriptor)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = request["arguments"]
        sys.path[:1] = [os.path.dirname(sys.argv[0]), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)


def run(path, arguments):
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        text = json.dumps(request).encode()
        sent = socket.send_fds(server, [text], DESCRIPTORS)
        server.sendall(text[sent:])
        server.shutdown(socket.SHUT_WR)
        os.closerange(3, server.fileno())
        server.recv(1)
    return 1  # as an engine ends, whatever the reason


if __name__ == "__main__":
    what, path, *others = sys.argv[1:]
    sys.exit(serve(path, others) if what == "serve" else run(path, others))
