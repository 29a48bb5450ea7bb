#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes seeds for the fuzz targets from the golden vectors, that is from messages that Apache Kafka wrote.

    make_seeds.py OUT_DIR    writes OUT_DIR/TARGET/...; names are hashes of the content
"""
from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import re
import struct
import sys
import tarfile
from pathlib import Path
from typing import Any, Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "codegen"))

from schema import Message, Protocol, load  # noqa: E402
from schema_model import TOPICS  # noqa: E402

Line = dict[str, Any]
PER_VERSION = 3  # messages of one version; the first has all defaults, the second has every field set
CORRELATION_ID = 77
CLIENT_ID = b"fuzz"


def lines(*names: str) -> Iterator[Line]:
    for name in names:
        with gzip.open(ROOT / "tests" / "vectors" / name, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def messages() -> Iterator[Line]:
    """A few of every message and version."""
    seen: dict[tuple[str, int], int] = {}
    for line in lines("kafka-newest.jsonl.gz", "kafka-removed.jsonl.gz", "kafka-disk.jsonl.gz"):
        key = line["message"], line["version"]
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= PER_VERSION:
            yield line


def all_messages() -> Iterator[Line]:
    """Also some of the damaged ones."""
    yield from messages()
    yield from list(lines("verdicts.jsonl.gz"))[::3]


def choice(line: Line, flags: int = 0) -> bytes:
    """The format that choice_take() in message.c reads."""
    value = 2166136261
    for byte in line["message"].encode():
        value = (value ^ byte) * 16777619 & 0xffffffff
    return struct.pack(">HBB", value & 0xffff, line["version"], flags)


def frame(content: bytes) -> bytes:
    return struct.pack(">i", len(content)) + content


def request_header(key: int, version: int, header: int) -> bytes:
    text = struct.pack(">hhi", key, version, CORRELATION_ID)
    if header >= 1:
        text += struct.pack(">h", len(CLIENT_ID)) + CLIENT_ID
    return text + (b"\0" if header >= 2 else b"")


def known(protocol: Protocol, line: Line, kind: str) -> Message | None:
    message = protocol.message(line["message"])
    return message if message.kind == kind and message.header_version(line["version"]) is not None else None


def request_frames(protocol: Protocol) -> Iterator[bytes]:
    for line in all_messages():
        if (message := known(protocol, line, "request")) is not None:
            header = request_header(message.api_key, line["version"], message.header_version(line["version"]))
            yield frame(header + bytes.fromhex(line["hex"]))


def broker_frames(protocol: Protocol) -> Iterator[bytes]:
    """Also records for the topic that the broker has: twice, so that the producer's are there already."""
    yield from request_frames(protocol)
    body = b"\x12\0\0\0\1\6one\0"
    for producer, sequence, attributes in ((-1, -1, 0), (5, 0, 0), (5, 3, 0), (5, 0, 16)):
        batch = struct.pack(">qiibIhiqqqhii", 0, 49 + len(body), -1, 2, 0, attributes, 0, 1000, 1000, producer,
                            0 if producer >= 0 else -1, sequence, 1) + body
        for acks in (1, 0, -1):
            data = struct.pack(">hhi", -1, acks, 1000) + struct.pack(">ih1sii", 1, 1, b"t", 1, 0)
            produce = frame(request_header(0, 8, 1) + data + struct.pack(">i", len(batch)) + batch)
            yield produce + produce


def response_frames(protocol: Protocol) -> Iterator[bytes]:
    for line in all_messages():
        if (message := known(protocol, line, "response")) is not None:
            tags = b"\0" if message.header_version(line["version"]) >= 1 else b""
            content = struct.pack(">i", CORRELATION_ID) + tags + bytes.fromhex(line["hex"])
            yield struct.pack(">hh", message.api_key, line["version"]) + frame(content)


def bodies(_protocol: Protocol) -> Iterator[bytes]:
    for line in all_messages():
        yield choice(line) + bytes.fromhex(line["hex"])


