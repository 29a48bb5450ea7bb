#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gives the kept inputs of a fuzz target to its replay driver, and lists those that it does not survive.

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


def finds(program: str, folders: list[Path]) -> list[str]:
    """A line for each input that the program does not survive, with the last lines of its output."""
    found = []
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        run = subprocess.run([program, path], capture_output=True, text=True, errors="replace")
        if run.returncode != 0:
            said = "\n".join((run.stderr or run.stdout).splitlines()[-20:])
            found.append(f"{path.name}: exit status {run.returncode}\n{said}")
    return found


def main(program: str, archive: str, regressions: str) -> int:
    with tempfile.TemporaryDirectory(prefix="kwire-fuzz-") as name:
        corpus = Path(name)
        folders = [corpus] if Path(archive).is_file() else []
        if folders:
            unpack(Path(archive), corpus)
        folders += [folder for folder in [Path(regressions)] if folder.is_dir()]
        run = subprocess.run([program, *folders])
        if run.returncode != 0:
            print(*finds(program, folders), sep="\n")
        return run.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
