"""The kernels that are measured, and the same cells in the language of each.

What cells do: prepare a name that completion and inspection are asked for,
print, loop, keep a variable, and what ends kernels: a panic where nobody
recovers, an exit, a cell that fails.
"""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

GO = {
    "one": "1+1",
    "prepare": 'import "strings"\nwords := strings.Fields("a b c")',
    "complete": "strings.Has",
    "inspect": "strings.Fields",
    "lines": 'import "fmt"\nfor i := range 100_000 {\n\tfmt.Println(i)\n}',
    "loop": "s, n := 0, 10_000_000\nfor i := 0; i < n; i++ {\n\ts += i & 7\n}\ns",
    "endless": "for {\n}",
    "interrupted": "error",  # the reply's status when the endless cell is interrupted
    "keep": ["kept := 41"],
    "kept": "kept + 1",
    "panic": 'import "time"\ngo func() { panic("on a goroutine") }()\ntime.Sleep(300 * time.Millisecond)',
    "exit": 'import "os"\nos.Exit(3)',
    "fails": 'panic("first")',
}
# Its Go has no range over a number; it inspects nothing, and an interrupt ends it.
GOPHERNOTES = {**GO, "lines": 'import "fmt"\nfor i := 0; i < 100_000; i++ {\n\tfmt.Println(i)\n}', "inspect": None, "interrupted": None}
# It compiles each cell to a program of its own: statements follow %%.
GONB = {
    "one": 'import "fmt"\n%%\nfmt.Println(1+1)',
    "prepare": 'import "strings"\nvar words = strings.Fields("a b c")',
    "complete": "%%\nstrings.Has",
    "inspect": "%%\nstrings.Fields",
    "lines": 'import "fmt"\n%%\nfor i := range 100_000 {\n\tfmt.Println(i)\n}',
    "loop": 'import "fmt"\n%%\ns, n := 0, 10_000_000\nfor i := 0; i < n; i++ {\n\ts += i & 7\n}\nfmt.Println(s)',
    "endless": "%%\nfor {\n}",
    "interrupted": "ok",
    "keep": ["var kept int", "%%\nkept = 41"],
    "kept": 'import "fmt"\n%%\nfmt.Print(kept + 1)',
    "panic": 'import "time"\n%%\ngo func() { panic("on a goroutine") }()\ntime.Sleep(300 * time.Millisecond)',
    "exit": 'import "os"\n%%\nos.Exit(3)',
    "fails": '%%\npanic("first")',
}
PYTHON = {
    "one": "1+1",
    "prepare": 'import shutil\nwords = "a b c".split()',
    "complete": "shutil.cop",
    "inspect": "shutil.copytree",
    "lines": "for i in range(100_000):\n    print(i)",
    "loop": "s = 0\nfor i in range(10_000_000):\n    s += i & 7\ns",
    "endless": "while True:\n    pass",
    "interrupted": "error",
    "keep": ["kept = 41"],
    "kept": "kept + 1",
    "panic": "import threading, time\nthreading.Thread(target=lambda: 1/0).start()\ntime.sleep(.3)",
    "exit": "import os\nos._exit(3)",
    "fails": "1/0",
}


@dataclass(frozen=True)
class Program:
    """A kernel: the command that starts it, with what in its PATH, and what it is told."""

    argv: list
    cells: dict = field(repr=False)
    path: Path | None = None
    begins: float = 0.1  # seconds until a cell has surely begun to loop


def ipykernel(python) -> Program:
    return Program([str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"], PYTHON)


def adkernel(program) -> Program:
    return Program([str(program), "kernel", "{connection_file}"], GO)


def pair(program) -> dict[str, Program]:
    """Ours, and what it is measured beside first of all."""
    return {"ours": adkernel(program), "ipykernel": ipykernel(sys.executable)}


def controls(root, folder) -> dict[str, Program]:
    """Kernels that do nothing, told what ours is: alone, and asking a second process that does nothing."""
    program = folder / "blankkernel"
    subprocess.run(["go", "build", "-o", program, "./internal/blankkernel"], cwd=root, check=True)
    return {"blank": Program([str(program), "{connection_file}"], GO),
            "blank-two": Program([str(program), "-process", "{connection_file}"], GO)}


def others(root) -> dict[str, Program]:
    """What make peers installs."""
    built = root / "build" / "peers"
    return {
        "ipykernel-6.17": ipykernel(root / ".venv-ipykernel6" / "bin" / "python"),
        "gophernotes": Program([str(built / "gophernotes"), "{connection_file}"], GOPHERNOTES),
        # With gopls and goimports, which it calls.
        "gonb": Program([str(built / "gonb"), "--kernel", "{connection_file}"], GONB, built, 2),
    }
