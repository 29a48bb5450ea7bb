#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OUTPUT NAME style.css script.js

Writes a C file that defines NAME, an html_assets: style and script without comments and indentation, and the hash that
lets only this script run."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from pathlib import Path


def smaller(text: str) -> str:
    """Without comments of the form /* */ and indentation. A script must have no such text in a string."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line) + "\n"


def literal(name: str, text: str) -> str:
    if "</" in text:
        raise SystemExit(f"{name}: </ would end the element")
    lines = [line.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?") for line in text.splitlines()]
    body = "\n".join(f'    "{line}\\n"' for line in lines)
    return f"static const char {name}[] =\n{body};\n"


def main(output: str, name: str, style: str, script: str) -> None:
    css, code = (smaller(Path(path).read_text(encoding="utf-8")) for path in (style, script))
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    parts = ['#include "html/html_assets.h"\n', f"extern const html_assets {name};\n",
             literal("style", css), literal("script", code),
             f'const html_assets {name} = {{style, script, "sha256-{digest}"}};\n']
    Path(output).write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
