#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire explain names numbers as Kafka does, and the fields that it knows are in the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from command import CommandTest, kwire, main

ROOT = Path(__file__).resolve().parents[2]
NAMES = ROOT / "tests" / "vectors" / "kafka-names.txt"

Json = Any

# A place of each enumeration's number: message, version, a value with None in its place, and its path.
PLACES: dict[str, tuple[str, int, Json, str]] = {
    "AcknowledgeType": ("ShareAcknowledgeRequest", 1, {"topics": [{"partitions": [{"acknowledgementBatches": [
        {"acknowledgeTypes": [None]}]}]}]}, "topics[0].partitions[0].acknowledgementBatches[0].acknowledgeTypes[0]"),
    "AclOperation": ("CreateAclsRequest", 3, {"creations": [{"operation": None}]}, "creations[0].operation"),
    "AclPermissionType": ("AccessControlEntryRecord", 0, {"permissionType": None}, "permissionType"),
    "AlterConfigOp": ("IncrementalAlterConfigsRequest", 1, {"resources": [{"configs": [{"configOperation": None}]}]},
                      "resources[0].configs[0].configOperation"),
    "CompressionType": ("GetTelemetrySubscriptionsResponse", 0, {"acceptedCompressionTypes": [None]},
                        "acceptedCompressionTypes[0]"),
    "ConfigResourceType": ("DescribeConfigsRequest", 4, {"resources": [{"resourceType": None}]},
                           "resources[0].resourceType"),
    "ConfigSource": ("DescribeConfigsResponse", 4, {"results": [{"configs": [{"configSource": None}]}]},
                     "results[0].configs[0].configSource"),
    "ConfigType": ("DescribeConfigsResponse", 4, {"results": [{"configs": [{"configType": None}]}]},
                   "results[0].configs[0].configType"),
    "ConsumerMemberState": ("ConsumerGroupCurrentMemberAssignmentValue", 0, {"state": None}, "state"),
    "CoordinatorType": ("FindCoordinatorRequest", 4, {"keyType": None}, "keyType"),
    "ElectionType": ("ElectLeadersRequest", 2, {"electionType": None}, "electionType"),
    "EndpointType": ("DescribeClusterRequest", 1, {"endpointType": None}, "endpointType"),
    "FencingChange": ("BrokerRegistrationChangeRecord", 0, {"fenced": None}, "fenced"),
    "InControlledShutdownChange": ("BrokerRegistrationChangeRecord", 1, {"inControlledShutdown": None},
                                   "inControlledShutdown"),
    "IsolationLevel": ("ListOffsetsRequest", 10, {"isolationLevel": None}, "isolationLevel"),
    "LeaderRecoveryState": ("AlterPartitionRequest", 3, {"topics": [{"partitions": [{"leaderRecoveryState": None}]}]},
                            "topics[0].partitions[0].leaderRecoveryState"),
    "ListOffsets": ("ListOffsetsRequest", 10, {"topics": [{"partitions": [{"timestamp": None}]}]},
                    "topics[0].partitions[0].timestamp"),
    "MetadataVersion": ("FeatureLevelRecord", 0, {"name": "metadata.version", "featureLevel": None}, "featureLevel"),
    "PatternType": ("DescribeAclsRequest", 3, {"patternTypeFilter": None}, "patternTypeFilter"),
    "RecordState": ("ReadShareGroupStateResponse", 0, {"results": [{"partitions": [{"stateBatches": [
        {"deliveryState": None}]}]}]}, "results[0].partitions[0].stateBatches[0].deliveryState"),
    "RemoteLogSegmentState": ("RemoteLogSegmentMetadataRecord", 0, {"remoteLogSegmentState": None},
                              "remoteLogSegmentState"),
    "RemotePartitionDeleteState": ("RemotePartitionDeleteMetadataRecord", 0, {"remotePartitionDeleteState": None},
                                   "remotePartitionDeleteState"),
    "ResourceType": ("CreateAclsRequest", 3, {"creations": [{"resourceType": None}]}, "creations[0].resourceType"),
    "ScramMechanism": ("UserScramCredentialRecord", 0, {"mechanism": None}, "mechanism"),
    "SecurityProtocol": ("BrokerRegistrationRequest", 4, {"listeners": [{"securityProtocol": None}]},
                         "listeners[0].securityProtocol"),
    "ShareAcquireMode": ("ShareFetchRequest", 2, {"shareAcquireMode": None}, "shareAcquireMode"),
    "StreamsMemberState": ("StreamsGroupCurrentMemberAssignmentValue", 0, {"state": None}, "state"),
    "StreamsStatus": ("StreamsGroupHeartbeatResponse", 0, {"status": [{"statusCode": None}]}, "status[0].statusCode"),
    "TransactionState": ("TransactionLogValue", 1, {"transactionStatus": None}, "transactionStatus"),
    "UpgradeType": ("UpdateFeaturesRequest", 1, {"featureUpdates": [{"upgradeType": None}]},
                    "featureUpdates[0].upgradeType"),
}