def bodies_with_flags(_protocol: Protocol) -> Iterator[bytes]:
    """The flags are those of the reader, in turn."""
    for number, line in enumerate(all_messages()):
        yield choice(line, number % 4) + bytes.fromhex(line["hex"])


def json_texts(_protocol: Protocol) -> Iterator[bytes]:
    for line in messages():
        yield choice(line) + json.dumps(line["value"], ensure_ascii=False, separators=(",", ":")).encode()


def streams(protocol: Protocol) -> Iterator[bytes]:
    """Several requests each, sometimes with a limit that the last one exceeds."""
    frames = list(request_frames(protocol))[::40]
    for number in range(0, len(frames) - 4, 4):
        flags, limit = number & 1, (1 << 20, 40)[number // 4 % 2]
        yield struct.pack(">BII", flags, limit, number) + b"".join(frames[number:number + 4])


def record(kind: int, content: bytes) -> bytes:
    """The format that take_record() in read_packets.c reads."""
    return struct.pack(">BH", kind, len(content) & 0xffff) + content[:0xffff]


def packets(protocol: Protocol) -> Iterator[bytes]:
    """Requests with their responses, in segments; and a packet of each link type."""
    requests: dict[bytes, bytes] = {}
    for content in request_frames(protocol):
        requests.setdefault(content[4:8], content)
    for number, content in enumerate(response_frames(protocol)):
        asked = requests.get(content[:4])
        if asked is not None:
            yield bytes([number % 3 * 32, 255]) + record(32, b"") + record(34, b"") + record(0, asked) + record(
                2, content[4:])
    asked = next(iter(requests.values()))
    tcp = struct.pack(">HHIIBBHHH", 40000, 9092, 7, 9, 0x50, 16, 65535, 0, 0) + asked
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(tcp), 7, 0, 64, 6, 0, 1, 2) + tcp
    v6 = struct.pack(">IHBB", 6 << 28, 8 + len(tcp), 60, 64) + bytes(32) + b"\x06" + bytes(7) + tcp
    pieces = [struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(piece), 7, at // 8 | more << 13, 64, 6, 0, 1, 2) + piece
              for at, piece, more in ((0, tcp[:24], 1), (24, tcp[24:], 0))]
    for kind, head in enumerate((bytes(12) + b"\x81\x00\0\1\x08\0", b"\2\0\0\0", b"", bytes(14) + b"\x08\0",
                                 b"\x08\0" + bytes(18))):
        yield bytes([kind, 255]) + record(1, head + ip)
    yield bytes([2, 255]) + record(1, v6) + b"".join(record(1, piece) for piece in pieces)


def segments(_protocol: Protocol) -> Iterator[bytes]:
    """A connection in order, and the same in reverse order."""
    ops = [struct.pack(">BhBhBB", flags, 0, size, 0, 0, 1) for flags, size in (
        (4, 0), (5, 0), (0, 20), (1, 200), (0, 3), (1, 1), (0, 255), (1, 255), (2, 0), (3, 0))]
    for order in (ops, ops[:2] + ops[:1:-1], [op for op in ops for _ in range(3)]):
        for first in (1000, 2**32 - 100):
            yield struct.pack(">BII", 255, first, first) + b"".join(order)


def tls_steps(_protocol: Protocol) -> Iterator[bytes]:
    """Of each suite: a conversation, with key updates, pieces and gaps."""
    send, much, deliver, all_, lose, update, other, raw = range(8)
    talk = [bytes([send, 30, all_, send | 128, 200, all_ | 128]), bytes([much, 60, 0, deliver, 1, 0, all_]),
            bytes([update, send, 20, update | 128, other | 128, 1, send | 128, 20]), bytes([all_, all_ | 128]),
            bytes([much | 128, 16, 0, deliver | 128, 8, 0, all_ | 128])]
    gaps = [bytes([much, 40, 0, deliver, 0, 100, lose, 4, 0, all_]), bytes([send, 50, send, 60, lose, 0, 90, all_]),
            bytes([send | 128, 50, update | 128, lose | 128, 0, 255, send | 128, 9, all_ | 128])]
    for suite in range(6):
        head = bytes([suite, 255, 0, 0])
        yield head + b"".join(talk)
        yield head + b"".join(part + gap for part in talk for gap in gaps)
        yield head + b"".join(talk) + bytes([raw, 6, 23, 3, 3, 0, 20, 1, all_]) + b"".join(talk)
    line = b"CLIENT_RANDOM " + b"01" * 32 + b" " + b"02" * 48
    for text in (line, b"# x\r\n" + line, b"CLIENT_TRAFFIC_SECRET_0 " + b"03" * 32 + b" " + b"04" * 32, line[:50]):
        yield bytes([0, 255]) + struct.pack(">H", len(text)) + text + b"".join(talk)


