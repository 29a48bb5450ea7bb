# SPDX-License-Identifier: Apache-2.0
"""Both sides of a TLS connection without a network: OpenSSL itself, through memory. What they send is for a capture."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import subprocess
import tempfile
from pathlib import Path
from typing import Callable

TLS_1_2, TLS_1_3 = 0x0303, 0x0304

_FILETYPE_PEM, _OP_NO_TICKET, _OP_NO_ENCRYPT_THEN_MAC = 1, 1 << 14, 1 << 19
_SET_MIN_VERSION, _SET_MAX_VERSION, _SET_MAX_FRAGMENT = 123, 124, 52
_KEY_UPDATE_REQUESTED = 1
_EARLY_DATA, _EARLY_DATA_ENDED = 1, 2
_MOST_EARLY_DATA = 16384


def _library() -> ctypes.CDLL | None:
    name = ctypes.util.find_library("ssl")
    return ctypes.CDLL(name) if name is not None else None


_SSL = _library()
AVAILABLE = _SSL is not None
_KEY_LOG = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


def _pointer(name: str, *words: object) -> ctypes.c_void_p:
    function = getattr(_SSL, name)
    function.restype = ctypes.c_void_p
    return ctypes.c_void_p(function(*words))


def _number(name: str, *words: object) -> int:
    function = getattr(_SSL, name)
    function.restype = ctypes.c_int
    return function(*words)


@functools.cache
def _certificate() -> dict[str, bytes]:
    """The files of a certificate and its key."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in ("key.pem", "cert.pem")}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", files["key.pem"], "-out", files["cert.pem"], "-subj", "/CN=broker"],
                       check=True, capture_output=True)
        return {name: file.read_bytes() for name, file in files.items()}


