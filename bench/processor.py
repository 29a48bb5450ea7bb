# SPDX-License-Identifier: Apache-2.0
"""Which processor measured something. Virtual machines often hide its name, so what tells generations apart is
added."""
from __future__ import annotations

import os
import platform
import re
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# On these it depends how libkwire, ISA-L, Java and Go calculate a checksum.
CHECKSUM_FEATURES = ("sse4_2", "pclmulqdq", "avx2", "vpclmulqdq", "avx512f", "crc32", "pmull", "sha3")


def describe(text: str) -> str:
    """From the text of /proc/cpuinfo: name or parts, and what matters to checksums."""
    fields = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text, re.MULTILINE))
    if "model name" in fields:
        name = fields["model name"]
        if "cpu family" in fields:
            name += f", family {fields['cpu family']} model {fields.get('model', '?')}"
    elif "CPU part" in fields:
        name = f"{platform.machine()}, implementer {fields.get('CPU implementer', '?')} part {fields['CPU part']}"
    else:
        name = platform.machine()
    features = (fields.get("flags") or fields.get("Features") or "").split()
    found = [feature for feature in CHECKSUM_FEATURES if feature in features]
    return f"{name}: {' '.join(found)}" if found else name


def processor() -> str:
    return f"{os.cpu_count()} CPUs ({describe(CPUINFO.read_text(encoding='utf-8') if CPUINFO.exists() else '')})"
