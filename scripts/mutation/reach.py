# SPDX-License-Identifier: Apache-2.0
"""Which functions and lines a test runs, by a build that counts (scripts/coverage): other tests cannot notice their
mutants."""
from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from pathlib import Path

from .operators import Mutant
from .project import end_group

PROFILES_AT_ONCE = 4  # files of a program that its processes share
MERGED = "merged.profdata"


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


def lines_of(exported: str) -> dict[tuple[str, str], dict[int, bool]]:
    """Whether lines ran, by the name of the file and of its folder, of what `llvm-cov export -format=lcov` prints."""
    found: dict[tuple[str, str], dict[int, bool]] = {}
    lines: dict[int, bool] = {}
    for text in exported.splitlines():
        if text.startswith("SF:"):
            lines = found.setdefault(file_of(text[3:]), {})
        elif text.startswith("DA:"):
            number, count = text[3:].split(",")[:2]
            lines[int(number)] = lines.get(int(number), False) or count != "0"
    return found


def file_of(name: str) -> tuple[str, str]:
    return Path(name).parent.name, Path(name).name


class Reach:
    """Of the files whose names start with one of some folders; lines of others are not looked at."""

    def __init__(self, build: Path, place: Path, folders: set[str]) -> None:
        self.build, self.place = build, place
        others = {path.name for path in build.parent.iterdir() if path.is_dir()} - {build.name} - folders
        self._others = f"/({'|'.join(sorted(map(re.escape, others)))})/" if others else "^$"
        self._lines: dict[str, dict[tuple[str, str], dict[int, bool]]] = {}
        self._tests = {test["name"]: test for test in self._introspect("--tests")}
        self._targets = self._introspect("--targets")
        self._known: set[str] = set()
        self._reached: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def _introspect(self, what: str) -> list[dict]:
        done = subprocess.run(["meson", "introspect", what, self.build], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def measure(self, name: str, timeout: float) -> None:
        """Runs a test, unless it has been run with these programs."""
        if name not in self._tests:
            return
        folder = self._folder(name)
        files = [*self._programs(name), *(word for word in self._tests[name]["cmd"] if word.endswith(".py"))]
        built = max((os.stat(path).st_mtime for path in files if os.path.isfile(path)), default=0)
        if min((path.stat().st_mtime for path in folder.glob("*.profraw")), default=0) < built and not (
                self._run(self._tests[name], folder, timeout) or self._run(self._tests[name], folder, timeout)):
            for path in folder.iterdir():  # it did not get to its end
                path.unlink()
        profiles = sorted(folder.glob("*.profraw"))
        if profiles:
            if not (folder / MERGED).exists():
                subprocess.run(["llvm-profdata", "merge", "-sparse", *profiles, "-o", folder / MERGED], check=True)
            shown = subprocess.run(["llvm-profdata", "show", "--all-functions", folder / MERGED], capture_output=True,
                                   text=True)
            known, reached = functions_of(shown.stdout)
            with self._lock:
                self._known |= known
                self._reached[name] = reached

    def _run(self, test: dict, folder: Path, timeout: float) -> bool:
        """Whether it passed."""
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
            return False
        try:
            passed = process.wait(timeout) in (0, 77)
        except subprocess.TimeoutExpired:
            passed = False
        end_group(process.pid)
        process.wait()
        return passed

    def _lines_of(self, test: str) -> dict[tuple[str, str], dict[int, bool]]:
        """Of all programs of the build that the test names; nothing if that is not known."""
        with self._lock:
            if test in self._lines:
                return self._lines[test]
        merged = self._folder(test) / MERGED
        programs = [name for name in self._programs(test) if os.access(name, os.X_OK)]
        found: dict[tuple[str, str], dict[int, bool]] = {}
        if merged.exists() and programs:
            objects = [word for name in programs[1:] for word in ("-object", name)]
            done = subprocess.run(["llvm-cov", "export", "-format=lcov", f"-instr-profile={merged}",
                                   f"-ignore-filename-regex={self._others}", programs[0], *objects],
                                  capture_output=True, text=True)
            found = lines_of(done.stdout)
        with self._lock:
            self._lines[test] = found
        return found

    def _folder(self, test: str) -> Path:
        return self.place / re.sub(r"[^\w.-]", "-", test)

    def _programs(self, test: str) -> list[str]:
        """What a test runs, of the build: in its command or because it depends on that."""
        made = {target["id"]: target["filename"] for target in self._targets if target["type"] == "executable"}
        files = {name for names in made.values() for name in names}
        words = [os.path.normpath(self.build / word) for word in self._tests[test]["cmd"]]
        of_depends = [name for target in self._tests[test]["depends"] for name in made.get(target, [])]
        return sorted({name for name in [*words, *of_depends] if name in files})

    def may_notice(self, test: str, mutant: Mutant) -> bool:
        """Whether a test runs a line of a mutant, or that is not known."""
        key = mutant.key
        names = {key.function, f"{Path(key.file).name}:{key.function}"}
        if not self._reached.get(test):
            return True
        if names & self._known and not names & self._reached[test]:
            return False
        lines = self._lines_of(test).get(file_of(key.file), {})
        ran = [lines[number] for number in range(mutant.line, mutant.last_line + 1) if number in lines]
        return not ran or any(ran)
