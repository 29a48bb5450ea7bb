# SPDX-License-Identifier: Apache-2.0
"""kwire-broker while many clients change its metadata at once: what was acknowledged is there after any end, and the
folders are those of the metadata."""

import os
import pathlib
import random
import signal
import tempfile
import threading
import time
import unittest

import support
from data_dir_support import FETCH, METADATA, NAMES, answer, ask, fetch_request, metadata_request, request

CREATE_TOPICS, DELETE_TOPICS, DESCRIBE_CONFIGS, CREATE_PARTITIONS, ALTER_CONFIGS = 19, 20, 32, 37, 44
NAMES.update({CREATE_TOPICS: ("CreateTopics", 5), DELETE_TOPICS: ("DeleteTopics", 4),
              DESCRIBE_CONFIGS: ("DescribeConfigs", 4), CREATE_PARTITIONS: ("CreatePartitions", 2),
              ALTER_CONFIGS: ("IncrementalAlterConfigs", 1)})
UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID = 3, 100, 103
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
TOPICS = [f"topic-{n}" for n in range(12)]
CLIENTS, REQUESTS = 6, 150


def creation(name: str, partitions: int) -> bytes:
    return request(CREATE_TOPICS, 7, {"timeoutMs": 5000, "validateOnly": False, "topics": [
        {"name": name, "numPartitions": partitions, "replicationFactor": 1, "assignments": [], "configs": []}]})


def deletion(name: str) -> bytes:
    return request(DELETE_TOPICS, 6, {"timeoutMs": 5000, "topics": [{"name": name, "topicId": NO_ID}]})


def growth(name: str, partitions: int) -> bytes:
    return request(CREATE_PARTITIONS, 3, {"timeoutMs": 5000, "validateOnly": False, "topics": [
        {"name": name, "count": partitions, "assignments": None}]})


def setting(name: str, value: int) -> bytes:
    return request(ALTER_CONFIGS, 1, {"validateOnly": False, "resources": [
        {"resourceType": 2, "resourceName": name,
         "configs": [{"name": "retention.ms", "configOperation": 0, "value": str(value)}]}]})


