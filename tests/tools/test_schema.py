#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire schema: its output agrees with schema/ for every message and version."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Iterator

from command import CommandTest, kwire, main

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))

import schema  # noqa: E402
from schema_model import Field, Struct  # noqa: E402

MESSAGES = {message.name: message for message in schema.load(ROOT / "schema").messages}

LAYOUT = """\
FetchRequest, request of API key 1 (Fetch), version 17, flexible
after header version 2; Kafka 3.9 to the newest

FIELD                     TYPE                             NOTES
maxWaitMs                 INT32
minBytes                  INT32
maxBytes                  INT32                            default 2147483647
isolationLevel            INT8
sessionId                 INT32
sessionEpoch              INT32                            default -1
topics                    COMPACT_ARRAY of FetchTopic
  topicId                 UUID
  partitions              COMPACT_ARRAY of FetchPartition
    partition             INT32
    currentLeaderEpoch    INT32                            default -1
    fetchOffset           INT64
    lastFetchedEpoch      INT32                            default -1
    logStartOffset        INT64                            default -1
    partitionMaxBytes     INT32
    _tagged_fields        TAG_BUFFER
      replicaDirectoryId  UUID                             tag 0
  _tagged_fields          TAG_BUFFER                       none is known
forgottenTopicsData       COMPACT_ARRAY of ForgottenTopic
  topicId                 UUID
  partitions              COMPACT_ARRAY of INT32
  _tagged_fields          TAG_BUFFER                       none is known
rackId                    COMPACT_STRING
_tagged_fields            TAG_BUFFER
  clusterId               COMPACT_NULLABLE_STRING          tag 0, nullable, default null
  replicaState            ReplicaState                     tag 1
    replicaId             INT32                            default -1
    replicaEpoch          INT64                            default -1
    _tagged_fields        TAG_BUFFER                       none is known
"""

ALL_VERSIONS = """\
OffsetFetchRequest, request of API key 9 (OffsetFetch), versions 0-10, flexible 6+

FIELD                 VERSIONS  SINCE   TYPE                               NOTES
groupId               0-7       0.8.2   STRING
topics                0-7       0.8.2   ARRAY of OffsetFetchRequestTopic   nullable 2-7
  name                0-7       0.8.2   STRING
  partitionIndexes    0-7       0.8.2   ARRAY of INT32
groups                8+        3.0     ARRAY of OffsetFetchRequestGroup
  groupId             8+        3.0     STRING
  memberId            9+        3.7     STRING                             nullable 9+, default null, ignorable
  memberEpoch         9+        3.7     INT32                              default -1, ignorable
  topics              8+        3.0     ARRAY of OffsetFetchRequestTopics  nullable 8+
    name              8-9       3.0     STRING                             ignorable
    topicId           10+       4.2     UUID                               ignorable
    partitionIndexes  8+        3.0     ARRAY of INT32
requireStable         7+        2.5     BOOLEAN
"""

def camel(name: str) -> str:
    return name[0].lower() + name[1:]


