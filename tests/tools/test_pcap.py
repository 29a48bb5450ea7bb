#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap: its output for a capture, its filters, and its errors."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from pathlib import Path

from captures import Connection, End, START, cut_packets, pcap_file, pcapng_file, records
from command import KWIRE, TIMEOUT, CommandTest, Done, kwire, main
from kafka_frames import frame, request, response
from pcap_support import EVENTS, HEARTBEAT, STRANGE, conversation, exchanges, fetch_request, fetch_response, run_pcap

LINES = """\
2023-11-14T22:13:20.000300Z  10.0.0.1:40000 > 10.0.0.2:9092  ApiVersions v3  #1  tester  26 > 23 B  1.100 ms
2023-11-14T22:13:20.001600Z  10.0.0.1:40000 > 10.0.0.2:9092  Metadata v12  #2  tester  49 > 149 B  1.100 ms  \
events[0-2]
2023-11-14T22:13:20.002900Z  10.0.0.1:40000 > 10.0.0.2:9092  Produce v9  #3  tester  829 > 90 B  1.100 ms  \
events[0-1] 6 records 776 B  NOT_LEADER_OR_FOLLOWER
2023-11-14T22:13:20.004200Z  10.0.0.1:40000 > 10.0.0.2:9092  Fetch v13  #4  "a reader"  169 > 109239 B  8.600 ms  \
events[0,2] 1000 records 109122 B
2023-11-14T22:13:20.013000Z  10.0.0.1:40000 > 10.0.0.2:9092  Produce v9  #5  tester  434 B  acks 0  \
events[2] 3 records 388 B
2023-11-14T22:13:20.013100Z  10.0.0.1:40000 > 10.0.0.2:9092  Heartbeat v4  #6  -  25 > 16 B  1.100 ms  \
REBALANCE_IN_PROGRESS
"""
APIS = ["ApiVersions", "Metadata", "Produce", "Fetch", "Produce", "Heartbeat"]


class PcapTest(CommandTest):
    def shows(self, expected: str, capture: bytes, *options: str, remarks: str = "", status: int = 0) -> None:
        self.assertEqual(Done(status, expected, remarks), run_pcap(capture, *options))

    def objects(self, capture: bytes, *options: str) -> list[dict]:
        done = run_pcap(capture, "--json", *options)
        self.assertEqual((0, ""), (done.status, done.err))
        return [json.loads(line) for line in done.out.splitlines()]


