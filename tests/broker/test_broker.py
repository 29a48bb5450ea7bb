# SPDX-License-Identifier: Apache-2.0
"""kwire-broker as a server: framing, limits, bad peers, many connections."""

import os
import pathlib
import re
import resource
import socket
import struct
import tempfile
import time
import unittest

import support
from support import Process, api_versions, correlation_of, metadata_v1, request

LAUNCHER_DESCRIPTORS = int(os.environ.get("KWIRE_LAUNCHER_DESCRIPTORS", "0"))  # that valgrind keeps for itself
LINUX = pathlib.Path("/proc/self/status").exists()


def start(*lines: str, preexec=None) -> Process:
    """A broker on a free port, with these properties."""
    with tempfile.NamedTemporaryFile("w", suffix=".properties") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        return Process(support.program("KWIRE_BROKER"), file.name, "--listen", "127.0.0.1:0", preexec=preexec)


def allow_descriptors(number: int, at_first: int | None = None) -> None:
    """For the broker, without what its launcher keeps."""
    number += LAUNCHER_DESCRIPTORS
    resource.setrlimit(resource.RLIMIT_NOFILE, (at_first or number, number))


class Framing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = start()

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def test_byte_by_byte(self):
        with self.broker.connect() as c:
            frames = api_versions(1, 4) + metadata_v1(2, [b"foo"])
            for i in range(len(frames)):
                c.send(frames[i:i + 1])
            self.assertEqual([correlation_of(c.frame()) for _ in range(2)], [1, 2])

    def test_many_frames_in_one_write_are_answered_in_order(self):
        count = 5000
        frames = b"".join(api_versions(i) if i % 2 else metadata_v1(i, [b"t%d" % i]) for i in range(count))
        with self.broker.connect() as c:
            c.send(frames)
            self.assertEqual([correlation_of(c.frame()) for _ in range(count)], list(range(count)))

    def test_connections_are_independent(self):
        with self.broker.connect() as a, self.broker.connect() as b:
            half = api_versions(1)
            a.send(half[:7])
            self.assertEqual(correlation_of(b.ask(api_versions(2))), 2)
            self.assertEqual(correlation_of(a.send(half[7:]).frame()), 1)

    def test_large_frame(self):
        names = [b"topic-with-a-long-name-%06d" % i for i in range(30000)]
        with self.broker.connect() as c:
            answer = c.ask(metadata_v1(9, names))
            self.assertEqual(correlation_of(answer), 9)
            self.assertTrue(all(answer.count(n) == 1 for n in names[::3000]))
            self.assertEqual(correlation_of(c.ask(api_versions(10))), 10)

    def test_answers_after_the_peer_has_said_all(self):
        with self.broker.connect() as c:
            c.send(api_versions(1) + api_versions(2))
            c.socket.shutdown(socket.SHUT_WR)
            self.assertEqual([correlation_of(c.frame()) for _ in range(2)], [1, 2])
            self.assertEqual(c.rest(), b"")

    def test_quiet_connection_is_served_again(self):
        with self.broker.connect() as c:
            self.assertEqual(correlation_of(c.ask(api_versions(1))), 1)
            self.assertTrue(c.is_quiet(1.3), "long enough for its memory to be given back")
            self.assertEqual(correlation_of(c.ask(api_versions(2))), 2)

    @unittest.skipUnless(LINUX and not support.SANITIZED, "needs /proc, and memory as it is without sanitizers")
    def test_announced_bytes_take_no_memory(self):
        before = self.broker.reserved()
        clients = [self.broker.connect().send(struct.pack(">i", 104857600) + b"\0\x12") for _ in range(50)]
        self.assertTrue(clients[-1].is_quiet(0.2))
        self.assertLess(self.broker.reserved() - before, 50 * 512 * 1024)
        for c in clients:
            c.socket.close()

    def test_disconnects_harm_nobody(self):
        for i in range(30):
            c = self.broker.connect().send(api_versions(1) * 10 + b"\0\0\0\x30\0\x12"[:i % 7])
            if i % 2:
                c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.socket.close()
        with self.broker.connect() as c:
            self.assertEqual(correlation_of(c.ask(api_versions(3))), 3)


