#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gives the kept inputs of a fuzz target to it, and lists those that it does not survive.

    replay.py PROGRAM CORPUS.tar.gz REGRESSIONS_FOLDER    either may be missing, not both
"""
from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def unpack(archive: Path, folder: Path) -> None:
    """Flat: names with a path are refused."""
    with tarfile.open(archive) as corpus:
        for member in corpus.getmembers():
            content = corpus.extractfile(member)
            if content is None or Path(member.name).name != member.name:
                raise ValueError(f"{archive}: {member.name} is not a plain file")
            (folder / member.name).write_bytes(content.read())


def replay(program: str, inputs: list[Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *inputs], capture_output=True, text=True, errors="replace")


def finds(program: str, inputs: list[Path]) -> list[str]:
    """A line for each input that the program does not survive, with the last lines of its output."""
    found = []
    for path in inputs:
        run = replay(program, [path])
        if run.returncode != 0:
            said = "\n".join((run.stderr or run.stdout).splitlines()[-20:])
            found.append(f"{path.name}: exit status {run.returncode}\n{said}")
    return found


def main(program: str, archive: str, regressions: str) -> int:
    with tempfile.TemporaryDirectory(prefix="kwire-fuzz-") as name:
        corpus = Path(name)
        if Path(archive).is_file():
            unpack(Path(archive), corpus)
        folders = (corpus, Path(regressions))
        inputs = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        if not inputs:
            print(f"there are no inputs in {archive} and {regressions}")
            return 1
        run = replay(program, inputs)
        if run.returncode != 0:
            print(run.stderr, *finds(program, inputs), sep="\n")
        print(f"{len(inputs)} inputs")
        return run.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
