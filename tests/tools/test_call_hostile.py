#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire call and peers that are slow, broken or hostile: it ends in time, in bounded memory, with a place and a
reason."""

from __future__ import annotations

import os
import random
import resource
import socket
import struct
import subprocess
import time
import unittest
from collections.abc import Callable

from command import KWIRE, TIMEOUT, CommandTest, Done, kwire, main
from fake_broker import (API_VERSIONS, METADATA, NEWEST, Broker, Peer, Request, api_versions, framed, response,
                         take_request)

# Timeout in seconds of a call that must time out, but not before it reaches the tested point.
PATIENCE = 4.0 if "KWIRE_SANITIZED" in os.environ else 0.7
ASKED = "the answer to Metadata 1"
ERROR = r"kwire: (?:ERR_[A-Z_]+|[A-Z_]+)(?: at byte \d+)?: [^\n]+\n"


class Hostile(CommandTest):
    def answer_with(self, data: bytes | Callable[[Request], bytes], *words: str, ends: bool = True) -> Done:
        """Metadata 1 of a broker that answers with these bytes, and ends the connection or waits."""
        def serve(connection: socket.socket) -> None:
            request = take_request(connection)
            connection.sendall(response(request, api_versions(request.version, {METADATA: (1, 1)})))
            request = take_request(connection)
            connection.sendall(data if isinstance(data, bytes) else data(request))
            if not ends:
                connection.recv(1)

        with Peer(serve) as peer:
            done = kwire("call", peer.address, "Metadata", *words)
            self.where = peer.address
        return done

    def refuses(self, why: str, data: bytes | Callable[[Request], bytes], *words: str, ends: bool = True) -> None:
        done = self.answer_with(data, *words, ends=ends)
        code, detail = why.split(": ", 1)
        self.assertEqual(Done(3, "", f"kwire: {code}: {self.where}: {detail}\n"), done)


class Frames(Hostile):
    def test_ends(self) -> None:
        self.refuses(f"ERR_CONNECTION: {ASKED}: the broker ended the connection instead; it may require a login "
                     "(--sasl), or not understand the request", b"")
        for size in (1, 2, 3):
            self.refuses(f"ERR_CONNECTION: {ASKED}: the broker ended the connection inside the size of a frame",
                         b"\0" * size)
        self.refuses(f"ERR_CONNECTION: {ASKED}: the broker ended the connection after 4 of 104 bytes of a frame",
                     b"\0\0\0\x64")
        self.refuses(f"ERR_CONNECTION: {ASKED}: the broker ended the connection after 54 of 104 bytes of a frame",
                     b"\0\0\0\x64" + b"x" * 50)

    def test_sizes(self) -> None:
        for size in (-1, -2147483648, 0, 3):
            self.refuses(f"ERR_FRAME_SIZE: {ASKED}: a frame cannot have a size of {size}", struct.pack(">i", size),
                         ends=False)
        self.refuses(f"ERR_FRAME_SIZE: {ASKED}: it is 2147483647 bytes long, more than --max-memory allows: 268435456",
                     b"\x7f\xff\xff\xff", ends=False)
        self.refuses(f"ERR_FRAME_SIZE: {ASKED}: it is 65537 bytes long, more than --max-memory allows: 65536",
                     b"\0\x01\0\x01", "--max-memory", "65536", ends=False)

    def test_other_protocols(self) -> None:
        self.refuses(f"ERR_FRAME_TLS: {ASKED}: not a Kafka frame: looks like TLS (see --tls)",
                     b"\x15\x03\x03\x00\x02\x02\x50", ends=False)
        self.refuses(f"ERR_FRAME_HTTP: {ASKED}: not a Kafka frame: looks like HTTP",
                     b"HTTP/1.1 400 Bad Request\r\n\r\n", ends=False)

    def test_correlation_id(self) -> None:
        self.refuses(f"ERR_ANSWER: {ASKED}: it has correlation id 77 instead of 2",
                     framed(struct.pack(">iiii", 77, 0, -1, 0)))

    def test_bodies(self) -> None:
        """Any prefix of an answer is refused at the start of the missing field."""
        whole = struct.pack(">iih1sihi", 1, 5, 1, b"h", 9, -1, 0) + struct.pack(">i", 0)
        for size in range(len(whole)):
            done = self.answer_with(lambda request: response(request, whole[:size]))
            self.assertEqual((3, ""), (done.status, done.out), size)
            self.assertRegex(done.err, rf"\Akwire: ERR_(TRUNCATED|LENGTH|COUNT)( at byte \d+)?: {self.where}: "
                                       r"MetadataResponse 1: (brokers|controllerId|topics)\S*: [^\n]+\n\Z")
        self.assertEqual(Done(0, '{"brokers":[{"nodeId":5,"host":"h","port":9,"rack":null}],"controllerId":0,'
                                 '"topics":[]}\n', ""), self.answer_with(lambda request: response(request, whole)))

    def test_place_of_an_error(self) -> None:
        self.refuses("ERR_LENGTH at byte 14: MetadataResponse 1: topics[0].name: length exceeds the bytes left",
                     lambda request: response(request, struct.pack(">iiihh", 0, 0, 1, 0, 99) + b"short"))

    def test_bytes_after_the_answer(self) -> None:
        for rest, what in ((b"x", "1 byte is left"), (b"xyz", "3 bytes are left")):
            done = self.answer_with(lambda request: response(request, struct.pack(">iii", 0, -1, 0) + rest))
            self.assertEqual(Done(0, '{"brokers":[],"controllerId":-1,"topics":[]}\n',
                                  f"kwire: warning: {what} after the answer\n"), done)

    def test_hex_of_what_cannot_be_decoded(self) -> None:
        done = self.answer_with(lambda request: response(request, b"\1\2\3"), "--hex")
        self.assertEqual((3, "010203\n"), (done.status, done.out))
        self.assertIn("ERR_TRUNCATED", done.err)

    def test_explained_as_far_as_it_came(self) -> None:
        for data, why in ((b"\0\0\0\x20\0\0\0\2\0\0\0\1\0\0",
                           "the broker ended the connection after 14 of 36 bytes"),
                          (b"\0", "the broker ended the connection inside the size of a frame"),
                          (b"\xff\xff\xff\xff", "a frame cannot have a size of -1"),
                          (framed(struct.pack(">iiii", 77, 0, -1, 0)), "it has correlation id 77 instead of 2"),
                          (framed(struct.pack(">iii", 2, 9, 5)), "brokers: count exceeds what the bytes left can")):
            done = self.answer_with(data, "--explain")
            self.assertEqual(3, done.status)
            self.assertIn(why, done.err)
            self.assertIn("Metadata request version 1, correlation id 2, ", done.out)
            self.assertIn("Metadata response version 1, ", done.out)
        done = self.answer_with(b"", "--explain")
        self.assertNotIn("Metadata response", done.out)

    def test_many_errors(self) -> None:
        topics = b"".join(struct.pack(">hh1sBi", 3 if n else -1, 1, b"t", 0, 0) for n in range(1000))
        done = self.answer_with(lambda request: response(request, struct.pack(">iii", 0, 0, 1000) + topics))
        lines = done.err.splitlines()
        self.assertEqual((1, 21), (done.status, len(lines)))
        self.assertEqual("kwire: topics[0].errorCode: UNKNOWN_SERVER_ERROR (-1)", lines[0])
        self.assertEqual("kwire: topics[19].errorCode: UNKNOWN_TOPIC_OR_PARTITION (3)", lines[19])
        self.assertEqual("kwire: and 980 more errors in the answer", lines[20])

    def test_unknown_error(self) -> None:
        topic = struct.pack(">hh1sBi", 999, 1, b"t", 0, 0)
        done = self.answer_with(lambda request: response(request, struct.pack(">iii", 0, 0, 1) + topic))
        self.assertEqual((1, "kwire: topics[0].errorCode: UNKNOWN_ERROR_CODE (999)\n"), (done.status, done.err))


class Noise(Hostile):
    def check(self, done: Done, seed: int) -> None:
        self.assertIn(done.status, (0, 1, 3), seed)
        if done.status == 3:
            self.assertEqual("", done.out, seed)
            self.assertRegex(done.err, rf"\A(?:{ERROR})+\Z", seed)

    def test_random_bytes_from_the_start(self) -> None:
        for seed in range(60):
            chance = random.Random(seed)
            data = chance.randbytes(chance.randrange(1, 200))
            if seed % 2:
                data = framed(struct.pack(">i", 1) + data)

            def serve(connection: socket.socket) -> None:
                take_request(connection)
                connection.sendall(data)

            with Peer(serve) as peer:
                self.check(kwire("call", peer.address, "Metadata", "--timeout", "5"), seed)

    def test_random_bodies(self) -> None:
        for seed in range(60):
            chance = random.Random(seed)
            body = bytearray(struct.pack(">iih1sihiihh1sBi", 1, 5, 1, b"h", 9, -1, 0, 1, 0, 1, b"t", 0, 0))
            for _ in range(chance.randrange(1, 4)):
                body[chance.randrange(len(body))] = chance.choice((0, 1, 127, 128, 255))
            self.check(self.answer_with(lambda request: response(request, bytes(body))), seed)


class Time(Hostile):
    def in_time(self, why: str, serve: Callable[[socket.socket], None], *words: str) -> None:
        with Peer(serve) as peer:
            began = time.monotonic()
            done = kwire("call", peer.address, "Metadata", "--timeout", str(PATIENCE), *words)
            took = time.monotonic() - began
        self.assertEqual(Done(3, "", f"kwire: ERR_TIMEOUT: {peer.address}: {why}: timed out (see --timeout)\n"),
                         done)
        self.assertTrue(PATIENCE - 0.1 < took < PATIENCE + 10, took)

    def test_silence(self) -> None:
        def serve(connection: socket.socket) -> None:
            take_request(connection)
            connection.recv(1)

        self.in_time(f"the answer to ApiVersions {NEWEST}", serve)

    def test_silence_after_negotiation(self) -> None:
        def serve(connection: socket.socket) -> None:
            request = take_request(connection)
            connection.sendall(response(request, api_versions(request.version, {METADATA: (1, 1)})))
            take_request(connection)
            connection.recv(1)

        self.in_time(ASKED, serve)

    def test_byte_by_byte(self) -> None:
        """Every byte is progress, and yet the call times out."""
        def serve(connection: socket.socket) -> None:
            take_request(connection)
            connection.sendall(b"\0\0\xff\xff")
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)

        self.in_time(f"the answer to ApiVersions {NEWEST}", serve)

    def test_peer_that_does_not_read(self) -> None:
        def serve(connection: socket.socket) -> None:
            request = take_request(connection)
            connection.sendall(response(request, api_versions(request.version, {METADATA: (1, 1)})))
            time.sleep(PATIENCE + 0.5)

        names = ",".join('{"name":"%s"}' % ("n" * 30000) for _ in range(600))
        with Peer(serve) as peer:
            done = kwire("call", peer.address, "Metadata", "-", "--timeout", str(PATIENCE),
                         stdin='{"topics":[%s]}' % names)
        self.assertEqual((3, ""), (done.status, done.out))
        self.assertEqual(f"kwire: ERR_TIMEOUT: {peer.address}: sending Metadata 1: timed out (see --timeout)\n",
                         done.err)

    def test_nobody_accepts(self) -> None:
        """A queue of connections that is full: the kernel leaves the newest one waiting."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = "127.0.0.1:%d" % listener.getsockname()[1]
            waiting = []
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(listener.getsockname())
            done = kwire("call", address, "Metadata", "--timeout", "0.7")
            for one in waiting:
                one.close()
        self.assertEqual((3, ""), (done.status, done.out))
        words = "(Connection|Operation) timed out"  # in glibc, in musl
        self.assertRegex(done.err, rf"\Akwire: ERR_TIMEOUT: {address}: 127\.0\.0\.1: {words}\n\Z")


