#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire decode --jsonl and kwire encode --jsonl: one answer a line, in order, whatever the input."""

import json
import random
import selectors
import subprocess

from command import KWIRE, TIMEOUT, CommandTest, kwire, main

QUESTION = {"message": "HeartbeatRequest", "version": 4, "hex": "026700000005026d0000"}
VALUE = {"groupId": "g", "generationId": 5, "memberId": "m", "groupInstanceId": None}
ANSWER = {"message": "HeartbeatRequest", "version": 4, "value": VALUE}


def dumps(question: object) -> bytes:
    return json.dumps(question, separators=(",", ":")).encode()


class Lines(CommandTest):
    def test_keys_of_an_answer_and_their_order(self) -> None:
        done = kwire("decode", "--jsonl", stdin=dumps(QUESTION))
        self.assertEqual('{"message":"HeartbeatRequest","version":4,"value":{"groupId":"g","generationId":5,'
                         '"memberId":"m","groupInstanceId":null}}\n', done.out)
        done = kwire("encode", "--jsonl", stdin=dumps(ANSWER))
        self.assertEqual('{"message":"HeartbeatRequest","version":4,"hex":"026700000005026d0000"}\n', done.out)
        done = kwire("decode", "--jsonl", stdin=dumps(QUESTION | {"hex": "0367"}))
        self.assertEqual('{"message":"HeartbeatRequest","version":4,"error":{"code":"ERR_LENGTH","offset":0,'
                         '"detail":"groupId: length exceeds the bytes left"}}\n', done.out)

    def test_no_line_no_answer(self) -> None:
        self.assertEqual((0, "", ""), kwire("decode", "--jsonl"))
        self.assertEqual((0, "", ""), kwire("encode", "--jsonl"))

    def test_line_ends(self) -> None:
        for end in (b"", b"\n", b"\r\n"):
            with self.subTest(end=end):
                done = kwire("decode", "--jsonl", stdin=dumps(QUESTION) + end)
                self.assertEqual(ANSWER, json.loads(done.out))
                self.assertEqual(1, done.out.count("\n"))

    def test_answers_are_questions_of_the_other_verb(self) -> None:
        decoded = kwire("decode", "--jsonl", stdin=dumps(QUESTION | {"hex": QUESTION["hex"] + "00"})).out
        encoded = kwire("encode", "--jsonl", stdin=decoded).out
        self.assertEqual(QUESTION, json.loads(encoded))

    def test_every_line_is_answered_in_order(self) -> None:
        good = [dumps(QUESTION | {"hex": f"0267{n:08x}026d0000"}) for n in range(500)]
        bad = [b"", b" ", b"{", b"[]", b"7", b"null", b'"x"', b"\x00",
               b"\xff\xfe", b'{"message":"\xc3"}', b"}" * 9, b"["*5000]
        lines = [line for n, line in enumerate(good) for line in (line, bad[n % len(bad)])]
        for verb in ("decode", "encode"):
            answers = self.answers(verb, lines)
            for n, answer in enumerate(answers):
                if n % 2 == 1 or verb == "encode":
                    self.assertEqual({"message", "version", "error"}, answer.keys())
                    self.assertEqual({"code", "offset", "detail"}, answer["error"].keys())
                else:
                    self.assertEqual(n // 2, answer["value"]["generationId"])

    def test_long_lines(self) -> None:
        size = 3 << 20
        question = {"message": "SaslAuthenticateRequest", "version": 0, "hex": f"{size:08x}" + "ab" * size}
        answers = self.answers("decode", [dumps(question), dumps(QUESTION), dumps(question)])
        self.assertEqual(answers[0], answers[2])
        self.assertEqual(ANSWER, answers[1])
        self.assertEqual(size // 3 * 4, len(answers[0]["value"]["authBytes"]))
        self.assertEqual(question, self.answer("encode", answers[0]))

    def test_answers_come_while_the_pipe_is_open(self) -> None:
        command = [KWIRE, "decode", "--jsonl"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
            assert process.stdin is not None and process.stdout is not None
            ready = selectors.DefaultSelector()
            ready.register(process.stdout, selectors.EVENT_READ)
            text = dumps(QUESTION)
            for half in (text + b"\n", text + b"\n" + text[:20], text[20:] + b"\n"):
                process.stdin.write(half)
                self.assertTrue(ready.select(TIMEOUT), "no answer")
                self.assertEqual(ANSWER, json.loads(process.stdout.read(4096)))
            process.stdin.close()
            self.assertEqual(0, process.wait(TIMEOUT))


class Questions(CommandTest):
    def test_every_way_to_write_a_question(self) -> None:
        text = dumps(QUESTION).decode()
        for line in (
            '{"hex":"026700000005026d0000","version":4,"message":"HeartbeatRequest"}',
            text.replace(",", " , ").replace(":", "\t: ").replace("{", " { ").replace("}", " }\r"),
            text.replace("Heartbeat", "\\u0048eartbeat"),
            text.replace('"hex"', '"h\\u0065x"'),
            text.replace("0267", "\\u0030267"),
            text.replace("6d", "6D"),
            text.replace("{", '{"id":{"a":[1,"2"]},'),
        ):
            with self.subTest(line=line):
                self.assertEqual(ANSWER, self.answer("decode", line))

    def test_damaged_questions(self) -> None:
        """Plain lines have their own reader; with another key the general one reads them. Both must agree."""
        chance = random.Random(1)
        plain, general = [], []
        for _ in range(4000):
            line = bytearray(dumps(QUESTION))
            for _ in range(chance.randint(1, 3)):
                at = chance.randrange(2, len(line))
                bad = chance.choice(b'"\\{}[]:,-+.eE0179afgu \t\r\x00\x1f\x7f\xc3\xa9')
                line[at:at + chance.randint(0, 2)] = bytes([bad]) * chance.randint(0, 2)
            plain.append(bytes(line))
            general.append(b'{"other key":0,' + line[1:])
        accepted = 0
        for line, one, other in zip(plain, self.answers("decode", plain), self.answers("decode", general)):
            if one.get("error", {}).get("code") == "ERR_JSON":
                one["error"] = {"code": "ERR_JSON"}
                other["error"] = {"code": other.get("error", {}).get("code")}
            self.assertEqual(other, one, line)
            accepted += "value" in one
        self.assertGreater(accepted, 100)

    def check(self, verb: str, line: str | bytes, message: object, version: object, code: str, offset: int,
              detail: str | None = None) -> None:
        answer = self.answer(verb, line)
        self.assertEqual((message, version), (answer["message"], answer["version"]))
        self.assertEqual((code, offset), (answer["error"]["code"], answer["error"]["offset"]))
        if detail is not None:
            self.assertEqual(detail, answer["error"]["detail"])

    def test_line_that_is_not_json(self) -> None:
        for verb in ("decode", "encode"):
            self.check(verb, "", None, None, "ERR_JSON", 0, "no JSON, only white space")
            self.check(verb, b'{"message":"\xff"}', None, None, "ERR_JSON", 12)
            self.check(verb, '{"message":"A","message":"B"}', None, None, "ERR_JSON", 24)
            self.check(verb, '{"version":04}', None, None, "ERR_JSON", 12)
            self.check(verb, '{"message":"HeartbeatRequest","version":4,"hex":""', None, None, "ERR_JSON", 50)
            self.check(verb, '{"message":"HeartbeatRequest","version":4,"hex":""} x', None, None, "ERR_JSON", 53)

    def test_line_that_is_not_a_request(self) -> None:
        name = '"message":"HeartbeatRequest"'
        for verb, key, kind in (("decode", "hex", "a string"), ("encode", "value", "a JSON value")):
            self.check(verb, "[]", None, None, "ERR_LINE", 0, "the line is not an object")
            self.check(verb, "{}", None, None, "ERR_LINE", 0, 'the line has no "message", or it is not a string')
            self.check(verb, '{"message":7,"version":4}', None, 4, "ERR_LINE", 0)
            self.check(verb, "{%s}" % name, "HeartbeatRequest", None, "ERR_LINE", 0,
                       'the line has no "version", or it is not an integer')
            self.check(verb, '{%s,"version":"4"}' % name, "HeartbeatRequest", None, "ERR_LINE", 0)
            self.check(verb, '{%s,"version":4.0}' % name, "HeartbeatRequest", None, "ERR_LINE", 0)
            self.check(verb, '{%s,"version":4}' % name, "HeartbeatRequest", 4, "ERR_LINE", 0,
                       f'the line has no "{key}", or it is not {kind}')
        self.check("decode", '{%s,"version":4,"hex":null}' % name, "HeartbeatRequest", 4, "ERR_LINE", 0)

    def test_unknown_message_and_version(self) -> None:
        for verb, rest in (("decode", '"hex":"00"'), ("encode", '"value":{}')):
            self.check(verb, '{"message":"X\\u0000\\"é","version":4,%s}' % rest, 'X\0"é', 4, "ERR_UNKNOWN_MESSAGE", 0,
                       'unknown message "X\\u0000\\"é"')
            self.check(verb, '{"message":"","version":4,%s}' % rest, "", 4, "ERR_UNKNOWN_MESSAGE", 0)
            for version in (5, -1, 65540, 1 << 40, -(1 << 63)):
                self.check(verb, '{"message":"HeartbeatRequest","version":%d,%s}' % (version, rest),
                           "HeartbeatRequest", version, "ERR_VERSION", 0,
                           f"HeartbeatRequest has versions 0 to 4, not {version}")

    def test_bad_hex(self) -> None:
        for text, offset, detail in (
            ("0", 0, "an odd number of hex digits"),
            ("02670", 2, "an odd number of hex digits"),
            ("0x", 0, '"0x" is not a pair of hex digits'),
            ("02 67", 1, '" 6" is not a pair of hex digits'),
            ("026g", 1, '"6g" is not a pair of hex digits'),
            ("026\\u00e9", 1, None),
            ("026\\n", 1, '"6\\n" is not a pair of hex digits'),
        ):
            with self.subTest(text=text):
                line = '{"message":"HeartbeatRequest","version":4,"hex":"%s"}' % text
                self.check("decode", line, "HeartbeatRequest", 4, "ERR_HEX", offset, detail)

    def test_field_path_and_offset(self) -> None:
        line = '{"message":"MetadataRequest","version":0,"hex":"00000002000261620003"}'
        self.check("decode", line, "MetadataRequest", 0, "ERR_LENGTH", 8,
                   "topics[1].name: length exceeds the bytes left")

    def test_value_is_checked(self) -> None:
        line = '{"message":"MetadataRequest","version":4,"value":{"topics":[{"name":7}],"allowAutoTopicCreation":true}}'
        self.check("encode", line, "MetadataRequest", 4, "ERR_VALUE", 0,
                   "topics[0].name: expected a string, got an integer")


class Options(CommandTest):
    def test_bytes_left_over(self) -> None:
        question = QUESTION | {"hex": QUESTION["hex"] + "abcdef"}
        self.assertEqual(ANSWER | {"trailing": 3}, self.answer("decode", question))
        error = self.answer("decode", question, "--strict")["error"]
        self.assertEqual(("ERR_TRAILING", 10), (error["code"], error["offset"]))

    def test_tags_out_of_order(self) -> None:
        question = QUESTION | {"hex": QUESTION["hex"][:-2] + "02" + "0500" + "0400"}
        self.assertEqual(ANSWER | {"unknownTags": 2}, self.answer("decode", question))
        error = self.answer("decode", question, "--strict")["error"]
        self.assertEqual("ERR_TAG_ORDER", error["code"])

    def limited(self, verb: str, question: dict, key: str, detail: str) -> None:
        """Accepted by default, refused with little memory, and the next line is answered."""
        self.assertIn(key, self.answer(verb, question))
        fine = QUESTION if verb == "decode" else ANSWER
        answers = self.answers(verb, [dumps(question), dumps(fine)], "--max-memory=65536")
        self.assertEqual({"code": "ERR_MEMORY_LIMIT", "offset": answers[0]["error"]["offset"], "detail": detail},
                         answers[0]["error"])
        self.assertIn(key, answers[1])

    def test_memory_limit_of_values(self) -> None:
        body = f"{20000:08x}" + "0000" * 20000
        self.limited("decode", {"message": "MetadataRequest", "version": 0, "hex": body}, "value",
                     "topics: memory limit reached")
        self.limited("encode", {"message": "SaslAuthenticateRequest", "version": 0,
                                "value": {"authBytes": "AAAA" * 30000}}, "hex", "authBytes: memory limit reached")

    def test_memory_limit_of_answers(self) -> None:
        body = f"{60000:08x}" + "00" * 60000
        self.limited("decode", {"message": "SaslAuthenticateRequest", "version": 0, "hex": body}, "value",
                     "memory limit reached")
        self.limited("encode", {"message": "SaslAuthenticateRequest", "version": 0,
                                "value": {"authBytes": "AAAA" * 20000}}, "hex", "memory limit reached")

    def test_name_longer_than_the_memory(self) -> None:
        question = {"message": "x" * 70000, "version": 4, "hex": ""}
        answer = self.answer("decode", question, "--max-memory=65536")
        self.assertEqual((None, 4, "ERR_UNKNOWN_MESSAGE"),
                         (answer["message"], answer["version"], answer["error"]["code"]))


if __name__ == "__main__":
    main()