def unsigned_varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + unsigned_varint(value >> 7)


def persisted_records(protocol: Protocol) -> Iterator[bytes]:
    """Each message as part of a record, with a key of the same type if it has one."""
    topics = list(TOPICS)
    by_name: dict[str, list[tuple[int, bytes]]] = {}
    for line in lines("kafka-disk.jsonl.gz"):
        by_name.setdefault(line["message"], []).append((line["version"], bytes.fromhex(line["hex"])))
    for record in protocol.record_types:
        topic, number = topics.index(record.topic), struct.pack(">h", record.type)
        keys = [number + body for _, body in by_name.get(record.key.name, [])] if record.key is not None else []
        for index, (version, body) in enumerate(by_name[record.value.name]):
            if record.key is None:
                value = unsigned_varint(1) + unsigned_varint(record.type) + unsigned_varint(version) + body
                yield struct.pack(">BH", topic, 0xffff) + value
            else:
                key = keys[index % len(keys)]
                yield struct.pack(">BH", topic, len(key)) + key + struct.pack(">h", version) + body
        yield from (struct.pack(">BH", topic | 128, len(key)) + key for key in keys[:1])


def record_fields() -> Iterator[bytes]:
    """Of every magic and codec; the small ones."""
    for line in lines("records.jsonl.gz", "built-records.jsonl.gz"):
        if (text := line.get("hex")) is not None and len(text) < 4000:
            yield bytes.fromhex(text)


def flagged_record_fields(_protocol: Protocol) -> Iterator[bytes]:
    yield from (b"\0" + field for field in record_fields())


def explained_records(_protocol: Protocol) -> Iterator[bytes]:
    """Each with corrected checksums, and one in five as if of one of Kafka's own topics."""
    for number, field in enumerate(record_fields()):
        yield struct.pack(">BB", 128 | number & 7, number % 25) + field


CODEC_AT, MAGIC_AT, RECORDS_AT = 22, 16, 61


def compressed_records(_protocol: Protocol) -> Iterator[bytes]:
    """Content of batches of magic 2, with a sufficient limit and with one that is too small."""
    for field in record_fields():
        if len(field) > RECORDS_AT and field[MAGIC_AT] == 2:
            for limit in (1000, 1):
                yield struct.pack(">BBH", field[CODEC_AT] & 7, 2, limit) + field[RECORDS_AT:]


def data_dirs(_protocol: Protocol) -> Iterator[bytes]:
    """A log of one records field; files of a Kafka broker are in tests/data, in pairs of a log and one
    other."""
    def file(which: int, content: bytes) -> bytes:
        return struct.pack(">BH", which, len(content)) + content

    epochs = file(9, b"0\n1\n0 0\n") + file(10, b"version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n")
    meta = file(15, b"version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n")
    points = b"".join(file(which, b"0\n1\nt 0 0\n") for which in (16, 17, 18, 19))
    quorum = file(13, b'{"leaderId":1,"leaderEpoch":1,"votedId":-1,'
                      b'"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}')
    for field in record_fields():
        yield file(0, field) + epochs + meta + points
        yield file(128, field) + file(133, field)
        yield file(139, field) + quorum + meta
        yield file(140, field) + file(142, field)


def varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return (value >> 1) ^ -(value & 1), at


