#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap --hex: frames that explain and decode read as they are."""

from __future__ import annotations

import json
import re

from captures import Connection, End, cut_packets, pcap_file, records
from command import CommandTest, kwire, main
from kafka_frames import frame, request, response
from pcap_support import HEARTBEAT, conversation, exchanges, run_pcap, talk


def frames() -> list[bytes]:
    return [one for pair in exchanges() for one in pair if one]


def fields_of(explanation: str) -> list[str]:
    """Without topic ids, whose names are known when the response was seen."""
    return [line for line in explanation.splitlines() if re.match("[0-9a-f]{4}  ", line) and "topicId" not in line]


def ipv6() -> Connection:
    """Whose addresses are in brackets."""
    return talk(Connection(End("fe80::1", 40000), End("fe80::2", 9092)).open()).close()


class Text(CommandTest):
    def test_lines(self) -> None:
        done = run_pcap(conversation().file(), "--hex")
        self.assertEqual((0, ""), (done.status, done.err))
        lines = done.out.splitlines()
        self.assertEqual(frames(), [bytes.fromhex(line.split(" ")[0]) for line in lines])
        self.assertEqual([
            "request  2023-11-14T22:13:20.000300Z  10.0.0.1:40000 > 10.0.0.2:9092  ApiVersions v3  #1",
            "response  2023-11-14T22:13:20.001400Z  10.0.0.1:40000 > 10.0.0.2:9092  ApiVersions v3  #1",
            "request  2023-11-14T22:13:20.001600Z  10.0.0.1:40000 > 10.0.0.2:9092  Metadata v12  #2",
        ], [line.split("  # ")[1] for line in lines[:3]])

    def test_explain_reads_them(self) -> None:
        for c in (conversation(), ipv6()):
            lines = run_pcap(c.file(), "--hex").out
            read = kwire("explain", stdin=lines)
            self.assertEqual("", read.err)
            self.assertEqual(fields_of(run_pcap(c.file(), "--explain").out), fields_of(read.out))
            for line in (one for one in lines.splitlines() if "# request" in one):
                self.assertIn("request version", kwire("explain", stdin=line).out)

    def test_decode_reads_those_of_requests(self) -> None:
        for c in (conversation(), ipv6()):
            lines = [line for line in run_pcap(c.file(), "--hex").out.splitlines() if "# request" in line]
            read = kwire("decode", "--frame", stdin="\n".join(lines))
            self.assertEqual((0, ""), (read.status, read.err))
            apis = [json.loads(line)["api"] for line in read.out.splitlines()]
            self.assertEqual(["ApiVersions", "Metadata", "Produce", "Fetch", "Produce", "Heartbeat"], apis)

    def test_requests_that_are_not_answered(self) -> None:
        """explain does not take their responses' place for those of others with the same id."""
        c = Connection().open().ask(request("Metadata", 0, 1, {"topics": []})).close()
        other = talk(Connection(End("10.0.0.1", 40001)).open()).close()
        done = run_pcap(pcap_file(records(c.packets + other.packets)), "--hex")
        self.assertEqual(12, len(done.out.splitlines()))
        read = kwire("explain", stdin=done.out)
        self.assertEqual("", read.err)
        self.assertIn("ApiVersions response version 3, correlation id 1", read.out)

    def test_frames_that_were_cut_are_comments(self) -> None:
        capture = pcap_file(records(cut_packets(conversation().packets, 150)))
        done = run_pcap(capture, "--hex")
        lines = done.out.splitlines()
        self.assertEqual(11, len(lines))
        cut = [line for line in lines if line.startswith("# ")]
        self.assertEqual(5, len(cut))
        self.assertTrue(cut[1].endswith("Produce v9  #3  only 96 of 829 B captured"), cut[1])
        read = kwire("explain", stdin=done.out)
        self.assertEqual(("", 5), (read.err, sum(" version " in line and "correlation" in line
                                                 for line in read.out.splitlines())))

    def test_unknown_api(self) -> None:
        asked = frame(b"\0\xfa\0\1\0\0\0\7\0\1x\0 and more")
        done = run_pcap(Connection().open().ask(asked).answer(frame(b"\0\0\0\7 whatever")).file(), "--hex")
        self.assertIn("# response  2023-11-14T22:13:20.000400Z  10.0.0.1:40000 > 10.0.0.2:9092  API-250 v1  #7",
                      done.out)

    def test_filters(self) -> None:
        for options, count in ((("--api", "Fetch"), 2), (("--errors",), 4), (("--topic", "events"), 7),
                               (("--count", "2"), 4), (("--group", "g"), 2)):
            self.assertEqual(count, len(run_pcap(conversation().file(), "--hex", *options).out.splitlines()), options)

    def test_what_does_not_go_together(self) -> None:
        for words, reason in ((("--stats",), "--stats shows no messages, so --hex is not allowed"),
                              (("--explain",), "--hex and --explain exclude each other"),
                              (("--json", "--bodies"), "--hex and --bodies exclude each other")):
            self.complains(2, f"kwire: pcap: {reason} (see kwire pcap --help)", "pcap", "--hex", *words, "-")


class Objects(CommandTest):
    def test_decode_reads_them(self) -> None:
        for c in (conversation(), ipv6()):
            lines = run_pcap(c.file(), "--hex", "--json").out
            self.assertEqual(frames(), [bytes.fromhex(json.loads(line)["hex"]) for line in lines.splitlines()])
            answers = [json.loads(line)["frame"] for line in
                       kwire("decode", "--frame", "--jsonl", stdin=lines).out.splitlines()]
            bodies = [json.loads(line) for line in run_pcap(c.file(), "--json", "--bodies").out.splitlines()]
            self.assertEqual([one[kind] for one in bodies for kind in ("request", "response") if kind in one],
                             [one["body"] for one in answers])

    def test_members(self) -> None:
        line = run_pcap(conversation().file(), "--hex", "--json").out.splitlines()[7]
        found = json.loads(line)
        self.assertEqual({"kind": "response", "api": "Fetch", "version": 13, "time": "2023-11-14T22:13:20.012800Z",
                          "client": "10.0.0.1:40000", "broker": "10.0.0.2:9092", "correlationId": 4,
                          "clientId": "a reader", "hex": exchanges()[3][1].hex()}, found)

    def test_cut(self) -> None:
        capture = pcap_file(records(cut_packets(conversation().packets, 150)))
        lines = run_pcap(capture, "--hex", "--json").out
        found = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual([False, False, False, True, True, False, True, True, True, False, False],
                         ["cut" in one for one in found])
        answers = [json.loads(line) for line in kwire("decode", "--frame", "--jsonl", stdin=lines).out.splitlines()]
        self.assertEqual(["cut" in one for one in found], ["error" in one for one in answers])

    def test_unknown_api(self) -> None:
        asked = frame(b"\0\xfa\0\1\0\0\0\7\0\1x\0 and more")
        line = run_pcap(Connection().open().ask(asked).file(), "--hex", "--json").out
        self.assertEqual((250, 1, asked.hex()), tuple(json.loads(line)[name] for name in ("api", "version", "hex")))

    def test_odd_client_id(self) -> None:
        c = Connection().open().ask(request("Heartbeat", 4, 1, HEARTBEAT, client_id='a"b\n'))
        c.answer(response("Heartbeat", 4, 1, {"throttleTimeMs": 0, "errorCode": 0}))
        self.assertEqual(['a"b\n'] * 2, [json.loads(line)["clientId"] for line in
                                        run_pcap(c.file(), "--hex", "--json").out.splitlines()])


if __name__ == "__main__":
    main()
