#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program on a fresh copy of a data directory, which it may damage.

usage: with_data_dir.py ARCHIVE PROGRAM [ARGUMENT...]
The folder that the archive was unpacked to is the program's last argument. The program may be written in Python.
"""
import subprocess
import sys
import tarfile
import tempfile


def main() -> int:
    archive, *command = sys.argv[1:]
    if command[0].endswith(".py"):
        command = [sys.executable, "-B", *command]
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder)
        return subprocess.run([*command, folder]).returncode


if __name__ == "__main__":
    sys.exit(main())