class BadFrames(unittest.TestCase):
    """Each ends its own connection, after the pending answers, with one line that has the reason."""

    CASES = {
        "unknown key": (request(9999, 3, 7), r"api key 9999 v3, correlation id 7: no such API"),
        "key of another kind of server": (request(52, 0, 7, flexible=True),
                                          r"Vote v0, correlation id 7: this API is not served"),
        "version": (request(3, 99, 7), r"Metadata v99, correlation id 7: only versions 0 to 13 are served"),
        "negative version": (request(60, -1, 7), r"DescribeCluster v-1, .*only versions 0 to 2 are served"),
        "body": (request(3, 1, 7, b"\0\0\0\x01\0\x05ab"),
                 r"Metadata v1, correlation id 7: length exceeds .* at byte 20 of the frame, field topics\[0\]\.name"),
        "count": (request(3, 1, 7, b"\x7f\xff\xff\xff"), r"Metadata v1, .*count exceeds .* byte 16 .*field topics"),
        "header": (support.framed(struct.pack(">hhih", 3, 1, 7, 99)),
                   r"Metadata v1, correlation id 7: request header: length exceeds .* at byte 12 of the frame"),
        "no header": (support.framed(b"\0\x03\0\x01"), r"Metadata v1, .*request header: input ends .* at byte 8 "),
        "negative size": (b"\xff" * 12, r"frame size is out of bounds: -1 bytes"),
        "size": (struct.pack(">i", 104857601), r"frame size is out of bounds: 104857601 bytes, 4 to 104857600 "),
        "TLS": (bytes.fromhex("16030100c5010000c10303") + bytes(190), r"not a Kafka frame: looks like TLS"),
        "HTTP": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", r"not a Kafka frame: looks like HTTP"),
        "garbage": (bytes(range(255, 0, -1)) * 40, r"frame size is out of bounds"),
    }

    def test_bad_frames(self):
        with start() as broker, broker.connect() as bystander:
            for number, (name, (frame, reason)) in enumerate(self.CASES.items(), 1):
                with self.subTest(name), broker.connect() as c:
                    peer = "127.0.0.1:%d" % c.socket.getsockname()[1]
                    answers = c.send(api_versions(1) + frame + api_versions(2)).rest()
                    self.assertEqual(correlation_of(answers), 1)
                    self.assertEqual(len(answers), 4 + struct.unpack(">i", answers[:4])[0], "one answer, not two")
                    log = broker.wait_for_log(number)
                    self.assertEqual(len(log), number, log)
                    moment = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
                    self.assertRegex(log[-1], moment + re.escape(peer) + ": closed: " + ".*" + reason)
                    self.assertEqual(correlation_of(bystander.ask(api_versions(3))), 3)

    def test_a_flood_of_bad_frames_does_not_flood_the_log(self):
        with start() as broker:
            count, most, begin = 1500, 200, time.monotonic()  # lines a second
            for _ in range(count):
                with broker.connect() as c:
                    c.send(b"\xff" * 8).rest()
            seconds = 2 + int(time.monotonic() - begin)
            time.sleep(1.1)
            with broker.connect() as c:
                c.send(b"\xff" * 8).rest()
            deadline = time.monotonic() + support.TIMEOUT
            written = left_out = 0
            while written + left_out < count + 1 and time.monotonic() < deadline:  # lines are written a little later
                time.sleep(0.01)
                log = broker.log()
                left_out = sum(int(n) for n in re.findall(r" (\d+) lines about peers are left out", "\n".join(log)))
                written = sum("closed" in line for line in log)
            self.assertEqual(written + left_out, count + 1)
            self.assertLessEqual(written, most * seconds + 1)

    def test_frame_that_is_cut_short(self):
        frame = bytes.fromhex("0000001a0012000467890abc00096b61666b612d636c69000a6b61666b612d636c6904302e3100")
        with start() as broker:
            for _ in range(20):
                with broker.connect() as c:
                    answer = c.send(frame).rest()
                    self.assertEqual(answer[4:10].hex(), "67890abc0000")
                    self.assertEqual(len(answer), 4 + int.from_bytes(answer[:4], "big"))
            self.assertEqual(len(broker.wait_for_log(20)), 20)


