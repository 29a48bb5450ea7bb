# SPDX-License-Identifier: Apache-2.0
"""Who speaks in a conversation: a client with a connection of its own, and short names for what it says."""
from __future__ import annotations

import base64
import select
import time
from typing import TYPE_CHECKING

import client_bytes
from wire import Closed, Connection, Json, pruned

if TYPE_CHECKING:
    from talk import Talk

QUIET_SECONDS = 0.3
PATIENCE_SECONDS = 30
CLIENT_ID = "kw"


def encoded(data: bytes | str) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


class Speaker:
    """`id`, `generation` and `epoch` are those of the last answer that had them."""

    def __init__(self, talk: Talk, name: str) -> None:
        self.talk = talk
        self.name = name
        self.id = ""
        self.generation = -1
        self.epoch = 0
        self.instance: str | None = None
        self.client_id = CLIENT_ID
        self.connection = Connection(talk.codec, talk.port)
        self.asked: list[tuple[str, int, Json]] = []

    # Messages

    def send(self, api: str, version: int, **fields: object) -> None:
        version = self.talk.version(api, version)
        fields = pruned(fields, self.talk.codec.api(api).fields, version)
        self.talk.write(f"{self.name}: {api} {version} ", fields, api)
        self.connection.send(self.talk.codec.api(api), version, self.talk.own(fields), self.client_id)
        self.asked.append((api, version, fields))

    def answer(self) -> Json:
        """The next one; {} if the connection ends instead."""
        api, version, fields = self.asked.pop(0)
        try:
            answer = self.connection.receive(self.talk.codec.api(api), version)
        except (Closed, ConnectionError):
            self.asked.clear()
            self.connection.close()
            self.talk.write(f"{self.name}< (closed)")
            return {}
        self._remember(answer, fields)
        self.talk.write(f"{self.name}< ", answer, api)
        return answer

    def ask(self, api: str, version: int, **fields: object) -> Json:
        self.send(api, version, **fields)
        return self.answer()

    def waits(self, seconds: float = QUIET_SECONDS) -> None:
        """Nothing is answered yet."""
        if select.select([self.connection.socket], [], [], seconds)[0]:
            self.talk.write(f"{self.name} does not wait")
        else:
            self.talk.write(f"{self.name} waits")

    def until(self, wanted: str | None, ask: object, *args: object, **more: object) -> Json:
        """Asks again until the answer has this error; nothing of it is written down."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with self.talk.draft():
                answer = ask(*args, **more)
            if wanted in self.talk.errors_of(answer):
                return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"{wanted} does not come: {answer}")
            time.sleep(0.05)

    def hang_up(self) -> None:
        self.connection.close()
        self.asked.clear()
        self.talk.write(f"{self.name} hangs up")

    def _remember(self, answer: Json, fields: Json) -> None:
        given = answer.get("memberId")
        if given:
            self.id = given
            if given != fields.get("memberId"):
                self.talk.learn(given, self.name)
        self.talk.learn_topics(answer)
        if answer.get("generationId", -1) >= 0:
            self.generation = answer["generationId"]
        if "memberEpoch" in answer and answer.get("errorCode") == 0:
            self.epoch = answer["memberEpoch"]

    # Classic groups

    def _join_fields(self, protocols: dict[str, bytes | str] | None, more: Json) -> Json:
        protocols = {"range": "bytes"} if protocols is None else protocols
        fields = {"groupId": self.talk.group, "sessionTimeoutMs": 20000, "rebalanceTimeoutMs": 20000,
                  "memberId": self.id, "groupInstanceId": self.instance, "protocolType": "consumer",
                  "protocols": [{"name": name, "metadata": encoded(data)} for name, data in dict(protocols).items()]}
        return fields | more

    def join(self, version: int = 9, protocols: dict[str, bytes | str] | None = None, **more: object) -> None:
        """Sends only: the answer may come much later."""
        self.send("JoinGroup", version, **self._join_fields(protocols, more))

    def joins(self, version: int = 9, protocols: dict[str, bytes | str] | None = None, **more: object) -> Json:
        self.join(version, protocols, **more)
        return self.answer()

    def get_id(self, version: int = 9, **more: object) -> Json:
        """MEMBER_ID_REQUIRED, so that the next join is a real one."""
        self.id = ""
        return self.joins(version, **more)

    def sync(self, assignments: dict[Speaker | str, bytes | str] | None = None, version: int = 5,
             **more: object) -> None:
        listed = [{"memberId": who if isinstance(who, str) else who.id, "assignment": encoded(data)}
                  for who, data in (assignments or {}).items()]
        fields = {"groupId": self.talk.group, "generationId": self.generation, "memberId": self.id,
                  "groupInstanceId": self.instance, "protocolType": "consumer", "protocolName": "range",
                  "assignments": listed}
        self.send("SyncGroup", version, **(fields | more))

    def syncs(self, assignments: dict[Speaker | str, bytes | str] | None = None, version: int = 5,
              **more: object) -> Json:
        self.sync(assignments, version, **more)
        return self.answer()

    def heartbeat(self, version: int = 4, **more: object) -> Json:
        fields = {"groupId": self.talk.group, "generationId": self.generation, "memberId": self.id,
                  "groupInstanceId": self.instance}
        return self.ask("Heartbeat", version, **(fields | more))

    def leave(self, *members: Json, version: int = 5, **more: object) -> Json:
        """Without members: this one."""
        if version < 3:
            return self.ask("LeaveGroup", version, **({"groupId": self.talk.group, "memberId": self.id} | more))
        listed = list(members) or [{"memberId": self.id, "groupInstanceId": self.instance}]
        return self.ask("LeaveGroup", version, **({"groupId": self.talk.group, "members": listed} | more))

    def leads(self, **more: object) -> None:
        """The only member of a group that is Stable afterwards."""
        if not self.id and self.instance is None:
            self.get_id(**more)
        self.joins(**more)
        self.syncs({self: "assigned"}, **{k: v for k, v in more.items() if k in ("groupId", "protocolType")})

    # Consumer groups

    def beat(self, epoch: int | None = None, version: int = 1, **more: object) -> Json:
        fields = {"groupId": self.talk.group, "memberId": self.id,
                  "memberEpoch": self.epoch if epoch is None else epoch, "instanceId": self.instance}
        return self.ask("ConsumerGroupHeartbeat", version, **(fields | more))

    def enter(self, *topics: str, version: int = 1, **more: object) -> Json:
        """The heartbeat of a member that joins: with epoch 0 and all that it has to say."""
        names = {} if "subscribedTopicRegex" in more else {"subscribedTopicNames": list(topics)}
        fields = {"rebalanceTimeoutMs": 20000, "topicPartitions": []} | names
        return self.beat(0, version, **(fields | more))

    def owns(self, partitions: dict[str, list[int]], **more: object) -> Json:
        """A heartbeat that says which partitions the member has."""
        listed = [{"topicId": f"@{topic}", "partitions": numbers} for topic, numbers in partitions.items()]
        return self.beat(topicPartitions=listed, **more)

    # Offsets

    def commit(self, partitions: dict[str, dict[int, int]], version: int = 9, metadata: str | None = "",
               **more: object) -> Json:
        version = self.talk.version("OffsetCommit", version)
        name = "topicId" if version >= 10 else "name"
        topics = [{name: f"@{topic}" if version >= 10 else topic,
                   "partitions": [{"partitionIndex": p, "committedOffset": offset, "committedLeaderEpoch": -1,
                                   "committedMetadata": metadata} for p, offset in offsets.items()]}
                  for topic, offsets in partitions.items()]
        fields = {"groupId": self.talk.group, "generationIdOrMemberEpoch": -1, "memberId": "", "topics": topics}
        return self.ask("OffsetCommit", version, **(fields | more))

    def fetch(self, partitions: dict[str, list[int]] | None = None, version: int = 9, **more: object) -> Json:
        """None: of all partitions."""
        version = self.talk.version("OffsetFetch", version)
        name = "topicId" if version >= 10 else "name"
        topics = None if partitions is None else [
            {name: f"@{topic}" if version >= 10 else topic, "partitionIndexes": numbers}
            for topic, numbers in partitions.items()]
        stable = bool(more.pop("requireStable", False))
        group = {"groupId": self.talk.group, "topics": topics} | more
        if version < 8:
            return self.ask("OffsetFetch", version, **group, requireStable=stable)
        return self.ask("OffsetFetch", version, groups=[group], requireStable=stable)

    def forget(self, partitions: dict[str, list[int]], **more: object) -> Json:
        """OffsetDelete."""
        topics = [{"name": topic, "partitions": [{"partitionIndex": p} for p in numbers]}
                  for topic, numbers in partitions.items()]
        return self.ask("OffsetDelete", 0, **({"groupId": self.talk.group, "topics": topics} | more))

    # About groups

    def describe(self, *groups: str, version: int = 6) -> Json:
        return self.ask("DescribeGroups", version, groups=list(groups) or [self.talk.group])

    def describe_consumer(self, *groups: str, version: int = 1) -> Json:
        return self.ask("ConsumerGroupDescribe", version, groupIds=list(groups) or [self.talk.group])

    def list(self, version: int = 5, **filters: list[str]) -> Json:
        """`states` and `types`."""
        return self.ask("ListGroups", version, statesFilter=filters.get("states", []),
                        typesFilter=filters.get("types", []))

    def delete(self, *groups: str, version: int = 2) -> Json:
        return self.ask("DeleteGroups", version, groupsNames=list(groups) or [self.talk.group])


subscription, assignment = client_bytes.subscription, client_bytes.assignment
