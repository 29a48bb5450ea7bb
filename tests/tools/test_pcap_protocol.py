#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap: which connections are Kafka's, which side is the broker, and irregular parts of the protocol."""

from __future__ import annotations

import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from captures import Connection, End, pcap_file, records
from command import KWIRE, TIMEOUT, CommandTest, Done, kwire, main
from kafka_frames import frame, request, response
from pcap_support import HEARTBEAT, conversation, exchanges, produce_request, run_pcap, talk

ALIVE = {"throttleTimeMs": 0, "errorCode": 0}
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(506)
START_TIME = 15 if "KWIRE_LAUNCHER_DESCRIPTORS" in os.environ else 1  # s, until the command has begun to capture


def shown(connection: Connection, *options: str) -> list[str]:
    """API, version and correlation id of each line, and the text after the latency."""
    done = run_pcap(connection.file(), *options)
    assert (0, "") == (done.status, done.err), done
    return ["  ".join(field for n, field in enumerate(line.split("  ")) if n in (2, 3) or n > 6)
            for line in done.out.splitlines()]


class Others(CommandTest):
    def said(self, out: str, err: str, *connections: Connection) -> None:
        packets = [packet for connection in connections for packet in connection.packets]
        self.assertEqual(Done(0, out, err), run_pcap(pcap_file(records(packets))))

    def test_tls(self) -> None:
        tls = Connection().open().ask(HELLO).answer(HELLO * 5).ask(HELLO)
        reference = conversation(40001)
        self.said(run_pcap(reference.file()).out, "kwire: 1 connection skipped: TLS (see --tls-key-log)\n", tls,
                  reference)
        other = Connection(broker=End("10.0.0.2", 9093)).open().ask(HELLO).answer(HELLO)
        self.said("", "kwire: no Kafka traffic among 14 packets\n"
                      "kwire: 2 connections skipped: TLS (see --tls-key-log)\n", tls, other)

    def test_tls_that_began_before(self) -> None:
        tls = Connection().ask(b"\x17\x03\x03\x00\x40" + bytes(64)).answer(b"\x17\x03\x03\x00\x40" + bytes(64))
        self.said("", "kwire: no Kafka traffic among 3 packets\n"
                      "kwire: 1 connection skipped: TLS (see --tls-key-log)\n", tls)

    def test_http_on_a_brokers_port(self) -> None:
        http = Connection().open().ask(b"GET / HTTP/1.1\r\n\r\n").answer(b"HTTP/1.1 200 OK\r\n\r\n").close()
        self.said("", "kwire: no Kafka traffic among 9 packets\n"
                      "kwire: 1 connection to a broker's port skipped: not Kafka\n", http)

    def test_other_protocols_on_other_ports(self) -> None:
        noise = random.Random(5)
        connections = []
        for number, greeting in enumerate((b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\1", b"\0" * 50)):
            c = Connection(End("10.0.0.1", 41000 + number), End("10.0.0.9", 8000 + number)).open()
            connections.append(c.answer(greeting).ask(greeting).answer(noise.randbytes(5000)))
        reference = conversation()
        self.said(run_pcap(reference.file()).out, "", *connections, reference)

    def test_garbage_on_a_brokers_port(self) -> None:
        """Kafka may still follow; everything that is shown was sent."""
        noise = random.Random(6)
        for _ in range(20):
            c = Connection().open()
            for _ in range(20):
                c.ask(noise.randbytes(noise.randrange(1, 2000))).answer(noise.randbytes(noise.randrange(1, 2000)))
            self.assertEqual("", run_pcap(c.file()).out)
            lines = run_pcap(talk(c).file()).out.splitlines()
            self.assertEqual(6, len(lines))


class Roles(CommandTest):
    def test_a_broker_that_opens_a_connection_from_its_port(self) -> None:
        """The side that opened the connection counts, not the port."""
        c = Connection(End("10.0.0.1", 9092), End("10.0.0.2", 19092)).open()
        self.assertEqual(6, len(run_pcap(talk(c).file()).out.splitlines()))
        self.assertIn("10.0.0.1:9092 > 10.0.0.2:19092", run_pcap(c.file()).out)

    def test_without_the_handshake(self) -> None:
        for broker in (9092, 19092):
            for client in (9092, 40000):
                c = talk(Connection(End("10.0.0.1", client), End("10.0.0.2", broker)))
                done = run_pcap(c.file())
                if (client, broker) == (9092, 19092):
                    continue  # nothing shows that the port is misleading
                self.assertEqual((6, ""), (len(done.out.splitlines()), done.err))

    def test_half_of_the_handshake(self) -> None:
        packets = conversation().packets
        for missing in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2)):
            kept = [p for n, p in enumerate(packets) if n not in missing]
            done = run_pcap(pcap_file(records(kept)))
            self.assertEqual((6, ""), (len(done.out.splitlines()), done.err))

    def test_future_api_first(self) -> None:
        """On a broker's port; elsewhere it is not accepted."""
        asked = frame(struct.pack(">hhih", 200, 0, 1, 1) + b"x\0")
        for port, count in ((9092, 2), (19092, 0)):
            c = Connection(broker=End("10.0.0.2", port)).open().ask(asked).answer(frame(b"\0\0\0\1"))
            c.ask(request("Heartbeat", 4, 2, HEARTBEAT)).answer(response("Heartbeat", 4, 2, ALIVE))
            self.assertEqual(count, len(run_pcap(c.file()).out.splitlines()))

    def test_bytes_left_over_behind_the_fields(self) -> None:
        """As old versions of librdkafka send ApiVersions of version 0; Kafka accepts them."""
        asked = bytes.fromhex("000000150012000000000081000772646b61666b6100000000")
        answered = response("ApiVersions", 0, 0x81, {"errorCode": 0, "apiKeys": []})
        for opened in (False, True):
            for port in (9092, 19092):
                for mss in (1448, 22, 15, 3):
                    c = Connection(broker=End("10.0.0.2", port))
                    c = (c.open() if opened else c).ask(asked, mss).answer(answered)
                    c.ask(request("Heartbeat", 4, 2, HEARTBEAT)).answer(response("Heartbeat", 4, 2, ALIVE))
                    for options in ((), ("--port", str(port))):
                        done = run_pcap(c.file(), *options)
                        with self.subTest(opened=opened, port=port, mss=mss, options=options):
                            self.assertEqual(2, len(done.out.splitlines()), done)
                    alone = Connection(broker=End("10.0.0.2", port))
                    alone = (alone.open() if opened else alone).ask(asked, mss)
                    self.assertIn("ApiVersions", run_pcap(alone.file(), "--port", str(port)).out)


