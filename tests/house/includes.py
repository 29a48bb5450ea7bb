#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Allowed includes: tools, server, examples and bench use the library through its public headers only, like any other
program; the library includes nothing of them; public headers include only each other and the C library's."""
from __future__ import annotations

import graphlib
import os
import re
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USERS = ("tools", "server", "examples", "bench")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)"|(.*))')
GENERATED = ("kwire/messages.h", "kwire/api_keys.h", "kwire/error_codes.h", "kwire/kafka_release.h")
C_LIBRARY = {f"{name}.h" for name in (
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic "
    "stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype").split()}


def is_public(root: Path, name: str) -> bool:
    """In the source tree, or generated into the build."""
    generated = name.startswith("kwire/messages/") or name in GENERATED
    return generated or Path(root, "include", name).is_file()


def why_not(root: Path, path: Path, system: str | None, own: str | None) -> str | None:
    """The reason why a file of the project may not include this; None if it may."""
    folder = path.relative_to(root).parts[0]
    if own is not None:
        if folder == "include":
            return "public headers include each other with <>"
        if path.parent in (root / "bench" / "server", root / "bench" / "log") and (root / "server" / own).is_file():
            return None  # what it measures
        inside = (path.parent / own).resolve().is_relative_to((root / folder).resolve())
        return None if inside and (path.parent / own).is_file() else "not a header of the same folder"
    if system is None:
        return "not the name of a header"
    if system.startswith("kwire/"):
        return None if is_public(root, system) else "not a public header"
    if system.startswith((".", "/", *(f"{name}/" for name in ("lib", *USERS)))):
        return "a path into the project"
    if folder == "include" and system not in C_LIBRARY:
        return "public headers need nothing but the C library"
    return None


def offences(root: Path) -> list[str]:
    """One line `file:line: offence` for each."""
    found = []
    for folder in ("include", "lib", *USERS):
        for path in sorted((root / folder).rglob("*.[ch]")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                where = f"{path.relative_to(root)}:{number}: "
                if (include := INCLUDE.match(line)) and (why := why_not(root, path, include[1], include[2])):
                    found.append(f"{where}{line.strip()}: {why}")
                if folder in USERS and (name := re.search(r"\b(kwi_\w+|KWI_\w+)", line)):
                    found.append(f"{where}{name[1]}: a private name of the library")
    return found


def folders_used(area: Path) -> dict[str, set[str]]:
    """For each folder of the area the folders beside it whose headers it includes."""
    used: dict[str, set[str]] = {}
    for path in sorted(area.rglob("*/*.[ch]")):
        folder = path.relative_to(area).parts[0]
        found = re.findall(r'^\s*#\s*include\s*"\.\./(\w+)/', path.read_text(encoding="utf-8"), re.MULTILINE)
        used.setdefault(folder, set()).update(found)
    return used


# The folders of the server from the top down: each may include those below it, but for the exceptions.
SERVER_FLOORS = ("api", "transaction", "share", "coordinator", "metadata", "log", "security", "network", "config",
                 "observe", "base")
SERVER_STRANGERS = {"log": {"network"}}

# What only base/ asks of the system; the last ones also for what is no file: sockets, and standard error.
FILES_AND_TIME = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join((
    "open openat creat fopen freopen fdopen opendir readdir stat lstat fstat access rename remove unlink rmdir mkdir "
    "link symlink truncate ftruncate fallocate posix_fallocate fsync fdatasync mmap munmap msync mincore madvise "
    "posix_fadvise pread preadv pwrite pwritev sendfile copy_file_range utimensat futimens "
    "clock_gettime gettimeofday time nanosleep clock_nanosleep usleep sleep").split()))
DESCRIPTORS = re.compile(r"(?<![\w.>])(read|readv|write|writev|fcntl|lseek|fread|fwrite|getline)\s*\(")
WITH_DESCRIPTORS = ("network", "observe")


def server_offences(server: Path) -> list[str]:
    """One line `file:line: offence` for each."""
    found = []
    for path in sorted(server.rglob("*/*.[ch]")):
        folder = path.relative_to(server).parts[0]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path.relative_to(server)}:{number}: {line.strip()}: "
            if include := re.match(r'\s*#\s*include\s*"([^"]+)"', line):
                parts = Path(os.path.normpath(path.parent / include[1])).relative_to(server).parts
                allowed = set(SERVER_FLOORS[SERVER_FLOORS.index(folder):]) - SERVER_STRANGERS.get(folder, set())
                if len(parts) > 1 and parts[0] not in allowed:
                    found.append(f"{where}{folder}/ must not include {parts[0]}/")
            system = FILES_AND_TIME.search(line) or (folder not in WITH_DESCRIPTORS and DESCRIPTORS.search(line))
            if folder != "base" and system and not line.lstrip().startswith(("*", "/*")):
                found.append(f"{where}only base/ calls {system[1]}()")
            if folder != "observe" and re.search(r"\bstderr\b|\bSTDERR_FILENO\b|\bperror\b", line):
                found.append(f"{where}only observe/ writes to standard error")
    return found


