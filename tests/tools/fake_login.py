# SPDX-License-Identifier: Apache-2.0
"""The broker's side of SaslHandshake 1 and SaslAuthenticate 0 to 2: PLAIN and SCRAM, right or wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

from fake_broker import Request

UNSUPPORTED_SASL_MECHANISM, SASL_AUTHENTICATION_FAILED = 33, 58


def handshake(mechanisms: list[str], request: Request) -> bytes:
    """The body of the answer."""
    asked = request.body[2:2 + struct.unpack_from(">h", request.body)[0]].decode()
    names = b"".join(struct.pack(">h", len(name)) + name.encode() for name in mechanisms)
    error = 0 if asked in mechanisms else UNSUPPORTED_SASL_MECHANISM
    return struct.pack(">hi", error, len(mechanisms)) + names


def token_of(request: Request) -> bytes:
    """Of SaslAuthenticate 2; shorter than 127 bytes, or than 2^14."""
    if request.body[0] < 128:
        return request.body[1:request.body[0]]
    size = (request.body[0] & 127) + (request.body[1] << 7)
    return request.body[2:1 + size]


def authenticated(token: bytes, error: int = 0, message: str | None = None) -> bytes:
    """The body of the answer in version 2."""
    assert len(token) < 2 ** 13
    size = len(token) + 1
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    text = b"\0" if message is None else bytes([len(message) + 1]) + message.encode()
    return struct.pack(">h", error) + text + length + token + b"\0" * 8 + b"\0"


class Plain:
    def __init__(self, user: str, password: str) -> None:
        self.expected = b"\0".join([b"", user.encode(), password.encode()])

    def answer(self, request: Request) -> bytes:
        if token_of(request) == self.expected:
            return authenticated(b"")
        return authenticated(b"", SASL_AUTHENTICATION_FAILED, "Authentication failed: Invalid username or password")


class Scram:
    """One login. A test sets its errors in `first` (the parts of the server's first message, by their letters), `final`
    (its last message) or `keeps_nonce`."""

    def __init__(self, hash_name: str, user: str, password: str, iterations: int = 4096) -> None:
        self.hash_name = hash_name
        self.user = user.replace("=", "=3D").replace(",", "=2C")
        self.salt = b"pepper?"
        self.iterations = iterations
        self.salted = hashlib.pbkdf2_hmac(hash_name, password.encode(), self.salt, iterations)
        self.first: dict[str, str] = {}
        self.final: str | None = None
        self.keeps_nonce = True
        self.bare = ""
        self.server_first = ""

    def _hmac(self, key: bytes, text: str) -> bytes:
        return hmac.new(key, text.encode(), self.hash_name).digest()

    def answer(self, request: Request) -> bytes:
        text = token_of(request).decode()
        return self._challenge(text) if text.startswith("n,,") else self._verdict(text)

    def _challenge(self, text: str) -> bytes:
        self.bare = text.removeprefix("n,,")
        user, nonce = self.bare.removeprefix("n=").split(",r=")
        if user != self.user:
            return authenticated(b"", SASL_AUTHENTICATION_FAILED, "no such user")
        parts = {"r": (nonce if self.keeps_nonce else "other") + "server", "s": base64.b64encode(self.salt).decode(),
                 "i": str(self.iterations), **self.first}
        self.server_first = ",".join(f"{name}={value}" for name, value in parts.items())
        return authenticated(self.server_first.encode())

    def _verdict(self, text: str) -> bytes:
        without_proof, proof = text.split(",p=")
        signed = ",".join([self.bare, self.server_first, without_proof])
        client_key = self._hmac(self.salted, "Client Key")
        signature = self._hmac(hashlib.new(self.hash_name, client_key).digest(), signed)
        expected = bytes(a ^ b for a, b in zip(client_key, signature))
        if not without_proof.startswith("c=biws,r=") or base64.b64decode(proof) != expected:
            return authenticated(b"", SASL_AUTHENTICATION_FAILED, "wrong proof")
        server = self._hmac(self._hmac(self.salted, "Server Key"), signed)
        final = self.final if self.final is not None else f"v={base64.b64encode(server).decode()}"
        return authenticated(final.encode())
