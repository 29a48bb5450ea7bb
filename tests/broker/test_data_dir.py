# SPDX-License-Identifier: Apache-2.0
"""kwire-broker over a data directory that Apache Kafka wrote: every answer about topics and records."""

import base64
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import time
import unittest
import zlib

import support
from data_dir_support import (DESCRIBE_TOPIC_PARTITIONS, FETCH, LIST_OFFSETS, METADATA, PRODUCE, READ_COMMITTED,
                              DataDirTest, answer, ask, batches_of, contents, fetch_request, list_request,
                              metadata_request, partitions_of, request)

INTERNAL = {"__consumer_offsets", "__transaction_state"}
LATEST, EARLIEST, GREATEST_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED, PENDING_UPLOAD = -1, -2, -3, -4, -5, -6
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
UNKNOWN_ID = "kwireKwireKwireKwireKQ"


class Topics(DataDirTest):
    def test_metadata(self):
        broker = self.start()
        for version in range(14):
            everything = [] if version == 0 else None
            value = ask(broker, METADATA, version, metadata_request(version, everything))
            self.assertEqual([t["name"] for t in value["topics"]], sorted(self.topics()))
            for topic in value["topics"]:
                expected = self.topics()[topic["name"]]
                self.assertEqual([p["partitionIndex"] for p in topic["partitions"]],
                                 [p["partition"] for p in expected["partitions"]])
                if version >= 1:
                    self.assertEqual(topic["isInternal"], topic["name"] in INTERNAL)
                if version >= 10:
                    self.assertEqual(topic["topicId"], expected["id"])
                for partition in topic["partitions"]:
                    self.assertEqual((partition["errorCode"], partition["leaderId"], partition["replicaNodes"],
                                      partition["isrNodes"]), (0, 1, [1], [1]))
                    self.assertEqual(partition.get("offlineReplicas", []), [])
            if version >= 2:
                self.assertEqual(value["clusterId"], self.expected["clusterId"])

    def test_metadata_of_some(self):
        broker = self.start()
        plain = self.topics()["plain"]["id"]
        asked = [{"topicId": plain, "name": None}, {"topicId": UNKNOWN_ID, "name": None}]
        value = ask(broker, METADATA, 12, metadata_request(12, asked))
        self.assertEqual([(t["errorCode"], t["name"], len(t["partitions"])) for t in value["topics"]],
                         [(100, None, 0), (0, "plain", 4)])
        asked = [{"topicId": NO_ID, "name": n} for n in ("plain", "deleted", "plain")]
        value = ask(broker, METADATA, 12, metadata_request(12, asked))
        self.assertEqual([(t["errorCode"], t["name"], t["topicId"]) for t in value["topics"]],
                         [(0, "plain", plain), (3, "deleted", NO_ID)])

    def test_leader_epochs_are_not_older_than_records(self):
        broker = self.start()
        value = ask(broker, METADATA, 12, metadata_request(12, None))
        for topic in value["topics"]:
            for partition in topic["partitions"]:
                stored = self.stored(f"{topic['name']}-{partition['partitionIndex']}")
                newest = max((b.leader_epoch for b in stored), default=0)
                self.assertGreaterEqual(partition["leaderEpoch"], newest)

    def pages(self, broker, names: list[str], limit: int) -> list[dict]:
        pages, cursor = [], None
        while len(pages) < 50:
            value = {"topics": [{"name": n} for n in names], "responsePartitionLimit": limit, "cursor": cursor}
            page = ask(broker, DESCRIBE_TOPIC_PARTITIONS, 0, value)
            pages.append(page)
            cursor = page["nextCursor"]
            if cursor is None:
                return pages
        raise AssertionError("no end")

    def test_describe_topic_partitions(self):
        broker = self.start()
        for limit in (1, 3, 2000):
            seen = {}
            for page in self.pages(broker, [], limit):
                self.assertLessEqual(sum(len(t["partitions"]) for t in page["topics"]), limit)
                for topic in page["topics"]:
                    self.assertEqual((topic["errorCode"], topic["isInternal"]), (0, topic["name"] in INTERNAL))
                    self.assertEqual(topic["topicId"], self.topics()[topic["name"]]["id"])
                    seen.setdefault(topic["name"], []).extend(p["partitionIndex"] for p in topic["partitions"])
            self.assertEqual(list(seen), sorted(self.topics()))
            self.assertEqual(seen, {n: [p["partition"] for p in t["partitions"]] for n, t in self.topics().items()})

    def test_describe_some(self):
        names = ["plain", "none", "codecs", "plain", "a/b", "empty"]
        broker = self.start()
        (page,) = self.pages(broker, names, 2000)
        self.assertEqual([(t["name"], t["errorCode"], len(t["partitions"])) for t in page["topics"]],
                         [("a/b", 17, 0), ("codecs", 0, 5), ("empty", 0, 2), ("none", 3, 0), ("plain", 0, 4)])
        self.assertEqual(page["topics"][4]["partitions"][2],
                         {"errorCode": 0, "partitionIndex": 2, "leaderId": 1,
                          "leaderEpoch": self.leader_epoch("plain", 2), "replicaNodes": [1], "isrNodes": [1],
                          "eligibleLeaderReplicas": [], "lastKnownElr": [], "offlineReplicas": []})

    def test_broker_limits_pages(self):
        broker = self.start("max.request.partition.size.limit=2")
        sizes = [sum(len(t["partitions"]) for t in p["topics"]) for p in self.pages(broker, ["plain", "codecs"], 2000)]
        self.assertEqual(sizes, [2, 2, 2, 2, 1])


