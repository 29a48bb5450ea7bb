# SPDX-License-Identifier: Apache-2.0
"""A transactional producer of the old protocol, byte by byte, which may also say what no client does."""
from __future__ import annotations

import socket
import struct
import time

PRODUCE, FIND_COORDINATOR, INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, END_TXN = 0, 10, 22, 24, 26
TRANSACTIONAL = 0x10
SECONDS = 30
COORDINATORS_OF_TRANSACTIONS = 1


def _text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def _crc(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def _batch(value: str, at_ms: int, producer: int, epoch: int, sequence: int) -> bytes:
    """Of one short record."""
    body = b"\0\0\0\x01" + bytes([2 * len(value)]) + value.encode() + b"\0"
    record = bytes([2 * len(body)]) + body
    tail = struct.pack(">hiqqqhii", TRANSACTIONAL, 0, at_ms, at_ms, producer, epoch, sequence, 1) + record
    return struct.pack(">qiibI", 0, len(tail) + 9, -1, 2, _crc(tail)) + tail


class OldProducer:
    """All answers are error codes of Kafka."""

    def __init__(self, address: str, transactional_id: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), SECONDS)
        self.stream = self.socket.makefile("rb")
        self.id = transactional_id
        self.producer = self.epoch = -1
        self.sequences: dict[tuple[str, int], int] = {}

    def close(self) -> None:
        self.stream.close()
        self.socket.close()

    def _ask(self, api: int, version: int, body: bytes) -> bytes:
        """The answer without its header."""
        request = struct.pack(">hhi", api, version, 1) + _text("old") + body
        self.socket.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", self.stream.read(4))
        return self.stream.read(size)[4:]

    def start(self, timeout_ms: int) -> None:
        """With a new epoch, once there is a coordinator."""
        deadline = time.monotonic() + SECONDS
        while (error := self._find() or self._init(timeout_ms)) != 0:
            if time.monotonic() > deadline:
                raise ValueError(f"there is no coordinator: error {error}")
            time.sleep(0.1)

    def _find(self) -> int:
        answer = self._ask(FIND_COORDINATOR, 1, _text(self.id) + bytes([COORDINATORS_OF_TRANSACTIONS]))
        return struct.unpack_from(">h", answer, 4)[0]

    def _init(self, timeout_ms: int) -> int:
        answer = self._ask(INIT_PRODUCER_ID, 1, _text(self.id) + struct.pack(">i", timeout_ms))
        error, self.producer, self.epoch = struct.unpack_from(">hqh", answer, 4)
        return error

    def _own(self) -> bytes:
        return _text(self.id) + struct.pack(">qh", self.producer, self.epoch)

    def add(self, topic: str, partition: int) -> int:
        answer = self._ask(ADD_PARTITIONS_TO_TXN, 1,
                           self._own() + struct.pack(">i", 1) + _text(topic) + struct.pack(">ii", 1, partition))
        return struct.unpack(">h", answer[-2:])[0]

    def end(self, committed: bool) -> int:
        return struct.unpack_from(">h", self._ask(END_TXN, 1, self._own() + bytes([committed])), 4)[0]

    def send(self, topic: str, partition: int, value: str, at_ms: int) -> int:
        sequence = self.sequences.get((topic, partition), 0)
        batch = _batch(value, at_ms, self.producer, self.epoch, sequence)
        answer = self._ask(PRODUCE, 8, _text(self.id) + struct.pack(">hii", -1, 10000, 1) + _text(topic) +
                           struct.pack(">iii", 1, partition, len(batch)) + batch)
        (error,) = struct.unpack_from(">h", answer, 4 + 2 + len(topic) + 4 + 4)
        self.sequences[topic, partition] = sequence + (error == 0)
        return error