def record_values(batch: bytes) -> Iterator[bytes]:
    """Of a batch of magic 2 that is not compressed."""
    at = RECORDS_AT
    for _ in range(struct.unpack(">i", batch[57:61])[0]):
        size, at = varint(batch, at)
        end = at + size
        at += 1
        for _ in range(2):
            _, at = varint(batch, at)
        key, at = varint(batch, at)
        at += max(key, 0)
        value, at = varint(batch, at)
        yield batch[at:at + value]
        at = end


def metadata_values(archive: str) -> list[list[bytes]]:
    """The records of the metadata log of a Kafka broker, by batch, without control records."""
    with tarfile.open(ROOT / "tests" / "data" / archive) as tar:
        log = tar.extractfile("data/__cluster_metadata-0/00000000000000000000.log").read()
    batches, at = [], 0
    while at + RECORDS_AT < len(log):
        size = struct.unpack(">i", log[at + 8:at + 12])[0] + 12
        batch = log[at:at + size]
        if not batch[CODEC_AT] & 32:
            batches.append(list(record_values(batch)))
        at += size
    return batches


def metadata_logs(_protocol: Protocol) -> Iterator[bytes]:
    """Logs that Kafka wrote, up to some batches; and one that has started with one more record of each type behind."""
    def item(after: int, value: bytes) -> bytes:
        return struct.pack(">BH", after, len(value)) + value

    for archive in ("kafka-newest.tar.gz", "kafka-older.tar.gz"):
        batches = metadata_values(archive)
        whole = [b"".join(item(int(n == len(values) - 1), v) for n, v in enumerate(values)) for values in batches]
        for count in (1, 2, 4, 8, 16, len(whole)):
            yield b"".join(whole[:count])
            yield b"".join(whole[:count])[:-1] + b"\3"
        for values in batches[4:]:
            yield b"".join(whole[:4]) + b"".join(item(0, v) for v in values)


def cluster_records(protocol: Protocol) -> Iterator[bytes]:
    """Also each record of the golden vectors behind a log that has started."""
    yield from metadata_logs(protocol)
    first = [value for values in metadata_values("kafka-newest.tar.gz")[:4] for value in values]
    started = b"".join(struct.pack(">BH", 1, len(value)) + value for value in first)
    types = {record.value.name: record.type for record in protocol.record_types if record.key is None}
    for line in lines("kafka-disk.jsonl.gz"):
        if line["message"] in types:
            value = unsigned_varint(1) + unsigned_varint(types[line["message"]]) + unsigned_varint(line["version"])
            value += bytes.fromhex(line["hex"])
            yield started + struct.pack(">BH", 1, len(value) & 0xffff) + value


def group_records(protocol: Protocol) -> Iterator[bytes]:
    """Records of the topic of groups, loaded and decided, with texts that make them of a few groups and members."""
    by_name: dict[str, list[tuple[int, bytes]]] = {}
    for line in lines("kafka-disk.jsonl.gz"):
        by_name.setdefault(line["message"], []).append((line["version"], bytes.fromhex(line["hex"])))

    def item(what: int, key: bytes, value: bytes | None) -> bytes:
        size = 0xffff if value is None else len(value)
        return struct.pack(">BHH", what, len(key), size) + key + (value or b"")

    def text(value: bytes) -> bytes:
        return struct.pack(">h", len(value)) + value

    loaded, decided, written, failed, transaction, marker, commit = 0, 1, 2, 3, 4, 8, 16
    whole = b""
    newest: dict[int, tuple[bytes, bytes]] = {}  # key and value by type
    for record in protocol.record_types:
        if record.topic != "consumer_offsets":
            continue
        texts = text(b"g") + text(b"m") if len(record.key.fields) > 1 else text(b"g")
        more = bytes(4) if any(f.name == "partition" for f in record.key.fields) else b""
        key = struct.pack(">h", record.type) + texts + more
        for what in loaded, written, failed, transaction:
            for version, body in by_name[record.value.name]:
                one = item(what, key, struct.pack(">h", version) + body)
                whole += one if what == loaded else b""
                newest[record.type] = key, struct.pack(">h", version) + body
                yield one + item(failed, key, None) + item(decided, key, None) + bytes([marker | commit | written])
    yield whole
    # A classic group that becomes a consumer group, and one again; the last record decides whether it is written.
    upgrade = item(loaded, *newest[2]) + item(decided, newest[2][0], None)
    upgrade += b"".join(item(decided, *newest[kind]) for kind in (5, 3, 7, 6))
    downgrade = b"".join(item(decided, newest[kind][0], None) for kind in (8, 7, 6, 5, 4, 3))
    for end in written, failed:
        yield upgrade + item(end, *newest[8])
        yield upgrade + item(written, *newest[8]) + downgrade + item(end, *newest[2])
    for line in (ROOT / "tests" / "vectors" / "group-records.txt").read_text(encoding="utf-8").splitlines()[1::20]:
        key, value = line.split()[-2:]
        yield item(written, bytes.fromhex(key), None if value == "-" else bytes.fromhex(value))