@unittest.skipIf("KWIRE_SANITIZED" in os.environ, "sanitizers take address space for themselves")
class Memory(Hostile):
    def call(self, address: str, *words: str) -> Done:
        """With 128 MiB of address space; without enough of it the command says so."""
        most = 128 << 20
        done = subprocess.run([KWIRE, "call", address, "Metadata", *words], capture_output=True, timeout=TIMEOUT,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)), text=True)
        return Done(done.returncode, done.stdout, done.stderr)

    def test_frame_that_is_only_announced(self) -> None:
        def serve(connection: socket.socket) -> None:
            take_request(connection)
            connection.sendall(struct.pack(">i", 250 << 20) + b"x" * 100)
            connection.recv(1)

        with Peer(serve) as peer:
            done = self.call(peer.address, "--timeout", "0.7")
        self.assertEqual(Done(3, "", f"kwire: ERR_TIMEOUT: {peer.address}: the answer to ApiVersions {NEWEST}: "
                                     "timed out (see --timeout)\n"), done)

    def test_answer_that_grows_when_it_is_decoded(self) -> None:
        """It has the maximal length; decoded it takes more than that."""
        def serve(connection: socket.socket) -> None:
            request = take_request(connection)
            connection.sendall(response(request, api_versions(request.version, {METADATA: (1, 1)})))
            count = 700000
            body = struct.pack(">iii", 0, 0, count) + struct.pack(">hhBi", 3, 0, 0, 0) * count
            connection.sendall(response(take_request(connection), body))

        with Peer(serve) as peer:
            done = self.call(peer.address, "--max-memory", str(8 << 20))
        self.assertEqual((3, ""), (done.status, done.out))
        self.assertRegex(done.err, rf"\Akwire: ERR_MEMORY_LIMIT( at byte \d+)?: {peer.address}: MetadataResponse 1: "
                                   r"topics: memory limit reached\n\Z")


if __name__ == "__main__":
    main()
