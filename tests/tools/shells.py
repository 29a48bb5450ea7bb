# SPDX-License-Identifier: Apache-2.0
"""Interactive shells on a pseudo terminal, where a person would press the tab key."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import signal
import time
from pathlib import Path
from types import TracebackType

from command import KWIRE, TIMEOUT

QUIET = 0.25  # seconds without output after which a shell has answered
READY = "ready>"

_START = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}


def can_run(shell: str) -> bool:
    """Whether it is installed, and the system has pseudo terminals, which some containers lack."""
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError:
        return False
    return shutil.which(shell) is not None


class Shell:
    """A shell with the completion of a command; `made` is the folder of the scripts, `folder` where it runs."""

    def __init__(self, shell: str, command: str, made: Path, folder: str) -> None:
        self.shell = shell
        self.command = command
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            environment = {"PATH": f"{Path(KWIRE or '.').resolve().parent}:{os.environ['PATH']}", "TERM": "dumb",
                           "HOME": folder, "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
            os.execvpe(shell, _START[shell], environment)
        for line in self.setup(made.resolve()):
            self.write(line + "\n")
            self.read()

    def setup(self, made: Path) -> list[str]:
        if self.shell == "bash":
            return ["bind 'set enable-bracketed-paste off'", "bind 'set show-all-if-ambiguous on'",
                    "bind 'set page-completions off'", "bind 'set completion-query-items 0'", f"PS1='{READY}'",
                    f"source {shlex.quote(str(made / self.command))}", "stty cols 200"]
        if self.shell == "zsh":
            return ["unsetopt zle_bracketed_paste prompt_sp; PS1='" + READY + "'", "stty cols 200",
                    f"fpath=({shlex.quote(str(made))} $fpath); autoload -U compinit; compinit -u -d {made}/.dump-$$",
                    "setopt no_list_beep; LISTMAX=10000; bindkey -e"]
        return [f"function fish_prompt; echo '{READY}'; end; function fish_greeting; end",
                f"source {shlex.quote(str(made / (self.command + '.fish')))}", "stty cols 200"]

    def write(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def read(self) -> str:
        """What the shell prints until it is quiet, after at least something."""
        found = b""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            ready, _, _ = select.select([self.terminal], [], [], QUIET if found else TIMEOUT)
            if not ready:
                break
            try:
                found += os.read(self.terminal, 65536)
            except OSError:  # the shell has ended
                break
        return found.decode(errors="replace")

    def complete(self, line: str) -> str:
        """What becomes of the line, without blanks at its end, which some shells take back when more is typed."""
        self.write(line + "\t" + "\x01echo '<\x05>'\n")  # to the start and to the end of the line
        text = self.read_until(r"\n<[^\n]*>\s")
        return re.findall(r"\n<([^\n]*)>\r?\n", text)[-1].rstrip()

    def offers(self, line: str, words: tuple[str, ...]) -> str:
        """Everything that is shown after a tab, up to all of `words`; the line is left. fish would pick the first, so
        it is asked."""
        if self.shell == "fish":
            self.write(f"complete -C {shlex.quote(line)}; echo; echo '<end>'\n")
            return self.read_until(r"\n<end>\s")
        self.write(line)
        self.read_until(re.escape(line.strip()[-4:]))  # zsh lists nothing as long as more is typed
        self.write("\t")
        shown = self.read_until("".join(f"(?=(?s:.)*{re.escape(word)})" for word in words))
        self.write("\x03\n echo '<end>'\n")
        self.read_until(r"\n<end>\s")
        return shown

    def read_until(self, pattern: str) -> str:
        text = ""
        end = time.monotonic() + TIMEOUT
        while re.search(pattern, text) is None:
            ready, _, _ = select.select([self.terminal], [], [], end - time.monotonic())
            assert ready, text
            text += os.read(self.terminal, 65536).decode(errors="replace")
        return text

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.close(self.terminal)
        os.waitpid(self.process, 0)
