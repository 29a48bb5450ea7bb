# SPDX-License-Identifier: Apache-2.0
"""kwire-broker keeps what consumers commit that assign partitions themselves: they resume where they were, whatever has
ended the broker."""

import os
import pathlib
import signal
import struct
import tempfile
import threading
import unittest

import support
from data_dir_support import NAMES, answer, ask, request

OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, DESCRIBE_GROUPS, LIST_GROUPS = 8, 9, 10, 15, 16
CREATE_TOPICS, DELETE_TOPICS, DELETE_GROUPS, OFFSET_DELETE = 19, 20, 42, 47
NAMES.update({OFFSET_COMMIT: ("OffsetCommit", 8), OFFSET_FETCH: ("OffsetFetch", 6),
              FIND_COORDINATOR: ("FindCoordinator", 3), DESCRIBE_GROUPS: ("DescribeGroups", 5),
              LIST_GROUPS: ("ListGroups", 3),
              CREATE_TOPICS: ("CreateTopics", 5), DELETE_TOPICS: ("DeleteTopics", 4),
              DELETE_GROUPS: ("DeleteGroups", 2), OFFSET_DELETE: ("OffsetDelete", 99)})
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
GROUPS = [f"group-{n}" for n in range(12)]
PARTITIONS = 3


def commit(group: str, offsets: dict[int, int], topic: str = "t", metadata: str = "") -> bytes:
    return request(OFFSET_COMMIT, 9, {
        "groupId": group, "generationIdOrMemberEpoch": -1, "memberId": "", "groupInstanceId": None,
        "topics": [{"name": topic, "partitions": [
            {"partitionIndex": p, "committedOffset": offset, "committedLeaderEpoch": 0, "committedMetadata": metadata}
            for p, offset in offsets.items()]}]})


