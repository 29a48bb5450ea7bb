#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap --html: what its page says. tests/pages looks at it in a browser."""

from __future__ import annotations

import re
import shlex
import tempfile
from pathlib import Path

from busy_capture import busy_capture
from captures import Connection, End, START, pcap_file, records
from command import CommandTest, Done, kwire, main
from html_page import HtmlPage, read_page
from kafka_frames import request, response
from pcap_support import HEARTBEAT, conversation, run_pcap
from test_pcap import LINES

ANSWER = {"throttleTimeMs": 0, "errorCode": 0}


def texts(page: HtmlPage, tag: str = "", class_name: str = "") -> list[str]:
    return [one.text for one in page.root.all(tag, class_name)]


def values(page: HtmlPage, tag: str, name: str) -> list[str]:
    return [one.attributes[name] or "" for one in page.root.all(tag) if name in one.attributes]


class PageTest(CommandTest):
    def page(self, capture: bytes, *options: str, err: str = "", status: int = 0) -> HtmlPage:
        done = run_pcap(capture, "--html", *options)
        self.assertEqual((status, err), (done.status, done.err))
        return read_page(done.out)


class Content(PageTest):
    def test_facts(self) -> None:
        page = self.page(conversation().file())
        self.assertEqual(["Kafka requests in capture"], texts(page, "title"))
        self.assertEqual(["6", "2", "1", "2023-11-14T22:13:20.000300Z", "0.013900 s"], texts(page, "dd")[:5])
        self.assertEqual([""], texts(page, class_name="missing"))

    def test_latencies(self) -> None:
        rows = texts(self.page(conversation().file()), "tr")
        self.assertEqual(6, len(rows))
        self.assertEqual("Produce2101.1001.1001.1001.100"
                         "1,263 \u2192 90NOT_LEADER_OR_FOLLOWER\u00a0\u00d7\u00a01", rows[1])

    def test_exchanges(self) -> None:
        page = self.page(conversation().file())
        summaries = texts(page, "summary")
        self.assertEqual(6, len(summaries))
        self.assertEqual("0.001300 s, Metadata v12, 10.0.0.1:40000, 1.100 ms, events[0-2]", summaries[1])
        self.assertEqual("0.002600 s, Produce v9, 10.0.0.1:40000, 1.100 ms, failed: "
                         "events[0-1] 6 records 776 B  NOT_LEADER_OR_FOLLOWER", summaries[2])
        self.assertIn(", acks 0, ", summaries[4])
        links = [link for link in values(page, "a", "href") if link.startswith("#x")]
        self.assertEqual([f"#x{n}" for n in range(1, 7)], links)
        self.assertEqual([f"x{n}" for n in range(1, 7)], [one for one in values(page, "div", "id")])

    def test_messages(self) -> None:
        """As kwire explain prints them, up to a limit."""
        page = self.page(conversation().file())
        messages = texts(page, "pre")
        self.assertEqual(11, len(messages))  # one request has no response
        self.assertTrue(messages[10].startswith("Heartbeat response version 4, correlation id 6, 16 bytes\n"))
        self.assertRegex(messages[10], r"errorCode +INT16 +27 +REBALANCE_IN_PROGRESS")
        fetch = next(text for text in messages if text.startswith("Fetch response"))
        self.assertLessEqual(len(fetch), 3072)
        self.assertTrue(fetch.endswith("\n"))
        self.assertTrue(any(re.fullmatch(r"[\d,]+ more lines.*", text) for text in texts(page, class_name="muted")))

    def test_command_for_more(self) -> None:
        """The one that an entry names shows its exchange, and no other."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "it's a capture.pcap")
            path.write_bytes(conversation().file())
            page = read_page(kwire("pcap", "--html", str(path)).out)
            command = shlex.split(texts(page, "code")[2])
            self.assertEqual("kwire", command.pop(0))
            lines = kwire(*[word for word in command if word not in ("--explain", "--full")])
            self.assertEqual(Done(0, LINES.splitlines(keepends=True)[2], ""), lines)

    def test_no_response(self) -> None:
        page = self.page(Connection().open().ask(request("Heartbeat", 4, 9, HEARTBEAT)).close().file())
        self.assertIn(", no response, failed: ", texts(page, "summary")[0])
        self.assertEqual(1, len(texts(page, class_name="lost")))

    def test_long_client_id(self) -> None:
        name = "\u20ac" * 1000
        capture = Connection().open()
        for number, client in enumerate(("short", name)):
            capture.ask(request("Heartbeat", 4, number, HEARTBEAT, client_id=client))
            capture.answer(response("Heartbeat", 4, number, ANSWER))
        self.assertIn("\u20ac" * 340 + "...", texts(self.page(capture.file()), "dd"))  # of 1,024 bytes

    def test_untrusted_text(self) -> None:
        evil = "<script>\"'&</script>\u202e"
        capture = Connection().open().ask(request("Heartbeat", 4, 1, HEARTBEAT | {"groupId": evil}, client_id=evil))
        page = self.page(capture.answer(response("Heartbeat", 4, 1, ANSWER)).file())
        self.assertEqual(2, len(texts(page, "script")))  # of the page
        self.assertIn("<script>\"'&</script>\\xe2\\x80\\xae", texts(page, "dd"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "<b>&.pcap")
            path.write_bytes(capture.file())
            page = read_page(kwire("pcap", "--html", str(path)).out)
        self.assertEqual(["Kafka requests in <b>&.pcap"], texts(page, "h1"))

    def test_passwords(self) -> None:
        capture = Connection().open()
        capture.ask(request("SaslHandshake", 1, 1, {"mechanism": "PLAIN"}))
        capture.answer(response("SaslHandshake", 1, 1, {"errorCode": 0, "mechanisms": ["PLAIN"]}))
        capture.ask(request("SaslAuthenticate", 2, 2, {"authBytes": "AGFsaWNlAGhpZGRlbi13b3Jk"}))  # hidden-word
        done = run_pcap(capture.close().file(), "--html")
        self.assertIn("alice", done.out)
        self.assertNotIn("hidden-word", done.out)
        self.assertNotIn("68 69 64 64 65 6e", done.out)

    def test_standard_input(self) -> None:
        done = kwire("pcap", "--html", "-", stdin=conversation().file())
        self.assertEqual(["Kafka requests in standard input"], texts(read_page(done.out), "h1"))


class Limits(PageTest):
    def test_details(self) -> None:
        """Of each API those that failed, then the slowest; the table counts all."""
        whole, cut = self.page(busy_capture()), self.page(busy_capture(), "--details", "20")
        self.assertEqual(texts(whole, "tr"), texts(cut, "tr"))
        self.assertEqual(20, len(texts(cut, "summary")))
        self.assertIn("146 requests have no bar and no entry below.", texts(cut, class_name="missing")[0])
        of_whole = [text for text in texts(whole, "summary") if "Heartbeat" in text]
        of_cut = [text for text in texts(cut, "summary") if "Heartbeat" in text]
        self.assertEqual([text for text in of_whole if "failed" in text], [text for text in of_cut if "failed" in text])
        self.assertEqual(4, len(of_cut))
        self.assertEqual({"Produce", "Fetch", "Heartbeat", "Metadata", "ApiVersions"},
                         {text.split(" ")[2] for text in texts(cut, "summary")})

    def test_slowest(self) -> None:
        capture = Connection().open()
        for number in range(50):
            capture.ask(request("Heartbeat", 4, number, HEARTBEAT))
            capture.pass_time(number * 37 % 50 * 1_000_000).answer(response("Heartbeat", 4, number, ANSWER))
        page = self.page(capture.file(), "--details", "5")
        self.assertEqual([f"{n}.100 ms" for n in range(45, 50)],
                         sorted(re.search(r"[\d.]+ ms", text)[0] for text in texts(page, "summary")))

    def test_connections(self) -> None:
        packets = []
        for number in range(250):
            one = Connection(client=End("10.0.0.1", 30000 + number)).open()
            packets += one.ask(request("Heartbeat", 4, 1, HEARTBEAT)).answer(
                response("Heartbeat", 4, 1, ANSWER)).close().packets
        page = self.page(pcap_file(records(packets)))
        self.assertEqual(200, len(texts(page, class_name="lane")))
        self.assertIn("50 requests of connections after the first 200 are only counted by API.",
                      texts(page, class_name="missing")[0])

    def test_memory(self) -> None:
        done = run_pcap(busy_capture(6, 60), "--html", "--max-memory", "65536")
        page = read_page(done.out)
        self.assertEqual(0, done.status)
        self.assertIn("no bar and no entry", texts(page, class_name="missing")[0])
        self.assertLess(len(done.out), 200_000)

    def test_memory_for_what_failed(self) -> None:
        """Where memory is short, later failures replace what came before."""
        page = read_page(run_pcap(busy_capture(3, 40), "--html", "--max-memory", "128K").out)
        heartbeats = [text for text in texts(page, "summary") if "Heartbeat" in text]
        self.assertEqual(3, len([text for text in heartbeats if "failed" in text]))
        self.assertLess(len(heartbeats), 30)

    def test_long_times(self) -> None:
        """Years between two requests, of which the later one comes first."""
        late, early = Connection(), Connection(client=End("10.0.0.1", 50000))
        late.time, early.time = START, 1_000_000_000
        for one in (late, early):
            one.open().ask(request("Heartbeat", 4, 1, HEARTBEAT)).answer(response("Heartbeat", 4, 1, ANSWER))
        page = self.page(pcap_file(records(late.packets + early.packets)))
        self.assertEqual(2, len(texts(page, "summary")))
        self.assertEqual(2, len([path for path in values(page, "path", "d") if path]))

    def test_damaged(self) -> None:
        page = self.page(conversation().file()[:-1000], status=1,
                         err="kwire: capture: truncated dump file; tried to read 60 captured bytes, only got 49\n")
        self.assertGreater(len(texts(page, "summary")), 2)

    def test_without_traffic(self) -> None:
        page = self.page(pcap_file([]), err="kwire: no Kafka traffic among 0 packets\n")
        self.assertEqual(["no Kafka traffic among 0 packets"], texts(page, "li"))
        self.assertEqual([], texts(page, "table"))


class Usage(PageTest):
    def test_options(self) -> None:
        for name in ("--json", "--stats", "--explain", "--hex", "--bodies", "--raw-records", "--full", "--color=never"):
            option = name.partition("=")[0]
            self.complains(2, f"kwire: pcap: --html and {option} exclude each other (see kwire pcap --help)", "pcap",
                           "--html", name, "-")
        self.complains(2, 'kwire: pcap: --details is a number from 1 to 10000, not "0" (see kwire pcap --help)', "pcap",
                       "--html", "--details", "0", "-")
        self.complains(2, "kwire: pcap: --details needs --html (see kwire pcap --help)", "pcap", "--details", "5", "-")


if __name__ == "__main__":
    main()
