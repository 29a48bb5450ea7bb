#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap --tls-key-log: connections that OpenSSL encrypted, whole, damaged and without their secrets."""

from __future__ import annotations

import json
import random
import struct
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from captures import Connection, End, Packet, cut_packets, pcap_file, pcapng_file, records
from command import CommandTest, Done, kwire, main
from kafka_frames import request, response
from pcap_support import EVENTS, HEARTBEAT, exchanges, fetch_request, fetch_response, run_pcap
from tls_peers import AVAILABLE, TLS_1_2, TLS_1_3, Peers

ALIVE = {"throttleTimeMs": 0, "errorCode": 0}
BROKER = End("10.0.0.2", 9093)
APIS = ["ApiVersions", "Metadata", "Produce", "Fetch", "Produce", "Heartbeat"]
PLAIN_PORT = 40000
CCM = ({"suites": "TLS_AES_128_CCM_SHA256"}, {"suites": "TLS_AES_128_CCM_8_SHA256"},
       *({"version": TLS_1_2, "ciphers": f"ECDHE-ECDSA-AES{name}@SECLEVEL=0"}
         for name in ("128-CCM", "128-CCM8", "256-CCM", "256-CCM8")))
CBC = tuple({"version": TLS_1_2, "ciphers": f"ECDHE-ECDSA-AES{name}", "mac_then_encrypt": mac_then_encrypt}
            for name in ("128-SHA", "256-SHA", "128-SHA256", "256-SHA384") for mac_then_encrypt in (False, True))
MODES = ({"version": TLS_1_2}, {"version": TLS_1_3}, CCM[1], CCM[3], *CBC[4:6])


def what(out: str) -> list[str]:
    """Lines without times and latencies."""
    return ["  ".join(field for field in line.split("  ")[1:] if not field.endswith(" ms"))
            for line in out.splitlines()]


class Encrypted:
    """A connection of which both the packets and the key log are known."""

    def __init__(self, port: int = PLAIN_PORT, mss: int = 1448, **how: object) -> None:
        self.connection = Connection(client=End("10.0.0.1", port), broker=BROKER, mss=mss)
        self.peers = Peers(self.send, **how)

    def send(self, from_client: bool, data: bytes) -> None:
        if from_client:
            self.connection.ask(data)
        else:
            self.connection.pass_time(1_000_000).answer(data)

    def open(self, session: object = None, early: list[bytes] = []) -> Encrypted:
        self.connection.open()
        self.peers.open(session, early)
        return self

    def talk(self) -> Encrypted:
        for question, answer in exchanges():
            self.peers.ask(question)
            if answer:
                self.peers.answer(answer)
        return self

    def heartbeat(self, number: int) -> Encrypted:
        self.peers.ask(request("Heartbeat", 4, number, HEARTBEAT))
        self.peers.answer(response("Heartbeat", 4, number, ALIVE))
        return self

    def fetch(self, number: int, size: int) -> Encrypted:
        self.peers.ask(request("Fetch", 13, number, fetch_request(EVENTS, 0)))
        self.peers.answer(response("Fetch", 13, number, fetch_response(EVENTS, bytes(size), 0)))
        return self

    def packets(self) -> list[Packet]:
        return self.connection.packets

    def mark(self) -> int:
        return len(self.connection.packets)


def plain() -> list[str]:
    """The output for the same conversation without TLS."""
    c = Connection(client=End("10.0.0.1", PLAIN_PORT), broker=BROKER).open()
    for question, answer in exchanges():
        c.ask(question)
        if answer:
            c.pass_time(1_000_000).answer(answer)
    return what(run_pcap(c.file()).out)


def decrypt(packets: list[Packet], key_log: bytes, *options: str) -> Done:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "keys")
        path.write_bytes(key_log)
        done = run_pcap(pcap_file(records(packets)), "--tls-key-log", str(path), *options)
        return Done(done.status, done.out, done.err.replace(str(path), "keys"))


def ids(done: Done) -> list[int]:
    return [int(line.split("  #")[1].split("  ")[0]) for line in done.out.splitlines()]


@unittest.skipUnless(AVAILABLE, "needs the library of OpenSSL")
class TlsTest(CommandTest):
    def shows_all(self, one: Encrypted, key_log: bytes | None = None) -> None:
        done = decrypt(one.packets(), one.peers.key_log() if key_log is None else key_log)
        self.assertEqual((0, plain(), ""), (done.status, what(done.out), done.err))


