#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap below Kafka: link types, IP, and TCP as captures have it: out of order, lost, repeated, cut, started
before the capture."""

from __future__ import annotations

import random
import struct
from dataclasses import replace

import captures
from captures import (ACK, ETHERNET, FIN, IPV4, IPV6, LOOP, NULL, RAW, SLL, SLL2, START, STEP, SYN, Connection, End,
                      Packet, cut_packets, ipv4, ipv6, link, pcap_file, pcapng_file, records)
from command import CommandTest, Done, main
from kafka_frames import request, response
from pcap_support import EVENTS, HEARTBEAT, conversation, exchanges, fetch_request, fetch_response, run_pcap, talk


def lines_of(packets: list[Packet], *options: str) -> tuple[list[str], str]:
    done = run_pcap(pcap_file(records(packets)), *options)
    assert done.status == 0, done
    return done.out.splitlines(), done.err


def what(lines: list[str]) -> list[str]:
    """Without times and latencies."""
    return ["  ".join(field for field in line.split("  ")[1:] if not field.endswith(" ms")) for line in lines]


def ids(lines: list[str]) -> list[int]:
    return [int(line.split("  #")[1].split("  ")[0]) for line in lines]


def heartbeats(count: int, start: int = 1, connection: Connection | None = None) -> Connection:
    c = connection or Connection().open()
    for i in range(start, start + count):
        c.ask(request("Heartbeat", 4, i, HEARTBEAT))
        c.answer(response("Heartbeat", 4, i, {"throttleTimeMs": 0, "errorCode": 0}))
    return c


class Base(CommandTest):
    def setUp(self) -> None:
        self.reference = run_pcap(conversation().file())
        self.assertEqual((0, "", 6), (self.reference.status, self.reference.err, len(self.reference.out.splitlines())))

    def same(self, capture: bytes) -> None:
        self.assertEqual(self.reference, run_pcap(capture))


class LinkTypes(Base):
    def test_all(self) -> None:
        for kind in (ETHERNET, NULL, LOOP, RAW, IPV4, SLL, SLL2):
            with self.subTest(kind=kind):
                content = records(conversation().packets, kind)
                self.same(pcap_file(content, kind))
                self.same(pcapng_file(content, kind))
        self.same(pcap_file(records(conversation().packets, NULL, little=False), NULL))

    def test_ipv6(self) -> None:
        talks = talk(Connection(End("fe80::1", 40000), End("fe80::2", 9092)).open()).close()
        expected = self.reference.out.replace("10.0.0.1", "[fe80::1]").replace("10.0.0.2", "[fe80::2]")
        for kind in (ETHERNET, NULL, RAW, IPV6, SLL2):
            self.assertEqual(Done(0, expected, ""), run_pcap(pcap_file(records(talks.packets, kind), kind)))

    def test_vlans(self) -> None:
        for vlans in (((0x8100, 5),), ((0x88A8, 1), (0x8100, 2)), ((0x9100, 1), (0x8100, 2), (0x8100, 3))):
            self.same(pcap_file(records(conversation().packets, vlans=vlans)))

    def test_other_packets_are_passed_over(self) -> None:
        content = records(conversation().packets)
        others = [b"", b"\0" * 5, bytes(12) + b"\x08\x06" + bytes(28), bytes(12) + b"\x08\x00",
                  bytes(12) + b"\x81\x00", bytes(12) + b"\x08\x00" + bytes(40), link(ETHERNET, b"\x60" + bytes(39))]
        mixed = [record for number, one in enumerate(content)
                 for record in (one, (one[0], others[number % len(others)], 60))]
        self.same(pcap_file(mixed))


class Ip(Base):
    def capture(self, make: object) -> bytes:
        return pcap_file([(p.time, link(ETHERNET, ip), 14 + len(ip))
                          for p in conversation().packets for ip in make(p)])

    def test_options(self) -> None:
        self.same(self.capture(lambda p: [p.ip(options=b"\1" * 8)]))

    def test_packets_that_the_card_cuts_up(self) -> None:
        """They have no length yet; small ones are padded, so their length is needed."""
        self.same(self.capture(lambda p: [ipv4(p.sender, p.receiver, p.tcp(), total=0 if len(p.data) > 40 else None)]))

    def test_extension_headers(self) -> None:
        extensions = (struct.pack(">BB6x", 60, 0) + struct.pack(">BB14x", 43, 1) + struct.pack(">BB6x", 51, 0) +
                      struct.pack(">BB22x", 6, 4) + bytes([0]))
        v6 = talk(Connection(End("fe80::1", 40000), End("fe80::2", 9092)).open()).close()
        plain = run_pcap(v6.file())
        self.assertEqual(6, len(plain.out.splitlines()))
        content = [(p.time, link(RAW, p.ip(extensions=extensions)), 0) for p in v6.packets]
        self.assertEqual(plain, run_pcap(pcap_file([(t, d, len(d)) for t, d, _ in content], RAW)))

    @staticmethod
    def fragments(p: Packet, size: int, identity: int) -> list[bytes]:
        data = p.tcp()
        pieces = [(at, data[at:at + size]) for at in range(0, len(data), size)]
        if p.sender.is_v6:
            return [ipv6(p.sender, p.receiver, 44, struct.pack(">BxHI", 6, at | (at + size < len(data)), identity) +
                         piece) for at, piece in pieces]
        return [ipv4(p.sender, p.receiver, piece, identity=identity,
                     fragment=at // 8 | (0x2000 if at + size < len(data) else 0)) for at, piece in pieces]

    def fragmented(self, packets: list[Packet], order: object) -> list[captures.Record]:
        out = []
        for number, p in enumerate(packets):
            pieces = self.fragments(p, 8 * (1 + number % 60), number)
            out += [(p.time, piece, len(piece)) for piece in order(pieces)]
        return out

    def test_fragments(self) -> None:
        shuffle = random.Random(7)
        orders = (list, lambda pieces: pieces[::-1], lambda pieces: shuffle.sample(pieces, len(pieces)),
                  lambda pieces: pieces[:1] * 2 + pieces)
        v6 = talk(Connection(End("fe80::1", 40000), End("fe80::2", 9092)).open()).close()
        for order in orders[:3]:
            self.same(pcap_file(self.fragmented(conversation().packets, order), RAW))
            self.assertEqual(run_pcap(v6.file()), run_pcap(pcap_file(self.fragmented(v6.packets, order), RAW)))
        packets = [p for p in conversation().packets if len(p.data) > 1000]
        others = [(p.time, p.ip(), len(p.ip())) for p in conversation().packets if len(p.data) <= 1000]
        twice = sorted(others + self.fragmented(packets, orders[3]), key=lambda record: record[0])
        self.same(pcap_file(twice, RAW))

    def test_fragments_that_lack_pieces(self) -> None:
        content = records(conversation().packets, RAW)
        for number in range(50):
            piece = self.fragments(conversation().packets[3], 16, 500 + number)[number % 2]
            content.insert(number, (content[number][0], piece, len(piece)))
        done = run_pcap(pcap_file(content, RAW))
        self.assertEqual(self.reference.out, done.out)
        self.assertEqual("kwire: 50 IP packets with missing fragments skipped\n", done.err)

    def test_fragments_that_overlap_or_reach_too_far(self) -> None:
        p = conversation().packets[3]
        content = records(conversation().packets, RAW)
        for offset, more, size in ((0x1FFF, 0, 100), (0x1FFF, 1, 8), (10, 1, 7), (0, 1, 16), (0, 0, 8)):
            piece = ipv4(p.sender, p.receiver, bytes(size), fragment=offset | more << 13, identity=99)
            content.insert(5, (p.time, piece, len(piece)))
        self.assertEqual(self.reference.out, run_pcap(pcap_file(content, RAW)).out)


class Reassembly(Base):
    def test_any_segment_size(self) -> None:
        for mss in (1, 2, 3, 5, 13, 100, 9000, 65000):
            c = Connection(mss=mss).open()
            lines, err = lines_of(talk(c).close().packets)
            self.assertEqual((what(self.reference.out.splitlines()), ""), (what(lines), err))

    def test_several_messages_in_a_segment(self) -> None:
        pairs = exchanges()
        c = Connection(mss=60000).open()
        c.ask(b"".join(question for question, _ in pairs)).answer(b"".join(answer for _, answer in pairs))
        lines, err = lines_of(c.packets)
        self.assertEqual((sorted(what(self.reference.out.splitlines())), ""), (sorted(what(lines)), err))

    def test_repeated(self) -> None:
        once = conversation().packets
        self.same(pcap_file(records([p for p in once for _ in range(3)])))
        again = [q for n, p in enumerate(once) for q in (p, replace(once[max(n - 5, 0)], time=p.time))]
        self.same(pcap_file(records(again)))

    def test_overlapping(self) -> None:
        """Segments that start in, or extend over, earlier bytes."""
        out: list[Packet] = []
        for p in conversation().packets:
            if len(p.data) > 20:
                out.append(replace(p, data=p.data[:len(p.data) * 2 // 3]))
                out.append(replace(p, seq=p.seq + len(p.data) // 3, data=p.data[len(p.data) // 3:]))
            else:
                out.append(p)
        self.same(pcap_file(records(out)))

    def test_keep_alive(self) -> None:
        out = []
        for p in conversation().packets:
            out += [p, replace(p, seq=p.seq + len(p.data) - 1, data=b"", flags=ACK),
                    replace(p, seq=p.seq + len(p.data) - 1, data=b"\0", flags=ACK)] if p.data else [p]
        self.same(pcap_file(records(out)))

    def shuffled(self, packets: list[Packet], noise: random.Random, reach: int) -> list[Packet]:
        """None is moved by more than `reach` places."""
        keys = [(number + noise.random() * reach, p) for number, p in enumerate(packets)]
        return [p for _, p in sorted(keys, key=lambda pair: pair[0])]

    def test_shuffled(self) -> None:
        noise = random.Random(11)
        for number in range(30):
            packets = conversation().packets
            mixed = packets[:3] + self.shuffled(packets[3:], noise, 1 + number)
            lines, err = lines_of(mixed)
            self.assertEqual((self.reference.out.splitlines(), ""), (lines, err))

    def test_shuffled_and_repeated_on_many_connections(self) -> None:
        noise = random.Random(12)
        for _ in range(5):
            streams = []
            for number in range(8):
                c = talk(Connection(End("10.0.0.1", 41000 + number), time=START + number * 777).open()).close()
                packets = [p for p in c.packets for _ in range(1 + (noise.random() < 0.2))]
                streams.append(packets[:3] + self.shuffled(packets[3:], noise, 15))
            merged = []
            while any(streams):
                merged.append(noise.choice([s for s in streams if s]).pop(0))
            lines, err = lines_of(merged)
            self.assertEqual("", err)
            expected = [line.split("  ", 1)[1].replace(":40000", f":{41000 + n}")
                        for n in range(8) for line in self.reference.out.splitlines()]
            self.assertEqual(sorted(expected), sorted(line.split("  ", 1)[1] for line in lines))

    def test_sequence_numbers_wrap(self) -> None:
        for before in (1, 50, 1000, 50000):
            c = Connection(client_seq=2**32 - before % 300, broker_seq=2**32 - before)
            self.same(talk(c.open()).close().file())

    def test_no_acknowledgements(self) -> None:
        """Only one direction: requests without responses."""
        one = [p for p in conversation().packets if p.sender.port == 40000]
        lines, err = lines_of(one)
        self.assertEqual([1, 2, 3, 4, 5, 6], sorted(ids(lines)))
        self.assertEqual(5, sum("no response seen" in line for line in lines))
        self.assertEqual("", err)
        lines, err = lines_of([p for p in conversation().packets if p.sender.port == 9092])
        self.assertEqual([], lines)


class Loss(Base):
    def test_each_packet_in_turn(self) -> None:
        """If any single packet is missing, only the messages in it are missing, and the reported counts add up."""
        c = Connection()
        for number in range(3):
            c = heartbeats(8, 1 + 8 * number, c if number else c.open())
            c.ask(request("Fetch", 13, 100 + number, fetch_request(EVENTS, 0)))
            c.answer(response("Fetch", 13, 100 + number, fetch_response(EVENTS, bytes(4000), 0)))
        packets = c.close().packets
        whole, err = lines_of(packets)
        self.assertEqual((27, ""), (len(whole), err))
        for lost, packet in enumerate(packets):
            lines, err = lines_of(packets[:lost] + packets[lost + 1:])
            with self.subTest(lost=lost, err=err):
                if not packet.data:
                    self.assertEqual((whole, ""), (lines, err))
                    continue
                self.assertLessEqual(sum(line not in lines for line in whole), 1)
                self.assertIn(f"kwire: {len(packet.data)} bytes missing in the capture, in 1 gap", err)

    def test_gap_inside_a_message(self) -> None:
        """The rest of the message is skipped by its size, and its start is shown."""
        packets = conversation().packets
        middle = next(n for n, p in enumerate(packets) if len(p.data) == 1448) + 3
        lines, err = lines_of(packets[:middle] + packets[middle + 2:])
        self.assertEqual([1, 2, 3, 4, 5, 6], ids(lines))
        self.assertIn("Fetch v13  #4  \"a reader\"  169 > 109239 B", lines[3])
        self.assertTrue(lines[3].endswith("  events[0]  response: only 4344 B captured"), lines[3])
        self.assertEqual("kwire: 2896 bytes missing in the capture, in 1 gap\n", err)

    def test_gap_over_the_end_of_a_message(self) -> None:
        """The next message is found by its form."""
        packets = conversation().packets
        last = next(n for n, p in enumerate(packets) if p.sender.port == 9092 and p.data and p.time > START + 9_000_000
                    and len(p.data) < 1448)
        two = packets[last - 1], packets[last]
        c = Connection()
        c.packets = [p for p in packets if p not in two]
        lines, err = lines_of(c.packets)
        self.assertEqual([1, 2, 3, 4, 5, 6], sorted(ids(lines)))
        self.assertIn(f"kwire: {len(two[0].data) + len(two[1].data)} bytes missing in the capture, in 1 gap", err)

    def test_random_loss(self) -> None:
        """Everything that is shown of a damaged capture was sent."""
        noise = random.Random(21)
        for share in (0.02, 0.1, 0.3):
            for _ in range(10):
                packets = heartbeats(40).packets
                whole = what(lines_of(packets)[0])
                kept = packets[:3] + [p for p in packets[3:] if noise.random() > share]
                lines, err = lines_of(kept)
                for line in what([line for line in lines if "no response" not in line]):
                    self.assertIn(line, whole)
                self.assertGreater(len(lines), 30 * (1 - share) ** 4)

    def test_lost_for_good_although_nobody_acknowledges(self) -> None:
        """One direction alone: bytes are lost after some seconds."""
        c = heartbeats(5).pass_time(10**10)
        c = heartbeats(5, 6, c)
        requests = [p for p in c.packets if p.sender.port == 40000 and (p.data or p.flags & SYN)]
        lines, err = lines_of(requests[:3] + requests[4:])
        self.assertEqual([1, 2] + list(range(4, 11)), sorted(ids(lines)))
        self.assertIn("missing in the capture, in 1 gap", err)

    def test_responses_after_lost_ones(self) -> None:
        """Five requests in flight; the responses to two of them are lost."""
        c = Connection().open()
        for i in range(5):
            c.ask(request("Heartbeat", 4, i, HEARTBEAT))
        for i in range(5):
            c.answer(response("Heartbeat", 4, i, {"throttleTimeMs": 0, "errorCode": 0}))
        answers = [p for p in c.packets if p.sender.port == 9092 and p.data]
        lines, _ = lines_of([p for p in c.close().packets if p not in answers[1:3]])
        self.assertEqual([0, 1, 2, 3, 4], ids(lines))
        self.assertEqual([False, True, True, False, False], ["no response seen" in line for line in lines])

    def test_pause_of_the_capture(self) -> None:
        """The connection continues gigabytes later."""
        c = heartbeats(5)
        c.client_seq += 3 * 10**9
        c.broker_seq += 10**9
        lines, err = lines_of(heartbeats(40, 6, c).packets)
        self.assertEqual([1, 2, 3, 4, 5], ids(lines)[:5])
        self.assertEqual(45, ids(lines)[-1])
        self.assertGreater(len(lines), 20)
        self.assertIn("missing in the capture", err)


class Beginnings(Base):
    def test_capture_that_starts_anywhere(self) -> None:
        packets = conversation().packets
        for first in range(len(packets)):
            lines, err = lines_of(packets[first:])
            with self.subTest(first=first, err=err):
                at = packets[first].time
                for line in self.reference.out.splitlines():
                    asked = START + int(line[20:26]) * 1000
                    if asked >= at:
                        self.assertIn(line, [line.replace(f"id:{EVENTS}", "events") for line in lines])

    def test_on_other_ports_too(self) -> None:
        packets = conversation(broker=End("10.0.0.2", 31000)).packets[5:]
        self.assertEqual([2, 3, 4, 5, 6], ids(lines_of(packets)[0]))

    def test_in_the_middle_of_a_large_message(self) -> None:
        big = request("Produce", 9, 7, {"transactionalId": None, "acks": 1, "timeoutMs": 1, "topicData": [
            {"name": "t", "partitionData": [{"index": 0, "records": "AAAA" * 20000}]}]})
        c = Connection().open().ask(big)
        packets = heartbeats(4, 8, c).packets
        self.assertEqual([8, 9, 10, 11], ids(lines_of(packets[10:])[0]))

    def test_ports_are_used_again(self) -> None:
        for end in (Connection.close, Connection.reset, lambda c: c):
            c = end(heartbeats(3))
            again = Connection(client_seq=77_000_000, broker_seq=99_000_000, time=c.time).open()
            lines, err = lines_of(c.packets + heartbeats(3, 50, again).close().packets)
            self.assertEqual(([1, 2, 3, 50, 51, 52], ""), (ids(lines), err))

    def test_nothing_is_said_twice_after_the_end(self) -> None:
        c = heartbeats(3).close()
        late = [replace(p, time=c.time) for p in c.packets[3:]]
        self.assertEqual([1, 2, 3], ids(lines_of(c.packets + late)[0]))

    def test_reset_with_requests_in_flight(self) -> None:
        c = heartbeats(1).ask(request("Heartbeat", 4, 2, HEARTBEAT)).reset()
        lines, _ = lines_of(c.packets)
        self.assertEqual([False, True], ["no response seen" in line for line in lines])

    def test_data_with_the_syn(self) -> None:
        packets = heartbeats(2).packets
        first = packets[3]
        packets[0] = replace(packets[0], data=first.data)
        self.assertEqual([1, 2], ids(lines_of(packets[:3] + packets[4:])[0]))


class Cut(Base):
    def test_snapshot_length(self) -> None:
        for size in (120, 150, 200, 400, 1000):
            lines, err = lines_of(cut_packets(conversation().packets, size))
            self.assertEqual([1, 2, 3, 4, 5, 6], ids(lines))
            self.assertIn("bytes cut off by the snapshot length of the capture\n", err)
            self.assertIn("Fetch v13  #4  \"a reader\"  169 > 109239 B  8.600 ms", lines[3])
            self.assertTrue(lines[3].endswith(f"response: only {size - 54} B captured"), lines[3])

    def test_any_snapshot_length(self) -> None:
        for size in range(0, 120):
            lines, _ = lines_of(cut_packets(conversation().packets, size))
            self.assertLessEqual(len(lines), 6)
            if size >= 54 + 14 + 8:  # header of a request, as far as the client id
                self.assertEqual(6, len(lines))

    def test_several_messages_in_cut_packets(self) -> None:
        """The second message of a packet is out of sight, but not the next packet's."""
        c = Connection().open()
        for i in range(1, 41, 2):
            c.ask(request("Heartbeat", 4, i, HEARTBEAT) + request("Heartbeat", 4, i + 1, HEARTBEAT))
            for k in (i, i + 1):
                c.answer(response("Heartbeat", 4, k, {"throttleTimeMs": 0, "errorCode": 0}))
        lines, _ = lines_of(cut_packets(c.packets, 54 + 25))
        self.assertEqual(set(range(1, 41, 2)), set(ids(lines)))


