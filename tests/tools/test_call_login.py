#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire call --tls and --sasl, against a broker's side that Python plays."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import struct
import tempfile
import unittest
from pathlib import Path

from certificates import Authority
from command import CommandTest, Done, kwire, main
from fake_broker import API_VERSIONS, METADATA, NEWEST, SASL_AUTHENTICATE, SASL_HANDSHAKE, Answer, Broker, Peer
from fake_login import Bearer, Plain, Scram, authenticated, handshake, token_of

MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
APIS = {METADATA: (0, 1), SASL_HANDSHAKE: (0, 1), SASL_AUTHENTICATE: (0, 2)}
EMPTY = '{"brokers":[],"controllerId":-1,"topics":[]}\n'
NOT_BUILT = "this kwire is built without OpenSSL" in kwire("call", "h:1", "Metadata", "--tls", "--sasl", "NONE").err


def metadata(_: object) -> bytes:
    return struct.pack(">iii", 0, -1, 0)


class LoginTest(CommandTest):
    def login(self, mechanism: str, authenticate: Answer, *words: str, offered: list[str] | None = None,
              apis: dict[int, tuple[int, int]] | None = None, user: str = "ada", **more: str) -> Done:
        answers: dict[int, Answer] = {
            METADATA: metadata,
            SASL_HANDSHAKE: lambda request: handshake(MECHANISMS if offered is None else offered, request),
            SASL_AUTHENTICATE: authenticate,
        }
        with Broker(apis or APIS, answers) as self.broker:
            return kwire("call", self.broker.address, "Metadata", "--sasl", mechanism, "--user", user, *words,
                         **({"KWIRE_PASSWORD": "secret"} | more))

    def refuses(self, status: int, why: str, done: Done) -> None:
        code, detail = why.split(": ", 1)
        self.assertEqual(Done(status, "", f"kwire: {code}: {self.broker.address}: {detail}\n"), done)


