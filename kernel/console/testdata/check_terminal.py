"""The console as a person at a terminal sees it, through a pseudo-terminal.

Usage: python check_terminal.py ADKERNEL
"""

import os
import re
import sys
import tempfile
import time

import pexpect

CURSOR_QUERY = re.escape("\x1b[6n")  # a terminal answers it, so this does
CURSOR_ANSWER = "\x1b[5;5R"


class Terminal:
    def __init__(self, command, data):
        self.child = pexpect.spawn(command, ["repl"], encoding="utf8", dimensions=(30, 100), timeout=30,
                                   env=dict(os.environ, XDG_DATA_HOME=data, TERM="xterm", INPUTRC=os.devnull))

    def see(self, pattern):
        while self.child.expect([pattern, CURSOR_QUERY]) == 1:
            self.child.send(CURSOR_ANSWER)

    def settle(self, seconds=0.5):
        """Answers queries until nothing comes for a while."""
        while self.child.expect([CURSOR_QUERY, pexpect.TIMEOUT], timeout=seconds) == 0:
            self.child.send(CURSOR_ANSWER)

    def type(self, keys):
        self.settle()
        self.child.send(keys)


def main():
    with tempfile.TemporaryDirectory() as data:
        t = Terminal(sys.argv[1], data)
        t.see(r"In \[1\]")
        t.type("1+1\r")
        t.see(r"Out\[1\]:\S* 2\r")
        print("a result is shown behind its prompt")

        t.see(r"In \[2\]")
        t.type("func f(a int) int {\r")
        t.type("return a * 2\r")
        t.type("}\r")
        t.see(r"In \[3\]")
        t.type("f(21)\r")
        t.see(r"Out\[3\]:\S* 42\r")
        print("a cell goes on until it could run")

        t.see(r"In \[4\]")
        t.type("strings.TrimPre\t")
        t.see("TrimPrefix")
        t.type('("ab", "a")\r')
        t.see(r"Out\[4\]:\S* b\r")
        print("Tab completes")

        t.see(r"In \[5\]")
        t.type("for {}\r")
        t.settle(1)
        t.child.sendintr()
        t.see("KeyboardInterrupt")
        t.see(r"In \[6\]")
        t.type("f(4)\r")
        t.see(r"Out\[6\]:\S* 8\r")
        print("Ctrl-C interrupts the cell and keeps what is alive")

        t.see(r"In \[7\]")
        t.type("junk")
        t.type("\x03")
        t.see(r"In \[7\]")
        t.type("6*7\r")
        t.see(r"Out\[7\]:\S* 42\r")
        print("Ctrl-C clears the line")

        t.see(r"In \[8\]")
        t.type("\x04")
        t.see(pexpect.EOF)
        t.child.close()
        assert t.child.exitstatus == 0, t.child.exitstatus
        print("Ctrl-D leaves")

        t = Terminal(sys.argv[1], data)
        t.see(r"In \[1\]")
        t.type("\x1b[A")
        t.see(re.escape("6*7"))
        t.type("\r")
        t.see(r"Out\[1\]:\S* 42\r")
        t.type("\x04")
        t.see(pexpect.EOF)
        print("what was typed is there the next time")


if __name__ == "__main__":
    start = time.time()
    main()
    print(f"console: all as it should be, {time.time() - start:.0f} s")
