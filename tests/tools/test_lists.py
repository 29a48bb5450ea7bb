#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire apis, kwire errors, help, and wrong usage."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from command import CommandTest, kwire, main

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))

import facts  # noqa: E402

RELEASES = facts.load_releases(ROOT / "schema" / "releases.txt")
ERRORS = facts.load_errors(ROOT / "schema" / "errors.txt")
MEANINGS = facts.load_meanings(ROOT / "schema" / "error_meanings.txt", ERRORS)

VERBS = ("decode", "encode", "explain", "schema", "apis", "errors")


def shown_json(*words: str) -> Any:
    """What the command prints with --json: one line."""
    done = kwire(*words, "--json")
    assert (done.status, done.err, done.out.count("\n")) == (0, "", 1), done
    return json.loads(done.out)


class Apis(CommandTest):
    def test_all(self) -> None:
        done = kwire("apis")
        self.assertEqual((0, ""), (done.status, done.err))
        rows = [line.split() for line in done.out.splitlines()[1:]]
        self.assertGreater(len(rows), 90)
        self.assertEqual(sorted(int(row[0]) for row in rows), [int(row[0]) for row in rows])
        for row in (["3", "Metadata", "0-13", "0-13", "9", "1-2", "0-1"],
                    ["7", "ControlledShutdown", "0-3", "-", "3", "0-2", "0-1"],
                    ["17", "SaslHandshake", "0-1", "0-1", "-", "1", "0"],
                    ["75", "DescribeTopicPartitions", "0", "0", "0", "2", "1"]):
            self.assertIn(row, rows)
        self.assertIn(["18", "ApiVersions", "3", "1-2", "0"], [row[:2] + row[4:] for row in rows])

    def test_one(self) -> None:
        done = kwire("apis", "ControlledShutdown")
        self.assertEqual((0, ""), (done.status, done.err))
        lines = done.out.splitlines()
        self.assertEqual("ControlledShutdown, API key 7", lines[0])
        self.assertEqual([["0", "0.8.2", "3.9", "no", "0", "0"], ["1", "0.9.0", "3.9", "no", "1", "0"],
                          ["2", "2.2", "3.9", "no", "1", "0"], ["3", "2.4", "3.9", "yes", "2", "1"]],
                         [line.split() for line in lines[2:]])
        self.assertEqual(done, kwire("apis", "7"))

    def test_current(self) -> None:
        last = kwire("apis", "Metadata").out.splitlines()[-1].split()
        self.assertEqual(["13", "4.0", "current", "yes", "2", "1"], last)

    def test_unknown(self) -> None:
        self.complains(1, 'kwire: no API has the name or key "Metdata"; did you mean Metadata?', "apis", "Metdata")
        self.complains(1, 'kwire: no API has the name or key "32767"', "apis", "32767")
        self.complains(1, 'kwire: no API has the name or key "-1"', "apis", "-1")
        self.complains(1, 'kwire: no API has the name or key "99999999999999999999"', "apis", "99999999999999999999")

    def test_json(self) -> None:
        apis = shown_json("apis")
        self.assertEqual(kwire("apis", "--names").out.split(), [one["api"] for one in apis])
        for one in apis:
            numbers = [each["version"] for each in one["eachVersion"]]
            self.assertEqual(list(range(one["versions"]["first"], one["versions"]["last"] + 1)), numbers)
            for each in one["eachVersion"]:
                first, last = RELEASES.of(one["apiKey"], "", each["version"])
                self.assertEqual((first, last if first else None), (each.get("firstRelease"), each.get("lastRelease")))
        self.assertEqual({"api": "ControlledShutdown", "apiKey": 7, "versions": {"first": 0, "last": 3},
                          "flexible": {"first": 3, "last": 3}},
                         {name: value for name, value in shown_json("apis", "7").items() if name != "eachVersion"})
        self.assertEqual({"version": 3, "flexible": True, "requestHeader": 2, "responseHeader": 1,
                          "firstRelease": "2.4", "lastRelease": "3.9"}, shown_json("apis", "7")["eachVersion"][3])
        self.assertIn(shown_json("apis", "7"), apis)

    def spoken(self, key: int, release: str) -> list[int]:
        """The versions of an API that a release has."""
        order = RELEASES.names.index
        return [version for one in RELEASES.apis[key].versions if not one.unstable
                and order(one.first) <= order(release) <= order(one.last or RELEASES.names[-1])
                for version in range(one.first_version, one.last_version + 1)]

    def test_release(self) -> None:
        for release in RELEASES.names:
            expected = {key: [spoken[0], spoken[-1]] for key in RELEASES.apis if (spoken := self.spoken(key, release))}
            self.assertEqual(expected, {one["apiKey"]: [*one["versions"].values()]
                                        for one in shown_json("apis", "--release", release)}, release)
        self.prints("KEY  NAME                           VERSIONS\n  3  Metadata                       0-12", "apis",
                    "--release=3.9", "metadata")
        self.assertEqual([{"api": "Metadata", "apiKey": 3, "versions": {"first": 0, "last": 12}}],
                         shown_json("apis", "--release", "3.9", "3"))
        self.assertEqual([], shown_json("apis", "--release", "4.0", "LeaderAndIsr"))

    def test_releases(self) -> None:
        self.prints("\n".join(RELEASES.names), "apis", "--releases")
        self.assertEqual(RELEASES.names, shown_json("apis", "--releases"))

    def test_diff(self) -> None:
        rows = [line.split() for line in kwire("apis", "--diff", "3.9", "4.0").out.splitlines()]
        self.assertEqual(["KEY", "NAME", "3.9", "4.0"], rows[0])
        self.assertIn(["0", "Produce", "0-11", "3-12"], rows)
        self.assertIn(["7", "ControlledShutdown", "0-3", "-"], rows)
        self.assertNotIn("Heartbeat", {row[1] for row in rows})
        self.assertIn({"api": "ControlledShutdown", "apiKey": 7, "before": {"first": 0, "last": 3}},
                      shown_json("apis", "--diff", "3.9", "4.0"))
        self.assertIn({"api": "ControlledShutdown", "apiKey": 7, "after": {"first": 0, "last": 3}},
                      shown_json("apis", "4.0", "3.9", "--diff"))
        self.assertEqual([], shown_json("apis", "--diff", "3.9", "3.9"))
        self.prints("KEY  NAME                           3.9       3.9", "apis", "--diff", "3.9", "3.9")

    def test_refusals(self) -> None:
        first, last = RELEASES.names[0], RELEASES.names[-1]
        for text in ("3.9.0", "x", "", "44"):
            why = (f'kwire: no release "{text}": they are {first} to {last}, by their first two numbers, or three '
                   "before 1.0")
            self.complains(1, why, "apis", "--release", text)
            self.complains(1, why, "apis", "--diff", "3.9", text)
        exclusive = "--names, --diff, --release and --releases exclude each other"
        for words, why in ((["--diff"], "--diff needs two releases"), (["--diff", "3.9"], "--diff needs two releases"),
                           (["--names", "--json"], "--names prints no JSON, so --json is not allowed"),
                           (["--names", "--release", "3.9"], exclusive), (["--releases", "--names"], exclusive),
                           (["--diff", "3.8", "3.9", "--release", "3.9"], exclusive),
                           (["--releases", "3"], "--releases lists all"),
                           (["--release"], "--release needs a value"), (["3", "4"], 'unexpected word "4"'),
                           (["--diff", "3.8", "3.9", "4.0"], 'unexpected word "4.0"')):
            self.complains(2, f"kwire: apis: {why} (see kwire apis --help)", "apis", *words)