def share_state_records(protocol: Protocol) -> Iterator[bytes]:
    """Records of the topic of states of share groups, loaded and decided, that Kafka's coordinator has made."""
    def item(what: int, key: str, value: str) -> bytes:
        body = b"" if value == "-" else bytes.fromhex(value)
        size = 0xffff if value == "-" else len(body)
        return struct.pack(">BHH", what, len(key) // 2, size) + bytes.fromhex(key) + body

    loaded, written, failed = 0, 2, 3
    pairs = [re.search(r" ([0-9a-f]{8,}) (-|[0-9a-f]{4,}) ", line) for line in
             (ROOT / "tests" / "vectors" / "share-state.txt").read_text(encoding="utf-8").splitlines()]
    found = [pair.groups() for pair in pairs if pair]
    for first in range(0, len(found), 40):
        part = found[first:first + 40]
        for what in loaded, written, failed:
            yield b"".join(item(what, *pair) for pair in part)


def transaction_records(protocol: Protocol) -> Iterator[bytes]:
    """Records that Kafka's coordinator has made, loaded and decided, with requests of producers between them."""
    def item(what: int, key: str, value: str) -> bytes:
        body = b"" if value == "-" else bytes.fromhex(value)
        size = 0xffff if value == "-" else len(body)
        return struct.pack(">BHH", what, len(key) // 2, size) + bytes.fromhex(key) + body

    loaded, written, failed = 0, 2, 3
    pairs = [re.search(r" (0000[0-9a-f]{4,}) (-|000[01][0-9a-f]{4,})$", line) for line in
             (ROOT / "tests" / "vectors" / "transactions.txt").read_text(encoding="utf-8").splitlines()]
    found = [pair.groups() for pair in pairs if pair]
    for first in range(0, min(len(found), 1200), 40):
        part = found[first:first + 40]
        for what in loaded, written, failed:
            yield b"".join(item(what, *pair) for pair in part)
    for how in written, failed:
        for version in (0, 8):
            life = (1, 0, 3, 5, 7, 3, 5, 6, 7, 1, 9, 4, 2)  # kinds of requests
            yield b"".join(bytes((how + 4 * kind, 0, 1, 1, version | 16 | 32 * (i % 2))) for i, kind in enumerate(life)
                           if kind != 0)


def admin_requests(protocol: Protocol) -> Iterator[bytes]:
    """Topics that are created, changed and deleted, by hand; and what Kafka's clients send."""
    def text(value: bytes | None) -> bytes:
        return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value)) + value

    def many(*items: bytes) -> bytes:
        return struct.pack(">i", len(items)) + b"".join(items)

    def request(key: int, version: int, body: bytes) -> bytes:
        return frame(request_header(key, version, 1) + body)

    end = struct.pack(">i?", 1000, False)
    config = many(text(b"cleanup.policy") + text(b"compact"), text(b"segment.bytes") + text(b"2000000"))

    def create(name: bytes, partitions: int, configs: bytes = many(), assignments: bytes = many()) -> bytes:
        factor = -1 if len(assignments) > 4 else 1
        return request(19, 2, many(text(name) + struct.pack(">ih", partitions, factor) + assignments + configs) + end)

    delete = request(20, 1, many(text(b"t"), text(b"missing")) + struct.pack(">i", 1000))
    grow = request(37, 0, many(text(b"t") + struct.pack(">ii", 4, -1)) + end)
    grow_to = request(37, 0, many(text(b"t") + struct.pack(">i", 3) + many(many(struct.pack(">i", 1)))) + end)
    alter = request(33, 0, many(b"\2" + text(b"t") + config) + b"\0")
    add = request(44, 0, many(b"\2" + text(b"t") + many(text(b"retention.ms") + b"\0" + text(b"5"),
                                                       text(b"segment.bytes") + b"\1" + text(None))) + b"\0")
    all_brokers = b"\4" + text(b"") + many(text(b"log.retention.ms") + b"\0" + text(b"7"))
    this_broker = b"\4" + text(b"1") + many(text(b"min.insync.replicas") + b"\0" + text(b"1"))
    broker = request(44, 0, many(all_brokers, this_broker) + b"\0")
    policy = text(b"cleanup.policy") + b"\2" + text(b"compact")
    append = request(44, 0, many(b"\2" + text(b"t") + many(policy)) + b"\0")
    producer = request(22, 0, text(None) + struct.pack(">i", 1000))
    elect = request(43, 1, b"\1" + many(text(b"t") + many(struct.pack(">i", 0))) + struct.pack(">i", 1000))
    assigned = create(b"t", -1, config, many(struct.pack(">i", 0) + many(struct.pack(">i", 1)),
                                             struct.pack(">i", 1) + many(struct.pack(">i", 1))))
    one = create(b"t", 2)
    find = request(10, 0, text(b"g"))
    committed = many(text(b"t") + many(struct.pack(">iq", 0, 5) + text(b"")))
    commit = request(8, 2, text(b"g") + struct.pack(">i", -1) + text(b"") + struct.pack(">q", -1) + committed)
    committed_ones = request(9, 1, text(b"g") + many(text(b"t") + many(struct.pack(">i", 0))))
    groups = request(16, 0, b"") + request(42, 0, many(text(b"g")))
    yield find + one + commit + committed_ones + groups
    yield one + find + commit + delete + committed_ones
    yield find + commit + request(20, 1, many(text(b"__consumer_offsets")) + struct.pack(">i", 1000)) + commit
    for rest in (delete, grow, grow_to, alter, add, broker, append, producer, elect, one, delete + one):
        yield one + rest
    yield assigned + grow + alter + add + delete
    yield create(b"a.b", 1) + create(b"a_b", 1, config) + delete
    yield one + broker + alter + append + grow + elect + producer + delete
    keys = {8, 9, 10, 16, 19, 20, 22, 33, 37, 42, 43, 44, 45, 47, 57}
    for content in request_frames(protocol):
        if struct.unpack(">h", content[4:6])[0] in keys:
            yield content
            yield one + content