class Lines(PcapTest):
    def test_conversation(self) -> None:
        self.shows(LINES, conversation().file())

    def test_ipv6_and_another_port(self) -> None:
        client, broker = End("fe80::1", 40000), End("2001:db8::2", 9092)
        capture = Connection(client, broker).open().ask(exchanges()[0][0]).answer(exchanges()[0][1])
        self.shows("2023-11-14T22:13:20.000300Z  [fe80::1]:40000 > [2001:db8::2]:9092  ApiVersions v3  #1  tester  "
                   "26 > 23 B  0.100 ms\n", capture.file())
        self.shows(LINES.replace(":9092", ":29092"), conversation(broker=End("10.0.0.2", 29092)).file())

    def test_topic_ids(self) -> None:
        """Names are those that a broker sent before, and "id:" without one."""
        ask = Connection().open()
        for topic in (STRANGE, EVENTS):
            ask.ask(request("Fetch", 13, 1, fetch_request(topic, 5)))
            ask.answer(response("Fetch", 13, 1, fetch_response(topic, b"", 5)))
        lines = run_pcap(ask.file()).out.splitlines()
        self.assertEqual([f"  id:{STRANGE}[5]", f"  id:{EVENTS}[5]"], [line[line.index("  id:"):] for line in lines])

    def test_long_lists(self) -> None:
        even = [{"partitionIndex": n, "currentLeaderEpoch": -1, "timestamp": -1} for n in range(0, 40, 2)]
        topics = [{"name": f"topic-{i}", "partitions": even} for i in range(30)]
        answer = [{"name": topic["name"], "partitions": [
            {"partitionIndex": p["partitionIndex"], "errorCode": 3, "timestamp": -1, "offset": -1, "leaderEpoch": -1}
            for p in topic["partitions"]]} for topic in topics]
        capture = Connection().open()
        capture.ask(request("ListOffsets", 7, 1, {"replicaId": -1, "isolationLevel": 0, "topics": topics}))
        capture.answer(response("ListOffsets", 7, 1, {"throttleTimeMs": 0, "topics": answer}))
        line = run_pcap(capture.file()).out
        self.assertIn("  topic-0[0,2,4,6,8,10,12,14,...], topic-1[", line)
        self.assertTrue(line.endswith(", 14 more  600 x UNKNOWN_TOPIC_OR_PARTITION\n"), line)

    def test_no_response(self) -> None:
        question = request("Heartbeat", 4, 9, HEARTBEAT)
        self.shows("2023-11-14T22:13:20.000300Z  10.0.0.1:40000 > 10.0.0.2:9092  Heartbeat v4  #9  tester  31 B  "
                   "no response seen\n", Connection().open().ask(question).close().file())

    def test_unknown_apis_and_versions(self) -> None:
        """APIs and versions of the future are paired, too."""
        for key, version, name in ((250, 1, "API-250"), (12, 60, "Heartbeat")):
            asked = frame(key.to_bytes(2, "big") + version.to_bytes(2, "big") + b"\0\0\0\7\0\1x\0 and more")
            capture = Connection().open().ask(asked).answer(frame(b"\0\0\0\7 whatever"))
            self.shows(f"2023-11-14T22:13:20.000300Z  10.0.0.1:40000 > 10.0.0.2:9092  {name} v{version}  #7  x  25 > 17"
                       " B  0.100 ms\n", capture.file())

    def test_malformed_bodies(self) -> None:
        good = request("Heartbeat", 4, 1, HEARTBEAT)
        answer = response("Heartbeat", 4, 1, {"throttleTimeMs": 0, "errorCode": 0})
        for asked, answered, end in (
                (frame(good[4:] + b"!"), answer, "request: 1 byte left over"),
                (frame(good[4:-3]), answer, "request: ERR_LENGTH at byte 6"),
                (good, frame(answer[4:] + b"!!"), "response: 2 bytes left over"),
                (good, frame(answer[4:-2]), "response: ERR_TRUNCATED at byte 4")):
            line = run_pcap(Connection().open().ask(asked).answer(answered).file()).out
            self.assertTrue(line.endswith(f" ms  {end}\n"), (line, end))

    def test_odd_client_ids(self) -> None:
        for name, shown in (("", '""'), ("-", '"-"'), ("a  b\n", '"a  b\\n"'), ("ä", '"ä"'),
                            ("\x1b[31m", '"\\u001b[31m"'), ("\x9b31m", '"\\u009b31m"'),
                            ("\udcff\x07\x7f", '"\ufffd\\u0007\\u007f"')):
            line = run_pcap(Connection().open().ask(request("Heartbeat", 4, 1, HEARTBEAT, client_id=name)).file()).out
            self.assertIn(f"  #1  {shown}  ", line)

    def test_files(self) -> None:
        content = records(conversation().packets)
        for order in "<>":
            for nano in (False, True):
                self.shows(LINES, pcap_file(content, order=order, nano=nano))
            self.shows(LINES, pcapng_file(content, order=order))
            self.shows(LINES, pcapng_file(content, order=order, more_snaplens=(65535, 0, 1 << 20)))

    def test_standard_input(self) -> None:
        done = kwire("pcap", "-", stdin=conversation().file())
        self.assertEqual(Done(0, LINES, ""), done)

    def test_lines_come_while_the_writer_waits(self) -> None:
        whole = conversation().file()
        half = len(Connection(packets=[p for p in conversation().packets if p.time < START + 3_000_000]).file())
        with subprocess.Popen([KWIRE, "pcap", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(whole[:half])
            process.stdin.flush()
            self.assertEqual(LINES.splitlines()[0], process.stdout.readline().decode().rstrip("\n"))
            process.stdin.write(whole[half:])
            process.stdin.close()
            self.assertEqual(LINES, LINES.splitlines(True)[0] + process.stdout.read().decode())
            self.assertEqual(0, process.wait(TIMEOUT))


class Filters(PcapTest):
    def apis(self, *options: str) -> list[str]:
        return [thing["api"] for thing in self.objects(conversation().file(), *options)]

    def test_filters(self) -> None:
        self.assertEqual(APIS, self.apis())
        self.assertEqual(["Fetch"], self.apis("--api", "Fetch"))
        self.assertEqual(["Metadata", "Produce", "Produce"], self.apis("--api=Produce,3"))
        self.assertEqual([], self.apis("--api", "300"))
        self.assertEqual(["Metadata", "Produce", "Fetch", "Produce"], self.apis("--topic", "events"))
        self.assertEqual([], self.apis("--topic", "event"))
        self.assertEqual(["Fetch"], self.apis("--client-id", "a reader"))
        self.assertEqual(["Produce", "Heartbeat"], self.apis("--errors"))
        self.assertEqual(["Fetch"], self.apis("--slow", "8"))
        self.assertEqual(["ApiVersions", "Metadata", "Produce", "Fetch", "Heartbeat"], self.apis("--slow", "0"))
        self.assertEqual(["Fetch"], self.apis("--topic", "events", "--api", "Fetch,Heartbeat"))
        self.assertEqual(APIS[:2], self.apis("--count", "2"))
        self.assertEqual(["Produce"], self.apis("--count", "1", "--errors"))

    def test_names_are_learned_from_what_is_not_shown(self) -> None:
        self.assertEqual("events", self.objects(conversation().file(), "--api", "Fetch")[0]["requestTopics"][0]["name"])

    def test_ports(self) -> None:
        both = conversation().packets + conversation(40001, End("10.0.0.2", 19092)).packets
        capture = pcap_file(records(both))
        for ports, count in (("9092", 6), ("19092", 6), ("9092,19092", 12), ("40000", 6)):
            self.assertEqual(count, len(run_pcap(capture, "--port", ports).out.splitlines()))
        self.assertEqual(12, len(run_pcap(capture).out.splitlines()))
        self.shows("", capture, "--port", "1", remarks=f"kwire: no Kafka traffic among {len(both)} packets\n")


class Objects(PcapTest):
    def test_objects(self) -> None:
        found = self.objects(conversation().file())
        self.assertEqual(APIS, [thing["api"] for thing in found])
        self.assertEqual({
            "time": "2023-11-14T22:13:20.002900Z", "client": "10.0.0.1:40000", "broker": "10.0.0.2:9092",
            "api": "Produce", "apiKey": 0, "apiVersion": 9, "correlationId": 3, "clientId": "tester",
            "outcome": "answered", "requestBytes": 829, "responseBytes": 90, "latencyMs": 1.1,
            "requestTopicCount": 1, "requestTopics": [{"name": "events", "partitionCount": 2, "partitions": [0, 1],
                                                       "records": 6, "recordBytes": 776}],
            "responseTopicCount": 1, "responseTopics": [{"name": "events", "partitionCount": 2, "partitions": [0, 1]}],
            "errors": {"NOT_LEADER_OR_FOLLOWER": 1}}, found[2])
        self.assertEqual(("acks 0", 434, False), (found[4]["outcome"], found[4]["requestBytes"],
                                                  "responseBytes" in found[4]))
        self.assertIsNone(found[5]["clientId"])

    def test_bodies_are_what_decode_prints(self) -> None:
        found = self.objects(conversation().file(), "--bodies")
        for thing, (question, answer) in zip(found, exchanges(), strict=True):
            version = str(thing["apiVersion"])
            for kind, bytes_ in (("request", question), ("response", answer)):
                if not bytes_:
                    self.assertNotIn(kind, thing)
                    continue
                body = self.body_of(thing["api"], kind, int(version), bytes_)
                done = kwire("decode", thing["api"] + kind.title(), version, stdin=body.hex())
                self.assertEqual(json.loads(done.out), thing[kind])

    def test_records_in_base64(self) -> None:
        plain = self.objects(conversation().file(), "--bodies")[2]["request"]["topicData"][0]["partitionData"][0]
        found = self.objects(conversation().file(), "--bodies", "--raw-records")[2]["request"]
        raw = found["topicData"][0]["partitionData"][0]
        self.assertEqual((list, str), (type(plain["records"]), type(raw["records"])))
        self.assertTrue(raw["records"].startswith(plain["records"][0]["base64"][:40]))

    @staticmethod
    def body_of(api: str, kind: str, version: int, frame_: bytes) -> bytes:
        if kind == "response":
            return frame_[8 if api == "ApiVersions" else 9:]
        size = max(int.from_bytes(frame_[12:14], "big", signed=True), 0)
        return frame_[14 + size + 1:]

    def test_cut_messages(self) -> None:
        capture = pcap_file(records(cut_packets(conversation().packets, 150)))
        found = [json.loads(line) for line in run_pcap(capture, "--json", "--bodies").out.splitlines()]
        self.assertEqual(APIS, [thing["api"] for thing in found])
        fetch = found[3]
        self.assertEqual((109239, 96), (fetch["responseBytes"], fetch["responseBytesCaptured"]))
        self.assertEqual(EVENTS, fetch["response"]["responses"][0]["topicId"])
        self.assertNotIn("responseError", fetch)

    def test_malformed(self) -> None:
        asked = request("Heartbeat", 4, 1, HEARTBEAT)
        capture = Connection().open().ask(frame(asked[4:-3])).answer(frame(b"\0\0\0\1\0\0\0\0\0\0\0\0!"))
        thing = self.objects(capture.file(), "--bodies")[0]
        self.assertEqual({"code": "ERR_LENGTH", "offset": 6, "detail": "length exceeds the bytes left"},
                         thing["requestError"])
        self.assertEqual(1, thing["responseTrailing"])

    def test_memory_for_one_message(self) -> None:
        big = fetch_response(EVENTS, bytes(1_500_000), 0)
        capture = Connection().open().ask(request("Fetch", 13, 1, fetch_request(EVENTS, 0)))
        capture.answer(response("Fetch", 13, 1, big), mss=60000)
        done = run_pcap(capture.file(), "--json", "--bodies", "--max-memory", "1900000")
        thing = json.loads(done.out)
        self.assertEqual((None, "ERR_MEMORY_LIMIT"), (thing["response"], thing["responseMissing"]))


class Statistics(PcapTest):
    def test_table(self) -> None:
        self.shows("""\
API                              COUNT NO ANSWER    FAILED     REQUEST B    RESPONSE B     P50 MS     P99 MS     MAX MS
Produce                              2         0         1          1263            90      1.100      1.100      1.100
Fetch                                1         0         0           169        109239      8.600      8.600      8.600
Metadata                             1         0         0            49           149      1.100      1.100      1.100
Heartbeat                            1         0         1            25            16      1.100      1.100      1.100
ApiVersions                          1         0         0            26            23      1.100      1.100      1.100

API                          ERROR                                    COUNT
Produce                      NOT_LEADER_OR_FOLLOWER                       1
Heartbeat                    REBALANCE_IN_PROGRESS                        1
""", conversation().file(), "--stats")

    def test_objects(self) -> None:
        done = run_pcap(conversation().file(), "--stats", "--json", "--api", "Heartbeat")
        self.assertEqual({"api": "Heartbeat", "apiKey": 12, "count": 1, "noAnswer": 0, "failed": 1, "requestBytes": 25,
                          "responseBytes": 16, "latencyMs": {"p50": 1.1, "p99": 1.1, "max": 1.1},
                          "errors": {"REBALANCE_IN_PROGRESS": 1}}, json.loads(done.out))

    def test_quantiles(self) -> None:
        """To 1/128 of the value."""
        capture = Connection().open()
        latencies = [200_000 * 1.01 ** i for i in range(1000)]  # 0.2 ms to 70 minutes
        random.Random(1).shuffle(latencies)
        for i, latency in enumerate(latencies):
            capture.ask(request("Heartbeat", 4, 1, HEARTBEAT)).pass_time(int(latency) - 100_000)
            capture.answer(response("Heartbeat", 4, 1, {"throttleTimeMs": 0, "errorCode": 0}))
        content = pcapng_file(records(capture.packets))
        found = json.loads(run_pcap(content, "--stats", "--json").out)["latencyMs"]
        ordered = sorted(int(latency) / 1e6 for latency in latencies)
        for share, value in ((500, found["p50"]), (990, found["p99"])):
            self.assertAlmostEqual(1, value / ordered[share - 1], delta=1 / 128)
        self.assertAlmostEqual(ordered[-1], found["max"], delta=0.001)


class Usage(PcapTest):
    def wrong(self, expected: str, *words: str) -> None:
        self.complains(2, f"kwire: pcap: {expected} (see kwire pcap --help)", "pcap", *words)

    def test_words(self) -> None:
        self.wrong("one file, - for standard input, or -i and an interface, is required")
        self.wrong("one file, - for standard input, or -i and an interface, is required", "-i", "lo", "file")
        self.wrong("--bodies needs --json", "--bodies", "x")
        self.wrong("--raw-records needs --bodies", "--json", "--raw-records", "x")
        self.wrong("--stats shows no messages, so --bodies is not allowed", "--bodies", "--json", "--stats", "x")
        self.wrong("--stats shows no messages, so --explain is not allowed", "--explain", "--stats", "x")
        self.wrong("--explain and --json exclude each other", "--explain", "--json", "x")
        self.wrong("--full needs --explain", "--full", "x")
        self.wrong("--color is always, never or auto", "--color", "red", "x")
        self.wrong("--color needs --explain", "--color", "always", "x")
        self.complains(1, 'kwire: no API has the name or key "Fetsh"; did you mean Fetch?', "pcap", "--api",
                       "Produce,Fetsh", "x")
        self.complains(1, 'kwire: no API has the name or key ""', "pcap", "--api", "", "x")
        for ports in ("", "0", "65536", "9092,", "http", "9092;1"):
            first = next(word for word in ports.split(",") if word != "9092")
            self.wrong(f'--port is port numbers separated by commas, not "{first}"', "--port", ports, "x")
        self.wrong("--port is at most 16 ports", "--port", ",".join(["1"] * 17), "x")
        self.wrong('--slow is a number of 0 or more, not "-1"', "--slow", "-1", "x")
        self.wrong('--count is a number of 1 or more, not "0"', "--count=0", "x")
        self.wrong("--max-memory is a number of bytes, at least 65536", "--max-memory", "1T", "x")

    def test_files_that_are_not_captures(self) -> None:
        self.complains(3, "kwire: /nonexistent: No such file or directory", "pcap", "/nonexistent")
        self.shows("", b"hello, this is no capture", remarks="kwire: capture: unknown file format\n", status=1)
        done = kwire("pcap", "-", stdin=b"")
        self.assertEqual((1, ""), (done.status, done.out))
        self.assertTrue(done.err.startswith("kwire: standard input: "), done.err)

    def test_empty_capture(self) -> None:
        for make in (pcap_file, pcapng_file):
            self.shows("", make([]), remarks="kwire: no Kafka traffic among 0 packets\n")

    def test_link_type(self) -> None:
        self.shows("", pcap_file([], kind=105), status=1,
                   remarks="kwire: capture: link type IEEE802_11 (802.11) is not supported\n")

    def test_capture_that_ends_inside_a_packet(self) -> None:
        whole = conversation().file()
        done = run_pcap(whole[:-10])
        self.assertEqual((1, LINES), (done.status, done.out))
        self.assertTrue(done.err.startswith("kwire: capture: truncated dump file"), done.err)

    def test_damaged_captures(self) -> None:
        """For any content of a file: no crash, no hang, and nothing is skipped silently."""
        noise = random.Random(4)
        for make in (pcap_file, pcapng_file):
            whole = make(records(conversation().packets))
            for _ in range(60):
                damaged = bytearray(whole)
                for _ in range(noise.randrange(1, 30)):
                    damaged[noise.randrange(len(damaged))] = noise.randrange(256)
                done = run_pcap(bytes(damaged[:noise.randrange(len(damaged))]), "--json", "--bodies")
                self.assertIn(done.status, (0, 1))
                if done.status == 1:
                    self.assertTrue(done.err.startswith("kwire: capture: "), done.err)
                for line in done.out.splitlines():
                    json.loads(line)

    def test_missing_interface(self) -> None:
        done = kwire("pcap", "-i", "nonexistent0")
        self.assertEqual((3, ""), (done.status, done.out))
        self.assertTrue(done.err.startswith("kwire: nonexistent0: "), done.err)

    def test_output_that_cannot_be_written(self) -> None:
        if not Path("/dev/full").exists():
            self.skipTest("no /dev/full")
        with open("/dev/full", "wb") as full, tempfile.NamedTemporaryFile() as capture:
            capture.write(conversation().file())
            capture.flush()
            for options in ([], ["--json"], ["--stats"]):
                done = subprocess.run([KWIRE, "pcap", *options, capture.name], stdout=full, stderr=subprocess.PIPE,
                                      timeout=TIMEOUT, check=False)
                self.assertEqual((3, b"kwire: standard output: No space left on device\n"),
                                 (done.returncode, done.stderr))


if __name__ == "__main__":
    main()
