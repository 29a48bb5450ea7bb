# SPDX-License-Identifier: Apache-2.0
"""A kwire-broker on a free port. KWIRE_BROKER in the environment is its path."""

from __future__ import annotations

import os
import select
import subprocess

from command import TIMEOUT

BROKER = os.environ.get("KWIRE_BROKER")


class LiveBroker:
    """`with` gives its address."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __enter__(self) -> str:
        self.process = subprocess.Popen([str(BROKER), "--listen", "127.0.0.1:0", *self.words], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT)
        line = self.process.stdout.readline() if ready else ""
        return line.removeprefix("kwire-broker listening on ").strip()

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=TIMEOUT)