def log_files(_protocol: Protocol) -> Iterator[bytes]:
    for field in record_fields():
        yield b"\1" + field


def produced_records(_protocol: Protocol) -> Iterator[bytes]:
    """Each records field in the oldest and newest version that may take its magic, as sent and into other codecs."""
    for number, field in enumerate(record_fields()):
        magic = field[MAGIC_AT] if len(field) > MAGIC_AT else 2
        for version in ((0, 2), (2, 2), (3, 13))[min(magic, 2)]:
            for codec, flags in ((5, 0), (number % 5, number % 7)):
                requests = struct.pack(">BBH", version, 1 | (number % 3) << 1, len(field)) + field
                yield struct.pack(">BB", codec, flags) + requests + requests


def transaction_steps(_protocol: Protocol) -> Iterator[bytes]:
    """Steps of two bytes; most of them mean something."""
    chance = random.Random(1)
    for size in range(5, 200, 5):
        yield bytes(chance.randrange(256) for _ in range(2 * size))


def crashed_logs(_protocol: Protocol) -> Iterator[bytes]:
    """Records fields as segments, without their indexes, and what Kafka keeps beside them."""
    def file(which: int, content: bytes) -> bytes:
        return struct.pack(">BH", which, len(content)) + content

    golden = ROOT / "tests" / "storage" / "golden"
    producers = [path.read_bytes() for path in sorted(golden.glob("*.snapshot"))]
    for number, field in enumerate(record_fields()):
        yield b"\xff\xff" + file(128, field)
        yield b"\x00\x02" + file(128, field) + file(136, field) + file(14, b"0\n2\n0 0\n3 2\n")
        yield b"\x0a\xff" + file(0, field) + file(132, field) + file(5, b"")
        yield b"\xff\xff" + file(128, field) + file(7, producers[number % len(producers)]) + file(12, b"x")


