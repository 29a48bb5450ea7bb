# SPDX-License-Identifier: Apache-2.0
"""A conversation about groups with one broker, and what is written down of it.

Ids that a broker chooses are replaced by names, times by TIME, error codes by their names; lists are sorted, as Kafka
has many of them in the order of its hash tables.
"""
from __future__ import annotations

import base64
import re
import struct
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from speaker import Speaker
from wire import Codec, Json

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LEFT_OUT = {"throttleTimeMs", "clusterId"}
# What is not written down, being as usual.
USUAL_REQUEST = {"sessionTimeoutMs": 20000, "rebalanceTimeoutMs": 20000, "protocolType": "consumer",
                 "protocolName": "range", "protocols": [{"name": "range", "metadata": "bytes"}], "requireStable": False,
                 "minBytes": 1, "maxBytes": 1 << 20, "maxRecords": 100, "batchSize": 100, "shareAcquireMode": 0,
                 "isRenewAck": False, "forgottenTopicsData": []}
USUAL = {"groupInstanceId": None, "instanceId": None, "rackId": None, "errorMessage": None, "skipAssignment": False,
         "authorizedOperations": -2147483648, "clientId": "kw", "clientHost": "/127.0.0.1", "leader": "",
         "currentStateTimestamp": "TIME", "sessionTimeout": 20000, "rebalanceTimeout": 20000,
         "committedLeaderEpoch": -1, "classicMemberMetadata": None, "acknowledgeErrorCode": "NONE",
         "acknowledgeErrorMessage": None,
         "acquisitionLockTimeoutMs": 30000, "currentLeader": {"leaderId": 0, "leaderEpoch": 0}, "nodeEndpoints": []}
TEXTS = {"JoinGroup": {"metadata"}, "SyncGroup": {"assignment"}, "records": {"subscription", "assignment"},
         "DescribeGroups": {"memberMetadata", "memberAssignment"}}
OWN_WORDS = {"FindCoordinator", "IncrementalAlterConfigs"}  # APIs whose messages are worded differently
PLAIN = re.compile(r"[\w@<>:/.*+-]+")
NO_TOPIC, UNKNOWN_TOPIC = "AAAAAAAAAAAAAAAAAAAAAA", "q5MkEcTPT-S2kGoqZTW7Gg"
SORTED_BY_KAFKA = {("subscribedTopicNames", "records")}
NUMBERED = {"metadataHash": "hash", "producerId": "producer", "previousProducerId": "producer",
            "nextProducerId": "producer", "v3AndBelowProducerId": "producer", "producerIdFilters": "producer"}
WIDTH = 118
LONG = 200
DAY = 86_400_000


def shown(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and value not in ("null", "true", "false") else f'"{value}"'
    return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) \
        else str(value)


def _batches(data: bytes) -> Iterator[str]:
    """The offsets of each batch, or of a message of the magics before there were any."""
    while data:
        first, size, magic = *struct.unpack(">qi", data[:12]), data[16]
        yield f"{first}-{first + struct.unpack('>i', data[23:27])[0]}" if magic == 2 else f"{first} of magic {magic}"
        data = data[12 + size:]


class Draft:
    kept = False

    def keep(self) -> None:
        self.kept = True


