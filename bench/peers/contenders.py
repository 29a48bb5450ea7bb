# SPDX-License-Identifier: Apache-2.0
"""The contenders: what each needs, how it is built and run, and how it prints its version."""
from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# Tools, and files by their path, with their packages on Debian 12.
PACKAGES = {
    "/usr/include/isa-l/crc.h": "apt-get install libisal-dev",
    "cargo": "Rust 1.85 or newer",
    "cc": "apt-get install gcc libc6-dev",
    "go": "Go 1.26 or newer",
    "javac": "apt-get install openjdk-17-jdk-headless",
    "meson": "apt-get install meson",
    "mvn": "apt-get install maven",
    "ninja": "apt-get install ninja-build",
}

# Seconds for each operation; --quick has less. Java's compiler takes its time.
SETTINGS = {"WARM_S": "0.2", "MEASURE_S": "0.3"}
JAVA_SETTINGS = {"WARM_S": "2", "MEASURE_S": "0.3"}

Execute = Callable[..., str]


class Failure(Exception):
    """The reason why something could not be done, as text for the output."""


@dataclass(frozen=True)
class Contender:
    """A program that takes DIR [NAME...] and prints what kwire-bench does; run in its folder of the build."""

    name: str
    folder: str
    needs: tuple[str, ...]
    build: tuple[tuple[str, ...], ...]
    run: tuple[str, ...]
    version: Callable[[Path, Execute], str]
    settings: dict[str, str] = field(default_factory=lambda: SETTINGS)


def first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "unknown"


def kwire_version(here: Path, execute: Execute) -> str:
    compiler = re.sub(r" \(.*\)", "", execute(os.environ.get("CC", "cc"), "--version").splitlines()[0])
    return f"kwire {execute(str(here.parents[1] / 'scripts/version')).strip()} by {compiler} -O3"


def java_version(here: Path, execute: Execute) -> str:
    clients = execute(str(here.parents[1] / "scripts" / "kafka-release"), "newest").strip()
    return f"kafka-clients {clients} on {first(r'(openjdk [^ ]+)', execute('java', '--version'))}"


def rust_version(here: Path, execute: Execute) -> str:
    crate = first(r'kafka-protocol = \{ version = "=([^"]+)', (here / "rust/Cargo.toml").read_text())
    return f"kafka-protocol {crate} by {first(r'(rustc [^ ]+)', execute('rustc', '--version'))}"


def go_version(here: Path, execute: Execute) -> str:
    module = first(r"kmsg v(\S+)", (here / "go/go.mod").read_text())
    return f"franz-go kmsg {module} by {first(r'(go[0-9][^ ]*)', execute('go', 'version'))}"


def isal_version(here: Path, execute: Execute) -> str:
    return f"ISA-L {first(r'([0-9.]+)', execute('pkg-config', '--modversion', 'libisal'))}"


KWIRE_OPTIONS = ("--buildtype=release", "-Ddefault_library=static", "-Dtests=false", "-Dexamples=false",
                 "-Dtools=disabled", "-Dbroker=disabled")
KWIRE_SETUP = f"""
[ "$(cat root)" = '{{root}}' ] && exit  # else the last build was of another tree
rm -rf build
meson setup {' '.join(KWIRE_OPTIONS)} build '{{root}}' && echo '{{root}}' >root
"""
JAVA_SETUP = """
[ -e "lib/kafka-clients-$('{root}'/scripts/kafka-release newest).jar" ] && exit
rm -rf lib
'{root}'/scripts/kafka-maven dependency:copy-dependencies -DoutputDirectory=lib
"""
ISAL_COMPILE = ("-std=c11", "-O3", "-D_POSIX_C_SOURCE=200809L", "-I{root}/include", "-o", "peer",
                "{root}/bench/peers/isal/main.c", "{root}/bench/timing.c", "-lisal")

CONTENDERS = (
    Contender("kwire", "kwire", ("cc", "meson", "ninja"),
              (("sh", "-c", KWIRE_SETUP), ("ninja", "-C", "build", "bench/kwire-bench", "bench/inputs.txt")),
              ("build/bench/kwire-bench",), kwire_version),
    Contender("Java", "java", ("javac", "mvn"),
              (("sh", "-c", JAVA_SETUP), ("sh", "-c", "javac -cp 'lib/*' -d classes src/*.java")),
              ("java", "-Xms1g", "-Xmx1g", "-cp", "classes:lib/*", "Main"), java_version,
              settings=JAVA_SETTINGS),
    Contender("Rust", "rust", ("cargo",), (("cargo", "build", "-q", "--release"),), ("target/release/peer",),
              rust_version),
    Contender("Go", "go", ("go",), (("go", "build", "-o", "peer", "."),), ("./peer",), go_version),
    Contender("ISA-L", "isal", ("cc", "/usr/include/isa-l/crc.h"), (("cc", *ISAL_COMPILE),), ("./peer",),
              isal_version),
)
