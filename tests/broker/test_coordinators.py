# SPDX-License-Identifier: Apache-2.0
"""kwire-broker as a coordinator, from the outside: it is found, also after a start, and what it refuses to start with.
"""

import base64
import contextlib
import os
import pathlib
import struct
import tempfile
import threading
import time
import unittest

import batch_bytes
import support
from data_dir_support import METADATA, NAMES, PRODUCE, ask, metadata_request, request

OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, CREATE_TOPICS = 8, 9, 10, 19
NAMES.update({OFFSET_COMMIT: ("OffsetCommit", 8), OFFSET_FETCH: ("OffsetFetch", 6),
              FIND_COORDINATOR: ("FindCoordinator", 3), CREATE_TOPICS: ("CreateTopics", 5)})
NOT_COORDINATOR = 16
OFFSETS = "__consumer_offsets"
GROUP, SHARE = 0, 2


def key_request(kind: int, *keys: str) -> dict:
    return {"keyType": kind, "coordinatorKeys": list(keys)}


@unittest.skipUnless(os.environ.get("KWIRE"), "needs KWIRE, the path of the kwire command")
class Coordinators(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def command(self, *settings: str) -> list[str]:
        file = self.folder / "server.properties"
        file.write_text("".join(f"{line}\n" for line in settings))
        return [support.program("KWIRE_BROKER"), str(file), "--data-dir", str(self.folder / "data"), "--listen",
                "127.0.0.1:0"]

    def start(self, *settings: str) -> support.Process:
        broker = support.Process(*self.command(*settings))
        self.addCleanup(broker.stop)
        return broker

    def stop(self, broker: support.Process) -> None:
        self.assertEqual(broker.stop(), 0)
        self.assertEqual(broker.log(), [])

    def find(self, broker: support.Process, kind: int, *keys: str) -> None:
        found = ask(broker, FIND_COORDINATOR, 6, key_request(kind, *keys))["coordinators"]
        self.assertEqual([one["key"] for one in found], list(keys))
        for one in found:
            self.assertEqual((one["errorCode"], one["nodeId"], one["host"], one["port"]),
                             (0, 1, "127.0.0.1", broker.port), one)

    def partitions(self, broker: support.Process, topic: str) -> int:
        value = metadata_request(9, [{"name": topic}])
        return len(ask(broker, METADATA, 9, value)["topics"][0]["partitions"])

    def test_found_at_once_and_after_each_start(self):
        for _ in range(3):
            broker = self.start()
            self.find(broker, GROUP, "a", "b", "")
            self.find(broker, SHARE, "group:AAAAAAAAAAAAAAAAAAAAAQ:0")
            self.assertEqual(self.partitions(broker, OFFSETS), 50)
            self.stop(broker)

    def test_settings_of_the_topic(self):
        broker = self.start("offsets.topic.num.partitions=3", "offsets.load.buffer.size=100",
                            "group.coordinator.append.linger.ms=5", "offsets.topic.compression.codec=0")
        self.find(broker, GROUP, "a")
        self.assertEqual(self.partitions(broker, OFFSETS), 3)
        self.stop(broker)

    def test_many_clients_at_the_first_moment(self):
        broker = self.start()
        errors = []

        def client() -> None:
            try:
                for _ in range(5):
                    self.find(broker, GROUP, "a", "b")
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.stop(broker)

    def test_stopped_while_clients_ask(self):
        """Each answer is one, or the connection ends; the broker stops in an orderly way."""
        frame = request(FIND_COORDINATOR, 6, key_request(GROUP, "a"))
        for pause in (0, 0.002, 0.01):
            broker = self.start()
            clients = [broker.connect() for _ in range(20)]
            for client in clients:
                client.send(frame)
            time.sleep(pause)
            self.assertEqual(broker.stop(), 0)
            for client in clients:
                with client, contextlib.suppress(ConnectionResetError):  # what was sent may not have been read
                    data = client.rest()
                    self.assertTrue(not data or len(data) > 20, data)

    def commit(self, broker: support.Process, offset: int) -> int:
        """The error."""
        answer = ask(broker, OFFSET_COMMIT, 9, {
            "groupId": "g", "generationIdOrMemberEpoch": -1, "memberId": "", "groupInstanceId": None,
            "topics": [{"name": "t", "partitions": [{"partitionIndex": 0, "committedOffset": offset,
                                                     "committedLeaderEpoch": -1, "committedMetadata": ""}]}]})
        return answer["topics"][0]["partitions"][0]["errorCode"]

    def committed(self, broker: support.Process) -> int:
        answer = ask(broker, OFFSET_FETCH, 9, {"requireStable": False, "groups": [
            {"groupId": "g", "memberId": None, "memberEpoch": -1, "topics": None}]})
        return answer["groups"][0]["topics"][0]["partitions"][0]["committedOffset"]

    def test_somebody_else_writes_to_the_topic(self):
        """Only administrators may. The coordinator reads its partition again."""
        broker = self.start("offsets.topic.num.partitions=1")
        ask(broker, CREATE_TOPICS, 7, {"timeoutMs": 5000, "validateOnly": False, "topics": [
            {"name": "t", "numPartitions": 1, "replicationFactor": 1, "assignments": [], "configs": []}]})
        self.find(broker, GROUP, "g")
        self.assertEqual(self.commit(broker, 5), 0)
        unknown = batch_bytes.batch((struct.pack(">h", 999), struct.pack(">h", 0)))
        frame = request(PRODUCE, 9, {"transactionalId": None, "acks": -1, "timeoutMs": 5000, "topicData": [
            {"name": OFFSETS, "partitionData": [{"index": 0, "records": base64.b64encode(unknown).decode()}]}]})
        header = struct.pack(">hhih", PRODUCE, 9, 7, 2) + b"kw"
        admin = struct.pack(">hhih", PRODUCE, 9, 7, 14) + b"__admin_client"
        with broker.connect() as c:
            c.ask(support.framed(frame[4:].replace(header, admin, 1)))
        self.assertIn(self.commit(broker, 6), (0, NOT_COORDINATOR))
        deadline = time.monotonic() + support.TIMEOUT
        while (error := self.commit(broker, 7)) and time.monotonic() < deadline:
            self.assertEqual(error, NOT_COORDINATOR)
            time.sleep(0.01)
        self.assertEqual(error, 0)
        self.assertEqual(self.committed(broker), 7)
        self.assertIn(f"{OFFSETS}-0: somebody else has written at offset 1; its coordinator starts again",
                      " ".join(broker.log()))
        self.assertEqual(broker.stop(), 0)
        again = self.start("offsets.topic.num.partitions=1")
        self.assertEqual(self.committed(again), 7)

    def test_codecs_that_do_not_exist(self):
        for codec in ("5", "-1"):
            with self.assertRaises(AssertionError) as failure:
                support.Process(*self.command(f"offsets.topic.compression.codec={codec}"))
            self.assertIn(f"offsets.topic.compression.codec: there is no compression {codec}",
                          str(failure.exception))


if __name__ == "__main__":
    unittest.main()
