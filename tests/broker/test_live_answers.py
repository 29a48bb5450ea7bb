# SPDX-License-Identifier: Apache-2.0
"""kwire-broker with a new directory answers as the tables have it that were recorded from Apache Kafka."""

import pathlib
import tempfile
import unittest

import live_answers
import support

UNSUPPORTED_VERSION = 35
# The records are old: where a table takes longer than 30 seconds, retention would remove some of them.
NO_RETENTION = "log.initial.task.delay.ms=86400000"


class LiveAnswers(unittest.TestCase):
    maxDiff = None

    def check(self, tables: tuple[str, ...], of_members: bool = False):
        with tempfile.TemporaryDirectory() as folder:
            properties = pathlib.Path(folder, "server.properties")
            properties.write_text(f"listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs={folder}/data\n{NO_RETENTION}\n")
            with support.Process(support.program("KWIRE_BROKER"), str(properties)) as process:
                broker = live_answers.Broker(process.host, process.port)
                live_answers.prepare(broker, of_members)
                for name in tables:
                    table = live_answers.HERE / name
                    self.assertGreater(sum(len(case.requests) for case in live_answers.load(table)[1]), 30)
                    found = live_answers.failures(broker, table)
                    self.assertEqual([], found, "\n" + "\n".join(found))
                broker.client.socket.close()
                self.assertEqual(0, process.stop())

    def test_tables(self):
        for tables in live_answers.TABLES:
            with self.subTest(tables):
                self.check(tables)

    def test_members(self):
        self.check(live_answers.OF_MEMBERS, of_members=True)

    def test_classic_groups_only(self):
        """Without the consumer protocol Apache Kafka gives its APIs this error, in versions that it advertises."""
        with tempfile.TemporaryDirectory() as folder:
            properties = pathlib.Path(folder, "server.properties")
            properties.write_text(f"listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs={folder}/data\n"
                                  "group.coordinator.rebalance.protocols=classic\n")
            with support.Process(support.program("KWIRE_BROKER"), str(properties)) as process:
                broker = live_answers.Broker(process.host, process.port)
                answer = broker.ask("ConsumerGroupHeartbeat", 1, live_answers.PROBE)
                self.assertEqual((UNSUPPORTED_VERSION, None), (answer["errorCode"], answer["errorMessage"]))
                answer = broker.ask("ConsumerGroupDescribe", 1, {"groupIds": ["a", "b"],
                                                                 "includeAuthorizedOperations": False})
                self.assertEqual([("a", UNSUPPORTED_VERSION), ("b", UNSUPPORTED_VERSION)],
                                 [(g["groupId"], g["errorCode"]) for g in answer["groups"]])
                broker.client.socket.close()
                self.assertEqual(0, process.stop())


if __name__ == "__main__":
    unittest.main()
