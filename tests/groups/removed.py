# SPDX-License-Identifier: Apache-2.0
"""The last Kafka with versions that the newest one dropped: what it can say, and what is different by design."""
from __future__ import annotations

import re
from pathlib import Path

from wire import Connection

RELEASES = Path(__file__).resolve().parents[2] / "schema" / "releases.txt"
SETTINGS = {"group.coordinator.rebalance.protocols": "classic,consumer"}  # it has no share groups yet
# What kwire-broker writes, and what it would be in the older release.
BY_DESIGN = (
    # Since 4.1 the record of an offset has the id of its topic.
    (re.compile(r"(= OffsetCommit .*) 4 \{(.*),\s+topicId: @\w+\}", re.S), r"\1 3 {\2}"),
)


def last_versions(release: str) -> dict[str, int]:
    """Of each API, as schema/releases.txt says; RELEASE may have a patch number."""
    minor = ".".join(release.split(".")[:2])
    order: list[str] = []
    last: dict[str, int] = {}
    api = ""
    for line in RELEASES.read_text().splitlines():
        words = line.split()
        if line.startswith("releases "):
            order = words[1:]
        elif line.startswith(("api ", "message ")):
            api = words[2] if words[0] == "api" else ""
        elif api and line.startswith("  ") and order.index(words[1]) <= order.index(minor):
            last[api] = int(words[0].rpartition("-")[2])
    return last


def be_as_old(connection: Connection) -> None:
    """Transactions as before they had versions."""
    now = connection.ask("ApiVersions", 3, {"clientSoftwareName": "kw", "clientSoftwareVersion": "1"})
    if not any(one["name"] == "transaction.version" for one in now["finalizedFeatures"]):
        return
    update = {"feature": "transaction.version", "maxVersionLevel": 0, "upgradeType": 2}
    answer = connection.ask("UpdateFeatures", 1, {"timeoutMs": 20000, "featureUpdates": [update],
                                                  "validateOnly": False})
    if answer["errorCode"]:
        raise SystemExit(f"transaction.version stays: {answer}")


def as_before(lines: list[str]) -> list[str]:
    """What kwire-broker says, in the words of the older release. How lines are wrapped does not count."""
    found = []
    for line in lines:
        for pattern, instead in BY_DESIGN:
            line = pattern.sub(instead, line)
        found.append(re.sub(r"\s+", " ", line))
    return found