def damaged_logs(_protocol: Protocol) -> Iterator[bytes]:
    """Each kind of log, undamaged and with each kind of damage to one of its files."""
    for kind in (0, 1, 2, 128, 129, 130):
        for point in (0, 20):
            yield bytes([kind, point])
            for number in range(0, 60, 7):
                for damage in range(6):
                    yield struct.pack(">BBBBHB", kind, point, number, damage, 70 * number + damage, 9) + bytes(range(9))


def damaged_dirs(_protocol: Protocol) -> Iterator[bytes]:
    """Undamaged, and each kind of damage to each of some of its files."""
    for in_order in (0, 1):
        yield bytes([in_order])
        for number in range(60):
            for damage in range(6):
                yield struct.pack(">BBBHB", in_order, number, damage, 37 * number + damage, 9) + bytes(range(9))


def storage_files(_protocol: Protocol) -> Iterator[bytes]:
    """Files that Kafka wrote, each after the number of its format."""
    golden = ROOT / "tests" / "storage" / "golden"
    formats = ("*-offset-checkpoint", "leader-epoch-checkpoint", "*meta.properties", "*.properties",
               "partition.metadata", "*quorum-state", "kafka_cleanshutdown", "*.snapshot", "*.txnindex")
    for number, pattern in enumerate(formats):
        for path in sorted(golden.glob(pattern)):
            yield bytes([number]) + path.read_bytes()
    for line in (golden / "properties.txt").read_text(encoding="utf-8").splitlines():
        yield b"\x03" + bytes.fromhex(line.split()[0])
    for line in (golden / "meta-properties.txt").read_text(encoding="utf-8").splitlines()[::10]:
        yield b"\x02" + bytes.fromhex(line.split()[0].strip("-"))
    for line in (golden / "names.txt").read_text(encoding="utf-8").splitlines():
        yield b"\x09" + line.split()[1].encode()


SEEDS: dict[str, Callable[[Protocol], Iterator[bytes]]] = {
    "answer_requests": broker_frames,
    "append_transactions": transaction_steps,
    "change_metadata": admin_requests,
    "compare_codec_with_walk": bodies_with_flags,
    "decrypt_records": tls_steps,
    "decode_persisted_record": persisted_records,
    "decode_request_frame": request_frames,
    "decode_response_frame": response_frames,
    "decompress_records": compressed_records,
    "encode_decoded_message": bodies,
    "explain_message": bodies_with_flags,
    "explain_records": explained_records,
    "explain_request": request_frames,
    "iterate_records": flagged_record_fields,
    "open_data_dir": data_dirs,
    "print_json": bodies,
    "produce_and_fetch": produced_records,
    "read_json": json_texts,
    "read_log_file": log_files,
    "read_packets": packets,
    "reassemble_segments": segments,
    "records_as_json": explained_records,
    "recover_damaged_log": damaged_logs,
    "recover_log": crashed_logs,
    "replay_groups": group_records,
    "replay_metadata": cluster_records,
    "replay_share_states": share_state_records,
    "replay_transactions": transaction_records,
    "rewrite_storage_files": storage_files,
    "split_frames": streams,
    "start_damaged_dir": damaged_dirs,
}


def main(out: str) -> int:
    protocol = load(ROOT / "schema")
    for target, seeds in SEEDS.items():
        folder = Path(out, target)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in seeds(protocol):
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
        print(f"{target}: {sum(1 for _ in folder.iterdir())} seeds")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
