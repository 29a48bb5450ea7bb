# SPDX-License-Identifier: Apache-2.0
"""What becomes of mutants: each is compiled, compared with the original, linked and tested until a test fails."""
from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .operators import Key, Mutant
from .project import Outcome, Project, Test
from .reach import Reach

ATTEMPTS = 3
TIMES = 5  # what a test may take more than with the original


class Verdict(NamedTuple):
    word: str
    test: str = ""

    def __str__(self) -> str:
        return f"{self.word} by {self.test}" if self.word == "killed" else (
            f"timed out in {self.test}" if self.word == "timed out" else self.word)


class Trials:
    def __init__(self, project: Project, files: list[str], options: argparse.Namespace) -> None:
        self.project, self.options = project, options
        start = time.monotonic()
        project.configure()
        tests = project.tests(options.suite)
        programs = sorted({program for test in tests for program in test.programs})
        self.possible = [program for program in programs if any(project.may_have(program, name) for name in files)]
        tests = [test for test in tests if set(test.programs) & set(self.possible)]
        project.make(sorted({program for test in tests for program in test.programs}))
        has = project.may_have if options.coverage else project.has  # few programs are looked at where lines are known
        self.tests_of = {name: [test for test in tests if any(
            program in self.possible and has(program, name) for program in test.programs)] for name in files}
        for name in [name for name, reaching in self.tests_of.items() if not reaching]:
            print(f"mutate: no test of these suites has a program with {name} in it", file=sys.stderr)
        used = list({test.name: test for reaching in self.tests_of.values() for test in reaching}.values())
        self.seconds = self._measure(used)
        for name, reaching in self.tests_of.items():
            reaching.sort(key=lambda test: (self.seconds[test.name], test.name))
            self.tests_of[name] = [test for test in reaching if self.seconds[test.name] <= options.max_test]
        self.reach = self._reach(options) if options.coverage else None
        self.original: dict[str, str] = {}
        slow = ", ".join(f"{test} {seconds:.1f}" for test, seconds in sorted(self.seconds.items(), key=lambda x: x[1]))
        print(f"built and tested the original in {time.monotonic() - start:.0f} s; seconds: {slow}", file=sys.stderr,
              flush=True)

    def _measure(self, tests: list[Test]) -> dict[str, float]:
        """What each takes; what was measured with the same programs is not measured again."""
        memory = self.project.scratch.parent / "seconds.json"
        known = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}

        def measure(test: Test) -> tuple[float, float]:
            built = self.project.built(test)
            if known.get(test.name, [0])[0] == built:
                return tuple(known[test.name])
            for _ in range(ATTEMPTS):  # the machine may be busy
                outcome = self.project.run(test, {}, test.timeout * TIMES)
                if outcome.word == "passed":
                    return built, outcome.seconds
            raise SystemExit(f"mutate: {test.name} {outcome.word} without any fault")

        with ThreadPoolExecutor(self.options.jobs) as pool:
            measured = dict(zip([test.name for test in tests], pool.map(measure, tests)))
        memory.write_text(json.dumps(known | measured), encoding="utf-8")
        return {name: seconds for name, (_, seconds) in measured.items()}

    def _reach(self, options: argparse.Namespace) -> Reach:
        folders = {name.split("/")[0] for name in self.tests_of}
        reach = Reach(Path(options.coverage).resolve(), self.project.scratch.parent / "reach", folders)
        used = {test.name: test.timeout for reaching in self.tests_of.values() for test in reaching}
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda name: reach.measure(name, used[name] * TIMES), used))
        return reach

    def _original(self, name: str, folder: Path) -> str:
        code = self.project.assembly(name, (self.project.tree / name).read_text(encoding="utf-8"), folder)
        if code is None:
            raise SystemExit(f"mutate: {name} does not compile without warnings")
        return code

    def _judge(self, mutant: Mutant, listed: bool, folder: Path) -> Verdict:
        name = mutant.key.file
        if name not in self.original:
            self.original[name] = self._original(name, folder)
        code = self.project.assembly(name, mutant.text, folder)
        if code is None:
            return Verdict("not built")
        if code == self.original[name]:
            return Verdict("equivalent")
        if listed and not self.options.check_listed:
            return Verdict("listed")
        changed = self.project.object(name, mutant.text, folder)
        linked: dict[str, Path] = {}
        for test in self.tests_of[name]:
            if self.reach is not None and not self.reach.may_notice(test.name, mutant):
                continue
            with_it = [program for program in test.programs
                       if program in self.possible and self.project.has(program, name)]
            for program in with_it:
                if program not in linked:
                    linked[program] = self.project.link(program, name, changed, folder)
            if not with_it:
                continue
            outcome = self._run(test, linked)
            if outcome.word != "passed":
                return Verdict("killed" if outcome.word == "failed" else outcome.word, test.name)
        return Verdict("survived")

    def _run(self, test: Test, linked: dict[str, Path]) -> Outcome:
        """A failure counts if the original passes right after it."""
        limit = self.seconds[test.name] * TIMES + self.options.seconds_more
        for _ in range(ATTEMPTS):
            outcome = self.project.run(test, linked, limit)
            if outcome.word == "passed" or self.project.run(test, {}, limit).word == "passed":
                return outcome
        print(f"mutate: {test.name} fails without any fault, too", file=sys.stderr, flush=True)
        return Outcome("passed", 0)

    def _try(self, number: int, mutant: Mutant, listed: bool, end: float) -> Verdict:
        if time.monotonic() > end:
            return Verdict("not tried")
        folder = self.project.scratch / f"mutant-{number}"
        folder.mkdir(parents=True)
        try:
            return self._judge(mutant, listed, folder)
        finally:
            shutil.rmtree(folder)

    def run(self, mutants: list[Mutant], listed: dict[Key, str]) -> Iterator[tuple[Mutant, Verdict]]:
        """In the order of the mutants."""
        end = time.monotonic() + self.options.max_seconds
        with ThreadPoolExecutor(self.options.jobs) as pool:
            waiting = [pool.submit(self._try, number, mutant, mutant.key in listed, end)
                       for number, mutant in enumerate(mutants)]
            try:
                for mutant, verdict in zip(mutants, waiting):
                    yield mutant, verdict.result()
            except BaseException:
                for one in waiting:
                    one.cancel()
                raise