class Errors(CommandTest):
    def test_all(self) -> None:
        done = kwire("errors")
        self.assertEqual((0, ""), (done.status, done.err))
        lines = done.out.splitlines()[1:]
        self.assertEqual(len(ERRORS), len(lines))
        for line, error, meaning in zip(lines, ERRORS, MEANINGS):
            self.assertEqual([str(error.code), "yes" if error.retriable else "no", error.name, error.since, meaning],
                             re.split(r" +", line.strip(), 4))

    def test_one(self) -> None:
        done = kwire("errors", "51")
        self.assertEqual("""\
CONCURRENT_TRANSACTIONS, code 51, retriable, since Kafka 0.11.0
meaning  The last transaction of this producer is still being completed.
clients  repeat the request
""", done.out)
        self.assertEqual(done, kwire("errors", "concurrent_Transactions"))
        self.assertIn("UNKNOWN_SERVER_ERROR", kwire("errors", "-1").out)
        self.assertEqual("NONE, code 0, not retriable, since Kafka 0.8.2\nmeaning  Success.\n",
                         kwire("errors", "none").out)
        for code, advice in ((6, "ask for new metadata or for the coordinator, and repeat the request"),
                             (36, "do not repeat the request"),
                             (90, "do not repeat the request; the application continues with a new client or member"),
                             (120, "do not repeat the request; the application aborts the transaction"),
                             (35, "do not repeat the request: configuration, request or permissions must change")):
            self.assertEqual(f"clients  {advice}", kwire("errors", str(code)).out.splitlines()[2])

    def test_json(self) -> None:
        expected = [{"code": error.code, "name": error.name, "retriable": error.retriable,
                     "handling": error.handling or "none", "since": error.since, "meaning": meaning}
                    for error, meaning in zip(ERRORS, MEANINGS)]
        self.assertEqual(expected, shown_json("errors"))
        self.assertEqual(expected[4], shown_json("errors", "3"))
        self.complains(2, "kwire: errors: --names prints no JSON, so --json is not allowed (see kwire errors --help)",
                       "errors", "--names", "--json")

    def test_unknown(self) -> None:
        self.complains(1, 'kwire: no error has the name or code "NOT_CONTROLER"; did you mean NOT_CONTROLLER?',
                       "errors", "NOT_CONTROLER")


