"""Runs the tests in which programs that are not ours use what adkernel makes:
Jupyter's clients and gateway, its notebook format, Parquet readers, JupyterLab and nbclassic in Chromium.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python internal/python/run_clients.py

Each suite runs in a home directory of its own and under a time limit. The last
line counts tests; what was skipped is listed with the reason. The exit status
is 1 when a test failed.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77  # exit status of a script that cannot run here; its last line says why


@dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)  # test: reason

    def add(self, other: "Outcome"):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def main() -> int:
    os.environ["ADKERNEL_BIN"] = str(Path(os.environ.get("ADKERNEL_BIN", ROOT / "bin" / "adkernel")).resolve())
    total = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        for suite in (jupyter_clients, executors, front_ends, transcripts, parquet_readers, notebook_format, browsers):
            print(f"=== {suite.__doc__}", flush=True)
            home = Path(folder) / suite.__name__
            home.mkdir()
            total.add(suite(home))
    for reason in total.skipped:
        print("skipped:", reason)
    print(f"{total.passed} passed, {total.failed} failed, {len(total.skipped)} skipped")
    return 1 if total.failed else 0


def jupyter_clients(home) -> Outcome:
    """The kernel, through jupyter_client and jupyter_kernel_test."""
    return unit_tests("test_clients", ROOT / "kernel" / "testdata", home)


def executors(home) -> Outcome:
    """Notebooks executed by nbclient, nbconvert, papermill, nbval and "adkernel run"."""
    return unit_tests("executors", ROOT / "internal" / "python", home)


def front_ends(home) -> Outcome:
    """The kernel behind Jupyter Kernel Gateway, and notebooks as Go files by jupytext."""
    return unit_tests("front_ends", ROOT / "internal" / "python", home)


def unit_tests(module, folder, home) -> Outcome:
    status, out = run([sys.executable, "-m", "unittest", "-v", module], isolated(home), 600, cwd=folder)
    outcome = Outcome()
    for test, reason in re.findall(r"^(\w+ \(.*?\)).*\.\.\. skipped '(.*)'$", out, re.MULTILINE):
        outcome.skipped.append(f"{test}: {reason}")
    counts = re.search(r"^FAILED \((.*)\)$", out, re.MULTILINE)
    if counts:
        outcome.failed = sum(int(n) for what, n in re.findall(r"(failures|errors)=(\d+)", counts[1]))
    elif status != 0:
        outcome.failed = 1  # ended before it could say
    if ran := re.search(r"^Ran (\d+) tests? in", out, re.MULTILINE):
        outcome.passed = max(0, int(ran[1]) - outcome.failed - len(outcome.skipped))
    return outcome


def transcripts(home) -> Outcome:
    """What adkernel sends, compared with what ipykernel sends."""
    return script(ROOT / "internal/python/compare_transcripts.py", home)


def parquet_readers(home) -> Outcome:
    """Parquet files, read by pyarrow and pandas."""
    file = home / "frame.parquet"
    write = ["go", "test", "./builtins/frame", "-run", "WriteParquet", "-parquet", str(file)]
    status, _ = run(write, dict(os.environ), 300)
    if status != 0:
        return Outcome(failed=1)
    return script(ROOT / "builtins/frame/testdata/check_parquet.py", home, str(file))


def notebook_format(home) -> Outcome:
    """Notebooks, read and written by nbformat."""
    check = ROOT / "kernel/notebook/testdata/check_nbformat.py"
    outcome = script(check, home)
    if notebooks := sorted(map(str, (ROOT / "notebooks").glob("*.ipynb"))):
        outcome.add(script(check, home, *notebooks))
    return outcome


def browsers(home) -> Outcome:
    """JupyterLab and the classic notebook, in Chromium."""
    test = ROOT / "kernel/testdata/lab_e2e.py"
    chromium = find_chromium()
    if chromium is None:
        return Outcome(skipped=[f"{test.name}: no Chromium: install it (apt-get install chromium)"])
    os.environ["CHROMIUM"] = chromium
    outcome = script(test, home, limit=600)
    outcome.add(script(ROOT / "internal/python/lab_displays.py", home, limit=600))
    outcome.add(script(ROOT / "internal/python/lab_sessions.py", home, limit=600))
    outcome.add(script(ROOT / "internal/python/lab_typing.py", home, limit=600))
    outcome.add(script(ROOT / "internal/python/lab_tour.py", home, limit=1500))
    outcome.add(script(ROOT / "internal/python/classic_e2e.py", home, limit=600))
    return outcome


def find_chromium() -> str | None:
    """The browser's path; it is installed where that needs no questions."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], environment, 120)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], environment, 300)
    return next(filter(None, map(shutil.which, names)), None)


def script(path: Path, home, *arguments: str, limit=300) -> Outcome:
    """Runs one script, which is one test."""
    status, out = run([sys.executable, str(path), *arguments], isolated(home), limit)
    if status == SKIPPED:
        reason = out.strip().splitlines()[-1] if out.strip() else "it does not say why"
        return Outcome(skipped=[f"{path.name}: {reason}"])
    return Outcome(passed=1) if status == 0 else Outcome(failed=1)


def isolated(home: Path) -> dict[str, str]:
    """An environment in which nothing of the user's is read or written."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON", "XDG_", "ADKERNEL_"))},
        "ADKERNEL_BIN": os.environ["ADKERNEL_BIN"],
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run(command, environment, limit, cwd=ROOT) -> tuple[int, str]:
    """Runs a command and shows what it writes. When its time is over, it ends with all it started."""
    process = subprocess.Popen(
        command, env=environment, cwd=cwd, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        out, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        out += f"\nended after {limit} s: {' '.join(map(str, command))}"
    print(out.rstrip(), flush=True)
    return process.returncode, out


if __name__ == "__main__":
    sys.exit(main())
