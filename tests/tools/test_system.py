#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command when reading or writing fails."""

import os
import pathlib
import signal
import subprocess
import unittest

from command import KWIRE, TIMEOUT, CommandTest, main

QUESTION = b'{"message":"ListGroupsRequest","version":0,"hex":""}\n'


class System(CommandTest):
    def complaint(self, words: list[str], **files: object) -> tuple[int, bytes]:
        done = subprocess.run([KWIRE, *words], stderr=subprocess.PIPE, timeout=TIMEOUT, check=False, **files)
        return done.returncode, done.stderr

    @unittest.skipUnless(pathlib.Path("/dev/full").exists(), "no /dev/full")
    def test_disk_full(self) -> None:
        with open("/dev/full", "wb") as full:
            for words in (["apis"], ["errors"], ["--help"], ["decode", "--help"], ["decode", "--jsonl"],
                          ["decode", "ListGroupsRequest", "0", ""], ["encode", "ListGroupsRequest", "0", "{}"]):
                with self.subTest(words=words):
                    status, err = self.complaint(words, input=QUESTION * 10000, stdout=full)
                    self.assertEqual((3, b"kwire: standard output: No space left on device\n"), (status, err))

    def test_input_that_cannot_be_read(self) -> None:
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        for words in (["decode", "--jsonl"], ["encode", "ListGroupsRequest", "0"]):
            status, err = self.complaint(words, stdin=folder, stdout=subprocess.DEVNULL)
            self.assertEqual((3, b"kwire: standard input: Is a directory\n"), (status, err))

    def closed_pipe(self, ignored: bool) -> tuple[int, bytes]:
        def prepare() -> None:
            signal.signal(signal.SIGPIPE, signal.SIG_IGN if ignored else signal.SIG_DFL)

        reading, writing = os.pipe()
        os.close(reading)
        try:
            return self.complaint(["decode", "--jsonl"], input=QUESTION, stdout=writing, restore_signals=False,
                                  preexec_fn=prepare)
        finally:
            os.close(writing)

    def test_reader_that_goes_away(self) -> None:
        self.assertEqual((-signal.SIGPIPE, b""), self.closed_pipe(ignored=False))
        self.assertEqual((3, b"kwire: standard output: Broken pipe\n"), self.closed_pipe(ignored=True))


if __name__ == "__main__":
    main()