class Memory(Base):
    def test_frames_larger_than_memory(self) -> None:
        big = response("Fetch", 13, 1, fetch_response(EVENTS, bytes(3_000_000), 0))
        c = Connection(mss=60000).open().ask(request("Fetch", 13, 1, fetch_request(EVENTS, 0))).answer(big)
        lines, err = lines_of(heartbeats(3, 2, c).packets, "--max-memory", "1048576")
        self.assertEqual([1, 2, 3, 4], ids(lines))
        self.assertRegex(lines[0], r"  response: only \d+ B captured$")
        self.assertEqual("kwire: 1 frame cut: --max-memory is too little\n", err)

    def test_many_connections(self) -> None:
        packets: list[Packet] = []
        for number in range(6000):
            c = Connection(End("10.0.0.1", 1024 + number), time=START + number * STEP).open()
            packets += c.ask(request("Heartbeat", 4, number, HEARTBEAT)).packets
        lines, err = lines_of(packets, "--max-memory", "1048576")
        self.assertEqual(list(range(6000)), sorted(ids(lines)))
        self.assertRegex(err, r"kwire: \d+ connections given up: --max-memory is too little\n")

    def test_holes_that_are_never_filled(self) -> None:
        """The other side has not acknowledged the bytes, so they may still come; until too many follow them."""
        c = Connection().open().ask(b"\0" * 100)
        hole = c.client_seq - 100
        data = b"".join(request("Heartbeat", 4, i, HEARTBEAT) for i in range(80000))
        c.client_seq = hole + 100
        c.send(True, data)
        packets = [replace(p, ack=5001) for p in c.packets[:3] + c.packets[4:]]
        lines, err = lines_of(packets, "--max-memory", "1048576")
        self.assertGreater(len(lines), 79000)
        self.assertIn("kwire: 100 bytes missing in the capture, in 1 gap", err)


if __name__ == "__main__":
    main()