@unittest.skipUnless(os.environ.get("KWIRE"), "needs KWIRE, the path of the kwire command")
class Changes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.seed = random.randrange(1 << 32)
        self.random = random.Random(self.seed)
        self.frames = [frame for name in TOPICS for frame in (
            creation(name, 1), creation(name, 3), growth(name, 5), deletion(name), setting(name, 1000),
            setting(name, 2000))] + [request(METADATA, 12, metadata_request(12, None))]

    def start(self) -> support.Process:
        broker = support.Process(support.program("KWIRE_BROKER"), "--data-dir", str(self.data), "--listen",
                                 "127.0.0.1:0")
        self.addCleanup(broker.stop)
        return broker

    def crowd(self, broker: support.Process):
        """Every request of every client is answered."""
        missing = []

        def one(choices: list[bytes]):
            with broker.connect() as c:
                for frame in choices:
                    if len(c.ask(frame)) < 8:
                        missing.append(frame)
        clients = [threading.Thread(target=one, args=(self.random.choices(self.frames, k=REQUESTS),))
                   for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(missing, [])

    def metadata(self, broker: support.Process) -> dict:
        value = ask(broker, METADATA, 12, metadata_request(12, None))
        for topic in value["topics"]:
            for p in topic["partitions"]:
                self.assertEqual((p["errorCode"], p["leaderId"], p["isrNodes"]), (0, 1, [1]))
        asked = [{"resourceType": 2, "resourceName": t["name"], "configurationKeys": ["retention.ms"]}
                 for t in value["topics"]]
        configs = ask(broker, DESCRIBE_CONFIGS, 4, {"resources": asked, "includeSynonyms": False,
                                                    "includeDocumentation": False})
        settings = {r["resourceName"]: r["configs"][0]["value"] for r in configs["results"]}
        return {t["name"]: (t["topicId"], len(t["partitions"]), settings[t["name"]]) for t in value["topics"]}

    def folders(self) -> list[str]:
        """Those of partitions; one whose topic was deleted when the broker was killed is set aside as stray."""
        return sorted(p.name for p in self.data.iterdir()
                      if p.name.startswith("topic-") and not p.name.endswith(("-delete", "-stray")))

    def through(self, end: int):
        broker = self.start()
        self.crowd(broker)
        before = self.metadata(broker)
        self.assertNotEqual(before, {})
        expected = sorted(f"{name}-{p}" for name, (_, count, _) in before.items() for p in range(count))
        self.assertEqual(self.folders(), expected)
        broker.stop(end)
        again = self.start()
        self.assertEqual(self.metadata(again), before, f"seed {self.seed}")
        self.assertEqual(self.folders(), expected)
        self.assertEqual(again.stop(), 0)

    def test_clean_end(self):
        self.through(signal.SIGTERM)

    def test_killed(self):
        self.through(signal.SIGKILL)

    def test_killed_in_the_middle(self):
        """What is there is whole: a topic with all its partitions, and nothing of what is not."""
        broker = self.start()
        timer = threading.Timer(0.3, broker.stop, (signal.SIGKILL,))
        timer.start()
        with broker.connect() as c:
            try:
                while True:
                    c.ask(self.random.choice(self.frames))
            except (OSError, AssertionError):
                pass
        timer.join()
        again = self.start()
        found = self.metadata(again)
        self.assertEqual(self.folders(), sorted(f"{n}-{p}" for n, (_, count, _) in found.items() for p in range(count)))
        self.assertTrue(all(count in (1, 3, 5) for _, count, _ in found.values()))
        self.assertEqual(again.stop(), 0)

    def alter(self, c: support.Client, resource: str, name: str, value: str | None) -> tuple[int, str]:
        """A setting of a broker, "" for all brokers; with None it is removed."""
        frame = c.ask(request(ALTER_CONFIGS, 1, {"validateOnly": False, "resources": [
            {"resourceType": 4, "resourceName": resource,
             "configs": [{"name": name, "configOperation": 0 if value is not None else 1, "value": value}]}]}))
        only = answer(ALTER_CONFIGS, 1, frame)["responses"][0]
        return only["errorCode"], only["errorMessage"]

    def served(self, broker: support.Process, connections: int) -> int:
        """How many of so many more connections are served."""
        clients, count = [broker.connect() for _ in range(connections)], 0
        for c in clients:
            try:
                count += c.send(support.api_versions(5)).frame() != b""
            except ConnectionError:
                pass
        for c in clients:
            c.socket.close()
        return count

    def assert_served(self, broker: support.Process, connections: int, expected: int):
        """Once the broker has noticed that earlier ones have ended."""
        deadline = time.monotonic() + support.TIMEOUT
        while (found := self.served(broker, connections)) != expected and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(found, expected)

    def test_deleted_topic_of_a_fetch_session(self):
        """A session keeps the name of a topic that it knows by id: another topic of that name may be there."""
        broker = self.start()
        with broker.connect() as c:
            def change(frame: bytes):
                self.assertGreater(len(c.ask(frame)), 8)

            def fetch(session: tuple, topics: dict) -> list[tuple]:
                found = answer(FETCH, 16, c.ask(request(FETCH, 16, fetch_request(16, topics, session=session))))
                self.session = found["sessionId"]
                return [(topic["topicId"], p["errorCode"]) for topic in found["responses"] for p in topic["partitions"]]

            def topic_id() -> str:
                topic = {"topicId": NO_ID, "name": "topic-0"}
                return ask(broker, METADATA, 12, metadata_request(12, [topic]))["topics"][0]["topicId"]

            change(creation("topic-0", 1))
            old = topic_id()
            self.assertEqual(fetch((0, 0), {old: [(0, 0)]}), [(old, 0)])
            change(deletion("topic-0"))
            self.assertEqual(fetch((self.session, 1), {}), [(old, UNKNOWN_TOPIC_OR_PARTITION)])
            change(creation("topic-0", 1))
            new = topic_id()
            self.assertEqual(fetch((self.session, 2), {new: [(0, 0)]}), [(old, INCONSISTENT_TOPIC_ID), (new, 0)])
            self.assertEqual(fetch((0, -1), {old: [(0, 0)]}), [(old, UNKNOWN_TOPIC_ID)])
        self.assertEqual(broker.stop(), 0)

    def test_limits_act_at_once(self):
        broker = self.start()
        with broker.connect() as c:
            for name in "max.connections", "max.connections.per.ip":
                for resource in "1", "":
                    self.assertEqual(self.alter(c, resource, name, "3"), (0, None))
                    self.assert_served(broker, 5, 2)
                    self.assertEqual(self.alter(c, resource, name, None), (0, None))
                    self.assert_served(broker, 5, 5)
            self.assertEqual(self.alter(c, "", "max.connections", "3"), (0, None))
            self.assertEqual(self.alter(c, "1", "num.partitions", "3"),
                             (42, "num.partitions can only be set in the properties file"))
        self.assertEqual(broker.stop(), 0)
        again = self.start()
        self.assert_served(again, 5, 3)
        self.assertEqual(again.stop(), 0)


if __name__ == "__main__":
    unittest.main()
