# SPDX-License-Identifier: Apache-2.0
"""Attacks by peers that write, on a broker whose memory for requests is limited. Each makes the topics that it needs,
and deletes them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct

import writes
from attacks import SEED, Result, Target, check
from crowd import Stream, abort, connect, connect_many, each, frame, rest, send

MIB = 1 << 20
LARGEST_NAME = 249
INVALID_TOPIC, TOO_MANY = 17, 44  # INVALID_TOPIC_EXCEPTION, POLICY_VIOLATION


async def ask(stream: Stream, question: bytes) -> bytes:
    """The answer, without its size but with room for it, as the functions of writes.py take it."""
    check(await send(stream[1], question), "the connection ended")
    answer = await frame(stream[0])
    check(answer[:4] == struct.pack(">i", writes.CORRELATION), "no answer, or that of another request")
    return bytes(4) + answer


@contextlib.asynccontextmanager
async def topics(target: Target, *names: bytes):
    """A well-behaved connection, and topics as long as it is used."""
    stream = await connect(target.host, target.port)
    errors = writes.created(await ask(stream, writes.create_topics(list(names))))
    check(errors == {name: 0 for name in names}, f"topics are not created: {errors}")
    try:
        yield stream
    finally:
        errors = writes.deleted(await ask(stream, writes.delete_topics(list(names))))
        check(errors == {name: 0 for name in names}, f"topics are not deleted: {errors}")
        stream[1].close()


async def half_produces(target: Target) -> Result:
    """Produce requests of which only a part arrives, on many connections that stay; nothing of them is appended."""
    async with topics(target, b"half") as honest:
        whole = writes.produce(b"half", writes.records(100_000))
        streams = await connect_many(target.host, target.port, target.many // 5)
        for number, (_, writer) in enumerate(streams):
            writer.write(whole[:1 + number * 7919 % (len(whole) - 1)])
        await asyncio.sleep(1)
        error, offset = writes.produced(await ask(honest, writes.produce(b"half", writes.records(1000))))
        check((error, offset) == (0, 0), f"an honest producer gets {error}, {offset}")
        for _, writer in streams:
            abort(writer)
        check(writes.offset_of(await ask(honest, writes.end_offset(b"half"))) == 1, "half a request is appended")
    return Result(len(streams), len(streams), 1)


async def giant_batches(target: Target) -> Result:
    """Batches that are far above max.message.bytes, in more requests at once than the memory for requests holds."""
    count = 24
    async with topics(target, b"giant") as honest:
        question = writes.produce(b"giant", writes.records(8 * MIB))

        async def one(_: int) -> int:
            stream = await connect(target.host, target.port)
            error, _ = writes.produced(await ask(stream, question))
            abort(stream[1])
            return error

        errors = await each(range(count), one)
        check(set(errors) == {writes.MESSAGE_TOO_LARGE}, f"errors {set(errors)}")
        check(writes.offset_of(await ask(honest, writes.end_offset(b"giant"))) == 0, "one was appended")
    return Result(count, count, count)


async def started_frames(target: Target) -> Result:
    """More connections than the memory for requests suffices for have started a large frame, and send no more of it."""
    start = struct.pack(">i", 4 * MIB) + writes.produce(b"none", bytes(400_000))[4:300_000]
    streams = await connect_many(target.host, target.port, max(400, target.many // 10))

    async def one(stream: Stream) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(send(stream[1], start), 2)

    await each(streams, one, at_once=len(streams))
    for _, writer in streams:
        abort(writer)
    return Result(len(streams), len(streams))


async def waiting_at_random(target: Target) -> Result:
    """Fetches that wait, Produces that wake them, and connections that close at any moment of either."""
    generator = random.Random(SEED)
    opened = 0
    deadline = asyncio.get_running_loop().time() + target.seconds
    async with topics(target, b"busy") as honest:
        data = writes.produce(b"busy", writes.records(2000))
        at_end = writes.fetch(b"busy", 0, 1_000_000, min_bytes=1 << 30)

        async def consume(_: int) -> None:
            nonlocal opened
            while asyncio.get_running_loop().time() < deadline:
                _, writer = await connect(target.host, target.port)
                opened += 1
                writer.write(at_end if generator.random() < 0.8 else data[:generator.randrange(1, len(data))])
                await asyncio.sleep(generator.random() * 0.2)
                abort(writer)

        async def write(_: int) -> int:
            acknowledged = 0
            stream = await connect(target.host, target.port)
            while asyncio.get_running_loop().time() < deadline:
                error, _ = writes.produced(await ask(stream, data))
                check(error == 0, f"error {error}")
                acknowledged += 1
            abort(stream[1])
            return acknowledged

        written, _ = await asyncio.gather(each(range(4), write), each(range(target.many // 10), consume, 1 << 20))
        end = writes.offset_of(await ask(honest, writes.end_offset(b"busy")))
        check(end == sum(written), f"{sum(written)} records are acknowledged, the log ends at {end}")
    return Result(opened, target.many // 10, opened + sum(written))


async def without_acks(target: Target) -> Result:
    """Produce requests without acknowledgement, as fast as they go: they are slowed down, and none is lost."""
    async with topics(target, b"flood") as honest:
        one_batch = writes.records(20_000, 20)
        many = writes.produce(b"flood", one_batch, acks=0) * 20
        deadline = asyncio.get_running_loop().time() + target.seconds

        async def one(_: int) -> int:
            stream = await connect(target.host, target.port)
            sent = 0
            while asyncio.get_running_loop().time() < deadline:
                check(await send(stream[1], many), "the connection ended")
                sent += 20
            error, _ = writes.produced(await ask(stream, writes.produce(b"flood", one_batch)))
            check(error == 0, f"error {error}")
            stream[1].close()
            return sent + 1

        sent = await each(range(10), one)
        end = writes.offset_of(await ask(honest, writes.end_offset(b"flood")))
        check(end == 20 * sum(sent), f"{20 * sum(sent)} records were sent, the log ends at {end}")
    return Result(10, 10, sum(sent))


async def deaf_consumers(target: Target) -> Result:
    """Consumers that read none of what they fetch, while others append to the same log."""
    async with topics(target, b"deaf") as honest:
        data = writes.produce(b"deaf", writes.records(500_000))
        for _ in range(10):
            await ask(honest, data)
        streams = await connect_many(target.host, target.port, 40)
        for reader, writer in streams:
            reader._transport.pause_reading()
            writer.write(writes.fetch(b"deaf", 0, 0) * 50)
        deadline = asyncio.get_running_loop().time() + target.seconds
        written = 10
        while asyncio.get_running_loop().time() < deadline:
            error, offset = writes.produced(await ask(honest, data))
            check((error, offset) == (0, written), f"error {error} at {offset}")
            written += 1
        for _, writer in streams:
            abort(writer)
    return Result(len(streams), len(streams), 50 * len(streams) + written)


async def many_topics(target: Target) -> Result:
    """Topics by the thousand, in one request and in many at once, and too many partitions."""
    names = [b"many-%05d" % i for i in range(max(500, target.many // 5))]
    async with topics(target, b"anchor") as honest:
        parts = [names[i:i + 100] for i in range(0, len(names), 100)]

        async def create(part: list[bytes]) -> None:
            stream = await connect(target.host, target.port)
            errors = writes.created(await ask(stream, writes.create_topics(part)))
            check(errors == {name: 0 for name in part}, "topics are not created")
            stream[1].close()

        await each(parts, create)
        errors = writes.created(await ask(honest, writes.create_topics([b"wide"], 1 << 30)))
        check(errors[b"wide"] != 0, "a topic of a billion partitions")
        errors = writes.created(await ask(honest, writes.create_topics([b"a%d" % i for i in range(11_000)])))
        check(all(errors.values()) and len(errors) == 11_000, "more topics in one request than Kafka allows")
        errors = writes.deleted(await ask(honest, writes.delete_topics(names)))
        check(errors == {name: 0 for name in names}, "topics are not deleted")
    return Result(len(parts) + 1, len(parts) + 1, len(parts) + 3)


async def names_at_limits(target: Target) -> Result:
    """Names as long as may be, longer ones, and ones that would leave the directory."""
    good = [b"x" * LARGEST_NAME, b"...", b"-", b"_", b"x-0", b"0"]
    bad = [b"x" * (LARGEST_NAME + 1), b"x" * 32767, b"", b".", b"..", b"../x", b"a/b", b"a\0b", b"a b", b"\xc3\xa4",
           b"\xff\xfe"]
    async with topics(target, *good) as honest:
        errors = writes.created(await ask(honest, writes.create_topics(bad)))
        check(errors == {name: INVALID_TOPIC for name in bad}, f"names that are not allowed: {errors}")
        for name in good:
            error, offset = writes.produced(await ask(honest, writes.produce(name, writes.records(10))))
            check((error, offset) == (0, 0), f"{name!r}: error {error} at {offset}")
    return Result(1, 1, len(good) + 3)


async def cut_requests(target: Target) -> Result:
    """A Produce of a few records that ends at each of its bytes, with another size in front, and the end of sending."""
    async with topics(target, b"cut") as honest:
        whole = writes.produce(b"cut", writes.records(60, 3))[4:]

        async def one(size: int) -> None:
            reader, writer = await connect(target.host, target.port)
            await send(writer, struct.pack(">i", size) + whole[:size])
            with contextlib.suppress(OSError):
                writer.write_eof()
            await rest(reader)
            writer.close()

        await each(range(len(whole)), one)
        check(writes.offset_of(await ask(honest, writes.end_offset(b"cut"))) == 0, "part of a request is appended")
    return Result(len(whole), 0, len(whole), len(whole))


WRITE_ATTACKS = [half_produces, giant_batches, started_frames, waiting_at_random, without_acks, deaf_consumers,
                 many_topics, names_at_limits, cut_requests]
