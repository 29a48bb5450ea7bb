# SPDX-License-Identifier: Apache-2.0
"""kwire-broker with several log directories: where logs are, what is removed and when, and how it has stopped."""

import json
import os
import pathlib
import shutil
import signal
import tempfile
import time
import unittest

import support
from batch_bytes import batch
from data_dir_support import (DESCRIBE_TOPIC_PARTITIONS, FETCH, LIST_OFFSETS, METADATA, NAMES, ask, create_topic,
                              fetch_request, metadata_request, produce)

DELETE_TOPICS = 20
DELETE_RECORDS, OFFSET_FOR_LEADER_EPOCH, DESCRIBE_LOG_DIRS, DESCRIBE_PRODUCERS = 21, 23, 35, 61
NAMES.update({DELETE_TOPICS: ("DeleteTopics", 4),
              DESCRIBE_LOG_DIRS: ("DescribeLogDirs", 2), DELETE_RECORDS: ("DeleteRecords", 2),
              OFFSET_FOR_LEADER_EPOCH: ("OffsetForLeaderEpoch", 4), DESCRIBE_PRODUCERS: ("DescribeProducers", 0)})
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, INVALID_REQUEST, KAFKA_STORAGE_ERROR = 5, 6, 42, 56
TOPIC_DELETION_DISABLED = 73
NEW_PARTITION = ["00000000000000000000.log", "partition.metadata"]


def names(folder: pathlib.Path, part: str = "-") -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and part in p.name and not p.name.startswith("__"))


