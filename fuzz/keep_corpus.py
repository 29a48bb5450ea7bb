#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the corpora that fuzzing grew as small as they can be without losing coverage, and keeps them in fuzz/corpus.

    keep_corpus.py BUILD_DIR [TARGET...]    of the build that scripts/fuzz makes; without a target: all of them

A kept corpus is TARGET.tar.gz, a flat archive whose names are hashes of the content. The same inputs always give the
same archive.
"""
from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FUZZ = Path(__file__).resolve().parent


def minimised(program: Path, folders: list[Path]) -> list[bytes]:
    """The smallest inputs that together cover every edge that all of them cover, however often."""
    with tempfile.TemporaryDirectory(prefix="kwire-fuzz-") as name:
        merge = [program, "-set_cover_merge=1", "-use_counters=0", "-rss_limit_mb=2048", name, *folders]
        done = subprocess.run(merge, capture_output=True, text=True, errors="replace")
        if done.returncode != 0:
            raise SystemExit(f"{program.name}: merging failed\n{done.stderr[-2000:]}")
        return [path.read_bytes() for path in Path(name).iterdir()]


def pack(inputs: list[bytes], archive: Path) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as corpus:
        for content in sorted(set(inputs)):
            member = tarfile.TarInfo(hashlib.sha1(content).hexdigest())
            member.size = len(content)
            corpus.addfile(member, io.BytesIO(content))
    archive.parent.mkdir(exist_ok=True)
    archive.write_bytes(gzip.compress(raw.getvalue(), 9, mtime=0))


def main(build: str, *targets: str) -> int:
    programs = Path(build, "fuzz")
    for target in targets or sorted(path.name for path in Path(build, "corpus").iterdir()):
        folders = [Path(build, "corpus", target), FUZZ / "regressions" / target]
        inputs = minimised(programs / target, [folder for folder in folders if folder.is_dir()])
        archive = FUZZ / "corpus" / f"{target}.tar.gz"
        pack(inputs, archive)
        print(f"{target}: {len(inputs)} inputs, {archive.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
