#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire decode --frame and kwire encode --frame; the forms of input and output."""

from __future__ import annotations

import base64
import json
import random

from command import CommandTest, kwire, main
from kafka_frames import api_keys, request, response

HEARTBEAT = {"groupId": "g", "generationId": 5, "memberId": "m", "groupInstanceId": None}
REQUEST = request("Heartbeat", 4, 9, HEARTBEAT, client_id="me")
RESPONSE = response("Heartbeat", 4, 9, {"throttleTimeMs": 0, "errorCode": 27})
REQUEST_JSON = ('{"size":%d,"kind":"request","api":"Heartbeat","version":4,"header":{"requestApiKey":12,'
                '"requestApiVersion":4,"correlationId":9,"clientId":"me"},"body":{"groupId":"g","generationId":5,'
                '"memberId":"m","groupInstanceId":null}}' % (len(REQUEST) - 4))
RESPONSE_JSON = ('{"size":%d,"kind":"response","api":"Heartbeat","version":4,"header":{"correlationId":9},'
                 '"body":{"throttleTimeMs":0,"errorCode":27}}' % (len(RESPONSE) - 4))
OF_RESPONSE = ("--api", "heartbeat", "--version", "4")


class Frames(CommandTest):
    def test_both_ways(self) -> None:
        self.prints(REQUEST_JSON, "decode", "--frame", REQUEST.hex())
        self.prints(REQUEST.hex(), "encode", "--frame", REQUEST_JSON)
        self.prints(RESPONSE_JSON, "decode", "--frame", *OF_RESPONSE, RESPONSE.hex())
        self.prints(RESPONSE.hex(), "encode", "--frame", RESPONSE_JSON)

    def test_several(self) -> None:
        self.prints(f"{REQUEST_JSON}\n{REQUEST_JSON}", "decode", "--frame", "-", stdin=REQUEST + REQUEST)
        done = kwire("decode", "--frame", stdin=(REQUEST + REQUEST[:-1]).hex())
        self.assertEqual((1, REQUEST_JSON + "\n", f"kwire: ERR_TRUNCATED at byte {len(REQUEST)}: input ends inside a "
                                                  "field\n"), done)

    def test_pretty(self) -> None:
        done = kwire("decode", "--frame", "--pretty", REQUEST.hex())
        self.assertEqual(json.loads(REQUEST_JSON), json.loads(done.out))
        self.assertGreater(len(done.out.splitlines()), 10)

    def test_what_is_ignored(self) -> None:
        tagged = bytearray(REQUEST + b"\xff\xfe")
        tagged[3] += 2
        done = kwire("decode", "--frame", tagged.hex())
        self.assertEqual(2, json.loads(done.out)["trailing"])
        self.complains(1, f"kwire: ERR_TRAILING at byte {len(REQUEST) - 4}: bytes left over after the message: 2 of "
                          "them", "decode", "--frame", "--strict", tagged.hex())
        # a tagged field in the header, and one in the body
        header = bytes.fromhex("000c 0004 00000009 0002 6d65 01 63 01 aa".replace(" ", ""))
        body = bytes.fromhex("0267 00000005 026d 00 01 64 00".replace(" ", ""))
        frame = (len(header) + len(body)).to_bytes(4, "big") + header + body
        self.assertEqual(2, json.loads(kwire("decode", "--frame", frame.hex()).out)["unknownTags"])
        shown = kwire("decode", "--frame", "--unknown-tags", frame.hex()).out
        self.assertEqual([{"tag": 99, "data": "qg=="}], json.loads(shown)["header"]["_unknownTaggedFields"])
        self.prints(frame.hex(), "encode", "--frame", stdin=shown)

    def test_by_hand(self) -> None:
        self.prints("0000000e" "0003" "0000" "00000000" "0000" "00000000", "encode", "--frame",
                    '{"api":"metadata","version":0,"body":{"topics":[]}}')
        self.prints("0000000e" "0003" "0000" "00000007" "0000" "00000000", "encode", "--frame", "--defaults",
                    '{"header":{"requestApiKey":3,"requestApiVersion":0,"correlationId":7},"body":{}}')

    def test_refusals(self) -> None:
        for text, why in (
                ("5", "ERR_VALUE: a frame is an object"),
                ('{"bdy":{}}', 'ERR_VALUE: a frame has no "bdy"'),
                ('{"kind":"x","body":{}}', 'ERR_VALUE: kind is "request" or "response"'),
                ('{"body":{}}', 'ERR_VALUE: "api" is missing: the name or the key of an API'),
                ('{"api":"Metdata","body":{}}', 'ERR_VALUE: "api" is not the name or the key of an API'),
                ('{"api":3,"body":{}}', 'ERR_VALUE: "version" is missing, or not an integer'),
                ('{"api":3,"version":99,"body":{}}', "ERR_VERSION: Metadata has versions 0 to 13, not 99"),
                ('{"api":3,"version":0}', 'ERR_VALUE: "body" is missing'),
                ('{"api":3,"version":0,"body":{},"header":[]}', 'ERR_VALUE: "header" is not an object'),
                ('{"api":3,"version":0,"body":{}}', "ERR_VALUE: body: topics: missing, but mandatory in version 0"),
                ('{"api":3,"version":0,"body":{"topics":[]},"header":{"clientID":"x"}}',
                 'ERR_VALUE: header: no version of RequestHeader has a field "clientID"; did you mean clientId?')):
            self.complains(1, f"kwire: {why}", "encode", "--frame", text)
        for digits, why in (
                ("000000020012", "ERR_FRAME_SIZE: frame size is out of bounds"),
                ("0000000400630000", "ERR_UNKNOWN_MESSAGE: no API has the key 99"),
                ("0000000400120063", "ERR_VERSION: ApiVersions has versions 0 to 5, not 99"),
                ("00000008001200040000", "ERR_TRUNCATED: input ends inside a field"),
                ("0000000800120004000000", "ERR_TRUNCATED: input ends inside a field"),
                ("000000080012000400000001", "ERR_TRUNCATED at byte 8: header: clientId: input ends inside a field"),
                ("7fffffff", "ERR_FRAME_SIZE: frame size is out of bounds")):
            self.complains(1, f"kwire: {why}", "decode", "--frame", digits)

    def test_usage(self) -> None:
        for why, *words in (
                ("--frame takes one input, and no message", "--frame", "00", "00"),
                ("--api and --version go together with --frame, for responses", "--frame", "--api", "3", "00"),
                ("--api and --version go together with --frame, for responses", "--version", "3", "X", "0", "00"),
                ("--input is binary, hex, dump, array, string, base64 or decimal", "--input", "x", "X", "0"),
                ("--jsonl has hex digits, so --input is not allowed", "--jsonl", "--input", "hex"),
                ("--jsonl, --frame, or a message and its version, is required", "X")):
            self.complains(2, f"kwire: decode: {why} (see kwire decode --help)", "decode", *words)
        self.complains(2, "kwire: encode: --output is hex, 0x, base64 or binary (see kwire encode --help)", "encode",
                       "--output", "x", "X", "0")

    def test_lines(self) -> None:
        lines = [{"hex": REQUEST.hex()}, {"hex": RESPONSE.hex(), "api": "Heartbeat", "version": 4}]
        done = kwire("decode", "--frame", "--jsonl", stdin="".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(f'{{"frame":{REQUEST_JSON}}}\n{{"frame":{RESPONSE_JSON}}}\n', done.out)
        back = kwire("encode", "--frame", "--jsonl", stdin=done.out)
        self.assertEqual([REQUEST.hex(), RESPONSE.hex()], [json.loads(line)["hex"] for line in back.out.splitlines()])
        wrong = ["", "5", "{}", '{"hex":5}', '{"hex":"0"}', '{"hex":"00"}', '{"hex":"%s00"}' % REQUEST.hex(),
                 '{"hex":"00000000","api":"x","version":1}', '{"hex":"00000000","api":3}']
        done = kwire("decode", "--frame", "--jsonl", stdin="\n".join(wrong) + "\n")
        codes = [json.loads(line)["error"]["code"] for line in done.out.splitlines()]
        self.assertEqual(["ERR_JSON", "ERR_LINE", "ERR_LINE", "ERR_LINE", "ERR_HEX", "ERR_TRUNCATED", "ERR_TRAILING",
                          "ERR_LINE", "ERR_LINE"], codes)
        done = kwire("encode", "--frame", "--jsonl", stdin='{}\n{"frame":5}\n')
        self.assertEqual(["ERR_LINE", "ERR_VALUE"],
                         [json.loads(line)["error"]["code"] for line in done.out.splitlines()])

    def test_every_api(self) -> None:
        """In its newest version, with defaults."""
        versions = {line.split()[1]: line.split()[2] for line in kwire("apis").out.splitlines()[1:]}
        for name, (key, _) in api_keys().items():
            version = int(versions[name].split("-")[-1])
            for kind, of in (("request", ()), ("response", ("--api", name, "--version", str(version)))):
                with self.subTest(api=name, kind=kind):
                    frame = json.dumps({"kind": kind, "api": key, "version": version, "body": {}})
                    made = kwire("encode", "--frame", "--defaults", frame)
                    if made.status:
                        continue  # a field without a default that can be encoded
                    shown = kwire("decode", "--frame", *of, made.out.strip())
                    self.assertEqual((0, ""), (shown.status, shown.err))
                    self.prints(made.out.strip(), "encode", "--frame", stdin=shown.out)

    def test_damaged(self) -> None:
        generator = random.Random(4)
        for _ in range(100):
            data = bytearray(REQUEST)
            for _ in range(generator.randrange(1, 4)):
                data[generator.randrange(len(data))] = generator.randrange(256)
            done = kwire("decode", "--frame", data.hex())
            self.assertIn(done.status, (0, 1))
            self.assertEqual(done.status, int(done.err != ""))


class Forms(CommandTest):
    def test_input(self) -> None:
        body = REQUEST[17:]
        expected = kwire("decode", "HeartbeatRequest", "4", body.hex()).out.strip()
        self.assertTrue(expected.startswith('{"groupId"'))
        text = base64.b64encode(body).decode()
        for given in (",".join(f"{b:02x}" for b in body), "0x" + body.hex(), "{" + ", ".join(map(str, body)) + "}",
                      '"' + "".join(f"\\x{b:02x}" for b in body) + '"', f"00000000: {body.hex(' ', 2)}  ."):
            self.prints(expected, "decode", "HeartbeatRequest", "4", given)
        self.prints(expected, "decode", "--input", "base64", "HeartbeatRequest", "4", text)
        self.prints(expected, "decode", "HeartbeatRequest", "4", stdin=body)
        self.prints(expected, "decode", "--input", "decimal", "HeartbeatRequest", "4", " ".join(map(str, body)))
        self.complains(1, "kwire: ERR_HEX: line 1, column 5: read as array: not the value of a byte: 256", "decode",
                       "HeartbeatRequest", "4", "{256}")

    def test_output(self) -> None:
        self.prints("0x" + REQUEST.hex(), "encode", "--frame", "--output", "0x", REQUEST_JSON)
        self.prints(base64.b64encode(REQUEST).decode(), "encode", "--frame", "--output", "base64", REQUEST_JSON)
        self.prints(REQUEST_JSON, "decode", "--frame", "-",
                    stdin=kwire("encode", "--frame", "--output", "binary", REQUEST_JSON).out)


if __name__ == "__main__":
    main()
