# SPDX-License-Identifier: Apache-2.0
"""The features of a data directory, read from its files: a comparison with fewer of them would prove less."""
from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

# Base offset, length, leader epoch, magic, CRC, attributes, last offset delta, two timestamps, producer id.
HEADER = struct.Struct(">qiibIhiqqq")
HEADER_SIZE = 61
COUNT_AT = 57
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def batches(segment: Path) -> Iterator[set[str]]:
    """The features of each batch of a segment."""
    data = segment.read_bytes()
    at = 0
    while at + HEADER_SIZE <= len(data):
        _, length, epoch, magic, _, attributes, last, _, _, producer = HEADER.unpack_from(data, at)
        if length <= 0:
            return
        count = struct.unpack_from(">i", data, at + COUNT_AT)[0]
        features = {f"magic {magic}", f"codec {CODECS[attributes & 7]}"}
        features |= {name for name, present in (
            ("LogAppendTime", attributes & 8),
            ("transactional batch", attributes & 16 and not attributes & 32),
            ("control batch", attributes & 32),
            ("delete horizon", attributes & 64),
            ("idempotent producer", producer >= 0 and not attributes & 16),
            ("no producer", producer < 0),
            ("later leader epoch", epoch > 0),
            ("batch with holes", 0 < count < last + 1),
            ("empty batch", count == 0),
            ("batch over 1 MiB", length > 1 << 20),
        ) if present}
        yield features
        at += 12 + length


def features(data: Path) -> set[str]:
    found = set()
    for folder in data.iterdir():
        if not folder.is_dir() or folder.name == "__cluster_metadata-0":
            continue
        segments = sorted(folder.glob("*.log"))
        for segment in segments:
            for some in batches(segment):
                found |= some
        if len(segments) > 1:
            found.add("several segments")
        if segments and int(segments[0].stem) > 0:
            found.add("first segments deleted")
        if any(path.stat().st_size for path in folder.glob("*.txnindex")):
            found.add("aborted transactions")
        if segments and not any(path.stat().st_size for path in segments):
            found.add("empty partition")
    starts = (data / "log-start-offset-checkpoint").read_text().split("\n")
    if any(not line.endswith(" 0") for line in starts[2:] if line):
        found.add("log start offset")
    if list((data / "__cluster_metadata-0").glob("*-*.checkpoint")):
        found.add("metadata snapshot")
    return found


EXPECTED = {f"codec {codec}" for codec in CODECS} | {
    "magic 2", "LogAppendTime", "transactional batch", "control batch", "idempotent producer", "no producer",
    "later leader epoch", "batch with holes", "empty batch", "delete horizon", "batch over 1 MiB", "several segments",
    "first segments deleted", "aborted transactions", "empty partition", "log start offset", "metadata snapshot",
}


def missing(data: Path) -> set[str]:
    return EXPECTED - features(data)