class PlainLogin(LoginTest):
    def test_plain(self) -> None:
        self.assertEqual(Done(0, EMPTY, ""), self.login("PLAIN", Plain("ada", "secret").answer))
        self.assertEqual([API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE, METADATA],
                         [request.key for request in self.broker.seen])
        self.assertEqual([NEWEST, 1, 2, 1], [request.version for request in self.broker.seen])

    def test_raw_bytes_after_a_login(self) -> None:
        with Broker(APIS, {SASL_HANDSHAKE: lambda request: handshake(MECHANISMS, request), METADATA: metadata,
                           SASL_AUTHENTICATE: Plain("ada", "secret").answer}) as broker:
            done = kwire("call", broker.address, "--raw", "--add-size", "--sasl", "PLAIN", "--user", "ada",
                         "0003 0001 00000063 ffff ffffffff", KWIRE_PASSWORD="secret")
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertTrue(done.out.startswith('{"size":16,"kind":"response","api":"Metadata","version":1,"header":'
                                            '{"correlationId":99},"body":'), done.out)
        self.assertEqual([API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE, METADATA],
                         [request.key for request in broker.seen])

    def test_older_authenticate(self) -> None:
        def answer(request: object) -> bytes:
            return struct.pack(">hhi", 0, -1, 0)

        self.assertEqual(Done(0, EMPTY, ""), self.login("PLAIN", answer, apis=APIS | {SASL_AUTHENTICATE: (0, 0)}))
        self.assertEqual(b"\0\0\0\x0b\0ada\0secret", self.broker.seen[2].body)

    def test_plain_is_refused(self) -> None:
        done = self.login("PLAIN", Plain("ada", "other").answer)
        self.refuses(1, 'SASL_AUTHENTICATION_FAILED: login by PLAIN: "Authentication failed: Invalid username or '
                        'password"', done)

    def test_long_messages_of_the_broker(self) -> None:
        for size, shown in ((700, "x" * 700), (5000, "x" * 396)):
            done = self.login("PLAIN", lambda _: authenticated(b"", 58, "x" * size))
            more = "" if size == 700 else "..."
            self.refuses(1, f'SASL_AUTHENTICATION_FAILED: login by PLAIN: "{shown}"{more}', done)

    def test_password_from_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "password")
            for text, password in (("of the file\n", "of the file"), ("a b \r\nsecond line\n", "a b "), ("é", "é")):
                path.write_bytes(text.encode())
                done = self.login("PLAIN", Plain("ada", password).answer, "--password-file", str(path))
                self.assertEqual(Done(0, EMPTY, ""), done)
            path.write_text("\n")
            done = kwire("call", "h:1", "Metadata", "--sasl", "PLAIN", "--user", "ada", "--password-file", str(path),
                         KWIRE_PASSWORD="secret")
            self.assertEqual(2, done.status)
            self.assertIn("--sasl needs a password", done.err)
            path.write_text("x" * 5000)
            done = kwire("call", "h:1", "Metadata", "--sasl", "PLAIN", "--user", "ada", "--password-file", str(path))
            self.assertEqual(Done(3, "", f"kwire: {path}: it is longer than 4096 bytes\n"), done)
            path.unlink()
            done = kwire("call", "h:1", "Metadata", "--sasl", "PLAIN", "--user", "ada", "--password-file", str(path))
            self.assertEqual(Done(3, "", f"kwire: {path}: No such file or directory\n"), done)

    def test_missing_mechanism(self) -> None:
        done = self.login("PLAIN", Plain("", "").answer, offered=["SCRAM-SHA-512", "GSSAPI"])
        self.refuses(1, 'UNSUPPORTED_SASL_MECHANISM: login by PLAIN: the listener offers "SCRAM-SHA-512, GSSAPI"', done)
        done = self.login("PLAIN", Plain("", "").answer, offered=[])
        self.refuses(1, "UNSUPPORTED_SASL_MECHANISM: login by PLAIN: the listener does not offer SASL", done)

    def test_broker_without_login(self) -> None:
        done = self.login("PLAIN", Plain("", "").answer, apis={METADATA: (0, 1)})
        self.refuses(1, "UNSUPPORTED_VERSION: login by PLAIN: the broker does not serve SaslHandshake here", done)

    def test_broker_of_raw_tokens(self) -> None:
        done = self.login("PLAIN", Plain("", "").answer, apis=APIS | {SASL_HANDSHAKE: (0, 0)})
        self.refuses(3, "ERR_SASL: login by PLAIN: the broker is older than Kafka 1.0 and has only SaslHandshake 0",
                     done)

    def test_too_long(self) -> None:
        done = self.login("PLAIN", Plain("", "").answer, user="u" * 5000)
        self.refuses(3, "ERR_SASL: login by PLAIN: user and password are longer than 4094 bytes", done)


TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."