class Irregular(CommandTest):
    def handshake(self, error: int = 0) -> Connection:
        c = Connection().open().ask(request("SaslHandshake", 0, 1, {"mechanism": "SCRAM-SHA-256"}))
        return c.answer(response("SaslHandshake", 0, 1, {"errorCode": error, "mechanisms": ["PLAIN"]}))

    def test_sasl_tokens_without_headers(self) -> None:
        for mss in (1, 7, 1448):
            c = self.handshake()
            c.mss = mss
            for number in range(2):
                c.ask(frame(b"n,,n=user,r=" + bytes([number]) * 20)).answer(frame(b"r=abc" if number else b""))
            c.ask(request("Heartbeat", 4, 2, HEARTBEAT)).answer(response("Heartbeat", 4, 2, ALIVE))
            done = run_pcap(c.file())
            self.assertEqual(["SaslHandshake v0", "Heartbeat v4"],
                             [line.split("  ")[2] for line in done.out.splitlines()])
            self.assertEqual("kwire: 4 SASL tokens without a header not shown\n", done.err)

    def test_sasl_handshake_that_fails(self) -> None:
        c = self.handshake(error=33).ask(request("SaslHandshake", 1, 2, {"mechanism": "PLAIN"}))
        c.answer(response("SaslHandshake", 1, 2, {"errorCode": 0, "mechanisms": ["PLAIN"]}))
        c.ask(request("SaslAuthenticate", 2, 3, {"authBytes": "AHUAcA=="}))
        c.answer(response("SaslAuthenticate", 2, 3, {"errorCode": 0, "errorMessage": None, "authBytes": "",
                                                     "sessionLifetimeMs": 0}))
        self.assertEqual(["SaslHandshake v0  #1  UNSUPPORTED_SASL_MECHANISM", "SaslHandshake v1  #2",
                          "SaslAuthenticate v2  #3"], shown(c))

    def test_sasl_handshake_whose_response_is_lost(self) -> None:
        c = self.handshake()
        c.packets = [p for p in c.packets if not (p.sender.port == 9092 and p.data)]
        c.ask(frame(b"\0user\0secret")).answer(frame(b""))
        for number in range(2, 6):
            c.ask(request("Heartbeat", 4, number, HEARTBEAT)).answer(response("Heartbeat", 4, number, ALIVE))
        lines = run_pcap(c.file()).out.splitlines()
        self.assertIn("no response seen", lines[0])
        self.assertEqual(["#2", "#3", "#4", "#5"], [line.split("  ")[3] for line in lines[1:]])

    def test_api_versions_that_the_broker_does_not_have(self) -> None:
        """The answer is of version 0."""
        c = Connection().open().ask(request("ApiVersions", 4, 1, {"clientSoftwareName": "x",
                                                                 "clientSoftwareVersion": "1"}))
        c.answer(response("ApiVersions", 0, 1, {"errorCode": 35, "apiKeys": [
            {"apiKey": 18, "minVersion": 0, "maxVersion": 3}]}))
        self.assertEqual(["ApiVersions v4  #1  UNSUPPORTED_VERSION"], shown(c))

    def test_many_in_flight(self) -> None:
        """And acks 0 among them."""
        c = Connection(mss=60000).open()
        asked, answered = b"", b""
        for number in range(1000):
            if number % 10 == 5:
                asked += request("Produce", 9, number, produce_request(0, 1))
            else:
                asked += request("Heartbeat", 4, number, HEARTBEAT)
                answered += response("Heartbeat", 4, number, ALIVE)
        lines = run_pcap(c.ask(asked).answer(answered).file()).out.splitlines()
        self.assertEqual(list(range(1000)), sorted(int(line.split("  #")[1].split(" ")[0]) for line in lines))
        self.assertEqual(100, sum("  acks 0  " in line for line in lines))

    def test_equal_correlation_ids(self) -> None:
        c = Connection().open()
        for _ in range(3):
            c.ask(request("Heartbeat", 4, 7, HEARTBEAT))
        for code in (0, 27, 25):
            c.answer(response("Heartbeat", 4, 7, {"throttleTimeMs": 0, "errorCode": code}))
        self.assertEqual(["Heartbeat v4  #7", "Heartbeat v4  #7  REBALANCE_IN_PROGRESS",
                          "Heartbeat v4  #7  UNKNOWN_MEMBER_ID"], shown(c))

    def test_responses_without_requests(self) -> None:
        c = Connection().open().answer(response("Heartbeat", 4, 77, ALIVE))
        c.ask(request("Heartbeat", 4, 1, HEARTBEAT)).answer(response("Heartbeat", 4, 1, ALIVE))
        done = run_pcap(c.file())
        self.assertEqual((1, "kwire: 1 response skipped: the request is not in the capture\n"),
                         (len(done.out.splitlines()), done.err))


