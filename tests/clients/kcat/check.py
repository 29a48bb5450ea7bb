# SPDX-License-Identifier: Apache-2.0
"""check.py HOST:PORT: kcat -L as a user types it, and its JSON form."""
from __future__ import annotations

import json
import subprocess
import sys

from report import UNKNOWN_TOPIC, check, end, same

ADDRESS = sys.argv[1]


def kcat(*options: str) -> str:
    command = ("kcat", "-b", ADDRESS, "-m", "5", "-L", *options)
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise ValueError(f"status {done.returncode}: {done.stderr}")
    return done.stdout


def check_text() -> None:
    text = kcat()
    for line in (" 1 brokers:", f" at {ADDRESS} (controller)", " 0 topics:"):
        if line not in text:
            raise ValueError(f"{line!r} is not in {text!r}")


def check_json() -> None:
    answer = json.loads(kcat("-J"))
    same([broker["name"] for broker in answer["brokers"]], [ADDRESS])
    same(answer["controllerid"], answer["brokers"][0]["id"])
    same(answer["topics"], [])


def check_unknown() -> None:
    topics = json.loads(kcat("-J", "-t", UNKNOWN_TOPIC))["topics"]
    same(topics, [{"topic": UNKNOWN_TOPIC, "error": "Broker: Unknown topic or partition", "partitions": []}])


check("-L lists one broker, the controller, and no topics", check_text)
check("-L -J agrees", check_json)
check("-L -t of an unknown topic says so", check_unknown)
end()
