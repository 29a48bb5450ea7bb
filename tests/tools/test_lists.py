#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire apis, kwire errors, help, and wrong usage."""

from command import CommandTest, kwire, main

VERBS = ("decode", "encode", "explain", "schema", "apis", "errors")


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


class Errors(CommandTest):
    def test_all(self) -> None:
        done = kwire("errors")
        self.assertEqual((0, ""), (done.status, done.err))
        rows = [line.split() for line in done.out.splitlines()[1:]]
        self.assertGreater(len(rows), 120)
        self.assertEqual(["-1", "no", "UNKNOWN_SERVER_ERROR"], rows[0])
        self.assertEqual(["0", "no", "NONE"], rows[1])
        self.assertIn(["3", "yes", "UNKNOWN_TOPIC_OR_PARTITION"], rows)

    def test_one(self) -> None:
        done = kwire("errors", "3")
        self.assertEqual("   3  yes        UNKNOWN_TOPIC_OR_PARTITION", done.out.splitlines()[1])
        self.assertEqual(2, done.out.count("\n"))
        self.assertEqual(done, kwire("errors", "UNKNOWN_TOPIC_OR_PARTITION"))
        self.assertIn("UNKNOWN_SERVER_ERROR", kwire("errors", "-1").out)

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
