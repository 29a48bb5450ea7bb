#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shared library exports exactly the symbols that symbols.txt lists and that the headers of the messages declare.

    symbols.py [--update] [--nm COMMAND] LIBRARY SOURCE_INCLUDE_DIR BUILD_INCLUDE_DIR

symbols.txt lists all hand-written names. The generated ones (four per message, and an init function for each struct)
are those of the generated headers.
"""
from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("symbols.txt")
HEAD = """# SPDX-License-Identifier: Apache-2.0
# The hand-written names that libkwire.so exports; the generated ones follow from the messages. kwi_ names are private:
# the inline functions of the public headers call them. Removing or changing one is an incompatible change, see
# include/kwire/version.h. Written by symbols.py --update.
"""


def exported(nm: str, library: str) -> set[str]:
    lines = subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in lines.splitlines()}
    return {name for name in names if not name.startswith("_")}  # a sanitizer's are __odr_asan_...


def declared(paths: list[Path]) -> set[str]:
    """The names that KW_API and the definitions of inline functions declare; of a function the one before the first
    parenthesis."""
    names = set()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for found in re.findall(r"^(?:KW_API ([^;]*);|KW_(?:ALWAYS_)?INLINE ([^{;]*)\{)", text, re.MULTILINE):
            names.add(re.findall(r"\w+", "".join(found).split("(")[0])[-1])
    return names


def without_symbol(paths: list[Path]) -> set[str]:
    """Public functions of headers that are only inline, without a symbol."""
    return {name for path in paths
            for name in re.findall(r"^[\w ]*\b(?:static inline|KWI_INLINE)\b[^(;]*?\b(kw_\w+)\(",
                                   path.read_text(encoding="utf-8"), re.MULTILINE)}


def inline_calls(headers: list[Path]) -> set[str]:
    """Private names that a header uses besides declaring them."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in headers)
    text = re.sub(r"^KW_API [^;]*;", "", text, flags=re.MULTILINE)
    return set(re.findall(r"\bkwi_\w+", text))


def report(what: str, names: set[str]) -> int:
    for name in sorted(names):
        print(f"{what}: {name}")
    return len(names)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("library")
    parser.add_argument("source_include", type=Path)
    parser.add_argument("build_include", type=Path)
    options = parser.parse_args()

    headers = sorted(options.source_include.rglob("*.h"))
    generated = declared(sorted(options.build_include.rglob("messages/*.h")))
    found = exported(options.nm, options.library)
    written = found - generated
    if options.update:
        LIST.write_text(HEAD + "".join(f"{name}\n" for name in sorted(written)), encoding="utf-8")
    listed = {line for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")}
    failures = (report("exported, but neither in symbols.txt nor in a message's header", written - listed)
                + report("in symbols.txt, but not exported", listed - found)
                + report("in a message's header, but not exported", generated - found)
                + report("in symbols.txt, but in no public header", listed - declared(headers))
                + report("in a public header, but not in symbols.txt", declared(headers) - listed)
                + report("exported, but its name does not start with kw_ or kwi_",
                         {name for name in found if not re.match(r"kwi?_[a-z0-9]", name)})
                + report("public and inline, but neither KW_INLINE nor KW_ALWAYS_INLINE", without_symbol(headers))
                + report("private, and no inline function needs it",
                         {name for name in found if name.startswith("kwi_")} - inline_calls(headers)))
    print(f"{len(listed)} hand-written names, {len(generated)} generated ones, {failures} failures")
    return failures != 0 or len(generated) < 100 or len(listed) < 10


if __name__ == "__main__":
    sys.exit(main())