class Talk:
    """`group` is its own; those that it names otherwise start with it, too."""

    def __init__(self, name: str, port: int, codec: Codec, topics: dict[str, str], restart: Callable[[], int],
                 last_versions: dict[str, int]) -> None:
        self.name = name
        self.last_versions = last_versions
        self.group = name.replace("_", "-")
        self.port = port
        self.codec = codec
        self._restart = restart
        self.topics = topics  # their ids
        self.lines: list[str | tuple[str, Json | None, str]] = []
        self.names = {own: f"@{topic}" for topic, own in topics.items()} | {UNKNOWN_TOPIC: "@unknown"}
        self.numbers: dict[str, list[int]] = {}
        self.speakers: list[Speaker] = []
        self.errors = codec.error_names()

    def members(self, names: str) -> list[Speaker]:
        found = [Speaker(self, name) for name in names.split()]
        self.speakers += found
        return found

    def member(self, name: str) -> Speaker:
        return self.members(name)[0]

    def consumers(self, names: str) -> list[Speaker]:
        """Members that choose their ids themselves."""
        found = self.members(names)
        for speaker in found:
            speaker.id = speaker.name
        return found

    def version(self, api: str, wanted: int) -> int:
        """Or the last one that there is."""
        return min(wanted, self.last_versions.get(api, wanted))

    def has(self, api: str, version: int) -> bool:
        return self.version(api, version) == version

    def other(self, name: str) -> str:
        """The name of another group."""
        return f"{self.group}.{name}"

    def close(self) -> None:
        for speaker in self.speakers:
            speaker.connection.close()

    def note(self, text: str) -> None:
        self.lines += textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")

    def sleep(self, seconds: float) -> None:
        self.lines.append(f"({seconds} s later)")
        time.sleep(seconds)

    @staticmethod
    def settle() -> None:
        """What was sent is handled before what other connections send next; nothing is written of that."""
        time.sleep(0.3)

    def restart(self) -> None:
        """The broker, once all conversations of the module have come so far."""
        for speaker in self.speakers:
            speaker.connection.close()
        self.port = self._restart()
        for speaker in self.speakers:
            speaker.connection.port = self.port
        self.lines.append("(the broker is stopped and started again)")

    def create_topic(self, name: str, partitions: int) -> None:
        """Its name starts with the group's."""
        with self.draft():
            teller = self.member("teller")
            topic = {"name": name, "numPartitions": partitions, "replicationFactor": 1, "assignments": [],
                     "configs": []}
            answer = teller.ask("CreateTopics", 7, topics=[topic], timeoutMs=20000, validateOnly=False)
            teller.until("NONE", teller.ask, "Metadata", 12, topics=[{"name": name}], allowAutoTopicCreation=False,
                         includeTopicAuthorizedOperations=False)
        time.sleep(0.5)  # until all parts of the broker know it
        self.topics[name] = answer["topics"][0]["topicId"]
        self.names[self.topics[name]] = f"@{name}"
        self.lines.append(f"(topic {name} with {partitions} partitions is created)")

    def delete_topic(self, name: str) -> None:
        with self.draft():
            answer = self.member("teller").ask("DeleteTopics", 5, topicNames=[name], timeoutMs=20000)
        assert answer["responses"][0]["errorCode"] == 0, answer
        self.lines.append(f"(topic {name} is deleted)")

    # What is written down

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        before, draft = len(self.lines), Draft()
        yield draft
        if not draft.kept:
            del self.lines[before:]

    def write(self, head: str, value: Json | None = None, api: str = "") -> None:
        """It is made into text when all ids have their names."""
        self.lines.append((head, value, api))

    def finish(self) -> list[str]:
        return [line for said in self.lines for line in ([said] if isinstance(said, str) else self._text_of(*said))]

    def _text_of(self, head: str, value: Json | None, api: str) -> list[str]:
        text = head
        if value is not None:
            common = self.common(value, api)
            is_answer = head.endswith("< ")
            error = common.pop("errorCode", None) if is_answer else None
            common = common if is_answer else self._requested(common)
            text += " ".join([*([error] if error else []), *(f"{name}={shown(item)}" for name, item in common.items())])
        return textwrap.wrap(text.rstrip(), WIDTH, subsequent_indent="    ", break_long_words=False,
                             break_on_hyphens=False)

    def _requested(self, common: Json) -> Json:
        """Without what nobody has asked for."""
        usual = USUAL_REQUEST | {"groupId": self.group}
        return {name: item for name, item in common.items()
                if item is not None and (name not in usual or item != usual[name])}

    def common(self, value: object, api: str = "", key: str = "") -> object:
        if isinstance(value, dict):
            items = {name: self.common(item, api, name) for name, item in value.items() if name not in LEFT_OUT}
            return {name: item for name, item in items.items() if name not in USUAL or USUAL[name] != item}
        if isinstance(value, list):
            items = [self.common(item, api, key) for item in value if not self._of_others(item)]
            return sorted(items, key=shown) if key != "protocols" and (key, api) not in SORTED_BY_KAFKA else items
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            if key in ("errorCode", "partitionErrorCode", "acknowledgeErrorCode"):
                return self.errors[value]
            if key == "port" and value == self.port:
                return "PORT"
            if key == "version":  # of the image when a pattern was resolved
                return "IMAGE"
            if key in NUMBERED and value != -1:
                known = self.numbers.setdefault(NUMBERED[key], [])
                if value not in known:
                    known.append(value)
                return f"<{NUMBERED[key]} {1 + known.index(value)}>"
            return "TIME" if abs(value - time.time() * 1000) < DAY else value
        if api in OWN_WORDS and key == "errorMessage" and " " in value:
            return "(words)"
        if api == "Produce" and key == "records":
            return "(a batch)"
        if api in ("Fetch", "ShareFetch") and key == "records":
            return " ".join(_batches(base64.b64decode(value))) or "none"
        return self._text(value, key in TEXTS.get(api, ()))

    def _text(self, value: str, is_bytes: bool) -> str:
        if is_bytes:
            data = base64.b64decode(value)
            value = data.decode() if re.fullmatch(rb"[ -~]*", data) else data.hex()
        if len(value) > LONG and len(set(value)) == 1:
            value = f"{value[0]} {len(value)} times"
        value = re.sub(r"[\0-\x1f]", lambda found: f"\\x{ord(found[0]):02x}", value)
        for own, name in self.names.items():
            value = value.replace(own, name)
        return UUID.sub("<uuid>", value)

    def _of_others(self, item: object) -> bool:
        """In a list of groups: they may be there or not."""
        return isinstance(item, dict) and {"groupId", "protocolType"} <= item.keys() and "members" not in item \
            and not item["groupId"].startswith(self.group)

    def errors_of(self, answer: object) -> set[str]:
        if isinstance(answer, list):
            return {error for item in answer for error in self.errors_of(item)}
        if not isinstance(answer, dict):
            return set()
        own = {self.errors[answer["errorCode"]]} if "errorCode" in answer else set()
        return own.union(*map(self.errors_of, answer.values()))

    def learn_topics(self, answer: object) -> None:
        if isinstance(answer, list):
            for item in answer:
                self.learn_topics(item)
        elif isinstance(answer, dict):
            name, own = answer.get("name") or answer.get("topicName"), answer.get("topicId")
            if name and own and own != NO_TOPIC:
                self.names.setdefault(own, f"@{name}")
            for item in answer.values():
                self.learn_topics(item)

    def learn(self, given: str, who: str) -> None:
        """The id of a member that the broker has made up."""
        found = UUID.search(given)
        own = found[0] if found else given
        if own in self.names or own == NO_TOPIC:
            return
        number = 1 + sum(name.startswith(f"<{who}") for name in self.names.values())
        self.names[own] = f"<{who}{'' if found else ' in base64'}{number if number > 1 else ''}>"

    # To the broker

    def own(self, value: object) -> object:
        """@topic stands for its id."""
        if isinstance(value, dict):
            return {name: self.own(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.own(item) for item in value]
        if isinstance(value, str) and value.startswith("@"):
            return self.topics.get(value[1:], UNKNOWN_TOPIC)
        return value