class BearerLogin(LoginTest):
    def bearer(self, peer: Bearer, *words: str, token: str = TOKEN) -> Done:
        answers: dict[int, Answer] = {METADATA: metadata, SASL_AUTHENTICATE: peer.answer,
                                      SASL_HANDSHAKE: lambda request: handshake(MECHANISMS, request)}
        with Broker(APIS, answers) as self.broker:
            return kwire("call", self.broker.address, "Metadata", "--sasl", "OAUTHBEARER", *words, KWIRE_TOKEN=token)

    def refuses_token(self, why: str, peer: Bearer, status: int = 1, code: str = "SASL_AUTHENTICATION_FAILED",
                      token: str = TOKEN) -> None:
        self.refuses(status, f"{code}: login by OAUTHBEARER: {why}", self.bearer(peer, token=token))

    def test_token(self) -> None:
        for token in (TOKEN, "a", "-._~+/09azAZ==", "x" * 100000):
            self.assertEqual(Done(0, EMPTY, ""), self.bearer(Bearer(token), token=token))
            self.assertEqual([API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE, METADATA],
                             [request.key for request in self.broker.seen])
        self.assertEqual(Done(0, EMPTY, ""), self.bearer(Bearer(TOKEN, "a=3Db=2Cc"), "--user", "a=b,c"))

    def test_extensions(self) -> None:
        some = {"logicalCluster": "lkc-1", "traceId": "a b\t=,~"}
        text = json.dumps(some)
        self.assertEqual(Done(0, EMPTY, ""), self.bearer(Bearer(TOKEN, "", some), "--sasl-extensions", text))
        self.assertEqual(Done(0, EMPTY, ""), self.bearer(Bearer(TOKEN), "--sasl-extensions", "{}"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "extensions")
            path.write_text(text)
            self.assertEqual(Done(0, EMPTY, ""), self.bearer(Bearer(TOKEN, "", some), "--sasl-extensions", f"@{path}"))

    def test_token_from_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "token")
            for text in ("of.the.file\n", "of.the.file", "of.the.file\r\nsecond line\n"):
                path.write_text(text)
                self.assertEqual(Done(0, EMPTY, ""), self.bearer(Bearer("of.the.file"), "--token-file", str(path)))
            path.write_text("x" * (512 * 1024 + 1))
            self.assertEqual(Done(3, "", f"kwire: {path}: it is longer than {512 * 1024} bytes\n"),
                             self.bearer(Bearer("x"), "--token-file", str(path)))
            path.unlink()
            self.assertEqual(Done(3, "", f"kwire: {path}: No such file or directory\n"),
                             self.bearer(Bearer("x"), "--token-file", str(path)))

    def test_refused(self) -> None:
        """The server's JSON is shown, with whatever it says in the end."""
        self.refuses_token('"no such token"', Bearer("other", error=None))
        self.refuses_token('the server refuses the token: status "invalid_token"', Bearer("other"))
        self.assertEqual(b"\2\1\0", self.broker.seen[-1].body)
        why = {"status": "insufficient_scope", "scope": "kafka", "openid-configuration": "https://id.test/o", "more": 1}
        shown = ('the server refuses the token: status "insufficient_scope", scope "kafka", openid-configuration '
                 '"https://id.test/o"')
        self.refuses_token(shown, Bearer("other", error=json.dumps(why).encode()))
        peer = Bearer("other")
        peer.last = (58, "no key of that id")
        self.refuses_token('the server refuses the token: status "invalid_token"; "no key of that id"', peer)

    def test_servers_that_do_not_follow_the_rules(self) -> None:
        for error, shown in ((b"not JSON", '"not JSON"'), (b"{}", '"{}"'), (b'{"status":1}', '"{\\"status\\":1}"'),
                             (b"\0\xff", '"\\u0000\\xff"'), (b'"text"', '"\\"text\\""')):
            peer = Bearer("other", error=error)
            peer.last = (58, "")
            done = self.bearer(peer)
            self.assertEqual((1, ""), (done.status, done.out))
            self.assertIn(": login by OAUTHBEARER: the server refuses the token: ", done.err)
            if b"\xff" not in error:
                self.assertIn(f"refuses the token: {shown}", done.err)
        for last in (None, (0, None)):  # it ends the connection, or accepts
            peer = Bearer("other")
            peer.last = last
            self.refuses_token('the server refuses the token: status "invalid_token"', peer)

    def test_not_offered(self) -> None:
        done = self.login("OAUTHBEARER", Bearer(TOKEN).answer, offered=["PLAIN"], KWIRE_TOKEN=TOKEN)
        self.refuses(1, 'UNSUPPORTED_SASL_MECHANISM: login by OAUTHBEARER: the listener offers "PLAIN"', done)

    def test_usage(self) -> None:
        letters = "is not a name: they consist of letters, and \"auth\" is reserved"
        printable = "is not a string of printable ASCII characters"
        token = "the token has characters that no bearer token has: those are letters, digits, -._~+/ and = at the end"
        missing = "--sasl OAUTHBEARER needs a token, in --token-file or in the variable KWIRE_TOKEN"
        for words, given, why in (
                ([], "", missing), ([], "a b", token), ([], "=", token), ([], "a=b", token), ([], "a\1", token),
                (["--user", ""], "a", "--user is empty"),
                (["--password-file", "x"], "a",
                 "--password-file is not of OAUTHBEARER, which has a token: --token-file"),
                (["--sasl-extensions", "[]"], "a", "--sasl-extensions is a JSON object of strings"),
                (["--sasl-extensions", '{"auth":"x"}'], "a", f'--sasl-extensions: "auth" {letters}'),
                (["--sasl-extensions", '{"":"x"}'], "a", f'--sasl-extensions: "" {letters}'),
                (["--sasl-extensions", '{"a1":"x"}'], "a", f'--sasl-extensions: "a1" {letters}'),
                (["--sasl-extensions", '{"a":""}'], "a", f'--sasl-extensions: "a" {printable}'),
                (["--sasl-extensions", '{"a":1}'], "a", f'--sasl-extensions: "a" {printable}'),
                (["--sasl-extensions", '{"a":"\\u0001"}'], "a", f'--sasl-extensions: "a" {printable}'),
                (["--sasl-extensions", '{"a":"x\\u0000"}'], "a", f'--sasl-extensions: "a" {printable}'),
                (["--sasl-extensions", '{"a":"\u00e9"}'], "a", f'--sasl-extensions: "a" {printable}')):
            done = kwire("call", "h:1", "Metadata", "--sasl", "OAUTHBEARER", *words, KWIRE_TOKEN=given)
            self.assertEqual(Done(2, "", f"kwire: call: {why} (see kwire call --help)\n"), done)
        done = kwire("call", "h:1", "Metadata", "--sasl", "OAUTHBEARER", "--sasl-extensions", "{", KWIRE_TOKEN="a")
        self.assertEqual(2, done.status)
        self.assertTrue(done.err.startswith("kwire: call: --sasl-extensions is not JSON: "), done.err)
        self.complains(2, "kwire: call: --token-file and --sasl-extensions are only of --sasl OAUTHBEARER (see kwire "
                          "call --help)", "call", "h:1", "Metadata", "--sasl", "PLAIN", "--token-file", "x")