@unittest.skipUnless(os.environ.get("KWIRE"), "needs KWIRE, the path of the kwire command")
class Offsets(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.properties = pathlib.Path(folder.name) / "server.properties"

    def start(self, *properties: str) -> support.Process:
        self.properties.write_text("".join(line + "\n" for line in (f"log.dirs={self.data}", *properties)))
        broker = support.Process(support.program("KWIRE_BROKER"), str(self.properties), "--listen", "127.0.0.1:0")
        self.addCleanup(broker.stop)
        return broker

    def create(self, broker: support.Process, *topics: str):
        created = ask(broker, CREATE_TOPICS, 7, {"timeoutMs": 5000, "validateOnly": False, "topics": [
            {"name": name, "numPartitions": PARTITIONS, "replicationFactor": 1, "assignments": [], "configs": []}
            for name in topics]})
        self.assertEqual([t["errorCode"] for t in created["topics"]], [0] * len(topics))
        found = ask(broker, FIND_COORDINATOR, 6, {"keyType": 0, "coordinatorKeys": GROUPS})
        self.assertEqual([(c["errorCode"], c["nodeId"], c["port"]) for c in found["coordinators"]],
                         [(0, 1, broker.port)] * len(GROUPS))

    def commit(self, broker: support.Process, group: str, offsets: dict[int, int], **more) -> list[int]:
        with broker.connect() as c:
            value = answer(OFFSET_COMMIT, 9, c.ask(commit(group, offsets, **more)))
        return [p["errorCode"] for t in value["topics"] for p in t["partitions"]]

    def fetch(self, broker: support.Process, groups: list[str], stable: bool = True) -> dict:
        value = ask(broker, OFFSET_FETCH, 9, {"requireStable": stable, "groups": [
            {"groupId": g, "memberId": None, "memberEpoch": -1, "topics": None} for g in groups]})
        self.assertEqual([g["errorCode"] for g in value["groups"]], [0] * len(groups))
        return {(g["groupId"], t["name"], p["partitionIndex"]): (p["committedOffset"], p["metadata"])
                for g in value["groups"] for t in g["topics"] for p in t["partitions"]}

    def through(self, end: int):
        broker = self.start()
        self.create(broker, "t")
        for n, group in enumerate(GROUPS):
            self.assertEqual(self.commit(broker, group, {p: 100 * n + p for p in range(PARTITIONS)}), [0] * PARTITIONS)
        self.assertEqual(self.commit(broker, GROUPS[0], {0: 7}, metadata="where"), [0])
        expected = {(g, "t", p): (100 * n + p, "") for n, g in enumerate(GROUPS) for p in range(PARTITIONS)}
        expected[GROUPS[0], "t", 0] = 7, "where"
        self.assertEqual(self.fetch(broker, GROUPS), expected)
        broker.stop(end)
        again = self.start()
        self.assertEqual(self.fetch(again, GROUPS), expected)
        self.assertEqual(self.commit(again, GROUPS[1], {2: 1}), [0])
        expected[GROUPS[1], "t", 2] = 1, ""
        again.stop(end)
        self.assertEqual(self.fetch(self.start(), GROUPS, stable=False), expected)

    def test_clean_end(self):
        self.through(signal.SIGTERM)

    def test_killed(self):
        self.through(signal.SIGKILL)

    def test_killed_in_the_middle(self):
        """What was acknowledged is there, or what was sent after it."""
        broker = self.start()
        self.create(broker, "t")
        acknowledged = {group: -1 for group in GROUPS}
        # A commit of version 9 whose offset is put in: 8 bytes after the topic and the number of the partition.
        marked = {group: commit(group, {0: 0x1122334455667788}) for group in GROUPS}

        def one(group: str):
            before, after = marked[group].split(struct.pack(">q", 0x1122334455667788))
            with broker.connect() as c:
                for offset in range(1000000):
                    try:
                        frame = c.ask(before + struct.pack(">q", offset) + after)
                    except OSError:
                        return
                    if len(frame) < 8:
                        return
                    acknowledged[group] = offset
        clients = [threading.Thread(target=one, args=(group,)) for group in GROUPS]
        for client in clients:
            client.start()
        timer = threading.Timer(0.5, broker.process.send_signal, (signal.SIGKILL,))
        timer.start()
        for client in clients:
            client.join()
        broker.stop()
        found = self.fetch(self.start(), GROUPS)
        for group, offset in acknowledged.items():
            self.assertIn(found[group, "t", 0][0], (offset, offset + 1), group)
            self.assertGreater(offset, 0)

    def test_deletion(self):
        broker = self.start()
        self.create(broker, "t", "other")
        for group in GROUPS[:3]:
            self.assertEqual(self.commit(broker, group, {0: 1, 1: 2}), [0, 0])
            self.assertEqual(self.commit(broker, group, {0: 3}, topic="other"), [0])
        deleted = ask(broker, OFFSET_DELETE, 0, {"groupId": GROUPS[0], "topics": [
            {"name": "t", "partitions": [{"partitionIndex": 0}]}]})
        self.assertEqual((deleted["errorCode"], deleted["topics"][0]["partitions"][0]["errorCode"]), (0, 0))
        deleted = ask(broker, DELETE_GROUPS, 2, {"groupsNames": GROUPS[1:2] + GROUPS[5:6]})
        self.assertEqual({r["groupId"]: r["errorCode"] for r in deleted["results"]}, {GROUPS[1]: 0, GROUPS[5]: 69})
        expected = {(GROUPS[0], "t", 1): (2, ""), (GROUPS[0], "other", 0): (3, ""), (GROUPS[2], "t", 0): (1, ""),
                    (GROUPS[2], "t", 1): (2, ""), (GROUPS[2], "other", 0): (3, "")}
        self.assertEqual(self.fetch(broker, GROUPS), expected)
        broker.stop(signal.SIGKILL)
        broker = self.start()
        self.assertEqual(self.fetch(broker, GROUPS), expected)
        gone = ask(broker, DELETE_TOPICS, 6, {"timeoutMs": 5000, "topics": [{"name": "t", "topicId": NO_ID}]})
        self.assertEqual(gone["responses"][0]["errorCode"], 0)
        expected = {k: v for k, v in expected.items() if k[1] != "t"}
        for _ in range(100):
            if self.fetch(broker, GROUPS) == expected:
                break
        self.assertEqual(self.fetch(broker, GROUPS), expected)
        broker.stop(signal.SIGKILL)
        broker = self.start()
        self.assertEqual(self.fetch(broker, GROUPS), expected)
        listed = ask(broker, LIST_GROUPS, 5, {"statesFilter": [], "typesFilter": []})
        self.assertEqual({g["groupId"]: (g["groupState"], g["groupType"]) for g in listed["groups"]},
                         {GROUPS[0]: ("Empty", "classic"), GROUPS[2]: ("Empty", "classic")})

    def test_many_groups(self):
        """Each may belong to another shard; one after the other, whatever their number."""
        broker = self.start()
        self.create(broker, "t")
        for n, group in enumerate(GROUPS):
            self.assertEqual(self.commit(broker, group, {0: n}), [0])
        asked = [f"nobody-{n}" for n in range(20000)] + GROUPS
        described = ask(broker, DESCRIBE_GROUPS, 6, {"groups": asked, "includeAuthorizedOperations": False})
        self.assertEqual([g["groupId"] for g in described["groups"]], asked)
        self.assertEqual([(g["errorCode"], g["groupState"]) for g in described["groups"]],
                         [(69, "Dead")] * 20000 + [(0, "Empty")] * len(GROUPS))
        found = self.fetch(broker, asked)
        self.assertEqual(found, {(group, "t", 0): (n, "") for n, group in enumerate(GROUPS)})
        deleted = ask(broker, DELETE_GROUPS, 2, {"groupsNames": asked + asked})
        self.assertEqual([(r["groupId"], r["errorCode"]) for r in deleted["results"]],
                         [(g, 69) for g in asked[:20000]] + [(g, 0) for g in GROUPS])
        self.assertEqual(self.fetch(broker, GROUPS), {})

    def test_expiry(self):
        broker = self.start("offsets.retention.check.interval.ms=50", "offset.metadata.max.bytes=3")
        self.create(broker, "t")
        self.assertEqual(self.commit(broker, GROUPS[0], {0: 1}, metadata="1234"), [12])
        self.assertEqual(self.commit(broker, GROUPS[0], {0: 1}, metadata="123"), [0])
        kept = ask(broker, OFFSET_COMMIT, 4, {
            "groupId": GROUPS[1], "generationIdOrMemberEpoch": -1, "memberId": "", "retentionTimeMs": 200,
            "topics": [{"name": "t", "partitions": [
                {"partitionIndex": 0, "committedOffset": 5, "committedMetadata": ""}]}]})
        self.assertEqual(kept["topics"][0]["partitions"][0]["errorCode"], 0)
        for _ in range(300):
            found = self.fetch(broker, GROUPS)
            if len(found) == 1:
                break
        self.assertEqual(found, {(GROUPS[0], "t", 0): (1, "123")})
        listed = ask(broker, LIST_GROUPS, 0, {})
        self.assertEqual([g["groupId"] for g in listed["groups"]], [GROUPS[0]])


if __name__ == "__main__":
    unittest.main()
