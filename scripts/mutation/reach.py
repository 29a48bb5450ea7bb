# SPDX-License-Identifier: Apache-2.0
"""Which functions a test runs, by a build that counts (scripts/coverage): other tests cannot notice their mutants."""
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from .operators import Key

PROFILES_AT_ONCE = 4  # files of a program that its processes share


def functions_of(shown: str) -> tuple[set[str], set[str]]:
    """All functions that `llvm-profdata show --all-functions` prints, and those that ran. A static one has the name of
    its file before it."""
    known, reached, name = set(), set(), ""
    for line in shown.splitlines():
        text = line.strip()
        if line.startswith("  ") and not line.startswith("   ") and text.endswith(":"):
            name = text[:-1]
            known.add(name)
        elif text.startswith("Function count: ") and not text.endswith(": 0"):
            reached.add(name)
    return known, reached


class Reach:
    def __init__(self, build: Path, place: Path) -> None:
        self.build, self.place = build, place
        described = subprocess.run(["meson", "introspect", "--tests", str(build)], check=True, capture_output=True,
                                   text=True)
        self._tests = {test["name"]: test for test in json.loads(described.stdout)}
        self._known: set[str] = set()
        self._reached: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def measure(self, name: str, timeout: float) -> None:
        """Runs a test, unless it has been run with this build."""
        if name not in self._tests:
            return
        folder = self.place / re.sub(r"[^\w.-]", "-", name)
        files = list(folder.glob("*.profraw"))
        if not files or min(path.stat().st_mtime for path in files) < (self.build / "build.ninja").stat().st_mtime:
            self._run(self._tests[name], folder, timeout)
        for path in folder.glob("*.profraw"):
            shown = subprocess.run(["llvm-profdata", "show", "--all-functions", path], capture_output=True, text=True)
            known, reached = functions_of(shown.stdout)
            with self._lock:
                self._known |= known
                self._reached.setdefault(name, set()).update(reached)

    def _run(self, test: dict, folder: Path, timeout: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        environment = os.environ | test["env"] | {
            "LLVM_PROFILE_FILE": str(folder / f"%{PROFILES_AT_ONCE}m.profraw")}
        try:
            process = subprocess.Popen(test["cmd"], cwd=test["workdir"] or self.build, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)
        except FileNotFoundError:  # it is not in that build
            return
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def may_notice(self, test: str, key: Key) -> bool:
        """Whether a test runs the function of a mutant, or that is not known."""
        names = {key.function, f"{Path(key.file).name}:{key.function}"}
        return not names & self._known or not self._reached.get(test) or bool(names & self._reached[test])