@unittest.skipIf(NOT_BUILT, "built without OpenSSL")
class ScramLogin(LoginTest):
    def scram(self, mechanism: str = "SCRAM-SHA-256", user: str = "ada", password: str = "secret", **wrong: object
              ) -> Done:
        peer = Scram(HASHES[mechanism], user, password)
        for name, value in wrong.items():
            setattr(peer, name, value)
        return self.login(mechanism, peer.answer, user=user)

    def refuses_scram(self, why: str, done: Done) -> None:
        self.refuses(3, f"ERR_SASL: login by SCRAM-SHA-256: {why}", done)

    def test_both_know_the_password(self) -> None:
        for mechanism in HASHES:
            self.assertEqual(Done(0, EMPTY, ""), self.scram(mechanism))
            self.assertEqual(2, sum(request.key == SASL_AUTHENTICATE for request in self.broker.seen))

    def test_names_with_a_meaning(self) -> None:
        self.assertEqual(Done(0, EMPTY, ""), self.scram(user="a=b,c=2C é"))

    def test_nonces_differ(self) -> None:
        nonces = set()
        for _ in range(5):
            self.scram()
            nonces.add(token_of(self.broker.seen[2]).decode().split(",r=")[1])
        self.assertEqual(5, len(nonces))
        self.assertEqual({32}, {len(nonce) for nonce in nonces})

    def test_wrong_password(self) -> None:
        self.refuses(1, 'SASL_AUTHENTICATION_FAILED: login by SCRAM-SHA-256: "wrong proof"',
                     self.scram(password="other"))

    def test_server_that_does_not_know_the_password(self) -> None:
        why = "the server does not know the password: its signature is wrong"
        for signature in ("", "AAAA", "A" * 43 + "="):
            self.refuses_scram(why, self.scram(final=f"v={signature}"))
        for final in ("", "x", "v", "v=*", "v=" + "A" * 200):
            self.refuses_scram("the server's last message is not v=...", self.scram(final=final))
        self.refuses_scram('the server reports "other-error"', self.scram(final="e=other-error"))

    def test_first_message(self) -> None:
        self.refuses_scram("the server's nonce does not start with the client's", self.scram(keeps_nonce=False))
        for salt in ("", "*", "A"):
            self.refuses_scram("the server's salt is not base64", self.scram(first={"s": salt}))
        for count in ("0", "-1", "4095", "1000001", "99999999999999", "x", "", "4096x"):
            self.refuses_scram(f'the server\'s iterations are "{count}", not 4096 to 1000000',
                               self.scram(first={"i": count}))
        for text in (b"", b"r", b"m=x,r=1,s=1,i=1", b"r=1,s=1", b"\0\xff"):
            self.refuses_scram("the server's first message is not r=...,s=...,i=...",
                               self.login("SCRAM-SHA-256", lambda _: authenticated(text)))
        self.refuses_scram('the server reports "unknown-user"',
                           self.login("SCRAM-SHA-256", lambda _: authenticated(b"e=unknown-user")))
        self.refuses_scram("the server's first message is too long",
                           self.login("SCRAM-SHA-256", lambda _: authenticated(b"r" * 5000)))

    def test_long_names(self) -> None:
        self.assertEqual(Done(0, EMPTY, ""), self.scram(user="u" * 1000))
        self.refuses_scram("the name of the user is too long", self.scram(user="u" * 5000))


