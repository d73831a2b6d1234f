"""The kernel in JupyterLab, driven through a browser as a person would.

    ADKERNEL_BIN=bin/adkernel .venv/bin/python kernel/testdata/lab_e2e.py [SCREENSHOTS]

CHROMIUM names the browser (default: chromium in PATH). Screenshots, light and
dark, go to the folder SCREENSHOTS when it is given. Nothing outside this
machine is asked for anything.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

CANNOT_RUN = 77
try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    print("playwright is not installed")
    sys.exit(CANNOT_RUN)

TOKEN = "lab-e2e"
TIMEOUT = 60_000  # milliseconds, for a machine that is busy with other things
BROWSER_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync"]

CELLS = [
    "1 + 1",
    # a red square
    'import (\n\t"image"\n\t"image/color"\n)\n'
    "square := image.NewRGBA(image.Rect(0, 0, 60, 60))\n"
    "for i := 0; i < 3600; i++ {\n\tsquare.Set(i%60, i/60, color.RGBA{200, 30, 30, 255})\n}\nsquare",
    'import "fmt"\n\nfmt.Println("printed")',
    "",
    "for {\n}",
    "undefined + 1",
    "40 + 2",
]
SUM, PICTURE, PRINT, TYPED, ENDLESS, WRONG, AFTER = range(len(CELLS))


def main():
    with jupyterlab("e2e", 1300, 1100) as (notebooks, lab):
        check(lab, notebooks / "e2e.ipynb")


def jupyterlab(name, width, height, tabs=1):
    """The folder of the notebooks, and a Lab for each tab."""
    return front_end(Lab, name, width, height, tabs)


@contextmanager
def front_end(kind, name, width, height, tabs=1):
    """A server and a browser: the folder of its notebooks, and a page of that kind for each tab.

    Screenshots go to the folder that the command line names. When the test
    fails, what the tabs show and what the server says is kept.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("no Chromium")
        sys.exit(CANNOT_RUN)
    screenshots = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"lab-{name}-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        with Server(work, kind.APPLICATION) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
            expect.set_options(timeout=TIMEOUT)
            pages = []
            for _ in range(tabs):
                page = browser.new_page(viewport={"width": width, "height": height})
                page.set_default_timeout(TIMEOUT)
                pages.append(kind(page, server.url, screenshots))
            try:
                yield work / "notebooks", *pages
            except BaseException:
                for i, shown in enumerate(pages):
                    if not shown.page.is_closed():
                        failure = (screenshots or Path(tempfile.gettempdir())) / f"lab_{name}_failure_{i}.png"
                        shown.page.screenshot(path=failure)
                        print("the page is in", failure)
                server.show_log()
                raise
            finally:
                browser.close()


def check(lab, path):
    lab.open("e2e.ipynb")

    lab.run_all()  # stops at the endless cell: interrupt it
    lab.wait_until("busy")
    expect(lab.output(SUM)).to_have_text(re.compile(r"^\s*2\s*$"))
    expect(lab.output(PRINT)).to_have_text(re.compile(r"^\s*printed\s*$"))
    image = lab.cell(PICTURE).locator(".jp-RenderedImage img")
    expect(image).to_be_visible()
    assert image.evaluate("e => e.naturalWidth") == 60
    passed("Run All shows results, output and a picture")

    expect(lab.prompt(ENDLESS)).to_have_text("[*]:")
    start = time.monotonic()
    lab.press_toolbar("interrupt")
    expect(lab.output(ENDLESS)).to_contain_text("KeyboardInterrupt")
    lab.wait_until("idle")
    expect(lab.cell(AFTER).locator(".jp-OutputArea-output")).to_have_count(0)
    passed(f"an endless cell is interrupted in {time.monotonic() - start:.1f} s, and the cells after it do not run")

    lab.run(WRONG)
    expect(lab.output(WRONG)).to_contain_text("CompileError")
    expect(lab.output(WRONG)).to_contain_text("undefined: undefined")
    passed("an error points into its cell")

    lab.edit(TYPED)
    lab.page.keyboard.type("square.Bou")
    lab.page.keyboard.press("Tab")
    expect(lab.completions()).to_have_count(1)
    lab.page.keyboard.press("Enter")
    expect(lab.editor(TYPED)).to_have_text("square.Bounds")
    lab.page.keyboard.type("().Dx()")
    lab.page.keyboard.press("Control+Enter")
    expect(lab.output(TYPED)).to_have_text(re.compile(r"^\s*60\s*$"))
    passed("Tab completes from what is alive, also after an interrupt")

    lab.edit(TYPED)
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type("square.S")
    lab.page.keyboard.press("Tab")
    expect(lab.completions().filter(has_text="SetRGBA").first).to_be_visible()
    lab.screenshot("completion")
    lab.page.keyboard.press("Escape")
    passed("several candidates are listed")

    lab.save()
    saved = json.loads(path.read_text())
    assert saved["metadata"]["language_info"]["file_extension"] == ".go", saved["metadata"]
    assert saved["cells"][SUM]["outputs"][0]["data"]["text/plain"] == ["2"], saved["cells"][SUM]
    passed("the notebook is saved with its outputs and its language")

    executed = run_without_jupyter(saved["cells"][:TYPED], path.with_name("run.ipynb"))
    for i in range(TYPED):
        assert executed["cells"][i] == saved["cells"][i], (executed["cells"][i], saved["cells"][i])
    assert executed["metadata"]["language_info"] == saved["metadata"]["language_info"]
    passed("adkernel run saves what JupyterLab saves")

    lab.press_toolbar("restart")
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    lab.page.locator(".jp-Dialog").wait_for(state="detached")
    lab.wait_until("idle")
    lab.run(AFTER)
    expect(lab.output(AFTER)).to_have_text(re.compile(r"^\s*42\s*$"))
    expect(lab.prompt(AFTER)).to_have_text("[1]:")
    lab.edit(TYPED)
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type("square")
    lab.page.keyboard.press("Control+Enter")
    expect(lab.output(TYPED)).to_contain_text("undefined: square")
    passed("a restart forgets everything and counts from 1")

    lab.cell(SUM).scroll_into_view_if_needed()
    lab.screenshot("light")
    if lab.screenshots:
        lab.use_dark_theme()
        lab.screenshot("dark")


