# SPDX-License-Identifier: Apache-2.0
"""A copy of a Meson project, its build, and how an object of it is compiled, linked and tested."""
from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

MEMORY_KIB = 8 << 20  # of address space, for a mutant that allocates without end
BUILD = "build-mutants"  # in the tree, where compiler caches recognize what other builds in the tree have compiled
EQUIVALENCE_FLAGS = ["-O2", "-g0", "-fno-sanitize=all", "-Wno-parentheses", "-S"]


class Test(NamedTuple):
    name: str
    command: list[str]
    environment: dict[str, str]
    timeout: float
    programs: list[str]  # that it runs, relative to the build folder


class Outcome(NamedTuple):
    word: str  # passed, failed, timed out
    seconds: float


def files_of(root: Path) -> list[str]:
    """What git knows or would add; where there is no git, everything."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True)
    names = set(listed.stdout.split("\0")) if listed.returncode == 0 else {
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    return sorted(name for name in names if name and (root / name).is_file())


def synchronize(root: Path, copy: Path) -> None:
    """Files that have not changed keep their times, so that nothing is built again for them. What is in BUILD stays."""
    names = set(files_of(root))
    for top in [path for path in copy.iterdir() if path.name != BUILD]:
        for path in [top, *top.rglob("*")]:
            if path.is_file() and str(path.relative_to(copy)) not in names:
                path.unlink()
    for name in sorted(names):
        source, target = root / name, copy / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def until_failure(command: list[str]) -> list[str]:
    """A command that ends at the first failure, if it is a script that can."""
    script = Path(command[-1])
    can = script.suffix == ".py" and script.is_file() and "unittest.main()" in script.read_text(encoding="utf-8")
    return [*command, "--failfast"] if can else command


def end_group(leader: int) -> None:
    """Ends a process and what it started."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Project:
    def __init__(self, root: Path, place: Path, sanitize: bool) -> None:
        self.root, self.tree, self.build, self.sanitize = root, place / "tree", place / "tree" / BUILD, sanitize
        self.scratch = place / "mutants"
        self.environment = os.environ | {"CCACHE_BASEDIR": str(place), "MALLOC_PERTURB_": "165"}
        self._inputs: dict[str, set[str]] = {}
        self._objects: dict[str, set[str]] = {}
        self._link_commands: dict[str, list[str]] = {}
        self._programs: set[str] = set()

    def _run(self, *command: object, **variables: str) -> str:
        done = subprocess.run([*map(str, command)], cwd=self.tree, env=self.environment | variables, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            last = "\n".join(done.stdout.splitlines()[-30:])
            raise SystemExit(f"{shlex.join(map(str, command))}\n{last}")
        return done.stdout

    def configure(self) -> None:
        self.tree.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.scratch, ignore_errors=True)
        synchronize(self.root, self.tree)
        if not (self.build / "build.ninja").exists():
            sanitizers = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dc_args=-fno-sanitize-recover=all"]
            self._run("meson", "setup", self.build, "--werror", "--buildtype=debugoptimized",
                      "-Ddefault_library=static", *(sanitizers if self.sanitize else []),
                      LDFLAGS=f"{os.environ.get('LDFLAGS', '')} -Wl,--strip-debug")
        else:
            self._run("ninja", "-C", self.build, "build.ninja")

    def make(self, programs: list[str]) -> None:
        self._run("ninja", "-C", self.build, *programs)

    def built(self, test: Test) -> float:
        """When the last file was made that a test runs."""
        files = [*(self.build / program for program in test.programs), *map(Path, test.command)]
        return max((path.stat().st_mtime for path in files if path.is_file()), default=0)

    def _introspect(self, name: str) -> list[dict]:
        return json.loads((self.build / "meson-info" / f"intro-{name}.json").read_text(encoding="utf-8"))

    @cached_property
    def _compile_commands(self) -> dict[str, dict[str, str]]:
        """By the name of the source file; where it is compiled more than once, the first time."""
        found: dict[str, dict[str, str]] = {}
        for entry in json.loads((self.build / "compile_commands.json").read_text(encoding="utf-8")):
            found.setdefault(os.path.relpath(self.build / entry["file"], self.tree), entry)
        return found

    def object_of(self, name: str) -> str:
        """What a source file is compiled to."""
        if name not in self._compile_commands:
            raise SystemExit(f"mutate: {name} is not compiled by the build")
        return self._compile_commands[name]["output"]

    def _objects_in(self, archive: str) -> set[str]:
        if archive not in self._inputs:
            self._inputs[archive] = set(self._run("ninja", "-C", self.build, "-t", "inputs", archive).split("\n"))
        return self._inputs[archive]

    def may_have(self, program: str, name: str) -> bool:
        """Whether the program is linked with what a source file is compiled to, or with an archive of it."""
        wanted, words = self.object_of(name), self._link_words(program)
        archives = [word for word in words if word.endswith(".a") and not word.startswith("/")]
        return wanted in words or any(wanted in self._objects_in(archive) for archive in archives)

    def has(self, program: str, name: str) -> bool:
        """Whether the linker takes that, of a program that is built: of an archive it takes only what is needed."""
        if program not in self._objects:
            self.scratch.mkdir(parents=True, exist_ok=True)
            output = self.scratch / f"traced-{program.replace('/', '-')}"
            done = subprocess.run([*self._link_command(program, output), "-Wl,-t,-t"], cwd=self.build,
                                  env=self.environment, text=True, capture_output=True, check=True)
            self._objects[program] = {re.sub(r".*\((.*)\)$", r"\1", line) for line in done.stdout.splitlines()}
        wanted = self.object_of(name)
        return bool({wanted, Path(wanted).name} & self._objects[program])

    def _link_words(self, program: str) -> list[str]:
        """Of a program of the tests; ninja is asked once for all of them, as it reads the whole build each time."""
        if program not in self._link_commands:
            programs = {*self._programs, program}
            for line in self._run("ninja", "-C", self.build, "-t", "commands", *sorted(programs)).split("\n"):
                match = re.search(r" -o (\S+) ", line)
                if match is not None and match[1] in programs:
                    self._link_commands[match[1]] = shlex.split(line)
        return self._link_commands[program]

    def _link_command(self, program: str, output: Path) -> list[str]:
        words = [*self._link_words(program)]
        words[words.index("-o") + 1] = str(output)
        return words

    def tests(self, suites: list[str]) -> list[Test]:
        """Those of the suites, all without any, with the programs that the build makes for them."""
        made = {target["id"]: [os.path.relpath(name, self.build) for name in target["filename"]]
                for target in self._introspect("targets") if target["type"] == "executable"}
        programs = {name for names in made.values() for name in names}
        found = []
        for test in self._introspect("tests"):
            if suites and not {suite.split(":")[-1] for suite in test["suite"]} & set(suites):
                continue
            named = [os.path.relpath(self.build / word, self.build) for word in test["cmd"]]
            of_depends = [name for target in test["depends"] for name in made.get(target, [])]
            mine = sorted({name for name in [*named, *of_depends] if name in programs})
            self._programs.update(mine)
            found.append(Test(test["name"], until_failure(test["cmd"]), test["env"], test["timeout"], mine))
        return found

    def _compile(self, name: str, text: str, output: Path, *flags: str) -> bool:
        """Compiles a changed source file, which lies beside the original for the sake of its includes."""
        entry = self._compile_commands[name]
        path = self.tree / Path(name).parent / f".{output.parent.name}.{Path(name).name}"
        cut = {"-c", "-MD", "-MQ", "-MF", "-o", entry["output"], f"{entry['output']}.d", entry["file"]}
        words = [word for word in shlex.split(entry["command"]) if word not in cut]
        path.write_text(f'#line 1 "{entry["file"]}"\n{text}', encoding="utf-8")
        done = subprocess.run([*words, *flags, "-o", output, path], cwd=self.build, env=self.environment,
                              capture_output=True)
        path.unlink()
        return done.returncode == 0

    def assembly(self, name: str, text: str, folder: Path) -> str | None:
        """What the compiler makes of a changed source file, without names of files, to be compared; None if it has
        anything to say about it."""
        output = folder / "code.s"
        if not self._compile(name, text, output, *EQUIVALENCE_FLAGS):
            return None
        return "".join(line for line in output.read_text().splitlines(True) if not line.startswith("\t.file\t"))

    def object(self, name: str, text: str, folder: Path) -> Path:
        """The object of what assembly() has compiled."""
        output = folder / "code.o"
        if self.sanitize:
            self._compile(name, text, output, "-w", "-c")
        else:
            compiler = [word for word in shlex.split(self._compile_commands[name]["command"])[:2] if word[0] != "-"]
            subprocess.run([*compiler, "-c", folder / "code.s", "-o", output], cwd=self.build, env=self.environment,
                           check=True, capture_output=True)
        return output

    def link(self, program: str, source: str, changed: Path, folder: Path) -> Path:
        """The program with the changed object: in its place, or before the archive that has the original."""
        original, output = self.object_of(source), folder / program.replace("/", "-")
        words = self._link_command(program, output)
        if original in words:
            words[words.index(original)] = str(changed)
        else:
            words.insert(words.index("-o") + 2, str(changed))
        done = subprocess.run(words, cwd=self.build, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{shlex.join(words)}\n{done.stderr}")
        return output

    def run(self, test: Test, programs: dict[str, Path], limit: float) -> Outcome:
        """Runs a test with other programs in the place of its own."""
        other = {os.path.realpath(self.build / name): str(path) for name, path in programs.items()}

        def replaced(word: str) -> str:
            return other.get(os.path.realpath(self.build / word), word)

        command = [replaced(word) for word in test.command]
        environment = self.environment | {name: replaced(value) for name, value in test.environment.items()}
        limits = "ulimit -c 0; " + ("" if self.sanitize else f"ulimit -v {MEMORY_KIB}; ") + 'exec "$@"'
        start = time.monotonic()
        process = subprocess.Popen(["sh", "-c", limits, "sh", *command], cwd=self.build, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        try:
            word = "passed" if process.wait(limit) in (0, 77) else "failed"
        except subprocess.TimeoutExpired:
            word = "timed out"
        end_group(process.pid)
        process.wait()
        return Outcome(word, time.monotonic() - start)
