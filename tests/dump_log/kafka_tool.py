# SPDX-License-Identifier: Apache-2.0
"""Kafka's DumpLogSegments, from Maven, and MakeSegments. DUMP_LOG_BUILD in the environment names the directory of
everything that is downloaded or compiled; the default is one for each user in the temporary directory."""
from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NEEDED = {"javac": "openjdk-17-jdk-headless", "mvn": "maven"}
SECONDS = 300
JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8",
        "-Dstdout.encoding=UTF-8", "-cp")
DUMP_LOG_SEGMENTS = "org.apache.kafka.tools.DumpLogSegments"


def execute(*command: str) -> str:
    """Its output; kwire's status 1 is about the files."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=SECONDS)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def install() -> str:
    """The class path of both."""
    lacking = [package for need, package in NEEDED.items() if not shutil.which(need)]
    if lacking:
        execute(str(ROOT / "scripts" / "install-packages"), *lacking)
    default = Path(tempfile.gettempdir(), f"kwire-dump-log-{os.getuid()}")
    build = Path(os.environ.get("DUMP_LOG_BUILD", default))
    jars, classes, stamp = build / "classpath", build / "classes", build / "stamp"
    sources = [HERE / "pom.xml", HERE / "MakeSegments.java", ROOT / "schema" / "sources.txt"]
    total = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()
    if not stamp.exists() or stamp.read_text() != total:
        classes.mkdir(parents=True, exist_ok=True)
        execute(str(ROOT / "scripts" / "kafka-maven"), "-f", str(HERE / "pom.xml"), "dependency:build-classpath",
                f"-Dmdep.outputFile={jars}")
        execute("javac", "-Xlint:all,-path", "-Werror", "-d", str(classes), "-cp", jars.read_text().strip(),
                str(sources[1]))
        stamp.write_text(total)
    return f"{classes}:{jars.read_text().strip()}"
