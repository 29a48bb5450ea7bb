# SPDX-License-Identifier: Apache-2.0
"""Java programs that the broker's faults must not disturb, and what they report."""
from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

PROGRESS_SECONDS = 90
END_SECONDS = 300
JAVA = ("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Failure(Exception):
    """The reason why something could not be done."""


class Report:
    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def add(self, part: str, lines: str, status: int) -> None:
        """The verdict lines of a program; one that fails without any counts as one."""
        found = [line for line in lines.splitlines() if line.startswith(("ok ", "FAILED "))]
        if status != 0 and not any(line.startswith("FAILED ") for line in found):
            found.append(f"FAILED it ended with status {status}: {lines[-2000:]}")
        for line in found:
            verdict, _, what = line.partition(" ")
            self.passed += verdict == "ok"
            self.failed += verdict == "FAILED"
            print(f"{verdict} {part}: {what}", flush=True)


class Programs:
    def __init__(self, build: Path) -> None:
        self.build = build
        self.classes = build / "classes"
        self.path = f"{self.classes}:{build / 'lib'}/*"

    def start(self, *arguments: str, **more: object) -> subprocess.Popen[str]:
        return subprocess.Popen((*JAVA, "-cp", self.path, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True, **more)  # type: ignore[call-overload]

    def run(self, *arguments: str) -> tuple[str, int]:
        with self.start(*arguments) as process:
            try:
                out, _ = process.communicate("", END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                out, _ = process.communicate()
            return out, process.returncode


def first_line(process: subprocess.Popen[str], wanted: str) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    if line != f"{wanted}\n":
        raise Failure(f"{process.args}: {line!r} instead of {wanted!r}")


def end(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Ends its input, and waits."""
    try:
        out, _ = process.communicate("", END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
        out += f"FAILED it has not ended in {END_SECONDS} s\n"
    return out, process.returncode


class Output(threading.Thread):
    """Reads what a program prints, and counts the lines that say that it has done something."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__(daemon=True)
        self.process = process
        self.progress = threading.Semaphore(0)
        self.lines: list[str] = []
        self.start()

    def run(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == "progress\n":
                self.progress.release()
            else:
                self.lines.append(line)

    def await_progress(self) -> bool:
        """From now on; False: nothing comes."""
        while self.progress.acquire(blocking=False):
            pass
        deadline = time.monotonic() + PROGRESS_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.progress.acquire(timeout=1):
                return True
        return False

    def end(self) -> tuple[str, int]:
        """Ends the program's input, and waits for the end of its output."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.join(END_SECONDS)
        if self.is_alive():
            self.process.kill()
            self.lines.append(f"FAILED it has not ended in {END_SECONDS} s\n")
        return "".join(self.lines), self.process.wait()
