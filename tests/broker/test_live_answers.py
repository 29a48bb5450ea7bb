# SPDX-License-Identifier: Apache-2.0
"""kwire-broker with a new directory answers as the tables have it that were recorded from Apache Kafka."""

import tempfile
import unittest

import live_answers
import support


class LiveAnswers(unittest.TestCase):
    maxDiff = None

    def check(self, tables: tuple[str, ...]):
        with tempfile.TemporaryDirectory() as folder, support.Process(
                support.program("KWIRE_BROKER"), "--listen", "127.0.0.1:0", "--data-dir", folder + "/data") as process:
            broker = live_answers.Broker(process.host, process.port)
            live_answers.create_topics(broker)
            live_answers.wait_until_ready(broker)
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


if __name__ == "__main__":
    unittest.main()
