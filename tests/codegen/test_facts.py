# SPDX-License-Identifier: Apache-2.0
"""The loaders of schema/'s facts: what the real files say, and which lines are refused and why."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))

import schema  # noqa: E402
from facts import HANDLINGS, FactError, load_errors, load_late_fields, load_meanings, load_releases  # noqa: E402

SCHEMA = ROOT / "schema"
RELEASES = "# head\n\nreleases 0.9.0 2.4 3.9 4.0 4.3\n"           # three lines

BAD_ERRORS = [
    ("", 1, "no error code"),
    ("0 NONE since 0.9.0\n3\n", 2, "expected: CODE NAME"),
    ("0 NONE from 0.9.0\n", 1, "expected: CODE NAME"),
    (" 0 NONE since 0.9.0\n", 1, "expected: CODE NAME"),
    ("0 NONE since 0.9.0 retryable\n", 1, "unknown word 'retryable'"),
    ("0 NONE since 0.9.0 retriable \n", 1, "space at the end"),
    ("0 NONE\tsince 0.9.0\n", 1, "tab"),
    ("0x3 NONE since 0.9.0\n", 1, "'0x3' is no error code"),
    ("03 NONE since 0.9.0\n", 1, "'03' is no error code"),
    ("32768 NONE since 0.9.0\n", 1, "'32768' is no error code"),
    ("0 None since 0.9.0\n", 1, "'None' is no name"),
    ("0 NONE since 2\n", 1, "'2' is no minor release"),
    ("0 NONE since 2.4.1\n", 1, "'2.4.1' is no minor release"),
    ("# head\n0 NONE since 0.9.0\n0 OTHER since 0.9.0\n", 3, "codes ascend"),
    ("1 NONE since 0.9.0\n\n-1 OTHER since 0.9.0\n", 3, "codes ascend"),
    ("1 NONE since 0.9.0\n2 NONE since 0.9.0\n", 2, "a second NONE"),
]

BAD_RELEASES = [
    ("", 1, "ends early"),
    ("api 3 Metadata\n", 1, "expected first: releases"),
    ("releases\n", 1, "expected releases"),
    ("releases 2.4 0.9.0\n", 1, "oldest first"),
    ("releases 2.4 2.4\n", 1, "oldest first"),
    ("releases 2.4 newest\n", 1, "'newest' is no minor release"),
    (RELEASES + "releases 2.4\n", 4, "a second list"),
    (RELEASES, 3, "ends early"),
    (RELEASES + "  0 0.9.0 -\n", 4, "before the first api"),
    (RELEASES + "data RequestHeader\n", 4, "unknown word 'data'"),
    (RELEASES + "api 3\n", 4, "expected: api KEY NAME"),
    (RELEASES + "api three Metadata\n", 4, "'three' is no api key"),
    (RELEASES + "api -3 Metadata\n", 4, "api key -3"),
    (RELEASES + "api 3 metadata\n", 4, "'metadata' is no name"),
    (RELEASES + "api 3 Metadata\n", 4, "ends early"),
    (RELEASES + "api 3 Metadata\napi 4 Other\n  0 2.4 -\n", 5, "no versions of Metadata"),
    (RELEASES + "api 3 Metadata\n  0 2.4 -\napi 3 Other\n  0 2.4 -\n", 6, "api key 3"),
    (RELEASES + "api 3 Metadata\n  0 2.4 -\napi 2 Other\n  0 2.4 -\n", 6, "api key 2"),
    (RELEASES + "api 3 Metadata\n  0 2.4 -\napi 4 Metadata\n  0 2.4 -\n", 6, "a second api Metadata"),
    (RELEASES + "message B\n  0 2.4 -\nmessage A\n  0 2.4 -\n", 6, "A twice or after B"),
    (RELEASES + "message A\n  0 2.4 -\nmessage A\n  0 2.4 -\n", 6, "A twice or after A"),
    (RELEASES + "message A\n  0 2.4 -\napi 3 Metadata\n  0 2.4 -\n", 6, "api after the first message"),
    (RELEASES + "message 3 A\n", 4, "expected: message NAME"),
    (RELEASES + "message A\n  0 2.4\n", 5, "VERSIONS FIRST LAST"),
    (RELEASES + "message A\n   0 2.4 -\n", 5, "expected: two spaces"),
    (RELEASES + "message A\n  0 2.4 - early\n", 5, "unknown word 'early'"),
    (RELEASES + "message A\n  0+ 2.4 -\n", 5, "'0+' is no range"),
    (RELEASES + "message A\n  -1 2.4 -\n", 5, "'-1' is no range"),
    (RELEASES + "message A\n  99999 2.4 -\n", 5, "'99999' is no version"),
    (RELEASES + "message A\n  2-1 2.4 -\n", 5, "do not ascend"),
    (RELEASES + "message A\n  1-1 2.4 -\n", 5, "do not ascend"),
    (RELEASES + "message A\n  0-2 2.4 -\n  2 2.4 -\n", 6, "versions 2 do not ascend"),
    (RELEASES + "message A\n  0 2.5 -\n", 5, "'2.5' is not one of the releases"),
    (RELEASES + "message A\n  0 2.4 4.1\n", 5, "'4.1' is not one of the releases"),
    (RELEASES + "message A\n  0 - -\n", 5, "'-' is not one of the releases"),
    (RELEASES + "message A\n  0 2.4 4.3\n", 5, "written as '-'"),
    (RELEASES + "message A\n  0 3.9 2.4\n", 5, "2.4 is before 3.9"),
]

BAD_MEANINGS = [
    ("", 1, "the meaning of NONE is missing"),
    ("0 NONE\n  Success.\n", 2, "the meaning of BAD is missing"),
    ("1 BAD\n  Bad.\n", 1, "expected 0 NONE"),
    ("0 OTHER\n  Success.\n", 1, "expected 0 NONE"),
    ("  Success.\n", 1, "expected 0 NONE"),
    ("0 NONE\n1 BAD\n  Bad.\n", 2, "not a sentence"),
    ("0 NONE\n  success.\n1 BAD\n  Bad.\n", 3, "not a sentence"),
    ("0 NONE\n  Success.\n1 BAD\n  Bad\n", 4, "not a sentence"),
    ('0 NONE\n  A "success".\n1 BAD\n  Bad.\n', 3, "not a sentence"),
    ("0 NONE\n  Success.\n1 BAD\n  Bad.\n2 MORE\n  More.\n", 5, "expected the end"),
]

BAD_LATE_FIELDS = [
    ("  A 0 2.4\n", 1, "expected: a message"),
    ("A\n  B 0\n", 2, "PATH VERSIONS RELEASE"),
    ("A\n  b 0 2.4\n", 2, "'b' is no name"),
    ("A\n  B. 0 2.4\n", 2, "'B.' is no name"),
    ("A\n  B 0+ 2.4\n", 2, "'0+' is no range"),
    ("A\n  B 0 2.5\n", 2, "'2.5' is not one of the releases"),
    ("A B\n", 1, "'A B' is no name"),
    ("B\n  B 0 2.4\nA\n  B 0 2.4\n", 3, "A after B"),
]


class Bad(unittest.TestCase):
    def refuse(self, load, text: str, line: int, message: str) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "given.txt"
            path.write_text(text, encoding="utf-8")
            with self.subTest(text=text), self.assertRaises(FactError) as caught:
                load(path)
            where = f"{path}:{line}: "
            self.assertTrue(str(caught.exception).startswith(where), f"{text!r}: {caught.exception}, not line {line}")
            self.assertIn(message, str(caught.exception).removeprefix(where))

    def test_errors(self) -> None:
        for case in BAD_ERRORS:
            self.refuse(load_errors, *case)

    def test_releases(self) -> None:
        for case in BAD_RELEASES:
            self.refuse(load_releases, *case)

    def loaded(self, load, text: str):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "given.txt"
            path.write_text(text, encoding="utf-8")
            return load(path)

    def test_meanings(self) -> None:
        errors = self.loaded(load_errors, "0 NONE since 2.4\n1 BAD since 2.4 retriable\n")
        good = "# head\n0 NONE\n  Success.\n\n1 BAD\n  Bad,\n  or worse.\n"
        self.assertEqual(["Success.", "Bad, or worse."], self.loaded(lambda path: load_meanings(path, errors), good))
        for case in BAD_MEANINGS:
            self.refuse(lambda path: load_meanings(path, errors), *case)

    def test_late_fields(self) -> None:
        releases = self.loaded(load_releases, RELEASES + "message A\n  0 2.4 -\n")
        found = self.loaded(lambda path: load_late_fields(path, releases), "A\n  B.C 1-3 3.9\n  D 4 4.3\n")
        self.assertEqual([("A", "B.C", 1, 3, "3.9"), ("A", "D", 4, 4, "4.3")],
                         [(f.message, f.path, f.first_version, f.last_version, f.release) for f in found])
        for case in BAD_LATE_FIELDS:
            self.refuse(lambda path: load_late_fields(path, releases), *case)


class Errors(unittest.TestCase):
    def test_facts(self) -> None:
        errors = {error.code: error for error in load_errors(SCHEMA / "errors.txt")}
        self.assertEqual(sorted(errors), list(range(-1, len(errors) - 1)), "Kafka leaves no code out")
        for code, name, retriable, since in [(-1, "UNKNOWN_SERVER_ERROR", False, "0.8.2"), (0, "NONE", False, "0.8.2"),
                                             (3, "UNKNOWN_TOPIC_OR_PARTITION", True, "0.8.2"),
                                             (35, "UNSUPPORTED_VERSION", False, "0.10.0"),
                                             (42, "INVALID_REQUEST", False, "0.10.1"),
                                             (100, "UNKNOWN_TOPIC_ID", True, "2.8"),
                                             (115, "UNSUPPORTED_ENDPOINT_TYPE", False, "3.7")]:
            error = errors[code]
            self.assertEqual((error.name, error.retriable, error.since), (name, retriable, since))
        for code, handling in [(-1, None), (0, None), (7, "retriable"), (6, "refresh"), (16, "refresh"),
                               (25, "recoverable"), (90, "recoverable"), (120, "abortable"), (35, "configuration")]:
            self.assertEqual(handling, errors[code].handling, code)
        self.assertEqual({None, *HANDLINGS}, {error.handling for error in errors.values()})

    def test_meanings(self) -> None:
        """They are there for all, each says something else, and none is too long for a line."""
        errors = load_errors(SCHEMA / "errors.txt")
        meanings = load_meanings(SCHEMA / "error_meanings.txt", errors)
        self.assertEqual(len(meanings), len(set(meanings)))
        self.assertLess(max(map(len, meanings)), 140)


class Facts(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.releases = load_releases(SCHEMA / "releases.txt")

    def test_facts(self) -> None:
        for key, message, version, first, last in [
                (3, "MetadataRequest", 0, "0.8.2", None), (3, "MetadataResponse", 9, "2.4", None),
                (0, "ProduceRequest", 2, "0.10.0", "3.9"), (0, "ProduceRequest", 3, "0.11.0", None),
                (18, "ApiVersionsResponse", 3, "2.4", None), (4, "LeaderAndIsrRequest", 7, "3.4", "3.9"),
                (11, "JoinGroupRequest", 0, "0.9.0", None), (75, "DescribeTopicPartitionsRequest", 0, "3.8", None),
                (None, "RequestHeader", 0, "0.8.2", "3.9"), (None, "RequestHeader", 2, "2.4", None),
                (None, "ConsumerProtocolSubscription", 1, "2.4", None)]:
            with self.subTest(message=message, version=version):
                self.assertEqual(self.releases.of(key, message, version), (first, last))

    def test_never_stable(self) -> None:
        self.assertEqual(self.releases.of(78, "ShareFetchRequest", 0), (None, "4.0"))
        self.assertEqual(self.releases.of(78, "ShareFetchRequest", 1), ("4.1", None))

    def test_renamed(self) -> None:
        self.assertEqual(self.releases.apis[74].name, "ListConfigResources")

    def test_unknown(self) -> None:
        for key, message, version in [(9999, "NoRequest", 0), (3, "MetadataRequest", 99), (None, "NoData", 0)]:
            self.assertEqual(self.releases.of(key, message, version), (None, None))

    def test_covers_the_schema(self) -> None:
        """The schema and releases.txt have the same messages and versions."""
        protocol = schema.load(SCHEMA)
        for subject in (*self.releases.apis.values(), *self.releases.messages.values()):
            there = {v for s in subject.versions for v in range(s.first_version, s.last_version + 1)}
            messages = [m for m in protocol.messages if m.api_key == subject.key and not m.folder
                        and (subject.key is not None or m.name == subject.name)]
            spoken = set()
            for message in messages:
                spoken |= set(message.versions)
                self.assertLessEqual(set(message.versions), there, message.name)
            self.assertEqual(spoken, there, subject.name)
        self.assertEqual({api.key for api in protocol.apis}, set(self.releases.apis))


@unittest.skipUnless(os.environ.get("KWIRE_RELEASE_JARS"), "KWIRE_RELEASE_JARS does not name a directory of jars")
class Import(unittest.TestCase):
    def run_check(self, directory: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "codegen" / "import_facts.py"), os.environ["KWIRE_RELEASE_JARS"],
                   "--out", str(directory), "--check"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_reproduces_the_files(self) -> None:
        done = self.run_check(SCHEMA)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_shows_a_difference(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            for name in ("errors.txt", "late_fields.txt", "releases.txt"):
                text = (SCHEMA / name).read_text(encoding="utf-8")
                (Path(directory) / name).write_text(text.replace("since 2.8", "since 2.7"), encoding="utf-8")
            done = self.run_check(Path(directory))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("+100 UNKNOWN_TOPIC_ID since 2.8 refresh\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