def first_size(messages: bytes) -> int:
    return 12 + struct.unpack_from(">i", messages, 8)[0]


class Records(DataDirTest):
    def test_everything(self):
        """Complete batches, byte for byte as in the segments, from the start of the log to its end."""
        broker = self.start()
        for name, topic in self.topics().items():
            for partition in topic["partitions"]:
                number, start = partition["partition"], partition["earliest"]
                stored = [b for b in self.stored(f"{name}-{number}") if b.last_offset >= start]
                whole = b"".join(b.data for b in stored)
                for version in (4, 12):
                    for size in (1, 200, 1 << 20):
                        read = self.read_all(broker, name, number, start, version=version, max_bytes=size)
                        self.assertEqual(read.hex(), whole.hex(), (name, number, version, size))
                part = self.fetch(broker, name, number, start)
                self.assertEqual((part["highWatermark"], part["logStartOffset"]), (partition["latest"], start))
        self.assertEqual(broker.log()[1:], [], broker.log())

    def test_every_version(self):
        broker = self.start()
        stored = b"".join(b.data for b in self.stored("plain-1"))
        for version in range(4, 19):
            topic = self.topics()["plain"]["id"] if version >= 13 else "plain"
            value = ask(broker, FETCH, version, fetch_request(version, {topic: [[1, 0]]}))
            part = partitions_of(value)[topic, 1]
            self.assertEqual((part["errorCode"], base64.b64decode(part["records"])), (0, stored), version)
            self.assertEqual((value.get("errorCode", 0), value.get("sessionId", 0)), (0, 0))

    def test_versions_for_older_formats(self):
        """Magic 2 is converted to messages of what the client knows."""
        broker = self.start()
        for version, magic in enumerate((0, 0, 1, 1)):
            part = self.fetch(broker, "plain", 0, 0, version=version)
            records = base64.b64decode(part["records"])
            self.assertEqual((part["errorCode"], records[:8], records[16]), (0, bytes(8), magic))
            self.assertTrue(records[12:].startswith(struct.pack(">I", zlib.crc32(records[16:first_size(records)]))))
            self.assertTrue(records[:first_size(records)].endswith(b"value-0"))

    def test_an_offset_inside_a_batch(self):
        broker = self.start()
        stored = self.stored("codecs-2")
        self.assertGreater(stored[0].last_offset, stored[0].base_offset)
        part = self.fetch(broker, "codecs", 2, stored[0].last_offset)
        self.assertEqual(base64.b64decode(part["records"])[:len(stored[0].data)], stored[0].data)

    def test_missing_topics_and_partitions(self):
        broker = self.start()
        value = ask(broker, FETCH, 12, fetch_request(12, {"none": [[0, 0]], "plain": [[9, 0], [0, 0]]}))
        self.assertEqual([(k, p["errorCode"]) for k, p in partitions_of(value).items()],
                         [(("plain", 0), 0), (("none", 0), 3), (("plain", 9), 3)])
        plain = self.topics()["plain"]["id"]
        for version in range(13, 19):
            topics = {UNKNOWN_ID: [[0, 0]], NO_ID: [[1, 0]], plain: [[9, 0], [1, 0]]}
            value = ask(broker, FETCH, version, fetch_request(version, topics))
            self.assertEqual([(k, p["errorCode"], p["records"] != "") for k, p in partitions_of(value).items()],
                             [((plain, 1), 0, True), ((UNKNOWN_ID, 0), 100, False), ((NO_ID, 1), 100, False),
                              ((plain, 9), 3, False)])

    def test_offsets_out_of_range(self):
        broker = self.start()
        for topic, offset in (("plain", -1), ("plain", 1000), ("rolled", 9), ("empty", 1)):
            part = self.fetch(broker, topic, 0, offset)
            self.assertEqual((part["errorCode"], part["highWatermark"], part["records"]), (1, -1, ""), (topic, offset))
        self.assertEqual(self.fetch(broker, "empty", 0, 0)["errorCode"], 0)

    def test_limits(self):
        broker = self.start()
        first, second = self.stored("plain-0")[:2], self.stored("plain-1")[:1]
        one = len(first[0].data)

        def sizes(max_bytes, *partition_max):
            asked = [[p, 0, size] for p, size in enumerate(partition_max)]
            value = ask(broker, FETCH, 12, fetch_request(12, {"plain": asked}, max_bytes=max_bytes))
            return [len(base64.b64decode(p["records"])) for p in partitions_of(value).values()]
        self.assertEqual(sizes(1 << 20, 1, 1), [one, 0], "the first batch is whole, once an answer")
        self.assertEqual(sizes(1, 1 << 20, 1 << 20), [one, 0])
        self.assertEqual(sizes(0, 0, 0), [one, 0])
        self.assertEqual(sizes(1 << 20, one + 20, len(second[0].data)), [one + 20, len(second[0].data)])
        self.assertEqual(sizes(one + len(second[0].data), one, 1 << 20), [one, len(second[0].data)])
        value = ask(broker, FETCH, 12, fetch_request(12, {"plain": [[0, 0, -1], [1, 0]]}))
        self.assertEqual([p["errorCode"] for p in partitions_of(value).values()], [-1, 0])

    def test_the_broker_limits_answers(self):
        broker = self.start("fetch.max.bytes=1024")
        asked = {n: [[p["partition"], p["earliest"]] for p in t["partitions"]] for n, t in self.topics().items()}
        value = ask(broker, FETCH, 12, fetch_request(12, asked))
        self.assertLessEqual(sum(len(base64.b64decode(p["records"])) for p in partitions_of(value).values()), 1024)

    def test_repeated_partitions(self):
        broker = self.start()
        asked = fetch_request(12, {"plain": [[0, 0], [1, 0], [0, self.topics()["plain"]["partitions"][0]["latest"]]]})
        value = ask(broker, FETCH, 12, asked)
        self.assertEqual([(p["partitionIndex"], p["records"] != "") for p in value["responses"][0]["partitions"]],
                         [(0, False), (1, True)], "the last one counts")

    def test_leader_epochs(self):
        broker = self.start("broker.rack=r1")
        plain, now = self.topics()["plain"]["id"], self.leader_epoch("plain", 0)
        for epoch, error in ((0, 74), (now - 1, 74), (now, 0), (now + 1, 75), (-1, 0)):
            for version, topic in ((9, "plain"), (17, plain)):
                value = ask(broker, FETCH, version, fetch_request(version, {topic: [[0, 0, 1000, epoch]]}))
                self.assertEqual(partitions_of(value)[topic, 0]["errorCode"], error)
                value = ask(broker, LIST_OFFSETS, 5, list_request(5, {"plain": [[0, LATEST, epoch]]}))
                self.assertEqual(partitions_of(value, "topics")["plain", 0]["errorCode"], error)
        value = ask(broker, FETCH, 17, fetch_request(17, {plain: [[0, 0, 1000, 0]]}))
        self.assertEqual(partitions_of(value)[plain, 0]["currentLeader"], {"leaderId": 1, "leaderEpoch": now})
        self.assertEqual(value["nodeEndpoints"],
                         [{"nodeId": 1, "host": "127.0.0.1", "port": broker.port, "rack": "r1"}])

    def test_divergence(self):
        broker = self.start()
        end = self.topics()["plain"]["partitions"][0]["latest"]

        def diverging(offset, last_epoch):
            value = ask(broker, FETCH, 12, fetch_request(12, {"plain": [[0, offset, 1000, -1, last_epoch]]}))
            part = partitions_of(value)["plain", 0]
            return part["errorCode"], part.get("divergingEpoch")
        self.assertEqual(diverging(1, 0), (0, None))
        self.assertEqual(diverging(end, 0), (0, {"epoch": 0, "endOffset": 6}), "the last record is of a later epoch")
        now = self.leader_epoch("plain", 0)
        self.assertEqual(diverging(end + 5, now), (0, {"epoch": now, "endOffset": end}))
        self.assertEqual(diverging(0, now + 1), (1, None))

    def test_sessions(self):
        broker = self.start()
        with broker.connect() as c:
            def fetch(session: tuple, topics: dict, version: int = 12) -> dict:
                return answer(FETCH, version, c.ask(request(FETCH, version, fetch_request(version, topics,
                                                                                         session=session))))
            for session, error in (((0, -1), 0), ((5, -1), 0), ((5, 1), 70), ((0, 3), 70)):
                value = fetch(session, {"plain": [[0, 0]]})
                self.assertEqual((value["errorCode"], value["sessionId"], len(value["responses"])),
                                 (error, 0, 0 if error else 1), session)
            value = fetch((5, 0), {"plain": [[0, 0]]})
            number = value["sessionId"]
            self.assertEqual((value["errorCode"], number > 0, len(value["responses"])), (0, True, 1))
            self.assertEqual(partitions_of(fetch((number, 1), {})).keys(), {("plain", 0)})
            end = partitions_of(value)["plain", 0]["highWatermark"]
            value = fetch((number, 2), {"plain": [[0, end]]})
            self.assertEqual((value["errorCode"], value["sessionId"], value["responses"]), (0, number, []))
            self.assertEqual(fetch((number, 2), {})["errorCode"], 71)
            self.assertEqual(fetch((number, -1), {"plain": [[0, 0]]})["sessionId"], 0)
            self.assertEqual(fetch((number, 3), {})["errorCode"], 70)

    def test_isolation(self):
        broker = self.start()
        decided, open_one = self.topics()["transactions"]["partitions"]
        part = self.fetch(broker, "transactions", 0, 0, isolation=READ_COMMITTED)
        self.assertEqual(part["lastStableOffset"], decided["latest"])
        self.assertEqual(self.fetch(broker, "transactions", 0, 0)["abortedTransactions"], None)

        whole = b"".join(b.data for b in self.stored("transactions-0"))
        self.assertEqual(self.read_all(broker, "transactions", 0, 0, isolation=READ_COMMITTED), whole)
        kept, offset = [], 0
        while offset < decided["latest"]:
            part = self.fetch(broker, "transactions", 0, offset, isolation=READ_COMMITTED)
            kept += self.committed(part, offset)
            offset = batches_of(base64.b64decode(part["records"]))[-1].last_offset + 1
        self.assertEqual(kept, decided["committed"])

        # Without bytes left the records have no end but that of the log or of the index.
        value = ask(broker, FETCH, 12, fetch_request(12, {"plain": [[0, 0]], "transactions": [[0, 0]]},
                                                     isolation=READ_COMMITTED, max_bytes=1))
        part = partitions_of(value)["transactions", 0]
        every = self.fetch(broker, "transactions", 0, 0, isolation=READ_COMMITTED)["abortedTransactions"]
        self.assertEqual((part["records"], part["abortedTransactions"]), ("", every))
        self.assertGreater(len(every), 0)

        part = self.fetch(broker, "transactions", 1, 0, isolation=READ_COMMITTED)
        stable = part["lastStableOffset"]
        self.assertLess(stable, open_one["latest"])
        self.assertEqual(part["highWatermark"], open_one["latest"])
        read = batches_of(self.read_all(broker, "transactions", 1, 0, isolation=READ_COMMITTED))
        self.assertEqual(read[-1].last_offset + 1, stable)
        part = self.fetch(broker, "transactions", 1, stable + 1, isolation=READ_COMMITTED)
        self.assertEqual((part["errorCode"], part["records"], part["abortedTransactions"]), (0, "", []))
        value = ask(broker, FETCH, 12, fetch_request(12, {"plain": [[0, 0]]}, isolation=2))
        self.assertEqual((value["errorCode"], partitions_of(value)["plain", 0]["errorCode"]), (-1, -1))

    def committed(self, part: dict, offset: int) -> list[int]:
        """Offsets of the records that a consumer returns: without those of aborted transactions, and without
        markers."""
        aborted = sorted((t["firstOffset"], t["producerId"]) for t in part["abortedTransactions"])
        active, kept = set(), []
        for batch in batches_of(base64.b64decode(part["records"])):
            while aborted and aborted[0][0] <= batch.last_offset:
                active.add(aborted.pop(0)[1])
            if batch.is_control:
                active.discard(batch.producer_id)
            elif not batch.is_transactional or batch.producer_id not in active:
                kept += [o for o in range(batch.base_offset, batch.last_offset + 1) if o >= offset]
        return kept

    def timed(self, broker, topics: dict, **more) -> float:
        frame = request(FETCH, 12, fetch_request(12, topics, **more))
        with broker.connect() as c:
            begin = time.monotonic()
            c.ask(frame)
            return time.monotonic() - begin

    def test_waiting(self):
        broker = self.start()
        end = self.topics()["plain"]["partitions"][0]["latest"]
        wait = {"max_wait": 300}
        self.assertGreaterEqual(self.timed(broker, {"plain": [[0, end]]}, **wait), 0.29)
        too_few = self.timed(broker, {"plain": [[0, 0]], "none": [[0, 0]]}, min_bytes=1 << 19, **wait)
        self.assertGreaterEqual(too_few, 0.29)
        long = {"max_wait": 60000}
        for topics, more in (({"plain": [[0, 0]]}, {}), ({"plain": [[0, end]]}, {"min_bytes": 0}), ({}, {}),
                             ({"plain": [[0, end + 1]]}, {}), ({"none": [[0, 0]]}, {}),
                             ({"plain": [[0, 0]]}, {"min_bytes": 1000, "max_bytes": 50}),
                             ({"rolled": [[0, 10]]}, {"min_bytes": 1 << 19})):
            self.assertLess(self.timed(broker, topics, **long, **more), 5, (topics, more))

    def test_waiting_holds_nothing_up(self):
        broker = self.start()
        end = self.topics()["plain"]["partitions"][0]["latest"]
        waiting = request(FETCH, 12, fetch_request(12, {"plain": [[0, end]]}, max_wait=60000))
        with broker.connect() as a, broker.connect() as b, broker.connect() as gone:
            gone.send(waiting)
            a.send(support.api_versions(1) + waiting)
            self.assertEqual(support.correlation_of(a.frame()), 1, "what is due comes before the wait")
            self.assertEqual(support.correlation_of(b.ask(support.metadata_v1(2, None))), 2)
            self.assertTrue(a.is_quiet(0.1))
            begin = time.monotonic()
            self.assertEqual(broker.stop(signal.SIGTERM), 0)
            self.assertLess(time.monotonic() - begin, 3)

    def test_many_fetches_in_one_write(self):
        broker = self.start()
        stored = b"".join(b.data for b in self.stored("codecs-0"))
        frame = request(FETCH, 12, fetch_request(12, {"codecs": [[0, 0]], "plain": [[0, 0], [1, 0]]}))
        with broker.connect() as c:
            c.send((frame + support.api_versions(9)) * 200)
            for _ in range(200):
                self.assertIn(stored, c.frame())
                self.assertEqual(support.correlation_of(c.frame()), 9)

    def test_fetches_in_one_write_are_answered_as_alone(self):
        """Answers that wait for each other share memory for records; one that needs more than the limit is sent
        alone."""
        broker = self.start()
        everything = {name: [[p["partition"], p["earliest"]] for p in topic["partitions"]]
                      for name, topic in self.topics().items()}
        few = fetch_request(12, {"codecs": everything["codecs"]})
        many = fetch_request(12, {**everything, "none": [[p, 0] for p in range(100)]})
        frames = [request(FETCH, 12, few), request(METADATA, 12, metadata_request(12, None)),
                  request(FETCH, 12, many)]
        with broker.connect() as c:
            alone = [c.ask(frame) for frame in frames]
        order = [0, 1, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 1] * 10
        with broker.connect() as c:
            c.send(b"".join(frames[i] for i in order))
            for i in order:
                self.assertEqual(c.frame().hex(), alone[i].hex())

    def test_produce_is_refused(self):
        broker = self.start()
        value = {"transactionalId": None, "acks": 1, "timeoutMs": 1000, "topicData": [
            {"name": n, "partitionData": [{"index": 0, "records": None}]} for n in ("plain", "none")]}
        parts = [t["partitionResponses"][0] for t in ask(broker, PRODUCE, 9, value)["responses"]]
        self.assertEqual([(p["errorCode"], p["baseOffset"]) for p in parts], [(87, -1), (3, -1)])
        value["acks"] = 0
        with broker.connect() as c:
            self.assertEqual(c.send(request(PRODUCE, 9, value)).rest(), b"")
        self.assertRegex(broker.wait_for_log(1)[-1], "Produce v9, .*an error, though no response is expected")