class Whole(TlsTest):
    def test_suites(self) -> None:
        for how in ({"suites": "TLS_AES_128_GCM_SHA256"}, {"suites": "TLS_AES_256_GCM_SHA384"},
                    {"suites": "TLS_CHACHA20_POLY1305_SHA256"},
                    {"version": TLS_1_2, "ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"},
                    {"version": TLS_1_2, "ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384"},
                    {"version": TLS_1_2, "ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"}, *CCM, *CBC):
            with self.subTest(how):
                self.shows_all(Encrypted(**how).open().talk())

    def test_any_segment_size(self) -> None:
        for how in MODES:
            for mss in (1, 3, 7):
                one = Encrypted(mss=mss, **how).open().heartbeat(1).fetch(2, 500).heartbeat(3)
                done = decrypt(one.packets(), one.peers.key_log())
                self.assertEqual(([1, 2, 3], ""), (ids(done), done.err))
            for mss in (500, 65000):
                self.shows_all(Encrypted(mss=mss, **how).open().talk())

    def test_records_of_any_size(self) -> None:
        for how in MODES:
            for fragment in (512, 1000):
                self.shows_all(Encrypted(fragment=fragment, **how).open().talk())

    def test_several_records_in_a_segment(self) -> None:
        one = Encrypted(mss=60000).open()
        for question, _ in exchanges():
            one.peers.client.write(question)
        for _, answer in exchanges():
            if answer:
                one.peers.server.write(answer)
        one.peers.pass_on()
        done = decrypt(one.packets(), one.peers.key_log())
        self.assertEqual((sorted(plain()), ""), (sorted(what(done.out)), done.err))

    def test_resumed_sessions(self) -> None:
        for how in MODES:
            one = Encrypted(**how).open().talk()
            first = one.peers.client.session()
            one.connection = Connection(client=End("10.0.0.1", PLAIN_PORT), broker=BROKER)
            self.shows_all(one.open(first).talk())

    def test_key_updates(self) -> None:
        one = Encrypted().open()
        for number in range(12):
            if number % 3 == 1:
                one.peers.client.update_key()
            if number % 4 == 2:
                one.peers.server.update_key()
            one.heartbeat(number)
        done = decrypt(one.packets(), one.peers.key_log())
        self.assertEqual((list(range(12)), ""), (ids(done), done.err))

    def test_without_the_tcp_handshake(self) -> None:
        one = Encrypted().open().talk()
        done = decrypt(one.packets()[3:], one.peers.key_log())
        self.assertEqual((plain(), ""), (what(done.out), done.err))

    def test_other_outputs(self) -> None:
        one = Encrypted().open().talk()
        keys = one.peers.key_log()
        objects = decrypt(one.packets(), keys, "--json", "--bodies", "--group", "g")
        self.assertEqual("g", json.loads(objects.out)["request"]["groupId"])
        self.assertIn("\nHeartbeat ", decrypt(one.packets(), keys, "--stats").out)
        hexes = [line.split(" ")[0] for line in decrypt(one.packets(), keys, "--hex").out.splitlines()]
        self.assertEqual([part.hex() for pair in exchanges() for part in pair if part], hexes)

    def test_connections_among_others(self) -> None:
        one, other = Encrypted().open().talk(), Encrypted(port=40001, version=TLS_1_2).open().talk()
        both = sorted(one.packets() + other.packets(), key=lambda packet: packet.time)
        done = decrypt(both, other.peers.key_log() + one.peers.key_log())
        self.assertEqual((12, ""), (len(done.out.splitlines()), done.err))

    def test_plain_connections_beside(self) -> None:
        c = Connection(client=End("10.0.0.1", 40001), broker=BROKER).open()
        for question, answer in exchanges():
            c.ask(question).answer(answer)
        one = Encrypted().open().talk()
        done = decrypt(one.packets() + c.packets, one.peers.key_log())
        self.assertEqual((12, ""), (len(done.out.splitlines()), done.err))


