# SPDX-License-Identifier: Apache-2.0
"""kwire-broker over data directories that are damaged, incomplete, of several nodes, or large."""

import base64
import os
import pathlib
import re
import shutil
import unittest

import support
from data_dir_support import (DESCRIBE_TOPIC_PARTITIONS, FETCH, LIST_OFFSETS, METADATA, READ_COMMITTED, DataDirTest,
                              ask, batches_of, contents, fetch_request, list_request, metadata_request, partitions_of)

LATEST, EARLIEST, GREATEST_TIMESTAMP = -1, -2, -3
LINUX = pathlib.Path("/proc/self/status").exists()


class OddDataDirTest(DataDirTest):
    def metadata(self, broker) -> dict:
        return {t["name"]: t for t in ask(broker, METADATA, 12, metadata_request(12, None))["topics"]}

    def offset(self, broker, topic: str, partition: int, timestamp: int, isolation: int = 0) -> int:
        value = ask(broker, LIST_OFFSETS, 8, list_request(8, {topic: [[partition, timestamp]]}, isolation))
        return partitions_of(value, "topics")[topic, partition]["offset"]

    def only_logs(self, *folders: str):
        """A directory with only these folders, and only segments in them."""
        for path in self.data.iterdir():
            if path.name not in folders:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for folder in folders:
            (self.data / folder).mkdir(exist_ok=True)
            for path in (self.data / folder).iterdir():
                if path.suffix != ".log":
                    path.unlink()

    def write_log(self, folder: str, *batches: bytes):
        (self.data / folder).mkdir()
        (self.data / folder / f"{0:020}.log").write_bytes(b"".join(batches))


class Damaged(OddDataDirTest):
    def flip(self, path: pathlib.Path, position: int):
        data = bytearray(path.read_bytes())
        data[position] ^= 0x10
        path.write_bytes(data)

    def assert_served_up_to(self, broker, topic: str, stored: list, damaged: int):
        """The records before the damage are served; the damage itself is an error, each time, and one line of the
        log."""
        before = stored[damaged - 1].data if damaged else b""
        for _ in range(2):
            if damaged:
                part = self.fetch(broker, topic, 0, stored[damaged - 1].base_offset)
                self.assertEqual((part["errorCode"], base64.b64decode(part["records"])), (0, before))
            part = self.fetch(broker, topic, 0, stored[damaged].base_offset)
            self.assertEqual((part["errorCode"], part["records"]), (2, ""))

    def test_a_batch_in_the_middle(self):
        """In its length, its magic, its checksum, its records."""
        position = sum(len(b.data) for b in self.stored("a-b.c_1-2-0"))
        self.assertGreater(position, 0)
        segment = self.segments("rolled-0")[1]
        clean = segment.read_bytes()
        stored = batches_of(clean)
        start = sum(len(b.data) for b in stored[:3])
        for byte in (8, 16, 17, 70):
            with self.subTest(byte=byte):
                segment.write_bytes(clean)
                self.flip(segment, start + byte)
                broker = self.start()
                self.assert_served_up_to(broker, "rolled", stored, 3)
                log = [line for line in broker.log() if segment.name in line]
                self.assertEqual(len(log), 1, log)
                self.assertRegex(log[0], re.escape(str(segment)) + rf": byte {start}\b")
                broker.stop()

    def test_other_segments_are_served(self):
        segments = self.segments("rolled-0")
        self.flip(segments[1], 17)
        broker = self.start()
        for segment in segments[2:]:
            stored = batches_of(segment.read_bytes())
            if stored:
                part = self.fetch(broker, "rolled", 0, stored[0].base_offset)
                self.assertEqual(base64.b64decode(part["records"]), b"".join(b.data for b in stored))

    def test_torn_tail(self):
        segment = self.segments("plain-0")[-1]
        stored = batches_of(segment.read_bytes())
        os.truncate(segment, segment.stat().st_size - 3)
        broker = self.start()
        end = stored[-2].last_offset + 1
        self.assertEqual(self.offset(broker, "plain", 0, LATEST), end)
        self.assertEqual(self.read_all(broker, "plain", 0, 0), b"".join(b.data for b in stored[:-1]))
        self.assertEqual(self.fetch(broker, "plain", 0, end + 1)["errorCode"], 1)
        log = [line for line in broker.log() if segment.name in line]
        self.assertEqual(len(log), 1, broker.log())
        self.assertRegex(log[0], re.escape(str(segment)) + rf": byte {sum(len(b.data) for b in stored[:-1])}\b")

    def test_truncation_everywhere(self):
        """The last segment cut at every eighth byte: complete batches are served."""
        segment = self.segments("plain-1")[-1]
        whole = segment.read_bytes()
        for size in range(0, len(whole), 8):
            segment.write_bytes(whole[:size])
            broker = self.start()
            expected = b"".join(b.data for b in batches_of(whole[:size]))
            self.assertEqual(self.read_all(broker, "plain", 1, 0), expected, size)
            self.assertEqual(broker.stop(), 0)

    def test_a_crash_before(self):
        """Without the file of a clean shutdown the last segment's checksums are verified, as Kafka does."""
        (self.data / ".kafka_cleanshutdown").unlink()
        segment = self.segments("plain-0")[-1]
        stored = batches_of(segment.read_bytes())
        self.flip(segment, len(stored[0].data) + 17)
        broker = self.start()
        self.assertEqual(self.offset(broker, "plain", 0, LATEST), stored[0].last_offset + 1)

    def test_indexes_are_not_trusted(self):
        for path in self.data.glob("rolled-0/*.*index"):
            path.write_bytes(os.urandom(path.stat().st_size))
        broker = self.start()
        start = self.topics()["rolled"]["partitions"][0]["earliest"]
        stored = [b.data for b in self.stored("rolled-0") if b.last_offset >= start]
        self.assertEqual(self.read_all(broker, "rolled", 0, start), b"".join(stored))

    def test_a_segment_that_cannot_be_read(self):
        segment = self.segments("rolled-0")[1]
        segment.unlink()
        segment.mkdir()
        broker = self.start()
        for version, error in ((12, 56), (5, 6)):
            self.assertEqual(self.fetch(broker, "rolled", 0, int(segment.stem), version=version)["errorCode"], error)
        self.assertEqual(self.fetch(broker, "rolled", 0, 10)["errorCode"], 0)
        self.assertTrue(any(str(segment) in line for line in broker.log()), broker.log())


    def test_a_segment_that_is_cut_off_while_it_is_mapped(self):
        """By another process; the broker is asked for what is gone, and then for the rest."""
        segment = self.segments("rolled-0")[0]
        stored = batches_of(segment.read_bytes())
        other = self.stored("a-b.c_1-2-0")
        broker = self.start()
        start = self.topics()["rolled"]["partitions"][0]["earliest"]
        self.assertEqual(self.fetch(broker, "rolled", 0, start, max_bytes=1)["errorCode"], 0)
        os.truncate(segment, 0)
        for _ in range(2):
            part = self.fetch(broker, "rolled", 0, stored[-1].base_offset)
            self.assertEqual((part["errorCode"], part["records"]), (56, ""))
        start = other[0].base_offset
        self.assertEqual(self.read_all(broker, "a-b.c_1-2", 0, start), b"".join(b.data for b in other))
        self.assertTrue(any(str(segment) in line for line in broker.log()), broker.log())


