# SPDX-License-Identifier: Apache-2.0
"""kwire-broker serves its clients and stops although nobody reads its standard error."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import support
from support import Client, api_versions, correlation_of

PEERS = 1000
ALLOWED = 4  # connections of one address


class FullPipe(unittest.TestCase):
    def setUp(self):
        self.reader, self.writer = os.pipe()
        self.addCleanup(os.close, self.reader)
        os.set_blocking(self.writer, False)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(self.writer, b"." * 4096)
        os.set_blocking(self.writer, True)

    def start(self, *arguments: str) -> tuple[subprocess.Popen, int]:
        process = subprocess.Popen([support.program("KWIRE_BROKER"), "--listen", "127.0.0.1:0", *arguments],
                                   stdout=subprocess.PIPE, stderr=self.writer)
        os.close(self.writer)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, int(process.stdout.readline().decode().rsplit(":", 1)[1])

    def assert_stops(self, process: subprocess.Popen):
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(support.TIMEOUT), 0)
        if not support.SANITIZED:
            self.assertLess(time.monotonic() - before, 1)

    def properties(self, *lines: str) -> str:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = pathlib.Path(directory.name, "server.properties")
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def test_bad_frames(self):
        process, port = self.start()
        with Client("127.0.0.1", port) as bystander:
            for i in range(PEERS):
                with Client("127.0.0.1", port) as bad:
                    bad.send(b"\xff\xff\xff\xff")
                    self.assertEqual(bad.rest(), b"")
                if i % 100 == 0:
                    self.assertEqual(correlation_of(bystander.ask(api_versions(i))), i)
            with Client("127.0.0.1", port) as late:
                self.assertEqual(correlation_of(late.ask(api_versions(7))), 7)
        self.assert_stops(process)

    @unittest.skipUnless(sys.platform == "linux", "needs a second address of the loopback interface")
    def test_refused_connections(self):
        process, port = self.start(self.properties(f"max.connections.per.ip={ALLOWED}"))
        crowd = [Client("127.0.0.1", port) for _ in range(ALLOWED)]
        for client in crowd:
            self.addCleanup(client.socket.close)
            client.ask(api_versions(1))
        for _ in range(PEERS):
            with Client("127.0.0.1", port) as refused:
                self.assertEqual(refused.rest(), b"")
        with socket.create_connection(("127.0.0.1", port), support.TIMEOUT, source_address=("127.0.0.2", 0)) as other:
            other.sendall(api_versions(9))
            self.assertEqual(correlation_of(other.recv(4096)), 9)
        self.assert_stops(process)


class ClosedPipe(unittest.TestCase):
    def test_nobody_reads_any_more(self):
        reader, writer = os.pipe()
        process = subprocess.Popen([support.program("KWIRE_BROKER"), "--listen", "127.0.0.1:0"],
                                   stdout=subprocess.PIPE, stderr=writer)
        os.close(writer)
        os.close(reader)
        with process, process.stdout:
            port = int(process.stdout.readline().decode().rsplit(":", 1)[1])
            for i in range(3):
                with Client("127.0.0.1", port) as bad:
                    bad.send(b"\xff\xff\xff\xff")
                    self.assertEqual(bad.rest(), b"")
                with Client("127.0.0.1", port) as good:
                    self.assertEqual(correlation_of(good.ask(api_versions(i))), i)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(support.TIMEOUT), 0)


if __name__ == "__main__":
    unittest.main()
