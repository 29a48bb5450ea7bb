# SPDX-License-Identifier: Apache-2.0
"""Records that the disk cannot give any more after they have been checked, here as somebody truncates the file: an
error for whoever asks for them, and the broker continues."""

import base64
import os
import pathlib
import tempfile
import time
import unittest

import support
from batch_bytes import batch
from data_dir_support import (FETCH, METADATA, NAMES, answer, ask, create_topic, fetch_request, metadata_request,
                              produce, request)

FIND_COORDINATOR, ALTER_CONFIGS, ALTER_OFFSETS = 10, 44, 91
SHARE_HEARTBEAT, SHARE_FETCH, SHARE_ACKNOWLEDGE = 76, 78, 79
NAMES.update({FIND_COORDINATOR: ("FindCoordinator", 3), ALTER_CONFIGS: ("IncrementalAlterConfigs", 1),
              ALTER_OFFSETS: ("AlterShareGroupOffsets", 0),
              SHARE_HEARTBEAT: ("ShareGroupHeartbeat", 0), SHARE_FETCH: ("ShareFetch", 0),
              SHARE_ACKNOWLEDGE: ("ShareAcknowledge", 0)})
NOT_YET = (14, 15, 16)  # of the coordinator
NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR = 6, 56
TOPIC, GROUP = 2, 32
REJECT = 3
PAGE = 4096
MEMBER = "AAAAAAAAAAAAAAAAAAAAAQ"
NO_ID = "A" * 22


@unittest.skipUnless(os.environ.get("KWIRE"), "needs KWIRE, the path of the kwire command")
class Unreadable(unittest.TestCase):
    """A topic with two batches of five records, both longer than a page."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.broker = support.Process(support.program("KWIRE_BROKER"), "--data-dir", str(self.folder / "data"),
                                      "--listen", "127.0.0.1:0")
        self.addCleanup(self.broker.stop)
        self.assertEqual(create_topic(self.broker, "t", 1), 0)
        for _ in range(2):
            self.assertEqual(produce(self.broker, "t", 0, batch(*["v" * 1000] * 5)), 0)
        topics = ask(self.broker, METADATA, 12, metadata_request(12, [{"topicId": NO_ID, "name": "t"}]))["topics"]
        self.id = topics[0]["topicId"]

    def alter_config(self, kind: int, resource: str, name: str, to: str):
        value = ask(self.broker, ALTER_CONFIGS, 1, {"validateOnly": False, "resources": [
            {"resourceType": kind, "resourceName": resource,
             "configs": [{"name": name, "configOperation": 0, "value": to}]}]})
        self.assertEqual(value["responses"][0]["errorCode"], 0, value)

    def lose(self):
        """All but the first page, just after the whole was in memory."""
        self.assertEqual(self.fetch(12), 0)
        os.truncate(self.folder / "data" / "t-0" / f"{0:020}.log", PAGE)

    def fetch(self, version: int) -> int:
        value = ask(self.broker, FETCH, version, fetch_request(version, {"t": [(0, 0)]}))
        return value["responses"][0]["partitions"][0]["errorCode"]

    def heartbeat(self, epoch: int, topics: list | None):
        """Once the coordinator is there."""
        deadline = time.monotonic() + support.TIMEOUT
        value = {"groupId": "g", "memberId": MEMBER, "memberEpoch": epoch, "rackId": None,
                 "subscribedTopicNames": topics}
        while (found := ask(self.broker, SHARE_HEARTBEAT, 1, value))["errorCode"] in NOT_YET:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        self.assertEqual(found["errorCode"], 0, found)

    def share(self):
        """A group that reads from the first record on."""
        for kind, key in ((0, "g"), (2, f"g:{self.id}:0")):
            ask(self.broker, FIND_COORDINATOR, 6, {"keyType": kind, "coordinatorKeys": [key]})
        self.heartbeat(0, ["t"])
        self.heartbeat(-1, None)
        value = ask(self.broker, ALTER_OFFSETS, 0, {"groupId": "g", "topics": [
            {"topicName": "t", "partitions": [{"partitionIndex": 0, "startOffset": 0}]}]})
        self.assertEqual(value["responses"][0]["partitions"][0]["errorCode"], 0, value)

    def share_fetch(self, connection: support.Client) -> dict:
        """The partition."""
        frame = request(SHARE_FETCH, 2, {
            "groupId": "g", "memberId": MEMBER, "shareSessionEpoch": 0, "maxWaitMs": 5000, "minBytes": 1,
            "maxBytes": 1 << 20, "maxRecords": 100, "batchSize": 100, "shareAcquireMode": 0, "isRenewAck": False,
            "topics": [{"topicId": self.id, "partitions": [{"partitionIndex": 0, "acknowledgementBatches": []}]}],
            "forgottenTopicsData": []})
        value = answer(SHARE_FETCH, 2, connection.ask(frame))
        self.assertEqual(value["errorCode"], 0, value)
        return value["responses"][0]["partitions"][0]

    def end(self):
        """Said once, and the broker has continued."""
        self.assertEqual(self.broker.stop(), 0)
        said = [line for line in self.broker.log() if "file cannot be read (Input/output error)" in line]
        self.assertEqual(len(said), 1, self.broker.log())

    def test_old_clients(self):
        """For them the records are converted."""
        self.lose()
        self.assertEqual(self.fetch(3), NOT_LEADER_OR_FOLLOWER)  # of which they know
        self.end()

    def test_share_groups(self):
        self.share()
        with self.broker.connect() as connection:
            self.lose()
            found = self.share_fetch(connection)
        self.assertEqual((found["errorCode"], found["acquiredRecords"]), (KAFKA_STORAGE_ERROR, []))
        self.end()

    def test_dead_letters(self):
        """They have no keys and values then."""
        self.assertEqual(create_topic(self.broker, "dlq.g", 1), 0)
        self.alter_config(TOPIC, "dlq.g", "errors.deadletterqueue.group.enable", "true")
        self.alter_config(GROUP, "g", "errors.deadletterqueue.topic.name", "dlq.g")
        self.alter_config(GROUP, "g", "errors.deadletterqueue.copy.record.enable", "true")
        self.share()
        with self.broker.connect() as connection:
            acquired = self.share_fetch(connection)["acquiredRecords"]
            self.assertEqual((acquired[0]["firstOffset"], acquired[-1]["lastOffset"]), (0, 9))
            self.lose()
            value = answer(SHARE_ACKNOWLEDGE, 2, connection.ask(request(SHARE_ACKNOWLEDGE, 2, {
                "groupId": "g", "memberId": MEMBER, "shareSessionEpoch": 1, "isRenewAck": False, "topics": [
                    {"topicId": self.id, "partitions": [{"partitionIndex": 0, "acknowledgementBatches": [
                        {"firstOffset": 0, "lastOffset": 4, "acknowledgeTypes": [REJECT]}]}]}]})))
            self.assertEqual(value["responses"][0]["partitions"][0]["errorCode"], 0, value)
            letters = self.letters(5)
        self.assertNotIn(b"v" * 100, letters)
        self.end()

    def letters(self, count: int) -> bytes:
        """Once there are so many."""
        deadline = time.monotonic() + support.TIMEOUT
        while time.monotonic() < deadline:
            value = ask(self.broker, FETCH, 12, fetch_request(12, {"dlq.g": [(0, 0)]}, max_wait=100))
            partition = value["responses"][0]["partitions"][0]
            if partition["highWatermark"] >= count:
                return base64.b64decode(partition["records"])
        self.fail(f"no {count} letters: {self.broker.log()}")


if __name__ == "__main__":
    unittest.main()