class Incomplete(OddDataDirTest):
    def test_only_segments(self):
        """Topics are then known by their folders."""
        self.only_logs("plain-1", "plain-3", "rolled-0", "__consumer_offsets-0")
        before = contents(self.data)
        broker = self.start("node.id=7")
        topics = self.metadata(broker)
        self.assertEqual({n: [p["partitionIndex"] for p in t["partitions"]] for n, t in topics.items()},
                         {"__consumer_offsets": [0], "plain": [1, 3], "rolled": [0]})
        self.assertEqual({p["leaderId"] for t in topics.values() for p in t["partitions"]}, {7})
        self.assertTrue(topics["__consumer_offsets"]["isInternal"])
        for name in ("plain-1", "plain-3", "rolled-0"):
            topic, partition = name.split("-")
            stored = self.stored(name)
            self.assertEqual(self.read_all(broker, topic, int(partition), stored[0].base_offset),
                             b"".join(b.data for b in stored))
        self.assertEqual(self.fetch(broker, "plain", 0, 0)["errorCode"], 3)
        broker.stop()
        (self.data / ".lock").unlink()
        self.assertEqual(contents(self.data), before, "another's directory is not made ours")

    def test_pages_over_gaps(self):
        self.only_logs("plain-1", "plain-3")
        broker = self.start()
        seen, cursor = [], None
        for _ in range(2):
            page = ask(broker, DESCRIBE_TOPIC_PARTITIONS, 0,
                       {"topics": [], "responsePartitionLimit": 1, "cursor": cursor})
            seen += [p["partitionIndex"] for t in page["topics"] for p in t["partitions"]]
            cursor = page["nextCursor"]
        self.assertEqual((seen, cursor), ([1, 3], None))

    def test_without_meta_properties(self):
        """The node is then the one in the metadata; the cluster id is generated and not stored."""
        (self.data / "meta.properties").unlink()
        broker = self.start()
        value = ask(broker, METADATA, 12, metadata_request(12, None))
        self.assertEqual([b["nodeId"] for b in value["brokers"]], [1])
        self.assertEqual(len(value["clusterId"]), 22)
        self.assertFalse((self.data / "meta.properties").exists())

    def test_without_indexes_and_checkpoints(self):
        for path in self.data.rglob("*"):
            if path.suffix in (".index", ".timeindex", ".txnindex", ".snapshot") or path.name.endswith("-checkpoint"):
                path.unlink()
        broker = self.start()
        for name, topic in self.topics().items():
            for partition in topic["partitions"]:
                number = partition["partition"]
                stored = self.stored(f"{name}-{number}")
                if stored:
                    self.assertEqual(self.read_all(broker, name, number, stored[0].base_offset),
                                     b"".join(b.data for b in stored))
        part = self.fetch(broker, "transactions", 1, 0, isolation=READ_COMMITTED)
        self.assertLess(part["lastStableOffset"], part["highWatermark"])

    def test_a_partition_without_folder(self):
        """Kafka would create it: the partition is empty."""
        shutil.rmtree(self.data / "plain-0")
        broker = self.start()
        self.assertEqual([self.offset(broker, "plain", 0, t) for t in (EARLIEST, LATEST)], [0, 0])
        part = self.fetch(broker, "plain", 0, 0)
        self.assertEqual((part["errorCode"], part["highWatermark"], part["records"]), (0, 0, ""))
        self.assertEqual(self.fetch(broker, "plain", 0, 1)["errorCode"], 1)

    def test_a_folder_of_another_topic(self):
        """The topic was deleted and created again while this disk was away."""
        path = self.data / "plain-0" / "partition.metadata"
        path.write_text(f"version: 0\ntopic_id: {self.topics()['codecs']['id']}")
        broker = self.start()
        self.assertEqual(self.fetch(broker, "plain", 0, 0)["highWatermark"], 0)

    def test_partitions_of_other_nodes(self):
        (self.data / "meta.properties").write_text("version=1\nnode.id=5\ncluster.id=kw1reKw1reKw1reKw1reKQ\n")
        broker = self.start()
        partition = self.metadata(broker)["plain"]["partitions"][0]
        self.assertEqual((partition["errorCode"], partition["leaderId"], partition["replicaNodes"],
                          partition["offlineReplicas"]), (5, -1, [1], [1]))
        page = ask(broker, DESCRIBE_TOPIC_PARTITIONS, 0,
                   {"topics": [{"name": "late"}], "responsePartitionLimit": 9, "cursor": None})
        partition = page["topics"][0]["partitions"][0]
        self.assertEqual((partition["errorCode"], partition["leaderId"], partition["eligibleLeaderReplicas"]),
                         (0, -1, [1]))
        self.assertEqual(self.fetch(broker, "plain", 0, 0)["errorCode"], 6)
        value = ask(broker, LIST_OFFSETS, 8, list_request(8, {"plain": [[0, LATEST]]}))
        self.assertEqual(partitions_of(value, "topics")["plain", 0]["errorCode"], 6)
        topic = self.topics()["plain"]["id"]
        value = ask(broker, FETCH, 17, fetch_request(17, {topic: [[0, 0]]}))
        self.assertEqual(partitions_of(value)[topic, 0]["currentLeader"]["leaderId"], -1)
        self.assertEqual(value.get("nodeEndpoints", []), [])

    def test_a_log_of_an_open_transaction(self):
        batch = next(b for b in reversed(self.stored("transactions-1")) if b.is_transactional and not b.is_control)
        self.only_logs()
        self.write_log("t-0", batch.at(0))
        broker = self.start()
        part = self.fetch(broker, "t", 0, 0, isolation=READ_COMMITTED)
        self.assertEqual((part["lastStableOffset"], part["highWatermark"], part["records"]), (0, 1, ""))
        self.assertEqual([self.offset(broker, "t", 0, t) for t in (0, GREATEST_TIMESTAMP, LATEST)], [0, 0, 1])
        self.assertEqual([self.offset(broker, "t", 0, t, READ_COMMITTED) for t in (0, GREATEST_TIMESTAMP, LATEST)],
                         [-1, -1, 0])

    def test_a_directory_that_cannot_be_written_to(self):
        if os.geteuid() == 0:
            self.skipTest("root can write anywhere")
        self.data.chmod(0o555)
        self.addCleanup(self.data.chmod, 0o755)
        broker = self.start()
        self.assertEqual(self.fetch(broker, "plain", 0, 0)["errorCode"], 0)


