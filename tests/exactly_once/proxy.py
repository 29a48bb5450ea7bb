# SPDX-License-Identifier: Apache-2.0
"""A proxy between clients and a broker, which knows where requests and answers end and disturbs them.

Whether the N-th request of an API is disturbed is what the seed says, whoever sends it, and so is what happens to those
that are, one after the other: each hundred of them has all fates. What is cut is always the client's connection and the
broker's together.
"""
from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass

MOST_BYTES = 100 << 20
PRODUCE, FETCH, FIND_COORDINATOR, JOIN_GROUP, SYNC_GROUP, INIT_PRODUCER_ID = 0, 1, 10, 11, 14, 22
ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN, END_TXN, WRITE_TXN_MARKERS, TXN_OFFSET_COMMIT = 24, 25, 26, 27, 28
# One request out of so many is disturbed.
RARITY = {PRODUCE: 6, FETCH: 40, FIND_COORDINATOR: 10, JOIN_GROUP: 10, SYNC_GROUP: 10, INIT_PRODUCER_ID: 5,
          ADD_PARTITIONS_TO_TXN: 5, ADD_OFFSETS_TO_TXN: 5, END_TXN: 4, TXN_OFFSET_COMMIT: 5, WRITE_TXN_MARKERS: 20}
RARITY_OF_OTHERS = 40
CUT_BEFORE, CUT_IN_REQUEST, CUT_BEHIND = "before the request", "in the request", "behind the request"
CUT_BEFORE_ANSWER, CUT_IN_ANSWER = "before the answer", "in the answer"
LATE, STALLED, CRUMBS = "answered too late", "nothing answered for long", "in small pieces"
# Of a hundred disturbed requests.
FATES = {CUT_BEFORE: 19, CUT_IN_REQUEST: 9, CUT_BEHIND: 19, CUT_BEFORE_ANSWER: 28, CUT_IN_ANSWER: 9, LATE: 5,
         STALLED: 2, CRUMBS: 9}
CUTS = (CUT_BEFORE, CUT_IN_REQUEST, CUT_BEHIND, CUT_BEFORE_ANSWER, CUT_IN_ANSWER)
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


@dataclass(frozen=True)
class Request:
    api: int
    correlation: int
    client: bytes
    fate: str

    @staticmethod
    def of(frame: bytes) -> tuple[int, int, bytes]:
        """API, correlation id, client id: all request headers start with them."""
        api, _, correlation, size = struct.unpack_from(">hhih", frame, 4)
        return api, correlation, frame[14:14 + max(size, 0)]


async def _frame(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(4)
    (size,) = struct.unpack(">i", head)
    if not 4 <= size <= MOST_BYTES:
        raise ConnectionError(f"a frame of {size} bytes")
    return head + await reader.readexactly(size)


class _Connection:
    """Ends when one side has ended, or when it is cut."""

    def __init__(self, proxy: Proxy, client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
                 broker: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.proxy = proxy
        self.from_client, self.to_client = client
        self.from_broker, self.to_broker = broker
        self.waiting: deque[Request] = deque()

    async def run(self) -> None:
        tasks = [asyncio.create_task(self._requests()), asyncio.create_task(self._answers())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for writer in (self.to_client, self.to_broker):
                self._close(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        if self.proxy.dice.random() < 0.3 and not writer.is_closing():
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.close()

    async def _requests(self) -> None:
        while True:
            frame = await _frame(self.from_client)
            api, correlation, client = Request.of(frame)
            request = Request(api, correlation, client, self.proxy.fate_of(api, client))
            if request.fate == CUT_BEFORE:
                return
            if request.fate == CUT_IN_REQUEST:
                await self._send(self.to_broker, self._part_of(frame))
                return
            self.waiting.append(request)
            await self._send(self.to_broker, frame, request.fate == CRUMBS)
            if request.fate == CUT_BEHIND:
                return

    async def _answers(self) -> None:
        while True:
            frame = await _frame(self.from_broker)
            request = self.waiting.popleft()
            if struct.unpack_from(">i", frame, 4) != (request.correlation,):
                self.proxy.problems.append(f"a request of API {request.api} has got the answer of another one")
            if request.fate == CUT_BEFORE_ANSWER:
                return
            if request.fate == CUT_IN_ANSWER:
                await self._send(self.to_client, self._part_of(frame))
                return
            if request.fate == LATE:
                await asyncio.sleep(self.proxy.late_seconds)
            await asyncio.sleep(self.proxy.silence_for(request.client))
            await self._send(self.to_client, frame, request.fate == CRUMBS)

    def _part_of(self, frame: bytes) -> bytes:
        """Not all of it."""
        return frame[:self.proxy.dice.randrange(1, len(frame))]

    async def _send(self, writer: asyncio.StreamWriter, data: bytes, in_crumbs: bool = False) -> None:
        size = self.proxy.dice.randint(1, len(data)) if in_crumbs else len(data)
        for start in range(0, len(data), max(size, 1 + len(data) // 10)):
            if start:
                await asyncio.sleep(0.01)
            writer.write(data[start:start + max(size, 1 + len(data) // 10)])
            await writer.drain()


class Proxy(threading.Thread):
    """Listens at `address`; passes all on while it is quiet. An answer that is late is `late_seconds` late."""

    def __init__(self, seed: str) -> None:
        super().__init__(daemon=True)
        self.seed = seed
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.broker_port = 0
        self.late_seconds = 2.0
        self.is_quiet = True
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.dice = random.Random(f"{seed} places")
        self.order = random.Random(f"{seed} fates")
        self.chances: dict[int, random.Random] = {}  # of each API
        self.fates: list[str] = []  # the next ones, the last one first
        self.silences: dict[bytes, float] = {}  # until when clients get no answers

    def cuts(self) -> int:
        return sum(self.counts[fate] for fate in CUTS)

    def fate_of(self, api: int, client: bytes) -> str:
        """"" is none."""
        if self.is_quiet:
            return ""
        chances = self.chances.setdefault(api, random.Random(f"{self.seed} {api}"))
        if chances.randrange(RARITY.get(api, RARITY_OF_OTHERS)) > 0:
            return ""
        fate = self._next_fate()
        self.counts[fate] += 1
        if fate == STALLED:
            self.silences[client] = time.monotonic() + 2 * self.late_seconds
        return fate

    def _next_fate(self) -> str:
        if not self.fates:
            self.fates = [fate for fate, count in FATES.items() for _ in range(count)]
            self.order.shuffle(self.fates)
        return self.fates.pop()

    def silence_for(self, client: bytes) -> float:
        return max(self.silences.get(client, 0) - time.monotonic(), 0)

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.ended.set)
        self.join()

    async def _serve(self) -> None:
        self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, sock=self.listener)
        await self.ended.wait()
        server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            broker = await asyncio.open_connection("127.0.0.1", self.broker_port)
            await _Connection(self, (reader, writer), broker).run()
        except OSError:  # the broker is being started
            writer.close()
        except asyncio.CancelledError:  # the proxy is stopped
            pass
