# SPDX-License-Identifier: Apache-2.0
"""Peers for kwire call on loopback: one that runs a function for each connection, and based on it a broker that answers
from a table, with the errors that a test needs."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import NamedTuple

from command import kwire

SECONDS = 20  # that a peer waits at most

PRODUCE, METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 0, 3, 17, 18, 36
FLEXIBLE = {METADATA: 9, API_VERSIONS: 3, SASL_AUTHENTICATE: 2}  # the first version with tag buffers
UNSUPPORTED_VERSION = 35
# The version of ApiVersions that kwire sends first.
NEWEST = int(kwire("apis", "ApiVersions").out.split("\n")[-2].split()[0])


class Request(NamedTuple):
    key: int
    version: int
    correlation: int
    client_id: bytes
    body: bytes


class Peer:
    """Listens on a free port during a with block; `serve` gets each connection, one after the other. Its exceptions are
    ignored if the other end went away."""

    def __init__(self, serve: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self.serve = serve
        self.tls = tls
        self.connections = 0
        self.trouble: BaseException | None = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Peer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(SECONDS)
        if self.trouble is not None:
            raise self.trouble

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                connection.settimeout(SECONDS)
                if self.tls is not None:
                    connection = self.tls.wrap_socket(connection, server_side=True)
                self.serve(connection)
            except (OSError, EOFError):
                pass
            except BaseException as trouble:  # an error of the test, raised at its end
                self.trouble = trouble
            finally:
                connection.close()


def take(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def take_request(connection: socket.socket) -> Request:
    payload = take(connection, struct.unpack(">i", take(connection, 4))[0])
    key, version, correlation, length = struct.unpack_from(">hhih", payload)
    end = 10 + max(length, 0)
    tags = 1 if version >= FLEXIBLE.get(key, 1 << 15) else 0
    return Request(key, version, correlation, payload[10:end], payload[end + tags:])


def framed(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


def response(request: Request, body: bytes) -> bytes:
    flexible = request.key != API_VERSIONS and request.version >= FLEXIBLE.get(request.key, 1 << 15)
    return framed(struct.pack(">i", request.correlation) + (b"\0" if flexible else b"") + body)


def api_versions(version: int, apis: dict[int, tuple[int, int]], error: int = 0) -> bytes:
    """The body of an ApiVersions answer."""
    if version < 3:
        rows = b"".join(struct.pack(">hhh", key, *versions) for key, versions in apis.items())
        return struct.pack(">hi", error, len(apis)) + rows + (b"\0\0\0\0" if version > 0 else b"")
    rows = b"".join(struct.pack(">hhhx", key, *versions) for key, versions in apis.items())
    return struct.pack(">hB", error, len(apis) + 1) + rows + b"\0\0\0\0" + b"\0"


Answer = Callable[[Request], bytes]


class Broker(Peer):
    """Answers ApiVersions with `apis` in the versions that these name for it, and the rest with the bodies that
    `answers` makes; requests without either end the connection. `seen` are the requests."""

    def __init__(self, apis: dict[int, tuple[int, int]], answers: dict[int, Answer],
                 tls: ssl.SSLContext | None = None) -> None:
        super().__init__(self._serve, tls)
        self.apis = {API_VERSIONS: (0, NEWEST), **apis}
        self.answers = answers
        self.seen: list[Request] = []

    def _serve(self, connection: socket.socket) -> None:
        while True:
            request = take_request(connection)
            self.seen.append(request)
            if request.key in self.answers:
                connection.sendall(response(request, self.answers[request.key](request)))
            elif request.key == API_VERSIONS:
                connection.sendall(response(request, self._versions(request.version)))
            else:
                return

    def _versions(self, version: int) -> bytes:
        if version > self.apis[API_VERSIONS][1]:
            return api_versions(0, {API_VERSIONS: self.apis[API_VERSIONS]}, UNSUPPORTED_VERSION)
        return api_versions(version, self.apis)
