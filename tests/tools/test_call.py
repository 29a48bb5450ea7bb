#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire call: its arguments, its forms of an answer, and the version that it uses. KWIRE_BROKER in the environment is
the path of kwire-broker; peers that behave otherwise are in fake_broker.py."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from command import KWIRE, TIMEOUT, CommandTest, Done, kwire, main
from fake_broker import (API_VERSIONS, METADATA, NEWEST, PRODUCE, Broker, Peer, Request, api_versions, framed,
                         take_request)
from live_broker import BROKER, LiveBroker

NO_TOPICS = '{"topics":[]}'


LAST_OF_BROKER = 5  # the last version of ApiVersions that kwire-broker serves


@unittest.skipIf(BROKER is None, "kwire-broker is not built")
class Live(CommandTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.address = cls.enterClassContext(LiveBroker())

    def call(self, *words: str, stdin: str = "") -> Done:
        return kwire("call", self.address, *words, stdin=stdin)

    def on_a_terminal(self, *words: str, **more: str) -> bytes:
        """The start of that output."""
        try:
            ours, theirs = os.openpty()
        except OSError as error:
            self.skipTest(f"pseudo terminals are not available: {error}")
        try:
            subprocess.run([KWIRE, "call", self.address, "Metadata", *words], stdout=theirs, timeout=TIMEOUT,
                           check=True, env=os.environ | more)
            return os.read(ours, 4000)
        finally:
            os.close(theirs)
            os.close(ours)

    def test_answer_is_a_line_of_json(self) -> None:
        done = self.call("Metadata")
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertEqual(1, done.out.count("\n"))
        answer = json.loads(done.out)
        self.assertEqual(int(self.address.rpartition(":")[2]), answer["brokers"][0]["port"])
        self.assertEqual((0, 0, []), (answer["throttleTimeMs"], answer["errorCode"], answer["topics"]))

    def test_api_by_key(self) -> None:
        self.assertEqual(self.call("DescribeCluster"), self.call("60"))

    def test_pretty(self) -> None:
        done = self.call("--pretty", "Metadata")
        self.assertEqual(json.loads(self.call("Metadata").out), json.loads(done.out))
        self.assertTrue(done.out.startswith('{\n  "throttleTimeMs": 0,\n'), done.out)

    def test_pretty_on_a_terminal(self) -> None:
        self.assertTrue(self.on_a_terminal().startswith(b'{\r\n  "throttleTimeMs": 0,\r\n'))

    def test_hex_is_what_decode_reads(self) -> None:
        done = self.call("--hex", "--version=9", "Metadata")
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertEqual(self.call("--version=9", "Metadata").out, kwire("decode", "MetadataResponse", "9",
                                                                         done.out).out)

    def test_explained(self) -> None:
        done = self.call("--explain", "--version=9", "Metadata", '{"topics":[{"name":"none"}]}')
        self.assertEqual((1, "kwire: topics[0].errorCode: UNKNOWN_TOPIC_OR_PARTITION (3)\n"), (done.status, done.err))
        request, answer = done.out.split("\n\n")
        self.assertTrue(request.startswith("Metadata request version 9, correlation id 2, "), request)
        self.assertTrue(answer.startswith("Metadata response version 9, correlation id 2, "), answer)
        self.assertRegex(request, r"(?m)^0015  05 6e 6f 6e 65 +topics\[0\]\.name +COMPACT_STRING +\"none\"")
        self.assertRegex(answer, r"(?m)^[0-9a-f]{4}  00 03 +topics\[0\]\.errorCode +INT16 +3")
        self.assertNotIn("\x1b", done.out)

    def test_explained_negotiation(self) -> None:
        done = self.call("--explain", "ApiVersions")
        self.assertEqual((0, ""), (done.status, done.err))
        for which in ("request", "response"):
            self.assertRegex(done.out, rf"ApiVersions {which} version {LAST_OF_BROKER}, correlation id \d, ")

    def test_explained_in_colour(self) -> None:
        for words, env, colourful in ((["--color=always"], {}, True), (["--color=never"], {}, False), ([], {}, False)):
            done = kwire("call", self.address, "Metadata", "--explain", *words, **env)
            self.assertEqual(colourful, "\x1b[" in done.out)
        for env, colourful in (({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            out = self.on_a_terminal("--explain", **({"TERM": "xterm", "NO_COLOR": ""} | env))
            self.assertEqual(colourful, b"\x1b[" in out, env)

    def test_json_from_everywhere(self) -> None:
        text = '{"topics":[{"name":"absent"}],"allowAutoTopicCreation":false}'
        expected = self.call("Metadata", text)
        self.assertEqual(1, expected.status)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "request.json").write_text(text)
            self.assertEqual(expected, self.call("Metadata", f"@{folder}/request.json"))
        self.assertEqual(expected, self.call("Metadata", "-", stdin=text))

    def test_errors_are_named(self) -> None:
        done = self.call("Metadata", '{"topics":[{"name":"none"}],"allowAutoTopicCreation":false}')
        self.assertEqual((1, "kwire: topics[0].errorCode: UNKNOWN_TOPIC_OR_PARTITION (3)\n"), (done.status, done.err))
        self.assertEqual("none", json.loads(done.out)["topics"][0]["name"])

    def test_table(self) -> None:
        done = self.call("ApiVersions")
        self.assertEqual((0, ""), (done.status, done.err))
        table, missing, features = done.out.split("\n\n")
        lines = table.split("\n")
        self.assertEqual("  KEY  API                           BROKER   KWIRE    USED", lines[0])
        self.assertEqual("    3  Metadata                      0-13     0-13     13", lines[4])
        self.assertEqual("   92  DeleteShareGroupOffsets       0        0        0", lines[-1])
        self.assertTrue(missing.startswith("Not served here: LeaderAndIsr, StopReplica, "), missing)
        self.assertLessEqual(max(map(len, done.out.split("\n"))), 80)
        served = {line.split()[1] for line in lines[1:]}
        others = {name.strip() for name in missing.removeprefix("Not served here:").split(",")}
        self.assertEqual(set(kwire("apis", "--names").out.split()), served | others)
        self.assertEqual(set(), served & others)
        self.assertRegex(features, r"(?m)^FEATURE +FINALIZED +SUPPORTED\n(?:.*\n)*metadata\.version +33 +7-33$")

    def test_table_as_json(self) -> None:
        versions = {api["apiKey"]: (api["minVersion"], api["maxVersion"])
                    for api in json.loads(self.call("ApiVersions", "--json").out)["apiKeys"]}
        self.assertEqual((0, 13), versions[METADATA])

    def test_forced_version(self) -> None:
        done = self.call("--version", "0", "Metadata")
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertNotIn("clusterId", json.loads(done.out))

    def test_version_that_cannot_carry_the_value(self) -> None:
        done = self.call("--version", "3", "Metadata", '{"allowAutoTopicCreation":false}')
        self.assertEqual(Done(1, "", "kwire: ERR_FIELD_VERSION: MetadataRequest 3: allowAutoTopicCreation: "
                                     "field is set but does not exist in this version\n"), done)

    def test_api_that_is_not_served(self) -> None:
        done = self.call("Vote")
        self.assertEqual(Done(1, "", f"kwire: UNSUPPORTED_VERSION: {self.address}: the broker does not serve Vote "
                                     "here\n"), done)
        done = self.call("--version", "0", "Vote")
        self.assertEqual((3, ""), (done.status, done.out))
        self.assertEqual(["kwire: warning: the broker does not serve Vote here",
                          f"kwire: ERR_CONNECTION: {self.address}: the answer to Vote 0: the broker ended the "
                          "connection instead; it may require a login (--sasl), or not understand the "
                          "request"], done.err.splitlines())

    def test_request_without_an_answer(self) -> None:
        began = time.monotonic()
        done = self.call("Produce")
        self.assertEqual(Done(0, "", "kwire: Produce with acks 0 is not answered\n"), done)
        self.assertLess(time.monotonic() - began, 5)
        done = self.call("Produce", '{"acks":1}')
        self.assertEqual((0, ""), (done.status, done.err))

    def test_names_of_hosts(self) -> None:
        port = self.address.rpartition(":")[2]
        done = kwire("call", f"localhost:{port}", "DescribeCluster")
        self.assertEqual((0, ""), (done.status, done.err))


class Words(CommandTest):
    def refuses(self, why: str, *words: str) -> None:
        self.complains(2, f"kwire: call: {why} (see kwire call --help)", "call", *words)

    def test_missing(self) -> None:
        self.refuses("HOST:PORT and an API are required")
        self.refuses("HOST:PORT and an API are required", "localhost:1")
        self.refuses('unexpected word "x"', "localhost:1", "Metadata", "{}", "x")

    def test_addresses(self) -> None:
        port = "its port is not a number from 1 to 65535"
        for text, why in (("", "it has no host"), (":9092", "it has no host"), ("[]:1", "it has no host"),
                          ("h:", port), ("h:0", port), ("h:65536", port), ("h:-1", port), ("h:1x", port),
                          ("h:999999999999", port), ("[::1", "the bracket is not closed"), ("[::1]1", port),
                          ("::1", "an IPv6 address is put in brackets, as [::1]:9092"),
                          ("::1:9092", "an IPv6 address is put in brackets, as [::1]:9092"),
                          ("h" * 256, "its host is longer than 255 bytes")):
            with self.subTest(address=text):
                shown = json.dumps(text) if len(text) < 100 else '"' + text[:60] + '"...'
                self.refuses(f"{shown} is not an address: {why}", text, "Metadata")

    def test_apis(self) -> None:
        self.complains(1, 'kwire: no API has the name or key "Metdata"; did you mean Metadata?', "call", "h:1",
                       "Metdata")
        self.complains(1, 'kwire: no API has the name or key "999"', "call", "h:1", "999")

    def test_numbers(self) -> None:
        self.refuses("kwire knows Metadata 0 to 13, not 14", "h:1", "Metadata", "--version", "14")
        self.refuses("kwire knows Metadata 0 to 13, not -1", "h:1", "Metadata", "--version", "-1")
        self.refuses('--version is a number, not "new"', "h:1", "Metadata", "--version", "new")
        for text in ("0", "-1", "x", "", "1e3", "nan", "0.0001", "86401", "1.2.3"):
            self.refuses("--timeout is a number of seconds, from 0.001 to 86400", "h:1", "Metadata", "--timeout", text)
        for text in ("65535", "x", "2147483648"):
            self.refuses("--max-memory is a number of bytes, from 65536 to 2147483647", "h:1", "Metadata",
                         "--max-memory", text)

    def test_strings_that_are_too_long(self) -> None:
        self.refuses("--client-id is at most 32767 bytes long", "h:1", "Metadata", "--client-id", "x" * 32768)
        self.complains(1, f"kwire: ERR_STRING_SIZE: ApiVersionsRequest {NEWEST}: clientSoftwareName: string is longer "
                          "than 32767 bytes", "call", "host.invalid:1", "ApiVersions",
                       '{"clientSoftwareName":"%s"}' % ("x" * 32768))

    def test_options_that_exclude_each_other(self) -> None:
        self.refuses("--hex prints no JSON, so --pretty and --json are not allowed", "h:1", "Metadata", "--hex",
                     "--json")
        self.refuses("--explain prints no JSON, so --pretty and --json are not allowed", "h:1", "Metadata", "--explain",
                     "--pretty")
        self.refuses("--hex and --explain exclude each other", "h:1", "Metadata", "--explain", "--hex")
        self.refuses("--color is always, never or auto", "h:1", "Metadata", "--explain", "--color", "yes")
        self.refuses("--user, --password-file, --token-file and --sasl-extensions need --sasl: PLAIN, SCRAM-SHA-256, "
                     "SCRAM-SHA-512 or OAUTHBEARER", "h:1", "Metadata", "--user", "u")
        self.refuses('--sasl is PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, not "GSSAPI"', "h:1", "Metadata",
                     "--sasl", "GSSAPI")
        self.refuses("--sasl needs --user", "h:1", "Metadata", "--sasl", "PLAIN")
        self.refuses("--sasl needs a password, in --password-file or in the variable KWIRE_PASSWORD", "h:1", "Metadata",
                     "--sasl", "PLAIN", "--user", "u")

    def test_json_is_read_before_connecting(self) -> None:
        """The host does not exist."""
        for text, why in (("{", "ERR_JSON at byte 1: string or '}' expected near end of file"),
                          ("", "ERR_JSON: no JSON, only white space"),
                          ("[]", "ERR_VALUE: expected an object, got an array"),
                          ('{"topic":null}', "ERR_VALUE: no version of MetadataRequest has a field \"topic\"; did you "
                                             "mean topics?"),
                          ('{"topics":[{"name":7}]}', "ERR_VALUE: topics[0].name: expected a string, got an integer")):
            with self.subTest(json=text):
                self.complains(1, f"kwire: {why}", "call", "host.invalid:1", "Metadata", text)
        self.complains(1, "kwire: ERR_JSON: no JSON, only white space", "call", "host.invalid:1", "Metadata",
                       "-", stdin=" ")
        self.complains(3, "kwire: /nowhere: No such file or directory", "call", "host.invalid:1", "Metadata",
                       "@/nowhere")


class Connecting(CommandTest):
    def free_port(self, family: socket.AddressFamily, host: str) -> int:
        with socket.socket(family) as probe:
            probe.bind((host, 0))
            return probe.getsockname()[1]

    def test_nobody_listens(self) -> None:
        address = f"127.0.0.1:{self.free_port(socket.AF_INET, '127.0.0.1')}"
        self.complains(3, f"kwire: ERR_CONNECTION: {address}: 127.0.0.1: Connection refused", "call", address,
                       "Metadata")

    def test_no_such_host(self) -> None:
        done = kwire("call", "host.invalid:1", "Metadata")
        self.assertEqual((3, ""), (done.status, done.out))
        self.assertRegex(done.err, r"\Akwire: ERR_CONNECTION: host\.invalid:1: [^\n]+\n\Z")

    def test_ipv6(self) -> None:
        try:
            port = self.free_port(socket.AF_INET6, "::1")
        except OSError:
            self.skipTest("no IPv6 here")
        self.complains(3, f"kwire: ERR_CONNECTION: [::1]:{port}: ::1: Connection refused", "call", f"[::1]:{port}",
                       "Metadata")


def metadata(request: Request) -> bytes:
    """An answer of version 1 without a broker or topic."""
    assert request.version == 1
    return struct.pack(">iii", 0, -1, 0)


class Negotiation(CommandTest):
    """Every broker here has Metadata 1."""

    def asked(self, broker: Broker) -> list[tuple[int, int]]:
        return [(request.key, request.version) for request in broker.seen]

    def succeeds(self, broker: Broker, *words: str) -> Done:
        with broker:
            done = kwire("call", broker.address, "Metadata", *words)
        self.assertEqual((0, '{"brokers":[],"controllerId":-1,"topics":[]}\n'), (done.status, done.out), done.err)
        return done

    def test_newest_of_both(self) -> None:
        broker = Broker({METADATA: (0, 1)}, {METADATA: metadata})
        self.assertEqual("", self.succeeds(broker).err)
        self.assertEqual([(API_VERSIONS, NEWEST), (METADATA, 1)], self.asked(broker))
        self.assertEqual([1, 2], [request.correlation for request in broker.seen])
        self.assertEqual({b"kwire"}, {request.client_id for request in broker.seen})

    def test_client_id(self) -> None:
        broker = Broker({METADATA: (0, 1)}, {METADATA: metadata})
        self.succeeds(broker, "--client-id", "me")
        self.assertEqual({b"me"}, {request.client_id for request in broker.seen})

    def test_broker_with_an_older_api_versions(self) -> None:
        for last in range(NEWEST):
            broker = Broker({API_VERSIONS: (0, last), METADATA: (1, 1)}, {METADATA: metadata})
            self.succeeds(broker)
            self.assertEqual([(API_VERSIONS, NEWEST), (API_VERSIONS, last), (METADATA, 1)], self.asked(broker))

    def test_broker_from_before_it_listed_anything_in_the_refusal(self) -> None:
        def versions(request: Request) -> bytes:
            return api_versions(0, {METADATA: (0, 1)}) if request.version == 0 else api_versions(0, {}, 35)

        broker = Broker({}, {API_VERSIONS: versions, METADATA: metadata})
        self.succeeds(broker)
        self.assertEqual([(API_VERSIONS, NEWEST), (API_VERSIONS, 0), (METADATA, 1)], self.asked(broker))

    def test_broker_that_refuses_every_version(self) -> None:
        broker = Broker({}, {API_VERSIONS: lambda request: api_versions(0, {API_VERSIONS: (-5, 9)}, 35)})
        with broker:
            self.complains(1, f"kwire: UNSUPPORTED_VERSION: {broker.address}: ApiVersions 0: the broker answered with "
                              "error 35", "call", broker.address, "Metadata")
        self.assertEqual([(API_VERSIONS, NEWEST), (API_VERSIONS, 0)], self.asked(broker))

    def test_broker_that_is_ahead(self) -> None:
        broker = Broker({METADATA: (1, 1), 1234: (0, 7), API_VERSIONS: (0, 9)}, {METADATA: metadata})
        with broker:
            done = kwire("call", broker.address, "ApiVersions")
        self.assertEqual((0, ""), (done.status, done.err))
        known = f"0-{NEWEST}      {NEWEST}"
        self.assertIn(f"   18  ApiVersions                   0-9      {known}     the broker is ahead\n", done.out)
        self.assertIn("    3  Metadata                      1        0-13     1     kwire is ahead\n", done.out)
        self.assertIn(" 1234  ?                             0-7      -        -     unknown to kwire\n", done.out)
        self.assertEqual([(API_VERSIONS, NEWEST)], self.asked(broker))

    def test_nothing_in_common(self) -> None:
        broker = Broker({METADATA: (50, 60), PRODUCE: (5, 4)}, {})
        with broker:
            self.complains(1, f"kwire: UNSUPPORTED_VERSION: {broker.address}: the broker serves Metadata 50 to 60, "
                              "kwire knows 0 to 13", "call", broker.address, "Metadata")
            self.complains(1, f"kwire: UNSUPPORTED_VERSION: {broker.address}: the broker does not serve Produce here",
                           "call", broker.address, "Produce")
            table = kwire("call", broker.address, "ApiVersions").out
        self.assertIn("    3  Metadata                      50-60    0-13     -     none in common\n", table)

    def test_forced_version_that_is_not_listed(self) -> None:
        broker = Broker({METADATA: (2, 3)}, {METADATA: metadata})
        done = self.succeeds(broker, "--version", "1")
        self.assertEqual("kwire: warning: the broker serves Metadata 2 to 3, not 1\n", done.err)

    def test_broker_from_before_api_versions(self) -> None:
        """It ends the connection; with --version the request is sent nevertheless."""
        def serve(connection: socket.socket) -> None:
            request = take_request(connection)
            if request.key == METADATA:
                connection.sendall(framed(struct.pack(">i", request.correlation) + metadata(request)))

        with Peer(serve) as peer:
            why = (f"{peer.address}: the answer to ApiVersions {NEWEST}: the broker ended the connection instead; "
                   "it may be older than Kafka 0.10, or a TLS listener (--tls)")
            self.complains(3, f"kwire: ERR_CONNECTION: {why}", "call", peer.address, "Metadata")
            self.assertEqual(1, peer.connections)
            done = kwire("call", peer.address, "Metadata", "--version", "1")
            self.assertEqual(3, peer.connections)
        self.assertEqual((0, '{"brokers":[],"controllerId":-1,"topics":[]}\n'), (done.status, done.out))
        self.assertRegex(done.err, r"\Akwire: warning: ERR_CONNECTION: the answer to ApiVersions \d+: [^\n]+; "
                                   r"ApiVersions is not sent again\n\Z")

    def test_software_is_named(self) -> None:
        broker = Broker({}, {})
        with broker:
            for words in ((), ('{"clientSoftwareName":"mine"}',), ('{"clientSoftwareVersion":"7"}', "--version=3")):
                kwire("call", broker.address, "ApiVersions", *words)
        version = kwire("--version").out.split()[1].encode()
        own = b"\x06kwire" + bytes([len(version) + 1]) + version + b"\0"
        for asked, body in zip(broker.seen, (own, b"\x05mine" + own[6:], own, b"\x06kwire\x027\0"), strict=True):
            self.assertTrue(asked.body.startswith(body[:-1]), asked)


class Features(CommandTest):
    def test_finalized_and_supported(self) -> None:
        def feature(name: bytes, first: int, last: int) -> bytes:
            return bytes([len(name) + 1]) + name + struct.pack(">hhx", first, last)

        def tagged(tag: int, content: bytes) -> bytes:
            return bytes([tag, len(content)]) + content

        supported = tagged(0, b"\x04" + feature(b"a", 1, 5) + feature(b"only", 0, 1) + feature(b"\x1b[31m", 0, 1))
        epoch = tagged(1, struct.pack(">q", 42))
        finalized = tagged(2, b"\x03" + feature(b"gone", 3, 2) + feature(b"a", 4, 4))
        body = struct.pack(">hBi", 0, 1, 0) + b"\x03" + supported + epoch + finalized
        with Broker({}, {API_VERSIONS: lambda request: body}) as broker:
            done = kwire("call", broker.address, "ApiVersions")
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertEqual(["FEATURE                              FINALIZED  SUPPORTED",
                          "gone                                 2-3        -",
                          "a                                    4          1-5",
                          "only                                 -          0-1",
                          '"\\u001B[31m"                         -          0-1',
                          "Finalized in epoch 42"], done.out.split("\n\n")[2].splitlines())

    def test_error_instead_of_a_table(self) -> None:
        with Broker({}, {API_VERSIONS: lambda request: api_versions(request.version, {}, 42)}) as broker:
            self.complains(1, f"kwire: INVALID_REQUEST: {broker.address}: ApiVersions {NEWEST}: the broker answered "
                              "with error 42", "call", broker.address, "ApiVersions")


if __name__ == "__main__":
    main()
