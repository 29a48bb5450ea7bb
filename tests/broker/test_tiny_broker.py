# SPDX-License-Identifier: Apache-2.0
"""tiny-broker, the example: the documentation prints its bytes, so they are compared exactly."""

import unittest

import support
from support import Client, Process, api_versions, describe_topic_partitions, request

V4 = bytes.fromhex("0000001a 6f7fc661 0000 03 0012 0000 0004 00 004b 0000 0000 00 00000000 00")
V0 = bytes.fromhex("00000016 00000007 0000 00000002 0012 0000 0004 004b 0000 0000")
REFUSED = bytes.fromhex("00000010 00000007 0023 00000001 0012 0000 0004")
FOO = bytes.fromhex("00000029 00000007 00 00000000 02 0003 04 666f6f 00000000000000000000000000000000 00 01 00000000 00"
                    "ff 00")
FULL_FRAME = bytes.fromhex("00000023001200046f7fc66100096b61666b612d636c69000a6b61666b612d636c6904302e3100")
CUT_FRAME = bytes.fromhex("0000001a0012000467890abc00096b61666b612d636c69000a6b61666b612d636c6904302e3100")


class TinyBroker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.address = f"127.0.0.1:{support.free_port()}"
        cls.broker = Process(support.program("TINY_BROKER"), cls.address)

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def test_ready_line(self):
        self.assertEqual(self.broker.line, f"tiny-broker listening on {self.address}\n")

    def test_api_versions(self):
        with self.broker.connect() as c:
            self.assertEqual(c.ask(FULL_FRAME), V4)
            self.assertEqual(c.ask(api_versions(7)), V0)
            self.assertEqual(c.ask(api_versions(7, 3)), V4.replace(b"\x6f\x7f\xc6\x61", b"\0\0\0\x07"))
            for version in (1, 2):
                self.assertEqual(c.ask(api_versions(7, version)), b"\0\0\0\x1a" + V0[4:] + b"\0\0\0\0")

    def test_unsupported_versions(self):
        with self.broker.connect() as c:
            for version in (99, 32767, -1, -32768):
                self.assertEqual(c.ask(request(18, version, 7, b"\xff" * 9)), REFUSED, version)
            self.assertEqual(c.ask(request(18, 5, 7, b"\0\2a\2b\0\0\0\0\0\0")), REFUSED)
            self.assertEqual(c.ask(api_versions(7)), V0)

    def test_unknown_topic(self):
        with self.broker.connect() as c:
            self.assertEqual(c.ask(describe_topic_partitions(7, b"foo")), FOO)
            self.assertEqual(c.ask(describe_topic_partitions(7)), bytes.fromhex("0000000c000000070000000000 01 ff 00"))

    def test_frame_that_is_cut_short(self):
        with self.broker.connect() as c:
            c.send(CUT_FRAME)
            self.assertEqual(c.rest(), V4.replace(b"\x6f\x7f\xc6\x61", b"\x67\x89\x0a\xbc"))

    def test_byte_by_byte_and_many_at_once(self):
        with self.broker.connect() as c:
            for i in range(len(FULL_FRAME)):
                c.send(FULL_FRAME[i:i + 1])
            self.assertEqual(c.frame(), V4)
            c.send(FULL_FRAME * 100 + describe_topic_partitions(7, b"foo"))
            self.assertEqual(c.take(100 * len(V4)), V4 * 100)
            self.assertEqual(c.frame(), FOO)

    def test_bad_frames_end_only_their_connection(self):
        with self.broker.connect() as bystander:
            for bad in (request(3, 1, 7), request(75, 1, 7), request(75, 0, 7, b"\x02\x09", flexible=True),
                        b"GET / HTTP/1.1\r\n\r\n", b"\x7f\xff\xff\xff"):
                with Client("127.0.0.1", self.broker.port) as c:
                    self.assertEqual(c.send(api_versions(7) + bad).rest(), V0, bad)
            self.assertEqual(bystander.ask(api_versions(7)), V0)


if __name__ == "__main__":
    unittest.main()