class Limits(unittest.TestCase):
    def test_frame_size(self):
        with start("socket.request.max.bytes=64") as broker:
            with broker.connect() as c:
                self.assertEqual(correlation_of(c.ask(support.framed(api_versions(1)[4:].ljust(64, b"\0")))), 1)
                self.assertEqual(c.send(support.framed(bytes(65))).rest(), b"")
            self.assertRegex(broker.wait_for_log(1)[0], "65 bytes, 4 to 64 are allowed")

    def test_connections(self):
        with start("max.connections=2") as broker:
            a, b = broker.connect(), broker.connect()
            self.assertEqual([correlation_of(c.ask(api_versions(1))) for c in (a, b)], [1, 1])
            with broker.connect() as c:
                self.assertEqual(c.rest(), b"")
            self.assertRegex(broker.wait_for_log(1)[0], "127.0.0.1:[0-9]+: refused: max.connections is reached")
            a.socket.close()
            for _ in range(100):  # until the broker has noticed
                with broker.connect() as c:
                    try:
                        if correlation_of(c.ask(api_versions(2)).ljust(8, b"\0")) == 2:
                            break
                    except ConnectionError:
                        pass
                time.sleep(0.02)
            else:
                self.fail("the place is not free again")
            b.socket.close()

    def test_idle_time(self):
        for ms in (300, 1400):
            with start(f"connections.max.idle.ms={ms}") as broker, broker.connect() as c, broker.connect() as silent:
                c.ask(api_versions(1))
                begin = time.monotonic()
                self.assertEqual(c.rest(), b"")
                self.assertAlmostEqual(time.monotonic() - begin, ms / 1000, delta=0.25)
                self.assertEqual(silent.rest(), b"")
                self.assertEqual(broker.log(), [])

    def test_peer_that_does_not_read(self):
        with start("connections.max.idle.ms=500", "auto.create.topics.enable=false") as broker, \
                broker.connect() as deaf:
            deaf.socket.settimeout(3)
            with self.assertRaises((ConnectionError, TimeoutError)):
                for _ in range(100):
                    deaf.send(metadata_v1(1, [b"name-%06d" % i for i in range(20000)]))
            self.assertRegex(broker.wait_for_log(1)[0], "closed: the peer does not read its responses")
            with broker.connect() as c:
                self.assertEqual(correlation_of(c.ask(api_versions(2))), 2)

    @unittest.skipUnless(LINUX, "needs /proc")
    @unittest.skipIf("KWIRE_LAUNCHER_DESCRIPTORS" in os.environ,
                     "the launcher takes descriptors, or accepts the connection itself and drops it")
    def test_no_descriptors_left(self):
        with start(preexec=lambda: allow_descriptors(10)) as broker:
            clients = [broker.connect() for _ in range(8)]
            self.assertEqual(correlation_of(clients[0].ask(api_versions(1))), 1)
            self.assertRegex(broker.wait_for_log(1)[0], "cannot accept connections")
            before = broker.processor_seconds()
            self.assertTrue(clients[-1].is_quiet(1))
            self.assertLess(broker.processor_seconds() - before, 0.3, "it must not spin")
            for c in clients[:6]:
                c.socket.close()
            self.assertEqual(correlation_of(clients[-1].ask(api_versions(2))), 2)
            for c in clients[6:]:
                c.socket.close()

    @unittest.skipIf(LAUNCHER_DESCRIPTORS > 0, "valgrind gives the program another limit")
    def test_descriptors_are_left_for_files(self):
        for allowed, connections in ((300, 172), (200, 100)):
            with self.subTest(allowed=allowed), start(preexec=lambda: allow_descriptors(allowed, 90)) as broker:
                clients = [broker.connect() for _ in range(connections)]
                self.assertTrue(all(correlation_of(c.ask(api_versions(1))) == 1 for c in clients))
                with broker.connect() as c:
                    self.assertEqual(c.rest(), b"")
                self.assertRegex(broker.wait_for_log(1)[0], "refused: max.connections is reached")
                for c in clients:
                    c.socket.close()

    def test_connections_of_one_address(self):
        with start("max.connections.per.ip=2") as broker:
            clients = [broker.connect() for _ in range(2)]
            self.assertEqual([correlation_of(c.ask(api_versions(1))) for c in clients], [1, 1])
            with broker.connect() as c:
                self.assertEqual(c.rest(), b"")
            self.assertRegex(broker.wait_for_log(1)[0], "127.0.0.1:[0-9]+: refused: max.connections.per.ip is reached")
            with socket.create_connection((broker.host, broker.port), 10, ("127.0.0.2", 0)) as other:
                other.sendall(api_versions(4))
                self.assertEqual(correlation_of(other.recv(8)), 4)
            for c in clients:
                c.socket.close()

    def test_memory_of_large_requests(self):
        size = 1 << 20
        large = struct.pack(">ihhih", size, 18, 0, 5, -1) + bytes(size - 10)
        limits = (f"socket.request.max.bytes={size}", f"queued.max.request.bytes={size}")
        with start(*limits) as broker, broker.connect() as first, broker.connect() as second, broker.connect() as third:
            first.send(large[:100000])
            self.assertTrue(first.is_quiet(0.3))
            second.socket.settimeout(0.1)
            sent = 0
            try:  # as much as the system's buffers hold
                while sent < size:
                    sent += second.socket.send(large[sent:sent + 65536])
            except TimeoutError:
                pass
            second.socket.settimeout(support.TIMEOUT)
            self.assertTrue(second.is_quiet(0.5), "a large request is let in though another one has all the memory")
            self.assertEqual(correlation_of(third.ask(api_versions(6))), 6, "small requests need not wait")
            self.assertEqual(correlation_of(first.send(large[100000:]).frame()), 5)
            self.assertEqual(correlation_of(second.send(large[sent:]).frame()), 5)
            self.assertEqual(correlation_of(third.ask(large)), 5)
            third.send(large[:200000])
            third.socket.close()
            self.assertEqual(correlation_of(first.ask(large)), 5, "who leaves gives the memory back")

    def test_waiting_for_memory_ends_with_the_broker(self):
        size = 1 << 20
        head = struct.pack(">ihhih", size, 18, 0, 5, -1) + bytes(100000)
        with start(f"socket.request.max.bytes={size}", f"queued.max.request.bytes={size}") as broker:
            clients = [broker.connect().send(head) for _ in range(5)]
            self.assertTrue(clients[-1].is_quiet(0.3))
            begin = time.monotonic()
            self.assertEqual(broker.stop(), 0)
            self.assertLess(time.monotonic() - begin, 3)
            for c in clients:
                c.socket.close()


