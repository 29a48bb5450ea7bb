# SPDX-License-Identifier: Apache-2.0
"""What a transactional producer says."""
import base64
import time

from batch_bytes import TRANSACTIONAL, batch


class Producer:
    """`given` are producer id and epoch of the last answer that had them."""

    def __init__(self, talk, speaker, name=None):
        self.talk = talk
        self.speaker = speaker
        self.id = talk.group if name is None else talk.other(name)
        self.given = {"producerId": -1, "producerEpoch": -1}

    def find(self):
        """Until the coordinator has been loaded, and has producer ids to give away."""
        with self.talk.draft():
            self.speaker.until("NONE", self.speaker.ask, "FindCoordinator", 4, keyType=1, coordinatorKeys=[self.id])
            self.speaker.until("NONE", self.speaker.ask, "InitProducerId", 4, transactionalId=None,
                               transactionTimeoutMs=0, producerId=-1, producerEpoch=-1)
            self.speaker.until("INVALID_PRODUCER_ID_MAPPING", self.end, True, transactionalId=f"{self.id}.probe")
        return self

    def init(self, version=5, timeout=60000, goes_on=False, **more):
        own = self.given if goes_on else {"producerId": -1, "producerEpoch": -1}
        fields = {"transactionalId": self.id, "transactionTimeoutMs": timeout} | own
        answer = self.speaker.ask("InitProducerId", version, **(fields | more))
        self._take(answer)
        return answer

    def starts(self, **more):
        """Once the coordinator is there, and the transaction before is complete."""
        self.find()
        self.speaker.until("NONE", self.init, **more)
        return self

    def _take(self, answer):
        if answer.get("errorCode") == 0 and answer.get("producerId", -1) >= 0:
            self.given = {name: answer[name] for name in ("producerId", "producerEpoch")}

    def epoch(self, difference):
        return {"producerId": self.given["producerId"], "producerEpoch": self.given["producerEpoch"] + difference}

    def add(self, partitions, version=3, **more):
        topics = [{"name": topic, "partitions": numbers} for topic, numbers in partitions.items()]
        if not self.talk.has("EndTxn", 5) and not more.get("verifyOnly"):
            version = min(version, 3)  # the later ones are of brokers, unless transactions have version 2
        if version >= 4:
            one = {"transactionalId": self.id, "verifyOnly": False, "topics": topics} | self.given | more
            return self.speaker.ask("AddPartitionsToTxn", version, transactions=[one])
        own = self.given | more
        return self.speaker.ask("AddPartitionsToTxn", version,
                                v3AndBelowTransactionalId=own.get("transactionalId", self.id),
                                v3AndBelowProducerId=own["producerId"], v3AndBelowProducerEpoch=own["producerEpoch"],
                                v3AndBelowTopics=topics)

    def asks(self, partitions, version=4, **more):
        return self.add(partitions, version, verifyOnly=True, **more)

    def add_offsets(self, group="g", version=4, **more):
        return self.speaker.ask("AddOffsetsToTxn", version, **({"transactionalId": self.id, "groupId": group} |
                                                              self.given | more))

    def end(self, committed, version=5, **more):
        answer = self.speaker.ask("EndTxn", version, **({"transactionalId": self.id, "committed": committed} |
                                                       self.given | more))
        self._take(answer)
        return answer

    def ends(self, committed, version=5, **more):
        """And the markers are written: the next request is not refused for that."""
        self.end(committed, version, **more)
        self.settles()

    def settles(self):
        """Until no marker is missing."""
        with self.talk.draft():
            for _ in range(500):
                state = self.describe()["transactionStates"][0]["transactionState"]
                if not state.startswith("Prepare"):
                    return
                time.sleep(0.02)

    def produce(self, topic, partition=0, sequence=0, version=11, flags=TRANSACTIONAL, producer=None, batches=1,
                **more):
        """One record."""
        version = self.talk.version("Produce", version)
        given = self.given if producer is None else producer
        made = batch("a", flags=flags, producer=given["producerId"], epoch=given["producerEpoch"], sequence=sequence)
        part = {"index": partition, "records": base64.b64encode(made).decode()}
        name = {"topicId": f"@{topic}"} if version >= 13 else {"name": topic}
        fields = {"transactionalId": self.id, "acks": -1, "timeoutMs": 10000,
                  "topicData": [name | {"partitionData": [part] * batches}]}
        return self.speaker.ask("Produce", version, **(fields | more))

    def ends_of(self, topic, partition=0):
        """The end of what readers of committed records see, and of the log."""
        for isolation in (1, 0):
            self.speaker.ask("ListOffsets", 7, replicaId=-1, isolationLevel=isolation, topics=[
                {"name": topic, "partitions": [{"partitionIndex": partition, "currentLeaderEpoch": -1,
                                                "timestamp": -1}]}])

    def describe(self, *ids):
        return self.speaker.ask("DescribeTransactions", 0, transactionalIds=list(ids) or [self.id])