class Damaged(TlsTest):
    def talks(self, **how: object) -> tuple[Encrypted, int]:
        """And the number of packets of the handshake."""
        one = Encrypted(**how).open().heartbeat(0)
        start = one.mark()
        for number in range(1, 5):
            one.heartbeat(number)
        one.fetch(5, 9000)
        for number in range(6, 10):
            one.heartbeat(number)
        return one, start

    def test_each_packet_in_turn(self) -> None:
        """Only the messages in a lost packet are missing."""
        for how in MODES:
            one, start = self.talks(**how)
            packets, keys = one.packets(), one.peers.key_log()
            whole = decrypt(packets, keys)
            self.assertEqual((list(range(10)), ""), (ids(whole), whole.err))
            for lost in range(start, len(packets), 1 if how == {"version": TLS_1_3} else 3):
                done = decrypt(packets[:lost] + packets[lost + 1:], keys)
                with self.subTest(how, lost=lost, err=done.err):
                    if not packets[lost].data:
                        self.assertEqual(whole, done)
                        continue
                    answered = [line for line in done.out.splitlines() if "no response" not in line]
                    self.assertLessEqual(len(set(ids(whole)) - {int(line.split("  #")[1].split("  ")[0])
                                                                for line in answered}), 1)
                    self.assertIn(f"kwire: {len(packets[lost].data)} bytes missing in the capture, in 1 gap", done.err)

    def test_many_lost_packets(self) -> None:
        """Everything that is shown was sent, and what follows the gap is found."""
        noise = random.Random(3)
        for how, rounds in zip(MODES, (3, 12, 3, 3, 3, 3)):
            one, start = self.talks(**how)
            for number in range(10, 40):
                one.heartbeat(number)
            packets, keys = one.packets(), one.peers.key_log()
            whole = what(decrypt(packets, keys).out)
            for _ in range(rounds):
                at, count = noise.randrange(start, len(packets) - 40), noise.randrange(2, 25)
                done = decrypt(packets[:at] + packets[at + count:], keys)
                answered = [line for line in what(done.out) if "no response" not in line]
                for line in answered:
                    self.assertIn(line.split("  response:")[0].split("  id:")[0], "\n".join(whole))
                self.assertGreater(len(answered), len(whole) - count)

    def test_lost_packet_with_a_key_update(self) -> None:
        one = Encrypted().open()
        for number in range(3):
            one.heartbeat(number)
        one.peers.client.update_key()
        lost = one.mark()
        for number in range(3, 8):
            one.heartbeat(number)
        packets = one.packets()
        done = decrypt(packets[:lost] + packets[lost + 1:], one.peers.key_log())
        self.assertEqual([0, 1, 2, 4, 5, 6, 7], ids(done))

    def test_shuffled_and_repeated(self) -> None:
        noise = random.Random(4)
        one = Encrypted().open().talk()
        packets = one.packets()
        keys = [(number + noise.random() * 8, p) for number, p in enumerate(packets[3:])]
        mixed = packets[:3] + [p for _, p in sorted(keys, key=lambda pair: pair[0]) for p in [p] * noise.choice((1, 2))]
        done = decrypt(mixed, one.peers.key_log())
        self.assertEqual((plain(), ""), (what(done.out), done.err))

    def test_cut_packets(self) -> None:
        """The start of a record is decrypted although it cannot be authenticated."""
        for how in MODES[:4]:
            one = Encrypted(**how).open().heartbeat(0)
            start = one.mark()
            one.fetch(1, 1000).heartbeat(2)
            packets = one.packets()
            cut = packets[:start] + cut_packets(packets[start:], 170)
            done = decrypt(cut, one.peers.key_log(), "--json", "--bodies")
            found = [json.loads(line) for line in done.out.splitlines()]
            self.assertEqual([("Heartbeat", "answered"), ("Fetch", "answered"), ("Heartbeat", "answered")],
                             [(thing["api"], thing["outcome"]) for thing in found])
            self.assertEqual(EVENTS, found[1]["response"]["responses"][0]["topicId"])
            self.assertLess(found[1]["responseBytesCaptured"], 120)
            self.assertRegex(done.err, r"\Akwire: \d+ bytes cut off by the snapshot length of the capture\n\Z")

    def test_cut_packets_of_blocks(self) -> None:
        """With CBC the end has the size of the content, so what follows the cut record is searched for."""
        for how in MODES[4:]:
            one = Encrypted(**how).open().heartbeat(0)
            start = one.mark()
            one.fetch(1, 1000).heartbeat(2)
            packets = one.packets()
            cut = packets[:start] + cut_packets(packets[start:], 300)
            done = decrypt(cut, one.peers.key_log(), "--json", "--bodies")
            found = [json.loads(line) for line in done.out.splitlines()]
            self.assertEqual([("Heartbeat", "answered"), ("Fetch", "answered"), ("Heartbeat", "answered")],
                             [(thing["api"], thing["outcome"]) for thing in found])
            self.assertEqual(EVENTS, found[1]["response"]["responses"][0]["topicId"])
            self.assertLess(found[1]["responseBytesCaptured"], 250)
            self.assertRegex(done.err, r"\Akwire: \d+ bytes cut off by the snapshot length of the capture\n\Z")

    def test_changed_bytes(self) -> None:
        """A record that is not authentic is missing."""
        for how in MODES:
            one, start = self.talks(**how)
            for at in range(start, start + 6):
                packets = list(one.packets())
                if not packets[at].data:
                    continue
                for place in (len(packets[at].data) // 2, -1):
                    data = bytearray(packets[at].data)
                    data[place] ^= 1
                    packets[at] = replace(packets[at], data=bytes(data))
                    answered = [line for line in decrypt(packets, one.peers.key_log()).out.splitlines()
                                if "no response" not in line]
                    self.assertEqual(9, len(answered))

    def test_that_began_before(self) -> None:
        one, start = self.talks()
        done = decrypt(one.packets()[start:], one.peers.key_log())
        self.assertEqual(("", "kwire: 1 TLS connection skipped: the handshake is not in the capture"),
                         (done.out, done.err.splitlines()[1]))

    def test_lost_hellos(self) -> None:
        one, _ = self.talks()
        packets = one.packets()
        hello = next(n for n, p in enumerate(packets) if p.data)
        answer = next(n for n, p in enumerate(packets) if p.data and p.sender == BROKER)
        for lost in (hello, answer):
            done = decrypt(packets[:lost] + packets[lost + 1:], one.peers.key_log())
            self.assertEqual(("", True), (done.out, "kwire: 1 TLS connection skipped: the handshake is not in the "
                                                    "capture\n" in done.err), done)


class Secrets(TlsTest):
    def refused(self, one: Encrypted, key_log: bytes, reason: str) -> None:
        done = decrypt(one.packets(), key_log)
        self.assertEqual(Done(0, "", f"kwire: no Kafka traffic among {len(one.packets())} packets\nkwire: {reason}\n"),
                         done)

    def test_missing(self) -> None:
        for version in (TLS_1_2, TLS_1_3):
            one, other = Encrypted(version=version).open().talk(), Encrypted(version=version).open()
            for key_log in (b"", b"# empty\n\n", other.peers.key_log()):
                self.refused(one, key_log, "1 TLS connection skipped: not all secrets are in the key log")

    def test_without_a_key_log(self) -> None:
        one = Encrypted().open().talk()
        done = run_pcap(pcap_file(records(one.packets())))
        self.assertIn("kwire: 1 connection skipped: TLS (see --tls-key-log)\n", done.err)

    def test_wrong(self) -> None:
        """Of this session, but others."""
        for version in (TLS_1_2, TLS_1_3):
            one = Encrypted(version=version).open().talk()
            lines = [b" ".join([*line.split()[:2], line.split()[2][::-1]]) + b"\n" for line in one.peers.lines]
            self.refused(one, b"".join(lines), "1 TLS connection given up: the secrets in the key log do not fit")
        lines = [b" ".join([*line.split()[:2], line.split()[2][:64]]) + b"\n" for line in one.peers.lines]
        self.refused(one, b"".join(lines), "1 TLS connection given up: the secrets in the key log do not fit")

    def test_only_what_is_needed(self) -> None:
        one = Encrypted().open().talk()
        lines = [line + b"\n" for line in one.peers.lines if b"TRAFFIC_SECRET_0" in line]
        self.assertEqual(2, len(lines))
        self.shows_all(one, b"".join(lines))

    def test_forms_of_lines(self) -> None:
        one = Encrypted().open().talk()
        upper = b"".join(b" ".join([line.split()[0], *(word.upper() for word in line.split()[1:])]) + b"\r\n"
                         for line in one.peers.lines)
        self.shows_all(one, b"# comment\r\n\n" + upper)
        self.shows_all(one, one.peers.key_log().rstrip(b"\n"))
        self.shows_all(one, b"NEW_LABEL 00 01\n" + one.peers.key_log() * 3)
        others = b"".join(b"CLIENT_RANDOM %064x %096x\n" % (number, number) for number in range(5000))
        self.shows_all(one, others + one.peers.key_log() + others)

    def test_lines_that_are_none(self) -> None:
        one = Encrypted().open().talk()
        for line in (b"what is this", b"CLIENT_RANDOM 12 34",
                     b"CLIENT_TRAFFIC_SECRET_0 " + b"z" * 64 + b" " + b"0" * 64, b"x" * 5000,
                     b"CLIENT_RANDOM " + b"0" * 64 + b" " + b"0" * 96 + b" more"):
            done = decrypt(one.packets(), one.peers.key_log() + line + b"\n")
            number = len(one.peers.lines) + 1
            self.assertEqual((plain(), f"kwire: line {number} of the key log is not one\n"), (what(done.out), done.err))
            done = decrypt(one.packets(), b"# x\n" + line + b"\n")
            self.assertEqual(Done(1, "", "kwire: keys: line 2 is not one of a key log: LABEL, client random and secret "
                                         "in hex digits\n"), done)

    def test_files(self) -> None:
        self.complains(3, "kwire: /no/such: No such file or directory", "pcap", "--tls-key-log", "/no/such", "-")
        self.complains(3, "kwire: /: Is a directory", "pcap", "--tls-key-log", "/", "-")

    def test_memory(self) -> None:
        one = Encrypted().open().talk()
        lines = b"".join(b"CLIENT_RANDOM %064x %096x\n" % (number, number) for number in range(1000))
        done = decrypt(one.packets(), one.peers.key_log() + lines, "--max-memory", "65536")
        self.assertEqual(6, len(done.out.splitlines()))
        self.assertRegex(done.err, r"(?m)^kwire: \d+ secrets of TLS skipped: --max-memory is too little$")

    def test_not_supported(self) -> None:
        where = "10.0.0.1:40000 > 10.0.0.2:9093: not decrypted: "
        for how, reason in (({"version": TLS_1_2, "ciphers": "ECDHE-ECDSA-CAMELLIA128-SHA256"},
                             "TLS 1.2 with TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256 (0xc072)"),
                            ({"version": 0x0302, "ciphers": "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0"}, "TLS 1.1"),
                            ({"version": 0x0301, "ciphers": "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0"}, "TLS 1.0")):
            one = Encrypted(**how).open().talk()
            self.refused(one, one.peers.key_log(), f"{where}{reason} is not supported")

    def test_suite_without_a_name(self) -> None:
        hello = bytearray(next(p for p in Encrypted(version=TLS_1_2).open().packets() if p.sender == BROKER and p.data)
                          .data)
        suite_at = 5 + 38 + 1 + hello[43]
        hello[suite_at:suite_at + 2] = b"\xee\xee"
        one = Encrypted(version=TLS_1_2).open().talk()
        at = next(n for n, p in enumerate(one.packets()) if p.sender == BROKER and p.data)
        one.packets()[at] = replace(one.packets()[at], data=bytes(hello))
        self.refused(one, one.peers.key_log(), "10.0.0.1:40000 > 10.0.0.2:9093: not decrypted: TLS 1.2 with a cipher "
                                               "suite (0xeeee) is not supported")

    def test_many_not_supported(self) -> None:
        packets, keys = [], b""
        for number in range(10):
            one = Encrypted(port=41000 + number, version=TLS_1_2, ciphers="ECDHE-ECDSA-CAMELLIA128-SHA256").open()
            packets += one.packets()
            keys += one.peers.key_log()
        lines = decrypt(packets, keys).err.splitlines()
        self.assertEqual(10, len(lines))
        self.assertEqual([f"kwire: 10.0.0.1:{port} > " for port in range(41000, 41008)],
                         [line.split("10.0.0.2")[0] for line in lines[1:9]])
        self.assertEqual("kwire: 2 more TLS connections with what is not supported: another version or cipher suite, "
                         "or early data", lines[9])

    def test_early_data(self) -> None:
        """It is reported, and what follows it is decrypted."""
        asked = request("Heartbeat", 4, 1, HEARTBEAT)
        for count in (1, 100):
            one = Encrypted().open().talk()
            first = one.peers.client.session()
            one.connection = Connection(client=End("10.0.0.1", PLAIN_PORT), broker=BROKER)
            one.open(first, early=[asked] * count)
            for _ in range(count):
                one.peers.answer(response("Heartbeat", 4, 1, ALIVE))
            done = decrypt(one.heartbeat(2).heartbeat(3).packets(), one.peers.key_log())
            self.assertEqual([2, 3], ids(done))
            lines = done.err.splitlines()
            self.assertEqual("kwire: 10.0.0.1:40000 > 10.0.0.2:9093: early data (0-RTT) of TLS 1.3, which the client "
                             "may have sent, is not decrypted", lines[0])
            self.assertRegex(lines[-1], r"\Akwire: \d+ responses? skipped: the request is not in the capture\Z")

    def test_little_memory(self) -> None:
        """Connections are given up, and nothing else happens."""
        packets, keys = [], b""
        for number in range(12):
            one = Encrypted(port=41000 + number).open().heartbeat(number)
            packets.append(one.packets())
            keys += one.peers.key_log()
        mixed = [p for group in zip(*packets) for p in group]
        done = decrypt(mixed, keys, "--max-memory", "70000")
        self.assertEqual(0, done.status)
        self.assertEqual(12, len(decrypt(mixed, keys).out.splitlines()))


def secrets_block(text: bytes, kind: int = 0x544C534B, size: int | None = None,
                  order: str = "<") -> tuple[int, bytes]:
    return 10, struct.pack(order + "II", kind, len(text) if size is None else size) + text


class InTheCapture(TlsTest):
    """Secrets in the capture itself, as Wireshark and editcap write them."""

    def shows(self, expected: list[str], one: Encrypted, *blocks: tuple[int, bytes], order: str = "<") -> Done:
        capture = pcapng_file(records(one.packets()), blocks=blocks, order=order)
        done = run_pcap(capture)
        self.assertEqual((0, expected), (done.status, what(done.out)))
        self.assertEqual(done, kwire("pcap", "-", stdin=capture))
        return done

    def test_blocks(self) -> None:
        one = Encrypted().open().talk()
        keys = one.peers.key_log()
        others = b"CLIENT_RANDOM %064x %096x\n" % (1, 2)
        self.shows(plain(), one, secrets_block(keys))
        self.shows(plain(), one, secrets_block(keys, order=">"), order=">")
        self.shows(plain(), one, secrets_block(keys.rstrip(b"\n")), secrets_block(others * 3000), secrets_block(b""))
        self.shows(plain(), one, *(secrets_block(line) for line in one.peers.lines))
        self.shows(plain(), one, secrets_block(others * 3000 + keys), (11, keys))

    def test_beside_a_file(self) -> None:
        one, other = Encrypted().open().talk(), Encrypted(port=40001).open().talk()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "keys")
            path.write_bytes(other.peers.key_log())
            done = run_pcap(pcapng_file(records(one.packets() + other.packets()),
                                        blocks=(secrets_block(one.peers.key_log()),)), "--tls-key-log", str(path))
        self.assertEqual((12, ""), (len(done.out.splitlines()), done.err))

    def test_blocks_that_have_none(self) -> None:
        one = Encrypted().open().talk()
        keys = one.peers.key_log()
        for block in (secrets_block(b""), secrets_block(keys, kind=0x57474B4C), secrets_block(keys, size=100),
                      (10, b""), (10, b"\x4b\x53\x4c\x54"), secrets_block(b"x" * 70000), (11, keys)):
            done = self.shows([], one, block)
            self.assertIn("kwire: 1 connection skipped: TLS (see --tls-key-log)\n", done.err)
        self.shows(plain(), one, secrets_block(keys, size=2**32 - 1))


