# SPDX-License-Identifier: Apache-2.0
"""Many connections at once, with asyncio."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable

AT_ONCE = 200  # connections that are being made
ATTEMPTS = 5

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(host: str, port: int) -> Stream:
    """Retries for a while: a kernel whose queue is full drops connections."""
    for attempt in range(ATTEMPTS):
        try:
            return await asyncio.open_connection(host, port)
        except (ConnectionError, TimeoutError):
            if attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.1 * 2**attempt)
    raise AssertionError


async def connect_many(host: str, port: int, count: int) -> list[Stream]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> Stream:
        async with gate:
            return await connect(host, port)

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def each(items: Iterable, work: Callable[..., Awaitable], at_once: int = AT_ONCE) -> list:
    gate = asyncio.Semaphore(at_once)

    async def one(item):
        async with gate:
            return await work(item)

    return list(await asyncio.gather(*(one(item) for item in items)))


async def frame(reader: asyncio.StreamReader) -> bytes:
    """One frame without its size; b"" if the connection has ended before it."""
    try:
        head = await reader.readexactly(4)
        return await reader.readexactly(struct.unpack(">i", head)[0])
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def abort(writer: asyncio.StreamWriter) -> None:
    """Ends the connection with a reset, and leaves no port in TIME_WAIT."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def send(writer: asyncio.StreamWriter, data: bytes) -> bool:
    """False if the peer has ended the connection."""
    try:
        writer.write(data)
        await writer.drain()
        return True
    except ConnectionError:
        return False
