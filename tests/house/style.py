#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the style of every file that git knows or would add, and of commit messages.

    style.py [COMMIT_RANGE]    prints one line `file:line: what is wrong` for each offence; without a range: HEAD
"""
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_COLUMNS = 120
MAX_SUBJECT = 72

BINARY = {".gz", ".png", ".bin"}
SOURCES = {".c", ".h", ".py", ".sh", ".kws", ".java", ".go", ".rs", ".js", ".mjs", ".cmake"}
SOURCE_NAMES = {"meson.build", "meson_options.txt", "Makefile", "CMakeLists.txt"}
NARROW = {".c", ".h", ".py", ".sh", ".java", ".rs", ".js", ".mjs"}
TABBED = {"Makefile", "go.mod", "go.sum"}
SKIPPED_FOLDERS = {".git", "__pycache__", "node_modules", "target", "data"}
BAD_ON_PURPOSE = "tests/schemas/bad/"
FILES_OF_OTHERS = ("tests/storage/golden/", "tests/tools/explain/pasted/")  # of Kafka; what other programs print

# One letter is in brackets, so that this file itself has no offence.
FOREIGN = re.compile(r"\bT[O]DO\b|\bFIX[M]E\b|\bX[X]X\b|/wor[k]/|/roo[t]/|/tm[p]/bash|\bpypi[.]org\b|\bcrates[.]io\b|"
                     r"\b(?:registry|repo1?|proxy|sum|files|deb)\.[\w-]+(?:\.[\w-]+)*\.(?:org|com|io|net)\b")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
                       "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]")


def git(*arguments: str) -> str | None:
    """None without git, without a repository, or in another project's repository."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def project_files() -> list[str]:
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed:
        return sorted(name for name in set(listed.split("\0")) if name and Path(ROOT, name).is_file())
    names = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith("build")]
        names += [str(Path(folder, name).relative_to(ROOT)) for name in files if not name.endswith(".pyc")]
    return sorted(names)


def is_source(name: str, text: str) -> bool:
    path = Path(name)
    return path.suffix in SOURCES or path.name in SOURCE_NAMES or text.startswith("#!")


def line_offences(name: str, line: str) -> list[str]:
    path, found = Path(name), []
    bad = name.startswith(BAD_ON_PURPOSE)
    if "\t" in line and path.suffix != ".go" and path.name not in TABBED and not bad:
        found.append("a tab")
    if line.endswith("\r") and not bad:
        found.append("a carriage return at the end")
    elif line != line.rstrip() and not bad:
        found.append("white space at the end")
    if len(line) > MAX_COLUMNS and (path.suffix in NARROW or path.name in SOURCE_NAMES):
        found.append(f"{len(line)} columns, more than {MAX_COLUMNS}")
    if (foreign := FOREIGN.search(line)) is not None:
        found.append(f"{foreign[0]!r} does not belong here")
    if (invisible := INVISIBLE.search(line.rstrip("\r"))) is not None:
        found.append(f"the invisible character U+{ord(invisible[0]):04X}")
    return found


def file_offences(name: str, data: bytes) -> list[str]:
    if Path(name).suffix in BINARY or name.startswith(FILES_OF_OTHERS):
        return []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"{name}:{data[:error.start].count(10) + 1}: not UTF-8"]
    lines = text.split("\n")
    found = [f"{name}:{number}: {what}" for number, line in enumerate(lines, 1) for what in line_offences(name, line)]
    if text and lines[-1] != "":
        found.append(f"{name}:{len(lines)}: no newline at the end of the file")
    if text.endswith("\n\n"):
        found.append(f"{name}:{len(lines) - 1}: an empty line at the end of the file")
    if (is_source(name, text) and not name.startswith(BAD_ON_PURPOSE)
            and not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3])):
        found.append(f"{name}:1: no SPDX-License-Identifier")
    return found


def message_offences(commit: str, message: str) -> list[str]:
    lines = message.rstrip("\n").split("\n")
    found = []
    if not re.match(r"[a-z0-9][a-z0-9_/.,+-]*(?:, [a-z0-9_/.+-]+)*: \S", lines[0]):
        found.append("the subject does not start with `area: `")
    if len(lines[0]) > MAX_SUBJECT:
        found.append(f"a subject of {len(lines[0])} columns, more than {MAX_SUBJECT}")
    if lines[0].endswith("."):
        found.append("a full stop at the end of the subject")
    if len(lines) > 1 and lines[1] != "":
        found.append("no empty line after the subject")
    return [f"commit {commit[:12]}: {what}" for what in found]


def commit_offences(commits: str | None) -> list[str]:
    which = [commits] if commits else ["-1", "HEAD"]
    log = git("log", "--no-merges", "--format=%H%x00%B%x1e", *which, "--")
    if log is None:
        return [f"commit range {commits}: git does not know it"] if commits else []
    return [what for entry in log.split("\x1e") if entry.strip()
            for what in message_offences(*entry.lstrip("\n").split("\0", 1))]


def main(arguments: list[str]) -> int:
    names = project_files()
    found = [what for name in names for what in file_offences(name, Path(ROOT, name).read_bytes())]
    found += commit_offences(arguments[0] if arguments else None)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(names)} files, {len(found)} offences")
    return bool(found) or len(names) < 100


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
