#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap: the options that choose requests by time, address, correlation id, group and transactional id."""

from __future__ import annotations

import json
from dataclasses import replace

from captures import Connection, End, pcap_file, pcapng_file, records
from command import CommandTest, Json, kwire, main
from kafka_frames import request, response
from pcap_support import HEARTBEAT, conversation, produce_request, run_pcap, talk

ALIVE = {"throttleTimeMs": 0, "errorCode": 0}
TIMES = ["20.000300", "20.001600", "20.002900", "20.004200", "20.013000", "20.013100"]  # of the conversation's requests


def chosen(capture: bytes, *options: str) -> list[Json]:
    done = run_pcap(capture, "--json", *options)
    assert (0, "") == (done.status, done.err), done
    return [json.loads(line) for line in done.out.splitlines()]


class Times(CommandTest):
    def ids(self, *options: str) -> list[int]:
        found = [one["correlationId"] for one in chosen(conversation().file(), *options)]
        table = run_pcap(conversation().file(), "--stats", "--json", *options).out
        self.assertEqual(len(found), sum(json.loads(line)["count"] for line in table.splitlines()))
        return found

    def test_as_printed(self) -> None:
        for number, time in enumerate(TIMES, 1):
            moment = f"2023-11-14T22:13:{time}Z"
            self.assertEqual(list(range(number, 7)), self.ids("--since", moment))
            self.assertEqual(list(range(1, number + 1)), self.ids("--until", moment))
            self.assertEqual([number], self.ids("--since", moment, "--until", moment))

    def test_parts(self) -> None:
        for since in ("2023-11-14", "2023-11-14T22:13", "2023-11-14T22:13:20", "2023-11-14T22:13:20.0003", "0",
                      "1700000000000", "0001-01-01"):
            self.assertEqual([1, 2, 3, 4, 5, 6], self.ids("--since", since))
            self.assertEqual([1] if since.endswith("3") and "." in since else [], self.ids("--until", since))
        self.assertEqual([4, 5, 6], self.ids("--since", "2023-11-14T22:13:20.00291"))
        self.assertEqual([], self.ids("--since", "9999-12-31"))
        self.assertEqual([1, 2, 3, 4, 5, 6], self.ids("--until", "9999-12-31"))

    def test_relative_to_the_first_packet(self) -> None:
        self.assertEqual([1, 2, 3, 4, 5, 6], self.ids("--since", "+0"))
        self.assertEqual([2, 3, 4, 5, 6], self.ids("--since", "+0.000301"))
        self.assertEqual([1, 2, 3], self.ids("--until", "+0.0029"))
        self.assertEqual([2, 3], self.ids("--since", "+0.0016", "--until", "+0.002900000"))
        self.assertEqual([], self.ids("--since", "+1"))
        self.assertEqual([3], self.ids("--since", "+0.002", "--until", "2023-11-14T22:13:20.0040Z"))

    def test_nanoseconds(self) -> None:
        """Printed to the microsecond, so all of the last one is included; with more digits it is exact."""
        c = Connection(time=1_700_000_000_000_000_600).open()
        c.ask(request("Heartbeat", 4, 1, HEARTBEAT)).answer(response("Heartbeat", 4, 1, ALIVE))
        capture = pcapng_file(records(c.packets))
        printed = chosen(capture)[0]["time"]
        self.assertEqual("2023-11-14T22:13:20.000300Z", printed)
        for until, count in ((printed, 1), ("2023-11-14T22:13:20.0003006", 1), ("2023-11-14T22:13:20.000300599", 0)):
            self.assertEqual(count, len(chosen(capture, "--until", until)))
        self.assertEqual(0, len(chosen(capture, "--since", "2023-11-14T22:13:20.000300601")))

    def test_response_after_the_end(self) -> None:
        """The request's time counts, however late the response is; nothing is read after that."""
        c = Connection().open().ask(request("Heartbeat", 4, 1, HEARTBEAT)).pass_time(100 * 10**9)
        c.answer(response("Heartbeat", 4, 1, ALIVE))
        late = c.file()
        self.assertEqual(["answered"], [one["outcome"] for one in chosen(late, "--until", "+1")])
        c.pass_time(10**9)
        damaged = talk(c, 2).file()[:-7]
        self.assertEqual(["answered"], [one["outcome"] for one in chosen(damaged, "--until", "+1")])
        self.assertEqual(1, run_pcap(damaged).status)

    def test_times_at_the_end_of_the_range(self) -> None:
        for start in (0, 2**63 - 10**9, 2**63, 2**64 - 10**9):
            c = Connection(time=start).open().ask(request("Heartbeat", 4, 1, HEARTBEAT)).pass_time(10**8)
            capture = pcapng_file(records(c.answer(response("Heartbeat", 4, 1, ALIVE)).packets))
            self.assertEqual(1, len(chosen(capture, "--since", "+0", "--until", "+999999999")))
            self.assertEqual(1, len(chosen(capture, "--since", "+0.0001", "--until", "9999-12-31")))

    def test_bad_times(self) -> None:
        for name in ("--since", "--until"):
            for text in ("", "+", "+1.", "+.5", "+-1", "+1e3", "+1.0000000001", "10:20", "2023-11-14T", "2023-13-01",
                         "x", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20.0123456789", "+9999999999"):
                self.complains(2, f"kwire: pcap: {name} is a time like 2026-11-25T10:20:30.123456Z, or +1.5 for "
                                  f"seconds after the first packet, not \"{text}\" (see kwire pcap --help)",
                               "pcap", name, text, "-")


class Addresses(CommandTest):
    ENDS = (("10.0.0.1", 40001, "10.0.0.2", 9092), ("10.0.1.1", 40002, "10.0.0.2", 9093),
            ("fe80::1", 40003, "fe80::2", 9092), ("::ffff:0:1", 40004, "2001:db8::2", 9092))

    def capture(self) -> bytes:
        talks = [talk(Connection(End(client, port), End(broker, port_2)).open()).close()
                 for client, port, broker, port_2 in self.ENDS]
        return pcap_file(records([packet for one in talks for packet in one.packets]))

    def chooses(self, expected: list[int], *options: str) -> None:
        found = chosen(self.capture(), *options)
        ports = sorted({int(one["client"].rsplit(":", 1)[1]) - 40000 for one in found})
        self.assertEqual((expected, 6 * len(expected)), (ports, len(found)), options)

    def test_each_form(self) -> None:
        for expected, text in (
                ([1], "10.0.0.1"), ([1, 2], "10.0.0.2"), ([1], "10.0.0.1:40001"), ([], "10.0.0.1:40002"),
                ([1, 2], "10.0.0.0/15"), ([1, 2], "10.0.0.0/24"), ([2], "10.0.1.0/24"), ([1, 2], "10.0.0.3/31"),
                ([2], "10.0.0.0/8:9093"), ([1, 3, 4], ":9092"), ([2], ":40002"), ([3], "fe80::1"), ([3], "fe80::/16"),
                ([3], "[fe80::2]"), ([3], "[fe80::2]:9092"), ([], "[fe80::2]:9093"), ([3], "[fe80::/10]:40003"),
                ([4], "::ffff:0:1"), ([1, 4], "10.0.0.1,2001:db8::/32"), ([], "0.0.0.1")):
            self.chooses(expected, "--host", text)

    def test_sides(self) -> None:
        self.chooses([], "--client", "10.0.0.2")
        self.chooses([1, 2], "--broker", "10.0.0.2")
        self.chooses([2], "--broker", "10.0.0.2", "--client", "10.0.1.1")
        self.chooses([1], "--client", "10.0.0.1", "--host", "10.0.0.2")
        self.chooses([], "--client", "10.0.0.1", "--host", "10.0.1.1")
        self.chooses([2], "--broker", ":9093,:1")
        self.chooses([], "--broker", ":40001")

    def test_without_the_handshake(self) -> None:
        """The client is known from the messages."""
        c = talk(Connection(End("10.0.0.1", 9999), End("10.0.0.2", 8888)))
        self.assertEqual(6, len(chosen(c.file(), "--client", "10.0.0.1:9999", "--broker", ":8888")))

    def test_bad_addresses(self) -> None:
        for name in ("--host", "--client", "--broker"):
            for text in ("", ":", ":0", ":65536", "10.0.0", "10.0.0.1:", "10.0.0.1:x", "10.0.0.0/33", "10.0.0.0/0",
                         "10.0.0.0/", "localhost", "localhost:9092", "[::1", "[::1]x", "[::1]:", "[10.0.0.1]:1",
                         "[]:9092", "fe80::/129", "fe80::1%eth0", "::1::2", "1" * 63):
                self.complains(2, f"kwire: pcap: {name} is addresses like 10.0.0.1, 10.0.0.0/8, [fe80::1]:9092 or "
                                  f":9092, not \"{text}\" (see kwire pcap --help)", "pcap", name, text, "-")
        self.complains(2, "kwire: pcap: --host is at most 16 addresses (see kwire pcap --help)",
                       "pcap", "--host", ",".join([":1"] * 17), "-")


class Ids(CommandTest):
    def test_correlation_ids(self) -> None:
        capture = conversation().file()
        self.assertEqual(["Produce", "Heartbeat"],
                         [one["api"] for one in chosen(capture, "--correlation-id", "3,6,99")])
        self.assertEqual([], chosen(capture, "--correlation-id", "0"))
        c = Connection().open().ask(request("Heartbeat", 4, -7, HEARTBEAT))
        self.assertEqual([-7], [one["correlationId"] for one in chosen(c.file(), "--correlation-id=-7")])
        for text in ("", "1,", "x", "2147483648"):
            self.assertEqual(2, kwire("pcap", "--correlation-id", text, "-").status)
        self.complains(2, 'kwire: pcap: --correlation-id is numbers separated by commas, not "x" '
                          "(see kwire pcap --help)", "pcap", "--correlation-id", "x", "-")
        self.complains(2, "kwire: pcap: --correlation-id is at most 64 numbers (see kwire pcap --help)",
                       "pcap", "--correlation-id", ",".join(["1"] * 65), "-")

    @staticmethod
    def groups() -> bytes:
        """Requests with a group in different places, whose correlation ids are their places in the list."""
        c = Connection().open()
        topics = [{"name": "t", "partitions": [{"partitionIndex": 0, "committedOffset": 1, "committedMetadata": None}]}]
        transaction = {"transactionalId": "tx", "producerId": 1, "producerEpoch": 0}
        talks = (
            ("Heartbeat", 0, {"groupId": "g", "generationId": 1, "memberId": "m"}, {"errorCode": 0}),
            ("Heartbeat", 0, {"groupId": "other", "generationId": 1, "memberId": "g"}, {"errorCode": 0}),
            ("DescribeGroups", 0, {"groups": ["x", "g"]}, {"groups": []}),
            ("FindCoordinator", 0, {"key": "g"}, {"errorCode": 15, "nodeId": -1, "host": "", "port": -1}),
            ("FindCoordinator", 4, {"keyType": 0, "coordinatorKeys": ["y", "g"]}, {"throttleTimeMs": 0,
                                                                                   "coordinators": []}),
            ("FindCoordinator", 4, {"keyType": 1, "coordinatorKeys": ["g", "tx"]}, {"throttleTimeMs": 0,
                                                                                    "coordinators": []}),
            ("ListGroups", 0, {}, {"errorCode": 0, "groups": [{"groupId": "g", "protocolType": "consumer"}]}),
            ("AddOffsetsToTxn", 0, transaction | {"groupId": "g"}, ALIVE),
            ("TxnOffsetCommit", 0, transaction | {"groupId": "g2", "topics": topics}, {"throttleTimeMs": 0,
                                                                                      "topics": []}),
            ("EndTxn", 0, transaction | {"committed": True}, ALIVE),
        )
        for number, (api, version, asked, answered) in enumerate(talks):
            c.ask(request(api, version, number, asked)).answer(response(api, version, number, answered))
        return c.file()

    def test_groups(self) -> None:
        for name, expected in (("g", [0, 2, 3, 4, 6, 7]), ("other", [1]), ("m", []), ("", []), ("g2", [8])):
            for depth in ((), ("--bodies",)):
                found = chosen(self.groups(), "--group", name, *depth)
                self.assertEqual(expected, [one["correlationId"] for one in found])
            table = run_pcap(self.groups(), "--stats", "--json", "--group", name)
            self.assertEqual(len(expected), sum(json.loads(line)["count"] for line in table.out.splitlines()))

    def test_transactional_ids(self) -> None:
        found = chosen(self.groups(), "--transactional-id", "tx")
        self.assertEqual([5, 7, 8, 9], [one["correlationId"] for one in found])
        self.assertEqual([7], [one["correlationId"] for one in
                               chosen(self.groups(), "--transactional-id", "tx", "--group", "g")])
        c = Connection().open().ask(request("Produce", 9, 1, produce_request(0, 0) | {"transactionalId": "tx"}))
        self.assertEqual(1, len(chosen(c.file(), "--transactional-id", "tx", "--topic", "events")))
        self.assertEqual(0, len(chosen(c.file(), "--transactional-id", "tx", "--topic", "other")))

    def test_group_of_a_request_without_response(self) -> None:
        c = Connection().open().ask(request("Heartbeat", 4, 1, HEARTBEAT))
        self.assertEqual(1, len(chosen(c.file(), "--group", "g", "--errors")))


class Together(CommandTest):
    def test_all_at_once(self) -> None:
        packets = conversation().packets + [replace(p, time=p.time + 10**9) for p in conversation(40001).packets]
        options = ("--since", "+0.5", "--until", "+10", "--client", ":40001", "--broker", "10.0.0.2",
                   "--host", "10.0.0.1", "--correlation-id", "2,3,4", "--topic", "events", "--api", "Produce,Fetch",
                   "--client-id", "tester")
        capture = pcap_file(records(packets))
        self.assertEqual([(3, "Produce")], [(one["correlationId"], one["api"]) for one in chosen(capture, *options)])
        for format_ in ("--explain", "--hex"):
            self.assertIn("Produce", run_pcap(capture, format_, *options).out)
        self.assertEqual(1, len(chosen(capture, "--bodies", *options)))
        self.assertEqual([], chosen(capture, *options, "--group", "g"))


if __name__ == "__main__":
    main()
