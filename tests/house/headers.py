#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each public header compiles alone, twice in a row, as C11 and as C++17, without a warning; all of them compile
together, so that no name from the schema is one that is written by hand; and the umbrella header includes all but the
messages and the storage formats.

    headers.py --cc COMMAND [--cxx COMMAND] INCLUDE_DIR...
"""
from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
C = ["-x", "c", "-std=c11", "-pedantic", "-Wstrict-prototypes", *WARNINGS]
CXX = ["-x", "c++", "-std=c++17", *WARNINGS]


def guard(header: str) -> str:
    return re.sub(r"\W", "_", header).upper()


def umbrella(headers: list[str]) -> str:
    """A program that fails to compile unless kwire.h includes all headers except messages and storage formats."""
    text = "#include <kwire/kwire.h>\n"
    for name in headers:
        if name.count("/") == 1 and name != "kwire/messages.h":
            text += f'#ifndef {guard(name)}\n#error "kwire.h does not include {name}"\n#endif\n'
    for name in ("kwire/messages.h", "kwire/messages/metadata_request.h", "kwire/storage/names.h"):
        text += f'#ifdef {guard(name)}\n#error "kwire.h includes {name}"\n#endif\n'
    return text


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
    jobs += [(command, text) for command in commands for text in (umbrella(headers), together)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = [answer for answer in pool.map(lambda job: compile_text(*job), jobs) if answer]
    print(*answers, sep="\n", end="")
    messages = sum("/messages/" in name for name in headers)
    print(f"{len(headers)} headers ({messages} of messages), {len(commands)} languages, {len(answers)} failures")
    return bool(answers) or messages < 100


if __name__ == "__main__":
    sys.exit(main())