class Side:
    """One of the two. `suites`: of TLS 1.3, `ciphers`: of TLS 1.2, both as OpenSSL names them."""

    def __init__(self, is_client: bool, version: int, suites: str = "", ciphers: str = "",
                 key_log: Callable[[bytes], None] | None = None, fragment: int = 0,
                 mac_then_encrypt: bool = False) -> None:
        self.context = _pointer("SSL_CTX_new", _pointer("TLS_client_method" if is_client else "TLS_server_method"))
        for what in (_SET_MIN_VERSION, _SET_MAX_VERSION):
            _pointer("SSL_CTX_ctrl", self.context, what, ctypes.c_long(version), None)
        options = (_OP_NO_TICKET if version == TLS_1_2 else 0) | _OP_NO_ENCRYPT_THEN_MAC * mac_then_encrypt
        _pointer("SSL_CTX_set_options", self.context, ctypes.c_uint64(options))
        _number("SSL_CTX_set_max_early_data", self.context, ctypes.c_uint32(_MOST_EARLY_DATA))
        if fragment:
            _pointer("SSL_CTX_ctrl", self.context, _SET_MAX_FRAGMENT, ctypes.c_long(fragment), None)
        if suites:
            assert _number("SSL_CTX_set_ciphersuites", self.context, suites.encode()) == 1, suites
        if ciphers:
            assert _number("SSL_CTX_set_cipher_list", self.context, ciphers.encode()) == 1, ciphers
        if key_log is not None:
            self.callback = _KEY_LOG(lambda _ssl, line: key_log(line))
            _pointer("SSL_CTX_set_keylog_callback", self.context, self.callback)
        self.is_client = is_client
        self.ssl: object = None
        self.expects_early = False

    def use_certificate(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, file in (("certificate", "cert.pem"), ("PrivateKey", "key.pem")):
                path = Path(folder, file)
                path.write_bytes(_certificate()[file])
                assert _number(f"SSL_CTX_use_{name}_file", self.context, str(path).encode(), _FILETYPE_PEM) == 1

    def open(self, session: object = None) -> None:
        self.ssl = _pointer("SSL_new", self.context)
        self.inbox, self.outbox = (_pointer("BIO_new", _pointer("BIO_s_mem")) for _ in range(2))
        _pointer("SSL_set_bio", self.ssl, self.inbox, self.outbox)
        if session is not None:
            assert _number("SSL_set_session", self.ssl, session) == 1
        _pointer("SSL_set_connect_state" if self.is_client else "SSL_set_accept_state", self.ssl)

    def write_early(self, data: bytes) -> None:
        """Before the handshake of a session that is resumed."""
        written = ctypes.c_size_t()
        assert _number("SSL_write_early_data", self.ssl, data, ctypes.c_size_t(len(data)), ctypes.byref(written)) == 1

    def read_early(self) -> bytes:
        out = b""
        buffer, size = ctypes.create_string_buffer(65536), ctypes.c_size_t()
        while (what := _number("SSL_read_early_data", self.ssl, buffer, ctypes.c_size_t(len(buffer)),
                               ctypes.byref(size))) == _EARLY_DATA:
            out += buffer.raw[:size.value]
        self.expects_early = what != _EARLY_DATA_ENDED
        return out

    def shake_hands(self) -> bool:
        if self.expects_early:
            self.read_early()
        return _number("SSL_do_handshake", self.ssl) == 1

    def write(self, data: bytes) -> None:
        assert _number("SSL_write", self.ssl, data, len(data)) == len(data)

    def read(self) -> bytes:
        out = b""
        buffer = ctypes.create_string_buffer(65536)
        while (n := _number("SSL_read", self.ssl, buffer, len(buffer))) > 0:
            out += buffer.raw[:n]
        return out

    def update_key(self) -> None:
        """The next write begins with it, and the peer's next write with its own."""
        assert _number("SSL_key_update", self.ssl, _KEY_UPDATE_REQUESTED) == 1

    def take_sent(self) -> bytes:
        out = b""
        buffer = ctypes.create_string_buffer(65536)
        while (n := _number("BIO_read", self.outbox, buffer, len(buffer))) > 0:
            out += buffer.raw[:n]
        return out

    def receive(self, data: bytes) -> None:
        if data:
            assert _number("BIO_write", self.inbox, data, len(data)) == len(data)

    def session(self) -> object:
        return _pointer("SSL_get1_session", self.ssl)


class Peers:
    """`send(from_client, data)` gets what is on the wire."""

    def __init__(self, send: Callable[[bool, bytes], object], version: int = TLS_1_3, suites: str = "",
                 ciphers: str = "", fragment: int = 0, mac_then_encrypt: bool = False) -> None:
        self.send = send
        self.lines: list[bytes] = []
        self.client = Side(True, version, suites, ciphers, self.lines.append, fragment, mac_then_encrypt)
        self.server = Side(False, version, suites, ciphers, None, fragment, mac_then_encrypt)
        self.server.use_certificate()

    def key_log(self) -> bytes:
        return b"".join(line + b"\n" for line in self.lines)

    def pass_on(self) -> None:
        """Until no side has anything to send."""
        for _ in range(10):
            for one, other in ((self.client, self.server), (self.server, self.client)):
                data = one.take_sent()
                if data:
                    self.send(one.is_client, data)
                    other.receive(data)

    def open(self, session: object = None, early: list[bytes] = []) -> Peers:
        self.client.open(session)
        self.server.open()
        for data in early:
            self.client.write_early(data)
        if early:
            self.pass_on()
            assert self.server.read_early() == b"".join(early)
        for _ in range(5):
            for one in (self.client, self.server):
                one.shake_hands()
                self.pass_on()
        return self

    def ask(self, data: bytes) -> Peers:
        return self._transfer(self.client, self.server, data)

    def answer(self, data: bytes) -> Peers:
        return self._transfer(self.server, self.client, data)

    def _transfer(self, one: Side, other: Side, data: bytes) -> Peers:
        one.write(data)
        sent = one.take_sent()
        self.send(one.is_client, sent)
        other.receive(sent)
        assert other.read() == data
        return self