class Crowd(unittest.TestCase):
    IDLE, BUSY, ROUNDS = 2000, 100, 20

    def test_2000_idle_and_100_busy_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = self.IDLE + self.BUSY + 100
        if hard != resource.RLIM_INFINITY and hard < needed:
            self.skipTest(f"needs {needed} descriptors")
        if soft != resource.RLIM_INFINITY and soft < needed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        with start() as broker:
            before = broker.resident() if LINUX else 0
            idle = [broker.connect() for _ in range(self.IDLE)]
            for c in idle:
                c.send(api_versions(1))
            self.assertTrue(all(correlation_of(c.frame()) == 1 for c in idle))
            busy = [broker.connect() for _ in range(self.BUSY)]
            for number in range(self.ROUNDS):
                for c in busy:
                    c.send(metadata_v1(number, None) + api_versions(number, 4))
                for c in busy:
                    self.assertEqual([correlation_of(c.frame()), correlation_of(c.frame())], [number, number])
            for c in idle[::40]:
                self.assertEqual(correlation_of(c.ask(api_versions(2))), 2)
            if LINUX and not support.SANITIZED:
                time.sleep(1.5)  # until the memory of quiet connections is released
                each = (broker.resident() - before) / (self.IDLE + self.BUSY)
                self.assertLess(each, 32 * 1024)
            begin = time.monotonic()
            self.assertEqual(broker.stop(), 0)
            self.assertLess(time.monotonic() - begin, 5)
            self.assertEqual(broker.log(), [])
            for c in idle + busy:
                c.socket.close()


if __name__ == "__main__":
    unittest.main()