def run_without_jupyter(cells, path):
    cells = [dict(c, outputs=[], execution_count=None) for c in cells]
    path.write_text(json.dumps({**notebook(), "cells": cells}))
    subprocess.run([os.environ["ADKERNEL_BIN"], "run", path], check=True, stderr=subprocess.DEVNULL)
    return json.loads(path.read_text())


def passed(what):
    print("ok:", what, flush=True)


class Server:
    """A Jupyter application with the kernel installed, in a home of its own."""

    def __init__(self, work, application):
        self.work, self.application = work, application
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        adkernel = os.path.abspath(os.environ["ADKERNEL_BIN"])
        subprocess.run([adkernel, "install", "--prefix", self.work], check=True, stdout=subprocess.DEVNULL)
        (self.work / "notebooks").mkdir()
        (self.work / "notebooks" / "e2e.ipynb").write_text(json.dumps(notebook()))
        settings = self.work / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        environment = dict(
            os.environ, HOME=str(self.work), XDG_DATA_HOME=str(self.work / "xdg"),
            JUPYTER_PATH=str(self.work / "share" / "jupyter"),
            JUPYTER_CONFIG_DIR=str(self.work / "config"), JUPYTER_DATA_DIR=str(self.work / "data"),
            JUPYTER_RUNTIME_DIR=str(self.work / "runtime"), JUPYTERLAB_SETTINGS_DIR=str(self.work / "settings"),
            JUPYTERLAB_WORKSPACES_DIR=str(self.work / "workspaces"))
        self.log = open(self.work / "server.log", "w+")
        self.process = subprocess.Popen(
            [Path(sys.executable).parent / "jupyter", *self.application, "--no-browser", "--allow-root",
             "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0",
             f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self.work / 'notebooks'}"],
            env=environment, stdout=self.log, stderr=self.log, start_new_session=True)
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/api?token={TOKEN}", timeout=2).close()
                return
            except OSError:
                time.sleep(0.2)
            if self.process.poll() is not None:
                break
        self.show_log()
        raise RuntimeError(f"jupyter {self.application[0]} does not answer")

    def show_log(self):
        self.log.seek(0)
        print(self.log.read()[-4000:])

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()


def notebook(sources=CELLS):
    cells = [{"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
             for i, source in enumerate(sources)]
    kernelspec = {"name": "adkernel", "display_name": "Go (adkernel)", "language": "go"}
    return {"cells": cells, "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}


class Lab:
    """The page, in terms of what a person does and sees."""

    APPLICATION = ("lab", "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
    PANEL = ".jp-NotebookPanel:visible"

    def __init__(self, page, url, screenshots):
        self.page, self.url, self.screenshots = page, url, screenshots

    def open(self, name, workspace=None):
        """A workspace of its own lets a second tab stand beside the first."""
        place = f"lab/workspaces/{workspace}" if workspace else "lab"
        self.page.goto(f"{self.url}/{place}/tree/{name}?reset&token={TOKEN}")
        self.page.locator(self.PANEL).wait_for()
        # The indicator says idle where there is no kernel yet: wait for the name first.
        expect(self.page.locator(f"{self.PANEL} .jp-KernelName")).to_contain_text("Go (adkernel)")
        self.wait_until("idle")

    def wait_until(self, status, timeout=None):
        self.page.wait_for_function(
            "status => document.querySelector('.jp-NotebookPanel .jp-Notebook-ExecutionIndicator')?.dataset.status === status",
            arg=status, timeout=timeout)

    def cell(self, i):
        return self.page.locator(f"{self.PANEL} .jp-Cell[data-windowed-list-index='{i}']")

    def editor(self, i):
        return self.cell(i).locator(".cm-content")

    def output(self, i):
        return self.cell(i).locator(".jp-OutputArea-output").first

    def prompt(self, i):
        return self.cell(i).locator(".jp-InputPrompt")

    def completions(self):
        return self.page.locator(".jp-Completer:visible .jp-Completer-item")

    def edit(self, i):
        self.editor(i).click()

    def run(self, i):
        self.edit(i)
        self.page.keyboard.press("Control+Enter")

    def run_all(self):
        self.menu("Run", "Run All Cells")

    def save(self):
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function(
            "() => !document.querySelector('#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current')?.classList.contains('jp-mod-dirty')")

    def menu(self, *names):
        self.page.locator(f".lm-MenuBar-item:has-text('{names[0]}')").first.click()
        for name in names[1:]:
            self.page.locator(".lm-Menu-item:visible").filter(has=self.page.get_by_text(name, exact=True)).first.click()

    def press_toolbar(self, item):
        self.page.locator(f"{self.PANEL} .jp-NotebookPanel-toolbar [data-jp-item-name='{item}']").click()

    def use_dark_theme(self):
        self.menu("Settings", "Theme", "JupyterLab Dark")
        self.page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def screenshot(self, name):
        if self.screenshots:
            self.page.screenshot(path=self.screenshots / f"lab_{name}.png")


if __name__ == "__main__":
    main()