@unittest.skipUnless(os.environ.get("KWIRE"), "needs KWIRE, the path of the kwire command")
class LogDirs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.d1, self.d2 = self.root / "d1", self.root / "d2"

    def start(self, *lines: str, options: tuple = ()) -> support.Process:
        file = self.root / "server.properties"
        file.write_text("\n".join([f"log.dirs={self.d1},{self.d2}", *lines, ""]))
        broker = support.Process(support.program("KWIRE_BROKER"), str(file), "--listen", "127.0.0.1:0", *options)
        self.addCleanup(broker.stop)
        return broker

    def create(self, broker: support.Process, name: str, partitions: int):
        self.assertEqual(create_topic(broker, name, partitions), 0)

    def produce(self, broker: support.Process, name: str, partition: int, value: str) -> int:
        """The error code."""
        return produce(broker, name, partition, batch(value))

    def ends(self, broker: support.Process, name: str, partitions: int) -> list[int]:
        answer = ask(broker, LIST_OFFSETS, 6, {"replicaId": -1, "isolationLevel": 0, "topics": [
            {"name": name, "partitions": [{"partitionIndex": p, "currentLeaderEpoch": -1, "timestamp": -1}
                                          for p in range(partitions)]}]})
        return [p["offset"] for p in answer["topics"][0]["partitions"]]

    def wait_until(self, true):
        deadline = time.monotonic() + support.TIMEOUT
        while not true() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(true())

    def delete(self, broker: support.Process, name: str):
        answer = ask(broker, DELETE_TOPICS, 6, {"timeoutMs": 5000, "topics": [{"name": name, "topicId": NO_ID}]})
        self.assertEqual(answer["responses"][0]["errorCode"], 0)

    def fetch(self, broker: support.Process, name: str, partition: int, wait_ms: int = 0) -> int:
        """The error code."""
        answer = ask(broker, FETCH, 12, fetch_request(12, {name: [(partition, 0)]}, max_wait=wait_ms))
        return answer["responses"][0]["partitions"][0]["errorCode"]

    def other_errors(self, broker: support.Process, name: str, partition: int) -> list[int]:
        """Of ListOffsets, DeleteRecords, OffsetForLeaderEpoch and DescribeProducers."""
        asked = [(LIST_OFFSETS, 6, {"replicaId": -1, "isolationLevel": 0, "topics": [{"name": name, "partitions": [
            {"partitionIndex": partition, "currentLeaderEpoch": -1, "timestamp": -1}]}]}),
                 (DELETE_RECORDS, 2, {"timeoutMs": 5000, "topics": [{"name": name, "partitions": [
                     {"partitionIndex": partition, "offset": 0}]}]}),
                 (OFFSET_FOR_LEADER_EPOCH, 4, {"replicaId": -1, "topics": [{"topic": name, "partitions": [
                     {"partition": partition, "currentLeaderEpoch": -1, "leaderEpoch": 0}]}]}),
                 (DESCRIBE_PRODUCERS, 0, {"topics": [{"name": name, "partitionIndexes": [partition]}]})]
        answers = [ask(broker, *request)["topics"][0]["partitions"][0] for request in asked]
        return [one["errorCode"] for one in answers]

    def partitions(self, broker: support.Process, name: str) -> list[dict]:
        topics = ask(broker, METADATA, 12, metadata_request(12, [{"topicId": NO_ID, "name": name}]))["topics"]
        return sorted(topics[0]["partitions"], key=lambda p: p["partitionIndex"])

    def clean(self, folder: pathlib.Path) -> dict:
        return json.loads((folder / ".kafka_cleanshutdown").read_text())

    def checkpoint(self, folder: pathlib.Path, name: str) -> list[str]:
        lines = (folder / name).read_text().splitlines()
        self.assertEqual(lines[:2], ["0", str(len(lines) - 2)])
        return lines[2:]

    def test_new_partitions(self):
        broker = self.start()
        self.create(broker, "t", 3)
        self.create(broker, "u", 1)
        self.assertEqual((names(self.d1), names(self.d2)), (["t-0", "t-2"], ["t-1", "u-0"]))
        self.create(broker, "v", 1)  # where the fewest are
        self.delete(broker, "u")
        self.create(broker, "w", 2)
        self.assertEqual((names(self.d1, "-0") + names(self.d1, "-1"), names(self.d2, "w-")),
                         (["t-0", "v-0"], ["w-0", "w-1"]))
        ids = {(d / "t-0" / "partition.metadata").read_text() for d in (self.d1,)}
        self.assertEqual({(self.d2 / "t-1" / "partition.metadata").read_text()}, ids)
        self.assertEqual(sorted(p.name for p in (self.d2 / "t-1").iterdir()), NEW_PARTITION)
        for p in range(3):
            self.assertEqual(self.produce(broker, "t", p, f"value {p}"), 0)
        self.assertEqual(self.ends(broker, "t", 3), [1, 1, 1])

    def test_how_it_stops(self):
        broker = self.start()
        self.create(broker, "t", 2)
        for value in "abc":
            self.assertEqual(self.produce(broker, "t", 1, value), 0)
        self.assertFalse((self.d1 / ".kafka_cleanshutdown").exists())
        self.assertEqual(broker.stop(), 0)
        epoch = self.clean(self.d1)["brokerEpoch"]
        self.assertEqual(self.clean(self.d2), {"version": 0, "brokerEpoch": epoch})
        self.assertEqual(self.checkpoint(self.d2, "recovery-point-offset-checkpoint"), ["t 1 3"])
        self.assertEqual(self.checkpoint(self.d2, "replication-offset-checkpoint"), ["t 1 3"])
        self.assertEqual(self.checkpoint(self.d1, "recovery-point-offset-checkpoint"), ["t 0 0"])
        again = self.start()
        self.assertFalse((self.d2 / ".kafka_cleanshutdown").exists())
        self.assertEqual(again.log(), [])
        self.assertEqual(self.ends(again, "t", 2), [0, 3])
        self.assertEqual(self.produce(again, "t", 0, "d"), 0)
        again.stop(signal.SIGKILL)
        self.assertFalse((self.d1 / ".kafka_cleanshutdown").exists())
        third = self.start()
        self.assertEqual(self.ends(third, "t", 2), [1, 3])
        self.assertEqual(third.stop(), 0)
        self.assertGreater(self.clean(self.d1)["brokerEpoch"], epoch)

    def test_checkpoints_while_it_runs(self):
        broker = self.start("replica.high.watermark.checkpoint.interval.ms=20")
        self.create(broker, "t", 2)
        self.assertEqual(self.produce(broker, "t", 1, "a"), 0)
        self.wait_until(lambda: (self.d2 / "replication-offset-checkpoint").exists() and
                        self.checkpoint(self.d2, "replication-offset-checkpoint") == ["t 1 1"])

    def test_deletion(self):
        broker = self.start("log.segment.delete.delay.ms=300")
        self.create(broker, "t", 2)
        self.assertEqual(self.produce(broker, "t", 1, "a"), 0)
        answer = ask(broker, DELETE_TOPICS, 6, {"timeoutMs": 5000, "topics": [{"name": "t", "topicId": NO_ID}]})
        self.assertEqual(answer["responses"][0]["errorCode"], 0)
        self.assertRegex(" ".join(names(self.d2) or ["gone already"]), r"^t-1\.[0-9a-f]{32}-delete$|^gone already$")
        self.create(broker, "t", 2)  # at once
        self.assertEqual(self.ends(broker, "t", 2), [0, 0])
        self.wait_until(lambda: not names(self.d1, "-delete") and not names(self.d2, "-delete"))
        self.assertEqual((names(self.d1), names(self.d2)), (["t-0"], ["t-1"]))

    def test_deletion_is_disabled(self):
        """As Apache Kafka 4.4 answers, whether the topic exists or not."""
        broker = self.start("delete.topic.enable=false")
        self.create(broker, "t", 1)
        for version, error in ((1, INVALID_REQUEST), (2, INVALID_REQUEST), (3, TOPIC_DELETION_DISABLED),
                               (5, TOPIC_DELETION_DISABLED)):
            answer = ask(broker, DELETE_TOPICS, version, {"timeoutMs": 5000, "topicNames": ["t", "missing"]})
            self.assertEqual([one["errorCode"] for one in answer["responses"]], [error] * 2)
        answer = ask(broker, DELETE_TOPICS, 6, {"timeoutMs": 5000, "topics": [{"name": "t", "topicId": NO_ID}]})
        self.assertEqual(answer["responses"][0]["errorCode"], TOPIC_DELETION_DISABLED)
        self.assertEqual(len(self.partitions(broker, "t")), 1)

    def test_folders_of_others(self):
        broker = self.start()
        self.create(broker, "t", 2)
        broker.stop()
        (self.d2 / "t-1").rename(self.d2 / "x-0")
        (self.d1 / ("y-0." + 32 * "0" + "-delete")).mkdir()
        again = self.start()
        self.assertEqual(len(again.wait_for_log(1)), 1)
        self.assertRegex(again.log()[0],
                         r"/d2/x-0: the metadata has no such partition; it is now .*/d2/x-0\.[0-9a-f]{32}-stray$")
        self.wait_until(lambda: not names(self.d1, "-delete"))
        self.assertEqual(self.ends(again, "t", 2), [0, 0])
        self.assertEqual(self.produce(again, "t", 1, "a"), 0)

    def test_a_directory_is_gone(self):
        broker = self.start()
        self.create(broker, "t", 2)
        self.assertEqual(self.produce(broker, "t", 0, "a"), 0)
        broker.stop()
        shutil.move(self.d2, self.root / "elsewhere")
        self.d2.write_text("not a directory")
        again = self.start()
        self.assertRegex("\n".join(again.wait_for_log(3)),
                         f"{self.d2}: not a directory\n.*{self.d2}: this log directory is offline\n(.*\n)*"
                         ".* t-1: its log directory is offline, or not in log.dirs")
        self.assertEqual(self.ends(again, "t", 1), [1])
        self.assertEqual(self.produce(again, "t", 0, "b"), 0)
        self.assertEqual(self.produce(again, "t", 1, "b"), NOT_LEADER_OR_FOLLOWER)  # as Kafka answers after a start
        self.create(again, "u", 2)
        self.assertEqual(names(self.d1), ["t-0", "u-0", "u-1"])
        self.assertEqual(again.stop(), 0)
        self.d2.unlink()
        shutil.move(self.root / "elsewhere", self.d2)
        third = self.start()
        self.assertEqual(self.ends(third, "t", 2), [2, 0])
        self.assertEqual(self.produce(third, "t", 1, "c"), 0)

    def test_a_directory_fails(self):
        """While the broker runs: it is replaced by a file, which a new partition finds out. All answers are those of
        Apache Kafka, whose high watermark checkpoint finds it out."""
        broker = self.start("replica.high.watermark.checkpoint.interval.ms=60000")
        self.create(broker, "t", 2)
        for p in (0, 1):
            self.assertEqual(self.produce(broker, "t", p, "a"), 0)
        shutil.move(self.d2, self.root / "elsewhere")
        self.d2.write_text("not a directory")
        self.create(broker, "u", 2)
        self.wait_until(lambda: self.partitions(broker, "t")[1]["leaderId"] == -1)
        self.assertEqual(len([line for line in broker.log() if "this log directory is offline" in line]), 1)
        self.assertEqual(names(self.d1), ["t-0", "u-0", "u-1"])
        self.assertEqual(self.partitions(broker, "t")[1], {
            "errorCode": LEADER_NOT_AVAILABLE, "partitionIndex": 1, "leaderId": -1, "leaderEpoch": 1,
            "replicaNodes": [1], "isrNodes": [], "offlineReplicas": [1]})
        self.assertEqual(self.partitions(broker, "t")[0]["offlineReplicas"], [])
        self.assertEqual([self.produce(broker, "t", p, "b") for p in (0, 1)], [0, KAFKA_STORAGE_ERROR])
        self.assertEqual([self.fetch(broker, "t", p) for p in (0, 1)], [0, KAFKA_STORAGE_ERROR])
        self.assertEqual(self.other_errors(broker, "t", 1), [KAFKA_STORAGE_ERROR] * 4)
        topics = ask(broker, DESCRIBE_TOPIC_PARTITIONS, 0, {"topics": [{"name": "t"}], "cursor": None,
                                                            "responsePartitionLimit": 10})["topics"]
        self.assertEqual([(p["errorCode"], p["leaderId"]) for p in topics[0]["partitions"]], [(0, 1), (0, -1)])
        self.assertEqual(self.other_errors(broker, "t", 0), [0] * 4)
        self.assertEqual([self.produce(broker, "u", p, "b") for p in (0, 1)], [0, 0])
        dirs = ask(broker, DESCRIBE_LOG_DIRS, 4, {"topics": None})["results"]
        self.assertEqual([(d["errorCode"], d["totalBytes"] >= 0, len(d["topics"])) for d in dirs],
                         [(0, True, 2), (KAFKA_STORAGE_ERROR, False, 0)])
        self.delete(broker, "t")
        self.create(broker, "t", 2)  # again, in what is left
        self.assertEqual([self.produce(broker, "t", p, value) for p, value in ((0, "c"), (1, "d"), (1, "e"))], [0] * 3)
        self.assertEqual(broker.stop(), 0)
        self.assertEqual([d.exists() for d in (self.d1 / ".kafka_cleanshutdown",
                                               self.root / "elsewhere" / ".kafka_cleanshutdown")], [True, False])
        self.d2.unlink()
        shutil.move(self.root / "elsewhere", self.d2)
        again = self.start()
        self.assertEqual(self.ends(again, "t", 2), [1, 2])
        self.assertRegex(" ".join(names(self.d2)), r"^t-1\.[0-9a-f]{32}-stray$")

    def test_a_directory_comes_back(self):
        broker = self.start("replica.high.watermark.checkpoint.interval.ms=20")
        self.create(broker, "t", 2)
        self.assertEqual(self.produce(broker, "t", 1, "a"), 0)
        checkpoint = self.d2 / "replication-offset-checkpoint"
        self.wait_until(lambda: checkpoint.exists() and self.checkpoint(self.d2, checkpoint.name) == ["t 1 1"])
        shutil.move(self.d2, self.root / "elsewhere")
        self.d2.write_text("not a directory")
        self.assertIn(self.produce(broker, "t", 1, "b"), (0, KAFKA_STORAGE_ERROR))  # moves what the checkpoint has
        self.wait_until(lambda: self.partitions(broker, "t")[1]["leaderId"] == -1)
        self.assertEqual(broker.stop(), 0)
        again = self.start()
        self.assertEqual(self.partitions(again, "t")[1]["offlineReplicas"], [1])
        self.assertEqual([self.produce(again, "t", p, "c") for p in (0, 1)], [0, NOT_LEADER_OR_FOLLOWER])
        self.assertEqual(self.fetch(again, "t", 1), NOT_LEADER_OR_FOLLOWER)
        self.assertEqual(self.other_errors(again, "t", 1), [NOT_LEADER_OR_FOLLOWER] * 4)
        self.assertEqual(again.stop(), 0)
        self.d2.unlink()
        shutil.move(self.root / "elsewhere", self.d2)
        third = self.start()
        self.assertEqual(self.partitions(third, "t")[1]["leaderId"], 1)
        self.assertIn(self.ends(third, "t", 2), ([1, 1], [1, 2]))
        self.assertEqual([self.produce(third, "t", p, "d") for p in (0, 1)], [0, 0])

    def test_one_in_use(self):
        first = support.Process(support.program("KWIRE_BROKER"), "--data-dir", str(self.d2), "--listen", "127.0.0.1:0")
        self.addCleanup(first.stop)
        with self.assertRaisesRegex(AssertionError, "d2: another broker uses this directory"):
            self.start()

    def test_sync(self):
        broker = self.start(options=("--sync",))
        self.create(broker, "t", 1)
        self.assertEqual([self.produce(broker, "t", 0, value) for value in "abc"], [0, 0, 0])
        self.assertEqual(self.ends(broker, "t", 1), [3])
        topics = ask(broker, METADATA, 12, metadata_request(12, None))["topics"]
        self.assertEqual([t["name"] for t in topics], ["t"])


if __name__ == "__main__":
    unittest.main()