# Defaults of tagged fields, which are not written.
NOT_WRITTEN = {("FencingChange", "NONE"), ("InControlledShutdownChange", "NONE")}


def put(value: Json, number: int) -> Json:
    if isinstance(value, dict):
        return {key: put(inner, number) for key, inner in value.items()}
    if isinstance(value, list):
        return [put(inner, number) for inner in value]
    return number if value is None else value


def expected_meaning(enumeration: str, name: str) -> str:
    if enumeration == "ListOffsets" and name != "MAX_TIMESTAMP":
        return name.removesuffix("_TIMESTAMP")
    return name


class Names(CommandTest):
    def meaning(self, place: tuple[str, int, Json, str], number: int) -> str:
        message, version, value, path = place
        encoded = kwire("encode", "--defaults", message, str(version), json.dumps(put(value, number)))
        self.assertEqual((0, ""), (encoded.status, encoded.err), (message, number))
        done = kwire("explain", "--json", "--message", message, "--version", str(version), "--input", "hex",
                     stdin=encoded.out)
        rows = json.loads(done.out)["rows"]
        return next((row.get("meaning", "").split(", ")[0] for row in rows if row.get("path") == path), "")

    def test_are_those_of_kafka(self) -> None:
        lines = [line.split(" ", 2) for line in NAMES.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(set(PLACES), {enumeration for enumeration, _, _ in lines})
        for enumeration, number, name in lines:
            if (enumeration, name) in NOT_WRITTEN:
                continue
            with self.subTest(enumeration=enumeration, number=number):
                self.assertEqual(expected_meaning(enumeration, name), self.meaning(PLACES[enumeration], int(number)))

    def test_all_bits_of_authorized_operations(self) -> None:
        operations = [line.split()[2] for line in NAMES.read_text(encoding="utf-8").splitlines()
                      if line.startswith("AclOperation ")]
        done = kwire("explain", "--message", "DescribeClusterResponse", "--version", "0",
                     "00000000 0000 01 01 00000000 01 0000ffff 00")
        self.assertIn(", ".join(operations), done.out)


def schema_fields() -> dict[str, set[tuple[str, str]]]:
    """Message and type of the fields of each name, which is Kafka's JSON name."""
    found: dict[str, set[tuple[str, str]]] = {}
    for path in sorted((ROOT / "schema").rglob("*.kws")):
        message = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if head := re.match(r"(?:request|response|header|data|metadata|key|value) (\w+)$", line):
                message = head[1]
            elif row := re.match(r" +(\w+) (\S+) \d", line):
                found.setdefault(row[1][0].lower() + row[1][1:], set()).add((message, row[2]))
    return found


def rules() -> list[tuple[str, str, str]]:
    text = (ROOT / "tools" / "explain" / "meaning_rules.c").read_text(encoding="utf-8")
    return re.findall(r'^    \{"(\w+)", "(\w*)", (MEANING_\w+), \w+\},$', text, re.MULTILINE)


class Rules(CommandTest):
    def test_are_about_existing_fields(self) -> None:
        fields = schema_fields()
        self.assertGreater(len(rules()), 100)
        for field, message, _ in rules():
            self.assertTrue(any(owner.startswith(message) for owner, _ in fields.get(field, set())), (field, message))

    def test_every_code_time_and_bit_field_has_one(self) -> None:
        """By the end of its name and its type."""
        known = {field: how for field, _, how in rules()}
        for field, owners in schema_fields().items():
            types = {kind.removeprefix("[]") for _, kind in owners}
            if re.search("[eE]rrorCode$", field):
                self.assertEqual("MEANING_ERROR", known.get(field), field)
            if re.search("[tT]imestamp(Ms)?$", field) and "int64" in types:
                self.assertEqual("MEANING_TIME", known.get(field), field)
            if re.search("[aA]uthorizedOperations$", field) and "int32" in types:
                self.assertEqual("MEANING_ACLS", known.get(field), field)
            if re.search("[aA]piKey$", field):
                self.assertEqual("MEANING_API", known.get(field), field)
            if re.search("[tT]opicId$", field) and "uuid" in types:
                self.assertEqual("MEANING_TOPIC", known.get(field), field)
            if re.search("(Timeout|Period|Interval|Wait|Lifetime|Throttle|throttle|timeout)(Time)?(Period)?Ms$", field):
                self.assertEqual("MEANING_DURATION", known.get(field), field)


if __name__ == "__main__":
    main()
