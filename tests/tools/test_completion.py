#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion of the words of the command, in real shells on a pseudo terminal. KWIRE_HELP: the folder of scripts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from command import CommandTest, main
from shells import Shell, can_run

MADE = Path(os.environ.get("KWIRE_HELP", "."))

# The line before the tab key, and after it.
LINES = (
    ("kwire deco", "kwire decode "),
    ("kwire hel", "kwire help "),
    ("kwire help expl", "kwire help explain "),
    ("kwire decode --stri", "kwire decode --strict "),
    ("kwire apis Metad", "kwire apis Metadata "),
    ("kwire apis --js", "kwire apis --json "),
    ("kwire apis --release 3.9 Metad", "kwire apis --release 3.9 Metadata "),
    ("kwire apis --release 0.8", "kwire apis --release 0.8.2 "),
    ("kwire schema --di", "kwire schema --diff "),
    ("kwire schema --diff HeartbeatReq", "kwire schema --diff HeartbeatRequest "),
    ("kwire errors NOT_CO", "kwire errors NOT_CO"),
    ("kwire errors NOT_COO", "kwire errors NOT_COORDINATOR "),
    ("kwire call localhost:9092 Metad", "kwire call localhost:9092 Metadata "),
    ("kwire call --timeout 3 --pretty host:9092 Metad", "kwire call --timeout 3 --pretty host:9092 Metadata "),
    ("kwire call --sasl PLA", "kwire call --sasl PLAIN "),
    ("kwire call --sasl OAU", "kwire call --sasl OAUTHBEARER "),
    ("kwire call --sasl OAUTHBEARER --token-file first", "kwire call --sasl OAUTHBEARER --token-file first-file.bin "),
    ("kwire decode --unknown-tags HeartbeatReq", "kwire decode --unknown-tags HeartbeatRequest "),
    ("kwire encode HeartbeatReq", "kwire encode HeartbeatRequest "),
    ("kwire decode --max-memory ", "kwire decode --max-memory "),
    ("kwire decode HeartbeatRequest ", "kwire decode HeartbeatRequest "),
    ("kwire explain --input ba", "kwire explain --input base64 "),
    ("kwire explain --color ne", "kwire explain --color never "),
    ("kwire explain --api Heartb", "kwire explain --api Heartbeat "),
    ("kwire explain --short first", "kwire explain --short first-file.bin "),
    ("kwire explain first-file.bin sec", "kwire explain first-file.bin second-file.bin "),
    ("kwire pcap --stats first", "kwire pcap --stats first-file.bin "),
    ("kwire dump-log --type timei", "kwire dump-log --type timeindex "),
    ("kwire dump-log first-file.bin sec", "kwire dump-log first-file.bin second-file.bin "),
    ("kwire diff first-file.bin sec", "kwire diff first-file.bin second-file.bin "),
)


class Shells(CommandTest):
    def check(self, shell: str) -> None:
        if not can_run(shell):
            self.skipTest(f"no {shell}, or no pseudo terminal")
        with tempfile.TemporaryDirectory() as folder:
            for name in ("first-file.bin", "second-file.bin"):
                Path(folder, name).touch()
            with Shell(shell, "kwire", MADE, folder) as one:
                for line, expected in LINES:
                    with self.subTest(shell=shell, line=line):
                        self.assertEqual(expected.rstrip(), one.complete(line))
                for line, *offered in (("kwire errors NOT_CO", "NOT_CONTROLLER", "NOT_COORDINATOR"),
                                       ("kwire explain --input ", "array", "base64", "string"),
                                       ("kwire call localhost:9092 DescribeT", "DescribeTopicPartitions")):
                    shown = one.offers(line, tuple(offered))
                    for word in offered:
                        with self.subTest(shell=shell, line=line):
                            self.assertIn(word, shown)

    def test_bash(self) -> None:
        self.check("bash")

    def test_zsh(self) -> None:
        self.check("zsh")

    def test_fish(self) -> None:
        self.check("fish")


if __name__ == "__main__":
    main()
