# SPDX-License-Identifier: Apache-2.0
"""Attacks on a broker. Each is a function of the broker's address and of the number of connections it may hold; it ends
with all of them closed, and checks what the broker must do even for a bad peer."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tarfile

from crowd import AT_ONCE, abort, connect, connect_many, each, frame, rest, send
from support import TIMEOUT, api_versions, correlation_of, framed, metadata_v1, request

LARGEST_FRAME = 104857600
SEED = 20250601


@dataclasses.dataclass
class Result:
    opened: int = 0  # connections
    held: int = 0  # at the same time
    frames: int = 0  # sent whole
    ended: int = 0  # connections that the broker ended, as expected


@dataclasses.dataclass
class Target:
    host: str
    port: int
    many: int  # connections to hold
    seconds: float  # that an attack without a natural end may take
    corpus: list[bytes]  # arbitrary bytes


def check(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


async def slowloris(target: Target) -> Result:
    """Requests that arrive byte by byte; they are answered like any other."""
    streams = await connect_many(target.host, target.port, target.many // 5)
    question = api_versions(7)
    pause = target.seconds / len(question)
    for i in range(len(question)):
        for _, writer in streams:
            writer.write(question[i:i + 1])
        await asyncio.sleep(pause)
    answers = [await frame(reader) for reader, _ in streams]
    check(all(a[:4] == b"\0\0\0\x07" for a in answers), "a slow request was not answered")
    for _, writer in streams:
        abort(writer)
    return Result(len(streams), len(streams), len(streams))


async def half_closed(target: Target) -> Result:
    """Peers that shut down their side in the middle of a frame; the broker ends these connections."""
    streams = await connect_many(target.host, target.port, target.many // 5)
    for number, (_, writer) in enumerate(streams):
        writer.write(api_versions(1) + api_versions(2)[:number % 20])
        writer.write_eof()
    ends = [await asyncio.wait_for(rest(reader), TIMEOUT) for reader, _ in streams]
    check(all(len(end) > 8 and correlation_of(end) == 1 for end in ends), "a half-closed peer got no answer")
    for _, writer in streams:
        writer.close()
    return Result(len(streams), len(streams), len(streams), len(streams))


async def tiny_frames(target: Target) -> Result:
    """Frames as short as a request can be, 200 for each of the many, on a few connections, as fast as they go."""
    connections, batch = 10, 2000
    rounds = target.many * 200 // batch // connections
    frames = b"".join(api_versions(i) for i in range(batch))

    async def one(_: int) -> None:
        reader, writer = await connect(target.host, target.port)

        async def write() -> None:
            for _ in range(rounds):
                check(await send(writer, frames), "the connection ended")

        writing = asyncio.create_task(write())
        for i in range(rounds * batch):
            head = await reader.readexactly(8)
            check(struct.unpack_from(">i", head, 4)[0] == i % batch, "answers in another order")
            await reader.readexactly(struct.unpack(">i", head[:4])[0] - 4)
        await writing
        abort(writer)

    await each(range(connections), one)
    return Result(connections, connections, connections * rounds * batch)


async def frames_of_bad_size(target: Target) -> Result:
    """Frames that are too short for a header, or larger than allowed, or negative."""
    sizes = [0, 1, 2, 3, -1, -(1 << 31), LARGEST_FRAME + 1, (1 << 31) - 1] * (target.many // 50)

    async def one(size: int) -> None:
        reader, writer = await connect(target.host, target.port)
        await send(writer, api_versions(1) + struct.pack(">i", size) + bytes(40))
        check(len(await rest(reader)) > 8, "the answer before a bad frame is missing")
        writer.close()

    await each(sizes, one)
    return Result(len(sizes), AT_ONCE, len(sizes), len(sizes))


async def announcements(target: Target) -> Result:
    """Frames of 100 MiB are announced, but little of them arrives."""
    streams = await connect_many(target.host, target.port, target.many // 2)
    head = struct.pack(">ihhih", LARGEST_FRAME, 3, 1, 9, -1) + struct.pack(">i", 1 << 20)
    for _, writer in streams:
        writer.write(head + bytes(1000))
    await asyncio.sleep(1.5)
    for _, writer in streams:
        writer.write(bytes(1000))
    await asyncio.sleep(0.5)
    for _, writer in streams:
        abort(writer)
    return Result(len(streams), len(streams))


async def large_halves(target: Target) -> Result:
    """Frames of 32 MiB without their last byte."""
    size = 32 << 20

    async def one(_: int) -> asyncio.StreamWriter:
        _, writer = await connect(target.host, target.port)
        check(await send(writer, struct.pack(">ihhih", size, 3, 1, 9, -1) + bytes(size - 11)), "the connection ended")
        return writer

    for writer in await each(range(8), one):
        abort(writer)
    return Result(8, 8)


async def churn(target: Target) -> Result:
    """Connections that come and go, with and without a request, in both ways that connections end."""
    count = 0
    deadline = asyncio.get_running_loop().time() + target.seconds

    async def one(worker: int) -> None:
        nonlocal count
        while asyncio.get_running_loop().time() < deadline:
            _, writer = await connect(target.host, target.port)
            count += 1
            if count % 3:
                writer.write(api_versions(1)[:count % 19])
            if count % 50 == worker % 50:
                writer.close()
            else:
                abort(writer)

    await each(range(50), one)
    return Result(count, 50)


async def no_kafka(target: Target) -> Result:
    """TLS, HTTP, random bytes, damaged requests, and inputs found by the fuzzers."""
    kinds = [bytes.fromhex("16030100c5010000c10303") + bytes(190), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]
    generator = random.Random(SEED)
    good = [api_versions(1, 3), metadata_v1(1, [b"a"]), request(1, 4, 1, bytes(30)), request(75, 0, 1, bytes(9), True)]
    for _ in range(target.many // 10):
        damaged = bytearray(generator.choice(good))
        for _ in range(generator.randrange(1, 4)):
            damaged[generator.randrange(4, len(damaged))] = generator.randrange(256)
        kinds += [generator.randbytes(generator.randrange(1, 3000)), bytes(damaged), framed(bytes(damaged)[10:])]
    kinds += [framed(data) for data in target.corpus] + target.corpus

    async def one(data: bytes) -> None:
        reader, writer = await connect(target.host, target.port)
        await send(writer, data)
        try:
            writer.write_eof()
        except OSError:
            pass
        await asyncio.wait_for(rest(reader), TIMEOUT)
        writer.close()

    await each(kinds, one)
    return Result(len(kinds), AT_ONCE, 0, len(kinds))


async def crowd(target: Target) -> Result:
    """That many connections, which send one request and stay."""
    streams = await connect_many(target.host, target.port, target.many)
    for number, (_, writer) in enumerate(streams):
        writer.write(api_versions(number))
    for number, (reader, _) in enumerate(streams):
        check((await frame(reader))[:4] == struct.pack(">i", number), "one of many got no answer")
    for _, writer in streams:
        abort(writer)
    return Result(len(streams), len(streams), len(streams))


async def deaf(target: Target) -> Result:
    """Peers that request much and read nothing of it. No topic can have these names, so none is made for them."""
    question = metadata_v1(1, [b"name %06d" % i for i in range(4000)]) * 10
    streams = await connect_many(target.host, target.port, 40)
    for reader, writer in streams:
        reader._transport.pause_reading()
        writer.write(question)
    await asyncio.sleep(2)
    for _, writer in streams:
        abort(writer)
    return Result(len(streams), len(streams), 10 * len(streams))


def fetch(topic: bytes, offset: int, wait_ms: int, repeats: int = 1) -> bytes:
    """Fetch v4 of partition 0, listed that many times."""
    partition = struct.pack(">iqi", 0, offset, 1 << 20)
    topics = struct.pack(">ih", 1, len(topic)) + topic + struct.pack(">i", repeats) + partition * repeats
    return request(1, 4, 9, struct.pack(">iiiib", -1, wait_ms, 1, (1 << 31) - 1, 0) + topics)


async def waiting_for_records(target: Target) -> Result:
    """Consumers that wait for records that never arrive, for weeks, and leave."""
    streams = await connect_many(target.host, target.port, target.many // 2)
    for _, writer in streams:
        writer.write(fetch(b"empty", 0, (1 << 31) - 1))
    answers, _ = await asyncio.wait([asyncio.create_task(reader.read(1)) for reader, _ in streams[::50]], timeout=1)
    check(not answers, "an answer, although no records arrived")
    for _, writer in streams:
        abort(writer)
    return Result(len(streams), len(streams), len(streams))


async def greedy_consumers(target: Target) -> Result:
    """Consumers that fetch the same records repeatedly, in one request and in many, and read none of them."""
    question = (fetch(b"rolled", 10, 0) + fetch(b"rolled", 10, 0, 5000)) * 100
    streams = await connect_many(target.host, target.port, 40)
    for reader, writer in streams:
        reader._transport.pause_reading()
        writer.write(question)
    await asyncio.sleep(2)
    for _, writer in streams:
        abort(writer)
    return Result(len(streams), len(streams), 200 * len(streams))


VICTIM = """
import socket, struct, sys, time
held = [socket.create_connection((sys.argv[1], int(sys.argv[2]))) for _ in range(50)]
for s in held:
    s.sendall(struct.pack(">ihhih", 50000, 3, 1, 9, -1) + bytes(20000))
print("ready", flush=True)
time.sleep(60)
"""


async def killed(target: Target) -> Result:
    """Processes that are killed while they send."""
    command = [sys.executable, "-c", VICTIM, target.host, str(target.port)]
    victims = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(max(2, target.many // 1000))]
    for victim in victims:
        check(victim.stdout.readline() == b"ready\n", "a process could not connect")
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        victim.stdout.close()
    return Result(50 * len(victims), 50 * len(victims))


ATTACKS = [slowloris, half_closed, tiny_frames, frames_of_bad_size, announcements, large_halves, churn, no_kafka, crowd,
           deaf, waiting_for_records, greedy_consumers, killed]


def load_corpus(folder: pathlib.Path, most: int) -> list[bytes]:
    """At most this many inputs of each fuzz target for data from peers."""
    found: list[bytes] = []
    for target in ("decode_request_frame", "split_frames"):
        with tarfile.open(folder / f"{target}.tar.gz") as tar:
            names = sorted(member.name for member in tar.getmembers() if member.isfile())
            random.Random(SEED).shuffle(names)
            found += [tar.extractfile(name).read() for name in names[:most]]
    return found