class Help(CommandTest):
    def test_general(self) -> None:
        for word in ("--help", "-h"):
            done = kwire(word)
            self.assertEqual((0, ""), (done.status, done.err))
            for verb in VERBS:
                self.assertRegex(done.out, rf"(?m)^  {verb} +\w")

    def test_of_each_verb(self) -> None:
        for verb in VERBS:
            done = kwire(verb, "--help")
            self.assertEqual((0, ""), (done.status, done.err))
            self.assertTrue(done.out.startswith(f"usage: kwire {verb}"))
            self.assertEqual(done, kwire(verb, "whatever", "-h"))
            self.assertLessEqual(max(map(len, done.out.splitlines())), 90)

    def test_names_every_option_and_code(self) -> None:
        decode, encode = kwire("decode", "--help").out, kwire("encode", "--help").out
        for word in ("--jsonl", "--strict", "--pretty", "--max-memory", "ERR_JSON", "ERR_LINE", "ERR_HEX", "trailing"):
            self.assertIn(word, decode)
        for word in ("--jsonl", "--max-memory", "ERR_JSON", "ERR_LINE", "ERR_VALUE"):
            self.assertIn(word, encode)

    def test_version(self) -> None:
        self.assertRegex(kwire("--version").out, r"\Akwire \d+\.\d+\.\d+ \(Apache Kafka \d+\.\d+\.\d+\)\n\Z")


class Usage(CommandTest):
    def test_verbs(self) -> None:
        self.complains(2, "kwire: a verb is missing (see kwire --help)")
        self.complains(2, 'kwire: unknown verb "decod"; did you mean decode? (see kwire --help)', "decod")
        self.complains(2, 'kwire: unknown verb "aips"; did you mean apis? (see kwire --help)', "aips")
        self.complains(2, 'kwire: unknown verb "x\\ny" (see kwire --help)', "x\ny")

    def wrong(self, expected: str, *words: str) -> None:
        self.complains(2, f"kwire: {words[0]}: {expected} (see kwire {words[0]} --help)", *words)

    def test_options(self) -> None:
        self.wrong('unknown option "--strikt"; did you mean --strict?', "decode", "--strikt")
        self.wrong('unknown option "--strict"', "encode", "--strict", "HeartbeatRequest", "0")
        self.wrong('unknown option "--all"', "apis", "--all")
        self.wrong("--jsonl takes no value", "decode", "--jsonl=1")
        self.wrong("--max-memory needs a value", "decode", "--jsonl", "--max-memory")
        for text in ("1T", "65535", "", "-1", "99999999999999999999999"):
            self.wrong("--max-memory is a number of bytes, at least 65536", "decode", "--jsonl", "--max-memory", text)

    def test_words(self) -> None:
        self.wrong("--jsonl, --frame, or a message and its version, is required", "decode")
        self.wrong("--jsonl, --frame, or a message and its version, is required", "encode", "HeartbeatRequest")
        self.wrong('the version is a number, not "four"', "decode", "HeartbeatRequest", "four", "")
        self.wrong('the version is a number, not "40000"', "decode", "HeartbeatRequest", "40000", "")
        self.wrong('unexpected word "x"', "decode", "HeartbeatRequest", "4", "00", "x")
        self.wrong('unexpected word "4"', "apis", "3", "4")
        self.wrong("--jsonl reads standard input and takes no message", "encode", "--jsonl", "HeartbeatRequest", "4")
        self.wrong("--jsonl writes one line for each answer, so --pretty is not allowed", "decode", "--jsonl",
                   "--pretty")

    def test_end_of_options(self) -> None:
        self.complains(1, 'kwire: no API has the name or key "--help"', "apis", "--", "--help")


if __name__ == "__main__":
    main()
