#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire call --script: several requests on one connection, with values of earlier answers."""

from __future__ import annotations

import base64
import json
import re
import struct
import tempfile
import time
import unittest
from pathlib import Path

from command import CommandTest, Done, Json, kwire, main
from fake_broker import METADATA, PRODUCE, Broker, Request
from kafka_frames import request
from live_broker import BROKER, LiveBroker

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "scripts"
HEARTBEAT, FIND_COORDINATOR = 12, 10
NOT_COORDINATOR, UNKNOWN_MEMBER_ID = 16, 25


class ScriptTest(CommandTest):
    address = "localhost:1"

    def run_script(self, *steps: Json | str, words: tuple[str, ...] = (), address: str = "") -> Done:
        """Each step starts a line."""
        text = "".join((step if isinstance(step, str) else json.dumps(step)) + "\n" for step in steps)
        return kwire("call", address or self.address, "--script", "-", *words, stdin=text)

    def bodies(self, done: Done) -> dict[str, Json]:
        self.assertEqual((0, ""), (done.status, done.err))
        return {line["as"]: line["body"] for line in map(json.loads, done.out.splitlines())}


@unittest.skipIf(BROKER is None, "kwire-broker is not built")
class Live(ScriptTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.address = cls.enterClassContext(LiveBroker("--memory"))

    def example(self, name: str) -> dict[str, Json]:
        return self.bodies(kwire("call", self.address, "--script", str(EXAMPLES / name), "--timeout", "30"))

    def test_transaction(self) -> None:
        bodies = self.example("transaction.jsonl")
        producer = bodies["producer"]
        (topic,) = bodies["Fetch"]["responses"]
        data = topic["partitions"][0]["records"][0]  # the marker may come later
        self.assertEqual([("a", "1"), ("b", f"of producer {producer['producerId']}")],
                         [(record["key"], record["value"]) for record in data["records"]])
        self.assertEqual((True, producer["producerId"], producer["producerEpoch"], "gzip"), tuple(
            data[name] for name in ("transactional", "producerId", "producerEpoch", "codec")))

    def test_records_of_a_single_call(self) -> None:
        """Also JSON, or base64."""
        self.example("transaction.jsonl")
        asked = json.dumps({"maxWaitMs": 500, "maxBytes": 1000000, "topics": [{"topic": "orders", "partitions": [
            {"partition": 0, "fetchOffset": 0, "partitionMaxBytes": 1000000}]}]})
        plain, raw = (json.loads(kwire("call", self.address, "Fetch", "--version", "12", *words, asked).out)
                      ["responses"][0]["partitions"][0]["records"] for words in ((), ("--raw-records",)))
        self.assertEqual("a", plain[0]["records"][0]["key"])
        self.assertEqual(plain[0]["crc"], int.from_bytes(base64.b64decode(raw)[17:21], "big"))

    def test_group(self) -> None:
        bodies = self.example("group.jsonl")
        self.assertEqual([None, 79, 0, 0, 0, 0], [body.get("errorCode") for body in bodies.values()])
        self.assertEqual(("AAA=", bodies["join"]["memberId"]), (
            bodies["sync"]["assignment"], bodies["LeaveGroup"]["members"][0]["memberId"]))

    def test_output_in_the_documentation(self) -> None:
        text = (EXAMPLES.parents[1] / "docs" / "scripts.md").read_text()
        shown = [json.loads(line) for line in re.findall(r"(?m)^    (\[\d.*\])$", text)]
        done = kwire("call", self.address, "--script", str(EXAMPLES / "group.jsonl"))
        self.assertEqual(shown, [[line["line"], line["as"], line["body"].get("errorCode")]
                                 for line in map(json.loads, done.out.splitlines())])
        heartbeat = next(line for line in text.splitlines() if line.startswith('    {"line":'))
        self.assertIn(heartbeat.strip() + "\n", done.out)

    def test_script_in_the_help(self) -> None:
        text = kwire("call", "--help").out
        script = text[text.index("    # a transaction"):text.index('  A member "api"')]
        bodies = self.bodies(kwire("call", self.address, "--script", "-", stdin=script))
        self.assertEqual(["FindCoordinator", "me", "EndTxn"], list(bodies))

    def test_lines_of_decode(self) -> None:
        frames = request("ListGroups", 1, 78, {}) + request("Metadata", 9, 77, {
            "topics": [], "allowAutoTopicCreation": False, "includeClusterAuthorizedOperations": False,
            "includeTopicAuthorizedOperations": False})
        lines = kwire("decode", "--frame", "-", stdin=frames).out
        bodies = self.bodies(self.run_script(lines))
        self.assertEqual([], bodies["Metadata"]["topics"])
        self.assertEqual(0, bodies["ListGroups"]["errorCode"])

    def test_explained_and_pretty(self) -> None:
        done = self.run_script({"api": "ListGroups", "version": 1}, words=("--explain",))
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertTrue(done.out.startswith("ListGroups request version 1, "), done.out)
        self.assertIn("\nListGroups response version 1, ", done.out)
        done = self.run_script({"api": "ListGroups", "version": 1}, words=("--pretty",))
        self.assertTrue(done.out.startswith('{\n  "line": 1,\n  "api": "ListGroups",'), done.out)

    def test_errors_of_answers(self) -> None:
        step = {"api": "DescribeConfigs", "version": 4, "body": {"resources": [
            {"resourceType": 2, "resourceName": "none", "configurationKeys": None}]}}
        done = self.run_script("# a comment", "", step, {"api": "ListGroups"})
        self.assertEqual((1, 1), (done.status, done.out.count("\n")))
        self.assertTrue(done.err.startswith("kwire: standard input:3: DescribeConfigs: results[0].errorCode: "
                                            "UNKNOWN_TOPIC_OR_PARTITION (3)"), done.err)
        for allowed in (["NONE", "unknown_topic_or_partition"], True):
            done = self.run_script(step | {"allow": allowed}, {"api": "ListGroups"})
            self.assertEqual((0, "", 2), (done.status, done.err, done.out.count("\n")))

    def test_values_that_answers_do_not_have(self) -> None:
        for text, why in (("${ListGroups.groop}", 'the answer has no "groop" in an object'),
                          ("${ListGroups.groups[7]}", "the answer has no such element in an array"),
                          ("${ListGroups.errorCode.x}", 'the answer has no "x" in an integer')):
            done = self.run_script({"api": "ListGroups"}, {"api": "DescribeGroups", "body": {"groups": ["g", text]}})
            self.assertEqual((1, f'kwire: ERR_VALUE: standard input:2: body: groups[1]: "{text[2:-1]}": {why}\n'),
                             (done.status, done.err))
        done = self.run_script({"api": "ListGroups"}, {"api": "DescribeGroups", "body": {
            "groups": ["${ListGroups.errorCode}"]}})
        self.assertEqual("kwire: ERR_VALUE: standard input:2: body: groups[0]: expected a string, got an integer\n",
                         done.err)
        done = self.run_script({"api": "ListGroups"}, {"api": "DescribeGroups", "body": {
            "groups": ["x${ListGroups.groups}"]}})
        self.assertIn('"ListGroups.groups": only texts, numbers and booleans can be part of a text', done.err)


class Fakes(ScriptTest):
    """Brokers that answer Heartbeat 0 or Metadata 1."""

    @staticmethod
    def heartbeats(*codes: int) -> Broker:
        left = list(codes)
        return Broker({HEARTBEAT: (0, 0)}, {HEARTBEAT: lambda _: struct.pack(">h", left.pop(0))})

    def test_values_of_every_type(self) -> None:
        body = struct.pack(">i", 1) + struct.pack(">ih1sih", 7, 1, b"h", 9092, -1) + struct.pack(">ii", 5, 0)
        seen: list[bytes] = []

        def heartbeat(asked: Request) -> bytes:
            seen.append(asked.body)
            return struct.pack(">h", 0)

        with Broker({METADATA: (1, 1), HEARTBEAT: (0, 0)}, {METADATA: lambda _: body, HEARTBEAT: heartbeat}) as broker:
            done = self.run_script(
                {"api": "Metadata", "as": "m"},
                {"api": "Heartbeat", "body": {"groupId": "${m.brokers[0].host}:${m.brokers[0].port}/$${x}$",
                                              "generationId": "${m.controllerId}", "memberId": "$"}},
                address=broker.address)
        self.assertEqual((0, ""), (done.status, done.err))
        group = b"h:9092/${x}$"
        self.assertEqual([struct.pack(">h", len(group)) + group + struct.pack(">ih", 5, 1) + b"$"], seen)

    def test_retries(self) -> None:
        for retry in (True, ["NOT_COORDINATOR"]):
            with self.heartbeats(NOT_COORDINATOR, NOT_COORDINATOR, 0) as broker:
                began = time.monotonic()
                done = self.run_script({"api": "Heartbeat", "retry": retry}, address=broker.address)
            self.assertEqual((0, "", 3), (done.status, done.err, len(broker.seen) - 1))
            self.assertEqual(1, done.out.count("\n"))
            self.assertGreater(time.monotonic() - began, 0.2)
        with self.heartbeats(UNKNOWN_MEMBER_ID) as broker:
            done = self.run_script({"api": "Heartbeat", "retry": True}, address=broker.address)
        self.assertEqual((1, "kwire: standard input:1: Heartbeat: errorCode: UNKNOWN_MEMBER_ID (25)\n"),
                         (done.status, done.err))
        with self.heartbeats(*[NOT_COORDINATOR] * 100) as broker:
            done = self.run_script({"api": "Heartbeat", "retry": True}, address=broker.address,
                                   words=("--timeout", "0.5"))
        self.assertEqual((1, "kwire: standard input:1: Heartbeat: errorCode: NOT_COORDINATOR (16)\n"),
                         (done.status, done.err))

    def test_client_ids(self) -> None:
        with self.heartbeats(0, 0, 0) as broker:
            step = {"api": "Heartbeat", "version": 0}
            self.run_script(step, step | {"header": {"clientId": "mine", "correlationId": 9}}, step,
                            address=broker.address, words=("--client-id", "other"))
        self.assertEqual([b"other", b"mine", b"other"], [one.client_id for one in broker.seen[1:]])

    def test_no_answer(self) -> None:
        with Broker({PRODUCE: (3, 3), HEARTBEAT: (0, 0)}, {HEARTBEAT: lambda _: b"\0\0", PRODUCE: lambda _: b""}) as it:
            it.answers.pop(PRODUCE)
            done = self.run_script({"api": "Produce", "body": {"acks": 0}}, address=it.address)
        self.assertEqual((0, '{"line":1,"api":"Produce","version":3,"as":"Produce","body":null}\n'),
                         (done.status, done.out))

    def test_connection_that_ends(self) -> None:
        with Broker({HEARTBEAT: (0, 0)}, {}) as broker:
            done = self.run_script({"api": "Heartbeat"}, address=broker.address)
        self.assertEqual((3, ""), (done.status, done.out))
        self.assertIn("standard input:1: the answer to Heartbeat 0: the broker ended the connection instead", done.err)

    def test_api_that_is_not_served(self) -> None:
        with Broker({HEARTBEAT: (0, 0)}, {}) as broker:
            done = self.run_script({"api": "Vote"}, address=broker.address)
        self.assertEqual((1, f"kwire: UNSUPPORTED_VERSION: {broker.address}: standard input:1: the broker does not "
                             "serve Vote here\n"), (done.status, done.err))

    def test_version_that_cannot_carry_the_value(self) -> None:
        with self.heartbeats() as broker:
            done = self.run_script({"api": "Heartbeat", "body": {"groupInstanceId": "x"}}, address=broker.address)
        self.assertEqual((1, "kwire: ERR_FIELD_VERSION: standard input:1: HeartbeatRequest 0: groupInstanceId: field "
                             "is set but does not exist in this version\n"), (done.status, done.err))


class Mistakes(ScriptTest):
    """They are found before anything is sent: there is no broker."""

    def refuses(self, why: str, *steps: Json | str) -> None:
        done = self.run_script(*steps)
        self.assertEqual((1, "", f"kwire: {why}\n"), done)

    def test_json(self) -> None:
        self.refuses("ERR_VALUE: standard input: no requests")
        self.refuses("ERR_VALUE: standard input: no requests", "# nothing", "")
        done = self.run_script({"api": "Heartbeat"}, "# x", '{"api":3', ',,"body":{}}')
        self.assertTrue(done.err.startswith("kwire: ERR_JSON: standard input:4: "), done.err)
        self.refuses("ERR_VALUE: standard input:2: expected an object, got an array", {"api": "Heartbeat"}, "[]")

    def test_members(self) -> None:
        for step, why in (
                ({"bdy": {}}, 'a request of a script has no "bdy"; did you mean body?'),
                ({}, "api: missing: the name or the key of an API"),
                ({"api": "Heartbeet"}, "api: not the name or the key of an API"),
                ({"api": 3, "version": "1"}, "version: expected an integer, got a string"),
                ({"api": 3, "version": 99}, "version: kwire knows Metadata 0 to 13, not 99"),
                ({"api": 3, "body": []}, "body: expected an object, got an array"),
                ({"api": 3, "as": "a b"}, "as: a name of letters, digits, - and _"),
                ({"api": 3, "as": 5}, "as: a name of letters, digits, - and _"),
                ({"api": 3, "allow": "X"}, "allow: expected true or an array of Kafka's names of errors, got a string"),
                ({"api": 3, "retry": ["NONE", "X"]}, "retry[1]: Kafka has no error of this name (see kwire errors)"),
                ({"api": 3, "kind": "response"}, "kind: a script has only requests"),
                ({"api": 3, "header": {"clientId": 5}}, "header.clientId: expected a string, got an integer")):
            self.refuses(f"ERR_VALUE: standard input:2: {why}", "", step)

    def test_references(self) -> None:
        path = "not NAME.field[0].field of an earlier answer"
        for text, why in (
                ("${", '"": a reference without its closing brace'),
                ("x${a", '"a": a reference without its closing brace'),
                ("${}", f'"": {path}'),
                ("${.a}", f'".a": {path}'),
                ("${one[}", f'"one[": {path}'),
                ("${one[x]}", f'"one[x]": {path}'),
                ("${one.a b}", f'"one.a b": {path}'),
                ("${one.}", f'"one.": {path}'),
                ("${onee.a}", '"onee": no request before this one is called that; did you mean one?'),
                ("${two.a}", '"two": no request before this one is called that')):
            self.refuses(f"ERR_VALUE: standard input:2: body: groups[0]: {why}", {"api": 3, "as": "one"},
                         {"api": "DescribeGroups", "as": "two", "body": {"groups": [text]}})

    def test_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "s.jsonl"))
            self.complains(3, f"kwire: {path}: No such file or directory", "call", "h:1", "--script", path)
            Path(path).write_text('{"api":"x"}')
            self.complains(1, f"kwire: ERR_VALUE: {path}:1: api: not the name or the key of an API", "call", "h:1",
                           "--script", path)

    def test_usage(self) -> None:
        for why, *words in (
                ("HOST:PORT is required", "--script", "x"),
                ("--script takes only HOST:PORT", "h:1", "Metadata", "--script", "x"),
                ("--script has no API, so --version is not allowed", "h:1", "--script", "x", "--version", "3"),
                ("--script prints JSON, so --hex is not allowed", "h:1", "--script", "x", "--hex")):
            self.complains(2, f"kwire: call: {why} (see kwire call --help)", "call", *words)


if __name__ == "__main__":
    main()