def rows(struct: Struct, version: int, flexible: bool, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Indentation and name of each field in the order of the wire, tagged ones last."""
    def field(one: Field, at: int) -> Iterator[tuple[int, str]]:
        yield at, camel(one.name)
        if one.struct is not None:
            yield from rows(one.struct, version, flexible, at + 1)

    there = [one for one in struct.fields if version in one.versions]
    for one in there:
        if not (one.tagged and version in one.tagged):
            yield from field(one, depth)
    if flexible:
        yield depth, "_tagged_fields"
        for one in there:
            if one.tagged and version in one.tagged:
                yield from field(one, depth + 1)


class Schema(CommandTest):
    def shown(self, *words: str) -> list[str]:
        done = kwire("schema", *words)
        self.assertEqual((0, ""), (done.status, done.err))
        return done.out.splitlines()

    def fields(self, lines: list[str]) -> list[tuple[int, str]]:
        first = next(i for i, line in enumerate(lines) if line.startswith("FIELD"))
        cells = [re.match(r"( *)(\S+)  ", line + "  ") for line in lines[first + 1:]]
        return [(len(cell[1]) // 2, cell[2]) for cell in cells if cell is not None]

    def test_every_version(self) -> None:
        for message in MESSAGES.values():
            for version in message.versions:
                with self.subTest(message=message.name, version=version):
                    flexible = version in message.flexible
                    lines = self.shown(message.name, str(version))
                    self.assertIn(f"{message.name}, ", lines[0])
                    self.assertEqual(flexible, lines[0].endswith(", flexible"))
                    self.assertEqual(list(rows(message.root, version, flexible)), self.fields(lines))

    def test_all_versions(self) -> None:
        for message in MESSAGES.values():
            names = {name for _, name in self.fields(self.shown(message.name))}
            structs = {message.root, *message.structs}
            self.assertEqual({camel(field.name) for struct in structs for field in struct.fields}, names)

    def test_shared_structs(self) -> None:
        """A struct's field is in fewer versions where the field around it is."""
        request = {field["name"]: field for field in self.json("AddPartitionsToTxnRequest")["fields"]}
        topics = request["v3AndBelowTopics"]["fields"][0]
        self.assertEqual(({"first": 0, "last": 3}, "0.11.0"), (topics["versions"], topics["since"]))
        topics = request["transactions"]["fields"][-1]["fields"][0]
        self.assertEqual(({"first": 4, "last": 5}, "3.6"), (topics["versions"], topics["since"]))
        self.assertIn(["name", "0-3", "0.11.0", "STRING", "key"],
                      [line.split() for line in self.shown("AddPartitionsToTxnRequest")])

    def test_as_printed(self) -> None:
        self.assertEqual(LAYOUT.splitlines(), self.shown("FetchRequest", "17"))
        self.assertEqual(ALL_VERSIONS.splitlines(), self.shown("OffsetFetchRequest"))
        self.assertEqual("EndTxnMarker, data, versions 0, not flexible", self.shown("EndTxnMarker")[0])

    def test_only_on_disk(self) -> None:
        """Such messages have no releases, and the output says why."""
        why = ("Only on disk: which version is written follows from the feature levels of the cluster, not from the "
               "release.")
        for message in MESSAGES.values():
            lines = [self.shown(*words)[1] for words in ([message.name], [message.name, str(message.versions.hi)],
                                                         [message.name, "--diff"])]
            self.assertEqual([why if message.folder else None] * 3, [line if line == why else None for line in lines])
        self.assertEqual(["OffsetCommitValue, coordinator value of type 1, versions 0-4, flexible 4+", why, "",
                          "FIELD            VERSIONS  TYPE    NOTES"], self.shown("OffsetCommitValue")[:4])
        self.assertNotIn("firstRelease", self.json("OffsetCommitValue", "4"))

    def test_list(self) -> None:
        self.assertEqual(sorted(MESSAGES), sorted(self.shown("--names")))
        listed = {line.split()[0] for line in self.shown()[1:]}
        self.assertEqual(set(MESSAGES), listed)

    def json(self, *words: str) -> Any:
        done = kwire("schema", *words, "--json")
        self.assertEqual((0, "", 1), (done.status, done.err, done.out.count("\n")))
        return json.loads(done.out)

    def test_json_of_versions(self) -> None:
        """The same fields, in the same order, as in the text."""
        def fields(one: Any, depth: int = 0) -> Iterator[tuple[int, str]]:
            for row in one["fields"]:
                yield from field(row, depth)
            if "taggedFields" in one:
                yield depth, "_tagged_fields"
                for row in one["taggedFields"]:
                    yield from field(row, depth + 1)

        def field(row: Any, depth: int) -> Iterator[tuple[int, str]]:
            yield depth, row["name"]
            if "fields" in row:
                yield from fields(row, depth + 1)

        for message in MESSAGES.values():
            if message.kind not in ("request", "response"):
                continue
            for version in message.versions if message.name.startswith("Fetch") else [message.versions.hi]:
                with self.subTest(message=message.name, version=version):
                    self.assertEqual(list(rows(message.root, version, version in message.flexible)),
                                     list(fields(self.json(message.name, str(version)))))

    def test_json(self) -> None:
        listed = self.json()
        self.assertEqual(self.shown("--names"), [one["message"] for one in listed])
        self.assertIn({"message": "FetchRequest", "kind": "request", "api": "Fetch", "apiKey": 1,
                       "versions": {"first": 0, "last": 18}, "flexible": {"first": 12, "last": 18}}, listed)
        self.assertIn({"message": "PartitionRecord", "kind": "metadata record", "recordType": 3,
                       "versions": {"first": 0, "last": 2}, "flexible": {"first": 0, "last": 2}}, listed)
        self.assertIn({"message": "EndTxnMarker", "kind": "data", "versions": {"first": 0, "last": 0}}, listed)
        one = self.json("HeartbeatRequest", "4")
        self.assertEqual({"name": "groupInstanceId", "type": "COMPACT_NULLABLE_STRING", "nullable": True,
                          "default": None}, one["fields"][3])
        self.assertEqual(("Heartbeat", 12, 4, True, 2, "2.4", []),
                         tuple(one[name] for name in ("api", "apiKey", "version", "flexible", "header", "firstRelease",
                                                      "taggedFields")))
        fetch = {row["name"]: row for row in self.json("FetchRequest")["fields"]}
        self.assertEqual({"name": "replicaState", "type": "ReplicaState", "array": False,
                          "versions": {"first": 15, "last": 18}, "since": "3.5", "tag": 1,
                          "tagged": {"first": 15, "last": 18}},
                         {name: value for name, value in fetch["replicaState"].items() if name != "fields"})
        self.assertEqual({"name": "maxBytes", "type": "int32", "array": False, "versions": {"first": 3, "last": 18},
                          "since": "0.10.1", "default": 2147483647, "ignorable": True}, fetch["maxBytes"])
        self.assertEqual(("COMPACT_ARRAY", "FetchTopic"),
                         tuple(self.json("FetchRequest", "17")["fields"][6][name] for name in ("type", "of")))
        response = {row["name"]: row for row in self.json("ApiVersionsResponse", "3")["taggedFields"]}
        self.assertEqual(("3.4", 3), (response["zkMigrationReady"]["since"], response["zkMigrationReady"]["tag"]))

    def test_early_access(self) -> None:
        """A version that no release had as a stable one."""
        self.assertEqual("after header version 2; not stable in any release yet",
                         self.shown("ShareFetchRequest", "0")[1])
        one = self.json("ShareFetchRequest", "0")
        self.assertEqual((None, None), (one.get("firstRelease"), one.get("lastRelease")))
        since = {row["name"]: row["since"] for row in self.json("ShareFetchRequest")["fields"]}
        self.assertEqual("4.1", since["groupId"])

    def test_refusals(self) -> None:
        self.complains(1, "kwire: unknown message \"FetchReqest\"; did you mean FetchRequest?",
                       "schema", "FetchReqest")
        self.complains(1, "kwire: FetchRequest has versions 0 to 18, not 19", "schema", "FetchRequest", "19")
        self.complains(2, 'kwire: schema: the version is a number, not "x" (see kwire schema --help)',
                       "schema", "FetchRequest", "x")
        self.complains(2, "kwire: schema: --names lists all (see kwire schema --help)", "schema", "--names", "X")


if __name__ == "__main__":
    main()