class Offsets(DataDirTest):
    def listed(self, broker, version: int, topics: dict, isolation: int = 0) -> dict:
        value = ask(broker, LIST_OFFSETS, version, list_request(version, topics, isolation))
        return partitions_of(value, "topics")

    def everything(self, timestamp: int) -> dict:
        return {n: [[p["partition"], timestamp] for p in t["partitions"]] for n, t in self.topics().items()}

    def test_all_kinds(self):
        broker = self.start()
        at_time = self.topics()["plain"]["partitions"][0]["atTime"]
        for timestamp, first, key in ((EARLIEST, 1, "earliest"), (LATEST, 1, "latest"), (at_time, 1, "atTimeOffset"),
                                      (GREATEST_TIMESTAMP, 7, "maxTimestampOffset"), (EARLIEST_LOCAL, 8, "earliest")):
            for version in range(first, 12):
                parts = self.listed(broker, version, self.everything(timestamp))
                for name, topic in self.topics().items():
                    for p in topic["partitions"]:
                        part = parts[name, p["partition"]]
                        self.assertEqual((part["errorCode"], part["offset"]), (0, p[key]), (name, p, key))
                        if timestamp == GREATEST_TIMESTAMP:
                            self.assertEqual(part["timestamp"], p["maxTimestamp"])

    def test_epochs(self):
        broker = self.start()
        parts = self.listed(broker, 8, self.everything(EARLIEST))
        self.assertEqual(parts["plain", 0]["leaderEpoch"], 0)
        self.assertEqual(self.listed(broker, 8, self.everything(LATEST))["plain", 0]["leaderEpoch"],
                         self.leader_epoch("plain", 0))
        newest = self.listed(broker, 8, {"plain": [[0, GREATEST_TIMESTAMP]]})["plain", 0]
        stored = self.stored("plain-0")[-1]
        self.assertEqual(newest["leaderEpoch"], stored.leader_epoch)

    def test_without_tiers(self):
        broker = self.start()
        for timestamp, version in ((LATEST_TIERED, 9), (PENDING_UPLOAD, 11)):
            part = self.listed(broker, version, {"plain": [[0, timestamp]]})["plain", 0]
            self.assertEqual((part["errorCode"], part["offset"], part["leaderEpoch"]), (0, -1, -1))

    def test_what_is_not_served(self):
        broker = self.start()
        for timestamp, version in ((GREATEST_TIMESTAMP, 6), (EARLIEST_LOCAL, 7), (LATEST_TIERED, 8),
                                   (PENDING_UPLOAD, 10), (-7, 11), (-(2**63), 11)):
            part = self.listed(broker, version, {"plain": [[0, timestamp]]})["plain", 0]
            self.assertEqual((part["errorCode"], part["offset"]), (35, -1), (timestamp, version))
        parts = self.listed(broker, 8, {"none": [[0, LATEST]], "plain": [[4, LATEST], [-1, LATEST]]})
        self.assertEqual([p["errorCode"] for p in parts.values()], [3, 3, 3])
        parts = self.listed(broker, 8, {"plain": [[0, LATEST], [1, LATEST], [0, EARLIEST]]})
        self.assertEqual([(k[1], p["errorCode"]) for k, p in parts.items()], [(0, 42), (1, 0)])
        self.assertEqual(self.listed(broker, 8, {"plain": [[0, LATEST]]}, 2)["plain", 0]["errorCode"], -1)

    def test_isolation(self):
        broker = self.start()
        stable = self.fetch(broker, "transactions", 1, 0, isolation=READ_COMMITTED)["lastStableOffset"]
        parts = self.listed(broker, 8, {"transactions": [[0, LATEST], [1, LATEST]]}, READ_COMMITTED)
        self.assertEqual(parts["transactions", 1]["offset"], stable)

    def test_version_0(self):
        for number, segment in enumerate(self.segments("rolled-0")):
            os.utime(segment, (1000 + number, 1000 + number))
        broker = self.start()
        starts = [int(s.stem) for s in self.segments("rolled-0")]
        topic = self.topics()["rolled"]["partitions"][0]
        expected = sorted({max(s, topic["earliest"]) for s in starts} | {topic["latest"]}, reverse=True)
        for timestamp, offsets in ((LATEST, expected), (EARLIEST, expected[-1:]), (999999, []),
                                   (1000000, expected[-1:]), (1 << 50, expected)):
            part = self.listed(broker, 0, {"rolled": [[0, timestamp]]})["rolled", 0]
            self.assertEqual((part["errorCode"], part["oldStyleOffsets"]), (0, offsets))


