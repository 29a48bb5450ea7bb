# SPDX-License-Identifier: Apache-2.0
"""What the differential run lets an older Kafka give twice, and nothing else."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "differential"))
sys.dont_write_bytecode = True
from repeats import without_repeats  # noqa: E402

FILE = {"type": "file", "kind": "log"}


def answer(topic, *offsets):
    """To a Fetch of partition 0."""
    lines = [line for offset in offsets
             for line in ({"type": "batch", "baseOffset": offset}, {"type": "record", "offset": offset})]
    return {"responses": [{"topic": topic, "partitions": [
        {"partitionIndex": 0, "errorCode": 0, "records": sorted([FILE, *lines], key=repr)}]}]}


class Repeats(unittest.TestCase):
    def check(self, kafka, kwire, is_allowed, topic="c1-z", marked=frozenset({("c1-z", 0)})):
        one, other = answer(topic, *kafka), answer(topic, *kwire)
        self.assertEqual(without_repeats(one, other, marked), other if is_allowed else one)

    def test_first_batch_behind_a_marker(self):
        self.check((1, 1, 3), (1, 3), True)
        self.check((1, 1, 2, 2, 3), (1, 2, 3), True)

    def test_as_much_is_missing_at_the_end(self):
        self.check((1, 1, 3), (1, 3, 4), True)
        self.check((1, 1, 4), (1, 3, 4), False)

    def test_other_batches(self):
        self.check((1, 3, 3), (1, 3), False)
        self.check((1, 1, 1, 3), (1, 3), False)
        self.check((1, 1, 5), (1, 3), False)

    def test_nothing_is_twice(self):
        self.check((1, 3), (1, 3, 4), False)
        self.check((), (1,), False)

    def test_kwire_gives_it_twice(self):
        self.check((1, 3), (1, 1, 3), False)
        self.check((1, 1, 3), (1, 1, 3), True)  # it is the same

    def test_partitions_without_markers(self):
        self.check((1, 1, 3), (1, 3), False, marked=frozenset({("c1-z", 1)}))

    def test_topics_whose_bytes_are_compared(self):
        self.check((1, 1, 3), (1, 3), False, topic="c1", marked=frozenset({("c1", 0)}))

    def test_no_responses(self):
        for one in ({"closed": True}, {"responses": []}):
            self.assertEqual(without_repeats(one, answer("c1-z", 1), frozenset({("c1-z", 0)})), one)


if __name__ == "__main__":
    unittest.main()
