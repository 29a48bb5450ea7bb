# SPDX-License-Identifier: Apache-2.0
"""The list of errors that a broker can give names APIs and errors that there are, and what has them."""

import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
DIFFERENTIAL = HERE.parent / "differential"
sys.path.insert(0, str(DIFFERENTIAL))
sys.dont_write_bytecode = True
import error_list  # noqa: E402
import live_answers  # noqa: E402
import support  # noqa: E402
from conversation import OF_TRANSACTIONS, WEIGHTS, api_of  # noqa: E402
from wire import Codec  # noqa: E402


def codes_in_table(name: str, api: str) -> set[int]:
    """Of all answers of an API; answers.txt has those of ApiVersions as bytes, the error first."""
    if name == "answers.txt":
        answers = re.findall(r"^< [0-9a-f]{16}([0-9a-f]{4})", (HERE / name).read_text(), re.MULTILINE)
        return {int(code, 16) for code in answers}
    codes = set()
    for case in live_answers.load(HERE / name)[1]:
        for request, answer in zip(case.requests, case.answers):
            is_produce = request[0].isdigit()
            if is_produce and api == "Produce":
                codes |= {int(code) for line in answer for code in re.findall(r" error (-?\d+)", line)}
            elif request.split(" ")[0] == api:
                codes |= {int(code) for line in answer for code in re.findall(r'"errorCode": (-?\d+)', line)}
    return codes


class ErrorList(unittest.TestCase):
    def setUp(self):
        codec = Codec(support.program("KWIRE"))
        self.addCleanup(codec.close)
        self.codes = {name: code for code, name in codec.error_names().items()}
        self.rows = error_list.load()

    def test_names(self):
        self.assertGreater(len(self.rows), 100)
        asked = {*map(api_of, WEIGHTS), *OF_TRANSACTIONS}
        self.assertEqual(set(), {row.api for row in self.rows} ^ (asked - WITHOUT_ERRORS))
        self.assertEqual(set(), {row.error for row in self.rows} - set(self.codes))
        self.assertEqual(len(self.rows), len({(row.api, row.error) for row in self.rows}), "named twice")

    def test_tables(self):
        tables = [row for row in self.rows if row.kind == "table"]
        self.assertGreater(len(tables), 5)
        for row in tables:
            with self.subTest(row=row):
                self.assertIn(self.codes[row.error], codes_in_table(row.where, row.api))

    def test_tests(self):
        for row in self.rows:
            if row.kind == "test":
                self.assertTrue((DIFFERENTIAL / row.where).exists(), row)
                self.assertIn(row.error, (DIFFERENTIAL / row.where).read_text(encoding="utf-8"), row)


WITHOUT_ERRORS = {"ListPartitionReassignments"}

if __name__ == "__main__":
    unittest.main()