class Directory(DataDirTest):
    def test_no_records_are_written(self):
        before = contents(self.data)
        broker = self.start()
        for name, topic in self.topics().items():
            for partition in topic["partitions"]:
                self.read_all(broker, name, partition["partition"], partition["earliest"])
        self.assertEqual(broker.stop(), 0)
        after = contents(self.data)
        after.pop(".lock")
        kept = sorted(n for n in before if not n.split("/")[0].endswith("-delete"))
        self.assertEqual(sorted(after), kept, "what Kafka has deleted is removed")
        changed = [n for n in after if after[n] != before[n] and n.endswith(".log")]
        self.assertEqual(changed, ["__cluster_metadata-0/00000000000000000000.log"])
        log = "__cluster_metadata-0/00000000000000000000.log"
        self.assertTrue(after[log][0].startswith(before[log][0]), "the log of the metadata is continued")

    def reads_only(self, reason: str):
        """The directory is served, and left as it is."""
        before = contents(self.data)
        broker = self.start()
        self.assertRegex(broker.wait_for_log(1)[0], f": served for reading only: {reason}$")
        value = ask(broker, METADATA, 12, metadata_request(12, None))
        self.assertEqual({p["leaderId"] for t in value["topics"] for p in t["partitions"]}, {1})
        value = {"transactionalId": None, "acks": 1, "timeoutMs": 1000, "topicData": [
            {"name": "plain", "partitionData": [{"index": 0, "records": None}]}]}
        (topic,) = ask(broker, PRODUCE, 9, value)["responses"]
        self.assertEqual(topic["partitionResponses"][0]["errorCode"], 29)
        self.assertEqual(broker.stop(), 0)
        after = contents(self.data)
        after.pop(".lock")
        self.assertEqual(after, before)

    def change_properties(self, key: str, value: str):
        file = self.data / "meta.properties"
        lines = [line for line in file.read_text().splitlines() if not line.startswith(key + "=")]
        file.write_text("\n".join([*lines, f"{key}={value}"] if value else lines) + "\n")

    def test_another_voter(self):
        self.change_properties("directory.id", UNKNOWN_ID)
        self.reads_only("node 1 of meta.properties is not the only voter of the metadata log")

    def test_directory_without_id(self):
        self.change_properties("directory.id", "")
        self.reads_only("meta.properties has no directory.id")

    def test_without_metadata_log(self):
        shutil.rmtree(self.data / "__cluster_metadata-0")
        self.reads_only("there are partitions, but no metadata log")

    def test_damage_in_the_middle(self):
        """What follows it would be lost."""
        segment = self.data / "__cluster_metadata-0" / "00000000000000000000.log"
        for snapshot in segment.parent.glob("*.checkpoint"):
            snapshot.unlink()
        later = segment.with_name(f"{1000:020}.log")
        later.write_bytes(b"")
        damaged = bytearray(segment.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        segment.write_bytes(damaged)
        before = contents(self.data)
        broker = self.start()
        self.assertIn(f"{self.data}: served for reading only: records of the metadata log are missing",
                      "\n".join(broker.wait_for_log(2)))
        self.assertEqual(broker.stop(), 0)
        after = contents(self.data)
        after.pop(".lock")
        self.assertEqual(after, before)

    def test_clean_and_other_ends(self):
        marker = self.data / ".kafka_cleanshutdown"
        broker = self.start()
        self.assertFalse(marker.exists())
        self.assertEqual(broker.stop(), 0)
        self.assertRegex(marker.read_text(), r'^\{"version":0,"brokerEpoch":\d+\}$')
        first = self.epoch_of_plain()
        broker = self.start()
        broker.stop(signal.SIGKILL)
        self.assertFalse(marker.exists())
        self.assertEqual(self.epoch_of_plain(), first + 4, "an end, a start, what had not ended, a start")

    def epoch_of_plain(self) -> int:
        broker = self.start()
        value = ask(broker, METADATA, 12, metadata_request(12, [{"topicId": NO_ID, "name": "plain"}]))
        broker.stop()
        return value["topics"][0]["partitions"][0]["leaderEpoch"]

    def test_a_live_broker_keeps_it(self):
        with open(self.data / ".lock", "w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            done = subprocess.run([support.program("KWIRE_BROKER"), "--data-dir", str(self.data)],
                                  capture_output=True, text=True, timeout=support.TIMEOUT)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, "another broker uses this directory")

    def test_other_node(self):
        file = self.root / "other.properties"
        file.write_text(f"node.id=4\nlog.dirs={self.data}\n")
        done = subprocess.run([support.program("KWIRE_BROKER"), str(file)], capture_output=True, text=True,
                              timeout=support.TIMEOUT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "the data is of node 1, but node.id is 4")


if __name__ == "__main__":
    unittest.main()
