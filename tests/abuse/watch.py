# SPDX-License-Identifier: Apache-2.0
"""The resources of a process, from /proc: memory, threads, descriptors. Linux only."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import threading
import time


@dataclasses.dataclass
class Usage:
    memory: int  # bytes that are resident and not of files
    threads: int
    descriptors: int

    def is_back_at(self, level: "Usage", slack: int) -> bool:
        return (self.threads <= level.threads and self.descriptors <= level.descriptors
                and self.memory <= level.memory + slack)


class Watch:
    def __init__(self, pid: int):
        self.folder = pathlib.Path(f"/proc/{pid}")

    def _status(self, name: str) -> int:
        return int(re.search(rf"^{name}:\s+(\d+)", (self.folder / "status").read_text(), re.MULTILINE)[1])

    def usage(self) -> Usage:
        return Usage(self._status("RssAnon") * 1024, self._status("Threads"), len(list((self.folder / "fd").iterdir())))

    def forget_peak(self) -> None:
        (self.folder / "clear_refs").write_text("5")

    def peak(self) -> int:
        """The maximum of resident bytes since forget_peak(), files included."""
        return self._status("VmHWM") * 1024

    def anonymous(self) -> int:
        return self._status("RssAnon") * 1024

    def wait_for(self, level: Usage, slack: int, seconds: float) -> Usage:
        """The usage once it is back at a level, or after this time."""
        deadline = time.monotonic() + seconds
        while not (now := self.usage()).is_back_at(level, slack) and time.monotonic() < deadline:
            time.sleep(0.05)
        return now


class Sampler:
    """In a with block: the most memory without files that was in use, looked at often."""

    def __init__(self, watch: Watch):
        self.watch, self.most = watch, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self.ended.wait(0.005):
            self.most = max(self.most, self.watch.anonymous())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