@unittest.skipIf(NOT_BUILT or shutil.which("openssl") is None, "built without OpenSSL, or no openssl command")
class Tls(CommandTest):
    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.authority = Authority(folder / "one")
        cls.authority.issue("broker", "DNS:localhost", "DNS:broker.test", "IP:127.0.0.1")
        cls.authority.issue("named", "DNS:broker.test", "DNS:*.wild.test")
        cls.authority.issue("client", "DNS:client")
        cls.other = Authority(folder / "other")
        cls.other.issue("client", "DNS:client")

    def context(self, name: str = "broker", client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.file(f"{name}.pem"), self.authority.file(f"{name}.key"))
        if client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority.certificate)
        return context

    def call(self, context: ssl.SSLContext, *words: str, host: str = "127.0.0.1") -> Done:
        with Broker({METADATA: (0, 1)}, {METADATA: metadata}, context) as broker:
            self.where = f"{host}:{broker.port}"
            return kwire("call", self.where, "Metadata", *words)

    def trust(self) -> list[str]:
        return ["--tls-ca", str(self.authority.certificate)]

    def refuses(self, why: str, done: Done) -> None:
        self.assertEqual(Done(3, "", f"kwire: ERR_TLS: {self.where}: {why}\n"), done)

    def test_trusted(self) -> None:
        for host in ("127.0.0.1", "localhost"):
            self.assertEqual(Done(0, EMPTY, ""), self.call(self.context(), *self.trust(), host=host))

    def test_versions(self) -> None:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            self.assertEqual(Done(0, EMPTY, ""), self.call(context, *self.trust()))

    def test_untrusted(self) -> None:
        self.refuses("the certificate is not valid: unable to get local issuer certificate (see --tls-ca)",
                     self.call(self.context(), "--tls"))
        self.refuses("the certificate is not valid: unable to get local issuer certificate (see --tls-ca)",
                     self.call(self.context(), "--tls-ca", str(self.other.certificate)))

    def test_insecure(self) -> None:
        self.assertEqual(Done(0, EMPTY, ""), self.call(self.context("named"), "--tls-insecure"))

    def test_names(self) -> None:
        for name in ("broker.test", "a.wild.test"):
            self.assertEqual(Done(0, EMPTY, ""),
                             self.call(self.context("named"), *self.trust(), "--tls-server-name", name))
        self.refuses('the certificate is not that of "127.0.0.1" (see --tls-server-name)',
                     self.call(self.context("named"), *self.trust()))
        for name in ("wild.test", "a.b.wild.test", "other.test", "10.0.0.1"):
            self.refuses(f'the certificate is not that of "{name}" (see --tls-server-name)',
                         self.call(self.context("named"), *self.trust(), "--tls-server-name", name))

    def test_certificate_of_the_client(self) -> None:
        own = ["--tls-cert", self.authority.file("client.pem"), "--tls-key", self.authority.file("client.key")]
        self.assertEqual(Done(0, EMPTY, ""), self.call(self.context(client=True), *self.trust(), *own))
        both = Path(self.authority.file("both.pem"))
        both.write_text("".join(Path(self.authority.file(f"client.{part}")).read_text() for part in ("pem", "key")))
        self.assertEqual(Done(0, EMPTY, ""),
                         self.call(self.context(client=True), *self.trust(), "--tls-cert", str(both)))

    def test_certificate_that_the_broker_refuses(self) -> None:
        for words in ([], ["--tls-cert", self.other.file("client.pem"), "--tls-key", self.other.file("client.key")]):
            done = self.call(self.context(client=True), *self.trust(), *words)
            self.assertEqual((3, ""), (done.status, done.out))
            self.assertRegex(done.err, r"\Akwire: ERR_TLS: [^\n]* alert [^\n]*; the broker requires a certificate, or "
                                       r"another one \(--tls-cert\)\n\Z")

    def test_files(self) -> None:
        missing, client = self.authority.file("none.pem"), self.authority.file("client.pem")
        broken = Path(self.authority.file("broken.pem"))
        broken.write_text("no certificate\n")
        self.refuses(f"{missing}: No such file or directory", self.call(self.context(), "--tls-ca", missing))
        self.refuses(f"{missing}: No such file or directory", self.call(self.context(), "--tls-cert", missing))
        for words in (("--tls-ca", str(broken)), ("--tls-cert", str(broken)), ("--tls-cert", client),
                      ("--tls-cert", client, "--tls-key", self.other.file("client.key"))):
            done = self.call(self.context(), *words)
            self.assertEqual((3, ""), (done.status, done.out))
            self.assertRegex(done.err, rf"\Akwire: ERR_TLS: {self.where}: [^\n]+\n\Z")

    def test_peer_without_tls(self) -> None:
        def serve(connection: socket.socket) -> None:
            connection.recv(5)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(1000)

        with Peer(serve) as peer:
            self.where = peer.address
            self.refuses("the peer does not speak TLS", kwire("call", peer.address, "Metadata", "--tls"))
        with Peer(lambda connection: None) as peer:
            done = kwire("call", peer.address, "Metadata", "--tls")
        self.assertEqual((3, ""), (done.status, done.out))
        self.assertRegex(done.err, r"\Akwire: ERR_CONNECTION: [^\n]*: TLS handshake: [^\n]+; it may not speak TLS\n\Z")

    def test_peer_that_is_silent(self) -> None:
        with Peer(lambda connection: connection.recv(1 << 20) and connection.recv(1) and None) as peer:
            self.complains(3, f"kwire: ERR_TIMEOUT: {peer.address}: TLS handshake: timed out (see --timeout)",
                           "call", peer.address, "Metadata", "--tls", "--timeout", "0.5")

    def test_answers_that_are_long(self) -> None:
        """More than a TLS record."""
        count = 20000
        body = struct.pack(">i", count) + struct.pack(">ih1sih", 5, 1, b"h", 9, -1) * count + struct.pack(">ii", 0, 0)
        with Broker({METADATA: (0, 1)}, {METADATA: lambda _: body}, self.context()) as broker:
            done = kwire("call", broker.address, "Metadata", *self.trust())
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertEqual(count, done.out.count('"nodeId":5'))

    def test_login_within(self) -> None:
        answers: dict[int, Answer] = {METADATA: metadata, SASL_AUTHENTICATE: Plain("ada", "secret").answer,
                                      SASL_HANDSHAKE: lambda request: handshake(MECHANISMS, request)}
        with Broker(APIS, answers, self.context()) as broker:
            done = kwire("call", broker.address, "Metadata", *self.trust(), "--sasl", "PLAIN", "--user", "ada",
                         KWIRE_PASSWORD="secret")
        self.assertEqual(Done(0, EMPTY, ""), done)


class Wishes(CommandTest):
    def test_options(self) -> None:
        if NOT_BUILT:
            self.complains(2, "kwire: call: this kwire is built without OpenSSL, so it has no TLS (see kwire call "
                              "--help)", "call", "h:1", "Metadata", "--tls-ca", "x")
            self.complains(2, "kwire: call: this kwire is built without OpenSSL, so it has no SCRAM (see kwire call "
                              "--help)", "call", "h:1", "Metadata", "--sasl", "SCRAM-SHA-256", "--user", "u")
            return
        for words, why in ((["--tls-key", "k"], "--tls-key needs --tls-cert"),
                           (["--tls-insecure", "--tls-ca", "x"],
                            "--tls-insecure verifies nothing, so --tls-ca and --tls-server-name are not allowed")):
            self.complains(2, f"kwire: call: {why} (see kwire call --help)", "call", "h:1", "Metadata", *words)


if __name__ == "__main__":
    main()
