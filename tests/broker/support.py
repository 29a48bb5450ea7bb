# SPDX-License-Identifier: Apache-2.0
"""Common code of the tests of the brokers: processes, sockets, frames."""

import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SANITIZED = "KWIRE_SANITIZED" in os.environ  # by a sanitizer, valgrind or qemu: slow, with their own use of memory
TIMEOUT = 60 if SANITIZED else 10  # seconds that each operation may take
HERE = pathlib.Path(__file__).parent


def program(variable: str) -> str:
    """The path of a program under test, from the environment."""
    path = os.environ.get(variable)
    if not path:
        raise SystemExit(f"{variable} is not set: the path of the program to test")
    return path


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A broker that runs until the end of the with block; `host` and `port` are those of its ready line."""

    def __init__(self, *command: str, preexec=None):
        self.errors = tempfile.TemporaryFile()
        self.last_log: list[str] = []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, preexec_fn=preexec)
        line = self._first_line()
        match = re.fullmatch(r"\S+ listening on (.*):([0-9]+)\n", line)
        if not match:
            self.stop()
            raise AssertionError(f"not ready: {line!r} {self.log()}")
        self.line, self.host, self.port = line, match[1].strip("[]"), int(match[2])

    def _first_line(self) -> str:
        ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT)
        return self.process.stdout.readline().decode() if ready else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        if not self.errors.closed:
            self.last_log = self.everything_said()
            self.errors.close()
            self.process.stdout.close()
            if code not in (0, -number):  # what a sanitizer found, for one
                print(*self.last_log, sep="\n", file=sys.stderr)
        return code

    def everything_said(self) -> list[str]:
        """The lines on standard error so far."""
        if self.errors.closed:
            return self.last_log
        return os.pread(self.errors.fileno(), 1 << 22, 0).decode().splitlines()

    def log(self) -> list[str]:
        """The same without the line that every broker begins with."""
        return [line for line in self.everything_said()
                if " all data is in memory, at most " not in line and "; ready after " not in line]

    def wait_for_log(self, lines: int) -> list[str]:
        """The log, once it has this many lines, or after a while."""
        deadline = time.monotonic() + TIMEOUT
        while len(self.log()) < lines and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.log()

    def _memory(self, kind: str) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(kind + r":\s+(\d+) kB", status)[1]) * 1024

    def resident(self) -> int:
        """Bytes of memory that are in use. Linux only."""
        return self._memory("VmRSS")

    def anonymous(self) -> int:
        """Bytes of memory in use, without files. Linux only."""
        return self._memory("RssAnon")

    def reserved(self) -> int:
        """Bytes of writable memory of the program, in use or not. Linux only."""
        return self._memory("VmData")

    def processor_seconds(self) -> float:
        """Processor time used so far. Linux only."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self) -> "Client":
        return Client(self.host, self.port)


class Client:
    """A connection that fails the test instead of waiting for ever."""

    def __init__(self, host: str, port: int):
        self.socket = socket.create_connection((host, port), TIMEOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> "Client":
        self.socket.sendall(data)
        return self

    def take(self, size: int) -> bytes:
        """Exactly this many bytes, or fewer if the connection ends."""
        data = b""
        while len(data) < size and (more := self.socket.recv(size - len(data))):
            data += more
        return data

    def frame(self) -> bytes:
        """One frame with its size field."""
        head = self.take(4)
        return head + self.take(struct.unpack(">i", head)[0]) if len(head) == 4 else head

    def ask(self, data: bytes) -> bytes:
        return self.send(data).frame()

    def rest(self) -> bytes:
        """Everything until the peer closes the connection; a reset is an exception."""
        data = b""
        while more := self.socket.recv(65536):
            data += more
        return data

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing arrives for a while, not even the end of the connection."""
        return not select.select([self.socket], [], [], seconds)[0]


def framed(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


def request(key: int, version: int, correlation: int, body: bytes = b"", flexible: bool = False) -> bytes:
    header = struct.pack(">hhih2s", key, version, correlation, 2, b"kw")
    return framed(header + (b"\0" if flexible else b"") + body)


def api_versions(correlation: int, version: int = 0) -> bytes:
    if version < 3:
        return request(18, version, correlation)
    return request(18, version, correlation, b"\x03kw\x021\0", flexible=True)


def metadata_v1(correlation: int, names: list[bytes] | None) -> bytes:
    if names is None:
        return request(3, 1, correlation, b"\xff\xff\xff\xff")
    body = b"".join(struct.pack(">h", len(n)) + n for n in names)
    return request(3, 1, correlation, struct.pack(">i", len(names)) + body)


def describe_topic_partitions(correlation: int, *names: bytes) -> bytes:
    topics = b"".join(bytes([len(n) + 1]) + n + b"\0" for n in names)
    return request(75, 0, correlation, bytes([len(names) + 1]) + topics + b"\x00\x00\x07\xd0\xff\0", flexible=True)


def correlation_of(frame: bytes) -> int:
    return struct.unpack_from(">i", frame, 4)[0]


def broker_of_metadata_v1(frame: bytes) -> tuple[int, str, int]:
    """Node id, host and port of the first broker in a response."""
    node, length = struct.unpack_from(">ih", frame, 12)
    host = frame[18:18 + length].decode()
    return node, host, struct.unpack_from(">i", frame, 18 + length)[0]
