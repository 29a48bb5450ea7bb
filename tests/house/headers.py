#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each public header compiles alone, twice in a row, as C11 and as C++17, without a warning; all of them compile
together, so that no name from the schema is one that is written by hand; and the umbrella header does not pull in the
messages.

    headers.py --cc COMMAND [--cxx COMMAND] INCLUDE_DIR...
"""
from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
C = ["-x", "c", "-std=c11", "-pedantic", "-Wstrict-prototypes", *WARNINGS]
CXX = ["-x", "c++", "-std=c++17", *WARNINGS]
UMBRELLA = """#include <kwire/kwire.h>
#ifndef KWIRE_MESSAGE_H
#error "kwire.h does not include message.h"
#endif
#ifdef KWIRE_MESSAGES_H
#error "kwire.h includes messages.h"
#endif
#ifdef KWIRE_MESSAGES_METADATA_REQUEST_H
#error "kwire.h includes a message"
#endif
"""


def find_headers(directories: list[str]) -> list[str]:
    names = {str(path.relative_to(directory)) for directory in directories for path in Path(directory).rglob("*.h")}
    return sorted(names)


def compile_text(command: list[str], text: str) -> str:
    """The compiler's output; empty if there is no warning."""
    done = subprocess.run([*command, "-fsyntax-only", "-"], input=text, capture_output=True, text=True)
    if done.returncode == 0 and not done.stderr:
        return ""
    return f"{shlex.join(command)}, with {text.splitlines()[0]}:\n{done.stderr}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", required=True)
    parser.add_argument("--cxx")
    parser.add_argument("directories", nargs="+")
    options = parser.parse_args()
    includes = [f"-I{directory}" for directory in options.directories]
    commands = [[*shlex.split(options.cc), *C, *includes]]
    if options.cxx:
        commands.append([*shlex.split(options.cxx), *CXX, *includes])
    headers = find_headers(options.directories)
    # The declaration is for export.h, which declares nothing.
    jobs = [(command, f"#include <{name}>\n" * 2 + "struct kw_declared;\n") for name in headers for command in commands]
    together = "".join(f"#include <{name}>\n" for name in headers)
    jobs += [(command, text) for command in commands for text in (UMBRELLA, together)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = [answer for answer in pool.map(lambda job: compile_text(*job), jobs) if answer]
    print(*answers, sep="\n", end="")
    messages = sum("/messages/" in name for name in headers)
    print(f"{len(headers)} headers ({messages} of messages), {len(commands)} languages, {len(answers)} failures")
    return bool(answers) or messages < 100


if __name__ == "__main__":
    sys.exit(main())