@unittest.skipUnless(LINUX and not support.SANITIZED, "needs /proc, and memory as it is without sanitizers")
class Large(OddDataDirTest):
    def test_memory_does_not_grow_with_the_topic(self):
        """64 MiB of small batches are read completely, by several readers, in very little memory of the broker."""
        size, batch = 1 << 26, self.stored("plain-1")[0]
        count = size // len(batch.data)
        records = batch.last_offset - batch.base_offset + 1
        self.only_logs()
        self.write_log("big-0", *(batch.at(i * records) for i in range(count)))
        broker = self.start()
        self.fetch(broker, "big", 0, 0)
        before = broker.anonymous()
        from_place, offset = 0, 0
        whole = (self.data / "big-0" / f"{0:020}.log").read_bytes()
        while offset < count * records:
            part = self.fetch(broker, "big", 0, offset, max_bytes=20_000_000)
            data = base64.b64decode(part["records"])
            self.assertEqual(data, whole[from_place:from_place + len(data)])
            whole_batches = len(data) // len(batch.data)
            from_place += whole_batches * len(batch.data)
            offset += whole_batches * records
        self.assertLess(broker.anonymous() - before, 4 << 20)
        self.assertEqual(self.offset(broker, "big", 0, LATEST), count * records)


if __name__ == "__main__":
    unittest.main()
