# SPDX-License-Identifier: Apache-2.0
"""kwire-broker, request by request: answers.txt has the answer of each, byte for byte."""

import pathlib
import json
import os
import subprocess
import tempfile
import unittest

import support
from support import Process, api_versions

PORT_IN_ANSWERS = 19392
CLUSTER = "kw1reKw1reKw1reKw1reKQ"
PROBE = api_versions(0x70726F62)


class Case:
    def __init__(self, title: str):
        self.title, self.request, self.answer, self.closed = title, b"", b"", False


def load_cases() -> list[Case]:
    cases: list[Case] = []
    for number, line in enumerate((support.HERE / "answers.txt").read_text().splitlines(), 1):
        if line.startswith("> "):
            cases[-1].request = bytes.fromhex(line[2:])
        elif line.startswith("< "):
            cases[-1].answer = bytes.fromhex(line[2:])
        elif line == "closed":
            cases[-1].closed = True
        elif line and not line.startswith(("#", "==")):
            cases.append(Case(f"answers.txt:{number}: {line}"))
    return cases


class Answers(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.directory.name)
        (root / "meta.properties").write_text(f"#\n#Fri Nov 21 08:00:00 UTC 2025\nnode.id=1\ncluster.id={CLUSTER}\n"
                                              "directory.id=q5MkEcTPT-S2kGoqZTW7Gg\nversion=1\n")
        (root / "server.properties").write_text(f"listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs={root}\n"
                                                f"advertised.listeners=PLAINTEXT://127.0.0.1:{PORT_IN_ANSWERS}\n"
                                                "auto.create.topics.enable=false\n")
        cls.broker = Process(support.program("KWIRE_BROKER"), str(root / "server.properties"))

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()
        cls.directory.cleanup()

    def check(self, case: Case):
        with self.broker.connect() as c:
            c.send(case.request)
            if case.closed:
                self.assertEqual(c.rest().hex(), case.answer.hex())
            elif not case.answer:
                self.assertTrue(c.is_quiet(0.2))
            else:
                self.assertEqual(c.take(len(case.answer)).hex(), case.answer.hex())
                self.assertEqual(support.correlation_of(c.ask(PROBE)), 0x70726F62, "the connection stays open")

    def test_answers(self):
        cases = load_cases()
        self.assertGreater(len(cases), 200)
        for case in cases:
            with self.subTest(case.title):
                self.check(case)

    @unittest.skipUnless(os.environ.get("KWIRE"), "needs KWIRE, the path of the kwire command")
    def test_answers_decode(self):
        """The same bytes, as another part of the project reads them."""
        lines = []
        for case in load_cases():
            key, version = (int.from_bytes(case.request[i:i + 2], "big", signed=True) for i in (4, 6))
            name = {3: "MetadataResponse", 60: "DescribeClusterResponse"}.get(key)
            if name and case.answer and not case.closed:
                body = case.answer[9 if key == 60 or version >= 9 else 8:]
                lines.append(json.dumps({"message": name, "version": version, "hex": body.hex()}))
        done = subprocess.run([os.environ["KWIRE"], "decode", "--jsonl"], input="\n".join(lines) + "\n", text=True,
                              capture_output=True, timeout=support.TIMEOUT, check=True)
        versions = set()
        for line in map(json.loads, done.stdout.splitlines()):
            versions.add((line["message"], line["version"]))
            for broker in line["value"]["brokers"]:
                self.assertEqual((broker["host"], broker["port"]), ("127.0.0.1", PORT_IN_ANSWERS))
        expected = {("MetadataResponse", v) for v in range(14)} | {("DescribeClusterResponse", v) for v in range(3)}
        self.assertEqual(versions, expected)


if __name__ == "__main__":
    unittest.main()