class Live(CommandTest):
    """On the loopback interface, if the system permits it."""

    def start(self, *options: str) -> subprocess.Popen:
        process = subprocess.Popen([KWIRE, "pcap", "-i", "lo", *options], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        time.sleep(0.3)
        if process.poll() is not None:
            raise unittest.SkipTest(process.stderr.read().decode().strip())
        return process

    @staticmethod
    def talk(listener: socket.socket, stop: threading.Event) -> None:
        """Both sides of a conversation, repeatedly, as the start of capturing is not known."""
        port = listener.getsockname()[1]
        while not stop.is_set():
            with socket.create_connection(("127.0.0.1", port)) as client, listener.accept()[0] as broker:
                for question, answer in exchanges():
                    client.sendall(question)
                    broker.recv(len(question), socket.MSG_WAITALL)
                    if answer:
                        broker.sendall(answer)
                        client.recv(len(answer), socket.MSG_WAITALL)
            stop.wait(0.05)

    def run_live(self, *options: str, interrupt: bool) -> Done:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            process = self.start("--port", str(listener.getsockname()[1]), *options)
            stop = threading.Event()
            thread = threading.Thread(target=self.talk, args=(listener, stop))
            thread.start()
            try:
                if interrupt:
                    time.sleep(START_TIME)
                    process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=TIMEOUT)
            finally:
                stop.set()
                thread.join()
        return Done(process.returncode, out.decode(), err.decode())

    def test_count(self) -> None:
        done = self.run_live("--api", "Fetch", "--count", "2", interrupt=False)
        self.assertEqual(0, done.status)
        lines, table = done.out.split("\n\n")
        self.assertEqual(2, len(lines.splitlines()))
        for line in lines.splitlines():
            self.assertIn("Fetch v13  #4  \"a reader\"  169 > 109239 B", line)
        self.assertRegex(table, r"(?m)^Fetch +2 ")

    def test_interrupt(self) -> None:
        done = self.run_live("--stats", interrupt=True)
        self.assertEqual(0, done.status)
        self.assertRegex(done.out, r"(?m)^Produce +\d+ ")
        self.assertRegex(done.out, r"(?m)^Heartbeat +REBALANCE_IN_PROGRESS +\d+$")

    @unittest.skipUnless(os.geteuid() == 0, "needs to be able to give up its rights")
    @unittest.skipIf("KWIRE_LAUNCHER_DESCRIPTORS" in os.environ, "the launcher would need its rights")
    def test_without_the_permission(self) -> None:
        def give_up() -> None:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

        environment = os.environ | {"LLVM_PROFILE_FILE": "/dev/null"}  # a coverage build could not write its own
        try:
            done = subprocess.run([KWIRE, "pcap", "-i", "lo"], preexec_fn=give_up, capture_output=True,
                                  timeout=TIMEOUT, check=False, env=environment)
        except PermissionError:
            self.skipTest("the command is out of reach for others")
        self.assertEqual(3, done.returncode)
        self.assertRegex(done.stderr, rb"\Akwire: lo: [^\n]* \(capturing needs root's rights, or the capability "
                                      rb"CAP_NET_RAW\)\n\Z")


if __name__ == "__main__":
    main()