class Includes(unittest.TestCase):
    def test_project(self) -> None:
        found = offences(ROOT)
        self.assertEqual(found, [], "\n" + "\n".join(found))
        self.assertGreater(len(list((ROOT / "lib").glob("*.c"))), 10)

    def test_folders_of_the_command_have_an_order(self) -> None:
        used = folders_used(ROOT / "tools")
        self.assertGreater(len(used), 4)
        order = list(graphlib.TopologicalSorter(used).static_order())
        self.assertEqual(sorted(order), sorted(used))

    def test_folders_of_the_server_have_an_order(self) -> None:
        self.assertEqual(server_offences(ROOT / "server"), [])
        self.assertEqual(sorted(p.name for p in (ROOT / "server").iterdir() if p.is_dir() and any(p.glob("*.c"))),
                         sorted(set(SERVER_FLOORS) & {p.name for p in (ROOT / "server").iterdir()}))

    def test_offences_of_the_server_are_found(self) -> None:
        planted = {
            "network/a.c": ('#include "../api/dispatch.h"', "network/ must not include api/"),
            "log/a.c": ('#include "../network/connection.h"', "log/ must not include network/"),
            "base/a.h": ('#include "../observe/console.h"', "base/ must not include observe/"),
            "coordinator/group/a.h": ('#include "../../api/call.h"', "coordinator/ must not include api/"),
            "metadata/a.c": ("    fputs(text, stderr);", "only observe/ writes to standard error"),
            "config/b.c": ("    setvbuf(stderr, NULL, _IONBF, 0);", "only observe/ writes to standard error"),
            "log/c.c": ("    int fd = open(path, O_RDONLY);", "only base/ calls open()"),
            "metadata/b.c": ("    if (rename (unfinished, name) != 0)", "only base/ calls rename()"),
            "api/b.c": ("    (void)clock_gettime(CLOCK_REALTIME, &now);", "only base/ calls clock_gettime()"),
            "network/b.c": ("    n = pread(fd, to, size, 0);", "only base/ calls pread()"),
            "log/d.c": ("    n = read(fd, to, size);", "only base/ calls read()"),
        }
        for file, (line, why) in planted.items():
            with self.subTest(file), tempfile.TemporaryDirectory() as directory:
                Path(directory, file).parent.mkdir(parents=True)
                Path(directory, file).write_text(f"\n{line}\n")
                self.assertEqual(server_offences(Path(directory)), [f"{file}:2: {line.strip()}: {why}"])

    def test_calls_of_the_server_that_are_not_of_the_system(self) -> None:
        for file, line in (("coordinator/group/a.c", '#include "../share/share_state.h"'),
                           ("network/a.c", "    n = read(fd, taken, sizeof taken);"),
                           ("observe/a.c", "    n = write(fd, text, size);"),
                           ("base/a.c", "    int fd = open(path, O_RDONLY);"),
                           ("log/a.c", "    return log_read(log, &request, &slice);"),
                           ("log/b.c", "    listener->open(listener);"),
                           ("log/c.c", "/* time (of records), not of the clock */")):
            with self.subTest(file), tempfile.TemporaryDirectory() as directory:
                Path(directory, file).parent.mkdir(parents=True)
                Path(directory, file).write_text(f"{line}\n")
                self.assertEqual(server_offences(Path(directory)), [])

    def plant(self, file: str, text: str) -> list[str]:
        with tempfile.TemporaryDirectory() as directory:
            for name in ("include/kwire/view.h", "lib/field.h", "tools/hex.h", "server/log.h", "examples/a.c"):
                Path(directory, name).parent.mkdir(parents=True, exist_ok=True)
                Path(directory, name).write_text("")
            Path(directory, file).parent.mkdir(parents=True, exist_ok=True)
            Path(directory, file).write_text(text)
            return offences(Path(directory))

    def test_offences_are_found(self) -> None:
        planted = {
            ("tools/a.c", '#include "../lib/field.h"'): "not a header of the same folder",
            ("tools/b.c", "#include <lib/field.h>"): "a path into the project",
            ("tools/c.c", "#include <kwire/field.h>"): "not a public header",
            ("tools/d.c", '#include "field.h"'): "not a header of the same folder",
            ("tools/e.c", "#include HEADER"): "not the name of a header",
            ("server/a.c", '  #  include "../tools/hex.h"'): "not a header of the same folder",
            ("server/b.c", "kwi_field_value(f, o);"): "a private name of the library",
            ("examples/b.c", "#include </lib/field.h>"): "a path into the project",
            ("bench/b.c", '#include "log.h"'): "not a header of the same folder",
            ("lib/a.c", '#include "../server/log.h"'): "not a header of the same folder",
            ("lib/b.c", "#include <tools/hex.h>"): "a path into the project",
            ("include/kwire/a.h", '#include "view.h"'): "public headers include each other with <>",
            ("include/kwire/b.h", "#include <unistd.h>"): "public headers need nothing but the C library",
        }
        for (file, line), why in planted.items():
            with self.subTest(file):
                found = self.plant(file, f"/* one line above */\n{line}\n")
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{file}:2: ") and found[0].endswith(why), found[0])

    def test_the_rest_is_not(self) -> None:
        for file, line in (("tools/a.c", '#include "hex.h"'), ("tools/b.c", "#include <kwire/view.h>"),
                           ("bench/server/a.c", '#include "log.h"'),
                           ("server/a.c", "#include <sys/socket.h>"), ("lib/a.c", '#include "field.h"'),
                           ("examples/a.c", "#include <kwire/messages/metadata_request.h>"),
                           ("include/kwire/a.h", "#include <stdint.h>")):
            self.assertEqual(self.plant(file, line + "\n"), [])


if __name__ == "__main__":
    unittest.main()