class Hostile(TlsTest):
    def test_noise(self) -> None:
        noise = random.Random(8)
        one = Encrypted().open().talk()
        for _ in range(25):
            packets = []
            for p in one.packets():
                data = bytearray(p.data)
                if data and noise.random() < 0.2:
                    data[noise.randrange(len(data))] = noise.randrange(256)
                if data and noise.random() < 0.05:
                    data[:5] = bytes((23, 3, 3, noise.randrange(73), noise.randrange(256)))[:len(data)]
                if noise.random() > 0.05:
                    packets.append(replace(p, data=bytes(data)))
            self.assertEqual(0, decrypt(packets, one.peers.key_log()).status)

    def test_other_traffic_after_the_hello(self) -> None:
        one = Encrypted().open()
        hello = next(p for p in one.packets() if p.data).data
        c = Connection(broker=BROKER).open().ask(hello).answer(b"HTTP/1.1 400 Bad Request\r\n\r\n").close()
        done = decrypt(c.packets, one.peers.key_log())
        self.assertEqual((0, ""), (done.status, done.out))

    def test_another_protocol_inside(self) -> None:
        one = Encrypted().open()
        one.peers.ask(b"GET / HTTP/1.1\r\n\r\n").answer(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(50000))
        done = decrypt(one.packets(), one.peers.key_log())
        self.assertEqual(Done(0, "", f"kwire: no Kafka traffic among {len(one.packets())} packets\n"), done)


if __name__ == "__main__":
    main()
