# SPDX-License-Identifier: Apache-2.0
"""The broker's side of SaslHandshake 1 and SaslAuthenticate 0 to 2: PLAIN, SCRAM and OAUTHBEARER, right or wrong."""

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
    """Of SaslAuthenticate 2."""
    size = at = 0
    while at == 0 or request.body[at - 1] > 127:
        size += (request.body[at] & 127) << 7 * at
        at += 1
    return request.body[at:at + size - 1]


def authenticated(token: bytes, error: int = 0, message: str | None = None) -> bytes:
    """The body of the answer in version 2."""
    text = b"\0" if message is None else compact(message.encode())
    return struct.pack(">h", error) + text + compact(token) + b"\0" * 8 + b"\0"


def compact(data: bytes) -> bytes:
    """With its length plus one before it."""
    size = len(data) + 1
    assert size < 2 ** 14
    return (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + data


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


class Bearer:
    """Accepts the token with exactly these extensions, and refuses others with `error`; if that is None, with an error
    code."""

    def __init__(self, token: str, user: str = "", extensions: dict[str, str] | None = None,
                 error: bytes | None = b'{"status":"invalid_token"}') -> None:
        parts = [f"auth=Bearer {token}", *(f"{name}={value}" for name, value in (extensions or {}).items())]
        self.expected = "\1".join([f"n,{f'a={user}' if user else ''},", *parts, "", ""]).encode()
        self.error = error
        self.last: tuple[int, str | None] | None = (SASL_AUTHENTICATION_FAILED, None)  # the end of a refused login

    def answer(self, request: Request) -> bytes:
        token = token_of(request)
        if token == b"\1":
            if self.last is None:
                raise EOFError
            code, text = self.last
            return authenticated(b"", code, self.error.decode() if text is None and code else text)
        if token == self.expected:
            return authenticated(b"")
        if self.error is None:
            return authenticated(b"", SASL_AUTHENTICATION_FAILED, "no such token")
        return authenticated(self.error)
