#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Abuses a broker on the loopback interface while another client continues to send requests. ARCHIVE has its data
directory. A second broker, with a limit for the memory of requests, is abused by peers that write.

usage: abuse.py BROKER ARCHIVE [--connections N] [--seconds S] [--rounds R] [--only ATTACK]
The client must see no error; after each attack threads, descriptors and memory must be where they were. If
KWIRE_SANITIZED is set, the connections are fewer and memory is not checked, as sanitizers keep freed memory. Prints a
line with the figures of each attack. Exit 77, for a skipped test, if the system forbids that many connections.
"""

from __future__ import annotations

import argparse
import asyncio
import pathlib
import resource
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "broker"))
import attacks  # noqa: E402
from support import SANITIZED, Process  # noqa: E402
from watch import Sampler, Usage, Watch  # noqa: E402
from write_attacks import WRITE_ATTACKS  # noqa: E402

MIB = 1 << 20
SLACK = 8 * MIB  # of memory, for an allocator's caches
SETTLING = 60.0 if SANITIZED else 10.0  # seconds until everything is back to normal
SKIPPED = 77
WORKERS = 4  # threads for work that may wait for the disk, which start when there is some and stay
# A transaction of the archive is open and takes too long: the logs of its partition and of its coordinator are written.
ABORTED = 2
FROM_CORPUS = 500  # inputs of each fuzz target
FOR_REQUESTS = 48 * MIB  # queued.max.request.bytes of the broker that is written to
REQUEST = 16 * MIB  # socket.request.max.bytes
BEYOND = 48 * MIB  # what it may take in addition: the longest request, connections, metadata, the allocator


def allow(descriptors: int) -> str | None:
    """The reason why that many connections are not possible; None if they are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < descriptors:
        return f"{descriptors} descriptors are needed, ulimit -Hn is {hard}"
    if soft != resource.RLIM_INFINITY and soft < descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
    pids = pathlib.Path("/sys/fs/cgroup/pids.max")
    most = pids.read_text().strip() if pids.exists() else "max"
    if most != "max" and int(most) < descriptors:
        return f"{descriptors} threads are needed, the cgroup allows {most}"
    return None


class Bystander:
    def __init__(self, broker: Process):
        command = [sys.executable, "-B", str(pathlib.Path(__file__).with_name("bystander.py")), broker.host,
                   str(broker.port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def stop(self) -> str:
        output, _ = self.process.communicate(timeout=30)
        if self.process.returncode != 0:
            raise AssertionError("the client that behaves well has seen an error")
        number, slowest = output.split()
        return f"{int(number)} questions meanwhile, slowest answer {int(slowest)} ms"


def run(attack, broker: Process, watch: Watch, target: attacks.Target, level: Usage, slack: int,
        most: int | None) -> list[str]:
    """Prints the figures; returns the failures. `most` is the memory that it may take; None: any."""
    bystander = Bystander(broker)
    before, begin = watch.usage(), time.monotonic()
    watch.forget_peak()
    resting = watch.peak()
    with Sampler(watch) as sampler:
        result = asyncio.run(attack(target))
    took, peak = time.monotonic() - begin, watch.peak() - resting
    try:
        asked, wrong = bystander.stop(), []
    except AssertionError as error:
        asked, wrong = str(error), [str(error)]
    after = watch.wait_for(level, slack, SETTLING)
    memory = f"{before.memory / MIB:.1f} +{peak / MIB:.1f} -> {after.memory / MIB:.1f} MiB"
    print(f"{attack.__name__:19} {took:4.1f} s  {result.opened:5} opened {result.held:5} held {result.frames:8} frames "
          f"{result.ended:5} ended  memory {memory:24} {asked}", flush=True)
    if most is not None and sampler.most - level.memory > most:
        wrong.append(f"it takes {(sampler.most - level.memory) / MIB:.1f} MiB")
    if not after.is_back_at(level, slack):
        wrong.append(f"it does not return to its level: {level} before, {after} after")
    return wrong


def abuse(kind: list, options: argparse.Namespace, more: tuple[str, ...], most: int | None) -> list[str]:
    """Starts a broker, runs the attacks of a kind, and stops it; returns the failures."""
    wrong: list[str] = []
    folder = tempfile.TemporaryDirectory()
    with tarfile.open(options.archive) as tar:
        tar.extractall(folder.name)
    command = (options.broker, *more, "--listen", "127.0.0.1:0", "--data-dir", folder.name + "/data")
    with Process(*command) as broker, folder:
        watch = Watch(broker.process.pid)
        corpus = attacks.load_corpus(ROOT / "fuzz" / "corpus", FROM_CORPUS)
        target = attacks.Target(broker.host, broker.port, options.connections, options.seconds, corpus)
        level = watch.usage()
        level.threads += WORKERS
        level.descriptors += ABORTED
        slack = SLACK if not SANITIZED else 1 << 40
        for attack in kind * options.rounds:
            if options.only in (None, attack.__name__):
                wrong += [f"{attack.__name__}: {w}" for w in run(attack, broker, watch, target, level, slack, most)]
        lines = broker.log()
        if broker.stop() != 0:
            wrong.append("the broker did not stop well: " + "\n".join(lines[-20:]))
        print(f"{len(lines)} lines in the broker's log")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("broker")
    parser.add_argument("archive")
    parser.add_argument("--connections", type=int, default=1000 if SANITIZED else 5000)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", choices=[attack.__name__ for attack in attacks.ATTACKS + WRITE_ATTACKS])
    options = parser.parse_args()
    if not pathlib.Path("/proc/self/status").exists():
        print("skipped: the figures are those of /proc")
        return SKIPPED
    reason = allow(options.connections + 300)
    if reason is not None:
        print(f"skipped: {reason}")
        return SKIPPED
    wrong = abuse(attacks.ATTACKS, options, (), None)
    with tempfile.NamedTemporaryFile("w", suffix=".properties") as properties:
        properties.write(f"queued.max.request.bytes={FOR_REQUESTS}\nsocket.request.max.bytes={REQUEST}\n")
        properties.flush()
        most = FOR_REQUESTS + BEYOND if not SANITIZED else None
        wrong += abuse(WRITE_ATTACKS, options, (properties.name,), most)
    for line in wrong:
        print("FAILED", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
