#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire schema --diff: what differs between versions of a message is what schema/ says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Iterator

from command import CommandTest, kwire, main

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))

import schema  # noqa: E402
from schema_model import Struct  # noqa: E402

MESSAGES = {message.name: message for message in schema.load(ROOT / "schema").messages}

DIFFS = {
    ("9", "10", "OffsetCommitRequest"): """\
OffsetCommitRequest, request of API key 8 (OffsetCommit)
--- version 9, flexible, after header version 2; Kafka 3.7 to the newest
+++ version 10, flexible, after header version 2; Kafka 4.2 to the newest
- topics[].name     COMPACT_STRING
+ topics[].topicId  UUID
""",
    ("MetadataRequest", "0", "1"): """\
MetadataRequest, request of API key 3 (Metadata)
--- version 0, after header version 1; Kafka 0.8.2 to the newest
+++ version 1, after header version 1; Kafka 0.10.0 to the newest
~ topics  ARRAY of MetadataRequestTopic  now nullable
""",
    ("MetadataRequest", "9", "8"): """\
MetadataRequest, request of API key 3 (Metadata)
--- version 9, flexible, after header version 2; Kafka 2.4 to the newest
+++ version 8, after header version 1; Kafka 2.3 to the newest
~ not flexible: no compact lengths and no tagged fields
  the fields are the same
""",
    ("2", "3", "ApiVersionsResponse"): """\
ApiVersionsResponse, response of API key 18 (ApiVersions)
--- version 2, after header version 0; Kafka 2.0 to the newest
+++ version 3, flexible, after header version 0; Kafka 2.4 to the newest
~ flexible from here on: compact lengths, and tagged fields at the end of each struct
+ supportedFeatures                    COMPACT_ARRAY of SupportedFeatureKey  tag 0, since Kafka 2.7
+ supportedFeatures[].name             COMPACT_STRING                        key, since Kafka 2.7
+ supportedFeatures[].minVersion       INT16                                 since Kafka 2.7
+ supportedFeatures[].maxVersion       INT16                                 since Kafka 2.7
+ finalizedFeaturesEpoch               INT64                                 tag 1, default -1, since Kafka 2.7
+ finalizedFeatures                    COMPACT_ARRAY of FinalizedFeatureKey  tag 2, since Kafka 2.7
+ finalizedFeatures[].name             COMPACT_STRING                        key, since Kafka 2.7
+ finalizedFeatures[].maxVersionLevel  INT16                                 since Kafka 2.7
+ finalizedFeatures[].minVersionLevel  INT16                                 since Kafka 2.7
+ zkMigrationReady                     BOOLEAN                               tag 3, since Kafka 3.4
""",
    ("PartitionChangeRecord",): """\
PartitionChangeRecord, metadata record of type 5
Only on disk: which version is written follows from the feature levels of the cluster, not from the release.
version 0, flexible

version 1, flexible
+ directories  COMPACT_ARRAY of UUID  tag 8, nullable, default null

version 2, flexible
+ eligibleLeaderReplicas  COMPACT_ARRAY of INT32  tag 6, nullable, default null
+ lastKnownElr            COMPACT_ARRAY of INT32  tag 7, nullable, default null
""",
}

CHANGES = [
    {"change": "removed", "path": "topics[].topic", "before": {"type": "COMPACT_STRING", "nullable": False}},
    {"change": "added", "path": "topics[].topicId", "after": {"type": "UUID", "nullable": False}},
    {"change": "removed", "path": "forgottenTopicsData[].topic",
     "before": {"type": "COMPACT_STRING", "nullable": False}},
    {"change": "added", "path": "forgottenTopicsData[].topicId", "after": {"type": "UUID", "nullable": False}},
]


def present(struct: Struct, version: int, path: str = "") -> Iterator[tuple[str, tuple[bool, bool]]]:
    """The path of each field in the version, whether it is nullable, and whether it is tagged."""
    for one in struct.fields:
        if version not in one.versions:
            continue
        own = path + one.name[0].lower() + one.name[1:]
        yield own, (version in one.nullable, version in one.tagged)
        if one.struct is not None:
            yield from present(one.struct, version, f"{own}[]." if one.array else f"{own}.")


class Diff(CommandTest):
    def shown(self, *words: str) -> list[str]:
        done = kwire("schema", *words)
        self.assertEqual((0, ""), (done.status, done.err))
        return done.out.splitlines()

    def json(self, *words: str) -> Any:
        done = kwire("schema", *words, "--json")
        self.assertEqual((0, "", 1), (done.status, done.err, done.out.count("\n")))
        return json.loads(done.out)

    def test_diff_as_printed(self) -> None:
        for words, expected in DIFFS.items():
            self.assertEqual(expected.splitlines(), self.shown(*words, "--diff"))
            self.assertEqual(expected.splitlines(), self.shown("--diff", *words))

    def test_every_diff(self) -> None:
        """Of each version and the next one, as the schema has them."""
        for message in MESSAGES.values():
            history = self.json("--diff", message.name)
            self.assertEqual(list(message.versions)[1:], [one["after"]["version"] for one in history])
            for one in history:
                before, after = (dict(present(message.root, one[which]["version"])) for which in ("before", "after"))
                expected = {path: "removed" for path in before.keys() - after.keys()}
                expected |= {path: "added" for path in after.keys() - before.keys()}
                expected |= {path: "changed" for path in before.keys() & after.keys() if before[path] != after[path]}
                with self.subTest(message=message.name, version=one["after"]["version"]):
                    self.assertEqual(expected, {change["path"]: change["change"] for change in one["changes"]})

    def test_diff_json(self) -> None:
        diff = self.json("--diff", "12", "13", "FetchRequest")
        self.assertEqual(CHANGES, diff.pop("changes"))
        self.assertEqual({"message": "FetchRequest", "kind": "request", "api": "Fetch", "apiKey": 1,
                          "before": {"version": 12, "flexible": True, "header": 2, "firstRelease": "2.7"},
                          "after": {"version": 13, "flexible": True, "header": 2, "firstRelease": "3.1"}}, diff)
        self.assertEqual([diff | {"changes": CHANGES}],
                         [one for one in self.json("FetchRequest", "--diff") if one["after"]["version"] == 13])
        self.assertEqual([{"change": "changed", "path": "topics",
                           "before": {"type": "ARRAY", "of": "MetadataRequestTopic", "nullable": False},
                           "after": {"type": "ARRAY", "of": "MetadataRequestTopic", "nullable": True}}],
                         self.json("--diff", "0", "1", "MetadataRequest")["changes"])

    def test_refusals_of_diff(self) -> None:
        self.complains(1, "kwire: FetchRequest has versions 0 to 18, not 19", "schema", "--diff", "18", "19",
                       "FetchRequest")
        self.complains(1, 'kwire: unknown message "13"', "schema", "--diff", "11", "12", "13")
        for words, why in ((["--diff"], "--diff needs a message, and two versions or none"),
                           (["--diff", "FetchRequest", "3"], "--diff needs a message, and two versions or none"),
                           (["--diff", "FetchRequest", "3", "x"], 'the version is a number, not "x"'),
                           (["--diff", "--names"], "--names and --diff exclude each other"),
                           (["FetchRequest", "3", "4"], 'unexpected word "4"'),
                           (["--json", "--names"], "--names prints no JSON, so --json is not allowed")):
            self.complains(2, f"kwire: schema: {why} (see kwire schema --help)", "schema", *words)


if __name__ == "__main__":
    main()
