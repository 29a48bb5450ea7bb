#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap --html: what its page says. tests/pages looks at it in a browser."""

from __future__ import annotations

import re
import shlex
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

from busy_capture import busy_capture
from captures import Connection, End, START, pcap_file, records
from command import CommandTest, Done, kwire, main
from kafka_frames import request, response
from test_pcap import LINES
from pcap_support import HEARTBEAT, conversation, exchanges, run_pcap

ANSWER = {"throttleTimeMs": 0, "errorCode": 0}


class Parser(HTMLParser):
    """The texts of elements of some classes, their attributes, and all text; nesting must be right."""
    EMPTY = {"meta", "link", "input", "br"}

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.found: dict[str, list[list[str]]] = {}
        self.attributes: list[dict[str, str | None]] = []
        self.feed(markup)
        self.close()
        if self.open:
            raise AssertionError(f"left open: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.attributes.append({"": tag} | attributes)
        if tag not in self.EMPTY:
            keys = [tag, *(attributes.get("class") or "").split()]
            self.open.append((tag, " ".join(keys)))
            for key in keys:
                self.found.setdefault(key, []).append([])

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self.open.pop()
        if opened != tag:
            raise AssertionError(f"<{opened}> is ended by </{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        for key in {key for _, keys in self.open for key in keys.split()}:
            self.found[key][-1].append(data)

    def texts(self, key: str) -> list[str]:
        return ["".join(parts) for parts in self.found.get(key, [])]

    def values(self, tag: str, name: str) -> list[str]:
        return [one[name] or "" for one in self.attributes if one[""] == tag and name in one]


class PageTest(CommandTest):
    def page(self, capture: bytes, *options: str, err: str = "", status: int = 0) -> Parser:
        done = run_pcap(capture, "--html", *options)
        self.assertEqual((status, err), (done.status, done.err))
        return Parser(done.out)


class Content(PageTest):
    def test_facts(self) -> None:
        page = self.page(conversation().file())
        self.assertEqual(["Kafka requests in capture"], page.texts("title"))
        self.assertEqual(["6", "2", "1", "2023-11-14T22:13:20.000300Z", "0.013900 s"], page.texts("dd")[:5])
        self.assertEqual([""], page.texts("missing"))

    def test_latencies(self) -> None:
        rows = self.page(conversation().file()).texts("tr")
        self.assertEqual(6, len(rows))
        self.assertEqual("Produce2101.1001.1001.1001.1001,26390NOT_LEADER_OR_FOLLOWER\u00a0\u00d7\u00a01", rows[1])

    def test_exchanges(self) -> None:
        page = self.page(conversation().file())
        summaries = page.texts("summary")
        self.assertEqual(6, len(summaries))
        self.assertEqual("0.001300 s, Metadata v12, 10.0.0.1:40000, 1.100 ms, events[0-2]", summaries[1])
        self.assertEqual("0.002600 s, Produce v9, 10.0.0.1:40000, 1.100 ms, failed: "
                         "events[0-1] 6 records 776 B  NOT_LEADER_OR_FOLLOWER", summaries[2])
        self.assertIn(", acks 0, ", summaries[4])
        links = [link for link in page.values("a", "href") if link.startswith("#x")]
        self.assertEqual([f"#x{n}" for n in range(1, 7)], links)
        self.assertEqual([f"x{n}" for n in range(1, 7)], [one for one in page.values("div", "id")])

    def test_messages(self) -> None:
        """As kwire explain prints them, up to a limit."""
        page = self.page(conversation().file())
        messages = page.texts("pre")
        self.assertEqual(11, len(messages))  # one request has no response
        self.assertTrue(messages[10].startswith("Heartbeat response version 4, correlation id 6, 16 bytes\n"))
        self.assertRegex(messages[10], r"errorCode +INT16 +27 +REBALANCE_IN_PROGRESS")
        fetch = next(text for text in messages if text.startswith("Fetch response"))
        self.assertLessEqual(len(fetch), 3072)
        self.assertTrue(fetch.endswith("\n"))
        self.assertTrue(any(re.fullmatch(r"[\d,]+ more lines.*", text) for text in page.texts("muted")))

    def test_command_for_more(self) -> None:
        """The one that an entry names shows its exchange, and no other."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "it's a capture.pcap")
            path.write_bytes(conversation().file())
            page = Parser(kwire("pcap", "--html", str(path)).out)
            command = shlex.split(page.texts("code")[2])
            self.assertEqual("kwire", command.pop(0))
            lines = kwire(*[word for word in command if word not in ("--explain", "--full")])
            self.assertEqual(Done(0, LINES.splitlines(keepends=True)[2], ""), lines)

    def test_no_response(self) -> None:
        page = self.page(Connection().open().ask(request("Heartbeat", 4, 9, HEARTBEAT)).close().file())
        self.assertIn(", no response, failed: ", page.texts("summary")[0])
        self.assertEqual(1, len(page.texts("lost")))

    def test_untrusted_text(self) -> None:
        evil = "<script>\"'&</script>\u202e"
        capture = Connection().open().ask(request("Heartbeat", 4, 1, HEARTBEAT | {"groupId": evil}, client_id=evil))
        page = self.page(capture.answer(response("Heartbeat", 4, 1, ANSWER)).file())
        self.assertEqual(2, len(page.texts("script")))  # of the page
        self.assertIn("<script>\"'&</script>\\xe2\\x80\\xae", page.texts("dd"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "<b>&.pcap")
            path.write_bytes(capture.file())
            page = Parser(kwire("pcap", "--html", str(path)).out)
        self.assertEqual(["Kafka requests in <b>&.pcap"], page.texts("h1"))

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
        self.assertEqual(["Kafka requests in standard input"], Parser(done.out).texts("h1"))


class Limits(PageTest):
    def test_details(self) -> None:
        """Of each API those that failed, then the slowest; the table counts all."""
        whole, cut = self.page(busy_capture()), self.page(busy_capture(), "--details", "20")
        self.assertEqual(whole.texts("tr"), cut.texts("tr"))
        self.assertEqual(20, len(cut.texts("summary")))
        self.assertIn("146 requests have no bar and no entry below.", cut.texts("missing")[0])
        of_whole = [text for text in whole.texts("summary") if "Heartbeat" in text]
        of_cut = [text for text in cut.texts("summary") if "Heartbeat" in text]
        self.assertEqual([text for text in of_whole if "failed" in text], [text for text in of_cut if "failed" in text])
        self.assertEqual(4, len(of_cut))
        self.assertEqual({"Produce", "Fetch", "Heartbeat", "Metadata", "ApiVersions"},
                         {text.split(" ")[2] for text in cut.texts("summary")})

    def test_slowest(self) -> None:
        capture = Connection().open()
        for number in range(50):
            capture.ask(request("Heartbeat", 4, number, HEARTBEAT))
            capture.pass_time(number * 37 % 50 * 1_000_000).answer(response("Heartbeat", 4, number, ANSWER))
        page = self.page(capture.file(), "--details", "5")
        self.assertEqual([f"{n}.100 ms" for n in range(45, 50)],
                         sorted(re.search(r"[\d.]+ ms", text)[0] for text in page.texts("summary")))

    def test_connections(self) -> None:
        packets = []
        for number in range(250):
            one = Connection(client=End("10.0.0.1", 30000 + number)).open()
            packets += one.ask(request("Heartbeat", 4, 1, HEARTBEAT)).answer(
                response("Heartbeat", 4, 1, ANSWER)).close().packets
        page = self.page(pcap_file(records(packets)))
        self.assertEqual(200, len(page.texts("lane")))
        self.assertIn("50 requests of connections after the first 200 are only counted by API.",
                      page.texts("missing")[0])

    def test_memory(self) -> None:
        done = run_pcap(busy_capture(6, 60), "--html", "--max-memory", "65536")
        page = Parser(done.out)
        self.assertEqual(0, done.status)
        self.assertIn("no bar and no entry", page.texts("missing")[0])
        self.assertLess(len(done.out), 200_000)

    def test_long_times(self) -> None:
        """Years between two requests, of which the later one comes first."""
        late, early = Connection(), Connection(client=End("10.0.0.1", 50000))
        late.time, early.time = START, 1_000_000_000
        for one in (late, early):
            one.open().ask(request("Heartbeat", 4, 1, HEARTBEAT)).answer(response("Heartbeat", 4, 1, ANSWER))
        page = self.page(pcap_file(records(late.packets + early.packets)))
        self.assertEqual(2, len(page.texts("summary")))
        self.assertEqual(2, len([path for path in page.values("path", "d") if path]))

    def test_damaged(self) -> None:
        page = self.page(conversation().file()[:-1000], status=1,
                         err="kwire: capture: truncated dump file; tried to read 60 captured bytes, only got 49\n")
        self.assertGreater(len(page.texts("summary")), 2)

    def test_without_traffic(self) -> None:
        page = self.page(pcap_file([]), err="kwire: no Kafka traffic among 0 packets\n")
        self.assertEqual(["no Kafka traffic among 0 packets"], page.texts("li"))
        self.assertEqual([], page.texts("table"))


class Usage(PageTest):
    def test_options(self) -> None:
        for words, complaint in ((("--json",), "--html excludes --json, --stats, --explain and --hex"),
                                 (("--stats",), "--html excludes --json, --stats, --explain and --hex"),
                                 (("--details", "0"), "--details is a number from 1 to 1000000, not \"0\"")):
            self.complains(2, f"kwire: pcap: {complaint} (see kwire pcap --help)", "pcap", "--html", *words, "-")
        self.complains(2, "kwire: pcap: --details needs --html (see kwire pcap --help)", "pcap", "--details", "5", "-")


if __name__ == "__main__":
    main()
